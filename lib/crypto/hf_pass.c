#include "hf_pass.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "hf_assert.h"
#include "hf_file.h"
#include "hf_guard.h"
#include "hf_text.h"

#define HEAD_BYTES (8 + 1 + HF_SALT_BYTES)
#define FILE_BYTES (HEAD_BYTES + HF_KEY_BYTES + HF_BOX_BYTES)

static const uint8_t magic[8] = "HFPASS1\n";

struct hf_pass {
    size_t n;
    uint8_t b[HF_PASS_BYTES_MAX + 1]; /* one more, to see what is too long */
};

void
hf_pass_free(struct hf_pass *pass)
{
    hf_guard_free(pass);
}

size_t
hf_pass_bytes(const struct hf_pass *pass)
{
    return pass->n;
}

bool
hf_pass_equal(const struct hf_pass *a, const struct hf_pass *b)
{
    return a->n == b->n && hf_equal(a->b, b->b, a->n);
}

/* The first line of @fd, byte by byte: what a terminal keeps for itself must
 * not be read past it. An interrupt character gives up. */
static enum hf_err
read_line(int fd, struct hf_pass *pass)
{
    while (pass->n < sizeof(pass->b)) {
        uint8_t *p = &pass->b[pass->n];
        const ssize_t got = read(fd, p, 1);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return HF_ERR_IO;
        if (got == 0 || *p == '\n' || *p == '\r')
            return pass->n > 0 ? HF_OK : HF_ERR_MALFORMED;
        if (*p == 3 || *p == 4) /* Ctrl-C, Ctrl-D */
            return HF_ERR_MALFORMED;
        if (*p == 0x7f || *p == '\b')
            pass->n -= pass->n > 0 ? 1 : 0;
        else
            pass->n++;
    }
    return HF_ERR_MALFORMED;
}

static enum hf_err
read_from(int fd, struct hf_pass **ret)
{
    struct hf_pass *pass = hf_guard_alloc(sizeof(*pass));
    enum hf_err err;

    if (pass == NULL)
        return HF_ERR_NOMEM;
    err = read_line(fd, pass);
    if (err)
        hf_pass_free(pass);
    else
        *ret = pass;
    return err;
}

/* Neither echo nor signals: a Ctrl-C would leave the terminal mute. */
enum hf_err
hf_pass_ask(const char *prompt, struct hf_pass **ret)
{
    struct termios was, quiet;
    enum hf_err err, end;
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        return HF_ERR_NOT_FOUND;
    if (tcgetattr(fd, &was) != 0) {
        (void)close(fd);
        return HF_ERR_NOT_FOUND;
    }
    quiet = was;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ISIG | ICANON);
    err = hf_file_write_all(fd, prompt, strlen(prompt));
    if (!err && tcsetattr(fd, TCSAFLUSH, &quiet) != 0)
        err = HF_ERR_IO;
    if (!err)
        err = read_from(fd, ret);
    (void)tcsetattr(fd, TCSAFLUSH, &was);
    end = hf_file_write_all(fd, "\n", 1);
    (void)end; /* only for the eye */
    (void)close(fd);
    return err;
}

enum hf_err
hf_pass_read(const char *path, bool is_ours, struct hf_pass **ret)
{
    enum hf_err err = HF_OK;
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        return errno == ENOENT ? HF_ERR_NOT_FOUND : HF_ERR_IO;
    if (fstat(fd, &st) != 0)
        err = HF_ERR_IO;
    else if (!S_ISREG(st.st_mode) ||
             (is_ours && (st.st_uid != geteuid() ||
                          (st.st_mode & (S_IRWXG | S_IRWXO)) != 0)))
        err = HF_ERR_FORBIDDEN;
    if (!err)
        err = read_from(fd, ret);
    (void)close(fd);
    return err;
}

static enum hf_err
derive(const struct hf_pass *pass, const uint8_t *salt, struct hf_secret **ret)
{
    return hf_secret_from_passphrase(
        HF_KEY_BOX, (struct hf_bytes){pass->b, pass->n}, salt, ret);
}

enum hf_err
hf_pass_store(const char *path, const struct hf_secret *secret,
              const struct hf_pass *pass)
{
    struct hf_secret *wrap = NULL;
    uint8_t bytes[FILE_BYTES];
    uint8_t *p = bytes;
    enum hf_err err;

    if (access(path, F_OK) == 0)
        return HF_ERR_EXISTS;
    hf_put_bytes(&p, magic, sizeof(magic));
    hf_put_u8(&p, HF_KEY_BOX);
    hf_random(p, HF_SALT_BYTES);
    err = derive(pass, p, &wrap);
    if (err)
        return err;
    hf_box_seal(hf_secret_key(wrap), (struct hf_bytes){bytes, HEAD_BYTES},
                (struct hf_bytes){hf_secret_key(secret), HF_KEY_BYTES},
                bytes + HEAD_BYTES);
    hf_secret_free(wrap);
    return hf_file_write(path, bytes, sizeof(bytes), 0600);
}

static enum hf_err
open_box(const uint8_t *bytes, const struct hf_secret *wrap,
         struct hf_secret **ret)
{
    uint8_t *seed = hf_guard_alloc(HF_KEY_BYTES);
    enum hf_err err;

    if (seed == NULL)
        return HF_ERR_NOMEM;
    err = hf_box_open(hf_secret_key(wrap), (struct hf_bytes){bytes, HEAD_BYTES},
                      (struct hf_bytes){bytes + HEAD_BYTES,
                                        HF_KEY_BYTES + HF_BOX_BYTES},
                      seed)
              ? hf_secret_from_seed(HF_KEY_BOX, seed, ret)
              : HF_ERR_SIGNATURE;
    hf_guard_free(seed);
    return err;
}

enum hf_err
hf_pass_load(const char *path, const struct hf_pass *pass,
             struct hf_secret **ret)
{
    struct hf_secret *wrap = NULL;
    struct hf_buf buf;
    enum hf_err err;

    hf_buf_init(&buf, FILE_BYTES + 1);
    err = hf_file_read(path, &buf);
    if (!err &&
        (buf.n != FILE_BYTES || memcmp(buf.p, magic, sizeof(magic)) != 0 ||
         buf.p[sizeof(magic)] != HF_KEY_BOX))
        err = HF_ERR_MALFORMED;
    if (!err)
        err = derive(pass, buf.p + sizeof(magic) + 1, &wrap);
    if (!err)
        err = open_box(buf.p, wrap, ret);
    hf_secret_free(wrap);
    hf_buf_free(&buf);
    return err;
}
