#include "links.h"

#include <stdlib.h>

#include "hf_assert.h"
#include "hf_log.h"
#include "hf_proc.h"
#include "links_internal.h"

enum hf_err
links_new(const struct links_host *host, struct links **ret)
{
    struct links *l = calloc(1, sizeof(*l));

    if (l == NULL)
        return HF_ERR_NOMEM;
    l->host = *host;
    hf_buf_init(&l->offered, REGISTRY_BYTES_MAX);
    hf_buf_init(&l->frame, FRAME_BYTES_MAX);
    for (size_t i = 0; i < LINKS_MAX; i++) {
        l->link[i].owner = l;
        l->link[i].place = i;
    }
    *ret = l;
    return HF_OK;
}

static void
went_down(struct link *k)
{
    if (k->is_up)
        hf_log(HF_LOG_WARN, "broker_down", "broker=%s", k->broker.id.s);
    k->is_up = false;
    k->is_synced = false;
    k->greet_ms = 0;
    k->greet_wait = 0;
    k->is_sweeping = false;
    k->n_unanswered = 0;
    k->n_acks = 0;
}

static void
shut(struct link *k)
{
    went_down(k);
    if (k->hf == NULL)
        return;
    hf_loop_remove(k->owner->host.loop, k);
    hf_link_close(&k->hf);
}

void
links_free(struct links *l)
{
    if (l == NULL)
        return;
    for (size_t i = 0; i < LINKS_MAX; i++)
        shut(&l->link[i]);
    hf_buf_free(&l->offered);
    hf_buf_free(&l->frame);
    free(l);
}

static void
open_link(struct link *k)
{
    const struct links_host *host = &k->owner->host;
    const struct hf_link_limits limits = hf_link_limits();
    enum hf_err err;

    HF_ASSERT(k->hf == NULL);
    k->hf_session = 0;
    err = hf_link_open(k->broker.endpoint, k->broker.link_pk, host->keys->link,
                       &limits, &k->hf);
    if (!err)
        err = hf_loop_add_link(host->loop, k->hf, links_receive, k);
    if (!err) {
        hf_link_keys(k->hf, k->broker.link_pk, k->broker.old_link_pk,
                     k->broker.old_link_until_ms);
        return;
    }
    hf_log(HF_LOG_ERROR, "broker_unusable", "broker=%s why=%s", k->broker.id.s,
           hf_err_text(err));
    if (k->hf != NULL)
        hf_link_close(&k->hf);
    k->reopen_ms = hf_clock_mono_ms() + LINKS_RESET_MS;
}

static bool
is_same(const struct registry_broker *a, const struct registry_broker *b)
{
    return hf_org_eq(&a->id, &b->id) && strcmp(a->endpoint, b->endpoint) == 0;
}

static bool
is_wanted(const struct registry *r, const struct registry_org *me,
          const struct link *k)
{
    const struct registry_broker *b = registry_broker(r, &k->broker.id);
    bool is_home = false;

    for (size_t i = 0; me != NULL && i < me->n_homes; i++)
        is_home = is_home || hf_org_eq(&me->home[i], &k->broker.id);
    return is_home && b != NULL && !b->is_suspended && is_same(b, &k->broker);
}

static struct link *
find_link(struct links *l, const struct hf_org *id)
{
    for (size_t i = 0; i < LINKS_MAX; i++)
        if (l->link[i].is_used && hf_org_eq(&l->link[i].broker.id, id))
            return &l->link[i];
    return NULL;
}

static void
connect_to(struct links *l, const struct registry_broker *b)
{
    for (size_t i = 0; i < LINKS_MAX; i++) {
        struct link *k = &l->link[i];

        if (k->is_used)
            continue;
        k->is_used = true;
        k->broker = *b;
        k->last_contact_ms = 0;
        open_link(k);
        return;
    }
    HF_ASSERT(false); /* as many places as a member may have homes */
}

void
links_follow(struct links *l)
{
    const struct registry *r = l->host.held->r;
    const struct registry_org *me =
        r == NULL ? NULL : registry_org(r, l->host.self);

    for (size_t i = 0; i < LINKS_MAX; i++) {
        struct link *k = &l->link[i];

        if (!k->is_used || (r != NULL && is_wanted(r, me, k)))
            continue;
        shut(k);
        k->is_used = false;
    }
    for (size_t i = 0; me != NULL && i < me->n_homes; i++) {
        const struct registry_broker *b = registry_broker(r, &me->home[i]);
        struct link *k = find_link(l, &me->home[i]);

        if (k == NULL && b != NULL && !b->is_suspended) {
            connect_to(l, b);
        } else if (k != NULL) {
            /* Documents refused under the old registry may be good now. */
            k->broker = *b;
            if (k->hf != NULL)
                hf_link_keys(k->hf, b->link_pk, b->old_link_pk,
                             b->old_link_until_ms);
            if (k->is_up)
                links_greet(k);
        }
    }
}

void
links_reset(struct links *l)
{
    for (size_t i = 0; i < LINKS_MAX; i++) {
        if (!l->link[i].is_used)
            continue;
        shut(&l->link[i]);
        l->link[i].reopen_ms = hf_clock_mono_ms() + LINKS_RESET_MS;
    }
}

void
links_check_state(struct link *k)
{
    struct hf_link_state state;

    hf_link_state(k->hf, &state);
    if (state.last_contact_ms != 0)
        k->last_contact_ms = state.last_contact_ms;
    if (state.refused && !k->is_refused)
        hf_log(HF_LOG_ERROR, "broker_refused", "broker=%s", k->broker.id.s);
    k->is_refused = state.refused;
    if (k->is_up && (!state.up || state.session != k->hf_session))
        went_down(k);
    if (!state.up || k->is_up)
        return;
    k->is_up = true;
    k->hf_session = state.session;
    k->session = ++k->owner->last_session;
    hf_log(HF_LOG_INFO, "broker_up", "broker=%s", k->broker.id.s);
    links_greet(k);
}

void
links_tend(struct links *l)
{
    const uint64_t now = hf_clock_mono_ms();

    hf_buf_free(&l->offered);
    for (size_t i = 0; i < LINKS_MAX; i++) {
        struct link *k = &l->link[i];

        if (!k->is_used)
            continue;
        if (k->hf == NULL && now >= k->reopen_ms)
            open_link(k);
        if (k->hf == NULL)
            continue;
        links_check_state(k);
        if (k->is_synced && now >= k->sweep_ms)
            links_sweep(k);
        if (k->is_synced && k->greet_ms != 0 && now >= k->greet_ms)
            links_greet(k);
    }
}

uint64_t
links_wake_ms(const struct links *l)
{
    uint64_t wake = UINT64_MAX;

    for (size_t i = 0; i < LINKS_MAX; i++) {
        const struct link *k = &l->link[i];

        if (!k->is_used)
            continue;
        if (k->hf == NULL && k->reopen_ms < wake)
            wake = k->reopen_ms;
        if (k->hf != NULL && k->is_synced && k->sweep_ms < wake)
            wake = k->sweep_ms;
        if (k->hf != NULL && k->is_synced && k->greet_ms != 0 &&
            k->greet_ms < wake)
            wake = k->greet_ms;
    }
    return wake;
}

void
links_sweep_at(struct link *k, uint64_t mono_ms)
{
    if (mono_ms < k->sweep_ms)
        k->sweep_ms = mono_ms;
}

bool
links_is_live(const struct links *l, size_t link, uint64_t session)
{
    HF_ASSERT(link < LINKS_MAX);
    return l->link[link].is_up && l->link[link].session == session;
}

void
links_ack(struct links *l, size_t link, uint64_t session, uint64_t token)
{
    struct link *k = &l->link[link];

    if (!links_is_live(l, link, session))
        return; /* it will be delivered again, and be a duplicate */
    if (k->n_acks == FRAME_BATCH_MAX)
        links_send_acks(k);
    k->ack[k->n_acks++] = token;
}

void
links_flush(struct links *l)
{
    for (size_t i = 0; i < LINKS_MAX; i++)
        if (l->link[i].n_acks > 0)
            links_send_acks(&l->link[i]);
}

bool
links_offered(struct links *l, struct hf_bytes *ret_set)
{
    *ret_set = hf_buf_bytes(&l->offered);
    return l->offered.n > 0;
}

uint64_t
links_time_ms(const struct links *l)
{
    const uint64_t ago = hf_clock_boot_ms() - l->said_boot_ms;

    return l->said_ms != 0 && ago < CLOCK_SAID_MS ? l->said_ms + ago : 0;
}

static uint64_t
skew_ms(const struct links *l)
{
    const uint64_t said = links_time_ms(l), wall = hf_clock_wall_ms();

    return said == 0 ? 0 : said > wall ? said - wall : wall - said;
}

void
links_status(struct links *l, struct api_status *ret)
{
    _Static_assert(LINKS_MAX <= API_BROKERS_MAX, "all brokers are shown");
    ret->n_brokers = 0;
    for (size_t i = 0; i < LINKS_MAX; i++) {
        const struct link *k = &l->link[i];

        if (!k->is_used)
            continue;
        ret->broker[ret->n_brokers].name = k->broker.id;
        ret->broker[ret->n_brokers].up = k->is_up;
        ret->broker[ret->n_brokers].last_contact_ms =
            k->is_up ? hf_clock_wall_ms() : k->last_contact_ms;
        ret->n_brokers++;
    }
    ret->clock_skew_ms = skew_ms(l);
}
