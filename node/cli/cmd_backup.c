/* backup: the node makes a snapshot; here it is sealed, with what else a node
 * consists of, into one file that only the recovery key opens.
 *
 * Left out: prekeys, which a restore must not have; the registry's and the
 * broker's business; logs. The store key is in the head, sealed by the node:
 * this program never sees it. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup.h"
#include "cli_conn.h"
#include "cli_out.h"
#include "cli_progress.h"
#include "cmd.h"
#include "hf_archive.h"
#include "hf_file.h"
#include "hf_guard.h"
#include "hf_text.h"

/* Below DIR; those that are missing are left out. */
static const char *const files[] = {"handoff.yaml", "request.yaml",
                                    "registry.set", "keys/*", "policy/*.yaml"};
/* Below DIR/backup.tmp, under the same names. */
static const char *const snapshot[] = {"store/data.mdb", "keystore",
                                       "keystore.epoch.*"};
/* In the head, sealed; or of no use elsewhere. */
static const char *const left_out[] = {"keys/store.key", "keys/store.sealed"};

struct backup {
    struct cli *c;
    char path[PATH_MAX];       /* of the backup, from the root */
    char fresh[PATH_MAX + 16]; /* ... until it is whole */
    uint8_t head[HF_ARCHIVE_HEAD_BYTES];
    uint8_t *body; /* guarded */
    struct hf_archive *archive;
    struct cli_progress progress;
};

static int
cannot(struct backup *b, const char *path, enum hf_err err)
{
    return cli_fail(b->c, err == HF_ERR_FULL ? EX_TEMPFAIL : EX_NOPERM,
                    "cannot_write", "check space and permissions", "%s: %s",
                    path, hf_err_text(err));
}

/* Where to, as the node will find it again. */
static int
find_path(struct backup *b)
{
    const char *file = b->c->arg[0];
    char folder[PATH_MAX], real[PATH_MAX];
    const char *slash = strrchr(file, '/');
    const char *name = slash == NULL ? file : slash + 1;
    int n;

    if (slash == NULL)
        (void)snprintf(folder, sizeof(folder), ".");
    else
        (void)snprintf(folder, sizeof(folder), "%.*s",
                       slash == file ? 1 : (int)(slash - file), file);
    if (name[0] == '\0' || realpath(folder, real) == NULL)
        return cli_fail(b->c, EX_NOINPUT, "no_such_directory",
                        "make the folder first", "%s: no such folder", folder);
    n = snprintf(b->path, sizeof(b->path), "%s/%s",
                 strcmp(real, "/") == 0 ? "" : real, name);
    if (n < 0 || (size_t)n >= sizeof(b->path) - 16)
        return cli_fail(b->c, EX_DATAERR, "bad_value", "", "%s: too long",
                        file);
    (void)snprintf(b->fresh, sizeof(b->fresh), "%s.new", b->path);
    if (access(b->path, F_OK) == 0)
        return cli_fail(b->c, EX_REFUSED, "exists", "name another file",
                        "%s is there already", b->path);
    return 0;
}

/* --recovery-key: the public half as hex, or in a file as init wrote it. */
static int
take_key(struct backup *b, json_t *body)
{
    const char *text = cli_value(b->c, "recovery-key");
    char hex[HF_HEX_BYTES(HF_PK_BYTES)] = "";
    uint8_t pk[HF_PK_BYTES];
    struct hf_buf buf;

    if (text == NULL)
        return 0;
    hf_buf_init(&buf, 256);
    if (!hf_unhex(text, pk, sizeof(pk)) && hf_file_read(text, &buf) == HF_OK &&
        buf.n >= sizeof(hex) - 1) {
        memcpy(hex, buf.p, sizeof(hex) - 1);
        text = hex;
    }
    hf_buf_free(&buf);
    if (!hf_unhex(text, pk, sizeof(pk)))
        return cli_fail(b->c, EX_DATAERR, "bad_recovery_key",
                        "give keys/recovery.pub or its 64 hex digits",
                        "--recovery-key is no public key");
    (void)json_object_set_new(body, "recovery", json_string(text));
    return 0;
}

static int
begin(struct backup *b)
{
    json_t *body = json_object(), *answer = NULL;
    int status = take_key(b, body);

    if (status == 0)
        status = cli_post(b->c, "/backup", body, &answer);
    json_decref(body);
    json_decref(answer);
    return status;
}

static const char *
in_snapshot(struct backup *b, const char *name, char out[static CLI_PATH_BYTES])
{
    char relative[256];

    (void)snprintf(relative, sizeof(relative), "%s/%s", BACKUP_SNAPSHOT, name);
    return cli_in_dir(b->c, relative, out);
}

/* The head and the key of the body, which the node left for us. */
static int
read_head(struct backup *b)
{
    char path[CLI_PATH_BYTES];
    struct hf_buf head, key;
    enum hf_err err;

    b->body = hf_guard_alloc(HF_KEY_BYTES);
    hf_buf_init(&head, sizeof(b->head) + 1);
    hf_buf_init(&key, HF_KEY_BYTES + 1);
    err = hf_file_read(in_snapshot(b, "head", path), &head);
    if (!err)
        err = hf_file_read(in_snapshot(b, "body.key", path), &key);
    if (!err &&
        (b->body == NULL || head.n != sizeof(b->head) || key.n != HF_KEY_BYTES))
        err = HF_ERR_MALFORMED;
    if (!err) {
        memcpy(b->head, head.p, head.n);
        memcpy(b->body, key.p, key.n);
    }
    hf_buf_free(&head);
    hf_buf_free(&key);
    return err ? cli_fail(b->c, EX_NOPERM, "cannot_read",
                          "run it as the account of the node", "%s: %s", path,
                          hf_err_text(err))
               : 0;
}

static bool
is_left_out(const char *name)
{
    for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++)
        if (strcmp(name, left_out[i]) == 0)
            return true;
    return strlen(name) >= HF_ARCHIVE_NAME_BYTES;
}

/* All files that match @pattern below @root, named without it. */
static enum hf_err
add_all(struct backup *b, const char *root, const char *pattern)
{
    char full[CLI_PATH_BYTES];
    enum hf_err err = HF_OK;
    glob_t found;

    (void)snprintf(full, sizeof(full), "%s/%s", root, pattern);
    if (glob(full, 0, NULL, &found) != 0)
        return HF_OK;
    for (size_t i = 0; !err && i < found.gl_pathc; i++) {
        const char *name = found.gl_pathv[i] + strlen(root) + 1;
        struct stat st;

        if (!is_left_out(name) && stat(found.gl_pathv[i], &st) == 0 &&
            S_ISREG(st.st_mode))
            err = hf_archive_put(b->archive, name, found.gl_pathv[i]);
    }
    globfree(&found);
    return err;
}

static enum hf_err
seal_all(struct backup *b, int fd)
{
    char tmp[CLI_PATH_BYTES];
    enum hf_err err = hf_file_write_all(fd, b->head, sizeof(b->head));

    b->archive =
        hf_archive_new(fd, b->head, b->body, cli_progress_at, &b->progress);
    if (b->archive == NULL)
        return HF_ERR_NOMEM;
    for (size_t i = 0; !err && i < sizeof(files) / sizeof(files[0]); i++)
        err = add_all(b, b->c->dir, files[i]);
    (void)cli_in_dir(b->c, BACKUP_SNAPSHOT, tmp);
    for (size_t i = 0; !err && i < sizeof(snapshot) / sizeof(snapshot[0]); i++)
        err = add_all(b, tmp, snapshot[i]);
    if (!err)
        err = hf_archive_end(b->archive);
    if (!err && fsync(fd) != 0)
        err = errno == ENOSPC ? HF_ERR_FULL : HF_ERR_IO;
    return err;
}

static int
write_file(struct backup *b)
{
    char data[CLI_PATH_BYTES];
    enum hf_err err;
    struct stat st;
    int fd;

    if (stat(in_snapshot(b, "store/data.mdb", data), &st) != 0)
        st.st_size = 0;
    fd = open(b->fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
              0600);
    if (fd < 0)
        return cannot(b, b->fresh, HF_ERR_IO);
    cli_progress_begin(&b->progress, b->c, "Sealing", (uint64_t)st.st_size);
    err = seal_all(b, fd);
    cli_progress_end(&b->progress);
    if (close(fd) != 0 && !err)
        err = HF_ERR_IO;
    if (!err && rename(b->fresh, b->path) != 0)
        err = HF_ERR_IO;
    if (!err)
        err = hf_file_sync_dir(b->path);
    if (err)
        (void)unlink(b->fresh);
    return err ? cannot(b, b->path, err) : 0;
}

/* The node follows it from now on. Where it cannot write, we can at least put
 * the journal of today beside it. */
static int
finish(struct backup *b)
{
    json_t *body = json_pack("{s:s}", "file", b->path), *answer = NULL;
    int status = cli_post(b->c, "/backup/done", body, &answer);
    bool is_followed;

    json_decref(body);
    if (status != 0) {
        (void)unlink(b->path);
        return status;
    }
    is_followed = cli_out_true(answer, "followed");
    json_decref(answer);
    answer = json_pack("{s:s,s:s+,s:b}", "backup", b->path, "tombstones",
                       b->path, ".tombstones", "followed", is_followed);
    if (!cli_say(b->c, answer)) {
        fprintf(b->c->out, "%s made; a restore takes it for 30 days.\n",
                b->path);
        fprintf(b->c->out,
                is_followed
                    ? "%s.tombstones goes with it: without it nothing is "
                      "restored.\n"
                    : "%s.tombstones could not be written by the node: let "
                      "it, or copy DIR/tombstones there after every shred.\n",
                b->path);
    }
    json_decref(answer);
    return 0;
}

int
cmd_backup(struct cli *c)
{
    struct backup b = {.c = c};
    int status = cli_need_dir(c);

    if (status == 0)
        status = find_path(&b);
    if (status == 0)
        status = begin(&b);
    if (status == 0)
        status = read_head(&b);
    if (status == 0)
        status = write_file(&b);
    if (status == 0)
        status = finish(&b);
    hf_archive_free(b.archive);
    hf_guard_free(b.body);
    return status;
}
