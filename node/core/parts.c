#include "parts.h"

#include "field.h"
#include "hf_assert.h"
#include "hf_text.h"

#define YEAR_MS UINT64_C(31556952000)
#define PURPOSES ((PURPOSE_BIT(PURPOSE_END) - 1) & ~UINT32_C(1))

static bool
may(uint32_t categories, enum category c)
{
    return (categories & CATEGORY_BIT(c)) != 0;
}

/* A fact belongs to the categories that it is read from. */
static void
copy_facts(struct facts *to, const struct facts *from, uint32_t categories)
{
    if (may(categories, CATEGORY_IDENTITY)) {
        to->birth_ms = from->birth_ms;
        to->birth_year = from->birth_year;
        to->sex = from->sex;
    }
    if (may(categories, CATEGORY_CONTACT))
        memcpy(to->language, from->language, sizeof(to->language));
    if (may(categories, CATEGORY_CONTACT) ||
        may(categories, CATEGORY_HOUSING) || may(categories, CATEGORY_TRAVEL))
        to->province = from->province;
    if (may(categories, CATEGORY_VULNERABILITY))
        to->groups = from->groups;
    if (may(categories, CATEGORY_FAMILY))
        to->family_band = from->family_band;
    if (may(categories, CATEGORY_TRAVEL))
        to->travel_ms = from->travel_ms;
    if (may(categories, CATEGORY_PLAN))
        to->plan_ms = from->plan_ms;
}

static void
copy_countries(struct facts *to, const struct facts *from)
{
    memcpy(to->origin, from->origin, sizeof(to->origin));
    memcpy(to->host, from->host, sizeof(to->host));
}

/* A fact is told where the category it was read from is. */
static struct facts
restricted(const struct facts *f, uint32_t categories)
{
    struct facts r = {.stage = f->stage};

    copy_countries(&r, f);
    copy_facts(&r, f, categories);
    return r;
}

struct facts
parts_facts_left(const struct facts *f, uint32_t categories)
{
    struct facts r = restricted(f, categories);

    if (categories != 0)
        memcpy(r.score, f->score, sizeof(r.score));
    if (!may(categories, CATEGORY_MHPSS))
        r.score[SCORE_COMPOSITE] = r.score[SCORE_PSYCHOSOCIAL] = 0;
    return r;
}

void
parts_facts_renew(struct facts *f, const struct facts *given,
                  uint32_t categories)
{
    const struct hf_name province = f->province;

    copy_countries(f, given);
    copy_facts(f, given, categories);
    /* three categories may tell it; one of them given without it is silent */
    if (f->province.s[0] == '\0')
        f->province = province;
}

void
parts_facts_pack(const struct facts *f, uint32_t categories,
                 uint8_t out[static PARTS_FACTS_BYTES])
{
    const struct facts r = restricted(f, categories);
    uint8_t *p = out;

    hf_put_u64(&p, r.birth_ms);
    hf_put_u16(&p, r.birth_year);
    hf_put_u8(&p, (uint8_t)r.sex);
    hf_put_bytes(&p, r.origin, sizeof(r.origin));
    hf_put_bytes(&p, r.host, sizeof(r.host));
    hf_put_bytes(&p, r.province.s, HF_NAME_BYTES);
    hf_put_bytes(&p, r.language, sizeof(r.language));
    hf_put_u32(&p, r.groups);
    hf_put_u8(&p, (uint8_t)r.stage);
    hf_put_u8(&p, r.family_band);
    hf_put_u64(&p, r.travel_ms);
    hf_put_u64(&p, r.plan_ms);
    HF_ASSERT(p == out + PARTS_FACTS_BYTES);
}

static bool
facts_ok(const struct facts *f)
{
    if (f->sex >= SEX_END || f->stage >= STAGE_END || f->family_band > 3 ||
        !field_padded(f->origin, sizeof(f->origin)) ||
        !field_padded(f->host, sizeof(f->host)) ||
        !field_padded(f->province.s, HF_NAME_BYTES) ||
        !field_time(f->birth_ms) || !field_time(f->travel_ms) ||
        !field_time(f->plan_ms))
        return false;
    for (int i = 0; i < FACTS_LANGUAGES_MAX; i++)
        if (!field_padded(f->language[i], LANGUAGE_BYTES))
            return false;
    return true;
}

bool
parts_facts_unpack(struct hf_bytes in, struct facts *ret)
{
    const uint8_t *p = in.p;
    struct facts r = {.birth_ms = 0};

    if (in.n != PARTS_FACTS_BYTES)
        return false;
    r.birth_ms = hf_get_u64(&p);
    r.birth_year = hf_get_u16(&p);
    r.sex = (enum sex)hf_get_u8(&p);
    hf_get_bytes(&p, r.origin, sizeof(r.origin));
    hf_get_bytes(&p, r.host, sizeof(r.host));
    hf_get_bytes(&p, r.province.s, HF_NAME_BYTES);
    hf_get_bytes(&p, r.language, sizeof(r.language));
    r.groups = hf_get_u32(&p);
    r.stage = (enum stage)hf_get_u8(&p);
    r.family_band = hf_get_u8(&p);
    r.travel_ms = hf_get_u64(&p);
    r.plan_ms = hf_get_u64(&p);
    if (!facts_ok(&r))
        return false;
    *ret = r;
    return true;
}

size_t
parts_consent_pack(const struct consent *c, uint8_t *out)
{
    uint8_t *p = out;

    HF_ASSERT(c->n_scopes <= CONSENT_SCOPES_MAX);
    hf_put_bytes(&p, c->id.b, HF_ID_BYTES);
    hf_put_bytes(&p, c->case_id.b, HF_ID_BYTES);
    hf_put_u32(&p, c->version);
    hf_put_u8(&p, (uint8_t)c->state);
    hf_put_u64(&p, c->given_ms);
    hf_put_u8(&p, c->n_scopes);
    for (int i = 0; i < c->n_scopes; i++) {
        const struct consent_scope *sc = &c->scope[i];

        hf_put_bytes(&p, sc->id.s, HF_NAME_BYTES);
        hf_put_u32(&p, sc->categories);
        hf_put_u32(&p, sc->purposes);
        hf_put_u64(&p, sc->from_ms);
        hf_put_u64(&p, sc->until_ms);
        hf_put_u8(&p, (uint8_t)(sc->withdrawn | sc->by_kind << 1));
        hf_put_u8(&p, sc->n_recipients);
        for (int r = 0; r < CONSENT_RECIPIENTS_MAX; r++)
            hf_put_bytes(&p, sc->recipient[r].s, HF_ORG_BYTES);
    }
    return (size_t)(p - out);
}

static bool
unpack_scope(const uint8_t **p, struct consent_scope *sc)
{
    uint8_t bits;

    hf_get_bytes(p, sc->id.s, HF_NAME_BYTES);
    sc->categories = hf_get_u32(p);
    sc->purposes = hf_get_u32(p);
    sc->from_ms = hf_get_u64(p);
    sc->until_ms = hf_get_u64(p);
    bits = hf_get_u8(p);
    sc->withdrawn = (bits & 1) != 0;
    sc->by_kind = (bits & 2) != 0;
    sc->n_recipients = hf_get_u8(p);
    for (int r = 0; r < CONSENT_RECIPIENTS_MAX; r++)
        hf_get_bytes(p, sc->recipient[r].s, HF_ORG_BYTES);
    return bits < 4 && sc->n_recipients <= CONSENT_RECIPIENTS_MAX;
}

/* A scope that cannot be told of again could never be withdrawn further on. */
static bool
scope_ok(const struct consent_scope *sc)
{
    if (sc->id.s[0] == '\0' || !field_name(&sc->id) ||
        (sc->categories & ~CATEGORY_ALL) != 0 ||
        (sc->purposes & ~PURPOSES) != 0 || !field_time(sc->from_ms) ||
        !field_time(sc->until_ms))
        return false;
    for (int r = 0; r < sc->n_recipients; r++)
        if (!field_org(&sc->recipient[r]))
            return false;
    return true;
}

static bool
consent_ok(const struct consent *c)
{
    if (hf_id_is_zero(&c->id) || c->version == 0 ||
        c->version > PARTS_CONSENT_VERSION_MAX || !field_time(c->given_ms))
        return false;
    for (int i = 0; i < c->n_scopes; i++)
        if (!scope_ok(&c->scope[i]))
            return false;
    return c->state != CONSENT_GIVEN || consent_check(c) == NULL;
}

bool
parts_consent_unpack(struct hf_bytes in, struct consent *ret)
{
    const size_t head = 46, each = 58 + CONSENT_RECIPIENTS_MAX * HF_ORG_BYTES;
    const uint8_t *p = in.p;

    if (in.n < head)
        return false;
    memset(ret, 0, sizeof(*ret));
    hf_get_bytes(&p, ret->id.b, HF_ID_BYTES);
    hf_get_bytes(&p, ret->case_id.b, HF_ID_BYTES);
    ret->version = hf_get_u32(&p);
    ret->state = (enum consent_state)hf_get_u8(&p);
    ret->given_ms = hf_get_u64(&p);
    ret->n_scopes = hf_get_u8(&p);
    if (ret->n_scopes > CONSENT_SCOPES_MAX ||
        ret->state < CONSENT_GIVEN || ret->state > CONSENT_WITHDRAWN ||
        in.n != head + ret->n_scopes * each)
        return false;
    for (int i = 0; i < ret->n_scopes; i++)
        if (!unpack_scope(&p, &ret->scope[i]))
            return false;
    return consent_ok(ret);
}

/* Year and quarter of an instant, by whole mean years: a card says when about,
 * not when. */
static uint16_t
quarter_of(uint64_t ms)
{
    const uint64_t years = ms / YEAR_MS;
    const uint64_t quarter = ms % YEAR_MS / (YEAR_MS / 4);

    return (uint16_t)((1970 + years) * 4 + (quarter > 3 ? 3 : quarter));
}

void
parts_card(const struct facts *f, uint32_t sends, uint64_t now_ms,
           struct card *ret)
{
    const uint32_t age = facts_age(f, now_ms);

    memset(ret, 0, sizeof(*ret));
    ret->urgency = URGENCY_NORMAL;
    ret->age_band = age == UINT32_MAX ? AGE_UNKNOWN : age_band_of(age);
    ret->sex = f->sex == SEX_NONE ? SEX_UNKNOWN : f->sex;
    memcpy(ret->language, f->language, sizeof(ret->language));
    memcpy(ret->country, f->origin, sizeof(ret->country));
    ret->province = f->province;
    ret->quarter = f->travel_ms == 0 ? 0 : quarter_of(f->travel_ms);
    ret->family_band = f->family_band;
    if (may(sends, CATEGORY_VULNERABILITY))
        ret->groups = f->groups;
}

void
parts_card_left(struct card *c, uint32_t categories)
{
    if (!may(categories, CATEGORY_IDENTITY)) {
        c->age_band = AGE_NONE;
        c->sex = SEX_NONE;
    }
    if (!may(categories, CATEGORY_CONTACT))
        memset(c->language, 0, sizeof(c->language));
    if (!may(categories, CATEGORY_CONTACT) &&
        !may(categories, CATEGORY_HOUSING) && !may(categories, CATEGORY_TRAVEL))
        memset(&c->province, 0, sizeof(c->province));
    if (!may(categories, CATEGORY_VULNERABILITY))
        c->groups = 0;
    if (!may(categories, CATEGORY_FAMILY))
        c->family_band = 0;
    if (!may(categories, CATEGORY_TRAVEL))
        c->quarter = 0;
}
