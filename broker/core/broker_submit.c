/*
 * broker_submit.c - taking custody: may this sender, to this recipient, now?
 * And the answer, once the commit is known.
 */
#include "broker_internal.h"

static struct recent *
recent_set(const struct link *l, const struct hf_id *id, size_t *ret_set)
{
    uint64_t word; /* ids are random */

    memcpy(&word, id->b, sizeof(word));
    *ret_set = word % RECENT_SETS;
    return l->recents->way[*ret_set];
}

static struct recent *
recent_find(const struct link *l, const struct hf_id *id)
{
    size_t set;
    struct recent *way = recent_set(l, id, &set);

    for (size_t i = 0; i < RECENT_WAYS; i++)
        if (way[i].ticket != 0 && hf_id_eq(&way[i].id, id))
            return &way[i];
    return NULL;
}

static void
recent_add(struct link *l, const struct hf_id *id, uint64_t ticket)
{
    size_t set;
    struct recent *way = recent_set(l, id, &set);

    way[l->recents->turn[set]] = (struct recent){.id = *id, .ticket = ticket};
    l->recents->turn[set] =
        (uint8_t)((l->recents->turn[set] + 1) % RECENT_WAYS);
}

static uint32_t
find_org(const struct broker *b, const struct hf_org *id)
{
    return broker_box_find(b, &(struct broker_who){.id = *id});
}

/** The sender a link may speak for: itself, whom it keeps a node for, or, for
 * a peer broker, any member and any broker (their notices). NONE: nobody. */
static uint32_t
check_sender(const struct broker *b, const struct link *l,
             const struct hf_org *sender)
{
    uint32_t box = find_org(b, sender);

    if (!b->boxes[l->box].who.is_broker) {
        if (box == NONE || b->boxes[box].standing == BOX_UNKNOWN)
            return NONE;
        return box == l->box || b->boxes[box].keeper == l->box ? box : NONE;
    }
    if (box == NONE || b->boxes[box].standing == BOX_UNKNOWN)
        box = broker_box_find(
            b, &(struct broker_who){.id = *sender, .is_broker = true});
    if (box == NONE || b->boxes[box].standing == BOX_UNKNOWN)
        return NONE;
    return box;
}

static bool
has_room(const struct broker *b, uint32_t box, size_t bytes)
{
    const struct box *x = &b->boxes[box];

    return x->count < (int64_t)b->conf.box_count_max &&
           x->bytes + (int64_t)bytes <= (int64_t)b->conf.box_bytes_max;
}

/** Every mailbox that an envelope goes to; false when there is none. A peer
 * broker's envelopes end here: what it sent us is not sent on. */
static bool
route(const struct broker *b, uint32_t to, bool may_forward, struct waiting *w)
{
    const struct box *x = &b->boxes[to];

    w->n_boxes = 0;
    if (x->is_local)
        w->box[w->n_boxes++] = to;
    for (size_t j = 0; may_forward && j < x->n_homes; j++)
        w->box[w->n_boxes++] = x->home[j];
    return w->n_boxes > 0;
}

/** What passes whatever the registry says: recall, withdrawal and purge, their
 * answers, receipts. */
static bool
is_restricted_ok(const struct broker_item *it)
{
    return it->h.lane == LANE_URGENT && it->envelope.n <= ENVELOPE_SMALL_MAX;
}

/** What a peer broker brings has been counted there; what suspended and left
 * members send and get is counted everywhere. */
static bool
spend(struct broker *b, uint32_t from, uint32_t to, bool is_peer, size_t bytes)
{
    struct box *sender = &b->boxes[from];
    struct box *recipient = &b->boxes[to];

    if ((!is_peer || sender->standing == BOX_RESTRICTED) &&
        !broker_box_spend(b, sender, bytes))
        return false;
    return recipient->standing != BOX_RESTRICTED || from == to ||
           broker_box_spend(b, recipient, bytes);
}

/** Whether @giver may begin anything that @taker may get. */
static bool
may_flow(const struct registry_org *giver, const struct registry_org *taker)
{
    const struct registry_flow *out = &giver->may_send;
    const struct registry_flow *in = &taker->may_receive;
    uint32_t objects = out->is_limited ? out->objects : REGISTRY_OBJECTS_ALL;
    uint64_t families = out->is_limited ? out->families : UINT64_MAX;

    if (in->is_limited) {
        objects &= in->objects;
        families &= in->families;
    }
    if (families == 0) /* no service that both know */
        objects &= ~REGISTRY_OBJECT_BIT(OBJECT_REFERRAL);
    return objects != 0;
}

/** What the committee laid down, as far as the outside of an envelope shows
 * it: two members of whom neither may send what the other may get have nothing
 * to say to each other but what a person is owed. Whoever does something for
 * the committee hears from all. The nodes look inside. */
static bool
may_write(const struct broker *b, uint32_t from, uint32_t to)
{
    const struct registry_org *x = b->boxes[from].org;
    const struct registry_org *y = b->boxes[to].org;

    return x == NULL || y == NULL || from == to || x->duties != 0 ||
           y->duties != 0 || may_flow(x, y) || may_flow(y, x);
}

/** Whether to take an envelope; on CUSTODY_TAKEN its route is in @w. */
static enum custody_code
judge(struct broker *b, const struct link *l, const struct broker_item *it,
      struct waiting *w)
{
    bool is_peer = b->boxes[l->box].who.is_broker;
    uint32_t from = check_sender(b, l, &it->h.sender);
    uint32_t to = find_org(b, &it->h.recipient);

    if (from == NONE)
        return CUSTODY_NOT_YOURS;
    if (it->h.expires_ms <= b->wall_ms)
        return CUSTODY_EXPIRED;
    if (to == NONE || b->boxes[to].standing == BOX_UNKNOWN)
        return CUSTODY_NO_ROUTE;
    if ((b->boxes[from].standing == BOX_RESTRICTED ||
         b->boxes[to].standing == BOX_RESTRICTED || !may_write(b, from, to)) &&
        !is_restricted_ok(it))
        return CUSTODY_NO_ROUTE;
    if (b->is_stale && !is_restricted_ok(it))
        return CUSTODY_STALE;
    if (!route(b, to, !is_peer, w))
        return CUSTODY_NO_ROUTE;
    if (b->is_draining)
        return CUSTODY_FULL;
    for (size_t j = 0; j < w->n_boxes; j++)
        if (!has_room(b, w->box[j], it->envelope.n))
            return CUSTODY_QUOTA;
    return spend(b, from, to, is_peer, it->envelope.n) ? CUSTODY_TAKEN
                                                       : CUSTODY_QUOTA;
}

static void
add_put(struct broker *b, const struct broker_item *it, struct waiting *w,
        size_t n_puts)
{
    struct broker_put *put = &b->put[n_puts];

    *put = (struct broker_put){.envelope = it->envelope,
                               .expires_ms = it->h.expires_ms,
                               .lane = (uint8_t)it->h.lane,
                               .n_boxes = w->n_boxes};
    w->lane = put->lane;
    w->bytes = (uint32_t)it->envelope.n;
    for (size_t j = 0; j < put->n_boxes; j++) {
        struct box *x = &b->boxes[w->box[j]];

        put->box[j] = x->who;
        x->count++;
        x->bytes += (int64_t)it->envelope.n;
    }
}

/** Put one envelope of a SUBMIT where it belongs; true when it is stored or
 * its answer must wait for a commit. */
static bool
take_one(struct broker *b, struct link *l, const struct broker_item *it,
         uint64_t ticket, struct waiting *w, size_t *n_puts)
{
    const struct recent *known;

    *w = (struct waiting){.code = {.code = CUSTODY_MALFORMED}};
    if (it->is_malformed)
        return false;
    w->code.envelope = it->h.id;
    known = recent_find(l, &it->h.id);
    if (known != NULL) {
        w->code.code = CUSTODY_TAKEN;
        w->is_repeat = known->ticket != RECENT_STORED;
        return w->is_repeat;
    }
    w->code.code = judge(b, l, it, w);
    if (w->code.code != CUSTODY_TAKEN) {
        w->n_boxes = 0;
        return false;
    }
    add_put(b, it, w, *n_puts);
    ++*n_puts;
    recent_add(l, &it->h.id, ticket);
    return true;
}

static struct waiting *
waiting_at(struct broker *b, const struct pending *p, size_t i)
{
    HF_ASSERT(i < p->n);
    return &b->waiting[(p->first + i) % b->conf.waiting_max];
}

/** The next place in the rings, with room for @n; NULL when there is none. */
static struct pending *
pending_slot(struct broker *b, size_t n)
{
    size_t last = (b->first_pending + b->n_pending) % b->conf.batches_max;
    struct pending *p = &b->pending[last];
    uint32_t first = 0;

    if (b->n_pending == b->conf.batches_max ||
        n > b->conf.waiting_max - b->n_waiting)
        return NULL;
    if (b->n_pending > 0) {
        const struct pending *before =
            last == 0 ? &b->pending[b->conf.batches_max - 1] : p - 1;

        first = before->first + before->n;
    }
    *p = (struct pending){.first = first % (uint32_t)b->conf.waiting_max,
                          .n = (uint32_t)n};
    return p;
}

static void
keep_pending(struct broker *b, const struct pending *p)
{
    HF_ASSERT(p->ticket != 0);
    b->n_pending++;
    b->n_waiting += p->n;
}

/** Answer a SUBMIT with the codes in b->code. */
static void
answer(struct broker *b, uint64_t handle, uint32_t batch, size_t n)
{
    struct broker_effect *fx = broker_ask(b, BROKER_DO_CUSTODY);

    fx->link = handle;
    fx->batch = batch;
    fx->codes = b->code;
    fx->n = n;
    for (size_t i = 0; i < n; i++)
        *(b->code[i].code == CUSTODY_TAKEN ? &b->n_taken : &b->n_refused) += 1;
}

static void
refuse_all(struct broker *b, const struct link *l,
           const struct broker_event *ev, enum custody_code code)
{
    for (size_t i = 0; i < ev->n_items; i++) {
        const struct broker_item *it = &ev->items[i];

        b->code[i] = (struct broker_code){.code = CUSTODY_MALFORMED};
        if (!it->is_malformed)
            b->code[i] = (struct broker_code){it->h.id, code};
    }
    answer(b, l->handle, ev->batch, ev->n_items);
}

static void
ask_save(struct broker *b, uint64_t ticket, size_t n)
{
    struct broker_effect *fx = broker_ask(b, BROKER_DO_SAVE);

    fx->ticket = ticket;
    fx->puts = b->put;
    fx->n = n;
}

void
broker_submit(struct broker *b, uint32_t link, const struct broker_event *ev)
{
    struct link *l = &b->links[link];
    struct pending *p = pending_slot(b, ev->n_items);
    size_t n_puts = 0;
    bool must_wait = false;

    HF_ASSERT(ev->n_items <= FRAME_BATCH_MAX);
    if (l->is_outbound)
        return; /* a broker submits over its own link to us */
    if (p == NULL || l->n_pending >= PENDING_OWN) {
        refuse_all(b, l, ev, CUSTODY_QUOTA);
        return;
    }
    broker_box_freshness(b);
    p->ticket = broker_ticket(b);
    p->link = link;
    p->handle = l->handle;
    p->batch = ev->batch;
    for (size_t i = 0; i < ev->n_items; i++) {
        struct waiting *w = waiting_at(b, p, i);

        must_wait |= take_one(b, l, &ev->items[i], p->ticket, w, &n_puts);
        b->code[i] = w->code;
    }
    if (!must_wait) {
        answer(b, l->handle, ev->batch, ev->n_items);
        return;
    }
    keep_pending(b, p);
    l->n_pending++;
    ask_save(b, p->ticket, n_puts);
}

void
broker_submit_notice(struct broker *b, const struct broker_event *ev)
{
    struct pending *p = pending_slot(b, 1);
    struct waiting *w;
    uint32_t row;
    unsigned i;
    uint32_t to;

    if (b->n_notices > 0)
        b->n_notices--;
    if (!broker_row_of(b, ev->token, &row, &i))
        return; /* its row went back to the store: another time */
    to = ev->n_items == 1 ? find_org(b, &ev->items[0].h.recipient) : NONE;
    if (to == NONE || b->boxes[to].standing == BOX_UNKNOWN) {
        broker_row_settle(b, row, i); /* nobody to tell */
        return;
    }
    if (p == NULL)
        return; /* again when the row is looked at the next time */
    w = waiting_at(b, p, 0);
    *w = (struct waiting){.code = {ev->items[0].h.id, CUSTODY_TAKEN}};
    if (!route(b, to, true, w)) {
        broker_row_settle(b, row, i);
        return;
    }
    p->ticket = broker_ticket(b);
    p->link = NONE;
    p->token = ev->token;
    add_put(b, &ev->items[0], w, 0);
    keep_pending(b, p);
    b->n_notices++;
    ask_save(b, p->ticket, 1);
}

/** The commit that should hold an envelope: what to say of it now. */
static enum custody_code
decide(struct broker *b, const struct pending *p, const struct waiting *w,
       bool is_saved)
{
    struct recent *known = NULL;

    if (p->link != NONE)
        known = recent_find(&b->links[p->link], &w->code.envelope);
    if (w->is_repeat)
        return known != NULL && known->ticket == RECENT_STORED ? CUSTODY_TAKEN
                                                               : CUSTODY_FULL;
    if (w->n_boxes == 0)
        return w->code.code;
    if (known != NULL && known->ticket == p->ticket)
        known->ticket = is_saved ? RECENT_STORED : 0;
    for (size_t j = 0; j < w->n_boxes; j++) {
        struct box *x = &b->boxes[w->box[j]];

        if (is_saved) {
            broker_link_ready(b, w->box[j], w->lane);
            continue;
        }
        x->count--;
        x->bytes -= w->bytes;
    }
    return is_saved ? CUSTODY_TAKEN : CUSTODY_FULL;
}

static void
finish(struct broker *b, struct pending *p, bool is_saved)
{
    uint32_t row;
    unsigned i;

    for (size_t j = 0; j < p->n; j++) {
        const struct waiting *w = waiting_at(b, p, j);

        b->code[j].envelope = w->code.envelope;
        b->code[j].code = decide(b, p, w, is_saved);
    }
    if (p->link == NONE) {
        HF_ASSERT(b->n_notices > 0);
        b->n_notices--;
        if (is_saved && broker_row_of(b, p->token, &row, &i))
            broker_row_settle(b, row, i);
    } else if (b->links[p->link].handle == p->handle) {
        HF_ASSERT(b->links[p->link].n_pending > 0);
        b->links[p->link].n_pending--;
        answer(b, p->handle, p->batch, p->n);
    }
    p->ticket = 0;
}

void
broker_submit_done(struct broker *b, uint64_t ticket, bool is_saved)
{
    for (size_t i = 0; i < b->n_pending; i++) {
        size_t at = (b->first_pending + i) % b->conf.batches_max;

        if (b->pending[at].ticket == ticket) {
            finish(b, &b->pending[at], is_saved);
            break;
        }
        if (b->pending[at].ticket > ticket)
            break; /* nothing of ours */
    }
    while (b->n_pending > 0 && b->pending[b->first_pending].ticket == 0) {
        b->n_waiting -= b->pending[b->first_pending].n;
        b->first_pending = (b->first_pending + 1) % b->conf.batches_max;
        b->n_pending--;
    }
}
