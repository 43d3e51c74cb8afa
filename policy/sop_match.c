#include "hf_assert.h"
#include "hf_text.h"
#include "sop_internal.h"

/* The languages a visit can be held in: a wished interpreter's first. */
struct languages {
    size_t n;
    char tag[FACTS_LANGUAGES_MAX + 1][LANGUAGE_BYTES];
};

static struct languages
languages_of(const struct sop_request *req)
{
    struct languages l = {0};

    if (req->interpreter[0] != '\0')
        memcpy(l.tag[l.n++], req->interpreter, LANGUAGE_BYTES);
    for (size_t i = 0; i < FACTS_LANGUAGES_MAX; i++)
        if (req->facts.language[i][0] != '\0')
            memcpy(l.tag[l.n++], req->facts.language[i], LANGUAGE_BYTES);
    return l;
}

static bool
is_given(const struct hf_name *name)
{
    return name->s[0] != '\0';
}

static bool
is_tried(const struct sop_request *req, const struct hf_org *org)
{
    const size_t n =
        req->n_tried < SOP_TRIED_MAX ? req->n_tried : SOP_TRIED_MAX;

    for (size_t i = 0; i < n; i++)
        if (hf_org_eq(&req->tried[i], org))
            return true;
    return false;
}

static const char *
miss_eligible(const struct sop_ask *ask, const struct service *s)
{
    const enum sex sex = ask->req->facts.sex;
    const bool is_sex_known = sex != SEX_NONE && sex != SEX_UNKNOWN;
    const bool has_age = s->age_min != 0 || s->age_max != 0;

    if (s->only_sex != SEX_NONE && is_sex_known && s->only_sex != sex)
        return "not for this sex";
    if (s->only_sex != SEX_NONE && !is_sex_known && !ask->is_emergency)
        return "for one sex only, and the sex is not known";
    if (has_age && ask->age == UINT32_MAX)
        return ask->is_emergency ? NULL : "age limits, and no known age";
    if (has_age &&
        (ask->age < s->age_min || (s->age_max != 0 && ask->age > s->age_max)))
        return "not for this age";
    return NULL;
}

static const char *
miss_place(const struct sop_ask *ask, const struct service *s)
{
    const struct sop_request *req = ask->req;
    const bool is_near = is_given(&req->near) && service_serves(s, &req->near);

    if (is_given(&req->away) && service_serves(s, &req->away) &&
        !ask->is_emergency)
        return "in the place to stay away from";
    if (s->n_provinces == 0 || !is_given(&req->facts.province) || is_near ||
        service_serves(s, &req->facts.province))
        return NULL;
    return "does not serve this province";
}

/* An emergency asks neither for a free place nor for money, and a language
 * that nobody speaks there must not keep anybody from help. */
static const char *
miss_means(const struct sop_ask *ask, const struct service *s,
           enum passed *ret)
{
    const struct languages l = languages_of(ask->req);

    if (ask->is_emergency)
        return NULL;
    *ret = PASSED_NO_ROOM;
    if (ask->rule->least > 0 && s->capacity == 0)
        return "no place free";
    if (s->capacity >= 0 && s->capacity < ask->rule->least)
        return "fewer places free than the rule asks for";
    if (ask->rule->stated && s->capacity < 0)
        return "does not say whether places are free";
    *ret = PASSED_COST;
    if (ask->rule->has_cost && s->cost_minor > ask->rule->cost_max)
        return "costs more than the rule allows";
    *ret = PASSED_LANGUAGE;
    if (l.n > 0 && s->n_languages > 0 && service_speaks(s, l.tag, l.n) == l.n)
        return "speaks no common language";
    return NULL;
}

/* NULL: it fits; else why not, and in *ret what the one chosen is told. */
static const char *
miss(const struct sop_ask *ask, const struct service *s, enum passed *ret)
{
    const char *why;

    *ret = PASSED_NOT_AVAILABLE;
    if (is_tried(ask->req, &s->org))
        return "was asked before and said no";
    if (!s->accepting)
        return "takes nobody at present";
    *ret = PASSED_NOT_ELIGIBLE;
    why = miss_eligible(ask, s);
    if (why != NULL)
        return why;
    *ret = PASSED_PLACE;
    why = miss_place(ask, s);
    return why != NULL ? why : miss_means(ask, s, ret);
}

static uint8_t
unmet_wishes(const struct sop_request *req, const struct service *s)
{
    const bool unmet[] = {req->wish_female != 0 && !s->has_female_practitioner,
                          req->wish_male != 0 && !s->has_male_practitioner,
                          req->interpreter[0] != '\0' &&
                              service_speaks(s, &req->interpreter, 1) == 1,
                          is_given(&req->near) && s->n_provinces > 0 &&
                              !service_serves(s, &req->near),
                          is_given(&req->away) &&
                              service_serves(s, &req->away)};
    uint8_t n = 0;

    for (size_t i = 0; i < sizeof(unmet) / sizeof(unmet[0]); i++)
        if (unmet[i])
            n++;
    return n;
}

static void
rank(const struct sop_ask *ask, const struct service *s, struct sop_rank *r)
{
    const struct sop_request *req = ask->req;
    const struct languages l = languages_of(req);
    const bool is_named = service_serves(s, &req->facts.province) ||
                          service_serves(s, &req->near);
    const size_t speaks = service_speaks(s, l.tag, l.n);

    const uint32_t key[PREFER_END] = {
        [PREFER_WISHES] = unmet_wishes(req, s),
        [PREFER_FREE] = s->capacity == 0,
        [PREFER_PLACE] = is_named              ? 0
                         : s->n_provinces == 0 ? 1
                                               : 2,
        [PREFER_CONFIRMED] = s->assured_ms == 0 ||
                             req->now_ms > s->assured_ms + SERVICE_STALE_MS,
        [PREFER_LANGUAGE] = (uint32_t)speaks,
        [PREFER_STATED] = s->capacity < 0,
        [PREFER_COST] = s->cost_minor};

    for (size_t i = 0; i < PREFER_END; i++)
        r->key[i] = key[ask->rule->prefer[i]];
}

/* Why this one, shortest facts first; the words before the colon are put
 * there when all candidates are known. */
static void
praise(const struct sop_ask *ask, const struct service *s,
       char out[static SOP_WHY_BYTES])
{
    const struct languages l = languages_of(ask->req);
    const size_t speaks = service_speaks(s, l.tag, l.n);
    const struct hf_name *place = &ask->req->facts.province;
    char room[32], place_text[40];

    if (is_given(&ask->req->near) && service_serves(s, &ask->req->near))
        place = &ask->req->near;
    if (is_given(place) && service_serves(s, place))
        hf_say(place_text, sizeof(place_text), "%s", place->s);
    else
        hf_say(place_text, sizeof(place_text), "%s",
                 s->n_provinces == 0 ? "everywhere" : "other place");
    if (s->capacity > 0)
        hf_say(room, sizeof(room), ", %d free", (int)s->capacity);
    else
        hf_say(room, sizeof(room), "%s", s->capacity == 0 ? ", full" : "");
    hf_say(out, SOP_WHY_BYTES, "%s%s%s%s%s%s", place_text,
             speaks < l.n ? ", speaks " : "", speaks < l.n ? l.tag[speaks] : "",
             room, s->cost_minor > 0 ? ", costs" : "",
             unmet_wishes(ask->req, s) > 0 ? ", not all wishes" : "");
}

/* The same for who is chosen, which need not know of wishes about places. */
static uint8_t
fit(const struct sop_ask *ask, const struct service *s, bool is_wished)
{
    const struct sop_request *req = ask->req;
    const struct languages l = languages_of(req);
    const bool names_place =
        (is_given(&req->near) && service_serves(s, &req->near)) ||
        (is_given(&req->facts.province) &&
         service_serves(s, &req->facts.province));
    unsigned set = 0;

    if (is_wished)
        set |= FIT_WISHED;
    if (names_place)
        set |= FIT_PLACE;
    if (s->n_provinces == 0)
        set |= FIT_EVERYWHERE;
    if (service_speaks(s, l.tag, l.n) < l.n)
        set |= FIT_LANGUAGE;
    if (s->capacity > 0)
        set |= FIT_ROOM;
    if (s->cost_minor > 0)
        set |= FIT_COSTS;
    return (uint8_t)set;
}

static int
compare(const struct sop_rank *a, const struct sop_rank *b)
{
    int order = 0;

    if (a->is_wished != b->is_wished)
        return a->is_wished ? -1 : 1;
    if (a->fits != b->fits)
        return a->fits ? -1 : 1;
    if (a->fallback != b->fallback)
        return a->fallback < b->fallback ? -1 : 1;
    for (size_t i = 0; i < PREFER_END && order == 0; i++)
        if (a->key[i] != b->key[i])
            order = a->key[i] < b->key[i] ? -1 : 1;
    if (order == 0)
        order = memcmp(a->c.org.s, b->c.org.s, HF_ORG_BYTES);
    if (order == 0)
        order =
            memcmp(a->c.service_id, b->c.service_id, sizeof(a->c.service_id));
    return order;
}

static void
insert(struct sop_ranking *r, const struct sop_rank *one)
{
    size_t at = 0;

    while (at < r->n && compare(&r->item[at], one) < 0)
        at++;
    if (at == SOP_CANDIDATES_MAX ||
        (at < r->n && compare(&r->item[at], one) == 0))
        return;
    if (r->n < SOP_CANDIDATES_MAX)
        r->n++;
    for (size_t i = r->n - 1; i > at; i--)
        memcpy(&r->item[i], &r->item[i - 1], sizeof(r->item[i]));
    memcpy(&r->item[at], one, sizeof(*one));
    HF_ASSERT(r->n <= SOP_CANDIDATES_MAX);
}

void
sop_match(const struct sop_ask *ask, const struct service *s, uint8_t fallback,
          struct sop_ranking *r)
{
    enum passed passed;
    const char *why = miss(ask, s, &passed);
    struct sop_rank one;

    memset(&one, 0, sizeof(one));
    one.c.org = s->org;
    memcpy(one.c.service_id, s->id, sizeof(one.c.service_id));
    one.c.code = s->code;
    one.is_wished = hf_org_eq(&s->org, &ask->req->to);
    one.fits = why == NULL;
    one.fallback = fallback;
    one.cost = s->cost_minor;
    memcpy(one.country, s->country, sizeof(one.country));
    if (one.fits) {
        rank(ask, s, &one);
        praise(ask, s, one.c.why);
        one.c.fit = fit(ask, s, one.is_wished);
    } else {
        hf_say(one.c.why, sizeof(one.c.why), "%s", why);
        one.c.passed = (uint8_t)passed;
    }
    insert(r, &one);
}
