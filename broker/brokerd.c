/*
 * brokerd.c - start, the loop, and the end.
 */
#include "brokerd.h"

#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "broker_seal.h"
#include "brokerd_internal.h"
#include "hf_allow.h"
#include "hf_assert.h"
#include "hf_file.h"
#include "hf_log.h"
#include "hf_proc.h"

#define TEND_EVERY_MS 10000 /* while a replaced link key is still taken */

void
brokerd_feed(struct brokerd *d, struct broker_event *ev)
{
    ev->now_ms = hf_clock_mono_ms();
    ev->wall_ms = hf_clock_wall_ms();
    broker_step(d->core, ev, &d->fx);
    for (size_t i = 0; i < d->fx.n; i++)
        brokerd_out(d, &d->fx.v[i]);
}

void
brokerd_defer(struct brokerd *d, const struct deferred *what)
{
    size_t at = (d->first_deferred + d->n_deferred) % DEFERRED_MAX;

    if (d->n_deferred == DEFERRED_MAX) {
        /* A link that is down is noticed again at the next send; a notice is
         * made again when its row is looked at again. */
        hf_log(HF_LOG_WARN, "deferred_full", "type=%d", (int)what->type);
        return;
    }
    d->deferred[at] = *what;
    d->n_deferred++;
}

/** What effects asked the core to be told, which they could not do at once. */
static void
settle(struct brokerd *d)
{
    while (d->n_deferred > 0 || d->must_install) {
        struct deferred what;

        if (d->must_install) {
            brokerd_registry_install(d);
            continue;
        }
        what = d->deferred[d->first_deferred];
        d->first_deferred = (d->first_deferred + 1) % DEFERRED_MAX;
        d->n_deferred--;
        if (what.type == BROKER_NOTICE_MADE) {
            brokerd_out_notice(d, &what);
        } else {
            struct broker_event ev = {.type = what.type, .link = what.link};

            brokerd_feed(d, &ev);
        }
    }
}

static void say(char *error, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/** The one line that a failed start leaves. */
static void
say(char *error, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(error, HF_CONF_ERROR_BYTES, fmt, args);
    va_end(args);
}

static bool
view_next_row(void *ctx, const struct broker_who *box, unsigned lane,
              uint64_t after, struct broker_row *ret_row)
{
    struct brokerd *d = ctx;

    return spool_next_row(d->spool, box, lane, after, ret_row);
}

static void
on_loaded_box(void *arg, const struct broker_who *box, uint64_t count,
              uint64_t bytes)
{
    struct broker_event ev = {
        .type = BROKER_LOADED_BOX, .who = *box, .count = count, .bytes = bytes};

    brokerd_feed(arg, &ev);
}

static void
on_loaded_doc(void *arg, const struct shelf_doc *doc)
{
    struct brokerd *d = arg;
    struct broker_event ev = {.type = BROKER_LOADED_DOC, .doc = doc};

    brokerd_feed(d, &ev);
    if (doc->kind == SHELF_REGISTRY)
        d->must_install = true;
}

static enum hf_err
load_key(struct brokerd *d, const char *name, enum hf_key_use use,
         struct hf_secret **ret, char *error)
{
    char path[PATH_MAX];
    enum hf_err err = broker_seal_load(
        hf_path(path, sizeof(path), d->dir, name), use, d->wrap, ret, error);

    if (err == HF_ERR_NOT_FOUND)
        say(error, "%s: key is not there; run init", path);
    return err;
}

/* Keys that still lie in clear are sealed as soon as there is a key for it. */
static enum hf_err
load_keys(struct brokerd *d, char *error)
{
    enum hf_err err = broker_seal_key(d->conf.key_file, &d->wrap, error);

    if (!err)
        err = load_key(d, "keys/op.key", HF_KEY_SIGN, &d->op, error);
    if (!err)
        err = load_key(d, "keys/link.key", HF_KEY_DH, &d->link, error);
    if (!err && d->wrap != NULL)
        err = broker_seal_files(d->dir, d->wrap, error);
    return err ? HF_ERR_FORBIDDEN : HF_OK;
}

static enum hf_err
open_files(struct brokerd *d, char *error)
{
    char path[PATH_MAX];
    enum hf_err err = load_keys(d, error);

    if (err)
        return err;
    err = spool_open(hf_path(path, sizeof(path), d->dir, "spool"),
                     d->conf.spool_bytes, &d->spool);
    if (err)
        say(error, "%s: cannot open: %s", path, hf_err_text(err));
    return err;
}

static enum hf_err
open_core(struct brokerd *d, char *error)
{
    struct broker_view view = {.ctx = d, .next_row = view_next_row};
    /* All that the core can have waiting for a commit. */
    size_t jobs_max = d->conf.core.batches_max + d->conf.core.rows_max + 256;
    enum hf_err err = HF_ERR_NOMEM;

    d->core = broker_new(&d->conf.core, &view);
    if (d->core != NULL)
        err = spool_load(d->spool, on_loaded_box, on_loaded_doc, d);
    if (!err)
        err = writer_start(d->spool, jobs_max, &d->writer);
    if (err)
        say(error, "%s/spool: %s", d->dir, hf_err_text(err));
    return err;
}

static enum hf_err
open_net(struct brokerd *d, char *error)
{
    struct hf_link_limits limits = hf_link_limits();
    enum hf_err err = hf_net_start(d->conf.io_threads);

    limits.frame_bytes_max = FRAME_BYTES_MAX;
    limits.send_frames_max = SEND_FRAMES_MAX;
    limits.receive_frames_max = 256;
    if (!err)
        err = hf_allow_start();
    if (!err)
        err = hf_loop_new(&d->loop);
    if (!err) /* the registry held, before the first handshake */
        settle(d);
    if (!err)
        err = hf_port_open(d->conf.listen, d->link, &limits,
                           d->conf.core.links_max, &d->port);
    if (!err)
        err = hf_loop_add_queue(d->loop, writer_done_queue(d->writer),
                                brokerd_in_done, d);
    if (!err)
        err = hf_loop_add_port(d->loop, d->port, brokerd_in_port, d);
    if (err)
        say(error, "%s/broker.yaml: cannot listen on %s: %s", d->dir,
            d->conf.listen, hf_err_text(err));
    return err;
}

static enum hf_err
open_all(struct brokerd *d, char *error)
{
    int holder = 0;
    enum hf_err err = broker_conf_load(d->dir, &d->conf, error);

    if (err == HF_ERR_NOT_FOUND)
        say(error, "%s: no broker here; run handoff-broker -C %s init", d->dir,
            d->dir);
    if (!err) {
        err = hf_proc_lock(d->dir, &holder);
        if (err)
            say(error, "%s: %s (process %d)", d->dir, hf_err_text(err), holder);
    }
    if (!err) {
        err = hf_log_open(d->dir, "broker");
        if (err)
            say(error, "%s/log: cannot write: %s", d->dir, hf_err_text(err));
    }
    if (!err)
        err = hf_crypto_start();
    if (!err)
        err = open_files(d, error);
    if (!err)
        err = open_core(d, error);
    if (!err)
        err = open_net(d, error);
    if (!err)
        err = brokerd_keep_open(d);
    if (!err) {
        err = brokerd_ctl_open(d);
        if (err)
            say(error, "%s/run/ctl.sock: cannot listen: %s", d->dir,
                hf_err_text(err));
    }
    return err;
}

enum hf_err
brokerd_open(const char *dir, struct brokerd **ret_broker,
             char error[static HF_CONF_ERROR_BYTES])
{
    struct brokerd *d = calloc(1, sizeof(*d));
    enum hf_err err;

    HF_ASSERT(strlen(dir) < sizeof(d->dir) - 64);
    if (d == NULL)
        return HF_ERR_NOMEM;
    (void)snprintf(d->dir, sizeof(d->dir), "%s", dir);
    say(error, "%s: cannot start", dir);
    d->ctl_fd = -1;
    d->allow_until_ms = UINT64_MAX;
    hf_buf_init(&d->registry_set, REGISTRY_BYTES_MAX);
    err = open_all(d, error);
    if (err) {
        brokerd_close(&d);
        return err;
    }
    if (brokerd_registry_file(d) == HF_OK)
        hf_log(HF_LOG_INFO, "registry_file", "file=registry.set");
    hf_log(HF_LOG_INFO, "started", "broker=%.31s listen=%s", d->conf.name.s,
           hf_port_endpoint(d->port));
    *ret_broker = d; /* the caller's now */
    return HF_OK;
}

static void
on_signal(void *arg)
{
    struct brokerd *d = arg;

    d->must_stop = true;
}

/** TICKs as long as the core has work; then when it wants to be called. */
static uint64_t
tick(struct brokerd *d)
{
    uint64_t wake = 0;

    for (int i = 0; i < TICKS_A_ROUND; i++) {
        struct broker_event ev = {.type = BROKER_TICK};
        uint64_t now;

        brokerd_feed(d, &ev);
        settle(d);
        wake = broker_wake_ms(d->core);
        now = hf_clock_mono_ms();
        if (wake > now)
            return wake - now;
    }
    return 0;
}

void
brokerd_run(struct brokerd *d)
{
    sigset_t stops;
    int fd;

    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGINT);
    fd = signalfd(-1, &stops, SFD_CLOEXEC | SFD_NONBLOCK);
    HF_ASSERT(fd >= 0);
    HF_ASSERT(hf_loop_add_fd(d->loop, fd, on_signal, d) == HF_OK);
    while (!d->must_stop) {
        uint64_t wait_ms;

        brokerd_registry_tend(d);
        wait_ms = tick(d);
        if (d->allow_until_ms != UINT64_MAX && wait_ms > TEND_EVERY_MS)
            wait_ms = TEND_EVERY_MS;
        brokerd_out_flush(d);
        spool_read_end(d->spool); /* an old snapshot keeps old pages */
        (void)hf_loop_wait(d->loop, wait_ms);
        settle(d);
    }
    hf_log(HF_LOG_INFO, "stopped", "broker=%.31s", d->conf.name.s);
    (void)close(fd);
}

bool
brokerd_wants_restart(const struct brokerd *d)
{
    return d->must_restart;
}

void
brokerd_close(struct brokerd **broker)
{
    struct brokerd *d = *broker;

    if (d == NULL)
        return;
    brokerd_ctl_close(d);
    brokerd_keep_close(d);
    writer_free(d->deletes);
    writer_stop(&d->writer); /* what was taken in is committed */
    brokerd_peer_close(d);
    hf_port_close(&d->port);
    if (d->loop != NULL) {
        hf_allow_stop();
        hf_net_stop();
    }
    hf_loop_free(&d->loop);
    broker_free(d->core);
    spool_close(&d->spool);
    registry_free(d->registry);
    hf_buf_free(&d->registry_set);
    hf_secret_free(d->wrap);
    hf_secret_free(d->op);
    hf_secret_free(d->link);
    free(d);
    *broker = NULL;
}
