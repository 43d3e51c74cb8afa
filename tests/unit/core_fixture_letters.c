/* Letters between nodes: delivered, lost; and time that passes. */
#include "core_fixture.h"

struct core_node *
core_node_of(const struct hf_org *org)
{
    for (size_t i = 0; i < core->n_nodes; i++)
        if (hf_org_eq(&core->node[i].org, org))
            return &core->node[i];
    return NULL;
}

static bool
core_is_signed(const struct content_entry *ce, struct entry *ret)
{
    uint8_t sig[64];

    if (entry_unpack(ce->bytes, ret) != HF_OK)
        return false;
    core_sign_as(&ret->author, ENTRY_LABEL, &ce->bytes, 1, sig);
    return ce->sig.n == 64 && memcmp(ce->sig.p, sig, 64) == 0;
}

/* What the shell takes out before the core sees it. */
static void
core_filter(struct content_push *p)
{
    size_t kept = 0;

    for (size_t i = 0; i < p->n; i++) {
        struct content_entry ce = p->entry[i];
        struct entry e;
        struct hf_hash h;

        if (!core_is_signed(&ce, &e))
            continue;
        hf_hash(BODY_LABEL, &ce.body, 1, &h);
        if (ce.body.n > 0 && !hf_hash_eq(&h, &e.body))
            ce.body = (struct hf_bytes){NULL, 0};
        p->entry[kept++] = ce;
    }
    p->n = kept;
}

/* The same for a document that its sender signed by itself. */
static void
core_filter_signed(struct content *c, const struct hf_org *sender)
{
    struct content_signed *d = &c->u.signed_by;
    uint8_t sig[64];

    if (c->type != CONTENT_REVIEW_NOTICE && c->type != CONTENT_REVIEW_VERDICT)
        return;
    core_sign_as(sender,
                 c->type == CONTENT_REVIEW_NOTICE ? REVIEW_NOTICE_LABEL
                                                  : REVIEW_VERDICT_LABEL,
                 &d->bytes, 1, sig);
    if (memcmp(d->sig.p, sig, sizeof(sig)) != 0)
        d->sig = (struct hf_bytes){NULL, 0};
}

void
core_deliver(size_t i)
{
    struct core_letter *l = &core->letter[i];
    struct core_node *to = core_node_of(&l->h.recipient);
    struct node_event ev = {.type = NODE_EV_CONTENT};
    struct hf_buf bytes;

    l->is_gone = true;
    core->n_delivered++;
    if (to == NULL)
        return;
    /* decoded spans point into bytes that are gone after the step */
    hf_buf_init(&bytes, CONTENT_BYTES_MAX);
    cr_assert(hf_buf_add(&bytes, l->bytes.p, l->bytes.n));
    cr_assert(eq(int, (int)content_decode(hf_buf_bytes(&bytes), &core->content),
                 HF_OK));
    if (core->content.type == CONTENT_PUSH)
        core_filter(&core->content.u.push);
    for (int k = 0; core->content.type == CONTENT_FORK && k < 2; k++) {
        struct content_entry *ce = &core->content.u.fork.entry[k];
        struct entry e;

        if (!core_is_signed(ce, &e))
            *ce = (struct content_entry){.body = {NULL, 0}};
    }
    core_filter_signed(&core->content, &l->h.sender);
    ev.header = l->h;
    ev.content = &core->content;
    (void)core_step(to, &ev);
    hf_buf_free(&bytes);
}

void
core_lose(void)
{
    for (size_t i = 0; i < core->n_letters; i++)
        core->letter[i].is_gone = true;
}

void
core_run(void)
{
    const size_t before = core->n_delivered;
    bool is_quiet = false;

    while (!is_quiet) {
        is_quiet = true;
        for (size_t i = 0; i < core->n_letters; i++) {
            if (core->letter[i].is_gone)
                continue;
            core_deliver(i);
            is_quiet = false;
        }
        for (size_t i = 0; i < core->n_nodes; i++)
            if (node_wake_ms(&core->node[i].env) <= core->now_ms) {
                core_tick(&core->node[i]);
                is_quiet = false;
            }
        cr_assert(core->n_delivered - before < CORE_STORM,
                  "a storm of letters");
    }
}

void
core_wait(uint64_t ms)
{
    const uint64_t until = core->now_ms + ms;

    core_run();
    for (;;) {
        uint64_t next = UINT64_MAX;

        for (size_t i = 0; i < core->n_nodes; i++) {
            const uint64_t wake = node_wake_ms(&core->node[i].env);

            next = wake < next ? wake : next;
        }
        if (next > until)
            break;
        core->now_ms = next > core->now_ms ? next : core->now_ms;
        core_run();
    }
    core->now_ms = until;
}

size_t
core_pending(const struct core_node *to)
{
    size_t n = 0;

    for (size_t i = 0; i < core->n_letters; i++)
        n += !core->letter[i].is_gone &&
             hf_org_eq(&core->letter[i].h.recipient, &to->org);
    return n;
}
