/*
 * consent.h - what a person allowed: scopes, cover, and the two gates.
 *
 * Pure: no clock, no I/O, no allocation. The sender runs gate_out() before a
 * byte is serialised; the receiver runs gate_in() on what arrived before a
 * byte is kept (R-1 ... R-5, I-1). A message passes when consent
 * and SOP both say yes: what goes = what the SOP needs, within what consent
 * covers.
 */
#ifndef POLICY_CONSENT_H
#define POLICY_CONSENT_H

#include "body.h"
#include "grant.h"
#include "hf_types.h"
#include "vocab.h"

#define CONSENT_SCOPES_MAX     64
#define CONSENT_RECIPIENTS_MAX 16

enum consent_state {
    CONSENT_GIVEN = 1,
    CONSENT_REFUSED,
    CONSENT_WITHDRAWN
};

/** Who decided. */
enum consent_giver {
    GIVER_NONE,
    GIVER_SELF,
    GIVER_GUARDIAN,
    GIVER_LEGAL_REPRESENTATIVE,
    GIVER_BEST_INTEREST
};

struct consent_scope {
    struct hf_name id;       /* unique within the consent */
    uint32_t categories;     /* CATEGORY_BIT set */
    uint32_t purposes;       /* PURPOSE_BIT set */
    uint64_t from_ms;        /* 0: at once */
    uint64_t until_ms;       /* 0: until withdrawn */
    bool withdrawn;
    bool by_kind;            /* recipients were resolved from kind + country */
    uint8_t n_recipients;
    struct hf_org recipient[CONSENT_RECIPIENTS_MAX];
};

struct consent {
    struct hf_id id;         /* CO-... */
    struct hf_id case_id;
    struct hf_id previous;   /* of this case, before this one; zero: none */
    uint32_t version;        /* 1, rising with each amendment or withdrawal */
    enum consent_state state;
    uint64_t given_ms;
    uint8_t n_scopes;
    struct consent_scope scope[CONSENT_SCOPES_MAX];
};

/**
 * consent_check: form of a consent about to be recorded.
 *
 * Returns NULL when fine, else a static sentence: a scope without category,
 * purpose or recipient, two scopes with one id, until before from, a sensitive
 * category for recipients given by kind (never: ), more than
 * GRANTS_MAX organisations that may get something onward.
 */
const char *consent_check(const struct consent *c);

/** consent_cover: the categories that may go to @to for @purpose now. */
uint32_t consent_cover(const struct consent *c, const struct hf_org *to,
                       enum purpose purpose, uint64_t now_ms);

/** consent_withdrawn: the categories that were once allowed to @to for
 * @purpose by a scope that is withdrawn now (another scope may still cover). */
uint32_t consent_withdrawn(const struct consent *c, const struct hf_org *to,
                           enum purpose purpose);

/** consent_proof: this recipient's share, restricted to @categories and
 * @purpose at @now_ms, and whether it may report back on them;
 * ret->n = 0 when there is none. */
void consent_proof(const struct consent *c, const struct hf_org *to,
                   enum purpose purpose, uint32_t categories, uint64_t now_ms,
                   struct proof *ret);

/** consent_onward: the organisations that scopes in force, whatever the hour,
 * let have something onward, in the order of the scopes; how many there are,
 * of which at most GRANTS_MAX are written. */
size_t consent_onward(const struct consent *c,
                      struct hf_org ret[static GRANTS_MAX]);

/** Why a category stays behind. */
enum withheld_why {
    WITHHELD_NONE,
    WITHHELD_NOT_NEEDED,  /* the SOP does not name it for this service */
    WITHHELD_NEVER,       /* the SOP forbids it */
    WITHHELD_NO_CONSENT,  /* needed or allowed, but no scope covers it */
    WITHHELD_WITHDRAWN,   /* a scope did, and was withdrawn */
    WITHHELD_NOT_HELD,    /* we do not have it */
    WITHHELD_NOT_TOLD     /* the referring side does not say which of these */
};
const char *withheld_text(enum withheld_why why);

struct gate_out {
    uint32_t sends;                       /* CATEGORY_BIT set */
    uint32_t missing;                     /* required, held, not covered */
    enum withheld_why why[CATEGORY_END];  /* of each category not sent */
};

/**
 * gate_out: decide what goes.
 *
 * @c         the case's consent; NULL: none recorded, nothing is covered
 * @held      categories this node holds of the case
 * @required, @allowed, @never  of the SOP's service
 */
void gate_out(const struct consent *c, const struct hf_org *to,
              enum purpose purpose, uint32_t held, uint32_t required,
              uint32_t allowed, uint32_t never, uint64_t now_ms,
              struct gate_out *ret);

/**
 * gate_in: check what arrived. Returns REASON_NONE when all of @sections is
 * covered by @proof for @purpose at @now_ms and lies within @sop_categories;
 * else the reason to refuse with: consent_withdrawn, no_consent, or
 * check_failed where the SOP never asked for what came.
 *
 * @withdrawn  categories under a tombstone of this consent and version
 */
enum reason gate_in(const struct proof *proof, enum purpose purpose,
                    uint32_t sections, uint32_t sop_categories,
                    uint32_t withdrawn, uint64_t now_ms);

#endif /* POLICY_CONSENT_H */
