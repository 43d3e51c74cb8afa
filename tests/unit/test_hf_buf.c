/* Unit tests of lib/base/hf_buf and hf_file: bytes with a ceiling, in memory
 * and on the disk. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hf_buf.h"
#include "hf_file.h"

static struct hf_buf b;
static char dir[64];
static char path[128];

static void
begin(void)
{
    strcpy(dir, "/tmp/hf-buf-XXXXXX");
    cr_assert(ne(ptr, mkdtemp(dir), NULL));
    hf_path(path, sizeof(path), dir, "file");
}

static void
end(void)
{
    char command[128];

    hf_buf_free(&b);
    snprintf(command, sizeof(command), "rm -r %s", dir);
    cr_expect(eq(int, system(command), 0));
}

TestSuite(hf_buf, .init = begin, .fini = end);

Test(hf_buf, grows_up_to_its_ceiling_and_not_past_it)
{
    hf_buf_init(&b, 1000);
    for (int i = 0; i < 1000; i++)
        cr_assert(hf_buf_add(&b, "x", 1));
    cr_expect(eq(sz, hf_buf_bytes(&b).n, 1000));
    cr_expect(not(b.failed));
    cr_expect(not(hf_buf_add(&b, "x", 1)));
    cr_expect(b.failed);
    cr_expect(eq(sz, b.n, 1000), "the content is as it was");
}

Test(hf_buf, a_refused_append_is_remembered_until_cleared)
{
    hf_buf_init(&b, 4);
    cr_expect(hf_buf_add(&b, "ab", 2));
    cr_expect(not(hf_buf_add(&b, "cde", 3)));
    cr_expect(hf_buf_add(&b, "f", 1));
    cr_expect(b.failed);
    hf_buf_clear(&b);
    cr_expect(not(b.failed));
    cr_expect(eq(sz, b.n, 0));
}

Test(hf_buf, a_huge_append_does_not_wrap_around)
{
    hf_buf_init(&b, SIZE_MAX);
    cr_expect(hf_buf_add(&b, "ab", 2));
    cr_expect(eq(ptr, hf_buf_grow(&b, SIZE_MAX - 1), NULL));
    cr_expect(eq(sz, b.n, 2));
}

Test(hf_buf, printf_appends_without_its_nul)
{
    hf_buf_init(&b, 600);
    cr_expect(hf_buf_printf(&b, "%s-%d", "a", 7));
    cr_expect(hf_buf_printf(&b, "%0*d", 500, 1));
    cr_expect(eq(sz, b.n, 503));
    cr_expect(memcmp(b.p, "a-7000", 6) == 0);
    cr_expect(not(hf_buf_printf(&b, "%0*d", 500, 1)));
    cr_expect(eq(sz, b.n, 503));
}

Test(hf_buf, nothing_can_be_appended_to_nothing)
{
    hf_buf_init(&b, 0);
    cr_expect(hf_buf_add(&b, NULL, 0));
    cr_expect(not(hf_buf_add(&b, "x", 1)));
}

Test(hf_buf, a_file_comes_back_as_it_was_written)
{
    static uint8_t bytes[200000];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 7);
    hf_buf_init(&b, sizeof(bytes));
    cr_assert(eq(int, hf_file_write(path, bytes, sizeof(bytes), 0640), HF_OK));
    cr_assert(eq(int, hf_file_read(path, &b), HF_OK));
    cr_assert(eq(sz, b.n, sizeof(bytes)));
    cr_expect(memcmp(b.p, bytes, sizeof(bytes)) == 0);
}

Test(hf_buf, a_written_file_has_the_mode_asked_for_and_no_rest)
{
    char fresh[160];
    struct stat st;

    umask(0);
    cr_assert(eq(int, hf_file_write(path, "a", 1, 0600), HF_OK));
    cr_assert(eq(int, hf_file_write(path, "bc", 2, 0600), HF_OK));
    cr_assert(eq(int, stat(path, &st), 0));
    cr_expect(eq(int, (int)(st.st_mode & 07777), 0600));
    cr_expect(eq(int, (int)st.st_size, 2));
    snprintf(fresh, sizeof(fresh), "%s.new", path);
    cr_expect(ne(int, access(fresh, F_OK), 0));
}

Test(hf_buf, what_a_crash_left_behind_is_replaced)
{
    char fresh[160];

    snprintf(fresh, sizeof(fresh), "%s.new", path);
    cr_assert(eq(int, hf_file_write(fresh, "half", 4, 0400), HF_OK));
    cr_assert(eq(int, hf_file_write(path, "whole", 5, 0600), HF_OK));
    hf_buf_init(&b, 10);
    cr_assert(eq(int, hf_file_read(path, &b), HF_OK));
    cr_expect(eq(sz, b.n, 5));
}

Test(hf_buf, a_file_larger_than_the_buffer_is_refused_whole)
{
    cr_assert(eq(int, hf_file_write(path, "0123456789", 10, 0600), HF_OK));
    hf_buf_init(&b, 11);
    cr_assert(hf_buf_add(&b, "ab", 2));
    cr_expect(eq(int, hf_file_read(path, &b), HF_ERR_FULL));
    cr_expect(eq(sz, b.n, 2), "the content is as it was");
    hf_buf_clear(&b);
    cr_expect(eq(int, hf_file_read(path, &b), HF_OK));
    cr_expect(eq(sz, b.n, 10));
}

Test(hf_buf, what_is_not_a_regular_file_is_not_read)
{
    char fifo[128];

    hf_buf_init(&b, 10);
    cr_expect(eq(int, hf_file_read(dir, &b), HF_ERR_IO));
    cr_expect(eq(int, hf_file_read(path, &b), HF_ERR_NOT_FOUND));
    hf_path(fifo, sizeof(fifo), dir, "fifo");
    cr_assert(eq(int, mkfifo(fifo, 0600), 0));
    cr_expect(eq(int, hf_file_read(fifo, &b), HF_ERR_IO));
}

Test(hf_buf, a_folder_may_exist_but_must_be_one)
{
    char sub[128];

    hf_path(sub, sizeof(sub), dir, "sub");
    cr_expect(eq(int, hf_mkdir(sub), HF_OK));
    cr_expect(eq(int, hf_mkdir(sub), HF_OK));
    cr_assert(eq(int, hf_file_write(path, "", 0, 0600), HF_OK));
    cr_expect(eq(int, hf_mkdir(path), HF_ERR_IO));
}
