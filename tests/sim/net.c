#include "net.h"

#include <stdlib.h>

#include "hf_assert.h"
#include "knot.h"
#include "post.h"

#define CONNS_MAX 1024
#define NOTICE_MS (40 * SECOND_MS) /* until a dead connection is noticed */

/* A connection; end 0 is the client's, end 1 the broker's. */
struct conn {
    uint64_t handle; /* 0: free */
    unsigned end[2]; /* parties */
    bool is_up[2];
    uint64_t last_ms[2]; /* arrival of the last frame sent by that end */
};

struct net {
    struct conn conn[CONNS_MAX]; /* by handle, modulo */
    uint64_t next_handle;
    uint64_t shut_until[WORLD_PARTIES_MAX][WORLD_PARTIES_MAX];
};

struct net *
net_new(struct world *w)
{
    struct net *n = calloc(1, sizeof(*n));

    (void)w;
    HF_ASSERT(n != NULL);
    n->next_handle = 1;
    return n;
}

void
net_free(struct net *n)
{
    free(n);
}

static struct conn *
find(struct net *n, uint64_t handle)
{
    struct conn *c = &n->conn[handle % CONNS_MAX];

    return handle != 0 && c->handle == handle ? c : NULL;
}

/* A handle whose place is free. */
static struct conn *
fresh(struct net *n)
{
    for (size_t i = 0; i < CONNS_MAX; i++) {
        struct conn *c = &n->conn[n->next_handle % CONNS_MAX];

        if (c->handle == 0)
            return c;
        n->next_handle++;
    }
    return NULL;
}

static unsigned
end_of(const struct conn *c, unsigned party)
{
    HF_ASSERT(c->end[0] == party || c->end[1] == party);
    return c->end[0] == party ? 0 : 1;
}

static bool
is_shut(const struct world *w, unsigned from, unsigned to)
{
    return w->net->shut_until[from][to] > w->now_ms;
}

static bool
is_alive(const struct world *w, unsigned party)
{
    return party < w->n_nodes ? knot_is_up(w->node[party])
                               : post_is_up(w->broker[party - w->n_nodes]);
}

/* ---- what the ends are told ---- */

static void
tell_up(struct world *w, const struct conn *c, unsigned e)
{
    const unsigned party = c->end[e];

    if (party < w->n_nodes)
        knot_link_up(w, w->node[party], c->handle, c->end[1] - w->n_nodes);
    else
        post_link_up(w, w->broker[party - w->n_nodes], c->handle,
                     c->end[1 - e], e == 0);
}

static void
end_down(struct world *w, struct conn *c, unsigned e)
{
    const unsigned party = c->end[e];
    const uint64_t handle = c->handle;

    if (!c->is_up[e])
        return;
    c->is_up[e] = false;
    if (!c->is_up[1 - e])
        c->handle = 0; /* nobody knows it any more */
    if (is_alive(w, party)) {
        if (party < w->n_nodes)
            knot_link_down(w, w->node[party], handle);
        else
            post_link_down(w, w->broker[party - w->n_nodes], handle);
    }
    if (e == 0)
        net_want(w, party, c->end[1] - w->n_nodes);
}

static void
notice(struct world *w, struct task *t)
{
    struct conn *c = find(w->net, t->handle);

    if (c != NULL)
        end_down(w, c, end_of(c, t->who));
}

static void
notice_later(struct world *w, const struct conn *c, unsigned e, uint64_t ms)
{
    struct task *t = world_later(w, 1 + world_chance(w, ms), notice, c->end[e]);

    t->handle = c->handle;
}

/* ---- connecting ---- */

static void
open_conn(struct world *w, unsigned client, unsigned server)
{
    struct net *n = w->net;
    struct conn *c = fresh(n);

    HF_ASSERT(c != NULL);
    *c = (struct conn){.handle = n->next_handle++,
                       .end = {client, server},
                       .is_up = {true, true}};
    world_trace(w, "%s connected to %s", world_name(w, client),
                world_name(w, server));
    tell_up(w, c, 1);
    if (c->is_up[0])
        tell_up(w, c, 0);
}

static void
try_connect(struct world *w, struct task *t)
{
    const unsigned client = t->who;
    const unsigned server = w->n_nodes + (unsigned)t->handle;

    if (!is_alive(w, client))
        return; /* asks again when it is back */
    for (size_t i = 0; i < CONNS_MAX; i++)
        if (w->net->conn[i].handle != 0 && w->net->conn[i].is_up[0] &&
            w->net->conn[i].end[0] == client &&
            w->net->conn[i].end[1] == server)
            return;
    if (is_alive(w, server) && !is_shut(w, client, server) &&
        !is_shut(w, server, client))
        open_conn(w, client, server);
    else
        net_want(w, client, server - w->n_nodes);
}

void
net_want(struct world *w, unsigned client, unsigned broker)
{
    struct task *t =
        world_later(w, 100 + world_chance(w, w->shape->retry_ms), try_connect,
                    client);

    t->handle = broker;
}

/* ---- frames ---- */

static void
arrive(struct world *w, struct task *t)
{
    struct conn *c = find(w->net, t->handle);
    const struct hf_bytes frame = hf_buf_bytes(&t->data);
    unsigned e;

    if (c == NULL)
        return;
    e = end_of(c, t->who);
    if (!c->is_up[e] || !is_alive(w, t->who) ||
        is_shut(w, c->end[1 - e], t->who))
        return;
    if (t->who < w->n_nodes)
        knot_frame(w, w->node[t->who], t->handle, frame);
    else
        post_frame(w, w->broker[t->who - w->n_nodes], t->handle, frame);
}

static void
on_the_way(struct world *w, const struct conn *c, unsigned to, uint64_t in_ms,
           struct hf_bytes frame)
{
    struct task *t = world_later(w, in_ms, arrive, c->end[to]);

    t->handle = c->handle;
    HF_ASSERT(hf_buf_add(&t->data, frame.p, frame.n));
}

void
net_send(struct world *w, uint64_t handle, unsigned from, struct hf_bytes frame)
{
    struct conn *c = find(w->net, handle);
    uint64_t in_ms;
    unsigned e;

    if (c == NULL)
        return;
    e = end_of(c, from);
    if (!c->is_up[e])
        return;
    if (is_shut(w, from, c->end[1 - e])) {
        notice_later(w, c, 0, NOTICE_MS);
        notice_later(w, c, 1, NOTICE_MS);
        return;
    }
    in_ms = 5 + world_chance(w, world_odds(w, 40) ? 20 * SECOND_MS : 200);
    if (w->now_ms + in_ms <= c->last_ms[e] && !world_odds(w, 30))
        in_ms = c->last_ms[e] + 1 - w->now_ms; /* in turn */
    if (w->now_ms + in_ms > c->last_ms[e])
        c->last_ms[e] = w->now_ms + in_ms;
    on_the_way(w, c, 1 - e, in_ms, frame);
    if (world_odds(w, 50))
        on_the_way(w, c, 1 - e, in_ms + world_chance(w, MINUTE_MS), frame);
}

/* ---- losing ---- */

void
net_close(struct world *w, uint64_t handle, unsigned by)
{
    struct conn *c = find(w->net, handle);

    if (c == NULL)
        return;
    notice_later(w, c, 1 - end_of(c, by), 300);
    end_down(w, c, end_of(c, by));
}

void
net_gone(struct world *w, unsigned party)
{
    for (size_t i = 0; i < CONNS_MAX; i++) {
        struct conn *c = &w->net->conn[i];
        unsigned e;

        if (c->handle == 0 || (c->end[0] != party && c->end[1] != party))
            continue;
        e = end_of(c, party);
        if (c->is_up[1 - e])
            notice_later(w, c, 1 - e, NOTICE_MS);
        c->is_up[e] = false;
        if (!c->is_up[1 - e])
            c->handle = 0;
    }
}

void
net_cut(struct world *w)
{
    struct conn *c = NULL;
    uint64_t n = 0;

    for (size_t i = 0; i < CONNS_MAX; i++)
        if (w->net->conn[i].handle != 0 && world_chance(w, ++n) == 0)
            c = &w->net->conn[i];
    if (c == NULL)
        return;
    world_trace(w, "cut %s from %s", world_name(w, c->end[0]),
                world_name(w, c->end[1]));
    notice_later(w, c, 0, NOTICE_MS);
    notice_later(w, c, 1, NOTICE_MS);
}

void
net_part(struct world *w, unsigned from, unsigned to, uint64_t ms)
{
    world_trace(w, "nothing goes from %s to %s for %llu s", world_name(w, from),
                world_name(w, to), (unsigned long long)(ms / 1000));
    w->net->shut_until[from][to] = w->now_ms + ms;
}
