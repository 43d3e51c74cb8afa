#include "opening.h"

#include "body.h"
#include "reach.h"
#include "review.h"

void
opening_init(struct opening *o, const struct hf_org *self,
             const struct prekeys *prekeys)
{
    o->self = self;
    o->prekeys = prekeys;
    o->is_registry_stale = false;
    o->now_ms = 0;
    o->is_known = false;
    o->n_taken_out = 0;
    o->why = "";
    hf_buf_init(&o->plain, CONTENT_BYTES_MAX * 2);
}

void
opening_wipe(struct opening *o)
{
    hf_buf_free(&o->plain);
}

void
opening_clear(struct opening *o)
{
    opening_wipe(o);
}

static enum opening_verdict
drop(struct opening *o, const char *why)
{
    o->why = why;
    return OPENING_DROP;
}

static enum opening_verdict
unopenable(struct opening *o, const char *why, struct node_event *ret_ev)
{
    o->why = why;
    ret_ev->type = NODE_EV_UNOPENABLE;
    return OPENING_EVENT;
}

/* Unknown now, but named under a newer registry than ours: it may be in that
 * one. Otherwise nobody we know. */
static enum opening_verdict
stranger(struct opening *o, const struct registry *r,
         const struct envelope_header *h, const char *why)
{
    o->why = why;
    return h->registry_version > registry_latest(r) ? OPENING_WAIT
                                                    : OPENING_DROP;
}

static enum opening_verdict
open_notice(struct opening *o, const struct registry *r, struct hf_bytes in,
            struct node_event *ret_ev)
{
    const struct registry_broker *b =
        registry_broker(r, &ret_ev->header.sender);
    struct notice n;

    if (b == NULL || b->is_suspended)
        return stranger(o, r, &ret_ev->header, "unknown_broker");
    if (notice_read(in, b, &n) != HF_OK)
        return drop(o, "bad_notice");
    ret_ev->type = NODE_EV_NOTICE;
    ret_ev->broker = b->id;
    ret_ev->header.id = n.envelope;
    return OPENING_EVENT;
}

bool
opening_is_said(const struct registry *r, const struct hf_org *org,
                uint64_t at_ms, const char *label, struct hf_bytes bytes,
                const uint8_t sig[static HF_SIG_BYTES])
{
    const struct registry_org *o = r == NULL ? NULL : registry_org(r, org);

    return o != NULL && registry_op_verify(o, at_ms, label, &bytes, 1, sig);
}

bool
opening_is_signed(const struct registry *r, const struct entry *e,
                  struct hf_bytes bytes, const uint8_t sig[static HF_SIG_BYTES])
{
    const struct registry_org *author = registry_org(r, &e->author);

    return author != NULL && registry_op_verify(author, e->at_ms, ENTRY_LABEL,
                                                &bytes, 1, sig);
}

static bool
is_signed(const struct registry *r, const struct content_entry *ce,
          const struct entry *e)
{
    return ce->sig.n == HF_SIG_BYTES &&
           opening_is_signed(r, e, ce->bytes, ce->sig.p);
}

static bool
is_body_good(const struct content_entry *ce, const struct entry *e)
{
    struct hf_hash hash;

    if (ce->body.n == 0)
        return true;
    hf_hash(BODY_LABEL, &ce->body, 1, &hash);
    return hf_hash_eq(&hash, &e->body);
}

static void
take_out_bad(struct opening *o, const struct registry *r,
             struct content_push *push)
{
    size_t n_kept = 0;

    for (size_t i = 0; i < push->n; i++) {
        struct content_entry ce = push->entry[i];
        struct entry e;

        if (entry_unpack(ce.bytes, &e) != HF_OK || !is_signed(r, &ce, &e)) {
            o->n_taken_out++;
            continue;
        }
        if (!is_body_good(&ce, &e)) {
            o->n_taken_out++;
            ce.body = (struct hf_bytes){0};
        }
        push->entry[n_kept++] = ce;
    }
    push->n = n_kept;
}

/* Who accuses another has to show its signatures: what is not signed is
 * emptied, and the core refuses it. */
static void
empty_bad(struct opening *o, const struct registry *r, struct content_fork *f)
{
    struct entry e;

    for (int i = 0; i < 2; i++) {
        if (entry_unpack(f->entry[i].bytes, &e) == HF_OK &&
            is_signed(r, &f->entry[i], &e))
            continue;
        o->n_taken_out++;
        f->entry[i] = (struct content_entry){.body = {NULL, 0}};
    }
}

/* By the sender itself, with the key that counted when it was made; else its
 * signature is emptied, and the core refuses it. */
static void
empty_unsigned(struct opening *o, const struct registry_org *sender,
               struct content *c)
{
    const bool is_notice = c->type == CONTENT_REVIEW_NOTICE;
    struct content_signed *d = &c->u.signed_by;
    struct review_verdict verdict;
    struct review_notice notice;
    uint64_t at_ms = 0;

    if (is_notice && review_notice_unpack(d->bytes, &notice))
        at_ms = notice.at_ms;
    else if (!is_notice && review_verdict_unpack(d->bytes, &verdict))
        at_ms = verdict.at_ms;
    if (at_ms != 0 &&
        registry_op_verify(sender, at_ms,
                           is_notice ? REVIEW_NOTICE_LABEL
                                     : REVIEW_VERDICT_LABEL,
                           &d->bytes, 1, d->sig.p))
        return;
    o->n_taken_out++;
    d->sig = (struct hf_bytes){NULL, 0};
}

/* For our own log only: the sender is told no more than that. */
static const char *
why_not(enum hf_err err)
{
    return err == HF_ERR_SEAL          ? "stanza"
           : err == HF_ERR_COMMITMENT  ? "commitment"
           : err == HF_ERR_CHUNKS      ? "chunks"
           : err == HF_ERR_READDRESSED ? "readdressed"
           : err == HF_ERR_POINT       ? "small_order"
                                       : "does_not_open";
}

/* The key of @sender that signed it; NULL: none that we know. While keys are
 * rotated, several count. */
static const uint8_t *
signer(const struct registry_org *sender, const struct envelope_header *h,
       struct hf_bytes in)
{
    const uint8_t *keys[REGISTRY_OP_KEYS_MAX];
    const size_t n_keys = registry_op_keys(sender, h->created_ms, keys);

    for (size_t i = 0; i < n_keys; i++)
        if (envelope_verify_outer(in, keys[i]))
            return keys[i];
    return NULL;
}

static enum opening_verdict
open_sealed(struct opening *o, const struct registry *r,
            const uint8_t *pk, struct hf_bytes in, struct node_event *ret_ev)
{
    const struct hf_id prekey_id = envelope_prekey_id(in);
    const struct hf_secret *prekey = prekeys_find(o->prekeys, &prekey_id);
    struct envelope_opened opened;
    enum hf_err err;

    /* A header that anybody may have written gets no answer. */
    if (pk == NULL)
        return stranger(o, r, &ret_ev->header, "bad_signature");
    if (prekey == NULL)
        return unopenable(o, "prekey_gone", ret_ev);
    err = envelope_open(in, pk, prekey, &o->plain, &opened);
    if (err)
        return unopenable(o, why_not(err), ret_ev);
    if (content_decode(opened.content, &o->content) != HF_OK)
        return unopenable(o, "malformed_content", ret_ev);
    if (o->content.type == CONTENT_PUSH)
        take_out_bad(o, r, &o->content.u.push);
    else if (o->content.type == CONTENT_FORK)
        empty_bad(o, r, &o->content.u.fork);
    else if (o->content.type == CONTENT_REVIEW_NOTICE ||
             o->content.type == CONTENT_REVIEW_VERDICT)
        empty_unsigned(o, registry_org(r, &opened.h.sender), &o->content);
    ret_ev->type = NODE_EV_CONTENT;
    ret_ev->header = opened.h;
    ret_ev->content = &o->content;
    return OPENING_EVENT;
}

/* What suspended and left members may send at all; the core looks at what is
 * in it. */
static bool
is_small(struct hf_bytes envelope, const struct node_event *ev)
{
    return ev->header.lane == LANE_URGENT && envelope.n <= ENVELOPE_SMALL_MAX;
}

enum opening_verdict
opening_open(struct opening *o, const struct registry *r,
             struct hf_bytes envelope, struct node_event *ret_ev)
{
    const struct registry_org *sender;
    enum opening_verdict verdict;
    const uint8_t *pk;

    o->n_taken_out = 0;
    o->is_known = false;
    o->why = "";
    if (envelope_peek(envelope, &ret_ev->header) != HF_OK)
        return drop(o, "malformed");
    if (!hf_org_eq(&ret_ev->header.recipient, o->self))
        return drop(o, "not_for_us");
    /* What is remembered of an envelope goes a little later (node.c): a copy
     * that comes after that must not pass for a new one. */
    if (o->now_ms > ret_ev->header.expires_ms + OPENING_LATE_MS)
        return drop(o, "expired");
    if (r == NULL) {
        o->why = "no_registry";
        return OPENING_WAIT;
    }
    if (ret_ev->header.suite == SUITE_NOTICE)
        return open_notice(o, r, envelope, ret_ev);
    sender = registry_org(r, &ret_ev->header.sender);
    if (sender == NULL)
        return stranger(o, r, &ret_ev->header, "unknown_sender");
    pk = signer(sender, &ret_ev->header, envelope);
    o->is_known = pk != NULL;
    if (sender->status != MEMBER_ACTIVE && !is_small(envelope, ret_ev))
        return stranger(o, r, &ret_ev->header, "sender_not_active");
    verdict = open_sealed(o, r, pk, envelope, ret_ev);
    /* Whose envelope it is may have changed; what a person is owed goes on. */
    if (o->is_registry_stale && verdict == OPENING_EVENT &&
        ret_ev->type == NODE_EV_CONTENT && !reach_is_owed(&o->content)) {
        o->why = "registry_stale";
        verdict = OPENING_WAIT;
    }
    return verdict;
}
