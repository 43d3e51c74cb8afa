/* Chunks between nodes: who receives asks, a few at a time. */
#include "files_internal.h"

#include "hf_assert.h"
#include "lifecycle.h"
#include "push_internal.h"

#define WAIT_MS    (60ull * 1000) /* for the next chunk, before asking again */
#define HOUR_MS    (60 * WAIT_MS)
#define TRIES_MAX  6 /* a minute, 2, 4, ... an hour */
#define WINDOW_MIN 2
#define QUICK_MS   1500 /* half a window came so soon: ask for more at once */
#define SLOW_MS    6000 /* ... so late: for less, others use the link, too */

_Static_assert(CONTENT_CHUNKS_ASKED <= 16, "a window fits node_file.got twice");

/* ---- who receives ---- */

static void
set_due(struct step *s, struct node_file *f, uint64_t ms)
{
    if (f->due_ms != 0)
        due_del(s->v, f->due_ms, &f->id, DUE_FILE);
    f->due_ms = ms;
    if (ms != 0)
        due_put(s->v, ms, &f->id, DUE_FILE);
}

static void
ask_more(struct step *s, struct node_file *f, const struct hf_org *peer)
{
    static const struct hf_id none;
    const uint32_t under_way = f->asked > f->have ? f->asked - f->have : 0;
    struct content *c;
    uint32_t n;

    set_due(s, f, s->now + (WAIT_MS << f->tries));
    if (f->asked < f->have)
        f->asked = f->have;
    if (under_way > f->window / 2u || f->asked >= f->chunks ||
        !push_is_ready(s, peer, REACH_ALL))
        return;
    n = f->window - under_way;
    if (n > f->chunks - f->asked)
        n = f->chunks - f->asked;
    c = step_content(s, CONTENT_CHUNK);
    c->u.chunk.file = f->id;
    c->u.chunk.first = f->asked;
    c->u.chunk.n = n;
    (void)push_content(s, peer, c, LANE_URGENT, &none, 0);
    f->asked += n;
    f->asked_ms = s->now;
}

/* The announcing part; borrowed. Its id alone is not enough: one body may
 * hold two of an id, and the other may be shorter. */
static bool
find_part(const struct step *s, const struct node_object *o,
          const struct node_file *f, struct file_head *head,
          struct hf_bytes *ret)
{
    struct part p;

    for (unsigned i = 0; i < BODY_PARTS_MAX; i++)
        if (body_part_get(s->v, &o->id, side_other(o->side), f->n, i, &p) &&
            p.type == PART_FILE && file_head_unpack(p.bytes, head) &&
            hf_id_eq(&head->id, &f->id) && head->bytes == f->bytes &&
            hf_hash_eq(&head->root, &f->root)) {
            *ret = p.bytes;
            return true;
        }
    return false;
}

/* One that is what it says it is, and not known yet. */
static bool
is_new(struct step *s, const struct part *p, struct file_head *ret)
{
    struct hf_hash root;
    struct node_file f;

    if (!file_head_unpack(p->bytes, ret))
        return false;
    step_hash(s, FILE_LABEL, p->bytes.p + FILE_HEAD_BYTES,
              p->bytes.n - FILE_HEAD_BYTES, &root);
    return hf_hash_eq(&root, &ret->root) && !file_get(s->v, &ret->id, &f);
}

static void
begin(struct step *s, struct live *l, uint32_t n, enum category category,
      const struct file_head *head)
{
    struct node_file f;

    memset(&f, 0, sizeof(f));
    f.id = head->id;
    f.object = l->o.id;
    f.lock = step_fresh_id(s);
    f.category = category;
    f.window = WINDOW_MIN;
    f.n = n;
    f.bytes = head->bytes;
    f.chunks = head->chunks;
    f.root = head->root;
    f.made_ms = s->now;
    memcpy(f.name, head->name, sizeof(f.name));
    ask_more(s, &f, &l->o.peer);
    file_put(s->v, &f);
}

void
file_came(struct step *s, struct live *l, enum side side, uint32_t n,
          enum event event)
{
    struct hf_id at = {{0}};
    struct file_head head;
    struct node_file f;
    struct part p;
    uint64_t bytes = 0;
    unsigned files = 0;

    if (side == l->o.side || chain_must_erase(&l->pair) ||
        (event != EVENT_DISCLOSE && event != EVENT_NOTE &&
         event != EVENT_AMEND && event != EVENT_SUPPLEMENT))
        return;
    while (file_next_of(s->v, &l->o.id, &at, &f)) {
        files += !f.is_ours;
        bytes += f.is_ours ? 0 : f.bytes;
    }
    for (unsigned i = 0; i < BODY_PARTS_MAX; i++) {
        if (!body_part_get(s->v, &l->o.id, side, n, i, &p) ||
            p.type != PART_FILE || !is_new(s, &p, &head))
            continue;
        if (files >= FILES_OF_MAX || bytes + head.bytes > FILES_BYTES_MAX) {
            step_alarm(s, "attachment_refused", l->o.kind, &l->o.id, &l->o.peer,
                       REASON_NONE);
            return;
        }
        begin(s, l, n, p.category, &head);
        files++;
        bytes += head.bytes;
    }
}

/* Half a window is here: the time that took says how much to ask for. */
static void
pace(struct step *s, struct node_file *f)
{
    const uint64_t took = s->now > f->asked_ms ? s->now - f->asked_ms : 0;

    if (f->asked > f->have && f->asked - f->have > f->window / 2u)
        return;
    if (took < QUICK_MS && f->window < CONTENT_CHUNKS_ASKED)
        f->window = (uint8_t)(f->window * 2);
    else if (took > SLOW_MS && f->window > WINDOW_MIN)
        f->window = (uint8_t)(f->window / 2);
}

static void
advance(struct node_file *f, uint32_t i)
{
    f->got |= UINT32_C(1) << (i - f->have);
    while (f->got & 1) {
        f->got >>= 1;
        f->have++;
    }
}

static bool
is_good(struct step *s, const struct node_object *o, const struct node_file *f,
        const struct content_chunk *c, struct hf_hash *hash)
{
    struct file_head head;
    struct hf_bytes part;

    step_hash(s, FILE_CHUNK_LABEL, c->bytes.p, file_chunk_bytes(f, c->first),
              hash);
    return find_part(s, o, f, &head, &part) &&
           c->first < (part.n - FILE_HEAD_BYTES) / HF_HASH_BYTES &&
           memcmp(part.p + FILE_HEAD_BYTES + (size_t)c->first * HF_HASH_BYTES,
                  hash->b, HF_HASH_BYTES) == 0;
}

static void
take_chunk(struct step *s, const struct node_object *o, struct node_file *f,
           const struct content_chunk *c)
{
    const uint32_t i = c->first;
    struct hf_hash hash;

    if (i < f->have || i >= f->have + 32 || i >= f->chunks ||
        (f->got & (UINT32_C(1) << (i - f->have))))
        return; /* a copy, or nobody asked for it */
    if (i < file_data(f)) {
        if (!is_good(s, o, f, c, &hash))
            return; /* asked for again when its time is up */
        file_chunk_put(s, f, i,
                       (struct hf_bytes){c->bytes.p, file_chunk_bytes(f, i)},
                       &hash);
    }
    advance(f, i);
    f->tries = 0;
    if (f->have >= f->chunks) {
        set_due(s, f, 0);
        step_alarm(s, "attachment_whole", o->kind, &o->id, &o->peer,
                   REASON_NONE);
    } else {
        pace(s, f);
        ask_more(s, f, &o->peer);
    }
    file_put(s->v, f);
}

static void
lose(struct step *s, const struct node_object *o, struct node_file *f)
{
    set_due(s, f, 0);
    f->is_gone = 1;
    file_put(s->v, f);
    step_alarm(s, "attachment_gone", o->kind, &o->id, &o->peer, REASON_NONE);
}

/* ---- who sends ---- */

static void
send_chunk(struct step *s, const struct hf_org *to, const struct hf_id *file,
           uint32_t i, bool is_gone)
{
    static const struct hf_id none;
    struct content *c = step_content(s, CONTENT_CHUNK);
    struct hf_bytes row;
    uint8_t *p;

    c->u.chunk.file = *file;
    c->u.chunk.first = i;
    if (!is_gone) { /* what has no row is padding */
        p = step_alloc(s, FILE_CHUNK_BYTES);
        if (file_chunk(s->v, file, i, &row))
            memcpy(p, row.p, row.n);
        c->u.chunk.bytes = (struct hf_bytes){p, FILE_CHUNK_BYTES};
    }
    (void)push_content(s, to, c, LANE_BULK, &none, 0);
}

/* Gates again, now: consent may have gone since the first chunk went. */
static bool
may_go(struct step *s, const struct node_object *o, const struct node_file *f)
{
    struct node_case c;

    return f->is_ours && f->n != 0 && file_is_whole(f) &&
           !lifecycle_must_erase(o->kind, o->state, false) &&
           (file_cover(s, o, &c) & CATEGORY_BIT(f->category));
}

/* Twice the whole an hour, for what was lost: one who asks for ever gets that
 * and no more (I-12). */
static bool
has_budget(struct step *s, struct node_file *f, uint32_t n)
{
    if (s->now >= f->asked_ms + HOUR_MS || s->now < f->asked_ms) {
        f->asked_ms = s->now;
        f->asked = 0;
    }
    if (f->asked + n > 2 * f->chunks + 2 * CONTENT_CHUNKS_ASKED)
        return false;
    f->asked += n;
    file_put(s->v, f);
    return true;
}

static void
give(struct step *s, const struct hf_org *to, const struct content_chunk *c)
{
    struct node_object o;
    struct node_file f;

    if (!push_is_ready(s, to, REACH_ALL))
        return; /* it asks again */
    if (!file_get(s->v, &c->file, &f) || !object_get(s->v, &f.object, &o) ||
        !hf_org_eq(&o.peer, to) || !may_go(s, &o, &f)) {
        send_chunk(s, to, &c->file, c->first, true);
        return;
    }
    if (!has_budget(s, &f, c->n))
        return;
    for (uint32_t i = c->first; i < c->first + c->n && i < f.chunks; i++)
        send_chunk(s, to, &f.id, i, false);
}

/* ---- both ---- */

void
file_take(struct step *s, const struct hf_org *from,
          const struct content_chunk *c)
{
    struct node_object o;
    struct node_file f;

    if (c->n > 0) {
        give(s, from, c);
        return;
    }
    if (!file_get(s->v, &c->file, &f) || f.is_ours || f.is_gone ||
        f.have >= f.chunks || !object_get(s->v, &f.object, &o) ||
        !hf_org_eq(&o.peer, from))
        return;
    if (c->bytes.n == 0)
        lose(s, &o, &f);
    else
        take_chunk(s, &o, &f, c);
}

void
file_due(struct step *s, const struct hf_id *id)
{
    struct node_object o;
    struct node_file f;

    if (!file_get(s->v, id, &f) || f.due_ms == 0 || f.due_ms > s->now ||
        !object_get(s->v, &f.object, &o))
        return;
    f.due_ms = 0; /* its row was taken */
    f.asked = f.have;
    f.window = WINDOW_MIN;
    if (f.tries < TRIES_MAX)
        f.tries++;
    ask_more(s, &f, &o.peer);
    file_put(s->v, &f);
}
