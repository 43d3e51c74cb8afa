/* Packs beside each other, and beside the service map: sop_audit.h. */
#include "sop_audit.h"

#include "hf_text.h"
#include "sop_internal.h"

static void
tell(struct sop_findings *f, const struct sop_pack *p, uint32_t line,
     const char *rule, const char *what)
{
    const struct hf_yaml_node at = {.line = line, .column = 1};
    const size_t max = sizeof(f->item) / sizeof(f->item[0]);
    const size_t i = f->n;

    sop_find(f, SOP_WARNING, line != 0 ? &at : NULL, rule, "%s", what);
    if (i < max && p != NULL)
        hf_say(f->item[i].pack, sizeof(f->item[i].pack), "%s", p->name.s);
}

/* Words and scenarios are a pack's own: across packs they say nothing. */
static bool
covers_across(const struct sop_when *a, const struct sop_when *b)
{
    return a->community == 0 && a->structural == 0 && a->scenarios == 0 &&
           sop_covers(a, b);
}

/* The final rule of @p that takes every case of @r for @need; NULL. */
static const struct sop_rule *
final_over(const struct sop_pack *p, const struct sop_rule *r, size_t need)
{
    for (size_t i = 0; i < p->n_rules; i++)
        if (p->rule[i].is_final && sop_when_needs(&p->rule[i].when, need) &&
            covers_across(&p->rule[i].when, &r->when))
            return &p->rule[i];
    return NULL;
}

static void
check_hidden(const struct sop_pack *general, const struct sop_pack *local,
             struct sop_findings *f)
{
    for (size_t k = 0; k < local->n_rules; k++) {
        const struct sop_rule *r = &local->rule[k];
        const struct sop_rule *by = NULL;
        bool is_hidden = !r->is_final;
        char what[160];

        for (size_t need = 0; need < SOP_NEEDS_MAX && is_hidden; need++)
            if (sop_when_needs(&r->when, need)) {
                by = final_over(general, r, need);
                is_hidden = by != NULL;
            }
        if (!is_hidden || by == NULL)
            continue;
        hf_say(what, sizeof(what),
                 "never reached: rule %s of pack %s is final and takes every "
                 "such case",
                 by->id.s, general->name.s);
        tell(f, local, r->line, r->id.s, what);
    }
}

static void
check_twin_services(const struct sop_pack *a, const struct sop_pack *b,
                    struct sop_findings *f)
{
    for (size_t i = 0; i < a->n_services; i++) {
        const struct sop_service *one = &a->service[i].def;
        const uint16_t k = sop_service_index(b, one->code.s);
        char what[160];

        if (k == SOP_NO_SERVICE)
            continue;
        hf_say(what, sizeof(what),
                 "service %s asks for other data than in pack %s", one->code.s,
                 b->name.s);
        if (one->required != b->service[k].def.required ||
            one->allowed != b->service[k].def.allowed ||
            one->never != b->service[k].def.never)
            tell(f, a, 0, "", what);
    }
}

/* The ceiling that another pack sets for a service binds nobody here, but two
 * packs should not tell one provider two things. */
static void
check_ceilings(const struct sop_pack *a, const struct sop_pack *b,
               struct sop_findings *f)
{
    for (size_t i = 0; i < a->n_rules; i++) {
        const struct sop_rule *r = &a->rule[i];
        const char *code = a->service[r->service].def.code.s;
        const uint16_t k = sop_service_index(b, code);
        char what[160];

        if (k == SOP_NO_SERVICE || b->service[k].ceiling_ms == 0 ||
            r->clock_ms[CLOCK_CONTACT] <= b->service[k].ceiling_ms)
            continue;
        hf_say(what, sizeof(what),
                 "the clock contact is longer than the ceiling that pack %s "
                 "sets for service %s",
                 b->name.s, code);
        tell(f, a, r->line, r->id.s, what);
    }
}

static void
check_gaps(const struct sop_book *book, struct sop_findings *f)
{
    for (size_t need = 0; sop_need_at(need) != NULL; need++) {
        const struct sop_pack *p;
        bool has_rule = false;
        char what[160];

        for (size_t i = 0; (p = sop_book_at(book, i)) != NULL; i++)
            for (size_t k = 0; k < p->n_rules; k++)
                has_rule |= sop_when_needs(&p->rule[k].when, need);
        hf_say(what, sizeof(what), "no pack has a rule for %s",
                 sop_need_at(need));
        if (!has_rule)
            tell(f, NULL, 0, "", what);
    }
}

void
sop_book_check(const struct sop_book *book, struct sop_findings *f)
{
    const struct sop_pack *a, *b;

    for (size_t i = 0; (a = sop_book_at(book, i)) != NULL; i++)
        for (size_t k = i + 1; (b = sop_book_at(book, k)) != NULL; k++) {
            if (hf_name_eq(&a->name, &b->name))
                continue;
            if (a->level > b->level)
                check_hidden(b, a, f);
            check_twin_services(a, b, f);
            check_ceilings(a, b, f);
            check_ceilings(b, a, f);
        }
    check_gaps(book, f);
}

static bool
is_offered(const struct hf_name *codes, size_t n, const struct hf_name *code)
{
    for (size_t i = 0; i < n; i++)
        if (hf_name_eq(&codes[i], code))
            return true;
    return false;
}

void
sop_offer_check(const struct sop_pack *p, const struct hf_name *codes, size_t n,
                struct sop_findings *f)
{
    for (size_t i = 0; i < p->n_rules; i++) {
        const struct sop_rule *r = &p->rule[i];
        const struct hf_name *code = &p->service[r->service].def.code;
        bool has_way = is_offered(codes, n, code);
        char what[160];

        hf_say(what, sizeof(what), "no provider offers service %s", code->s);
        if (!has_way)
            tell(f, p, r->line, r->id.s, what);
        for (size_t k = 0; k < r->n_fallbacks; k++)
            has_way |=
                is_offered(codes, n, &p->service[r->fallback[k]].def.code);
        if (!has_way)
            tell(f, p, r->line, r->id.s,
                 "every case is an unmet need: nobody offers its service or a "
                 "fallback");
    }
}
