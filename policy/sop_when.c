/* Whether a rule is for this person, place, time and scenario. */
#include "sop_internal.h"

static bool
has_text(const struct country *list, size_t n, const char *one)
{
    for (size_t i = 0; i < n; i++)
        if (strncmp(list[i].s, one, sizeof(list[i].s)) == 0)
            return true;
    return false;
}

static bool
has_province(const struct sop_when *w, const struct hf_name *one)
{
    for (size_t i = 0; i < w->n_provinces; i++)
        if (hf_name_eq(&w->province[i], one))
            return true;
    return false;
}

static bool
in_stages(uint32_t stages, enum stage stage)
{
    const int n = (int)stage;

    return n > STAGE_NONE && n < STAGE_END && (stages >> n & 1) != 0;
}

static const char *
miss_person(const struct sop_when *w, const struct facts *f, uint32_t age)
{
    if (w->groups != 0 && (w->groups & f->groups) == 0)
        return "the person is in none of the groups that it names";
    if (w->has_age && age == UINT32_MAX)
        return "it asks for an age, and none is known";
    if (w->has_age && (age < w->age_min || age > w->age_max))
        return "it is for another age";
    if (w->sex != SEX_NONE && w->sex != f->sex)
        return "it is for another sex";
    if (w->stages != 0 && !in_stages(w->stages, f->stage))
        return "it is for another stage of the case";
    if (w->families != 0 &&
        (f->family_band > 3 || (w->families >> f->family_band & 1) == 0))
        return "it is for another size of family";
    if (w->has_score && f->score[w->score_of] == 0)
        return "it asks for a score, and none is known";
    if (w->has_score && (f->score[w->score_of] - 1 < w->score_from ||
                         f->score[w->score_of] - 1 >= w->score_until))
        return "it is for another score";
    return NULL;
}

static const char *
miss_place(const struct sop_pack *p, const struct sop_when *w,
           const struct facts *f)
{
    const struct sop_place *at;

    if (w->n_countries > 0 && !has_text(w->country, w->n_countries, f->origin))
        return "it is for other countries of origin";
    if (w->n_hosts > 0 && !has_text(w->host, w->n_hosts, f->host))
        return "it is for other host countries";
    if (w->n_provinces > 0 && !has_province(w, &f->province))
        return "it is for other provinces";
    if (w->community == 0 && w->structural == 0)
        return NULL;
    at = sop_place(p, &f->province);
    if (w->community != 0 &&
        (at == NULL || (at->community & w->community) == 0))
        return "it is for another situation of the community";
    if (w->structural != 0 &&
        (at == NULL || (at->structural & w->structural) == 0))
        return "it is for another situation of services and economy";
    return NULL;
}

static const char *
miss_incident(const struct sop_when *w, const struct sop_request *req)
{
    const bool is_known =
        req->incident_ms != 0 && req->incident_ms <= req->now_ms;

    if (w->within_ms == 0 && w->after_ms == 0)
        return NULL;
    if (!is_known)
        return "it asks when it happened, and that is not known";
    if (w->within_ms != 0 && req->now_ms - req->incident_ms >= w->within_ms)
        return "it is for the first time after an incident, and that is over";
    if (w->after_ms != 0 && req->now_ms - req->incident_ms < w->after_ms)
        return "it is for a later time after an incident";
    return NULL;
}

static const char *
when_miss(const struct sop_pack *p, const struct sop_when *w,
          const struct sop_request *req, uint32_t age)
{
    const char *why = miss_person(w, &req->facts, age);

    if (why == NULL)
        why = miss_place(p, w, &req->facts);
    return why != NULL ? why : miss_incident(w, req);
}

const char *
sop_rule_miss(const struct sop_pack *p, const struct sop_rule *r,
              const struct sop_request *req, uint32_t age)
{
    const char *why = when_miss(p, &r->when, req, age);

    if (why != NULL || r->when.scenarios == 0)
        return why;
    for (size_t i = 0; i < p->n_scenarios; i++)
        if ((r->when.scenarios >> i & 1) != 0 &&
            when_miss(p, &p->scenario[i].when, req, age) == NULL)
            return NULL;
    return "none of its scenarios is this person's";
}
