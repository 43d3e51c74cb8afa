#include "health.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/statvfs.h>

#include "hf_text.h"
#include "reach.h"
#include "records.h"
#include "reviewer.h"

#define DAY_MS         (24ull * 3600 * 1000)
#define SOON_MS        (30 * DAY_MS)
#define SKEW_MS        (5ull * 60 * 1000)
#define KEY_OLD_MS     (75 * DAY_MS) /* of 90: time to rotate */
#define KEY_END_MS     (90 * DAY_MS)
#define DISK_INFO      (4096ull << 20)
#define DISK_WARN      (1024ull << 20)
#define DISK_STOP      (128ull << 20)
#define UNSENT_COUNT   100000 /* rows of the outbox looked at */
#define SERVICES_COUNT 5000   /* rows of the service map looked at */

/** alarm: @mend says what to do. Beyond the ceiling the first ones stand: they
 * are asked in the order of their weight. */
static void raise_alarm(struct api_status *s, const char *level,
                        const char *mend, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static void
raise_alarm(struct api_status *s, const char *level, const char *mend,
            const char *fmt, ...)
{
    va_list args;

    if (s->n_alarms == API_ALARMS_MAX)
        return;
    (void)snprintf(s->alarm[s->n_alarms].level, sizeof(s->alarm[0].level), "%s",
                   level);
    (void)snprintf(s->alarm[s->n_alarms].mend, sizeof(s->alarm[0].mend), "%s",
                   mend);
    va_start(args, fmt);
    (void)vsnprintf(s->alarm[s->n_alarms].what, sizeof(s->alarm[0].what), fmt,
                    args);
    va_end(args);
    s->n_alarms++;
}

/* Envelopes that no broker has taken. */
static uint64_t
count_unsent(struct node_store *store)
{
    const struct node_view *v = node_store_view(store);
    uint8_t from[HF_ID_BYTES + 1];
    size_t n_from = 0;
    uint64_t n = 0;
    struct hf_bytes key;
    struct hf_bytes value;

    for (int i = 0; i < UNSENT_COUNT; i++) {
        struct node_out out;
        struct hf_id id;

        if (!v->seek(v->ctx, NODE_OUTBOX, (struct hf_bytes){from, n_from}, &key,
                     &value) ||
            key.n != HF_ID_BYTES)
            break;
        memcpy(id.b, key.p, HF_ID_BYTES);
        memcpy(from, key.p, HF_ID_BYTES);
        from[HF_ID_BYTES] = 0;
        n_from = sizeof(from);
        if (out_get(v, &id, &out) && out.custody_ms == 0)
            n++;
    }
    return n;
}

/* What waits for its peer, by what it waits for, and which waits longest. */
struct waits {
    const char *what; /* as reach_waits_for() says */
    const char *text;
    const char *mend;
    uint64_t n;
    uint64_t since_ms;
    struct hf_org longest;
};

static const struct waits every_wait[] = {
    {.what = "prekey",
     .text = "a prekey (their node is off)",
     .mend = "telephone; it goes by itself as soon as their node runs"},
    {.what = "suspended",
     .text = "a suspended member",
     .mend = "it goes by itself when the committee reinstates them; tell them "
             "otherwise what cannot wait, withdrawals go anyway"},
    {.what = "left",
     .text = "a member that left",
     .mend = "only withdrawals still go there: end it (`handoff abandon ID`, "
             "`recall ID`) and refer to another"},
    {.what = "not_listed",
     .text = "one that the registry does not list",
     .mend = "ask the committee; if they are gone, end it (`handoff abandon "
             "ID`, `recall ID`) and refer to another"},
    {.what = "we_are_suspended",
     .text = "this organisation's reinstatement",
     .mend = "ask the committee; withdrawals and their answers go anyway, the "
             "rest by itself then"},
    {.what = "registry_stale",
     .text = "a fresh registry",
     .mend = "ask the committee for a timestamp; it goes by itself then"}};

#define WAITS (sizeof(every_wait) / sizeof(every_wait[0]))

static void
look_at_waiting(const struct health *h, struct api_status *s,
                struct waits w[static WAITS])
{
    const struct node_view *v = node_store_view(h->store);
    struct hf_org peer = {{0}};
    struct hf_id object = {{0}};
    uint64_t since;

    memcpy(w, every_wait, sizeof(every_wait));
    while (s->waiting < UNSENT_COUNT &&
           waiting_next(v, &peer, &object, &since)) {
        const char *what = reach_waits_for(h->env, &peer);

        s->waiting++;
        s->waiting_prekey += strcmp(what, "prekey") == 0;
        if (s->waiting_since_ms == 0 || since < s->waiting_since_ms)
            s->waiting_since_ms = since;
        for (size_t i = 0; i < WAITS; i++) {
            if (strcmp(w[i].what, what) != 0)
                continue;
            if (w[i].n++ == 0 || since < w[i].since_ms) {
                w[i].since_ms = since;
                w[i].longest = peer;
            }
        }
    }
}

/* Entries of ours that nobody confirmed for half a year sink in the order. */
static size_t
count_stale(struct node_store *store, const struct hf_org *self,
            uint64_t now_ms)
{
    const struct node_view *v = node_store_view(store);
    const struct hf_name every = {{0}};
    struct hf_org at = {{0}};
    uint8_t uuid[16] = {0};
    struct service sv;
    size_t n = 0;

    memset(&sv, 0, sizeof(sv));
    for (int i = 0; i < SERVICES_COUNT; i++) {
        if (!service_next(v, &every, &at, uuid, &sv))
            break;
        n += hf_org_eq(&sv.org, self) &&
             now_ms > sv.assured_ms + SERVICE_STALE_MS;
    }
    return n;
}

/* A day is a weekend's machine; a week is somebody to be called. */
static void
judge_waiting(uint64_t now_ms, const struct waits *w, struct api_status *s)
{
    const uint64_t days =
        w->since_ms < now_ms ? (now_ms - w->since_ms) / DAY_MS : 0;

    if (w->n == 0)
        return;
    raise_alarm(s,
                days < 1   ? "info"
                : days < 7 ? "warn"
                           : "stop",
                w->mend, "%llu waiting for %s, longest for %s since %llu days",
                (unsigned long long)w->n, w->text, w->longest.s,
                (unsigned long long)days);
}

static void
look_at_prekeys(const struct health *h, uint64_t now_ms, struct api_status *s)
{
    const struct prekey *k = prekeys_newest(h->prekeys);
    const uint64_t left = k->until_ms > now_ms ? k->until_ms - now_ms : 0;

    s->prekey_until_ms = k->until_ms;
    if (left == 0)
        raise_alarm(s, "stop", "look at the folder prekeys and at the disk",
                    "no valid prekey: nobody can send to us");
    else if (left < PREKEYS_VALID_MS - PREKEYS_EVERY_MS - DAY_MS)
        raise_alarm(s, left < 14 * DAY_MS ? "warn" : "info",
                    "look at the folder prekeys, the disk and the clock",
                    "no new prekey was made for more than a week");
}

static void
look_at_store(const struct health *h, uint64_t now_ms, struct api_status *s)
{
    struct waits waits[WAITS] = {{.n = 0}};
    struct node_store_state state;
    size_t n_stale = 0;

    if (node_store_begin(h->store, false) == HF_OK) {
        s->queue_in += node_store_count(h->store, NODE_PARKED);
        s->queue_out = node_store_count(h->store, NODE_OUTBOX);
        s->queue_unsent = count_unsent(h->store);
        look_at_waiting(h, s, waits);
        n_stale = count_stale(h->store, h->self, now_ms);
        node_store_abort(h->store);
    }
    node_store_state(h->store, &state);
    s->map_used = state.map_used;
    s->map_max = state.map_max;
    if (h->failing)
        raise_alarm(s, "stop", "make room on the disk of the node's folder",
                    "nothing can be stored: %s", hf_err_text(h->failing));
    if (state.n_bad > 0)
        raise_alarm(s, "stop", "restore store and keystore from one backup",
                    "%llu rows of the store do not open",
                    (unsigned long long)state.n_bad);
    if (state.owes_shred)
        raise_alarm(s, "warn",
                    "make room on the disk; it is tried again "
                    "each minute",
                    "shredded keys are not destroyed yet");
    if (state.map_used > state.map_max / 5 * 4)
        raise_alarm(s, "warn", "archive closed cases, or ask for help",
                    "the store is at more than 80 %% of its ceiling");
    if (n_stale > 0)
        raise_alarm(s, "warn",
                    "handoff services confirm CODE, or set them anew",
                    "%zu of our services were not confirmed for half a year: "
                    "others are asked first",
                    n_stale);
    for (size_t i = 0; i < WAITS; i++)
        judge_waiting(now_ms, &waits[i], s);
}

static void
look_at_registry(const struct health *h, uint64_t now_ms, struct api_status *s)
{
    const struct registry *r = h->held->r;
    const struct registry_org *me = NULL;
    uint64_t end;

    if (r == NULL) {
        raise_alarm(s, "stop",
                    "run `handoff registry publish FILE` with the "
                    "committee's set",
                    "no registry: nobody is known");
        return;
    }
    me = registry_org(r, h->self);
    end = r->expires_ms[REGISTRY_ORGS];
    if (r->expires_ms[REGISTRY_ROOT] < end)
        end = r->expires_ms[REGISTRY_ROOT];
    s->registry_expires_ms = end;
    s->registry_version = registry_latest(r);
    if (me == NULL)
        raise_alarm(s, "stop",
                    "send the request that `handoff init` printed "
                    "to the committee",
                    "the registry does not list this organisation");
    else if (me->status != MEMBER_ACTIVE)
        raise_alarm(s, "stop", "ask the committee",
                    "the registry says that this organisation is %s",
                    member_status_text(me->status));
    if (end <= now_ms)
        raise_alarm(s, "stop", "ask the committee for a new registry",
                    "the registry has expired");
    else if (end - now_ms < SOON_MS)
        raise_alarm(s, "warn", "ask the committee for a new registry",
                    "the registry expires in %llu days",
                    (unsigned long long)((end - now_ms) / DAY_MS));
}

/* Whether the committee's machines vouched for the registry of late. */
static void
look_at_freshness(const struct health *h, uint64_t now_ms, struct api_status *s)
{
    const struct registry *r = h->held->r;
    enum registry_grade grade;

    if (r == NULL || !r->has_timestamps)
        return;
    grade = registry_fresh(r, now_ms);
    if (grade == REGISTRY_STALE)
        raise_alarm(s, "stop",
                    "ask the committee for a timestamp; receiving, "
                    "withdrawing and erasing go on",
                    "nobody vouches for the registry any more: nothing else "
                    "is opened or sent");
    else if (grade == REGISTRY_UNVOUCHED)
        raise_alarm(s, "warn", "ask the committee to run `registry timestamp`",
                    "nobody has vouched for the registry yet: what is held "
                    "back would not be noticed");
    else if (grade == REGISTRY_AGEING)
        raise_alarm(s, "warn",
                    "ask the committee whether its timestamp machines run",
                    "nobody vouched for the registry in the last day");
}

/* The operation key lives for 90 days; nothing stops by itself, but what an
 * old key gives away grows. */
static void
look_at_keys(const struct health *h, uint64_t now_ms, struct api_status *s)
{
    const struct registry *r = h->held->r;
    const struct registry_org *me = r == NULL ? NULL : registry_org(r, h->self);
    uint64_t from = 0;

    for (int i = 0; me != NULL && i < me->n_op; i++)
        if (!me->op[i].revoked && me->op[i].from_ms > from)
            from = me->op[i].from_ms;
    if (from == 0 || now_ms < from + KEY_OLD_MS)
        return;
    raise_alarm(s, now_ms < from + KEY_END_MS ? "info" : "warn",
                "run `handoff registry request` and send it to the committee",
                "the operation key is %llu days old",
                (unsigned long long)((now_ms - from) / DAY_MS));
}

static void
look_at_disk(const struct health *h, struct api_status *s)
{
    struct statvfs disk;
    uint64_t free_bytes;

    if (statvfs(h->dir, &disk) != 0)
        return;
    free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
    if (free_bytes < DISK_INFO)
        raise_alarm(s,
                    free_bytes < DISK_STOP   ? "stop"
                    : free_bytes < DISK_WARN ? "warn"
                                             : "info",
                    "make room on the disk of the node's folder",
                    "%llu MiB are free; at 0 nothing new can be recorded",
                    (unsigned long long)(free_bytes >> 20));
}

/* Every doubt stops the same; how it came about says what to look at. */
static void
look_at_clock(const struct health *h, struct api_status *s)
{
    static const char *const how[] = {
        [CLOCK_JUMPED] = "jumped by",
        [CLOCK_BEHIND] = "is behind this node's own record by",
        [CLOCK_AHEAD] = "is ahead of this node's last record by",
        [CLOCK_OPPOSED] = "differs from the broker's by"};
    const uint64_t minutes = h->clock->apart_ms / 60000;

    s->clock = clock_doubt_text(h->clock->doubt);
    if (h->clock->doubt == CLOCK_SURE)
        return;
    raise_alarm(
        s, "stop",
        "set this machine's clock (NTP); if it is right: handoff "
        "clock confirm",
        "the clock %s %llu %s: no deadline passes, all else goes on",
        how[h->clock->doubt],
        (unsigned long long)(minutes < 2 * 1440 ? minutes : minutes / 1440),
        minutes < 2 * 1440 ? "min" : "days");
}

static void
look_at_links(const struct health *h, struct api_status *s)
{
    size_t n_up = 0;

    links_status(h->links, s);
    for (size_t i = 0; i < s->n_brokers; i++)
        n_up += s->broker[i].up ? 1 : 0;
    if (s->n_brokers > 0 && n_up == 0)
        raise_alarm(s, "stop",
                    "look at this machine's network; the log says "
                    "if a broker refused us",
                    "no home broker is reachable");
    else if (n_up < s->n_brokers)
        raise_alarm(s, "warn", "ask its operator",
                    "one home broker is not reachable");
    if (h->clock->doubt == CLOCK_SURE && s->clock_skew_ms > SKEW_MS)
        raise_alarm(s, "warn", "set the clock of this machine (NTP)",
                    "the clock differs from the broker's by %llu s",
                    (unsigned long long)(s->clock_skew_ms / 1000));
}

/* Long before the last one that a restore would take expires. */
static void
look_at_backups(const struct health *h, uint64_t now_ms, struct api_status *s)
{
    const uint64_t last = h->backups->last_ms;
    const uint64_t days = last < now_ms ? (now_ms - last) / DAY_MS : 0;

    s->backup_ms = last;
    if (last == 0)
        raise_alarm(s, "info", "run `handoff backup FILE`, each day",
                    "no backup was ever made");
    else if (days >= 2)
        raise_alarm(s,
                    days < 7    ? "info"
                    : days < 25 ? "warn"
                                : "stop",
                    "run `handoff backup FILE`, each day",
                    "the last backup is %llu days old%s",
                    (unsigned long long)days,
                    days < 30 ? "" : ": none can be restored any more");
    if (h->backups->n_behind > 0)
        raise_alarm(s, "warn",
                    "make their disk reachable; it is tried again each minute",
                    "the tombstones beside %zu backups are not up to date",
                    h->backups->n_behind);
}

/* A disclosure without consent is to be looked at by somebody at neither end,
 * and the committee has named nobody. */
static void
look_at_reviews(const struct health *h, struct api_status *s)
{
    const struct node_view *v = node_store_view(h->store);
    struct hf_id at = {{0}};
    struct node_asked t;
    unsigned n = 0;

    if (node_store_begin(h->store, false) != HF_OK)
        return;
    for (int i = 0; i < REVIEWER_PAGE && told_next_open(v, &at); i++)
        n += told_get(v, &at, &t) && t.reviewer.s[0] == '\0';
    node_store_abort(h->store);
    if (n > 0)
        raise_alarm(s, "warn",
                    "ask the committee to name one (`registry set --duty "
                    "review`); until then a reviewer of ours does it",
                    "%u disclosures without consent to review, and the "
                    "registry names no reviewer who is at neither end",
                    n);
}

/* Nobody was told of a deadline that passed, or not in that way. */
static void
look_at_notify(const struct health *h, struct api_status *s)
{
    char at[HF_TIME_TEXT_BYTES];

    if (h->notify->n_failed == 0)
        return;
    raise_alarm(s, "warn",
                "run it by hand: id, urgency and rung are its arguments; 127: "
                "it could not be run, 137: it took longer than 30 s",
                "the notify command failed %u times, last at %s with status %d",
                h->notify->n_failed, hf_time_format(h->notify->failed_ms, at),
                h->notify->failed_status);
}

static void
look_at_packs(const struct health *h, struct api_status *s)
{
    const size_t n = policies_lacks(h->policies, h->held->r);

    if (n > 0)
        raise_alarm(s, "warn",
                    "they come by themselves; else whoever has the file runs "
                    "`handoff policy install FILE`",
                    "%zu SOP packs of the committee are not here", n);
}

void
health_look(const struct health *h, uint64_t now_ms, struct api_status *ret)
{
    *ret = (struct api_status){.queue_in = h->n_queued};
    look_at_store(h, now_ms, ret);
    look_at_registry(h, now_ms, ret);
    look_at_freshness(h, now_ms, ret);
    look_at_clock(h, ret);
    look_at_links(h, ret);
    look_at_keys(h, now_ms, ret);
    look_at_disk(h, ret);
    look_at_prekeys(h, now_ms, ret);
    look_at_backups(h, now_ms, ret);
    look_at_notify(h, ret);
    look_at_reviews(h, ret);
    look_at_packs(h, ret);
    if (h->policies->n == 0)
        raise_alarm(ret, "warn", "run `handoff policy install FILE`",
                    "no SOP pack is installed: nothing can be referred");
}
