/*
 * brokerd_ctl.c - DIR/run/ctl.sock: one word in, one line of JSON out.
 *
 * Only the owner of the directory can connect. A client that says nothing is
 * given a tenth of a second, so that it cannot hold up the broker for long.
 */
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include "broker_ctl.h"
#include "broker_keys.h"
#include "brokerd_internal.h"
#include "hf_file.h"
#include "hf_text.h"

#define WORD_BYTES   (PATH_MAX + 16)
#define PATIENCE_MS  100
#define ANSWER_BYTES (256u * 1024u)

/** What a command came to: @err's exit status and, unless @say, its words. */
static void
finish(struct hf_buf *out, enum hf_err err, int code, const char *say)
{
    (void)hf_buf_printf(out, "{\"ok\": %s, \"code\": %d, \"why\": \"%s\"}\n",
                        err ? "false" : "true", err ? code : 0,
                        say != NULL ? say : hf_err_text(err));
}

static void
reload(struct brokerd *d, struct hf_buf *out)
{
    enum hf_err err = brokerd_registry_file(d);

    if (err == HF_ERR_EXISTS)
        err = HF_OK; /* nothing newer */
    finish(out, err, EX_DATAERR, NULL);
}

static void
adopt(struct brokerd *d, bool with_link, struct hf_buf *out)
{
    struct broker_adopted got;
    const enum hf_err err = brokerd_registry_adopt(d, with_link, &got);
    char until[HF_TIME_TEXT_BYTES];

    if (err == HF_ERR_NOT_FOUND) {
        finish(out, err, 1, "no new keys; handoff-broker request makes them");
    } else if (err == HF_ERR_BUSY) {
        finish(out, err, EX_TEMPFAIL,
               "not in the registry yet; wait for the one that lists them");
    } else if (err) {
        finish(out, err, EX_NOPERM, NULL);
    } else {
        (void)hf_buf_printf(out,
                            "{\"ok\": true, \"keys\": %u, \"link\": %s, "
                            "\"link_waits_until\": ",
                            got.n, got.is_link ? "true" : "false");
        (void)hf_buf_printf(out, got.link_waits ? "\"%s\"}\n" : "null}\n",
                            hf_time_format(got.link_until_ms, until));
    }
}

static void
keep(struct brokerd *d, enum keep_kind kind, const char *to, struct hf_buf *out)
{
    const enum hf_err err = brokerd_keep_start(d, kind, to);

    if (err == HF_ERR_BUSY)
        finish(out, err, EX_TEMPFAIL, "a compaction or backup is running");
    else if (err == HF_ERR_EXISTS)
        finish(out, err, 1, "there is something at that name already");
    else
        finish(out, err, EX_SOFTWARE, NULL);
}

static void
answer(struct brokerd *d, const char *word, struct hf_buf *out)
{
    if (strcmp(word, "status") == 0) {
        brokerd_status(d, out);
    } else if (strcmp(word, "reload") == 0) {
        reload(d, out);
    } else if (strcmp(word, "drain") == 0) {
        struct broker_event ev = {.type = BROKER_DRAIN};

        brokerd_feed(d, &ev);
        finish(out, HF_OK, 0, NULL);
    } else if (strcmp(word, "adopt") == 0) {
        adopt(d, false, out);
    } else if (strcmp(word, "adopt link") == 0) {
        adopt(d, true, out);
    } else if (strcmp(word, "compact") == 0) {
        keep(d, KEEP_COMPACT, NULL, out);
    } else if (strncmp(word, "backup ", 7) == 0) {
        keep(d, KEEP_BACKUP, word + 7, out);
    } else if (strcmp(word, "job") == 0) {
        brokerd_keep_answer(d, out);
    } else {
        finish(out, HF_ERR_MALFORMED, EX_USAGE, "unknown command");
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
