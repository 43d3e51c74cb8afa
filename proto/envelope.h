/*
 * envelope.h - seal to one recipient organisation, open, and what a broker may
 * see: the fixed-layout clear header.
 *
 *   header (fixed layout, signed under "handoff/1 envelope") | signature 64 |
 *   body (secretstream chunks)
 *
 * The exact offsets are in WIRE.md. Key agreement: ephemeral X25519 with the
 * recipient's weekly signed prekey; keyed BLAKE2b KDF bound to every identity
 * in the header; XChaCha20-Poly1305 wrap of a random content key; a key
 * commitment; PADME padding with a floor of 2 KiB for content and 496 B for
 * control. Inside the body a second signature (label "handoff/1 content")
 * covers sender, recipient and envelope id, so that nobody can forward it
 * as theirs. A struct envelope_opened can only be made by envelope_open().
 */
#ifndef PROTO_ENVELOPE_H
#define PROTO_ENVELOPE_H

#include "hf_buf.h"
#include "hf_crypto.h"
#include "hf_types.h"

#define ENVELOPE_BYTES_MAX   (1200u * 1024u)
/* To and from suspended and left members, in lane 0 only. */
#define ENVELOPE_SMALL_MAX   4096
#define ENVELOPE_HEADER_BYTES 308 /* without the signature, see WIRE.md */
#define ENVELOPE_LABEL       "handoff/1 envelope"
#define ENVELOPE_INNER_LABEL "handoff/1 content"

enum envelope_lane {
    LANE_URGENT = 0, /* urgent *and* control: urgency is not readable */
    LANE_NORMAL = 1,
    LANE_BULK = 2
};

/** suite: how the body is made. A notice is a broker's signed word in clear. */
enum envelope_suite { SUITE_SEALED_1 = 1, SUITE_NOTICE = 2 };

/** The clear header: all that a broker learns. */
struct envelope_header {
    enum envelope_suite suite;
    enum envelope_lane lane;
    uint8_t size_class;      /* log2 of the padded size, rounded up */
    struct hf_id id;
    struct hf_org sender;    /* organisation; a broker's id for a notice */
    struct hf_org recipient; /* mailbox */
    uint64_t epoch;          /* random, per stream since the last restore */
    uint64_t seq;            /* rising per (sender, recipient, lane), from 1 */
    uint64_t floor;          /* every seq below is settled */
    uint64_t created_ms;
    uint64_t expires_ms;
    uint32_t registry_version;
    uint32_t body_bytes;
};

/** A recipient's current prekey, already verified (shelf.h). */
struct prekey {
    struct hf_org org;
    struct hf_id id;
    uint8_t pk[HF_PK_BYTES];
    uint64_t from_ms;
    uint64_t until_ms;
};

/**
 * envelope_peek: header of a whole envelope, form and sizes checked, nothing
 * verified. For brokers and for choosing the keys to open with.
 */
HF_NODISCARD enum hf_err envelope_peek(struct hf_bytes in,
                                       struct envelope_header *ret_h);
/** envelope_prekey_id: which prekey it is sealed to, after envelope_peek. */
struct hf_id envelope_prekey_id(struct hf_bytes in);

/**
 * envelope_seal: sign, seal and pad @content; append the envelope to @out.
 *
 * @h   suite, size_class and body_bytes are set here, the rest by the caller;
 *      expires_ms <= prekey->until_ms is the caller's duty (asserted)
 * @op  the sender's operation key (SIGN)
 * @is_control  pads to 496 B rather than 2 KiB
 *
 * HF_ERR_LIMIT  content over CONTENT_BYTES_MAX
 * HF_ERR_POINT  the prekey is of small order
 */
HF_NODISCARD enum hf_err envelope_seal(struct envelope_header *h,
                                       const struct hf_secret *op,
                                       const struct prekey *prekey,
                                       struct hf_bytes content,
                                       bool is_control, struct hf_buf *out);

/** Made by envelope_open() only: checked, decrypted, both signatures good. */
struct envelope_opened {
    struct envelope_header h;
    struct hf_bytes content; /* borrowed from the caller's buffer */
};

/**
 * envelope_open: verify the outer signature, unwrap, check the commitments,
 * decrypt, verify the inner signature, strip the padding.
 *
 * @sender_op_pk  operation key of h.sender that was valid at created_ms
 * @prekey        private half of envelope_prekey_id(in) (DH)
 * @plain         cleared, then filled; wipe it after use (hf_buf_free)
 *
 * HF_ERR_MALFORMED    form, sizes or padding
 * HF_ERR_SIGNATURE    the outer one
 * HF_ERR_COMMITMENT   another body, or another content key, than the header's
 * HF_ERR_POINT        the ephemeral key is of small order
 * HF_ERR_SEAL         the key stanza is of another envelope or prekey
 * HF_ERR_CHUNKS       the body's chunks are cut, swapped or of another body
 * HF_ERR_READDRESSED  the inner signature is of another sender, recipient,
 *                     envelope or content
 */
HF_NODISCARD enum hf_err envelope_open(struct hf_bytes in,
                                       const uint8_t sender_op_pk[static 32],
                                       const struct hf_secret *prekey,
                                       struct hf_buf *plain,
                                       struct envelope_opened *ret_o);

/** envelope_verify_outer: the header's signature only (samples, disputes). */
HF_NODISCARD bool envelope_verify_outer(struct hf_bytes in,
                                        const uint8_t sender_op_pk[static 32]);

/** A notice: a broker tells a sender that an envelope's time passed. */
struct notice {
    struct hf_id envelope; /* the one it is about */
    struct hf_org recipient;
    uint8_t why;           /* NOTICE_* */
    uint64_t at_ms;
};
#define NOTICE_EXPIRED 1 /* TTL passed in the mailbox: a hint, never a proof */
#define NOTICE_NO_ROUTE 2 /* the recipient is in no registry we hold */

HF_NODISCARD enum hf_err notice_make(struct envelope_header *h,
                                     const struct hf_secret *op,
                                     const struct notice *n,
                                     struct hf_buf *out);
/** notice_read: signed by a key of @broker that counted when it was made. */
struct registry_broker;
HF_NODISCARD enum hf_err notice_read(struct hf_bytes in,
                                     const struct registry_broker *broker,
                                     struct notice *ret_n);

#endif /* PROTO_ENVELOPE_H */
