/* Which consent would be needed for what a referral cannot take along, in
 * words to be said to the person and as a scope for the consent file. */
#include <stdlib.h>

#include "api_internal.h"

/** What no scope covers now. */
struct gap {
    uint32_t required; /* without it the referral is refused */
    uint32_t useful;   /* allowed and held: it would go along */
    bool feedback;     /* nothing lets the provider report back */
    enum purpose purpose;
    struct hf_org of;  /* who has the consent; empty: we do */
};

/* Of a person who is sent on the consent is with whoever referred; what of it
 * came here, the gate has looked at. */
static bool
find_gap_onward(const struct api_call *c, const struct node_decision *d,
                struct gap *ret)
{
    struct node_object x;

    if (!object_get(c->env->view, &d->case_id, &x))
        return false;
    for (enum category k = CATEGORY_NONE + 1; k < CATEGORY_END; k++)
        if (d->gate.why[k] == WITHHELD_NO_CONSENT ||
            d->gate.why[k] == WITHHELD_WITHDRAWN)
            ret->useful |= CATEGORY_BIT(k);
    ret->required = d->gate.missing;
    ret->useful &= ~ret->required;
    ret->feedback = true;
    ret->purpose = PURPOSE_ONWARD;
    ret->of = x.peer;
    return (ret->required | ret->useful) != 0;
}

static bool
find_gap(const struct api_call *c, const struct node_decision *d,
         struct gap *ret)
{
    const struct sop_service *s = &d->sop.service;
    const struct hf_org *to = &d->sop.to;
    uint32_t cover = 0, back = 0;
    struct node_case row;
    struct consent consent;

    memset(ret, 0, sizeof(*ret));
    ret->purpose = PURPOSE_REFERRAL;
    if (to->s[0] == '\0')
        return false;
    if (d->is_onward)
        return find_gap_onward(c, d, ret);
    if (!case_get(c->env->view, &d->case_id, &row))
        return false;
    if (consent_get(c->env->view, &row.consent, &consent)) {
        cover = consent_cover(&consent, to, PURPOSE_REFERRAL, c->now_ms);
        back = consent_cover(&consent, to, PURPOSE_FEEDBACK, c->now_ms);
    }
    ret->required = s->required & ~s->never & ~cover;
    ret->useful = s->allowed & row.held & ~s->never & ~cover & ~ret->required;
    ret->feedback = back == 0;
    return (ret->required | ret->useful) != 0;
}

/* "identity, contact and health". */
static void
add_words(struct hf_buf *out, uint32_t set)
{
    const char *between = "";
    uint32_t left = set;

    for (enum category k = CATEGORY_NONE + 1; k < CATEGORY_END; k++) {
        if ((left & CATEGORY_BIT(k)) == 0)
            continue;
        left &= ~CATEGORY_BIT(k);
        (void)hf_buf_printf(out, "%s%s", between, category_text(k));
        between = (left & (left - 1)) != 0 ? ", " : " and ";
    }
}

static const char *
name_of(const struct api_call *c, const struct hf_org *id)
{
    const struct registry_org *org =
        c->env->registry == NULL ? NULL : registry_org(c->env->registry, id);

    return org != NULL && org->name[0] != '\0' ? org->name : id->s;
}

/* What to ask the person: who gives what to whom, what for, until when, and
 * that it can be taken back. */
static void
put_question(const struct api_call *c, json_t *o, const struct node_decision *d,
             const struct gap *gap)
{
    struct hf_buf text;

    hf_buf_init(&text, 4096);
    (void)hf_buf_printf(&text, "\"I agree that %s gives ",
                        name_of(c, &c->env->config->org));
    (void)hf_buf_printf(&text, "%s (%s) my data on ", name_of(c, &d->sop.to),
                        d->sop.to.s);
    add_words(&text, gap->required | gap->useful);
    (void)hf_buf_printf(&text, ", for a referral to %s", d->sop.service.code.s);
    if (gap->feedback)
        (void)hf_buf_printf(&text, ", and that they report back on it");
    (void)hf_buf_printf(&text, ", until ... I can take this back at any "
                               "time.\"");
    (void)json_object_set_new(o, "words",
                              json_stringn((const char *)text.p, text.n));
    hf_buf_free(&text);
}

/* The same as a scope of a consent file, but for its `until`. */
static json_t *
scope_of(const struct node_decision *d, const struct gap *gap)
{
    json_t *o = json_object();

    (void)json_object_set_new(
        o, "id",
        json_sprintf("%.14s-%.14s", d->sop.service.code.s, d->sop.to.s));
    (void)json_object_set_new(o, "categories",
                              api_categories(gap->required | gap->useful));
    (void)json_object_set_new(o, "recipients",
                              json_pack("[{s:s}]", "org", d->sop.to.s));
    (void)json_object_set_new(
        o, "purposes",
        api_purposes(PURPOSE_BIT(gap->purpose) |
                     (gap->feedback ? PURPOSE_BIT(PURPOSE_FEEDBACK) : 0)));
    return o;
}

void
api_put_ask(const struct api_call *c, json_t *o, const struct node_decision *d)
{
    struct gap gap;
    json_t *ask;

    if (!find_gap(c, d, &gap))
        return;
    ask = json_object();
    (void)json_object_set_new(ask, "required", api_categories(gap.required));
    (void)json_object_set_new(ask, "useful", api_categories(gap.useful));
    if (gap.of.s[0] != '\0')
        api_put_text(ask, "of", gap.of.s);
    put_question(c, ask, d, &gap);
    (void)json_object_set_new(ask, "scope", scope_of(d, &gap));
    (void)json_object_set_new(o, "ask_consent", ask);
}
