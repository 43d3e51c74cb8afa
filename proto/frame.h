/*
 * frame.h - what crosses a link between a node and a broker, or two brokers:
 * one ZeroMQ message part a frame, type byte first, fixed layouts.
 *
 *   type u8 | version u8 = 1 | body
 *
 * Batches hold up to FRAME_BATCH_MAX envelopes. Little-endian. Encoders append
 * to a buffer; decoders check everything and borrow from the input. WIRE.md
 * says who may send which and what a receiver does with a bad one.
 *
 *   HELLO    -> broker, first on each connection: registry version held
 *   SUBMIT   -> broker: batch number, envelopes to take custody of
 *   CUSTODY  <- broker, after its fsync: one signed answer a SUBMIT
 *   FETCH    -> broker: credit, how many envelopes may be on the way to me
 *   DELIVER  <- broker: tokens and envelopes of my mailboxes
 *   ACK      -> broker: tokens I hold durably; the broker may forget them
 *   SHELF    both ways: documents (shelf.h), unasked or as an answer
 *   SYNC     -> broker: (kind, owner, version) of every document held; the
 *            answer is SHELF frames with all that is newer, then SYNCED
 *   SYNCED   <- broker: registry version after a sync, and its time
 *   BAD      <- broker: the last frame was refused, and why; then it may close
 */
#ifndef PROTO_FRAME_H
#define PROTO_FRAME_H

#include "hf_buf.h"
#include "hf_crypto.h"
#include "hf_types.h"
#include "shelf.h"

#define FRAME_VERSION   1
#define FRAME_BATCH_MAX 64
#define FRAME_BYTES_MAX (20u * 1024u * 1024u)
#define FRAME_BATCH_BYTES_MAX (2u * 1024u * 1024u) /* SUBMIT, DELIVER */
#define FRAME_CREDIT_MAX 4096
#define CUSTODY_LABEL   "handoff/1 receipt.custody"

enum frame_type {
    FRAME_HELLO = 1,
    FRAME_SUBMIT,
    FRAME_CUSTODY,
    FRAME_FETCH,
    FRAME_DELIVER,
    FRAME_ACK,
    FRAME_SHELF,
    FRAME_SYNC,
    FRAME_SYNCED,
    FRAME_BAD
};

/** A broker's word on one submitted envelope. */
enum custody_code {
    CUSTODY_TAKEN = 1,   /* fsynced here */
    CUSTODY_NO_ROUTE,    /* recipient unknown, not active, or not ours */
    CUSTODY_NOT_YOURS,   /* sender in the header is not the link's */
    CUSTODY_MALFORMED,
    CUSTODY_EXPIRED,
    CUSTODY_QUOTA,       /* try later: your quota or the mailbox's */
    CUSTODY_FULL,        /* try later: the broker's disk or map */
    CUSTODY_STALE        /* try later: nobody vouches for the broker's
                          * registry; what a person is owed passes */
};

struct frame_hello {
    bool is_broker;
    uint32_t registry_version;
};

struct frame_submit {
    uint32_t batch; /* chosen by the sender, echoed in CUSTODY */
    size_t n;
    struct hf_bytes envelope[FRAME_BATCH_MAX];
};

/** Signed by the broker's operation key over CUSTODY_LABEL and the body before
 * the signature. */
struct frame_custody {
    uint32_t batch;
    struct hf_org broker;
    uint64_t at_ms;
    size_t n;
    struct {
        struct hf_id envelope;
        enum custody_code code;
    } item[FRAME_BATCH_MAX];
    struct hf_bytes signed_bytes; /* decode only */
    uint8_t sig[HF_SIG_BYTES];
};

struct frame_deliver {
    size_t n;
    uint64_t token[FRAME_BATCH_MAX]; /* the broker's; echo in ACK */
    struct hf_bytes envelope[FRAME_BATCH_MAX];
};

struct frame_ack {
    size_t n;
    uint64_t token[FRAME_BATCH_MAX];
};

/** What a broker's shelf has, once all that we lacked was sent. */
struct frame_synced {
    uint32_t registry_version;
    uint64_t at_ms; /* the broker's time */
    size_t n_packs;
    struct hf_org pack[REGISTRY_PACKS_MAX]; /* shelf_pack_name() */
};

struct frame_have {
    enum shelf_kind kind;
    struct hf_org owner;
    uint64_t version;
};

/** frame_type: of a received frame; 0 if too short, unknown, or of another
 * version. */
enum frame_type frame_type(struct hf_bytes in);

/* Encoders: false when the buffer refused, or a count, size or credit is over
 * its limit (a batch of none included); then nothing was appended. */
bool frame_hello(struct hf_buf *out, const struct frame_hello *f);
bool frame_submit(struct hf_buf *out, const struct frame_submit *f);
bool frame_custody(struct hf_buf *out, const struct frame_custody *f,
                   const struct hf_secret *op); /* signs */
bool frame_fetch(struct hf_buf *out, uint32_t credit);
bool frame_deliver(struct hf_buf *out, const struct frame_deliver *f);
bool frame_ack(struct hf_buf *out, const struct frame_ack *f);
bool frame_shelf(struct hf_buf *out, const struct shelf_doc *docs, size_t n);
bool frame_sync(struct hf_buf *out, const struct frame_have *have, size_t n);
bool frame_synced(struct hf_buf *out, const struct frame_synced *f);
bool frame_bad(struct hf_buf *out, enum hf_err why);

HF_NODISCARD enum hf_err frame_read_hello(struct hf_bytes in,
                                          struct frame_hello *ret);
HF_NODISCARD enum hf_err frame_read_submit(struct hf_bytes in,
                                           struct frame_submit *ret);
HF_NODISCARD enum hf_err frame_read_custody(struct hf_bytes in,
                                            struct frame_custody *ret);
/** frame_verify_custody: the signature of a decoded custody frame, by a key of
 * @broker that counted when it was made; that it names that broker. */
HF_NODISCARD bool frame_verify_custody(const struct frame_custody *f,
                                       const struct registry_broker *broker);
HF_NODISCARD enum hf_err frame_read_fetch(struct hf_bytes in,
                                          uint32_t *ret_credit);
HF_NODISCARD enum hf_err frame_read_deliver(struct hf_bytes in,
                                            struct frame_deliver *ret);
HF_NODISCARD enum hf_err frame_read_ack(struct hf_bytes in,
                                        struct frame_ack *ret);
/** frame_read_shelf / frame_read_sync: the body, every item's form checked;
 * walk it with shelf_unpack / frame_next_have. */
HF_NODISCARD enum hf_err frame_read_shelf(struct hf_bytes in,
                                          struct hf_bytes *ret_docs);
HF_NODISCARD enum hf_err frame_read_sync(struct hf_bytes in,
                                         struct hf_bytes *ret_haves);
/** frame_next_have: false at the end or on a malformed rest. */
bool frame_next_have(struct hf_bytes *haves, struct frame_have *ret);
HF_NODISCARD enum hf_err frame_read_synced(struct hf_bytes in,
                                           struct frame_synced *ret);
/** frame_read_bad: why the other side refused; never HF_OK in *ret_why. */
HF_NODISCARD enum hf_err frame_read_bad(struct hf_bytes in,
                                        enum hf_err *ret_why);

#endif /* PROTO_FRAME_H */
