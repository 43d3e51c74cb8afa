/* Unit tests of lib/crypto/hf_archive: what goes in comes out, for the holder
 * of the recovery key only, and whole or not at all. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "hf_archive.h"
#include "hf_file.h"

static char dir[] = "/tmp/hf-archive-XXXXXX";
static char path[PATH_MAX];
static struct hf_secret *recovery;
static uint8_t secret[HF_KEY_BYTES] = {42};
static struct hf_buf big;

static const char *
in_dir(const char *name)
{
    static char out[PATH_MAX];

    return hf_path(out, sizeof(out), dir, name);
}

static void
write_archive(void)
{
    struct hf_archive_head h = {.made_ms = 7, .serial = 9};
    uint8_t head[HF_ARCHIVE_HEAD_BYTES];
    uint8_t body[HF_KEY_BYTES];
    struct hf_archive *a;
    int fd;

    cr_assert(
        eq(int, (int)hf_file_write(in_dir("big"), big.p, big.n, 0600), HF_OK));
    cr_assert(eq(int, (int)hf_file_write(in_dir("none"), "", 0, 0600), HF_OK));
    memcpy(h.owner.s, "iom-at", 6);
    hf_secret_public(recovery, h.recovery);
    cr_assert(hf_archive_seal(&h, secret, head, body));
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    cr_assert(eq(int, (int)hf_file_write_all(fd, head, sizeof(head)), HF_OK));
    a = hf_archive_new(fd, head, body, NULL, NULL);
    cr_assert(
        eq(int, (int)hf_archive_put(a, "store/big", in_dir("big")), HF_OK));
    cr_assert(eq(int, (int)hf_archive_put(a, "none", in_dir("none")), HF_OK));
    cr_assert(eq(int, (int)hf_archive_end(a), HF_OK));
    hf_archive_free(a);
    (void)close(fd);
}

/* All of it with @key; the first error, or HF_ERR_NOT_FOUND for "read to the
 * end". */
static enum hf_err
read_archive(const struct hf_secret *key, bool *ret_same)
{
    uint8_t head[HF_ARCHIVE_HEAD_BYTES];
    uint8_t got[HF_KEY_BYTES], body[HF_KEY_BYTES];
    char name[HF_ARCHIVE_NAME_BYTES];
    struct hf_archive *a = NULL;
    struct hf_buf out;
    uint64_t size;
    enum hf_err err;
    int fd = open(path, O_RDONLY);

    hf_buf_init(&out, 1 << 24);
    *ret_same = false;
    cr_assert(eq(int, (int)read(fd, head, sizeof(head)), (int)sizeof(head)));
    err = hf_archive_open(head, key, got, body);
    if (!err && memcmp(got, secret, sizeof(got)) != 0)
        err = HF_ERR_IO;
    if (!err)
        a = hf_archive_new(fd, head, body, NULL, NULL);
    while (!err) {
        err = hf_archive_next(a, name, &size);
        if (!err && size > (1 << 24))
            err = HF_ERR_LIMIT;
        if (!err)
            err = hf_archive_get(a, hf_buf_grow(&out, size), size);
    }
    *ret_same = out.n == big.n && memcmp(out.p, big.p, big.n) == 0;
    hf_archive_free(a);
    hf_buf_free(&out);
    (void)close(fd);
    return err;
}

static void
begin(void)
{
    uint8_t *p;

    cr_assert(eq(int, (int)hf_crypto_start(), HF_OK));
    cr_assert(ne(ptr, mkdtemp(dir), NULL));
    (void)hf_path(path, sizeof(path), dir, "archive");
    cr_assert(eq(int, (int)hf_secret_new(HF_KEY_DH, &recovery), HF_OK));
    hf_buf_init(&big, 1 << 24);
    p = hf_buf_grow(&big, 3 * HF_CHUNK_BYTES + 77);
    hf_random(p, big.n);
    write_archive();
}

static void
end(void)
{
    char command[64];

    hf_secret_free(recovery);
    hf_buf_free(&big);
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    cr_assert(eq(int, system(command), 0));
}

TestSuite(archive, .init = begin, .fini = end);

Test(archive, gives_everything_back_to_the_recovery_key)
{
    bool is_same;

    cr_expect(eq(int, (int)read_archive(recovery, &is_same), HF_ERR_NOT_FOUND));
    cr_expect(is_same);
}

Test(archive, tells_in_clear_whose_it_is_and_when_it_was_made)
{
    struct hf_archive_head h;
    struct hf_buf buf;

    hf_buf_init(&buf, 1 << 24);
    cr_assert(eq(int, (int)hf_file_read(path, &buf), HF_OK));
    cr_assert(eq(int, (int)hf_archive_peek(buf.p, &h), HF_OK));
    cr_expect(eq(str, h.owner.s, "iom-at"));
    cr_expect(eq(u64, h.made_ms, 7));
    cr_expect(eq(u64, h.serial, 9));
    cr_expect(eq(ptr, memmem(buf.p, buf.n, big.p + 5000, 32), NULL));
    cr_expect(eq(ptr, memmem(buf.p, buf.n, secret, 32), NULL));
    cr_expect(eq(ptr, memmem(buf.p, buf.n, "store/big", 9), NULL));
    hf_buf_free(&buf);
}

Test(archive, gives_nothing_to_another_key)
{
    struct hf_secret *other = NULL;
    bool is_same;

    cr_assert(eq(int, (int)hf_secret_new(HF_KEY_DH, &other), HF_OK));
    cr_expect(eq(int, (int)read_archive(other, &is_same), HF_ERR_UNTRUSTED));
    hf_secret_free(other);
}

Test(archive, a_flipped_bit_anywhere_is_found)
{
    struct hf_buf buf;
    bool is_same;

    hf_buf_init(&buf, 1 << 24);
    cr_assert(eq(int, (int)hf_file_read(path, &buf), HF_OK));
    for (size_t at = 0; at < buf.n; at += at < 300 ? 13 : 9973) {
        buf.p[at] ^= 4;
        cr_assert(eq(int, (int)hf_file_write(path, buf.p, buf.n, 0600), HF_OK));
        cr_expect(
            ne(int, (int)read_archive(recovery, &is_same), HF_ERR_NOT_FOUND),
            "byte %zu", at);
        buf.p[at] ^= 4;
    }
    hf_buf_free(&buf);
}

Test(archive, one_cut_short_is_found)
{
    struct hf_buf buf;
    bool is_same;

    hf_buf_init(&buf, 1 << 24);
    cr_assert(eq(int, (int)hf_file_read(path, &buf), HF_OK));
    for (size_t n = HF_ARCHIVE_HEAD_BYTES; n < buf.n; n += 4099) {
        cr_assert(eq(int, truncate(path, (off_t)n), 0));
        cr_expect(
            eq(int, (int)read_archive(recovery, &is_same), HF_ERR_SIGNATURE));
        cr_assert(eq(int, (int)hf_file_write(path, buf.p, buf.n, 0600), HF_OK));
    }
    hf_buf_free(&buf);
}

Test(archive, a_box_file_is_bound_to_its_magic_and_key)
{
    static const struct hf_bytes text = {(const uint8_t *)"tomb", 4};
    uint8_t key[HF_KEY_BYTES] = {1}, other[HF_KEY_BYTES] = {2};
    struct hf_buf buf;

    hf_buf_init(&buf, 100);
    cr_assert(
        eq(int, (int)hf_boxfile_write(path, "HFTEST1\n", key, text), HF_OK));
    cr_expect(eq(int, (int)hf_boxfile_read(path, "HFTEST2\n", key, &buf),
                 HF_ERR_SIGNATURE));
    hf_buf_clear(&buf);
    cr_expect(eq(int, (int)hf_boxfile_read(path, "HFTEST1\n", other, &buf),
                 HF_ERR_SIGNATURE));
    hf_buf_clear(&buf);
    cr_expect(
        eq(int, (int)hf_boxfile_read(path, "HFTEST1\n", key, &buf), HF_OK));
    cr_expect(eq(sz, buf.n, 4));
    hf_buf_free(&buf);
}
