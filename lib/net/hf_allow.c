/*
 * hf_allow.c - the ZAP handler: an actor on inproc://zeromq.zap.01.
 *
 * The table is swapped under a lock rather than by a message to the actor, so
 * that a swap is in force when it returns, from whatever thread it comes.
 */
#include "hf_allow.h"

#include <pthread.h>
#include <stdatomic.h>

#include "hf_assert.h"
#include "hf_net_internal.h"

#define ZAP_ENDPOINT "inproc://zeromq.zap.01"

static struct {
    pthread_mutex_t lock;
    struct hf_allow_entry *entries; /* sorted by pk */
    size_t n;
    zactor_t *actor;
    atomic_uint_fast64_t n_refused;
} allow = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int
compare(const void *a, const void *b)
{
    return memcmp(a, b, HF_PK_BYTES); /* pk is the first field */
}

static bool
find_user(const uint8_t pk[static HF_PK_BYTES],
          char ret_user[static HF_USER_BYTES])
{
    const struct hf_allow_entry *e = NULL;

    pthread_mutex_lock(&allow.lock);
    if (allow.n > 0)
        e = bsearch(pk, allow.entries, allow.n, sizeof(*e), compare);
    if (e != NULL)
        memcpy(ret_user, e->user, HF_USER_BYTES);
    pthread_mutex_unlock(&allow.lock);
    return e != NULL;
}

/** One request: version, id, domain, address, identity, mechanism, key. */
static bool
decide(zmsg_t *request, char ret_user[static HF_USER_BYTES])
{
    zframe_t *part = zmsg_first(request);
    bool is_curve = false;

    for (int i = 0; part != NULL; i++, part = zmsg_next(request)) {
        if (i == 5)
            is_curve = zframe_streq(part, "CURVE");
        if (i == 6)
            return is_curve && zframe_size(part) == HF_PK_BYTES &&
                   find_user(zframe_data(part), ret_user);
    }
    return false;
}

static void
answer(zsock_t *sock)
{
    zmsg_t *request = zmsg_recv(sock);
    zmsg_t *reply = zmsg_new();
    char user[HF_USER_BYTES] = "";
    zframe_t *id;
    bool ok;

    if (request == NULL)
        goto out;
    ok = decide(request, user);
    if (!ok)
        atomic_fetch_add(&allow.n_refused, 1);
    (void)zmsg_first(request);
    id = zmsg_next(request);
    zmsg_addstr(reply, "1.0");
    if (id != NULL)
        zmsg_addmem(reply, zframe_data(id), zframe_size(id));
    zmsg_addstr(reply, ok ? "200" : "400");
    zmsg_addstr(reply, ok ? "OK" : "not in the registry");
    zmsg_addstr(reply, user);
    zmsg_addmem(reply, "", 0);
    (void)zmsg_send(&reply, sock);

out:
    zmsg_destroy(&reply);
    zmsg_destroy(&request);
}

static void
run(zsock_t *pipe, void *arg)
{
    zsock_t *sock = zsock_new(ZMQ_REP);
    zpoller_t *poller = NULL;
    bool ok = sock != NULL && zsock_bind(sock, "%s", ZAP_ENDPOINT) == 0;

    if (ok)
        poller = zpoller_new(pipe, sock, NULL);
    *(bool *)arg = poller != NULL;
    zsock_signal(pipe, 0);
    while (poller != NULL) {
        void *which = zpoller_wait(poller, -1);

        if (which == sock)
            answer(sock);
        else
            break; /* $TERM, or the context ends */
    }
    zpoller_destroy(&poller);
    if (ok) /* closing is done later, by another thread; this is done now */
        (void)zsock_unbind(sock, "%s", ZAP_ENDPOINT);
    zsock_destroy(&sock);
}

enum hf_err
hf_allow_start(void)
{
    bool ok = false;

    HF_ASSERT(allow.actor == NULL);
    allow.actor = zactor_new(run, &ok);
    if (allow.actor == NULL)
        return HF_ERR_NOMEM;
    if (!ok) {
        zactor_destroy(&allow.actor);
        return HF_ERR_EXISTS; /* another handler in this process */
    }
    return HF_OK;
}

void
hf_allow_stop(void)
{
    zactor_destroy(&allow.actor);
    free(allow.entries);
    allow.entries = NULL;
    allow.n = 0;
}

enum hf_err
hf_allow_set(const struct hf_allow_entry *entries, size_t n)
{
    struct hf_allow_entry *copy = NULL;
    struct hf_allow_entry *old;

    if (n > 0) {
        copy = calloc(n, sizeof(*copy));
        if (copy == NULL)
            return HF_ERR_NOMEM;
        memcpy(copy, entries, n * sizeof(*copy));
        qsort(copy, n, sizeof(*copy), compare);
    }
    pthread_mutex_lock(&allow.lock);
    old = allow.entries;
    allow.entries = copy;
    allow.n = n;
    pthread_mutex_unlock(&allow.lock);
    free(old);
    return HF_OK;
}

uint64_t
hf_allow_refused(void)
{
    return atomic_load(&allow.n_refused);
}
