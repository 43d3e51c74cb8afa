#include "sop_force.h"

#include "sop_internal.h"

static bool
has_country(const struct country *list, size_t n, const char *one)
{
    for (size_t i = 0; i < n; i++)
        if (strncmp(list[i].s, one, sizeof(list[i].s)) == 0)
            return true;
    return false;
}

const char *
sop_pack_aside(const struct sop_standing *s, const struct facts *f,
               uint64_t now_ms)
{
    const struct sop_pack *p = s->pack;

    if (now_ms < s->term.from_ms)
        return "the pack is not in force yet";
    if (s->term.until_ms != 0 && now_ms >= s->term.until_ms)
        return "the pack is no longer in force";
    if (p->n_origins > 0 && !has_country(p->origin, p->n_origins, f->origin))
        return "the pack is for other countries of origin";
    if (p->n_hosts > 0 && !has_country(p->host, p->n_hosts, f->host))
        return "the pack is for other host countries";
    return NULL;
}

size_t
sop_force_packs(const struct sop_force *f,
                const struct sop_pack *ret[static SOP_PACKS_MAX])
{
    struct sop_standing standing[SOP_PACKS_MAX];
    const size_t n_standing =
        f->book == NULL ? 0 : sop_book_stand(f->book, f->now_ms, standing);
    size_t n = 0;

    for (size_t i = 0; i < n_standing; i++)
        if (sop_pack_aside(&standing[i], f->facts, f->now_ms) == NULL)
            ret[n++] = standing[i].pack;
    return n;
}

/* Whether one of the @n more local packs has a schedule with this id. */
static bool
is_replaced_follow_up(const struct sop_pack *const *pack, size_t n,
                      const struct hf_name *id)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < pack[i]->duties.n_follow_up; k++)
            if (hf_name_eq(&pack[i]->duties.follow_up[k].id, id))
                return true;
    return false;
}

bool
sop_force_follow_up(const struct sop_force *f, size_t i,
                    struct sop_follow_up *ret)
{
    const struct sop_pack *pack[SOP_PACKS_MAX];
    const size_t n = sop_force_packs(f, pack);

    for (size_t at = 0; at < n; at++)
        for (size_t k = 0; sop_follow_up_at(pack[at], k, ret); k++)
            if (sop_follow_up_for(ret, f->facts->groups) &&
                !is_replaced_follow_up(pack, at, &ret->id) && i-- == 0)
                return true;
    return false;
}

static bool
is_replaced_threshold(const struct sop_pack *const *pack, size_t n,
                      const struct hf_name *id)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < pack[i]->duties.n_thresholds; k++)
            if (hf_name_eq(&pack[i]->duties.threshold[k].id, id))
                return true;
    return false;
}

bool
sop_force_threshold(const struct sop_force *f, size_t i,
                    struct sop_threshold *ret)
{
    const struct sop_pack *pack[SOP_PACKS_MAX];
    const size_t n = sop_force_packs(f, pack);

    for (size_t at = 0; at < n; at++)
        for (size_t k = 0; sop_threshold_at(pack[at], k, ret); k++)
            if (!is_replaced_threshold(pack, at, &ret->id) && i-- == 0)
                return true;
    return false;
}

bool
sop_force_closure(const struct sop_force *f, enum sop_close reason,
                  struct sop_closure *ret)
{
    const struct sop_pack *pack[SOP_PACKS_MAX];
    const size_t n = sop_force_packs(f, pack);

    for (size_t at = 0; at < n; at++)
        for (size_t k = 0; sop_closure_at(pack[at], k, ret); k++)
            if (ret->reason == reason)
                return true;
    return false;
}

bool
sop_force_document(const struct sop_force *f, const char *what,
                   struct sop_document *ret)
{
    const struct sop_pack *pack[SOP_PACKS_MAX];
    const size_t n = sop_force_packs(f, pack);

    for (size_t at = 0; at < n; at++)
        for (size_t k = 0; sop_document_at(pack[at], k, ret); k++)
            if (hf_name_is(&ret->what, what))
                return true;
    return false;
}

uint64_t
sop_force_keep(const struct sop_force *f)
{
    const struct sop_pack *pack[SOP_PACKS_MAX];
    const size_t n = sop_force_packs(f, pack);
    struct sop_document d;
    uint64_t longest = 0;

    if (sop_force_document(f, SOP_CASE_FILE, &d) && d.keep_ms != 0)
        return d.keep_ms;
    for (size_t at = 0; at < n; at++)
        for (size_t k = 0; sop_document_at(pack[at], k, &d); k++)
            if (d.keep_ms > longest)
                longest = d.keep_ms;
    return longest;
}

bool
sop_force_consent(const struct sop_force *f, struct sop_consent_rule *ret)
{
    const struct sop_pack *pack[SOP_PACKS_MAX];
    const size_t n = sop_force_packs(f, pack);
    struct sop_consent_rule rule;

    memset(ret, 0, sizeof(*ret));
    for (size_t at = 0; at < n; at++) {
        if (!sop_consent_rule(pack[at], &rule))
            continue;
        if (!ret->is_given) {
            *ret = rule;
            continue;
        }
        /* who is silent on these does not speak against who is not */
        if (ret->age == 0)
            ret->age = rule.age;
        if (ret->shelter_ms == 0)
            ret->shelter_ms = rule.shelter_ms;
    }
    return ret->is_given;
}

static bool
access_of(const struct sop_pack *p, enum role role, uint32_t *ret_reads)
{
    struct sop_access a;

    for (size_t k = 0; sop_access_at(p, k, &a); k++)
        if (a.role == role) {
            *ret_reads = a.reads;
            return true;
        }
    return false;
}

void
sop_force_transfer(const struct sop_force *f, struct sop_transfer_rule *ret)
{
    const struct sop_pack *pack[SOP_PACKS_MAX];
    const size_t n = sop_force_packs(f, pack);
    struct sop_transfer_rule one;

    *ret = (struct sop_transfer_rule){0, 0};
    for (size_t at = 0; at < n; at++) {
        sop_transfer_rule(pack[at], &one);
        if (ret->request_ms == 0)
            ret->request_ms = one.request_ms;
        if (ret->query_ms == 0)
            ret->query_ms = one.query_ms;
    }
}

bool
sop_force_access(const struct sop_force *f, enum role role, uint32_t *ret_reads,
                 const struct sop_pack **ret_pack)
{
    const struct sop_pack *pack[SOP_PACKS_MAX];
    const size_t n = sop_force_packs(f, pack);

    for (size_t at = 0; at < n; at++)
        if (access_of(pack[at], role, ret_reads)) {
            if (ret_pack != NULL)
                *ret_pack = pack[at];
            return true;
        }
    return false;
}

bool
sop_force_access_at(const struct sop_force *f, enum role role, size_t i,
                    uint32_t *ret_reads, const struct sop_pack **ret_pack)
{
    struct sop_standing s[SOP_PACKS_MAX];
    const size_t n =
        f->book == NULL ? 0 : sop_book_stand(f->book, f->now_ms, s);

    for (size_t at = 0; at < n; at++)
        if (sop_term_holds(&s[at].term, f->now_ms) &&
            access_of(s[at].pack, role, ret_reads) && i-- == 0) {
            *ret_pack = s[at].pack;
            return true;
        }
    return false;
}

bool
sop_force_first_contact(const struct sop_force *f, const struct hf_name *code,
                        struct sop_first_contact *ret)
{
    const struct sop_pack *pack[SOP_PACKS_MAX];
    const size_t n = sop_force_packs(f, pack);

    for (size_t at = 0; at < n; at++) /* who knows the service */
        if (sop_service_index(pack[at], code->s) != SOP_NO_SERVICE &&
            sop_first_contact(pack[at], code, ret))
            return true;
    for (size_t at = 0; at < n; at++)
        if (sop_first_contact(pack[at], code, ret))
            return true;
    return false;
}

bool
sop_force_calendar(const struct sop_force *f, const char *country,
                   struct sop_calendar *ret)
{
    const struct sop_pack *pack[SOP_PACKS_MAX];
    const size_t n = sop_force_packs(f, pack);

    for (size_t at = 0; at < n; at++)
        if (sop_calendar_of(pack[at], country, ret))
            return true;
    return false;
}

void
sop_force_ladder(const struct sop_force *f, enum urgency urgency,
                 struct sop_ladder *ret)
{
    const struct sop_pack *pack[SOP_PACKS_MAX];
    const size_t n = sop_force_packs(f, pack);

    for (size_t at = 0; at < n; at++)
        if (sop_ladder(pack[at], urgency, ret))
            return;
    (void)sop_ladder(NULL, urgency, ret);
}
