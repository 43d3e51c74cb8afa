/*
 * decision.h - why a receiver was chosen: what travels of a decision, beside
 * the card of a referral.
 *
 * Of the person it says nothing that card and terms do not: rules that did not
 * decide are named only of the deciding pack, which its receiver can read, and
 * without why; other providers are counts; what is not given has no reason. The
 * layout is fixed but for its lists, which are cut at DECISION_BYTES_MAX, and
 * each record has one encoding. No I/O, no allocation: cores use this.
 */
#ifndef PROTO_DECISION_H
#define PROTO_DECISION_H

#include "hf_err.h"
#include "hf_types.h"
#include "vocab.h"

#define DECISION_BYTES_MAX    1024u
#define DECISION_PACKS_MAX    16
#define DECISION_RULES_MAX    16
#define DECISION_CLAUSE_BYTES 96

struct decision {
    struct hf_id id;       /* HD-... */
    uint64_t at_ms;        /* when it was made */
    bool is_override;      /* somebody chose otherwise than the SOP */
    bool is_fallback;      /* the rule's fallback service */
    uint8_t fit;           /* FIT_* set: why this receiver */
    uint8_t passed[PASSED_END]; /* how many others, by why; [0] is 0 */
    enum urgency urgency;
    uint64_t deliver_ms, decide_ms, contact_ms, report_ms; /* 0: none */
    uint32_t required, allowed, never; /* CATEGORY_BIT sets of the service */
    uint32_t sends;        /* of required and allowed: that are to come */
    struct hf_name need, service, rule;
    char clause[DECISION_CLAUSE_BYTES]; /* UTF-8, NUL-padded */
    uint8_t n_packs;       /* that stood; the first decided */
    uint8_t more_packs;    /* that are left out here */
    struct decision_sop {
        struct hf_name name;
        uint32_t version;
        struct hf_hash hash;
    } pack[DECISION_PACKS_MAX];
    uint8_t n_rules;       /* of the deciding pack, that did not decide */
    uint8_t more_rules;    /* that are left out here, or are of other packs */
    struct hf_name aside[DECISION_RULES_MAX];
};

/** decision_pack: at most DECISION_BYTES_MAX bytes; lists that do not fit are
 * cut, and @d says by how many then. Returns the length. */
size_t decision_pack(struct decision *d,
                     uint8_t out[static DECISION_BYTES_MAX]);
/** decision_unpack: false for what is not a record, or too long. */
HF_NODISCARD bool decision_unpack(struct hf_bytes in, struct decision *ret);

#endif /* PROTO_DECISION_H */
