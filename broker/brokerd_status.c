/*
 * brokerd_status.c - how the broker is, as JSON; and the alarms: each says
 * what stops and how to mend it, long before it stops.
 */
#include <stdarg.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "brokerd_internal.h"
#include "hf_allow.h"
#include "hf_file.h"
#include "hf_proc.h"
#include "hf_text.h"

#define BOXES_SHOWN  1000
#define DAY_MS       UINT64_C(86400000)
#define KEY_OLD_MS   (75 * DAY_MS) /* of 90: time to rotate */
#define KEY_END_MS   (90 * DAY_MS)
#define LINK_SOON_MS (30 * DAY_MS)
#define DISK_INFO    (UINT64_C(4096) << 20)
#define DISK_WARN    (UINT64_C(1024) << 20)
#define DISK_STOP    (UINT64_C(128) << 20)

/** One alarm of a list; words and figures only, nothing that needs quoting. */
static void raise_alarm(struct hf_buf *out, const char *level, const char *mend,
                        const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static void
raise_alarm(struct hf_buf *out, const char *level, const char *mend,
            const char *fmt, ...)
{
    const bool is_first = out->n > 0 && out->p[out->n - 1] == '[';
    char what[256];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(what, sizeof(what), fmt, args);
    va_end(args);
    (void)hf_buf_printf(
        out, "%s{\"level\": \"%s\", \"what\": \"%s\", \"mend\": \"%s\"}",
        is_first ? "" : ", ", level, what, mend);
}

static unsigned long long
days(uint64_t ms)
{
    return (unsigned long long)(ms / DAY_MS);
}

static uint64_t
left(uint64_t until_ms, uint64_t now_ms)
{
    return until_ms > now_ms ? until_ms - now_ms : 0;
}

static void
look_at_freshness(const struct registry *r, uint64_t now_ms, struct hf_buf *out)
{
    static const char *const names[] = {"list of root keys", "list of members",
                                        "", "timestamp"};
    const enum registry_role role = registry_fresh_role(r, now_ms);
    const uint64_t rest = left(r->expires_ms[role], now_ms);

    switch (registry_fresh(r, now_ms)) {
    case REGISTRY_FRESH:
        break;
    case REGISTRY_UNVOUCHED:
        raise_alarm(out, "warn", "ask the committee for a timestamp",
                    "nobody has vouched for the registry yet: what is held "
                    "back would not be noticed");
        break;
    case REGISTRY_AGEING:
        raise_alarm(out, rest < 3 * DAY_MS ? "warn" : "info",
                    role == REGISTRY_TIMESTAMP
                        ? "ask the committee whether its timestamp machines "
                          "run"
                        : "ask the committee to renew it",
                    "the registry ages: its %s ends in %llu days, then only "
                    "withdrawals, recalls and their answers are taken",
                    names[role], days(rest));
        break;
    case REGISTRY_STALE:
        raise_alarm(out, "stop",
                    "ask the committee for a new one; what is refused waits "
                    "at its sender",
                    "the registry is stale: its %s has ended; only "
                    "withdrawals, recalls and their answers are taken",
                    names[role]);
        break;
    }
}

static void
look_at_link_key(const struct brokerd *d, const struct registry_broker *b,
                 const uint8_t link_pk[static HF_PK_BYTES], uint64_t now_ms,
                 struct hf_buf *out)
{
    if (memcmp(b->link_pk, link_pk, HF_PK_BYTES) == 0)
        return;
    if (!registry_broker_link(b, link_pk, now_ms))
        raise_alarm(out, "stop",
                    "run handoff-broker adopt --link, or send the committee a "
                    "request",
                    "the registry lists another link key: nobody connects");
    else
        raise_alarm(out,
                    left(b->old_link_until_ms, now_ms) < LINK_SOON_MS ? "warn"
                                                                      : "info",
                    "run handoff-broker adopt --link when every member has "
                    "had the registry",
                    "the link key in use counts for %llu more days",
                    days(left(b->old_link_until_ms, now_ms)));
    (void)d;
}

static const struct registry_key *
find_op(const struct registry_broker *b, const uint8_t pk[static HF_PK_BYTES])
{
    for (size_t i = 0; i < b->n_op; i++)
        if (memcmp(b->op[i].pk, pk, HF_PK_BYTES) == 0)
            return &b->op[i];
    return NULL;
}

static void
look_at_op_key(const struct brokerd *d, const struct registry_broker *b,
               uint64_t now_ms, struct hf_buf *out)
{
    const struct registry_key *k;
    uint8_t pk[HF_PK_BYTES];
    uint64_t age;

    hf_secret_public(d->op, pk);
    k = find_op(b, pk);
    if (k == NULL || k->revoked ||
        (k->until_ms != 0 && now_ms >= k->until_ms)) {
        raise_alarm(out, "stop",
                    "run handoff-broker adopt, or send the committee a "
                    "request",
                    "the operation key in use counts for nothing: receipts do "
                    "not verify");
        return;
    }
    age = left(now_ms, k->from_ms);
    if (k->until_ms != 0)
        raise_alarm(out,
                    left(k->until_ms, now_ms) < 3 * DAY_MS ? "warn" : "info",
                    "run handoff-broker adopt",
                    "the operation key in use counts for %llu more days",
                    days(left(k->until_ms, now_ms)));
    else if (age >= KEY_OLD_MS)
        raise_alarm(out, age >= KEY_END_MS ? "warn" : "info",
                    "run handoff-broker request and send it to the committee",
                    "the operation key is %llu days old", days(age));
}

static void
look_at_registry(struct brokerd *d, uint64_t now_ms, struct hf_buf *out)
{
    const struct registry_broker *b = brokerd_registry_self(d);
    uint8_t link_pk[HF_PK_BYTES];

    if (d->registry == NULL) {
        raise_alarm(out, "stop",
                    "run handoff-broker init --registry with the set of the "
                    "committee",
                    "no registry: nobody can connect");
        return;
    }
    look_at_freshness(d->registry, now_ms, out);
    if (b == NULL) {
        raise_alarm(out, "stop", "send request.yaml to the committee",
                    "the registry does not list this broker");
        return;
    }
    if (b->is_suspended)
        raise_alarm(out, "stop", "ask the committee",
                    "the registry says that this broker is suspended");
    look_at_op_key(d, b, now_ms, out);
    hf_secret_public(d->link, link_pk);
    look_at_link_key(d, b, link_pk, now_ms, out);
}

static void
look_at_room(struct brokerd *d, uint64_t used, uint64_t max, struct hf_buf *out)
{
    struct statvfs disk;
    uint64_t free_bytes;

    if (used > max - max / 16)
        raise_alarm(out, "stop", "raise spool-size in broker.yaml",
                    "the spool is full: nothing is taken, delivering goes on");
    else if (used > max / 5 * 4)
        raise_alarm(out, "warn", "raise spool-size in broker.yaml",
                    "the spool is at more than 80 %% of its ceiling");
    if (statvfs(d->dir, &disk) != 0)
        return;
    free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
    if (free_bytes < DISK_INFO)
        raise_alarm(out,
                    free_bytes < DISK_STOP   ? "stop"
                    : free_bytes < DISK_WARN ? "warn"
                                             : "info",
                    "make room on the disk of the folder of the broker",
                    "%llu MiB are free; at 0 nothing is taken",
                    (unsigned long long)(free_bytes >> 20));
}

static void
look_at_peers(struct brokerd *d, struct hf_buf *out)
{
    for (size_t i = 0; i < REGISTRY_BROKERS_MAX; i++)
        if (d->peers[i].link != NULL && d->peers[i].handle == 0)
            raise_alarm(out, "warn",
                        "ask its operator; what waits for it "
                        "goes as soon as it answers",
                        "broker %.31s is not reachable", d->peers[i].b.id.s);
}

static void
add_alarms(struct brokerd *d, uint64_t used, uint64_t max, struct hf_buf *out)
{
    const uint64_t now = hf_clock_wall_ms();
    const uint64_t age = left(now, d->backup_ms);

    (void)hf_buf_printf(out, ", \"alarms\": [");
    look_at_registry(d, now, out);
    look_at_room(d, used, max, out);
    look_at_peers(d, out);
    if (d->backup_ms != 0 && age >= 7 * DAY_MS)
        raise_alarm(out, "info", "run handoff-broker backup",
                    "the last backup is %llu days old", days(age));
    (void)hf_buf_printf(out, "]");
}

static void
add_registry(const struct brokerd *d, struct hf_buf *out)
{
    const uint64_t now = hf_clock_wall_ms();
    const struct registry *r = d->registry;
    char until[HF_TIME_TEXT_BYTES];
    enum registry_role role;

    if (r == NULL) {
        (void)hf_buf_printf(out, ", \"freshness\": {\"state\": \"none\"}");
        return;
    }
    role = registry_fresh_role(r, now);
    (void)hf_buf_printf(
        out, ", \"freshness\": {\"state\": \"%s\", \"until\": \"%s\"}",
        registry_grade_text(registry_fresh(r, now)),
        hf_time_format(r->version[role] ? r->expires_ms[role]
                                        : r->expires_ms[REGISTRY_ORGS],
                       until));
}

static void
add_peers(struct brokerd *d, struct hf_buf *out)
{
    const char *comma = "";

    (void)hf_buf_printf(out, ", \"peers\": [");
    for (size_t i = 0; i < REGISTRY_BROKERS_MAX; i++) {
        struct hf_link_state state;

        if (d->peers[i].link == NULL)
            continue;
        hf_link_state(d->peers[i].link, &state);
        (void)hf_buf_printf(
            out, "%s{\"name\": \"%.31s\", \"up\": %s, \"last_contact\": %llu}",
            comma, d->peers[i].b.id.s,
            d->peers[i].handle != 0 ? "true" : "false",
            (unsigned long long)state.last_contact_ms);
        comma = ", ";
    }
    (void)hf_buf_printf(out, "]");
}

static void
add_boxes(struct brokerd *d, struct hf_buf *out)
{
    const char *comma = "";
    struct broker_who who;
    uint64_t count;
    size_t cursor = 0;

    (void)hf_buf_printf(out, ", \"boxes\": [");
    for (size_t i = 0; i < BOXES_SHOWN; i++) {
        if (!broker_next_box(d->core, &cursor, &who, &count))
            break;
        (void)hf_buf_printf(
            out, "%s{\"mailbox\": \"%.31s\", \"broker\": %s, \"count\": %llu}",
            comma, who.id.s, who.is_broker ? "true" : "false",
            (unsigned long long)count);
        comma = ", ";
    }
    (void)hf_buf_printf(out, "]");
}

static void
add_backup(const struct brokerd *d, struct hf_buf *out)
{
    char text[HF_TIME_TEXT_BYTES];

    if (d->backup_ms == 0)
        (void)hf_buf_printf(out, ", \"last_backup\": null");
    else
        (void)hf_buf_printf(out, ", \"last_backup\": \"%s\"",
                            hf_time_format(d->backup_ms, text));
}

void
brokerd_status(struct brokerd *d, struct hf_buf *out)
{
    struct broker_stats s;
    uint64_t used;
    uint64_t max;

    broker_stats(d->core, &s);
    spool_read_end(d->spool);
    spool_headroom(d->spool, &used, &max);
    (void)hf_buf_printf(
        out,
        "{\"broker\": \"%.31s\", \"listen\": \"%s\", \"registry\": %u, "
        "\"links\": %zu, \"mailboxes\": %zu, \"queued\": %llu, "
        "\"bytes\": %llu, \"taken\": %llu, \"refused\": %llu, "
        "\"delivered\": %llu, \"expired\": %llu, \"bad_frames\": %llu, "
        "\"handshakes_refused\": %llu, \"draining\": %s, "
        "\"spool\": {\"used\": %llu, \"max\": %llu, \"file\": %llu}",
        d->conf.name.s, hf_port_endpoint(d->port), (unsigned)s.registry_version,
        s.n_links, s.n_boxes, (unsigned long long)s.n_queued,
        (unsigned long long)s.queued_bytes, (unsigned long long)s.n_taken,
        (unsigned long long)s.n_refused, (unsigned long long)s.n_delivered,
        (unsigned long long)s.n_expired, (unsigned long long)d->n_bad_frames,
        (unsigned long long)hf_allow_refused(),
        s.is_draining ? "true" : "false", (unsigned long long)used,
        (unsigned long long)max,
        (unsigned long long)spool_file_bytes(d->spool, false));
    add_registry(d, out);
    add_backup(d, out);
    add_alarms(d, used, max, out);
    add_peers(d, out);
    add_boxes(d, out);
    (void)hf_buf_printf(out, "}\n");
}
