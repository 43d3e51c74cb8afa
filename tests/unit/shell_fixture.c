#include "shell_fixture.h"

#include <limits.h>

#include "hf_file.h"
#include "registry_fixture.h"

const uint8_t shell_seal[HF_KEY_BYTES] = {44};

void
shell_folder(char *dir)
{
    cr_assert(eq(int, (int)hf_crypto_start(), HF_OK));
    cr_assert(ne(ptr, mkdtemp(dir), NULL));
}

void
shell_folder_end(const char *dir)
{
    char command[PATH_MAX];

    (void)snprintf(command, sizeof(command), "rm -rf %s", dir);
    cr_assert(eq(int, system(command), 0));
}

void
shell_keys(struct own_keys *ret, uint8_t seed)
{
    cr_assert(
        eq(int,
           (int)own_keys_init(ret, fixture_secret(HF_KEY_SIGN, seed),
                              fixture_secret(HF_KEY_DH, (uint8_t)(seed + 1)),
                              fixture_secret(HF_KEY_BOX, (uint8_t)(seed + 2))),
           HF_OK));
}

struct registry *
shell_registry(void)
{
    struct registry_edit *e = fixture_signed_network();
    struct registry *r = NULL;
    struct hf_buf set;

    hf_buf_init(&set, REGISTRY_BYTES_MAX);
    cr_assert(eq(int,
                 (int)registry_accept(fixture_bytes(e, &set),
                                      (struct hf_bytes){NULL, 0}, T0, &r),
                 HF_OK));
    hf_buf_free(&set);
    registry_edit_free(e);
    return r;
}

struct prekeys *
shell_prekeys(const char *dir, const char *name, const struct hf_org *org)
{
    struct prekeys *prekeys = NULL;
    struct fault fault = {0};
    char path[PATH_MAX];

    hf_path(path, sizeof(path), dir, name);
    cr_assert(eq(int, (int)hf_mkdir(path), HF_OK));
    cr_assert(prekeys_open(path, org, shell_seal, T0, true, &prekeys, &fault),
              "%s", fault.text);
    return prekeys;
}
