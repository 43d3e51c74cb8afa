/*
 * shell_fixture.h - what tests of a node's shell begin with: a folder of their
 * own, keys from seeds, the small network's registry. Tests only.
 */
#ifndef TESTS_SHELL_FIXTURE_H
#define TESTS_SHELL_FIXTURE_H

#include "own_keys.h"
#include "prekeys.h"
#include "registry.h"

/** shell_folder: of @dir, a template of mkdtemp(), make the folder.
 * shell_folder_end: it goes with all that is in it. */
void shell_folder(char *dir);
void shell_folder_end(const char *dir);

/** shell_keys: operation, link and store key from @seed and the two after it;
 * own_keys_clear() them. 31 is iom-at's in shell_registry(). */
void shell_keys(struct own_keys *ret, uint8_t seed);
/** shell_registry: registry_fixture.h's network, accepted at T0. */
struct registry *shell_registry(void);
/** shell_prekeys: those of @org, the first made at T0, in a folder @name of
 * @dir, sealed with shell_seal. */
extern const uint8_t shell_seal[HF_KEY_BYTES];
struct prekeys *shell_prekeys(const char *dir, const char *name,
                              const struct hf_org *org);

#endif /* TESTS_SHELL_FIXTURE_H */
