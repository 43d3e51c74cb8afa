/* Entries that no honest node would write, signed in anybody's name. */
#include "core_fixture.h"

#include <stdlib.h>

struct core_forger
core_forge(enum object_kind kind, struct hf_id object,
           const struct hf_org *author, const struct hf_org *peer)
{
    struct core_forger f = {.author = *author, .peer = *peer};

    f.c.type = CONTENT_PUSH;
    f.c.u.push.kind = kind;
    f.c.u.push.object = object;
    return f;
}

void
core_forge_after(struct core_forger *f, const struct core_node *n)
{
    const struct node_object o = core_object(n, f->c.u.push.object);
    const int side =
        hf_org_eq(&n->org, &f->author) ? (int)o.side : (int)side_other(o.side);

    f->n = o.n[side];
    f->last = o.last[side];
}

void
core_forge_entry(struct core_forger *f, struct entry e, const struct body *b)
{
    struct content_push *p = &f->c.u.push;
    const struct hf_bytes span = {f->bytes[p->n], ENTRY_BYTES};
    struct content_entry *ce = &p->entry[p->n];

    e.kind = e.kind == OBJECT_NONE ? p->kind : e.kind;
    e.object = p->object;
    e.author = f->author;
    e.peer = f->peer;
    e.role = ROLE_AUTOMATIC;
    e.n = e.n == 0 ? f->n + 1 : e.n;
    e.prev = e.n == 1 ? (struct hf_hash){{0}} : f->last;
    e.at_ms = e.happened_ms = core->now_ms;
    *ce = (struct content_entry){.body = {NULL, 0}};
    if (b != NULL) {
        ce->body.n = body_bytes(b);
        f->body[p->n] = malloc(ce->body.n);
        body_pack(b, f->body[p->n]);
        ce->body.p = f->body[p->n];
        hf_hash(BODY_LABEL, &ce->body, 1, &e.body);
    }
    entry_pack(&e, f->bytes[p->n]);
    core_sign_as(&f->author, ENTRY_LABEL, &span, 1, f->sig[p->n]);
    ce->bytes = span;
    ce->sig = (struct hf_bytes){f->sig[p->n], ENTRY_SIG_BYTES};
    hf_hash(ENTRY_LABEL, &span, 1, &f->last);
    f->n = e.n;
    p->n++;
}

void
core_forge_send(struct core_forger *f, struct core_node *to,
                const struct hf_org *from)
{
    struct node_send send = {.to = to->org,
                             .created_ms = core->now_ms,
                             .expires_ms = core->now_ms + DAY_MS,
                             .content = &f->c};
    const struct core_node sender = {.org = *from};

    core->draws++;
    memcpy(send.envelope.b, &core->draws, sizeof(core->draws));
    send.envelope.b[15] = 0xee;
    core_post(&sender, &send);
    core_deliver(core->n_letters - 1);
    f->c.u.push.n = 0;
}

void
core_forge_end(struct core_forger *f)
{
    for (int i = 0; i < CONTENT_ENTRIES_MAX; i++)
        free(f->body[i]);
}

struct hf_hash
core_seen(const struct core_node *node, struct hf_id object, enum side side,
          uint32_t n)
{
    uint8_t bytes[ENTRY_BYTES], sig[ENTRY_SIG_BYTES];
    const struct hf_bytes span = {bytes, ENTRY_BYTES};
    struct hf_hash h;

    cr_assert(chain_get(node->env.view, &object, side, n, 0, bytes, sig));
    hf_hash(ENTRY_LABEL, &span, 1, &h);
    return h;
}

void
core_part(struct body *b, enum part_type type, enum category c, const void *p,
          size_t n)
{
    b->part[b->n++] = (struct part){type, c, {p, n}};
}
