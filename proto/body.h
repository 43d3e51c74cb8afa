/*
 * body.h - what travels beside a chain entry: typed parts, hashed together
 * with a salt, sealed apart at rest, erasable.
 *
 * A body is the bytes
 *     salt 16 | parts: type u8, category u8, length u32, bytes ...
 * and its hash (label BODY_LABEL) over all of them stands in the entry. Cards,
 * terms and proofs have fixed layouts here because what is hashed must not
 * depend on an encoder; the other parts are JSON or UTF-8 text, opaque to the
 * cores. No I/O, no allocation: cores use this.
 */
#ifndef PROTO_BODY_H
#define PROTO_BODY_H

#include "hf_err.h"
#include "hf_types.h"
#include "vocab.h"

#define BODY_LABEL      "handoff/1 body"
#define BODY_SALT_BYTES 16
#define BODY_PARTS_MAX  32
#define BODY_BYTES_MAX  (768u * 1024u)
#define PART_BYTES_MAX  (128u * 1024u)

enum part_type {
    PART_CARD = 1,  /* struct card: no name, fixed vocabularies only */
    PART_TERMS,     /* struct terms: the service asked for, clocks, SOP */
    PART_SECTION,   /* JSON of one data category of the case */
    PART_PROOF,     /* struct proof: this recipient's consent cover */
    PART_CONSENT,   /* JSON of the whole consent; to a new holder only */
    PART_CASE,      /* struct case_head: to a new holder, with release */
    PART_TEXT,      /* UTF-8: a reason in words */
    PART_DETAILS,   /* JSON: appointment, channel, focal point, outcome */
    PART_REPORT,    /* JSON or text: feedback, interim or final */
    PART_SCOPES,    /* struct scopes_withdrawn: a withdrawal's subject */
    PART_ATTEST,    /* struct attest and JSON: instead of a proof of consent */
    PART_LOOKUP,    /* 32 bytes: a slow hash of a number, to who may hold it */
    PART_FILE,      /* struct file_head and the hashes of its chunks */
    PART_CUSTODY,   /* 32 bytes: registry_custody_tag of the custody that ends,
                       alone in hand_over and take_over */
    PART_DECISION,  /* decision.h: why this receiver, beside a card */
    PART_TITLE,     /* title.h: how who releases came by the case */
    PART_HISTORY,   /* history.h: signed versions of the consent in `release` */
    PART_GRANT,     /* grant.h: what may go onward to one organisation; in the
                       onward referral instead of a proof */
    PART_ONWARD,    /* grant.h: that a person was sent on, to who referred */
    PART_END
};

struct part {
    enum part_type type;
    enum category category; /* of PART_SECTION and PART_FILE, else
                               CATEGORY_NONE */
    struct hf_bytes bytes;
};

struct body {
    uint8_t salt[BODY_SALT_BYTES];
    size_t n;
    struct part part[BODY_PARTS_MAX];
};

/** body_bytes: size of the packed body. */
size_t body_bytes(const struct body *b);
/** body_fits: within BODY_PARTS_MAX, PART_BYTES_MAX and BODY_BYTES_MAX; to be
 * asked before body_pack of anything that a user wrote. */
bool body_fits(const struct body *b);
/** body_pack: body_bytes(b) bytes to @out; body_fits(b) is asserted, and so is
 * that each part is of a known type, a category with sections only. */
void body_pack(const struct body *b, uint8_t *out);
/** body_unpack: parts borrow from @in. HF_ERR_MALFORMED, HF_ERR_LIMIT. */
HF_NODISCARD enum hf_err body_unpack(struct hf_bytes in, struct body *ret_b);
/** body_find: the first part of @type, or NULL. */
const struct part *body_find(const struct body *b, enum part_type type);

#define CARD_NEEDS_MAX     8
#define CARD_LANGUAGES_MAX 4

/** What a receiver sees before it accepts. Never a name, never free text. */
struct card {
    struct hf_name service;  /* SOP service code; empty in a transfer */
    struct hf_name need[CARD_NEEDS_MAX]; /* empty after the last */
    enum urgency urgency;
    enum age_band age_band;
    enum sex sex;
    char language[CARD_LANGUAGES_MAX][12]; /* BCP 47, most preferred first */
    char country[4];           /* destination, ISO 3166-1 alpha-2 */
    struct hf_name province;   /* or region; empty: not said */
    uint32_t groups;           /* GROUP_BIT set, as the SOP allows */
    uint16_t quarter;          /* expected travel: year * 4 + quarter - 1 */
    uint8_t family_band;       /* 1: one person, 2: 2-4, 3: 5 and more */
    uint8_t wishes;            /* CARD_WISH_* */
    char interpreter[12];      /* BCP 47; empty: none */
};
#define CARD_WISH_FEMALE 0x01 /* practitioner=female */
#define CARD_WISH_MALE   0x02
#define CARD_BYTES       395

/** What a referral asks for; fixed at `send`. */
struct terms {
    uint8_t service_id[16];  /* UUID of the provider's service */
    struct hf_name service;  /* SOP service code */
    struct hf_name family;   /* family of services */
    struct hf_name need;
    enum urgency urgency;
    bool on_send;            /* sections go with `send` */
    bool expires;            /* the rule lets S expire it after decide_ms */
    uint64_t decide_ms;      /* due instants, UTC; 0: no such clock */
    uint64_t contact_ms;
    uint64_t report_ms;
    uint64_t deliver_ms;
    struct hf_name pack;     /* the SOP that decided */
    uint32_t pack_version;
    struct hf_hash pack_hash;
    struct hf_name rule;
    struct hf_id decision;   /* HD-... */
    uint32_t required;       /* CATEGORY_BIT sets the SOP named */
    uint32_t allowed;
    struct hf_id replaces;   /* HR-... before this one; zero: none */
    struct hf_id part_of;    /* HR-... that this one sends on; zero: none */
    struct hf_id household;  /* reserved: HH-... */
};
#define TERMS_BYTES 319

/** One recipient's share of a consent: nothing about other recipients. */
#define PROOF_ITEMS_MAX 16
struct proof {
    struct hf_id consent;
    uint32_t version;
    uint8_t n;
    struct proof_item {
        struct hf_name scope;
        uint32_t categories;
        uint32_t purposes;
        uint64_t until_ms; /* 0: until withdrawn */
    } item[PROOF_ITEMS_MAX];
};
#define PROOF_BYTES(n) (21u + (size_t)(n)*48u)

/** What a new holder needs besides the sections. */
struct case_head {
    struct hf_id id;      /* HC-... */
    uint32_t epoch;       /* of the giver's custody */
    char origin[4];
    char host[4];
    enum stage stage;
    struct hf_name number; /* identifiable number; empty: none */
};
#define CASE_HEAD_BYTES 61

/** An attachment: what is announced in a chain; its chunks travel apart. The
 * hashes of the chunks that hold data (label FILE_CHUNK_LABEL) follow. */
#define FILE_CHUNK_LABEL "handoff/1 chunk"
#define FILE_LABEL       "handoff/1 file"
#define FILE_NAME_BYTES  64
#define FILE_CHUNK_BYTES (32u * 1024u)
#define FILE_BYTES_MAX   (100u * 1024u * 1024u)
#define FILE_CHUNKS_MAX  3600u /* the longest, padded */
struct file_head {
    struct hf_id id;      /* HA-... */
    uint64_t bytes;
    uint32_t chunks;      /* that travel: its length is padded */
    struct hf_hash root;  /* FILE_LABEL over the hashes that follow */
    char name[FILE_NAME_BYTES]; /* UTF-8; NUL-padded; may be empty */
};
#define FILE_HEAD_BYTES 124
_Static_assert(FILE_HEAD_BYTES + FILE_BYTES_MAX / FILE_CHUNK_BYTES * 32 <=
                   PART_BYTES_MAX,
               "the longest attachment is announced in one part");

/** The subject of a withdrawal. */
#define SCOPES_MAX 64
struct scopes_withdrawn {
    struct hf_id consent;
    struct hf_id case_id;  /* zero where the recipient does not know it */
    struct hf_id object;   /* the referral or transfer that disclosed */
    struct hf_id mark;     /* what its author passes on by it; to the author */
    uint32_t version;
    bool erase;            /* else: stop sharing */
    bool whole;            /* every scope */
    bool narrowed;         /* the consent goes on without this recipient */
    struct hf_org onward;  /* narrowed: not the recipient loses, but this one,
                              to whom it may have sent on; else empty */
    uint8_t n;
    struct hf_name scope[SCOPES_MAX];
    uint32_t categories;   /* that must go or stop, of this recipient */
};
#define SCOPES_BYTES(n) (108u + (size_t)(n)*32u)

void card_pack(const struct card *c, uint8_t out[static CARD_BYTES]);
HF_NODISCARD bool card_unpack(struct hf_bytes in, struct card *ret);
void terms_pack(const struct terms *t, uint8_t out[static TERMS_BYTES]);
HF_NODISCARD bool terms_unpack(struct hf_bytes in, struct terms *ret);
size_t proof_pack(const struct proof *p,
                  uint8_t out[static PROOF_BYTES(PROOF_ITEMS_MAX)]);
HF_NODISCARD bool proof_unpack(struct hf_bytes in, struct proof *ret);
void case_head_pack(const struct case_head *h,
                    uint8_t out[static CASE_HEAD_BYTES]);
HF_NODISCARD bool case_head_unpack(struct hf_bytes in, struct case_head *ret);
void file_head_pack(const struct file_head *f,
                    uint8_t out[static FILE_HEAD_BYTES]);
/** file_head_unpack: of a PART_FILE's bytes, hashes and all; false for a length
 * that does not fit its head. */
HF_NODISCARD bool file_head_unpack(struct hf_bytes part,
                                   struct file_head *ret);
size_t scopes_pack(const struct scopes_withdrawn *s,
                   uint8_t out[static SCOPES_BYTES(SCOPES_MAX)]);
HF_NODISCARD bool scopes_unpack(struct hf_bytes in,
                                struct scopes_withdrawn *ret);

#endif /* PROTO_BODY_H */
