/* attach and fetch: a file to and from a referral or transfer, a piece at a
 * time. What was cut short goes on where it was: the node says from where. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "body.h"
#include "cli_conn.h"
#include "cli_out.h"
#include "cli_progress.h"
#include "cmd.h"
#include "hf_crypto.h"
#include "hf_file.h"
#include "hf_text.h"

#define PIECE_BYTES (8u * FILE_CHUNK_BYTES)

static int
no_memory(struct cli *c)
{
    return cli_fail(c, EX_SOFTWARE, "internal", "", "out of memory");
}

static int
file_failed(struct cli *c, const char *path)
{
    return cli_fail(c, errno == ENOENT ? EX_NOINPUT : EX_IOERR,
                    errno == ENOENT ? "no_such_file" : "io",
                    errno == ENOSPC ? "make room, then again" : "check it",
                    "%s: %s", path, strerror(errno));
}

/* @n bytes at @at, or fewer at the file's end; -1: errno. */
static ssize_t
read_at(int fd, uint8_t *p, size_t n, uint64_t at)
{
    size_t done = 0;

    while (done < n) {
        const ssize_t k = pread(fd, p + done, n - done, (off_t)(at + done));

        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return -1;
        if (k == 0)
            break;
        done += (size_t)k;
    }
    return (ssize_t)done;
}

/* The hash of the hashes of the chunks, as nodes make it. */
static int
hash_file(struct cli *c, const char *path, int fd, uint64_t bytes,
          struct hf_hash *ret)
{
    const size_t n =
        (size_t)((bytes + FILE_CHUNK_BYTES - 1) / FILE_CHUNK_BYTES);
    struct hf_hash *hash = calloc(n + 1, sizeof(*hash));
    uint8_t *chunk = malloc(FILE_CHUNK_BYTES);
    struct hf_bytes span = {(const uint8_t *)hash, n * HF_HASH_BYTES};
    int status = hash == NULL || chunk == NULL ? no_memory(c) : 0;

    for (size_t i = 0; i < n && status == 0; i++) {
        const ssize_t k = read_at(fd, chunk, FILE_CHUNK_BYTES,
                                  (uint64_t)i * FILE_CHUNK_BYTES);

        if (k < 0)
            status = file_failed(c, path);
        else
            hf_hash(FILE_CHUNK_LABEL, &(struct hf_bytes){chunk, (size_t)k}, 1,
                    &hash[i]);
    }
    if (status == 0)
        hf_hash(FILE_LABEL, &span, 1, ret);
    if (chunk != NULL)
        hf_wipe(chunk, FILE_CHUNK_BYTES);
    free(chunk);
    free(hash);
    return status;
}

/* ---- attach ---- */

static int
open_source(struct cli *c, const char *path, int *ret_fd, uint64_t *ret_bytes)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;

    if (fd < 0)
        return file_failed(c, path);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        (void)close(fd);
        return cli_fail(c, EX_NOINPUT, "no_such_file", "give a file",
                        "%s: not a file", path);
    }
    if (st.st_size == 0 || st.st_size > (off_t)FILE_BYTES_MAX) {
        (void)close(fd);
        return cli_fail(c, EX_DATAERR, st.st_size == 0 ? "empty" : "too_large",
                        st.st_size == 0 ? "check it"
                                        : "cut it into parts, or send a "
                                          "smaller copy",
                        st.st_size == 0 ? "%s: the file is empty"
                                        : "%s: the file is larger than 100 MiB",
                        path);
    }
    *ret_fd = fd;
    *ret_bytes = (uint64_t)st.st_size;
    return 0;
}

static int
begin(struct cli *c, const char *path, uint64_t bytes,
      const struct hf_hash *hash, json_t **ret)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    char hex[HF_HEX_BYTES(HF_HASH_BYTES)];
    struct cli_path p;
    json_t *body = json_pack("{s:I,s:s}", "bytes", (json_int_t)bytes, "hash",
                             hf_hex(hash->b, HF_HASH_BYTES, hex));
    json_t *text = json_string(name); /* NULL: not UTF-8, so it has no name */
    int status;

    if (text != NULL)
        (void)json_object_set_new(body, "name", text);
    if (cli_has(c, "category"))
        (void)json_object_set_new(body, "category",
                                  json_string(cli_value(c, "category")));
    cli_path_begin(&p, "/objects");
    cli_path_add(&p, c->arg[0]);
    cli_path_add(&p, "attachments");
    status = cli_post(c, p.text, body, ret);
    json_decref(body);
    return status;
}

/* One piece; *at moves to where the node wants the next. */
static int
put_piece(struct cli *c, const char *path, int fd, const char *id, uint64_t *at)
{
    uint8_t *piece = malloc(PIECE_BYTES);
    char *hex = malloc(HF_HEX_BYTES(PIECE_BYTES));
    json_t *body = NULL, *answer = NULL;
    struct cli_path p;
    ssize_t n = 0;
    int status = piece == NULL || hex == NULL ? no_memory(c) : 0;

    if (status == 0 && (n = read_at(fd, piece, PIECE_BYTES, *at)) <= 0)
        status = n < 0 ? file_failed(c, path)
                       : cli_fail(c, EX_DATAERR, "changed", "attach it again",
                                  "%s: the file became shorter", path);
    if (status == 0) {
        body = json_pack("{s:I,s:s}", "at", (json_int_t)*at, "data",
                         hf_hex(piece, (size_t)n, hex));
        cli_path_begin(&p, "/attachments");
        cli_path_add(&p, id);
        cli_path_add(&p, "bytes");
        status = cli_post(c, p.text, body, &answer);
    }
    if (status == 0)
        *at = (uint64_t)json_integer_value(json_object_get(answer, "at"));
    json_decref(answer);
    json_decref(body);
    free(hex);
    free(piece);
    return status;
}

static int
put_all(struct cli *c, const char *path, int fd, const char *id, uint64_t at,
        uint64_t bytes)
{
    struct cli_progress progress;
    int status = 0;

    cli_progress_begin(&progress, c, "Attaching", bytes);
    while (status == 0 && at < bytes) {
        status = put_piece(c, path, fd, id, &at);
        cli_progress_at(&progress, at);
    }
    cli_progress_end(&progress);
    return status;
}

static int
attach(struct cli *c, const char *path, int fd, uint64_t bytes)
{
    json_t *begun = NULL, *empty = json_object(), *answer = NULL;
    struct hf_hash hash;
    struct cli_path p;
    const char *id;
    int status = hash_file(c, path, fd, bytes, &hash);

    if (status == 0)
        status = begin(c, path, bytes, &hash, &begun);
    id = cli_out_text(begun, "attachment");
    if (status == 0)
        status = put_all(
            c, path, fd, id,
            (uint64_t)json_integer_value(json_object_get(begun, "at")), bytes);
    if (status == 0) {
        cli_path_begin(&p, "/attachments");
        cli_path_add(&p, id);
        cli_path_add(&p, "done");
        status = cli_post(c, p.text, empty, &answer);
    }
    if (status == 0 && !cli_say(c, answer))
        fprintf(c->out, "%s attached to %s\n", id, cli_out_text(answer, "id"));
    json_decref(answer);
    json_decref(empty);
    json_decref(begun);
    return status;
}

int
cmd_attach(struct cli *c)
{
    const char *path = cli_value(c, "file");
    uint64_t bytes = 0;
    int fd = -1;
    int status = open_source(c, path, &fd, &bytes);

    if (status == 0)
        status = attach(c, path, fd, bytes);
    if (fd >= 0)
        (void)close(fd);
    return status;
}

/* ---- fetch ---- */

static int
get_piece(struct cli *c, const char *id, const char *path, int fd, uint64_t *at,
          bool *ret_end)
{
    char number[24];
    const char *hex;
    struct cli_path p;
    json_t *answer = NULL;
    uint8_t *piece;
    size_t n;
    int status;

    (void)snprintf(number, sizeof(number), "%llu", (unsigned long long)*at);
    cli_path_begin(&p, "/attachments");
    cli_path_add(&p, id);
    cli_path_add(&p, "bytes");
    cli_path_query(&p, "at", number);
    cli_path_query(&p, "why", cli_value(c, "why"));
    status = cli_get(c, p.text, &answer);
    if (status != 0)
        return status;
    hex = cli_out_text(answer, "data");
    n = strlen(hex) / 2;
    piece = malloc(n + 1);
    if (piece == NULL)
        status = no_memory(c);
    else if (n == 0 || !hf_unhex(hex, piece, n))
        status = cli_fail(c, EX_SOFTWARE, "internal", "",
                          "the node's answer is not hex");
    else if (hf_file_write_all(fd, piece, n) != HF_OK)
        status = file_failed(c, path);
    *at += n;
    *ret_end = json_object_get(answer, "next") == NULL;
    if (piece != NULL)
        hf_wipe(piece, n);
    free(piece);
    json_decref(answer);
    return status;
}

static int
get_all(struct cli *c, const json_t *meta, const char *path, int fd)
{
    const char *id = cli_out_text(meta, "attachment");
    const uint64_t bytes =
        (uint64_t)json_integer_value(json_object_get(meta, "bytes"));
    struct cli_progress progress;
    struct hf_hash hash, want;
    uint64_t at = 0;
    bool end = false;
    int status = 0;

    cli_progress_begin(&progress, c, "Fetching", bytes);
    while (status == 0 && !end) {
        status = get_piece(c, id, path, fd, &at, &end);
        cli_progress_at(&progress, at);
    }
    cli_progress_end(&progress);
    if (status == 0 && fsync(fd) != 0)
        status = file_failed(c, path);
    if (status == 0)
        status = hash_file(c, path, fd, bytes, &hash);
    if (status == 0 &&
        (at != bytes ||
         !hf_unhex(cli_out_text(meta, "hash"), want.b, HF_HASH_BYTES) ||
         !hf_hash_eq(&hash, &want)))
        status = cli_fail(c, EX_DATAERR, "hash", "fetch it again",
                          "%s: not what was attached", path);
    return status;
}

/* Beside it first: a file that is there is whole. */
static int
fetch(struct cli *c, const json_t *meta, const char *path)
{
    char part[CLI_PATH_BYTES];
    const int n = snprintf(part, sizeof(part), "%s.part", path);
    int fd, status;

    if (n < 0 || (size_t)n >= sizeof(part))
        return cli_fail(c, EX_USAGE, "usage", "a shorter one",
                        "this name is too long");
    fd = open(part, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return file_failed(c, part);
    status = get_all(c, meta, part, fd);
    (void)close(fd);
    if (status == 0 && rename(part, path) != 0)
        status = file_failed(c, path);
    if (status != 0)
        (void)unlink(part);
    return status;
}

int
cmd_fetch(struct cli *c)
{
    const char *path = cli_value(c, "to");
    struct cli_path p;
    json_t *meta = NULL;
    int status;

    if (access(path, F_OK) == 0 && !cli_has(c, "yes"))
        return cli_fail(c, EX_CANTCREAT, "exists",
                        "give another name, or --yes", "%s is there already",
                        path);
    cli_path_begin(&p, "/attachments");
    cli_path_add(&p, c->arg[0]);
    cli_path_query(&p, "why", cli_value(c, "why"));
    status = cli_get(c, p.text, &meta);
    if (status == 0)
        status = fetch(c, meta, path);
    if (status == 0 && !cli_say(c, meta))
        fprintf(c->out, "%s: %lld bytes, %s\n", path,
                (long long)json_integer_value(json_object_get(meta, "bytes")),
                cli_out_text(meta, "name"));
    json_decref(meta);
    return status;
}
