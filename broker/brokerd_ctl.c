/*
 * brokerd_ctl.c - DIR/run/ctl.sock: one word in, one line of JSON out.
 *
 * Only the owner of the directory can connect. A client that says nothing is
 * given a tenth of a second, so that it cannot hold up the broker for long.
 */
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "broker_ctl.h"
#include "brokerd_internal.h"
#include "hf_allow.h"
#include "hf_file.h"
#include "hf_log.h"

#define WORD_BYTES   32
#define PATIENCE_MS  100
#define BOXES_SHOWN  1000
#define ANSWER_BYTES (256u * 1024u)

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
status(struct brokerd *d, struct hf_buf *out)
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
        "\"spool\": {\"used\": %llu, \"max\": %llu}",
        d->conf.name.s, hf_port_endpoint(d->port), (unsigned)s.registry_version,
        s.n_links, s.n_boxes, (unsigned long long)s.n_queued,
        (unsigned long long)s.queued_bytes, (unsigned long long)s.n_taken,
        (unsigned long long)s.n_refused, (unsigned long long)s.n_delivered,
        (unsigned long long)s.n_expired, (unsigned long long)d->n_bad_frames,
        (unsigned long long)hf_allow_refused(),
        s.is_draining ? "true" : "false", (unsigned long long)used,
        (unsigned long long)max);
    add_peers(d, out);
    add_boxes(d, out);
    (void)hf_buf_printf(out, "}\n");
}

static void
reload(struct brokerd *d, struct hf_buf *out)
{
    enum hf_err err = brokerd_registry_file(d);

    if (err == HF_ERR_EXISTS)
        err = HF_OK; /* nothing newer */
    (void)hf_buf_printf(out, "{\"ok\": %s, \"why\": \"%s\"}\n",
                        err ? "false" : "true", hf_err_text(err));
}

static void
answer(struct brokerd *d, const char *word, struct hf_buf *out)
{
    if (strcmp(word, "status") == 0) {
        status(d, out);
    } else if (strcmp(word, "reload") == 0) {
        reload(d, out);
    } else if (strcmp(word, "drain") == 0) {
        struct broker_event ev = {.type = BROKER_DRAIN};

        brokerd_feed(d, &ev);
        (void)hf_buf_printf(out, "{\"ok\": true, \"why\": \"ok\"}\n");
    } else {
        (void)hf_buf_printf(out,
                            "{\"ok\": false, \"why\": \"unknown command\"}\n");
    }
}

static void
on_ctl(void *arg)
{
    struct brokerd *d = *(struct brokerd **)arg;
    char word[WORD_BYTES] = "";
    struct pollfd p = {.events = POLLIN};
    struct hf_buf out;
    ssize_t n;

    p.fd = accept4(d->ctl_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (p.fd < 0)
        return;
    hf_buf_init(&out, ANSWER_BYTES);
    n = poll(&p, 1, PATIENCE_MS) == 1 ? read(p.fd, word, sizeof(word) - 1) : 0;
    if (n > 0) {
        word[strcspn(word, "\n")] = '\0';
        answer(d, word, &out);
        p.events = POLLOUT;
        for (size_t sent = 0; sent < out.n; sent += (size_t)n) {
            n = poll(&p, 1, PATIENCE_MS) == 1
                    ? send(p.fd, out.p + sent, out.n - sent, MSG_NOSIGNAL)
                    : -1;
            if (n <= 0)
                break;
        }
    }
    hf_buf_free(&out);
    (void)close(p.fd);
}

enum hf_err
brokerd_ctl_open(struct brokerd *d)
{
    struct sockaddr_un address;

    if (!broker_ctl_address(d->dir, &address))
        return HF_ERR_LIMIT;
    d->ctl_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (d->ctl_fd < 0)
        return HF_ERR_IO;
    (void)unlink(address.sun_path); /* of a process that was killed */
    if (bind(d->ctl_fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(d->ctl_fd, 8) != 0)
        return HF_ERR_IO;
    d->self = d;
    return hf_loop_add_fd(d->loop, d->ctl_fd, on_ctl, &d->self);
}

void
brokerd_ctl_close(struct brokerd *d)
{
    struct sockaddr_un address;

    if (d->ctl_fd < 0)
        return;
    (void)close(d->ctl_fd);
    if (broker_ctl_address(d->dir, &address))
        (void)unlink(address.sun_path);
    d->ctl_fd = -1;
}
