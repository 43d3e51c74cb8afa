/*
 * brokerd_peer.c - our links to the other brokers of the registry.
 */
#include "brokerd_internal.h"
#include "hf_assert.h"
#include "hf_log.h"

struct peer *
brokerd_peer_find(struct brokerd *d, uint64_t handle)
{
    for (size_t i = 0; i < REGISTRY_BROKERS_MAX; i++)
        if (d->peers[i].link != NULL && d->peers[i].handle == handle)
            return &d->peers[i];
    return NULL;
}

static void
end_session(struct brokerd *d, struct peer *p)
{
    struct broker_event ev = {.type = BROKER_LINK_DOWN, .link = p->handle};

    if (p->handle == 0)
        return;
    p->handle = 0;
    hf_log(HF_LOG_INFO, "peer_down", "broker=%.31s", p->b.id.s);
    brokerd_feed(d, &ev);
}

static void
begin_session(struct brokerd *d, struct peer *p, uint64_t session)
{
    struct broker_event ev = {.type = BROKER_LINK_UP, .is_outbound = true};
    uint64_t place = (uint64_t)(p - d->peers);

    p->session = session;
    p->handle = OUTBOUND | place << 48 | (session & ((UINT64_C(1) << 48) - 1));
    hf_log(HF_LOG_INFO, "peer_up", "broker=%.31s", p->b.id.s);
    ev.link = p->handle;
    ev.who = (struct broker_who){.id = p->b.id, .is_broker = true};
    brokerd_feed(d, &ev);
}

static void
watch_state(struct brokerd *d, struct peer *p)
{
    struct hf_link_state state;

    hf_link_state(p->link, &state);
    if (p->handle != 0 && (!state.up || state.session != p->session))
        end_session(d, p);
    if (state.up && state.session != p->session)
        begin_session(d, p, state.session);
}

static void
on_peer(void *arg)
{
    struct peer *p = arg;
    struct brokerd *d = p->d;

    watch_state(d, p);
    for (int i = 0; i < FRAMES_A_ROUND && p->link != NULL; i++) {
        struct hf_frame frame = {0};

        if (hf_link_receive(p->link, &frame) != HF_OK)
            break;
        if (p->handle != 0)
            brokerd_in_frame(d, p->handle, &p->b, &frame);
        hf_frame_release(&frame);
    }
}

static void
close_peer(struct brokerd *d, struct peer *p)
{
    end_session(d, p);
    hf_loop_remove(d->loop, p);
    hf_link_close(&p->link);
    *p = (struct peer){0};
}

static bool
is_same(const struct peer *p, const struct registry_broker *b)
{
    return b != NULL && !b->is_suspended &&
           strcmp(p->b.endpoint, b->endpoint) == 0;
}

static void
open_peer(struct brokerd *d, struct peer *p, const struct registry_broker *b)
{
    struct hf_link_limits limits = hf_link_limits();
    enum hf_err err;

    *p = (struct peer){.b = *b, .d = d};
    limits.retry_ms_max = 10000;
    err = hf_link_open(b->endpoint, b->link_pk, d->link, &limits, &p->link);
    if (!err)
        hf_link_keys(p->link, b->link_pk, b->old_link_pk, b->old_link_until_ms);
    if (!err)
        err = hf_loop_add_link(d->loop, p->link, on_peer, p);
    if (!err)
        return;
    hf_log(HF_LOG_ERROR, "peer_failed", "broker=%.31s why=\"%s\"", b->id.s,
           hf_err_text(err));
    hf_link_close(&p->link);
}

static struct peer *
peer_of(struct brokerd *d, const struct hf_org *id, bool or_free)
{
    struct peer *found = NULL;

    for (size_t i = 0; i < REGISTRY_BROKERS_MAX; i++) {
        struct peer *p = &d->peers[i];

        if (p->link == NULL) {
            if (or_free && found == NULL)
                found = p;
        } else if (hf_org_eq(&p->b.id, id)) {
            return p;
        }
    }
    return found;
}

void
brokerd_peer_update(struct brokerd *d)
{
    for (size_t i = 0; i < REGISTRY_BROKERS_MAX; i++) {
        struct peer *p = &d->peers[i];
        const struct registry_broker *b;

        if (p->link == NULL)
            continue;
        b = registry_broker(d->registry, &p->b.id);
        if (!is_same(p, b)) {
            close_peer(d, p);
            continue;
        }
        p->b = *b;
        hf_link_keys(p->link, b->link_pk, b->old_link_pk, b->old_link_until_ms);
    }
    for (size_t i = 0; i < d->registry->n_brokers; i++) {
        const struct registry_broker *b = &d->registry->broker[i];
        struct peer *p;

        if (b->is_suspended || hf_org_eq(&b->id, &d->conf.name))
            continue;
        p = peer_of(d, &b->id, true);
        if (p != NULL && p->link == NULL)
            open_peer(d, p, b);
    }
}

void
brokerd_peer_close(struct brokerd *d)
{
    for (size_t i = 0; i < REGISTRY_BROKERS_MAX; i++)
        hf_link_close(&d->peers[i].link);
}
