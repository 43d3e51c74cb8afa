/*
 * content.h - what one node says to another inside an envelope.
 *
 * Plain, bounded structs; that they travel as protobuf
 * (handoff/v1/content.proto) only content_encode.c and content_decode.c know.
 * Decoding checks size, depth, counts and text before and after unpacking,
 * accepts one encoding of each content, and borrows nothing from the generated
 * structs: spans point into the decoded bytes.
 */
#ifndef PROTO_CONTENT_H
#define PROTO_CONTENT_H

#include "body.h"
#include "entry.h"
#include "hf_buf.h"
#include "review.h"
#include "slip_code.h"

#define CONTENT_BYTES_MAX     (1024u * 1024u)
#define CONTENT_ENTRIES_MAX   64 /* entries in one push */
#define CONTENT_RECEIPTS_MAX  64
#define CONTENT_CELLS_MAX     512
#define CONTENT_CLAIMS_MAX    256
#define CONTENT_CHUNKS_ASKED  16u /* of an attachment, at once */

enum content_type {
    CONTENT_PUSH = 1,  /* entries of one object's chains */
    CONTENT_ASK,       /* "send me what you hold of this object" */
    CONTENT_RECEIPT,   /* delivered receipts */
    CONTENT_FIGURES,   /* signed aggregates, for the committee */
    CONTENT_CHUNK,     /* a piece of an attachment, or who asks for some */
    CONTENT_SLIP,      /* what a person with a code said, or the answer */
    CONTENT_FORK,      /* two entries of one number, for the committee */
    CONTENT_CLAIMS,    /* who says to hold which custody, for the committee */
    CONTENT_REVIEW_NOTICE, /* a disclosure without consent, to its reviewer */
    CONTENT_REVIEW_VERDICT /* and what that one says of it */
};

/** One signed entry and, where it travels with it, its body. */
struct content_entry {
    struct hf_bytes bytes; /* ENTRY_BYTES */
    struct hf_bytes sig;   /* ENTRY_SIG_BYTES */
    struct hf_bytes body;  /* packed body (body.h); n = 0: not sent */
};

/** Delivered receipt: durable here, and what the gates said. Not receipted
 * itself. A push's receipt also acknowledges its chain. */
struct content_receipt {
    struct hf_id envelope;
    enum delivery status;
    enum reason reason;       /* of a refusal */
    uint64_t at_ms;
    struct hf_id object;      /* zero: not about a chain */
    uint32_t have_n;          /* entries of yours that I hold */
    struct hf_hash have_hash;
};

/** Entries of either author; the receiver files each under its author. */
struct content_push {
    enum object_kind kind;
    struct hf_id object;
    uint32_t have_n;          /* last of your entries that I hold */
    struct hf_hash have_hash; /* its hash; zero for 0 */
    struct hf_id answers;     /* id of the ask this answers; zero: none */
    struct content_receipt told; /* in the same envelope; its envelope zero:
                                    none; object and have_* are the push's */
    size_t n;
    struct content_entry entry[CONTENT_ENTRIES_MAX];
};

/** After a restore, or on a gap: send me both chains of this object. */
struct content_ask {
    enum object_kind kind;  /* OBJECT_NONE: of every object we share */
    struct hf_id object;    /* zero then */
    struct hf_id ask;       /* random; the pushes that answer carry it */
    uint32_t shared;        /* 0: a question. Else the answer to one for every
                               object: so many are shared, plus one */
};

/* What is counted besides objects: a need that was not met (service: the
 * need, place, reason; state completed once it was met after all), and what
 * persons said (to: about whom; service: the family, reason: what it is). */
#define FIGURE_UNMET    ((enum object_kind)16)
#define FIGURE_FEEDBACK ((enum object_kind)17)
/* ... and cases that were closed, by whom, for what reason (service: its word)
 * and where (place). */
#define FIGURE_CLOSED ((enum object_kind)18)

/** One cell of the committee's figures; fixed words, no ids of cases. */
struct figure_cell {
    enum object_kind kind;   /* or FIGURE_* */
    struct hf_org from;      /* empty: merged */
    struct hf_org to;
    struct hf_name service;  /* empty: merged */
    enum state state;        /* STATE_NONE: merged */
    enum reason reason;
    struct hf_name place; /* province of an unmet need; empty: merged */
    uint64_t count;
};

struct content_figures {
    uint64_t from_ms; /* the period */
    uint64_t until_ms;
    uint32_t threshold; /* cells below it were merged upward */
    size_t n;
    struct figure_cell cell[CONTENT_CELLS_MAX];
};

/** Attachments travel apart, when their recipient asks, on the bulk lane. */
struct content_chunk {
    struct hf_id file;
    uint32_t first;        /* number of the first chunk, from 0 */
    uint32_t n;            /* so many are asked for; 0: this is one */
    struct hf_bytes bytes; /* FILE_CHUNK_BYTES; n = 0 in both: it is gone */
};

/** To the member that made a code, and back with its answer. */
struct content_slip {
    struct hf_id ask;          /* random; the answer repeats it */
    uint8_t code[SLIP_CODE_BYTES];
    enum slip_what what;
    enum slip_check check;
    enum slip_answer answer;   /* SLIP_ASKS: a question */
};

/** Evidence for the committee: two signed entries of one author with one
 * number in one object. Bodies never go with them. */
struct content_fork {
    struct content_entry entry[2];
};

/** What its sender says of a custody, which only those know by its tag who know
 * the case (registry_custody_tag). */
#define CLAIM_DAY_MS (24ull * 3600 * 1000)
enum custody_claim {
    CLAIM_GIVES = 1, /* it has passed on from me */
    CLAIM_TAKES,     /* it has passed on to me, or ended so by a ruling */
    CLAIM_HOLDS,     /* it began with me */
    CLAIM_END
};
struct content_claim {
    struct hf_hash tag;
    enum custody_claim what;
    uint32_t day; /* days since 1970 */
};
struct content_claims {
    size_t n; /* at least 1 */
    struct content_claim item[CONTENT_CLAIMS_MAX];
};

/** A document that its sender signed by itself (review.h), so that it can be
 * shown to others. */
struct content_signed {
    struct hf_bytes bytes; /* REVIEW_NOTICE_BYTES or REVIEW_VERDICT_BYTES */
    struct hf_bytes sig;   /* REVIEW_SIG_BYTES */
};

struct content {
    enum content_type type;
    union {
        struct content_push push;
        struct content_ask ask;
        struct {
            size_t n;
            struct content_receipt item[CONTENT_RECEIPTS_MAX];
        } receipts;
        struct content_figures figures;
        struct content_chunk chunk;
        struct content_slip slip;
        struct content_fork fork;
        struct content_claims claims;
        struct content_signed signed_by;
    } u;
};

/** content_encode: append the encoding to @buf. HF_ERR_LIMIT over
 * CONTENT_BYTES_MAX; HF_ERR_NOMEM when the buffer refused; HF_ERR_MALFORMED
 * for what content_decode would refuse. */
HF_NODISCARD enum hf_err content_encode(const struct content *c,
                                        struct hf_buf *buf);
/**
 * content_decode: HF_ERR_MALFORMED for anything that is not exactly one known
 * content within its limits, unknown fields included; HF_ERR_NOMEM. Spans in
 * *ret_c borrow from @in. On failure ret_c->type is 0 and the rest undefined:
 * the struct is large, and is written in place.
 */
HF_NODISCARD enum hf_err content_decode(struct hf_bytes in,
                                        struct content *ret_c);

#endif /* PROTO_CONTENT_H */
