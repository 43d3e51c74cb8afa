/* The two chains of an object, as they are held, judged again entry by entry;
 * and the receipts beside them. */
#include <stdlib.h>

#include "api_internal.h"
#include "ladder.h"

/** Both chains, loaded. Freed by chains_free(). */
struct chains {
    struct chain_pair pair;
    struct entry *entry[2];
    uint8_t (*bytes[2])[ENTRY_BYTES];
    uint8_t (*sig[2])[ENTRY_SIG_BYTES];
};

static void
chains_free(struct chains *ch)
{
    for (int s = 0; s < 2; s++) {
        free(ch->entry[s]);
        free(ch->bytes[s]);
        free(ch->sig[s]);
        free(ch->pair.item[s]);
        free(ch->pair.sum[s]);
    }
    memset(ch, 0, sizeof(*ch));
}

static bool
chains_make_room(struct chains *ch, int s, size_t n)
{
    ch->entry[s] = calloc(n + 1, sizeof(*ch->entry[s]));
    ch->bytes[s] = calloc(n + 1, sizeof(*ch->bytes[s]));
    ch->sig[s] = calloc(n + 1, sizeof(*ch->sig[s]));
    ch->pair.item[s] = calloc(n + 1, sizeof(*ch->pair.item[s]));
    ch->pair.sum[s] = calloc(n + 1, sizeof(*ch->pair.sum[s]));
    return ch->entry[s] != NULL && ch->bytes[s] != NULL && ch->sig[s] != NULL &&
           ch->pair.item[s] != NULL && ch->pair.sum[s] != NULL;
}

/* One side, up to the first entry that is not there or cannot be read. */
static void
chains_load_side(struct api_call *c, struct chains *ch,
                 const struct node_object *o, int s)
{
    const uint32_t n =
        o->n[s] < ENTRY_NUMBERS_MAX ? o->n[s] : ENTRY_NUMBERS_MAX;

    for (uint32_t i = 0; i < n; i++) {
        struct entry *e = &ch->entry[s][i];
        struct chain_item *item = &ch->pair.item[s][i];

        if (!chain_get(c->env->view, &o->id, (enum side)s, i + 1, 0,
                       ch->bytes[s][i], ch->sig[s][i]) ||
            entry_unpack((struct hf_bytes){ch->bytes[s][i], ENTRY_BYTES}, e) !=
                HF_OK)
            return;
        item->event = e->event;
        item->seen = e->seen;
        item->flags = e->flags;
        item->reason = e->reason;
        ch->pair.n[s] = i + 1;
    }
}

/* Of the @n-th entry, counted from 1; the one behind it names it. */
static const struct hf_hash *
hash_of(const struct chains *ch, const struct node_object *o, int s, uint32_t n)
{
    return n < ch->pair.n[s] ? &ch->entry[s][n].prev : &o->last[s];
}

/* As the node itself judges (live_set_item()): who names another branch of its
 * peer's chain names an entry that is not held. */
static void
chains_link(struct chains *ch, const struct node_object *o, int s)
{
    const int peer = 1 - s;
    const uint32_t fork = ch->pair.fork[peer];

    for (uint32_t i = 0; i < ch->pair.n[s]; i++) {
        struct chain_item *item = &ch->pair.item[s][i];

        if (item->seen > 0 && item->seen <= ch->pair.n[peer] &&
            (fork == 0 || item->seen < fork) &&
            !hf_hash_eq(&ch->entry[s][i].seen_hash,
                        hash_of(ch, o, peer, item->seen)))
            item->seen = ENTRY_NUMBERS_MAX + 1;
    }
}

static bool
chains_load(struct api_call *c, const struct node_object *o, struct chains *ch)
{
    memset(ch, 0, sizeof(*ch));
    ch->pair.kind = o->kind;
    ch->pair.on_send = (o->flags & ENTRY_ON_SEND) != 0;
    ch->pair.travel_none = (o->flags & ENTRY_TRAVEL_NONE) != 0;
    for (int s = 0; s < 2; s++) {
        ch->pair.fork[s] = o->fork[s];
        ch->pair.fork_recall[s] = o->fork_recall[s] != 0;
        if (!chains_make_room(ch, s, o->n[s]))
            return false;
        chains_load_side(c, ch, o, s);
    }
    for (int s = 0; s < 2; s++)
        chains_link(ch, o, s);
    chain_judge(&ch->pair);
    return true;
}

static json_t *
flags_of(uint16_t flags)
{
    static const struct {
        uint16_t bit;
        const char *text;
    } words[] = {
        {ENTRY_ON_SEND, "on_send"},     {ENTRY_TRAVEL_NONE, "travel_none"},
        {ENTRY_REACHED, "reached"},     {ENTRY_PROXIED, "proxied"},
        {ENTRY_PHONE, "phone"},         {ENTRY_PAPER, "paper"},
        {ENTRY_IN_PERSON, "in_person"}, {ENTRY_UNMET, "unmet"}};
    json_t *list = json_array();

    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if ((flags & words[i].bit) != 0)
            (void)json_array_append_new(list, json_string(words[i].text));
    return list;
}

/* "s" and "r" of a referral, "h" and "n" of a transfer, "g" and "a" of a
 * withdrawal: the letters of node/DESIGN.md and of `chain state`. */
static const char *
side_letter(enum object_kind kind, int s)
{
    if (kind == OBJECT_TRANSFER)
        return s == SIDE_FIRST ? "h" : "n";
    if (kind == OBJECT_WITHDRAWAL)
        return s == SIDE_FIRST ? "g" : "a";
    return s == SIDE_FIRST ? "s" : "r";
}

/* What travelled beside an entry, unless it was erased. Adds to *told. The
 * details of a release are the consent itself: consent show has them, for who
 * may read cases. */
static void
put_body(struct api_call *c, json_t *item, const struct node_object *o, int s,
         const struct entry *e, bool *told)
{
    const uint32_t may = api_reads_object(c, o);
    const bool sees =
        api_is_own(c, o) || (api_sensitive(c, o) & ~may) == 0;

    if (!api_reads_archive(c, &o->case_id))
        return;
    for (unsigned i = 0; i <= BODY_PARTS_MAX; i++) {
        const unsigned at = i < BODY_PARTS_MAX ? i : BODY_PART_KEPT;
        struct part part;

        if (!body_part_get(c->env->view, &o->id, (enum side)s, e->n, at,
                           &part))
            continue;
        *told |= sees && (part.type == PART_TEXT || part.type == PART_REPORT);
        if (part.type == PART_TEXT && sees)
            (void)json_object_set_new(
                item, "text",
                json_stringn((const char *)part.bytes.p, part.bytes.n));
        else if (part.type == PART_DETAILS && e->event != EVENT_RELEASE)
            api_put_json(item, "details", part.bytes);
        else if (part.type == PART_REPORT && sees)
            api_put_json(item, "report", part.bytes);
    }
}

static void
put_entry(json_t *item, const struct node_object *o, int s,
          const struct entry *e)
{
    api_put_text(item, "author", e->author.s);
    api_put_text(item, "side", side_letter(o->kind, s));
    api_put_u64(item, "n", e->n);
    api_put_u64(item, "seen", e->seen);
    api_put_text(item, "event", event_text(e->event));
    api_put_text(item, "role", role_text(e->role));
    api_put_time(item, "at", e->at_ms);
    api_put_time(item, "happened_at", e->happened_ms);
    api_put_time(item, "when", e->when_ms);
    api_put_text(item, "reason", reason_text(e->reason));
    (void)json_object_set_new(item, "flags", flags_of(e->flags));
}

static void
add_entry(struct api_call *c, json_t *list, const struct node_object *o,
          const struct chains *ch, int s, uint32_t i, bool *told)
{
    const enum chain_why why = ch->pair.item[s][i].why;
    json_t *item = json_object();

    put_entry(item, o, s, &ch->entry[s][i]);
    api_put_bool(item, "valid", why == CHAIN_VALID);
    if (why != CHAIN_VALID)
        api_put_text(item, "why", chain_why_text(why));
    put_body(c, item, o, s, &ch->entry[s][i], told);
    (void)json_array_append_new(list, item);
}

/* The evidence: the second entry with a number that was given twice. */
static void
add_branches(struct api_call *c, json_t *list, const struct node_object *o)
{
    for (int s = 0; s < 2; s++) {
        uint8_t bytes[ENTRY_BYTES], sig[ENTRY_SIG_BYTES];
        struct entry e;
        json_t *item;

        if (o->fork[s] == 0 ||
            !chain_get(c->env->view, &o->id, (enum side)s, o->fork[s], 1, bytes,
                       sig) ||
            entry_unpack((struct hf_bytes){bytes, sizeof(bytes)}, &e) != HF_OK)
            continue;
        item = json_object();
        put_entry(item, o, s, &e);
        api_put_u64(item, "branch", 1);
        api_put_bool(item, "valid", false);
        api_put_text(item, "why", chain_why_text(CHAIN_FORKED));
        (void)json_array_append_new(list, item);
    }
}

/* Whose head comes next: nobody's before the peer entries that it names; else
 * the earlier one by its own clock. */
static int
next_side(const struct chains *ch, const uint32_t at[2])
{
    const bool left0 = at[0] < ch->pair.n[0];
    const bool left1 = at[1] < ch->pair.n[1];
    const struct entry *e0, *e1;

    if (!left0 || !left1)
        return left0 ? 0 : left1 ? 1 : -1;
    e0 = &ch->entry[0][at[0]];
    e1 = &ch->entry[1][at[1]];
    if (e0->seen > at[1])
        return 1;
    if (e1->seen > at[0])
        return 0;
    return e0->at_ms <= e1->at_ms ? 0 : 1;
}

/* An entry with its bytes, so that others can judge it offline. */
static json_t *
export_entry(const struct entry *e, const uint8_t bytes[static ENTRY_BYTES],
             const uint8_t sig[static ENTRY_SIG_BYTES])
{
    json_t *item = json_object();

    api_put_u64(item, "n", e->n);
    api_put_text(item, "event", event_text(e->event));
    api_put_u64(item, "seen", e->seen);
    api_put_text(item, "reason", reason_text(e->reason));
    (void)json_object_set_new(item, "flags", flags_of(e->flags));
    api_put_hex(item, "prev", e->prev.b, HF_HASH_BYTES);
    api_put_hex(item, "seen_hash", e->seen_hash.b, HF_HASH_BYTES);
    api_put_hex(item, "entry", bytes, ENTRY_BYTES);
    api_put_hex(item, "sig", sig, ENTRY_SIG_BYTES);
    return item;
}

/* One chain, and after it the second entry with a number given twice. */
static json_t *
export_side(struct api_call *c, const struct chains *ch,
            const struct node_object *o, int s)
{
    json_t *list = json_array();
    uint8_t bytes[ENTRY_BYTES], sig[ENTRY_SIG_BYTES];
    struct entry branch;

    for (uint32_t i = 0; i < ch->pair.n[s]; i++) {
        const struct hf_hash *hash = hash_of(ch, o, s, i + 1);
        json_t *item =
            export_entry(&ch->entry[s][i], ch->bytes[s][i], ch->sig[s][i]);

        api_put_hex(item, "hash", hash->b, HF_HASH_BYTES);
        (void)json_array_append_new(list, item);
    }
    if (o->fork[s] != 0 &&
        chain_get(c->env->view, &o->id, (enum side)s, o->fork[s], 1, bytes,
                  sig) &&
        entry_unpack((struct hf_bytes){bytes, sizeof(bytes)}, &branch) == HF_OK)
        (void)json_array_append_new(list, export_entry(&branch, bytes, sig));
    return list;
}

bool
api_put_chain(struct api_call *c, json_t *o, const struct node_object *object,
              bool export)
{
    struct chains ch;
    uint32_t at[2] = {0, 0};
    json_t *list = json_array();
    bool told = false;
    int s;

    if (chains_load(c, object, &ch)) {
        while ((s = next_side(&ch, at)) >= 0)
            add_entry(c, list, object, &ch, s, at[s]++, &told);
        add_branches(c, list, object);
        if (export) {
            api_put_text(o, "disclose",
                         ch.pair.on_send ? "on_send" : "on_accept");
            api_put_bool(o, "travel", !ch.pair.travel_none);
            for (s = 0; s < 2; s++)
                (void)json_object_set_new(o, side_letter(object->kind, s),
                                          export_side(c, &ch, object, s));
        }
    }
    (void)json_object_set_new(o, "chain", list);
    chains_free(&ch);
    return told;
}

void
api_put_receipts(struct api_call *c, json_t *o,
                 const struct node_object *object)
{
    json_t *list = json_array();
    uint64_t at_ms = 0;
    uint32_t serial = 0;
    struct node_trace t;

    while (json_array_size(list) < API_SCAN_MAX &&
           trace_next(c->env->view, &object->id, &at_ms, &serial, &t)) {
        json_t *item = json_object();

        api_put_text(item, "stage", trace_stage_text(t.stage));
        api_put_text(item, "by", t.by.s);
        api_put_time(item, "at", t.at_ms);
        if (t.stage == TRACE_LOCAL) {
            api_put_text(item, "event", event_text((enum event)t.n));
            api_put_text(item, "user", t.user.s);
        } else if (t.stage == TRACE_OVERDUE) {
            api_put_text(item, "what", task_text((enum task_what)t.what));
            api_put_text(item, "rung", rung_text(t.n));
        } else {
            api_put_u64(item, "entries", t.n);
            api_put_hex(item, "envelope", t.envelope.b, HF_ID_BYTES);
        }
        if (t.reason != REASON_NONE)
            api_put_text(item, "reason", reason_text(t.reason));
        (void)json_array_append_new(list, item);
    }
    (void)json_object_set_new(o, "receipts", list);
}
