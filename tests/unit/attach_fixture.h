/*
 * attach_fixture.h - a file of some chunks, attached as people do, between two
 * nodes of core_fixture.h. Tests only.
 */
#ifndef TESTS_ATTACH_FIXTURE_H
#define TESTS_ATTACH_FIXTURE_H

#include "core_fixture.h"
#include "files.h"

#define ATTACH_BYTES (20 * FILE_CHUNK_BYTES + 777)

/** attach_bytes: filled by attach_begin(); "paper-canary" is in them. */
extern uint8_t attach_bytes[ATTACH_BYTES];

/** attach_world: the first node refers a case to the second, which consent lets
 * have all but MHPSS; the referral is received. */
struct hf_id attach_world(struct core_node **ret_s, struct core_node **ret_r,
                          struct hf_id *ret_case);

struct hf_hash attach_root(const uint8_t *p, size_t n);
/** attach_begin: the status. attach_put: from @at on, to the end or for @puts
 * commands. attach_done: the status. attach_whole: all of that, which must go
 * well; the file. */
int attach_begin(struct core_node *n, struct hf_id object,
                 enum category category);
void attach_put(struct core_node *n, struct hf_id file, uint64_t at, int puts);
int attach_done(struct core_node *n, struct hf_id file);
struct hf_id attach_whole(struct core_node *n, struct hf_id object,
                          enum category category);
/** attach_expect_equal: @n holds all of its bytes. */
void attach_expect_equal(const struct core_node *n, struct hf_id file);

#endif /* TESTS_ATTACH_FIXTURE_H */
