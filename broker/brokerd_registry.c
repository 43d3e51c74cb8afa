/*
 * brokerd_registry.c - the registry that rules here: accepting a newer one,
 * and putting it into force.
 */
#include <stdlib.h>

#include "broker_keys.h"
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

/** What a connection is called: by whose it is, in which standing, and with
 * which key, so that a change of any of them makes another name. */
static void
make_user(char out[static HF_USER_BYTES], char kind, const struct hf_org *id,
          const uint8_t pk[static HF_PK_BYTES])
{
    (void)snprintf(out, HF_USER_BYTES, "%c%02x%02x%02x%02x:%.31s", kind, pk[0],
                   pk[1], pk[2], pk[3], id->s);
}

static char
kind_of(const struct registry_org *org)
{
    return org->status == MEMBER_ACTIVE ? USER_MEMBER : USER_RESTRICTED;
}

bool
brokerd_registry_read_user(const char *user, struct broker_who *ret_who)
{
    size_t n = strlen(user);

    if (n <= USER_HEAD || n - USER_HEAD >= HF_ORG_BYTES ||
        user[USER_HEAD - 1] != ':')
        return false;
    *ret_who = (struct broker_who){.is_broker = user[0] == USER_BROKER};
    memcpy(ret_who->id.s, user + USER_HEAD, n - USER_HEAD);
    return true;
}

bool
brokerd_registry_is_user(const struct brokerd *d, const char *user)
{
    const uint64_t now = hf_clock_wall_ms();
    char name[HF_USER_BYTES] = "";
    struct broker_who who;

    if (d->registry == NULL || !brokerd_registry_read_user(user, &who))
        return false;
    if (who.is_broker) {
        const struct registry_broker *b = registry_broker(d->registry, &who.id);

        if (b != NULL && !b->is_suspended)
            make_user(name, USER_BROKER, &who.id, b->link_pk);
        if (b != NULL && !b->is_suspended && strcmp(user, name) != 0 &&
            registry_broker_link(b, b->old_link_pk, now))
            make_user(name, USER_BROKER, &who.id, b->old_link_pk);
    } else {
        const struct registry_org *o = registry_org(d->registry, &who.id);

        if (o != NULL && has_key(o->link_pk))
            make_user(name, kind_of(o), &who.id, o->link_pk);
        if (o != NULL && strcmp(user, name) != 0 &&
            registry_link_counts(o, o->old_link_pk, now))
            make_user(name, kind_of(o), &who.id, o->old_link_pk);
    }
    return name[0] != '\0' && strcmp(user, name) == 0;
}

static void
add_entry(struct hf_allow_entry *e, size_t *n, char kind,
          const struct hf_org *id, const uint8_t pk[static HF_PK_BYTES])
{
    if (!has_key(pk))
        return;
    memcpy(e[*n].pk, pk, HF_PK_BYTES);
    make_user(e[*n].user, kind, id, pk);
    ++*n;
}

static void
add_org(struct brokerd *d, struct hf_allow_entry *e, size_t *n,
        const struct registry_org *o, uint64_t now_ms)
{
    add_entry(e, n, kind_of(o), &o->id, o->link_pk);
    if (!registry_link_counts(o, o->old_link_pk, now_ms))
        return;
    add_entry(e, n, kind_of(o), &o->id, o->old_link_pk);
    if (o->old_link_until_ms < d->allow_until_ms)
        d->allow_until_ms = o->old_link_until_ms;
}

static void
add_broker(struct brokerd *d, struct hf_allow_entry *e, size_t *n,
           const struct registry_broker *b, uint64_t now_ms)
{
    if (b->is_suspended || hf_org_eq(&b->id, &d->conf.name))
        return;
    add_entry(e, n, USER_BROKER, &b->id, b->link_pk);
    if (!registry_broker_link(b, b->old_link_pk, now_ms))
        return;
    add_entry(e, n, USER_BROKER, &b->id, b->old_link_pk);
    if (b->old_link_until_ms < d->allow_until_ms)
        d->allow_until_ms = b->old_link_until_ms;
}

/** Who may connect. Suspended and left members may: recall, withdrawal and
 * their answers still pass; the core holds them to that. */
static void
set_allowed(struct brokerd *d)
{
    const struct registry *r = d->registry;
    const uint64_t now = hf_clock_wall_ms();
    struct hf_allow_entry *entries =
        calloc(2 * (r->n_orgs + r->n_brokers) + 1, sizeof(*entries));
    size_t n = 0;
    enum hf_err err = HF_ERR_NOMEM;

    d->allow_until_ms = UINT64_MAX;
    for (size_t i = 0; entries != NULL && i < r->n_orgs; i++)
        add_org(d, entries, &n, &r->orgs[i], now);
    for (size_t i = 0; entries != NULL && i < r->n_brokers; i++)
        add_broker(d, entries, &n, &r->broker[i], now);
    if (entries != NULL)
        err = hf_allow_set(entries, n);
    if (err)
        hf_log(HF_LOG_ERROR, "allow_failed", "why=\"%s\"", hf_err_text(err));
    free(entries);
}

/** A connection ends with the standing and the key that it was made with. */
static void
drop_outdated(struct brokerd *d)
{
    size_t cursor = 0;
    uint64_t link;

    while ((link = broker_next_link(d->core, &cursor)) != 0) {
        const char *user;

        if ((link & OUTBOUND) != 0)
            continue;
        user = hf_port_user(d->port, link);
        if (user == NULL || brokerd_registry_is_user(d, user))
            continue;
        hf_log(HF_LOG_INFO, "link_outdated", "user=%s", user);
        brokerd_out_drop(d, link);
    }
}

void
brokerd_registry_tend(struct brokerd *d)
{
    if (hf_clock_wall_ms() < d->allow_until_ms)
        return;
    set_allowed(d);
    drop_outdated(d);
}

/** A peer may have sent a pack before we knew of it: ask again. */
static void
ask_for_packs(struct brokerd *d)
{
    size_t cursor = 0, n_lacking = 0;
    uint64_t link;

    for (size_t i = 0; i < d->registry->n_packs; i++) {
        const struct hf_org name = shelf_pack_name(&d->registry->pack[i].hash);

        n_lacking += broker_doc_version(d->core, SHELF_PACK, &name) == 0;
    }
    while (n_lacking > 0 && (link = broker_next_link(d->core, &cursor)) != 0)
        if ((link & OUTBOUND) != 0)
            brokerd_out_haves(d, link);
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
        hf_log(HF_LOG_ERROR, "registry_failed", "why=\"%s\"", hf_err_text(err));
        return;
    }
    hf_buf_clear(&d->registry_set);
    HF_ASSERT(hf_buf_add(&d->registry_set, doc.bytes.p, doc.bytes.n));
    d->registry = r;
    ev.registry = r;
    set_allowed(d);
    brokerd_feed(d, &ev);
    if (d->port != NULL)
        drop_outdated(d);
    brokerd_peer_update(d);
    ask_for_packs(d);
    registry_free(old);
    hf_log(HF_LOG_INFO, "registry", "version=%u members=%zu brokers=%zu",
           (unsigned)registry_latest(r), r->n_orgs, r->n_brokers);
}

const struct registry_broker *
brokerd_registry_self(const struct brokerd *d)
{
    return d->registry == NULL ? NULL
                               : registry_broker(d->registry, &d->conf.name);
}

enum hf_err
brokerd_registry_adopt(struct brokerd *d, bool with_link,
                       struct broker_adopted *ret)
{
    const struct registry_broker *self = brokerd_registry_self(d);
    struct hf_secret *op = NULL;
    char path[PATH_MAX];
    enum hf_err err = HF_ERR_BUSY;

    if (self != NULL)
        err = broker_keys_adopt(d->dir, d->wrap, self, with_link, ret);
    if (err)
        return err;
    err =
        hf_secret_load_under(hf_path(path, sizeof(path), d->dir, "keys/op.key"),
                             HF_KEY_SIGN, d->wrap, &op);
    if (!err) { /* receipts from here on are signed with it */
        hf_secret_free(d->op);
        d->op = op;
    }
    if (ret->is_link)
        d->must_stop = d->must_restart = true;
    hf_log(HF_LOG_INFO, "keys_adopted", "n=%u link=%d", ret->n,
           (int)ret->is_link);
    return err;
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
