/* The loop: wait, take in, decide and store, let out. */
#include "noded.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "health.h"
#include "hf_assert.h"
#include "hf_log.h"
#include "hf_proc.h"
#include "noded_internal.h"
#include "parked.h"
#include "peer_docs.h"

#define TEND_EVERY_MS     60000
#define CLOCK_SKEW_MAX_MS (12ull * 3600 * 1000)
#define RECORD_EVERY_MS   (3600u * 1000u)
#define TICK_GAP_MS       20 /* between two ticks that the clock asks for */
#define LOOK_AGE_MS       500
#define UNPARK_PAGE       64
#define UNPARK_EVERY_MS   (24ull * 3600 * 1000) /* those that ran out go */
#define BATCHES_MAX       16 /* before the brokers are listened to again */

uint64_t
noded_peer_until_ms(void *ctx, const struct hf_org *peer)
{
    struct noded *n = ctx;
    struct prekey prekey;

    if (!peer_docs_prekey(n->store, n->held.r, peer, n->batch.now_ms, &prekey))
        return 0;
    return prekey.until_ms;
}

static bool
push_new(struct noded *n, enum work_type type)
{
    struct work *w = work_new(type);

    if (w != NULL)
        work_push(&n->queue, w);
    return w != NULL;
}

/* Envelopes that waited in the store: a page of them, while there is room. */
static void
unpark(struct noded *n)
{
    if (!n->must_unpark || n->queue.n > 0 ||
        node_store_begin(n->store, false) != HF_OK)
        return;
    for (int i = 0; i < UNPARK_PAGE && n->must_unpark; i++) {
        struct work *w = work_new(WORK_ENVELOPE);

        if (w != NULL && parked_next(n->store, &n->unpark_at, &w->bytes)) {
            w->is_stored = true;
            w->parked = n->unpark_at;
            work_push(&n->queue, w);
        } else {
            work_free(w);
            n->must_unpark = false;
        }
    }
    node_store_abort(n->store);
}

void
noded_unpark(struct noded *n)
{
    n->must_unpark = true;
    n->unpark_at = (struct parked_row){.first_ms = 0};
}

enum hf_err
noded_take_registry(struct noded *n, struct hf_bytes set)
{
    enum hf_err err = held_registry_offer(&n->held, set, n->clock.now_ms);

    if (err == HF_ERR_EXISTS)
        return err;
    if (err) {
        hf_log(HF_LOG_WARN, "registry_refused", "why=%s", hf_err_text(err));
        return err;
    }
    hf_log(HF_LOG_INFO, "registry_accepted", "version=%u",
           (unsigned)registry_latest(n->held.r));
    n->batch.env.registry = n->held.r;
    policies_follow(&n->policies, n->held.r);
    links_follow(n->links);
    noded_unpark(n);
    n->must_start = true; /* what is owed may be possible now */
    return HF_OK;
}

void
noded_take_pack(void *noded, const struct shelf_doc *doc)
{
    struct noded *n = noded;
    char what[POLICIES_WHAT_BYTES] = "";
    enum hf_err err = HF_ERR_UNTRUSTED;

    if (n->held.r != NULL)
        err = shelf_verify(doc, n->held.r);
    if (!err)
        err = policies_install(&n->policies, n->held.r, doc->bytes, what);
    if (err) {
        hf_log(HF_LOG_WARN, "policy_refused", "source=shelf why=%s",
               hf_err_text(err));
        return;
    }
    hf_log(HF_LOG_INFO, "policy_installed", "source=shelf packs=%zu",
           n->policies.n);
    noded_unpark(n);
}

void
noded_post(void *ctx, struct api_request *req)
{
    struct noded *n = ctx;

    if (!hf_queue_push(n->inbox, req))
        api_shell_reply(req, FAULT_NOT_NOW, "the node has too much to do",
                        "try again in a moment", (struct hf_bytes){0}, true);
}

void
noded_on_inbox(void *noded)
{
    struct noded *n = noded;

    for (int i = 0; i < WORK_QUEUE_MAX && n->queue.n < WORK_QUEUE_MAX; i++) {
        struct api_request *req = hf_queue_pop(n->inbox);
        struct work *w;

        if (req == NULL)
            return;
        w = work_new(WORK_API);
        if (w == NULL) {
            api_shell_reply(req, FAULT_NOT_NOW, "out of memory",
                            "try again in a moment", (struct hf_bytes){0},
                            true);
            return;
        }
        w->req = req;
        work_push(&n->queue, w);
    }
}

void
noded_on_signal(void *noded)
{
    struct noded *n = noded;
    struct signalfd_siginfo info;

    if (read(n->signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
        return;
    if (info.ssi_signo == SIGHUP) {
        enum hf_err err = hf_log_open(n->dir, "node"); /* after rotation */

        hf_log(HF_LOG_INFO, "log_reopened", "ok=%d", err == HF_OK);
        return;
    }
    n->must_stop = true;
}

/* The time that the core goes by, anew each round. */
static void
look_at_clock(struct noded *n)
{
    if (clock_watch_look(&n->clock, hf_clock_wall_ms(), hf_clock_boot_ms(),
                         links_time_ms(n->links)))
        noded_note_doubt(n);
}

void
noded_note_doubt(struct noded *n)
{
    const bool is_doubtful = n->clock.doubt != CLOCK_SURE;

    n->batch.env.is_clock_doubtful = is_doubtful;
    n->wants_tick = n->wants_tick || !is_doubtful; /* deadlines go on */
    hf_log(is_doubtful ? HF_LOG_ERROR : HF_LOG_INFO, "clock_doubt",
           "doubt=%s apart_s=%llu", clock_doubt_text(n->clock.doubt),
           (unsigned long long)(n->clock.apart_ms / 1000));
}

/* What the next start holds its clock against. */
static void
record_time(struct noded *n)
{
    if (n->clock.doubt != CLOCK_SURE ||
        n->clock.now_ms < n->recorded_ms + RECORD_EVERY_MS)
        return;
    if (node_store_note_time(n->store, n->clock.now_ms) == HF_OK)
        n->recorded_ms = n->clock.now_ms;
}

/* By a clock in doubt nothing is destroyed, and nothing made that would look
 * too old or too new to others; status says so. */
static void
tend_prekeys(struct noded *n)
{
    const uint64_t said = links_time_ms(n->links), now = n->clock.now_ms;
    bool is_made = false;
    enum hf_err err;

    if (n->clock.doubt != CLOCK_SURE ||
        (said != 0 &&
         (said > now ? said - now : now - said) > CLOCK_SKEW_MAX_MS))
        return;
    err = prekeys_tend(n->prekeys, n->clock.now_ms, &is_made);
    if (err)
        hf_log(HF_LOG_ERROR, "prekey_failed", "why=%s", hf_err_text(err));
    if (is_made) {
        hf_log(HF_LOG_INFO, "prekey_made", "until_ms=%llu",
               (unsigned long long)prekeys_newest(n->prekeys)->until_ms);
        noded_publish_prekey(n);
    }
}

/* Each minute: what no event brings. */
static void
tend(struct noded *n)
{
    const uint64_t now = hf_clock_mono_ms();

    if (now < n->tend_ms)
        return;
    n->tend_ms = now + TEND_EVERY_MS;
    node_store_tend(n->store);
    backups_follow(&n->backups, n->clock.now_ms, true);
    record_time(n);
    if (now >= n->unpark_ms + UNPARK_EVERY_MS) {
        n->unpark_ms = now;
        noded_unpark(n);
    }
    tend_prekeys(n);
    /* For a while only; and no more than has to be gone through. */
    if (n->awaits_from != 0 && !n->must_unpark) {
        n->must_unpark = true;
        n->unpark_at = (struct parked_row){.key = {n->awaits_from}};
        n->awaits_from = 0;
    }
}

/* The clock's own work: START until it is committed, TICK when it is due. */
static void
feed_clock(struct noded *n)
{
    const uint64_t now = hf_clock_mono_ms();

    if (now < n->tick_ms)
        return;
    if (n->must_start && push_new(n, WORK_START))
        n->must_start = false; /* noded_drop() sets it again */
    if (n->has_tick || (!n->wants_tick && n->clock.now_ms < n->batch.wake_ms))
        return;
    n->has_tick = push_new(n, WORK_TICK);
    n->tick_ms = n->wants_tick ? now : now + TICK_GAP_MS;
    n->wants_tick = false;
}

static size_t
count(const struct noded *n, enum work_type type)
{
    size_t found = 0;

    for (const struct work *w = n->queue.first; w != NULL; w = w->next)
        found += w->type == type ? 1 : 0;
    return found;
}

/* Only who asks needs to know, and not anew for each question. */
static void
look(struct noded *n)
{
    const struct health h = {.dir = n->dir,
                             .self = &n->settings.node.org,
                             .env = &n->batch.env,
                             .held = &n->held,
                             .policies = &n->policies,
                             .prekeys = n->prekeys,
                             .backups = &n->backups,
                             .store = n->store,
                             .links = n->links,
                             .n_queued = count(n, WORK_ENVELOPE),
                             .clock = &n->clock,
                             .notify = &n->notify,
                             .failing = n->failing};

    if (count(n, WORK_API) == 0 || hf_clock_mono_ms() < n->look_ms)
        return;
    health_look(&h, n->clock.now_ms, &n->batch.status);
    n->look_ms = hf_clock_mono_ms() + LOOK_AGE_MS;
}

/* Whom the committee has suspended meanwhile is not known. */
static void
note_freshness(struct noded *n)
{
    const bool was = n->opening.is_registry_stale;
    const bool is =
        n->held.r != NULL &&
        registry_fresh(n->held.r, n->clock.now_ms) == REGISTRY_STALE;

    if (is == was)
        return;
    n->opening.is_registry_stale = is;
    n->batch.env.is_registry_stale = is;
    hf_log(is ? HF_LOG_WARN : HF_LOG_INFO, "registry_stale", "stale=%d", is);
    if (!is)
        noded_unpark(n);
}

static void
work(struct noded *n)
{
    for (int i = 0; i < BATCHES_MAX && n->queue.first != NULL; i++) {
        enum hf_err err;

        api_hold(n->api);
        err = batch_run(&n->batch, &n->queue, n->clock.now_ms);
        if (err)
            noded_drop(n, err);
        else
            noded_release(n);
        api_release(n->api);
    }
}

static uint64_t
at_most(uint64_t wait, uint64_t when, uint64_t now)
{
    const uint64_t left = when > now ? when - now : 0;

    return left < wait ? left : wait;
}

static uint64_t
wait_ms(const struct noded *n)
{
    const uint64_t now = hf_clock_mono_ms();
    uint64_t wait = TEND_EVERY_MS;

    if (n->queue.first != NULL || n->has_notice)
        return 0;
    wait = at_most(wait, n->tend_ms, now);
    wait = at_most(wait, links_wake_ms(n->links), now);
    if (n->must_unpark)
        return 0;
    wait = at_most(wait, notify_wake_ms(&n->notify), now);
    if (n->must_start || n->wants_tick)
        return at_most(wait, n->tick_ms, now);
    /* Due by the wall clock, but no sooner than the gap allows. */
    if (n->batch.wake_ms != UINT64_MAX) {
        const uint64_t due =
            at_most(TEND_EVERY_MS, n->batch.wake_ms, n->clock.now_ms);
        const uint64_t gap = at_most(TEND_EVERY_MS, n->tick_ms, now);
        const uint64_t later = due > gap ? due : gap;

        wait = later < wait ? later : wait;
    }
    return wait;
}

/* Where `notify:` names a command: one after the other, until none is left. */
static void
give_notice(struct noded *n)
{
    struct work *w = notify_tend(&n->notify, n->store, n->has_notice);

    if (w != NULL)
        work_push(&n->queue, w);
    n->has_notice = w != NULL; /* there may be another behind it */
}

void
noded_run(struct noded *n)
{
    struct hf_bytes set;

    n->must_start = true;
    noded_unpark(n);
    look_at_clock(n);
    while (!n->must_stop) {
        (void)hf_loop_wait(n->loop, wait_ms(n));
        look_at_clock(n);
        if (links_offered(n->links, &set) &&
            noded_take_registry(n, set) == HF_ERR_EXISTS)
            hf_log(HF_LOG_DEBUG, "registry_known", "offered again");
        links_tend(n->links);
        tend(n);
        note_freshness(n);
        feed_clock(n);
        unpark(n);
        look(n);
        give_notice(n);
        work(n);
    }
}
