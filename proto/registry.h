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
 * newer was withheld: registry_fresh() grades its age. Decoded into the plain
 * struct below, which is immutable once made.
 *
 * No version jumps: that of a document is at most REGISTRY_WINDOW times the
 * newest root's. Whoever steals a key and signs the highest version there is
 * shuts nobody out: the next root takes the key away and opens as many again.
 */
#ifndef PROTO_REGISTRY_H
#define PROTO_REGISTRY_H

#include "hf_buf.h"
#include "hf_crypto.h"
#include "hf_types.h"
#include "hf_words.h"
#include "vocab.h"

#define REGISTRY_BYTES_MAX      (16u * 1024u * 1024u)
#define REGISTRY_ORGS_MAX       20000
#define REGISTRY_BROKERS_MAX    64
#define REGISTRY_KEYS_MAX       16 /* a role */
#define REGISTRY_OP_KEYS_MAX    12 /* of one member: three years of 90 days */
#define REGISTRY_HOMES_MAX      2
#define REGISTRY_RULINGS_MAX    4096
#define REGISTRY_FAMILIES_MAX   64 /* as a set is one word */
#define REGISTRY_PACKS_MAX      64
#define REGISTRY_NOTE_BYTES     160
#define REGISTRY_TITLE_BYTES    128
#define REGISTRY_ENDPOINT_BYTES 128
#define REGISTRY_ROOTS_MAX      64                  /* in one set */
#define REGISTRY_VERSION_MAX    (UINT32_C(1) << 29) /* four add up in 32 bits */
#define REGISTRY_WINDOW         (UINT32_C(1) << 20) /* versions a root allows */

/* The timestamp is signed anew every 6 h. */
#define REGISTRY_AGEING_MS (UINT64_C(24) * 3600 * 1000)
/* So long before its end a root or orgs is ageing. */
#define REGISTRY_ENDING_MS (UINT64_C(30) * 24 * 3600 * 1000)

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

/** The last change of an identity key. Zeroed: there was none. */
struct registry_succession {
    uint8_t before_pk[HF_PK_BYTES];
    uint64_t at_ms;
    bool is_vouched;           /* the key before could not sign: the committee
                                * says that this is the same party; no sig */
    uint8_t sig[HF_SIG_BYTES]; /* by the key before: registry_succeed() */
};

/** What a member may send, or receive. Zeroed: everything. */
struct registry_flow {
    bool is_limited;
    uint32_t objects;  /* REGISTRY_OBJECT_BIT set */
    uint64_t families; /* bit i: registry.family[i]; UINT64_MAX: all */
};
#define REGISTRY_OBJECT_BIT(kind) (UINT32_C(1) << ((kind)-1))
/** Withdrawals are never for anybody to forbid. */
#define REGISTRY_OBJECTS_ALL                                                   \
    (REGISTRY_OBJECT_BIT(OBJECT_REFERRAL) |                                    \
     REGISTRY_OBJECT_BIT(OBJECT_TRANSFER))

struct registry_org {
    struct hf_org id;
    char name[REGISTRY_TITLE_BYTES];
    enum org_kind kind;
    char country[4];
    char level[16];            /* local national international, or empty */
    enum member_status status; /* with `suspend` taken into account */
    uint8_t identity_pk[HF_PK_BYTES];
    struct registry_key op[REGISTRY_OP_KEYS_MAX];
    uint8_t n_op;                 /* 0 and a zero identity only with `via` */
    uint8_t link_pk[HF_PK_BYTES]; /* CURVE; zero for a member with `via` */
    uint8_t old_link_pk[HF_PK_BYTES]; /* the one before: also taken ... */
    uint64_t old_link_until_ms;       /* ... until then; both zero: none */
    struct hf_org home[REGISTRY_HOMES_MAX]; /* broker ids */
    uint8_t n_homes;
    struct hf_org via; /* who keeps its node; empty: itself */
    uint32_t duties;   /* DUTY_BIT set */
    struct registry_flow may_send;
    struct registry_flow may_receive;
    uint64_t vetted_ms;                /* 0: not vetted, and no text */
    char vetting[REGISTRY_NOTE_BYTES]; /* by whom, how, what for */
    struct registry_succession succession;
};

struct registry_broker {
    struct hf_org id;
    struct hf_org operated_by;
    char endpoint[REGISTRY_ENDPOINT_BYTES]; /* tcp://host:port */
    uint8_t identity_pk[HF_PK_BYTES];
    struct registry_key op[REGISTRY_OP_KEYS_MAX];
    uint8_t n_op; /* at least 1 */
    uint8_t link_pk[HF_PK_BYTES];
    uint8_t old_link_pk[HF_PK_BYTES]; /* as a member's: it may still serve */
    uint64_t old_link_until_ms;       /* with this one */
    struct registry_succession succession;
    bool is_suspended; /* gets nothing, and nothing of it is taken */
};

/** A holder that cannot be reached is replaced, by the committee. */
struct registry_ruling {
    struct hf_hash tag;   /* registry_custody_tag of the epoch that ends */
    struct hf_org holder; /* who holds the case from now on */
    uint32_t epoch;       /* of its custody: the ended one + 1 */
    uint64_t at_ms;
};

/** A version of the committee's SOPs: which file it is, and when it decides.
 * What was decided by it is checked against it for as long as it is listed. */
struct registry_pack {
    struct hf_name name;
    uint32_t version;
    struct hf_hash hash; /* registry_pack_hash() of the file */
    uint64_t from_ms;
    uint64_t until_ms;   /* 0: no end */
};

/** The network as one accepted set describes it. Sorted by id. */
struct registry {
    uint32_t version[REGISTRY_ROLES]; /* 0: no such document */
    uint64_t expires_ms[REGISTRY_ROLES];
    uint32_t figures_threshold; /* committee settings */
    uint64_t figures_period_ms;
    bool may_managers_attest; /* a life at risk, by a case manager and a
                                 supervisor where no professional is reached */
    size_t n_orgs;
    struct registry_org *orgs;
    size_t n_brokers;
    struct registry_broker broker[REGISTRY_BROKERS_MAX];
    size_t n_rulings;
    struct registry_ruling *rulings; /* by tag */
    size_t n_families;
    struct hf_name family[REGISTRY_FAMILIES_MAX]; /* as they were named */
    size_t n_packs;
    struct registry_pack pack[REGISTRY_PACKS_MAX]; /* by name, version */
    bool has_timestamps; /* the root names keys for timestamps */
    uint64_t vouched_ms; /* when the timestamp was made; 0: there is none */
    struct hf_hash root_hash;    /* of the newest root's bytes: what people
                                  * compare when they pin it */
    size_t n_links;              /* registry.c's index by link key; NULL in a */
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
 * What is wrong with the set itself comes before what it is beside the held
 * one:
 * HF_ERR_LIMIT      larger, or with more in it, than there may be
 * HF_ERR_ENDLESS    small on the wire, with parts that go on and on
 * HF_ERR_MALFORMED  does not parse, or a rule is broken
 * HF_ERR_REPEATED   one key listed twice in a role, or signing twice
 * HF_ERR_THRESHOLD  a threshold of 0, or above the number of keys
 * HF_ERR_SKIPPED    roots with a gap, also to the held one
 * HF_ERR_SIGNATURE  too few signatures, as one of a right key does not verify
 *                   (other bytes, or made under another label)
 * HF_ERR_UNTRUSTED  too few signatures, or no way from the held root
 * HF_ERR_JUMP       a version beyond what the root allows
 * HF_ERR_FORBIDDEN  signed as a suspension, and not just that
 * HF_ERR_UNKNOWN    a home, keeper, ruling or suspension names who is not
 *                   listed
 * HF_ERR_ROLLBACK   a version falls, or is equal with other bytes, or is older
 *                   than the timestamp says
 * HF_ERR_EXISTS     nothing newer than what is held (not an error to callers
 *                   that merely sync)
 * HF_ERR_EXPIRED    root or orgs expired
 * HF_ERR_STALE      nothing is held, and the timestamp has expired. Over a
 *                   held set what is newer is taken all the same: a
 *                   suspension must not wait for the timestamp.
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

/** registry_fresh: how far one may rely on it that nothing newer is withheld.
 *
 * REGISTRY_FRESH   vouched for within the last day, root and orgs in time; or
 *                  the root names no keys for timestamps, and these two are
 * REGISTRY_UNVOUCHED  the root names keys for timestamps, and there has been
 *                  none yet: the committee has to begin with it
 * REGISTRY_AGEING  not vouched for since; or root or orgs end within 30 days:
 *                  time for an alarm, nothing stops
 * REGISTRY_STALE   timestamp, root or orgs expired. Receiving to store,
 *                  withdrawing and erasing go on; opening waits. */
enum registry_grade {
    REGISTRY_FRESH,
    REGISTRY_UNVOUCHED,
    REGISTRY_AGEING,
    REGISTRY_STALE
};
/** registry_grade_text: "fresh", "unvouched", "ageing", "stale". */
const char *registry_grade_text(enum registry_grade grade);
enum registry_grade registry_fresh(const struct registry *r, uint64_t now_ms);
/** registry_fresh_role: the document that makes it so; of equal ones the
 * first. Of a fresh one it is the next to age. */
enum registry_role registry_fresh_role(const struct registry *r,
                                       uint64_t now_ms);

/** registry_org / _broker: by id; NULL when not listed. Borrowed. */
const struct registry_org *registry_org(const struct registry *r,
                                        const struct hf_org *id);
const struct registry_broker *registry_broker(const struct registry *r,
                                              const struct hf_org *id);
/** registry_status: of the member or broker @id, `suspend` included;
 * MEMBER_NONE when it is not listed. */
enum member_status registry_status(const struct registry *r,
                                   const struct hf_org *id);
/** registry_by_link: the member or broker whose link key this is, or was: ask
 * registry_link_counts(); both NULL when nobody's. Suspended and left ones are
 * found too: ask registry_status(). */
void registry_by_link(const struct registry *r,
                      const uint8_t pk[static HF_PK_BYTES],
                      const struct registry_org **ret_org,
                      const struct registry_broker **ret_broker);
/** registry_link_counts: whether @pk may speak for @org at @now_ms: its link
 * key, or the one before while that is still taken. registry_broker_link: the
 * same of a broker. */
bool registry_link_counts(const struct registry_org *org,
                          const uint8_t pk[static HF_PK_BYTES],
                          uint64_t now_ms);
bool registry_broker_link(const struct registry_broker *b,
                          const uint8_t pk[static HF_PK_BYTES],
                          uint64_t now_ms);
/** registry_op_key: the operation key of @org that counted at @at_ms and is
 * not revoked, the youngest of several; NULL when there is none. To check a
 * signature ask registry_op_verify(): while keys are rotated, several count. */
const uint8_t *registry_op_key(const struct registry_org *org, uint64_t at_ms);
/** registry_op_keys: all of them, youngest first; how many. Borrowed. */
size_t registry_op_keys(const struct registry_org *org, uint64_t at_ms,
                        const uint8_t *ret[static REGISTRY_OP_KEYS_MAX]);
/** registry_op_verify: whether one of them made this signature. */
bool registry_op_verify(const struct registry_org *org, uint64_t at_ms,
                        const char *label, const struct hf_bytes *spans,
                        size_t n_spans, const uint8_t sig[static HF_SIG_BYTES]);

/** registry_broker_keys: of those of broker @b that counted at @at_ms, youngest
 * first; how many. A receipt or notice is checked with each: what a broker
 * signed before it changed its key still verifies. Borrowed. */
size_t registry_broker_keys(const struct registry_broker *b, uint64_t at_ms,
                            const uint8_t *ret[static REGISTRY_OP_KEYS_MAX]);

/** registry_succeed: the key before says which one follows it: of @id, from
 * @at_ms on. Fills all of @ret. registry_succeeds: whether it has said so. */
#define SUCCESSION_LABEL "handoff/1 succession"
void registry_succeed(const struct hf_org *id, const struct hf_secret *before,
                      const uint8_t pk[static HF_PK_BYTES], uint64_t at_ms,
                      struct registry_succession *ret);
bool registry_succeeds(const struct hf_org *id,
                       const struct registry_succession *s,
                       const uint8_t pk[static HF_PK_BYTES]);

static inline bool
registry_has_duty(const struct registry_org *org, enum duty duty)
{
    return (org->duties & DUTY_BIT(duty)) != 0;
}

/** registry_may_send / _receive: whether @org may, by what the committee
 * laid down. @family: of the service asked for; NULL or empty: any. Always
 * for withdrawals. Status is another question. */
bool registry_may_send(const struct registry *r, const struct registry_org *org,
                       enum object_kind what, const struct hf_name *family);
bool registry_may_receive(const struct registry *r,
                          const struct registry_org *org, enum object_kind what,
                          const struct hf_name *family);

/** registry_custody_tag: names custody @epoch of a case to those who know the
 * case's id, and nothing to others. */
void registry_custody_tag(const struct hf_id *case_id, uint32_t epoch,
                          struct hf_hash *ret);
/** registry_ruling: what ended the custody with this tag; NULL: nothing did. */
const struct registry_ruling *registry_ruling(const struct registry *r,
                                              const struct hf_hash *tag);

/** registry_pack_hash: of a pack's file, as the committee signs it and as
 * referrals name it. */
void registry_pack_hash(struct hf_bytes file, struct hf_hash *ret);
/** registry_pack: the one with this hash; NULL: the committee has none such. */
const struct registry_pack *registry_pack(const struct registry *r,
                                          const struct hf_hash *hash);

/** registry_latest: version that callers compare: the sum of the documents'
 * versions. As each only rises, it rises with any of them, a suspension
 * included. */
uint32_t registry_latest(const struct registry *r);

/** registry_words: the first eight bytes of a key's hash in words, for people
 * to read to each other. Returns @out. */
#define REGISTRY_WORDS       8
#define REGISTRY_WORDS_BYTES HF_WORDS_BYTES(REGISTRY_WORDS)
const char *registry_words(const uint8_t pk[static HF_PK_BYTES],
                           char out[static REGISTRY_WORDS_BYTES]);
/** registry_fingerprint: the first sixteen in 8 groups of 4 hex digits.
 * Returns @out. */
#define REGISTRY_FINGERPRINT_BYTES 40
const char *registry_fingerprint(const uint8_t pk[static HF_PK_BYTES],
                                 char out[static REGISTRY_FINGERPRINT_BYTES]);
/** registry_summary: append plain text: versions, expiries, the root's hash,
 * each broker and member with fingerprints, rulings. False when the buffer
 * refused. */
bool registry_summary(const struct registry *r, struct hf_buf *out);

#endif /* PROTO_REGISTRY_H */
