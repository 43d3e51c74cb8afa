/*
 * registry_fixture.h - a small network for tests: a committee of three keys a
 * role, two brokers, two members. Tests only.
 */
#ifndef TESTS_REGISTRY_FIXTURE_H
#define TESTS_REGISTRY_FIXTURE_H

#include "proto_fixture.h"
#include "registry.h"
#include "registry_edit.h"

#define YEAR_MS (UINT64_C(365) * 24 * 3600 * 1000)

/* Keys of the committee: seed 100 + 10 * role + i, three each. */
static inline struct hf_secret *
fixture_committee(enum registry_role role, int i)
{
    return fixture_secret(HF_KEY_SIGN, (uint8_t)(100 + 10 * (int)role + i));
}

static inline struct registry_root
fixture_root(void)
{
    static const uint32_t threshold[REGISTRY_ROLES] = {2, 2, 1, 1};
    struct registry_root root = {.expires_ms = T0 + YEAR_MS};

    for (int role = 0; role < REGISTRY_ROLES; role++) {
        root.role[role].threshold = threshold[role];
        root.role[role].n = 3;
        for (int i = 0; i < 3; i++) {
            struct hf_secret *s =
                fixture_committee((enum registry_role)role, i);

            hf_secret_public(s, root.role[role].pk[i]);
            hf_secret_free(s);
        }
    }
    return root;
}

static inline void
fixture_pk(enum hf_key_use use, uint8_t seed, uint8_t *out)
{
    struct hf_secret *s = fixture_secret(use, seed);

    hf_secret_public(s, out);
    hf_secret_free(s);
}

/* Keys of a member: seeds @seed (identity), + 1 (operation), + 2 (link). */
static inline struct registry_org
fixture_member(const char *id, uint8_t seed)
{
    struct registry_org o = {.kind = ORG_CLINIC,
                             .country = "AF",
                             .level = "local",
                             .status = MEMBER_ACTIVE,
                             .n_op = 1,
                             .n_homes = 1};

    o.id = fixture_org(id);
    (void)snprintf(o.name, sizeof(o.name), "The %s", id);
    fixture_pk(HF_KEY_SIGN, seed, o.identity_pk);
    fixture_pk(HF_KEY_SIGN, (uint8_t)(seed + 1), o.op[0].pk);
    o.op[0].from_ms = T0 - 1000;
    fixture_pk(HF_KEY_DH, (uint8_t)(seed + 2), o.link_pk);
    o.home[0] = fixture_org("eu");
    return o;
}

static inline struct registry_broker
fixture_broker(const char *id, uint8_t seed)
{
    struct registry_broker b = {.endpoint = "tcp://127.0.0.1:5555"};

    b.id = fixture_org(id);
    b.operated_by = fixture_org("committee");
    fixture_pk(HF_KEY_SIGN, seed, b.identity_pk);
    fixture_pk(HF_KEY_SIGN, (uint8_t)(seed + 1), b.op[0].pk);
    b.op[0].from_ms = T0 - 1000;
    b.n_op = 1;
    fixture_pk(HF_KEY_DH, (uint8_t)(seed + 2), b.link_pk);
    return b;
}

static inline void
fixture_sign(struct registry_edit *e, enum registry_role role, int i)
{
    struct hf_secret *s = fixture_committee(role, i);

    cr_assert(eq(int, (int)registry_edit_sign(e, role, s), HF_OK));
    hf_secret_free(s);
}

/* Root signed, orgs filled but not signed. */
static inline struct registry_edit *
fixture_network(void)
{
    const struct registry_root root = fixture_root();
    const struct registry_broker eu = fixture_broker("eu", 10);
    const struct registry_broker af = fixture_broker("af", 20);
    const struct registry_org iom = fixture_member("iom-at", 30);
    const struct registry_org clinic = fixture_member("clinic-kbl", 40);
    struct registry_edit *e = NULL;

    cr_assert(eq(int, (int)registry_edit_open((struct hf_bytes){NULL, 0}, &e),
                 HF_OK));
    cr_assert(eq(int, (int)registry_edit_root(e, &root), HF_OK));
    cr_assert(eq(int, (int)registry_edit_put_org(e, &iom), HF_OK));
    cr_assert(eq(int, (int)registry_edit_put_broker(e, &eu), HF_OK));
    cr_assert(eq(int, (int)registry_edit_put_broker(e, &af), HF_OK));
    cr_assert(eq(int, (int)registry_edit_put_org(e, &clinic), HF_OK));
    fixture_sign(e, REGISTRY_ROOT, 0);
    fixture_sign(e, REGISTRY_ROOT, 2);
    return e;
}

static inline struct registry_edit *
fixture_signed_network(void)
{
    struct registry_edit *e = fixture_network();

    fixture_sign(e, REGISTRY_ORGS, 1);
    fixture_sign(e, REGISTRY_ORGS, 2);
    return e;
}

/* Append the set's bytes to an emptied buffer. */
static inline struct hf_bytes
fixture_bytes(struct registry_edit *e, struct hf_buf *out)
{
    hf_buf_clear(out);
    cr_assert(eq(int, (int)registry_edit_encode(e, out), HF_OK));
    return hf_buf_bytes(out);
}

#endif /* TESTS_REGISTRY_FIXTURE_H */
