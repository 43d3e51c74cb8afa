/*
 * brokerd_registry.c - the registry that rules here: accepting a newer one,
 * and putting it into force.
 */
#include <stdlib.h>

#include "brokerd_internal.h"
#include "hf_allow.h"
#include "hf_assert.h"
#include "hf_file.h"
#include "hf_log.h"
#include "hf_proc.h"

enum hf_err
brokerd_registry_offer(struct brokerd *d, struct hf_bytes set, uint64_t link)
{
    struct shelf_doc doc = {.kind = SHELF_REGISTRY, .bytes = set};
    struct broker_event ev = {.type = BROKER_SHELF, .link = link, .doc = &doc};
    struct registry *r = NULL;
    enum hf_err err = registry_accept(set, hf_buf_bytes(&d->registry_set),
                                      hf_clock_wall_ms(), &r);

    if (err)
        return err;
    doc.version = registry_latest(r);
    registry_free(r);
    brokerd_feed(d, &ev);
    return HF_OK;
}

static bool
has_key(const uint8_t pk[static HF_PK_BYTES])
{
    static const uint8_t none[HF_PK_BYTES];

    return memcmp(pk, none, sizeof(none)) != 0;
}

static void
add_entry(struct hf_allow_entry *e, size_t *n, char kind,
          const struct hf_org *id, const uint8_t pk[static HF_PK_BYTES])
{
    if (!has_key(pk))
        return;
    memcpy(e[*n].pk, pk, HF_PK_BYTES);
    (void)snprintf(e[*n].user, sizeof(e[*n].user), "%c:%.31s", kind, id->s);
    ++*n;
}

/** Who may connect. Suspended and left members may: recall, withdrawal and
 * their answers still pass; the core holds them to that. */
static void
set_allowed(const struct registry *r, const struct hf_org *self)
{
    struct hf_allow_entry *entries =
        calloc(r->n_orgs + r->n_brokers + 1, sizeof(*entries));
    size_t n = 0;
    enum hf_err err = HF_ERR_NOMEM;

    for (size_t i = 0; entries != NULL && i < r->n_orgs; i++)
        add_entry(entries, &n, 'o', &r->orgs[i].id, r->orgs[i].link_pk);
    for (size_t i = 0; entries != NULL && i < r->n_brokers; i++)
        if (!hf_org_eq(&r->broker[i].id, self))
            add_entry(entries, &n, 'b', &r->broker[i].id, r->broker[i].link_pk);
    if (entries != NULL)
        err = hf_allow_set(entries, n);
    if (err)
        hf_log(HF_LOG_ERROR, "allow-failed", "why=\"%s\"", hf_err_text(err));
    free(entries);
}

/** The key that made a connection counts no longer: so does the connection. */
static void
drop_rekeyed(struct brokerd *d, const struct registry *old)
{
    for (size_t i = 0; old != NULL && i < old->n_orgs + old->n_brokers; i++) {
        bool is_org = i < old->n_orgs;
        struct broker_who who = {.is_broker = !is_org};
        const uint8_t *was;
        const uint8_t *is = NULL;
        uint64_t link;

        if (is_org) {
            const struct registry_org *now;

            who.id = old->orgs[i].id;
            was = old->orgs[i].link_pk;
            now = registry_org(d->registry, &who.id);
            is = now == NULL ? NULL : now->link_pk;
        } else {
            const struct registry_broker *now;

            who.id = old->broker[i - old->n_orgs].id;
            was = old->broker[i - old->n_orgs].link_pk;
            now = registry_broker(d->registry, &who.id);
            is = now == NULL ? NULL : now->link_pk;
        }
        link = broker_handle(d->core, &who);
        if (link != 0 && (is == NULL || memcmp(is, was, HF_PK_BYTES) != 0))
            brokerd_out_drop(d, link);
    }
}

void
brokerd_registry_install(struct brokerd *d)
{
    static const struct hf_org nobody;
    struct broker_event ev = {.type = BROKER_REGISTRY};
    struct registry *old = d->registry;
    struct registry *r = NULL;
    struct shelf_doc doc;
    enum hf_err err;

    d->must_install = false;
    spool_read_end(d->spool);
    err = spool_doc(d->spool, SHELF_REGISTRY, &nobody, &doc);
    if (!err)
        err = registry_load(doc.bytes, &r);
    if (err) {
        hf_log(HF_LOG_ERROR, "registry-failed", "why=\"%s\"", hf_err_text(err));
        return;
    }
    hf_buf_clear(&d->registry_set);
    HF_ASSERT(hf_buf_add(&d->registry_set, doc.bytes.p, doc.bytes.n));
    d->registry = r;
    ev.registry = r;
    set_allowed(r, &d->conf.name);
    brokerd_feed(d, &ev);
    drop_rekeyed(d, old);
    brokerd_peer_update(d);
    registry_free(old);
    hf_log(HF_LOG_INFO, "registry", "version=%u members=%zu brokers=%zu",
           (unsigned)registry_latest(r), r->n_orgs, r->n_brokers);
}

enum hf_err
brokerd_registry_file(struct brokerd *d)
{
    char path[PATH_MAX];
    struct hf_buf set;
    enum hf_err err;

    hf_buf_init(&set, REGISTRY_BYTES_MAX);
    err =
        hf_file_read(hf_path(path, sizeof(path), d->dir, "registry.set"), &set);
    if (!err)
        err = brokerd_registry_offer(d, hf_buf_bytes(&set), 0);
    hf_buf_free(&set);
    return err;
}
