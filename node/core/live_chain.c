#include "live_internal.h"

#include "bare.h"
#include "feedback.h"
#include "fork.h"
#include "hf_assert.h"
#include "inbound.h"
#include "push.h"

/* ---- our own entries ---- */

static struct hf_hash
hash_at(const struct live *l, enum side side, uint32_t n)
{
    static const struct hf_hash zero;

    return n == 0 ? zero : l->hash[side][n - 1];
}

static void
hash_body(struct step *s, const struct body *b, struct hf_hash *ret)
{
    const size_t mark = s->out->used;
    const size_t n = body_bytes(b);
    uint8_t *packed = step_alloc(s, n);

    body_pack(b, packed);
    step_hash(s, BODY_LABEL, packed, n, ret);
    s->out->used = mark;
}

static void
fill_entry(struct step *s, struct live *l, const struct draft *d,
           struct entry *e)
{
    const enum side mine = live_writer(l), peer = side_other(mine);
    const struct hf_org *me = step_me(s);

    *e = (struct entry){
        .kind = l->o.kind,
        .event = d->event,
        .role = d->is_automatic ? ROLE_AUTOMATIC : step_role(s),
        .flags = d->flags | (l->is_proxied ? ENTRY_PROXIED : 0u),
        .reason = d->reason,
        .object = l->o.id,
        .author = l->is_proxied ? l->o.peer : *me,
        .peer = l->is_proxied ? *me : l->o.peer,
        .n = l->o.n[mine] + 1,
        .seen = l->o.n[peer],
        .prev = hash_at(l, mine, l->o.n[mine]),
        .seen_hash = hash_at(l, peer, l->o.n[peer]),
        .at_ms = s->now,
        .happened_ms = d->happened_ms == 0 ? s->now : d->happened_ms,
        .when_ms = d->when_ms,
    };
}

static void
note_fork(struct step *s, struct live *l, enum side side, uint32_t n)
{
    if (l->o.fork[side] == 0 || n < l->o.fork[side])
        l->o.fork[side] = n;
    l->o.is_forked = 1;
    l->resend = true; /* the evidence goes to both, and to the committee */
    l->o.acked = 0;
    fork_note(s, &l->o, side);
    step_alarm(s, "chain_forked", l->o.kind, &l->o.id, &l->o.peer, REASON_NONE);
}

/* An entry of ours with this number came back, from behind a gap: it is of
 * another branch of our chain. Its body must not pass for the new one's. */
static void
step_aside(struct step *s, struct live *l, uint32_t n)
{
    const enum side mine = live_writer(l);
    uint8_t bytes[ENTRY_BYTES], sig[ENTRY_SIG_BYTES];

    if (!chain_get(s->v, &l->o.id, mine, n, 0, bytes, sig))
        return;
    chain_put(s->v, &l->o.id, mine, n, 1, bytes, sig);
    live_drop_body(s, l, mine, n);
    bare_clear(&l->o, mine, n);
    note_fork(s, l, mine, n);
}

void
live_append(struct step *s, struct live *l, const struct draft *d)
{
    const enum side mine = live_writer(l);
    uint8_t bytes[ENTRY_BYTES], sig[ENTRY_SIG_BYTES];
    const struct hf_bytes span = {bytes, ENTRY_BYTES};
    struct entry e;

    HF_ASSERT(live_may(s, l, d->event, d->flags));
    fill_entry(s, l, d, &e);
    step_aside(s, l, e.n);
    if (d->body.n > 0) {
        struct body b = d->body;

        step_fresh(s, b.salt, BODY_SALT_BYTES);
        hash_body(s, &b, &e.body);
        live_store_body(s, l, mine, e.n, &b);
    }
    live_note_opening(l, mine, &e);
    entry_pack(&e, bytes);
    s->env->crypto->sign(s->env->crypto->ctx, ENTRY_LABEL, &span, 1, sig);
    chain_put(s->v, &l->o.id, mine, e.n, 0, bytes, sig);
    step_hash(s, ENTRY_LABEL, bytes, ENTRY_BYTES, &l->hash[mine][e.n - 1]);
    l->o.n[mine] = e.n;
    l->o.last[mine] = l->hash[mine][e.n - 1];
    live_set_item(l, mine, &e);
    live_judge(l);
}

void
live_auto(struct step *s, struct live *l, enum event event, enum reason reason)
{
    const struct draft d = {
        .event = event, .reason = reason, .is_automatic = true};

    live_append(s, l, &d);
}

/* ---- entries that arrive ---- */

/* Entries may arrive out of order: what fills a gap lets the ones behind it
 * in, each checked against the hash of the one before. */
static void
advance(struct step *s, struct live *l, enum side side)
{
    uint8_t bytes[ENTRY_BYTES], sig[ENTRY_SIG_BYTES];
    struct entry e;

    while (l->o.n[side] < ENTRY_NUMBERS_MAX &&
           chain_get(s->v, &l->o.id, side, l->o.n[side] + 1, 0, bytes, sig)) {
        const uint32_t n = l->o.n[side] + 1;
        const struct hf_hash prev = hash_at(l, side, n - 1);

        live_read_entry(s, &l->o.id, side, n, &e, &l->hash[side][n - 1]);
        if (!hf_hash_eq(&e.prev, &prev))
            break; /* of another branch: wait for its beginning */
        l->o.n[side] = n;
        l->o.last[side] = l->hash[side][n - 1];
        live_set_item(l, side, &e);
    }
}

/* In any other entry nobody would look for them when they have to go. */
static bool
carries_sections(enum event event)
{
    return event == EVENT_DISCLOSE || event == EVENT_RELEASE ||
           event == EVENT_AMEND || event == EVENT_SUPPLEMENT;
}

/* What a provider gives back comes with a note. */
static bool
carries_files(enum event event)
{
    return event == EVENT_NOTE ||
           (carries_sections(event) && event != EVENT_RELEASE);
}

/* The receiver's gate comes before the first byte is kept. */
static void
keep_body(struct step *s, struct live *l, enum side side, const struct entry *e,
          struct hf_bytes packed)
{
    struct body b;
    struct part head;

    if (packed.n == 0 || shredded_get(s->v, &l->o.id) ||
        body_unpack(packed, &b) != HF_OK)
        return;
    if (side != l->o.side) {
        enum reason why =
            (inbound_sections(&b) != 0 && !carries_sections(e->event)) ||
                    (inbound_files(&b) != 0 && !carries_files(e->event))
                ? REASON_CHECK_FAILED
                : inbound_gate(s, l, &b);

        if (why == REASON_NONE)
            why = feedback_inbound(s, l, e->event, &b);
        if (why != REASON_NONE) {
            l->o.refused = why;
            s->refused = why;
            return;
        }
    }
    bare_clear(&l->o, side, e->n);
    if (!body_part_get(s->v, &l->o.id, side, e->n, BODY_PART_HEAD, &head))
        live_store_body(s, l, side, e->n, &b);
}

/* The peer's entry came without the body that it names. */
static void
note_bare(struct live *l, enum side side, const struct content_entry *ce,
          const struct entry *e)
{
    static const struct hf_hash none;

    if (side != l->o.side && ce->body.n == 0 && !hf_hash_eq(&e->body, &none))
        bare_set(&l->o, side, e->n);
}

/* An entry that came without its body, and now with it. What was taken once is
 * not taken again: it may have been destroyed. Nor what would have to go. */
static void
take_body(struct step *s, struct live *l, enum side side,
          const struct content_entry *ce, const struct entry *e)
{
    /* but of a withdrawal: that is what says what has to go */
    const bool goes = side == SIDE_FIRST && l->o.kind != OBJECT_WITHDRAWAL &&
                      (chain_must_erase(&l->pair) ||
                       chain_was_to_erase(&l->pair));
    const bool had_effect = e->n <= l->o.applied[side];

    if (side == l->o.side || ce->body.n == 0 || goes ||
        !bare_has(&l->o, side, e->n) ||
        (had_effect && l->item[side][e->n - 1].why != CHAIN_VALID))
        return;
    keep_body(s, l, side, e, ce->body);
    if (had_effect && !bare_has(&l->o, side, e->n))
        live_body_came(s, l, side, e);
}

/* A number that is held already: the same entry again, or a fork. */
static void
take_again(struct step *s, struct live *l, enum side side,
           const struct content_entry *ce, const struct entry *e,
           const struct hf_hash *hash)
{
    uint8_t other[ENTRY_BYTES], sig[ENTRY_SIG_BYTES];

    if (hf_hash_eq(hash, &l->hash[side][e->n - 1])) {
        take_body(s, l, side, ce, e);
        return;
    }
    /* Two branches are proof enough, and what is held of a third decides
     * nothing: but for a recall, which counts in whichever it stands. */
    if (chain_get(s->v, &l->o.id, side, e->n, 1, other, sig)) {
        l->o.fork_recall[side] |= e->event == EVENT_RECALL;
        return;
    }
    chain_put(s->v, &l->o.id, side, e->n, 1, ce->bytes.p, ce->sig.p);
    note_fork(s, l, side, e->n);
    if (e->event == EVENT_RECALL)
        l->o.fork_recall[side] = 1;
}

/* Behind a gap: keep it until the gap is filled. A second one with the same
 * number replaces the first; whichever fits the hash before it stays. Nothing
 * that came with the first is left beside the second. */
static void
take_new(struct step *s, struct live *l, enum side side,
         const struct content_entry *ce, const struct entry *e)
{
    uint8_t held[ENTRY_BYTES], sig[ENTRY_SIG_BYTES];

    if (chain_get(s->v, &l->o.id, side, e->n, 0, held, sig) &&
        memcmp(held, ce->bytes.p, ENTRY_BYTES) != 0)
        live_drop_body(s, l, side, e->n);
    chain_put(s->v, &l->o.id, side, e->n, 0, ce->bytes.p, ce->sig.p);
    note_bare(l, side, ce, e);
    keep_body(s, l, side, e, ce->body);
    advance(s, l, side);
    if (l->o.fork[side] != 0 && e->event == EVENT_RECALL)
        l->o.fork_recall[side] = 1;
    if (l->o.n[side] < e->n && l->o.fork[side] == 0)
        push_ask(s, l);
}

static bool
belongs(const struct step *s, const struct live *l, const struct entry *e)
{
    const struct hf_org *me = step_me(s);

    if (e->kind != l->o.kind || !hf_id_eq(&e->object, &l->o.id))
        return false;
    return (hf_org_eq(&e->author, &l->o.peer) && hf_org_eq(&e->peer, me)) ||
           (hf_org_eq(&e->author, me) && hf_org_eq(&e->peer, &l->o.peer));
}

bool
live_take(struct step *s, struct live *l, const struct content_entry *ce)
{
    struct hf_hash hash;
    struct entry e;
    enum side side;

    if (entry_unpack(ce->bytes, &e) != HF_OK || !belongs(s, l, &e))
        return false;
    if (e.n > ENTRY_NUMBERS_MAX)
        return false;
    side = hf_org_eq(&e.author, step_me(s)) ? l->o.side : side_other(l->o.side);
    if (e.n > l->o.n[side] + ENTRIES_AHEAD)
        return true; /* too far ahead to keep; it will be sent again */
    step_hash(s, ENTRY_LABEL, ce->bytes.p, ENTRY_BYTES, &hash);
    if (e.n <= l->o.n[side])
        take_again(s, l, side, ce, &e, &hash);
    else
        take_new(s, l, side, ce, &e);
    return true;
}
