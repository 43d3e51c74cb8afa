/* Unit tests of lib/crypto/hf_pass and node/shell/store_key: where the store
 * key comes from, and that a file gives nothing without its passphrase. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hf_file.h"
#include "hf_pass.h"
#include "shell_fixture.h"
#include "store_key.h"

#define WORDS "anchor willow seven marble"

static char dir[] = "/tmp/hf-pass-XXXXXX";
static char keys[PATH_MAX];
static char pass_file[PATH_MAX];
static char sealed[PATH_MAX];
static struct hf_pass *pass;
static struct hf_secret *key;
static struct fault fault;

static void
write_text(const char *path, const char *text, mode_t mode)
{
    cr_assert(
        eq(int, (int)hf_file_write(path, text, strlen(text), mode), HF_OK));
}

static struct hf_pass *
pass_of(const char *text)
{
    struct hf_pass *p = NULL;
    char path[PATH_MAX];

    hf_path(path, sizeof(path), dir, "some");
    write_text(path, text, 0600);
    cr_assert(eq(int, (int)hf_pass_read(path, true, &p), HF_OK));
    return p;
}

static void
begin(void)
{
    cr_assert(eq(int, (int)hf_crypto_start(), HF_OK));
    shell_folder(dir);
    hf_path(keys, sizeof(keys), dir, "keys");
    cr_assert(eq(int, (int)hf_mkdir(keys), HF_OK));
    hf_path(sealed, sizeof(sealed), keys, "store.sealed");
    hf_path(pass_file, sizeof(pass_file), dir, "pass");
    write_text(pass_file, WORDS "\n", 0600);
    pass = pass_of(WORDS "\nand no more");
    cr_assert(eq(int, (int)hf_secret_new(HF_KEY_BOX, &key), HF_OK));
    cr_assert(eq(int, (int)hf_pass_store(sealed, key, pass), HF_OK));
    unsetenv("CREDENTIALS_DIRECTORY");
}

static void
end(void)
{
    hf_pass_free(pass);
    hf_secret_free(key);
    shell_folder_end(dir);
}

static bool
is_the_key(struct hf_secret *other)
{
    const bool is_same =
        memcmp(hf_secret_key(other), hf_secret_key(key), HF_KEY_BYTES) == 0;

    hf_secret_free(other);
    return is_same;
}

TestSuite(pass, .init = begin, .fini = end);

Test(pass, the_same_passphrase_gives_the_key_back)
{
    struct hf_secret *back = NULL;

    cr_assert(eq(int, (int)hf_pass_load(sealed, pass, &back), HF_OK));
    cr_expect(is_the_key(back));
}

Test(pass, another_passphrase_gives_nothing)
{
    struct hf_pass *other = pass_of(WORDS "s");
    struct hf_secret *back = NULL;

    cr_expect(
        eq(int, (int)hf_pass_load(sealed, other, &back), HF_ERR_SIGNATURE));
    cr_expect(eq(ptr, back, NULL));
    hf_pass_free(other);
}

Test(pass, a_flipped_bit_anywhere_gives_nothing)
{
    struct hf_buf buf;

    hf_buf_init(&buf, 4096);
    cr_assert(eq(int, (int)hf_file_read(sealed, &buf), HF_OK));
    cr_expect(eq(sz, buf.n, 97));
    for (size_t i = 0; i < buf.n; i += 12) {
        struct hf_secret *back = NULL;

        buf.p[i] ^= 1;
        cr_assert(
            eq(int, (int)hf_file_write(sealed, buf.p, buf.n, 0600), HF_OK));
        cr_expect(ne(int, (int)hf_pass_load(sealed, pass, &back), HF_OK));
        buf.p[i] ^= 1;
    }
    hf_buf_free(&buf);
}

Test(pass, a_sealed_key_is_never_overwritten)
{
    cr_expect(eq(int, (int)hf_pass_store(sealed, key, pass), HF_ERR_EXISTS));
}

Test(pass, a_file_that_others_may_read_is_refused)
{
    struct hf_pass *p = NULL;

    cr_assert(eq(int, chmod(pass_file, 0640), 0));
    cr_expect(
        eq(int, (int)hf_pass_read(pass_file, true, &p), HF_ERR_FORBIDDEN));
    cr_expect(eq(int, (int)hf_pass_read(pass_file, false, &p), HF_OK),
              "in a folder that is private");
    hf_pass_free(p);
}

Test(pass, an_empty_or_endless_line_is_no_passphrase)
{
    static char endless[2000];
    struct hf_pass *p = NULL;

    write_text(pass_file, "\nsecond line", 0600);
    cr_expect(
        eq(int, (int)hf_pass_read(pass_file, true, &p), HF_ERR_MALFORMED));
    memset(endless, 'a', sizeof(endless) - 1);
    write_text(pass_file, endless, 0600);
    cr_expect(
        eq(int, (int)hf_pass_read(pass_file, true, &p), HF_ERR_MALFORMED));
}

Test(pass, the_node_takes_the_passphrase_from_the_configured_file)
{
    struct hf_secret *back = NULL;

    cr_assert(store_key_load(dir, pass_file, &back, &fault), "%s", fault.text);
    cr_expect(is_the_key(back));
}

Test(pass, the_credential_goes_before_the_configured_file)
{
    struct hf_secret *back = NULL;
    char cred[PATH_MAX];

    setenv("CREDENTIALS_DIRECTORY", dir, 1);
    write_text(hf_path(cred, sizeof(cred), dir, "handoff-passphrase"),
               WORDS "\n", 0440);
    cr_assert(store_key_load(dir, "/nowhere", &back, &fault), "%s", fault.text);
    cr_expect(is_the_key(back));
}

Test(pass, a_credential_may_be_the_key_itself)
{
    struct hf_secret *back = NULL;
    uint8_t bytes[1 + HF_KEY_BYTES] = {HF_KEY_BOX};
    char cred[PATH_MAX];

    setenv("CREDENTIALS_DIRECTORY", dir, 1);
    memcpy(bytes + 1, hf_secret_key(key), HF_KEY_BYTES);
    cr_assert(eq(int,
                 (int)hf_file_write(
                     hf_path(cred, sizeof(cred), dir, "handoff-store-key"),
                     bytes, sizeof(bytes), 0440),
                 HF_OK));
    cr_assert(eq(int, unlink(sealed), 0));
    cr_assert(store_key_load(dir, "", &back, &fault), "%s", fault.text);
    cr_expect(is_the_key(back));
}

Test(pass, a_wrong_passphrase_stops_the_start_with_77)
{
    struct hf_secret *back = NULL;

    write_text(pass_file, "anchor willow seven pebble\n", 0600);
    cr_expect(not(store_key_load(dir, pass_file, &back, &fault)));
    cr_expect(eq(int, fault.status, FAULT_FORBIDDEN));
}

Test(pass, no_key_at_all_stops_the_start_with_66)
{
    struct hf_secret *back = NULL;

    cr_assert(eq(int, unlink(sealed), 0));
    cr_expect(not(store_key_load(dir, "", &back, &fault)));
    cr_expect(eq(int, fault.status, FAULT_NOT_FOUND));
}
