#include "registry_reading.h"

#include <stdlib.h>

#include "field.h"
#include "handoff/v1/registry.pb-c.h"
#include "hf_assert.h"

/* The orgs document: brokers, members, rulings, settings. */

/* Each at its largest: fields, those of its keys and other parts too. */
#define KEY_FIELDS    (5 * REGISTRY_OP_KEYS_MAX + 3 + 4)
#define ORG_FIELDS    (12 + REGISTRY_HOMES_MAX + KEY_FIELDS + 3 * 3)
#define BROKER_FIELDS (7 + KEY_FIELDS)
#define FIELDS_MAX                                                             \
    (16 + BROKER_FIELDS * REGISTRY_BROKERS_MAX +                               \
     ORG_FIELDS * REGISTRY_ORGS_MAX + 5 * REGISTRY_RULINGS_MAX +               \
     REGISTRY_FAMILIES_MAX + 6 * REGISTRY_PACKS_MAX)

/* Operation keys, at most as many as counts_ok() let through. */
static bool
take_op_keys(struct reading *r, Handoff__V1__RegistryKey *const *pb, size_t n,
             struct registry_key *keys)
{
    for (size_t i = 0; i < n; i++) {
        if (!reading_fixed(r, keys[i].pk, HF_PK_BYTES) || pb[i]->revoked > 1)
            return false;
        keys[i].from_ms = pb[i]->from_ms;
        keys[i].until_ms = pb[i]->until_ms;
        keys[i].revoked = pb[i]->revoked == 1;
    }
    return true;
}

static bool
take_old_link(struct reading *r, const Handoff__V1__RegistryOldLink *pb,
              uint8_t pk[static HF_PK_BYTES], uint64_t *ret_until_ms)
{
    if (pb == NULL)
        return true;
    *ret_until_ms = pb->until_ms;
    return pb->until_ms != 0 && reading_fixed(r, pk, HF_PK_BYTES) &&
           !field_all_zero(pk, HF_PK_BYTES);
}

static bool
take_succession(struct reading *r, const Handoff__V1__RegistrySuccession *pb,
                struct registry_succession *s)
{
    if (pb == NULL)
        return true;
    s->at_ms = pb->at_ms;
    if (s->at_ms == 0 || !reading_fixed(r, s->before_pk, HF_PK_BYTES) ||
        !reading_optional(r, s->sig, HF_SIG_BYTES))
        return false;
    s->is_vouched = pb->signature.len == 0;
    return true;
}

static bool
take_broker(struct reading *r, const Handoff__V1__RegistryBroker *pb,
            struct registry_broker *b)
{
    b->is_suspended = pb->has_suspended && pb->suspended == 1;
    b->n_op = (uint8_t)pb->n_operation;
    return reading_text(r, b->id.s, HF_ORG_BYTES) &&
           reading_text(r, b->operated_by.s, HF_ORG_BYTES) &&
           reading_text(r, b->endpoint, sizeof(b->endpoint)) &&
           reading_fixed(r, b->identity_pk, HF_PK_BYTES) &&
           take_op_keys(r, pb->operation, b->n_op, b->op) &&
           reading_fixed(r, b->link_pk, HF_PK_BYTES) &&
           take_old_link(r, pb->old_link, b->old_link_pk,
                         &b->old_link_until_ms) &&
           take_succession(r, pb->succession, &b->succession) &&
           (!pb->has_suspended || b->is_suspended) && registry_check_broker(b);
}

static void
take_flow(const Handoff__V1__RegistryFlow *pb, struct registry_flow *f)
{
    if (pb == NULL)
        return;
    f->is_limited = true;
    f->objects = pb->objects;
    f->families = pb->families;
}

static bool
take_later_parts(struct reading *r, const Handoff__V1__RegistryOrg *pb,
                 struct registry_org *o)
{
    if (!take_old_link(r, pb->old_link, o->old_link_pk, &o->old_link_until_ms))
        return false;
    take_flow(pb->may_send, &o->may_send);
    take_flow(pb->may_receive, &o->may_receive);
    if (pb->vetting != NULL) {
        o->vetted_ms = pb->vetting->on_ms;
        if (o->vetted_ms == 0 ||
            !reading_text(r, o->vetting, sizeof(o->vetting)))
            return false;
    }
    return take_succession(r, pb->succession, &o->succession);
}

static bool
take_org(struct reading *r, const Handoff__V1__RegistryOrg *pb,
         struct registry_org *o)
{
    o->kind = (enum org_kind)pb->kind;
    o->status = (enum member_status)pb->status;
    o->duties = pb->committee;
    o->n_homes = (uint8_t)pb->n_home;
    o->n_op = (uint8_t)pb->n_operation;
    if (!reading_text(r, o->id.s, HF_ORG_BYTES) ||
        !reading_text(r, o->name, sizeof(o->name)) ||
        !reading_text(r, o->country, sizeof(o->country)) ||
        !reading_text(r, o->level, sizeof(o->level)) ||
        !reading_optional(r, o->identity_pk, HF_PK_BYTES) ||
        !take_op_keys(r, pb->operation, o->n_op, o->op) ||
        !reading_optional(r, o->link_pk, HF_PK_BYTES))
        return false;
    for (size_t i = 0; i < o->n_homes; i++)
        if (!reading_text(r, o->home[i].s, HF_ORG_BYTES))
            return false;
    return reading_text(r, o->via.s, HF_ORG_BYTES) &&
           take_later_parts(r, pb, o) && registry_check_member(o);
}

static bool
take_rulings(struct reading *r, const Handoff__V1__RegistryOrgs *pb,
             struct registry *reg)
{
    reg->n_rulings = pb->n_ruling;
    for (size_t i = 0; i < pb->n_ruling; i++) {
        struct registry_ruling *ruling = &reg->rulings[i];

        ruling->epoch = pb->ruling[i]->epoch;
        ruling->at_ms = pb->ruling[i]->at_ms;
        if (!reading_fixed(r, ruling->tag.b, HF_HASH_BYTES) ||
            !reading_text(r, ruling->holder.s, HF_ORG_BYTES))
            return false;
    }
    return true;
}

static bool
take_families(struct reading *r, const Handoff__V1__RegistryOrgs *pb,
              struct registry *reg)
{
    reg->n_families = pb->n_family;
    for (size_t i = 0; i < pb->n_family; i++)
        if (!reading_text(r, reg->family[i].s, HF_NAME_BYTES))
            return false;
    return true;
}

static bool
take_packs(struct reading *r, const Handoff__V1__RegistryOrgs *pb,
           struct registry *reg)
{
    reg->n_packs = pb->n_pack;
    for (size_t i = 0; i < pb->n_pack; i++) {
        struct registry_pack *p = &reg->pack[i];

        p->version = pb->pack[i]->version;
        p->from_ms = pb->pack[i]->from_ms;
        p->until_ms = pb->pack[i]->until_ms;
        if (!reading_text(r, p->name.s, HF_NAME_BYTES) ||
            !reading_fixed(r, p->hash.b, HF_HASH_BYTES) ||
            !registry_check_pack(p))
            return false;
    }
    return true;
}

static bool
take_orgs(struct reading *r, const Handoff__V1__RegistryOrgs *pb,
          struct registry *reg)
{
    reg->version[REGISTRY_ORGS] = pb->version;
    reg->expires_ms[REGISTRY_ORGS] = pb->expires_ms;
    reg->figures_threshold = pb->figures_threshold;
    reg->figures_period_ms = pb->figures_period_ms;
    reg->may_managers_attest = pb->has_managers_attest != 0;
    if (!registry_doc_head_ok(pb->version, pb->expires_ms) ||
        pb->figures_threshold == 0 || pb->figures_period_ms == 0 ||
        (pb->has_managers_attest && pb->managers_attest != 1))
        return false;
    reg->n_brokers = pb->n_broker;
    for (size_t i = 0; i < pb->n_broker; i++)
        if (!take_broker(r, pb->broker[i], &reg->broker[i]))
            return false;
    reg->n_orgs = pb->n_org;
    for (size_t i = 0; i < pb->n_org; i++)
        if (!take_org(r, pb->org[i], &reg->orgs[i]))
            return false;
    return take_rulings(r, pb, reg) && take_families(r, pb, reg) &&
           take_packs(r, pb, reg);
}

/* Before anything is made room for. */
static bool
counts_ok(const Handoff__V1__RegistryOrgs *pb)
{
    if (pb->n_broker > REGISTRY_BROKERS_MAX || pb->n_org > REGISTRY_ORGS_MAX ||
        pb->n_ruling > REGISTRY_RULINGS_MAX ||
        pb->n_family > REGISTRY_FAMILIES_MAX || pb->n_pack > REGISTRY_PACKS_MAX)
        return false;
    for (size_t i = 0; i < pb->n_org; i++)
        if (pb->org[i]->n_operation > REGISTRY_OP_KEYS_MAX ||
            pb->org[i]->n_home > REGISTRY_HOMES_MAX)
            return false;
    for (size_t i = 0; i < pb->n_broker; i++)
        if (pb->broker[i]->n_operation > REGISTRY_OP_KEYS_MAX)
            return false;
    return true;
}

enum hf_err
registry_doc_read_orgs(struct hf_bytes in, struct registry *reg)
{
    struct reading r;
    const Handoff__V1__RegistryOrgs *pb;
    enum hf_err err = reading_start(&r, &handoff__v1__registry_orgs__descriptor,
                                    in, REGISTRY_BYTES_MAX, FIELDS_MAX);

    if (err)
        return err;
    pb = (const Handoff__V1__RegistryOrgs *)r.pb;
    HF_ASSERT(reg->orgs == NULL);
    HF_ASSERT(reg->rulings == NULL);
    if (!counts_ok(pb)) {
        err = HF_ERR_ENDLESS;
        goto out;
    }
    reg->orgs = calloc(pb->n_org + 1, sizeof(*reg->orgs));
    reg->rulings = calloc(pb->n_ruling + 1, sizeof(*reg->rulings));
    if (reg->orgs == NULL || reg->rulings == NULL)
        err = HF_ERR_NOMEM;
    else if (!take_orgs(&r, pb, reg))
        err = HF_ERR_MALFORMED;
out:
    reading_end(&r);
    return err;
}

/* The generated structs of a party's keys. */
struct pb_keys {
    Handoff__V1__RegistryKey key[REGISTRY_OP_KEYS_MAX];
    Handoff__V1__RegistryKey *keys[REGISTRY_OP_KEYS_MAX];
    Handoff__V1__RegistryOldLink old_link;
    Handoff__V1__RegistrySuccession succession;
};

/* ... of one member. */
struct pb_org {
    Handoff__V1__RegistryOrg org;
    struct pb_keys keys;
    ProtobufCBinaryData home[REGISTRY_HOMES_MAX];
    Handoff__V1__RegistryFlow may_send;
    Handoff__V1__RegistryFlow may_receive;
    Handoff__V1__RegistryVetting vetting;
};

/* ... of one broker. */
struct pb_broker {
    Handoff__V1__RegistryBroker broker;
    struct pb_keys keys;
};

static void
fill_op_keys(const struct registry_key *keys, size_t n, struct pb_keys *pb)
{
    for (size_t i = 0; i < n; i++) {
        handoff__v1__registry_key__init(&pb->key[i]);
        pb->key[i].key = reading_data(keys[i].pk, HF_PK_BYTES);
        pb->key[i].from_ms = keys[i].from_ms;
        pb->key[i].until_ms = keys[i].until_ms;
        pb->key[i].revoked = keys[i].revoked ? 1 : 0;
        pb->keys[i] = &pb->key[i];
    }
}

static Handoff__V1__RegistryOldLink *
fill_old_link(const uint8_t pk[static HF_PK_BYTES], uint64_t until_ms,
              Handoff__V1__RegistryOldLink *pb)
{
    handoff__v1__registry_old_link__init(pb);
    pb->key = reading_data(pk, HF_PK_BYTES);
    pb->until_ms = until_ms;
    return until_ms != 0 ? pb : NULL;
}

static Handoff__V1__RegistrySuccession *
fill_succession(const struct registry_succession *s,
                Handoff__V1__RegistrySuccession *pb)
{
    handoff__v1__registry_succession__init(pb);
    pb->before = reading_data(s->before_pk, HF_PK_BYTES);
    pb->at_ms = s->at_ms;
    pb->signature = reading_as_optional(s->sig, HF_SIG_BYTES);
    return s->at_ms != 0 ? pb : NULL;
}

static Handoff__V1__RegistryFlow *
fill_flow(const struct registry_flow *f, Handoff__V1__RegistryFlow *pb)
{
    handoff__v1__registry_flow__init(pb);
    pb->objects = f->objects;
    pb->families = f->families;
    return f->is_limited ? pb : NULL;
}

static void
fill_later_parts(const struct registry_org *o, struct pb_org *pb)
{
    pb->org.old_link =
        fill_old_link(o->old_link_pk, o->old_link_until_ms, &pb->keys.old_link);
    pb->org.succession = fill_succession(&o->succession, &pb->keys.succession);
    pb->org.may_send = fill_flow(&o->may_send, &pb->may_send);
    pb->org.may_receive = fill_flow(&o->may_receive, &pb->may_receive);
    handoff__v1__registry_vetting__init(&pb->vetting);
    pb->vetting.on_ms = o->vetted_ms;
    pb->vetting.text = reading_as_text(o->vetting);
    pb->org.vetting = o->vetted_ms != 0 ? &pb->vetting : NULL;
}

static void
fill_org(const struct registry_org *o, struct pb_org *pb)
{
    handoff__v1__registry_org__init(&pb->org);
    pb->org.id = reading_as_text(o->id.s);
    pb->org.name = reading_as_text(o->name);
    pb->org.kind = o->kind;
    pb->org.country = reading_as_text(o->country);
    pb->org.level = reading_as_text(o->level);
    pb->org.status = o->status;
    pb->org.identity = reading_as_optional(o->identity_pk, HF_PK_BYTES);
    fill_op_keys(o->op, o->n_op, &pb->keys);
    pb->org.n_operation = o->n_op;
    pb->org.operation = pb->keys.keys;
    pb->org.link = reading_as_optional(o->link_pk, HF_PK_BYTES);
    for (size_t i = 0; i < o->n_homes; i++)
        pb->home[i] = reading_as_text(o->home[i].s);
    pb->org.n_home = o->n_homes;
    pb->org.home = pb->home;
    pb->org.via = reading_as_text(o->via.s);
    pb->org.committee = o->duties;
    fill_later_parts(o, pb);
}

static void
fill_broker(const struct registry_broker *b, struct pb_broker *pb)
{
    Handoff__V1__RegistryBroker *p = &pb->broker;

    handoff__v1__registry_broker__init(p);
    p->id = reading_as_text(b->id.s);
    p->operated_by = reading_as_text(b->operated_by.s);
    p->endpoint = reading_as_text(b->endpoint);
    p->identity = reading_data(b->identity_pk, HF_PK_BYTES);
    fill_op_keys(b->op, b->n_op, &pb->keys);
    p->n_operation = b->n_op;
    p->operation = pb->keys.keys;
    p->link = reading_data(b->link_pk, HF_PK_BYTES);
    p->old_link =
        fill_old_link(b->old_link_pk, b->old_link_until_ms, &pb->keys.old_link);
    p->succession = fill_succession(&b->succession, &pb->keys.succession);
    p->has_suspended = b->is_suspended;
    p->suspended = 1;
}

/* The generated structs of rulings, families and packs. */
struct pb_lists {
    Handoff__V1__RegistryRuling ruling[REGISTRY_RULINGS_MAX];
    Handoff__V1__RegistryRuling *rulings[REGISTRY_RULINGS_MAX];
    ProtobufCBinaryData family[REGISTRY_FAMILIES_MAX];
    Handoff__V1__RegistryPack pack[REGISTRY_PACKS_MAX];
    Handoff__V1__RegistryPack *packs[REGISTRY_PACKS_MAX];
};

static void
fill_packs(const struct registry *r, struct pb_lists *lists,
           Handoff__V1__RegistryOrgs *pb)
{
    for (size_t i = 0; i < r->n_packs; i++) {
        const struct registry_pack *p = &r->pack[i];

        handoff__v1__registry_pack__init(&lists->pack[i]);
        lists->pack[i].name = reading_as_text(p->name.s);
        lists->pack[i].version = p->version;
        lists->pack[i].hash = reading_data(p->hash.b, HF_HASH_BYTES);
        lists->pack[i].from_ms = p->from_ms;
        lists->pack[i].until_ms = p->until_ms;
        lists->packs[i] = &lists->pack[i];
    }
    pb->n_pack = r->n_packs;
    pb->pack = lists->packs;
}

static void
fill_lists(const struct registry *r, struct pb_lists *lists,
           Handoff__V1__RegistryOrgs *pb)
{
    for (size_t i = 0; i < r->n_rulings; i++) {
        const struct registry_ruling *ruling = &r->rulings[i];

        handoff__v1__registry_ruling__init(&lists->ruling[i]);
        lists->ruling[i].tag = reading_data(ruling->tag.b, HF_HASH_BYTES);
        lists->ruling[i].holder = reading_as_text(ruling->holder.s);
        lists->ruling[i].epoch = ruling->epoch;
        lists->ruling[i].at_ms = ruling->at_ms;
        lists->rulings[i] = &lists->ruling[i];
    }
    for (size_t i = 0; i < r->n_families; i++)
        lists->family[i] = reading_as_text(r->family[i].s);
    pb->n_ruling = r->n_rulings;
    pb->ruling = lists->rulings;
    pb->n_family = r->n_families;
    pb->family = lists->family;
    fill_packs(r, lists, pb);
}

enum hf_err
registry_doc_write_orgs(const struct registry *r, struct hf_buf *out)
{
    Handoff__V1__RegistryOrgs pb = HANDOFF__V1__REGISTRY_ORGS__INIT;
    struct pb_broker *broker = calloc(r->n_brokers + 1, sizeof(*broker));
    Handoff__V1__RegistryBroker *brokers[REGISTRY_BROKERS_MAX];
    struct pb_org *org = calloc(r->n_orgs + 1, sizeof(*org));
    struct pb_lists *lists = calloc(1, sizeof(*lists));
    Handoff__V1__RegistryOrg **orgs =
        calloc(r->n_orgs + 1, sizeof(Handoff__V1__RegistryOrg *));
    enum hf_err err = HF_ERR_NOMEM;

    if (broker == NULL || org == NULL || orgs == NULL || lists == NULL)
        goto out;
    for (size_t i = 0; i < r->n_brokers; i++) {
        fill_broker(&r->broker[i], &broker[i]);
        brokers[i] = &broker[i].broker;
    }
    for (size_t i = 0; i < r->n_orgs; i++) {
        fill_org(&r->orgs[i], &org[i]);
        orgs[i] = &org[i].org;
    }
    pb.version = r->version[REGISTRY_ORGS];
    pb.expires_ms = r->expires_ms[REGISTRY_ORGS];
    pb.figures_threshold = r->figures_threshold;
    pb.figures_period_ms = r->figures_period_ms;
    pb.has_managers_attest = r->may_managers_attest;
    pb.managers_attest = r->may_managers_attest;
    pb.n_broker = r->n_brokers;
    pb.broker = brokers;
    pb.n_org = r->n_orgs;
    pb.org = orgs;
    fill_lists(r, lists, &pb);
    err = registry_doc_head_ok(pb.version, pb.expires_ms)
              ? reading_pack(&pb.base, REGISTRY_BYTES_MAX, out)
              : HF_ERR_MALFORMED;
out:
    free(lists);
    free(broker);
    free(org);
    free(orgs);
    return err;
}
