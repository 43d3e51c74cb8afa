/* Start and stop: what is needed, in order, and a clear word if it fails. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "hf_assert.h"
#include "hf_file.h"
#include "hf_log.h"
#include "hf_net.h"
#include "hf_proc.h"
#include "noded_internal.h"
#include "restoring.h"
#include "store_key.h"

#define INBOX_MAX 1024

/* Everything that is only read. The store key is taken. */
static bool
read_all(struct noded *n, const char *dir, struct hf_secret **store,
         struct fault *fault)
{
    if (store_key_renew(store) != HF_OK)
        return fault_set(fault, FAULT_INTERNAL, "%s: out of memory", dir);
    return settings_load(dir, &n->settings, fault) &&
           own_keys_load(dir, store, &n->keys, fault) &&
           held_registry_load(&n->held, dir, fault) &&
           policies_load(&n->policies, dir, n->held.r, fault);
}

static void
forget_all(struct noded *n)
{
    policies_clear(&n->policies);
    held_registry_clear(&n->held);
    own_keys_clear(&n->keys);
}

bool
noded_check(const char *dir, struct hf_secret **ret_store, struct fault *fault)
{
    struct noded *n = calloc(1, sizeof(*n));
    struct hf_secret *copy = NULL;
    struct hf_secret *key = NULL;
    bool is_ok = false;

    if (n == NULL)
        return fault_set(fault, FAULT_INTERNAL, "%s: out of memory", dir);
    if (settings_load(dir, &n->settings, fault) &&
        store_key_load(dir, n->settings.passphrase_file, &key, fault) &&
        hf_secret_from_seed(HF_KEY_BOX, hf_secret_key(key), &copy) == HF_OK)
        is_ok = read_all(n, dir, &copy, fault);
    hf_secret_free(copy);
    forget_all(n);
    free(n);
    if (is_ok)
        *ret_store = key;
    else
        hf_secret_free(key);
    return is_ok || fault_set(fault, FAULT_INTERNAL, "%s: out of memory", dir);
}

bool
noded_lock(const char *dir, struct fault *fault)
{
    int holder = 0;
    enum hf_err err = hf_proc_lock(dir, &holder);

    if (err == HF_OK)
        return true;
    if (err == HF_ERR_BUSY)
        return fault_set(fault, FAULT_NOT_NOW,
                         "%s: held by another process (pid %d); stop that one "
                         "first",
                         dir, holder);
    return fault_set(fault,
                     err == HF_ERR_FULL ? FAULT_NOT_NOW : FAULT_FORBIDDEN,
                     "%s/run: %s; look at the folder's owner and at the disk",
                     dir, hf_err_text(err));
}

/* Signals become readable; blocked before the first other thread is made, so
 * that all inherit it. */
static enum hf_err
catch_signals(struct noded *n)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return HF_ERR_IO;
    n->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (n->signal_fd < 0)
        return HF_ERR_IO;
    return hf_loop_add_fd(n->loop, n->signal_fd, noded_on_signal, n);
}

static enum hf_err
open_links(struct noded *n)
{
    const struct links_host host = {.loop = n->loop,
                                    .queue = &n->queue,
                                    .store = n->store,
                                    .keys = &n->keys,
                                    .prekeys = n->prekeys,
                                    .held = &n->held,
                                    .policies = &n->policies,
                                    .on_pack = noded_take_pack,
                                    .noded = n,
                                    .self = &n->settings.node.org,
                                    .clock = &n->clock};

    return links_new(&host, &n->links);
}

static enum hf_err
open_loop(struct noded *n)
{
    enum hf_err err = hf_net_start(1);

    if (err)
        return err;
    n->is_net_started = true;
    err = hf_loop_new(&n->loop);
    if (!err)
        err = catch_signals(n);
    if (!err)
        err = hf_queue_new(INBOX_MAX, &n->inbox);
    if (!err)
        err = hf_loop_add_queue(n->loop, n->inbox, noded_on_inbox, n);
    if (!err)
        err = open_links(n);
    return err;
}

static enum hf_err
open_batch(struct noded *n)
{
    const struct hf_org *self = &n->settings.node.org;

    n->crypto = own_keys_crypto(&n->keys);
    sealing_init(&n->sealing, self, &n->keys, n->store);
    opening_init(&n->opening, self, n->prekeys);
    n->batch.store = n->store;
    n->batch.sealing = &n->sealing;
    n->batch.opening = &n->opening;
    n->batch.keys = &n->keys;
    n->batch.env = (struct node_env){.config = &n->settings.node,
                                     .view = node_store_view(n->store),
                                     .crypto = &n->crypto,
                                     .registry = n->held.r,
                                     .sops = n->policies.book,
                                     .peer_ctx = n,
                                     .peer_until_ms = noded_peer_until_ms,
                                     .is_signed = opening_is_signed,
                                     .is_said = opening_is_said};
    return batch_init(&n->batch);
}

static bool
open_api(struct noded *n, struct fault *fault)
{
    char run[PATH_MAX];
    char path[PATH_MAX];
    enum hf_err err;

    hf_path(run, sizeof(run), n->dir, "run");
    hf_path(path, sizeof(path), run, "api.sock");
    err = api_open(path, noded_post, n, &n->api);
    if (err == HF_OK)
        return true;
    return fault_set(fault, FAULT_INTERNAL,
                     "%s: cannot listen: %s; a path over 107 bytes is too "
                     "long for a socket",
                     path, hf_err_text(err));
}

/* The lock's pid file was written before a fork to the background. */
static enum hf_err
write_pid(const struct noded *n)
{
    char run[PATH_MAX];
    char path[PATH_MAX];
    char text[32];
    const int len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

    hf_path(run, sizeof(run), n->dir, "run");
    return hf_file_write(hf_path(path, sizeof(path), run, "pid"), text,
                         (size_t)len, 0600);
}

static bool
finish_restore(struct noded *n, struct fault *fault)
{
    struct work *w;

    if (!restoring_is_due(n->dir))
        return true;
    if (!restoring_apply(n->dir, &n->settings.node.org, n->store, &n->keys,
                         fault))
        return false;
    w = work_new(WORK_RESTORED);
    if (w == NULL)
        return fault_set(fault, FAULT_INTERNAL, "%s: out of memory", n->dir);
    work_push(&n->queue, w);
    return true;
}

static enum hf_err
open_backups(struct noded *n)
{
    n->backups = (struct backups){.dir = n->dir,
                                  .self = &n->settings.node.org,
                                  .store = n->store,
                                  .keys = &n->keys};
    return backups_init(&n->backups);
}

/* Against what this node, and the committee, were sure of before. */
static void
begin_clock(struct noded *n)
{
    n->recorded_ms = node_store_time(n->store);
    clock_watch_begin(&n->clock, hf_clock_wall_ms(), hf_clock_boot_ms(),
                      n->recorded_ms,
                      n->held.r == NULL ? 0 : n->held.r->vouched_ms);
}

static bool
open_prekeys(struct noded *n, struct fault *fault)
{
    return prekeys_open(n->dir, &n->settings.node.org, n->keys.prekeys,
                        n->clock.now_ms, n->clock.doubt == CLOCK_SURE,
                        &n->prekeys, fault);
}

static bool
open_all(struct noded *n, struct hf_secret **store, struct fault *fault)
{
    enum hf_err err = hf_log_open(n->dir, "node");

    if (!err)
        err = write_pid(n);
    if (err)
        return fault_set(fault, FAULT_FORBIDDEN,
                         "%s: log and run: %s; look at the folder's owner and "
                         "at the disk",
                         n->dir, hf_err_text(err));
    if (!read_all(n, n->dir, store, fault) ||
        !node_store_open(n->dir, &n->keys, &n->store, fault))
        return false;
    begin_clock(n);
    if (!finish_restore(n, fault) || !open_prekeys(n, fault))
        return false;
    err = open_backups(n);
    if (!err)
        err = open_loop(n);
    if (!err)
        err = open_batch(n);
    if (err)
        return fault_set(fault, FAULT_INTERNAL, "%s: cannot start: %s", n->dir,
                         hf_err_text(err));
    return open_api(n, fault);
}

bool
noded_open(const char *dir, struct hf_secret **store, struct noded **ret,
           struct fault *fault)
{
    struct noded *n = calloc(1, sizeof(*n));

    if (n == NULL)
        return fault_set(fault, FAULT_INTERNAL, "%s: out of memory", dir);
    n->signal_fd = -1;
    n->batch.wake_ms = UINT64_MAX;
    (void)snprintf(n->dir, sizeof(n->dir), "%s", dir);
    if (!open_all(n, store, fault)) {
        noded_close(n);
        return false;
    }
    links_follow(n->links);
    notify_init(&n->notify, dir, n->settings.notify);
    n->has_notice = n->notify.command[0] != '\0';
    if (n->clock.doubt != CLOCK_SURE)
        noded_note_doubt(n);
    hf_log(HF_LOG_INFO, "node_started", "org=%s registry=%u packs=%zu",
           n->settings.node.org.s,
           n->held.r == NULL ? 0u : (unsigned)registry_latest(n->held.r),
           n->policies.n);
    *ret = n;
    return true;
}

void
noded_close(struct noded *n)
{
    if (n == NULL)
        return;
    work_clear(&n->queue); /* requests in it are the server's to answer */
    api_close(n->api);
    links_free(n->links);
    if (n->loop != NULL) {
        hf_loop_remove(n->loop, n);
        hf_loop_remove(n->loop, &n->inbox);
    }
    if (n->signal_fd >= 0)
        (void)close(n->signal_fd);
    hf_queue_free(&n->inbox);
    hf_loop_free(&n->loop);
    if (n->is_net_started)
        hf_net_stop();
    batch_clear(&n->batch);
    sealing_clear(&n->sealing);
    opening_clear(&n->opening);
    prekeys_close(n->prekeys);
    node_store_close(n->store);
    hf_log(HF_LOG_INFO, "node_stopped", "org=%s", n->settings.node.org.s);
    forget_all(n);
    free(n);
}
