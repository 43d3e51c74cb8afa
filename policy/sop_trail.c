#include "sop_trail.h"

#include <stddef.h>

#include "sop_internal.h"

size_t
sop_trail_bytes(const struct sop_trail *t)
{
    return offsetof(struct sop_trail, service) +
           t->n_services * sizeof(t->service[0]);
}

static bool
is_candidate(const struct sop_decision *d, const struct service *s)
{
    for (size_t i = 0; i < d->n_candidates; i++)
        if (hf_org_eq(&d->candidate[i].org, &s->org) &&
            hf_name_eq(&d->candidate[i].code, &s->code) &&
            memcmp(d->candidate[i].service_id, s->id, sizeof(s->id)) == 0)
            return true;
    return false;
}

/* Whether an earlier candidate has the same code, which was walked then. */
static bool
is_walked(const struct sop_decision *d, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (hf_name_eq(&d->candidate[k].code, &d->candidate[i].code))
            return true;
    return false;
}

static void
take_services(const struct sop_services *services, const struct sop_decision *d,
              struct sop_trail *t)
{
    for (size_t i = 0; i < d->n_candidates; i++) {
        const struct hf_name *code = &d->candidate[i].code;
        struct service s;

        if (is_walked(d, i))
            continue;
        memset(&s, 0, sizeof(s));
        for (bool first = true; services->next(services->ctx, code, first, &s);
             first = false) {
            if (t->n_services < SOP_CANDIDATES_MAX && is_candidate(d, &s))
                memcpy(&t->service[t->n_services++], &s, sizeof(s));
            memset(&s, 0, sizeof(s));
        }
    }
}

void
sop_trail_take(const struct sop_book *book, const struct sop_request *req,
               const struct sop_services *services,
               const struct sop_decision *d, struct sop_trail *ret)
{
    struct sop_standing standing[SOP_PACKS_MAX];
    const size_t n = sop_book_stand(book, req->now_ms, standing);

    memset(ret, 0, sizeof(*ret));
    memcpy(&ret->req, req, sizeof(*req));
    for (size_t i = 0; i < n; i++) {
        const struct sop_pack *p = standing[i].pack;

        ret->pack[i].name = p->name;
        ret->pack[i].version = p->version;
        ret->pack[i].hash = p->hash;
        ret->pack[i].term.is_committee = standing[i].term.is_committee;
        ret->pack[i].term.from_ms = standing[i].term.from_ms;
        ret->pack[i].term.until_ms = standing[i].term.until_ms;
        ret->n_packs++;
    }
    if (services != NULL)
        take_services(services, d, ret);
}

struct walk {
    const struct sop_trail *t;
    size_t next;
};

static bool
next_service(void *ctx, const struct hf_name *code, bool is_first,
             struct service *ret)
{
    struct walk *w = ctx;

    if (is_first)
        w->next = 0;
    while (w->next < w->t->n_services) {
        const struct service *s = &w->t->service[w->next++];

        if (hf_name_eq(&s->code, code)) {
            memcpy(ret, s, sizeof(*s));
            return true;
        }
    }
    return false;
}

static enum hf_err
book_of_then(const struct sop_trail *t, const struct sop_book *now,
             struct sop_book *then, struct hf_name *ret_pack)
{
    for (size_t i = 0; i < t->n_packs; i++) {
        const struct sop_pack *p =
            sop_book_find(now, &t->pack[i].name, &t->pack[i].hash);

        *ret_pack = t->pack[i].name;
        if (p == NULL || p->version != t->pack[i].version)
            return HF_ERR_NOT_FOUND;
        if (!sop_book_add(then, p))
            return HF_ERR_MALFORMED;
        sop_book_set_term(then, p, &t->pack[i].term);
    }
    return HF_OK;
}

enum hf_err
sop_trail_replay(const struct sop_trail *t, const struct sop_book *book,
                 struct sop_decision *ret, struct hf_name *ret_pack)
{
    struct walk walk = {t, 0};
    const struct sop_services services = {&walk, next_service};
    struct sop_book *then;
    enum hf_err err;

    memset(ret_pack, 0, sizeof(*ret_pack));
    if (t->n_packs > SOP_PACKS_MAX || t->n_services > SOP_CANDIDATES_MAX)
        return HF_ERR_MALFORMED;
    then = sop_book_new();
    if (then == NULL)
        return HF_ERR_NOMEM;
    err = book_of_then(t, book, then, ret_pack);
    if (!err)
        sop_route(then, &t->req, &services, ret);
    sop_book_free(then);
    return err;
}
