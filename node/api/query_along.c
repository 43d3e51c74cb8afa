/* A decision that came along with a referral: why it was sent here. */
#include "api_internal.h"

static void
add_word(char *text, size_t room, const char *word)
{
    const size_t n = strlen(text);

    (void)snprintf(text + n, room - n, "%s%s", n == 0 ? "" : ", ", word);
}

static void
why_us(const struct decision *d, char *text, size_t room)
{
    static const struct {
        unsigned bit;
        const char *word;
    } words[] = {{FIT_WISHED, "named by who refers"},
                 {FIT_PLACE, "serves the place"},
                 {FIT_EVERYWHERE, "serves every place"},
                 {FIT_LANGUAGE, "speaks the language"},
                 {FIT_ROOM, "has places free"},
                 {FIT_COSTS, "costs"}};

    text[0] = '\0';
    if (d->is_override)
        add_word(text, room, "chosen by hand, otherwise than the SOP");
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if ((d->fit & words[i].bit) != 0)
            add_word(text, room, words[i].word);
    if (text[0] == '\0')
        add_word(text, room, "nobody fits better");
}

/* The rules of the deciding pack that were looked at, the last decided. */
static void
set_rules(const struct decision *d, struct sop_decision *sop)
{
    for (size_t i = 0; i <= d->n_rules; i++) {
        const bool matched = i == d->n_rules;

        sop->rule_seen[i].pack = d->pack[0].name;
        sop->rule_seen[i].rule = matched ? d->rule : d->aside[i];
        sop->rule_seen[i].matched = matched;
        (void)snprintf(sop->rule_seen[i].why, SOP_WHY_BYTES, "%s",
                       matched ? "it decided" : "it did not decide");
    }
    sop->n_rules = (uint8_t)(d->n_rules + 1);
}

static void
set_gate(const struct decision *d, struct gate_out *gate)
{
    const uint32_t needed = d->required | d->allowed;

    gate->sends = d->sends;
    for (enum category k = CATEGORY_NONE + 1; k < CATEGORY_END; k++) {
        const uint32_t bit = CATEGORY_BIT(k);

        if ((d->never & bit) != 0)
            gate->why[k] = WITHHELD_NEVER;
        else if ((needed & bit) == 0)
            gate->why[k] = WITHHELD_NOT_NEEDED;
        else if ((d->sends & bit) == 0)
            gate->why[k] = WITHHELD_NOT_TOLD;
    }
}

/* As far as it is told, in the form of a decision made here. */
static void
as_ours(const struct api_call *c, const struct node_object *o,
        const struct decision *d, struct node_decision *ret)
{
    struct sop_decision *sop = &ret->sop;
    struct sop_candidate *us = &sop->candidate[0];

    memset(ret, 0, sizeof(*ret));
    ret->id = d->id;
    ret->at_ms = d->at_ms;
    ret->is_override = d->is_override;
    set_gate(d, &ret->gate);
    sop->outcome = SOP_CHOSEN;
    sop->need = d->need;
    sop->service.code = d->service;
    sop->service.required = d->required;
    sop->service.allowed = d->allowed;
    sop->service.never = d->never;
    sop->to = c->env->config->org;
    sop->urgency = d->urgency;
    sop->on_send = o->terms.on_send;
    sop->expires = o->terms.expires;
    sop->is_fallback = d->is_fallback;
    sop->deliver_ms = d->deliver_ms;
    sop->decide_ms = d->decide_ms;
    sop->contact_ms = d->contact_ms;
    sop->report_ms = d->report_ms;
    sop->pack = d->pack[0].name;
    sop->pack_version = d->pack[0].version;
    sop->pack_hash = d->pack[0].hash;
    sop->rule = d->rule;
    memcpy(sop->clause, d->clause, sizeof(sop->clause));
    us->org = sop->to;
    us->code = d->service;
    us->chosen = true;
    why_us(d, us->why, sizeof(us->why));
    sop->n_candidates = 1;
    set_rules(d, sop);
}
_Static_assert(DECISION_RULES_MAX < SOP_RULES_SEEN_MAX &&
                   DECISION_CLAUSE_BYTES == SOP_CLAUSE_BYTES,
               "what came along fits into a decision");

static json_t *
passed_of(const struct decision *d, struct hf_buf *text)
{
    json_t *list = json_array();

    for (enum passed k = PASSED_NONE + 1; k < PASSED_END; k++) {
        json_t *item;

        if (d->passed[k] == 0)
            continue;
        item = json_object();
        api_put_text(item, "why", passed_text(k));
        api_put_u64(item, "count", d->passed[k]);
        (void)json_array_append_new(list, item);
        if (json_array_size(list) == 1)
            (void)hf_buf_printf(text, "Others looked at:\n");
        (void)hf_buf_printf(text, "  %u: %s\n", (unsigned)d->passed[k],
                            passed_text(k));
    }
    return list;
}

static json_t *
packs_of(const struct decision *d, struct hf_buf *text)
{
    json_t *list = json_array();

    (void)hf_buf_printf(text, "Packs that stood:\n");
    for (size_t i = 0; i < d->n_packs; i++) {
        json_t *item = json_object();

        api_put_text(item, "pack", d->pack[i].name.s);
        api_put_u64(item, "version", d->pack[i].version);
        api_put_hex(item, "hash", d->pack[i].hash.b, HF_HASH_BYTES);
        (void)json_array_append_new(list, item);
        (void)hf_buf_printf(text, "  %s, version %u\n", d->pack[i].name.s,
                            (unsigned)d->pack[i].version);
    }
    if (d->more_packs > 0)
        (void)hf_buf_printf(text, "  and %u more\n", (unsigned)d->more_packs);
    return list;
}

json_t *
api_along(struct api_call *c, const struct node_object *o,
          const struct decision *d)
{
    struct node_decision ours;
    struct hf_buf text;
    json_t *j;

    as_ours(c, o, d, &ours);
    j = api_decision(&ours);
    api_put_id(j, "referral", "HR", &o->id);
    api_put_text(j, "from", o->peer.s);
    hf_buf_init(&text, 64 * 1024);
    sop_explain(&ours.sop, &text);
    if (d->more_rules > 0)
        (void)hf_buf_printf(&text, "  and %u more rules, not named here\n",
                            (unsigned)d->more_rules);
    (void)json_object_set_new(j, "passed_over", passed_of(d, &text));
    (void)json_object_set_new(j, "packs", packs_of(d, &text));
    api_put_u64(j, "more_packs", d->more_packs);
    api_put_u64(j, "more_rules", d->more_rules);
    (void)json_object_set_new(j, "text",
                              json_stringn((const char *)text.p, text.n));
    hf_buf_free(&text);
    return j;
}
