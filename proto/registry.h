/*
 * registry.h - who takes part, with which keys: signed documents after TUF.
 *
 * A registry set is a file (and a shelf document) that holds the newest signed
 * bytes of `orgs` and, where they exist, `suspend` and `timestamp`, and the
 * roots from the first one kept to the newest, so that whoever holds an older
 * root can follow: root N + 1 is signed by the thresholds of N and of N + 1.
 * What is signed is the bytes, under one label a role ("handoff/1 registry
 * root", ...); signatures count once per distinct public key; versions only
 * rise; expired is not trusted. `suspend` can only suspend, and counts while
 * the orgs document it names is the newest. `timestamp` vouches that nothing
 * newer was withheld; its age is shown, and stops nothing. Decoded into the
 * plain struct below, which is immutable once made.
 */
#ifndef PROTO_REGISTRY_H
#define PROTO_REGISTRY_H

#include "hf_buf.h"
#include "hf_crypto.h"
#include "hf_types.h"
#include "vocab.h"

#define REGISTRY_BYTES_MAX     (16u * 1024u * 1024u)
#define REGISTRY_ORGS_MAX      20000
#define REGISTRY_BROKERS_MAX   64
#define REGISTRY_KEYS_MAX      16 /* a role */
#define REGISTRY_OP_KEYS_MAX   4  /* operation keys listed of one member */
#define REGISTRY_HOMES_MAX     2
#define REGISTRY_TITLE_BYTES   128
#define REGISTRY_ENDPOINT_BYTES 128
#define REGISTRY_ROOTS_MAX     64 /* in one set */
#define REGISTRY_VERSION_MAX   (UINT32_C(1) << 29) /* four add up in 32 bits */

enum registry_role {
    REGISTRY_ROOT,
    REGISTRY_ORGS,
    REGISTRY_SUSPEND,
    REGISTRY_TIMESTAMP,
    REGISTRY_ROLES
};

/** An operation key and when what it signed counts; 0 until: still in use. */
struct registry_key {
    uint8_t pk[HF_PK_BYTES];
    uint64_t from_ms;
    uint64_t until_ms;
    bool revoked; /* counts for nothing, at any time */
};

struct registry_org {
    struct hf_org id;
    char name[REGISTRY_TITLE_BYTES];
    enum org_kind kind;
    char country[4];
    char level[16];          /* local national international, or empty */
    enum member_status status;
    uint8_t identity_pk[HF_PK_BYTES];
    struct registry_key op[REGISTRY_OP_KEYS_MAX];
    uint8_t n_op;            /* 0 and a zero identity only with `via` */
    uint8_t link_pk[HF_PK_BYTES]; /* CURVE; zero for a member with `via` */
    struct hf_org home[REGISTRY_HOMES_MAX]; /* broker ids */
    uint8_t n_homes;
    struct hf_org via;       /* who keeps its node; empty: itself */
    bool is_committee;       /* gets figures */
};

struct registry_broker {
    struct hf_org id;
    struct hf_org operated_by;
    char endpoint[REGISTRY_ENDPOINT_BYTES]; /* tcp://host:port */
    uint8_t op_pk[HF_PK_BYTES];
    uint8_t link_pk[HF_PK_BYTES];
};

/** The network as one accepted set describes it. Sorted by id. */
struct registry {
    uint32_t version[REGISTRY_ROLES];    /* 0: no such document */
    uint64_t expires_ms[REGISTRY_ROLES];
    uint32_t figures_threshold;          /* committee settings */
    uint64_t figures_period_ms;
    size_t n_orgs;
    struct registry_org *orgs;
    size_t n_brokers;
    struct registry_broker broker[REGISTRY_BROKERS_MAX];
    struct hf_hash root_hash; /* of the newest root's bytes: what people
                               * compare when they pin it */
    size_t n_links;           /* registry.c's index by link key; NULL in a */
    struct registry_link *links; /* struct made by hand: then a plain search */
};

/**
 * registry_accept: check @set against what is held and make a registry of it.
 *
 * @held_set  the set accepted last (n = 0: none; then the root is pinned as it
 *            is and must be signed by itself)
 * @now_ms    for expiry
 * @ret       new registry, owned by the caller: registry_free()
 *
 * HF_ERR_MALFORMED  does not parse, or a rule is broken (threshold 0, one key
 *                   twice, unknown broker named, two members with one key)
 * HF_ERR_UNTRUSTED  thresholds not met, or no way from the held root
 * HF_ERR_ROLLBACK   a version falls, or is equal with other bytes, or is older
 *                   than the timestamp says
 * HF_ERR_EXPIRED    root or orgs expired
 * HF_ERR_EXISTS     nothing newer than what is held (not an error to callers
 *                   that merely sync)
 */
HF_NODISCARD enum hf_err registry_accept(struct hf_bytes set,
                                         struct hf_bytes held_set,
                                         uint64_t now_ms,
                                         struct registry **ret);
/** registry_load: a set from our own disk: all checks but expiry (receiving,
 * withdrawing and erasing never stop for a stale registry). */
HF_NODISCARD enum hf_err registry_load(struct hf_bytes set,
                                       struct registry **ret);
void registry_free(struct registry *r); /* NULL is fine */

/** registry_org / _broker: by id; NULL when not listed. Borrowed. */
const struct registry_org *registry_org(const struct registry *r,
                                        const struct hf_org *id);
const struct registry_broker *registry_broker(const struct registry *r,
                                              const struct hf_org *id);
/** registry_by_link: the member or broker whose link key this is; both NULL
 * when nobody's. Suspended and left members are found too: look at status. */
void registry_by_link(const struct registry *r,
                      const uint8_t pk[static HF_PK_BYTES],
                      const struct registry_org **ret_org,
                      const struct registry_broker **ret_broker);
/** registry_op_key: the operation key of @org that counted at @at_ms and is
 * not revoked; NULL when there is none. */
const uint8_t *registry_op_key(const struct registry_org *org,
                               uint64_t at_ms);
/** registry_latest: version that callers compare: the sum of the documents'
 * versions. As each only rises, it rises with any of them, a suspension
 * included. */
uint32_t registry_latest(const struct registry *r);

/** registry_fingerprint: 8 groups of 4 hex digits of a key's hash, for people
 * to compare. Returns @out. */
#define REGISTRY_FINGERPRINT_BYTES 40
const char *registry_fingerprint(const uint8_t pk[static HF_PK_BYTES],
                                 char out[static REGISTRY_FINGERPRINT_BYTES]);
/** registry_summary: append plain text: versions, expiries, the root's hash,
 * each broker and member with fingerprints. False when the buffer refused. */
bool registry_summary(const struct registry *r, struct hf_buf *out);

#endif /* PROTO_REGISTRY_H */
