#include "awaiting.h"

#include "body.h"

static bool
is_recall(const struct content_push *p)
{
    for (size_t i = 0; i < p->n; i++) {
        struct entry e;

        if (entry_unpack(p->entry[i].bytes, &e) == HF_OK &&
            e.event == EVENT_RECALL)
            return true;
    }
    return false;
}

/* The terms of the `send` among its bodies. */
static bool
find_terms(const struct content_push *p, struct terms *ret)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct part *part;
        struct body b;

        if (p->entry[i].body.n == 0 ||
            body_unpack(p->entry[i].body, &b) != HF_OK)
            continue;
        part = body_find(&b, PART_TERMS);
        if (part != NULL && terms_unpack(part->bytes, ret))
            return true;
    }
    return false;
}

bool
awaiting_pack(const struct node_event *ev, const struct sop_book *book,
              uint64_t now_ms)
{
    const struct content *c = ev->content;
    const uint64_t made = ev->header.created_ms;
    uint64_t wait = AWAITING_MAX_MS;
    struct terms t;

    if (ev->type != NODE_EV_CONTENT || c->type != CONTENT_PUSH ||
        c->u.push.kind != OBJECT_REFERRAL || !find_terms(&c->u.push, &t) ||
        is_recall(&c->u.push))
        return false;
    if (book != NULL && sop_book_find(book, &t.pack, &t.pack_hash) != NULL)
        return false;
    if (t.deliver_ms > made && (t.deliver_ms - made) / 2 < wait)
        wait = (t.deliver_ms - made) / 2;
    return now_ms < made + wait;
}
