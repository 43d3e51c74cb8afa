/* Credentials of a service, from systemd. */
#include "hf_credential.h"

#include <stdlib.h>
#include <unistd.h>

#include "hf_file.h"

#define KEY_FILE_BYTES (1 + HF_KEY_BYTES)

bool
hf_credential(const char *name, char path[static PATH_MAX])
{
    const char *dir = getenv("CREDENTIALS_DIRECTORY");

    if (dir == NULL || dir[0] != '/' || strlen(dir) + 64 > PATH_MAX)
        return false;
    (void)hf_path(path, PATH_MAX, dir, name);
    return access(path, F_OK) == 0;
}

enum hf_err
hf_credential_key(const char *path, enum hf_key_use use, struct hf_secret **ret)
{
    struct hf_buf buf;
    enum hf_err err;

    hf_buf_init(&buf, KEY_FILE_BYTES + 1);
    err = hf_file_read(path, &buf);
    if (!err && (buf.n != KEY_FILE_BYTES || buf.p[0] != (uint8_t)use))
        err = HF_ERR_MALFORMED;
    if (!err)
        err = hf_secret_from_seed(use, buf.p + 1, ret);
    hf_buf_free(&buf);
    return err;
}
