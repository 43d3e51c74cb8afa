#include "sop_cases.h"

#include <stdlib.h>

#include "hf_text.h"
#include "sop_cases_raw.h"

/* A table that is being run. */
struct run {
    const struct raw_table *raw;
    const struct hf_yaml_node *services, *cases; /* lists of the file */
    struct service *map;                         /* raw->n_services of them */
    size_t next;                                 /* in the map */
    struct sop_book *book;
    struct sop_case_results *ret;
    sop_case_fn fn; /* told of each decision, instead of comparing; or NULL */
    void *ctx;
};

static void
wrong(struct run *r, const struct hf_yaml_node *at, const char *key,
      const char *value)
{
    sop_find(&r->ret->findings, SOP_ERROR, sop_node(at, key), "",
             "'%s' does not do for %s", value, key);
}

static void
read_name(struct run *r, const struct hf_yaml_node *at, const char *key,
          const char *text, struct hf_name *ret)
{
    if (text != NULL && !hf_name_parse(text, ret))
        wrong(r, at, key, text);
}

static void
read_org(struct run *r, const struct hf_yaml_node *at, const char *key,
         const char *text, struct hf_org *ret)
{
    if (text != NULL && !hf_org_parse(text, ret))
        wrong(r, at, key, text);
}

static uint64_t
read_time(struct run *r, const struct hf_yaml_node *at, const char *key,
          const char *text)
{
    uint64_t ms = 0;

    if (text != NULL && !hf_time_parse(text, &ms))
        wrong(r, at, key, text);
    return ms;
}

static void
read_languages(struct run *r, const struct hf_yaml_node *at,
               const struct raw_list *list, char ret[][LANGUAGE_BYTES])
{
    for (size_t i = 0; i < list->n; i++) {
        if (strlen(list->item[i]) >= LANGUAGE_BYTES)
            wrong(r, at, "languages", list->item[i]);
        hf_say(ret[i], LANGUAGE_BYTES, "%s", list->item[i]);
    }
}

static void
read_provider(struct run *r, size_t i)
{
    const struct raw_provider *raw = &r->raw->services[i];
    const struct hf_yaml_node *at = sop_child(r->services, i);
    struct service *s = &r->map[i];
    const char *bad;

    read_org(r, at, "org", raw->org, &s->org);
    read_name(r, at, "code", raw->code, &s->code);
    s->id[0] = (uint8_t)(i >> 8);
    s->id[1] = (uint8_t)i;
    s->id[15] = 1;
    s->assured_ms = read_time(r, at, "assured",
                              raw->assured != NULL ? raw->assured : r->raw->at);
    s->accepting = raw->accepting != RAW_FALSE;
    if (raw->country != NULL)
        hf_say(s->country, sizeof(s->country), "%s", raw->country);
    s->capacity = -1;
    if (raw->capacity != NULL && *raw->capacity <= INT32_MAX)
        s->capacity = (int32_t)*raw->capacity;
    s->cost_minor = raw->cost;
    if (raw->age != NULL && raw->age->min != NULL)
        s->age_min = (uint16_t)(*raw->age->min % 1000);
    if (raw->age != NULL && raw->age->max != NULL)
        s->age_max = (uint16_t)(*raw->age->max % 1000);
    s->only_sex = (enum sex)raw->sex;
    s->has_female_practitioner = (raw->practitioners & 1 << SEX_FEMALE) != 0;
    s->has_male_practitioner = (raw->practitioners & 1 << SEX_MALE) != 0;
    s->n_provinces = (uint8_t)raw->provinces.n;
    for (size_t k = 0; k < raw->provinces.n; k++)
        read_name(r, at, "provinces", raw->provinces.item[k], &s->province[k]);
    s->n_languages = (uint8_t)raw->languages.n;
    read_languages(r, at, &raw->languages, s->language);
    bad = service_check(s);
    if (bad != NULL)
        sop_find(&r->ret->findings, SOP_ERROR, at, "", "%s", bad);
}

static enum stage
one_stage(uint32_t stages)
{
    int n = STAGE_NONE;

    for (int i = 1; i < STAGE_END; i++)
        if ((stages >> i & 1) != 0)
            n = i;
    return (enum stage)n;
}

static void
read_person(struct run *r, const struct hf_yaml_node *at,
            const struct raw_person *raw, struct facts *f)
{
    uint64_t year = 0;

    if (raw->birth != NULL && strlen(raw->birth) == 4 &&
        hf_parse_u64(raw->birth, 1850, 2200, &year))
        f->birth_year = (uint16_t)year;
    else
        f->birth_ms = read_time(r, at, "birth", raw->birth);
    f->sex = (enum sex)raw->sex;
    if (raw->origin != NULL)
        hf_say(f->origin, sizeof(f->origin), "%s", raw->origin);
    if (raw->host != NULL)
        hf_say(f->host, sizeof(f->host), "%s", raw->host);
    read_name(r, at, "province", raw->province, &f->province);
    read_languages(r, at, &raw->languages, f->language);
    f->groups = raw->groups;
    f->stage = one_stage(raw->stages);
    f->family_band = (uint8_t)raw->family;
    for (size_t i = 0; i < SCORE_END; i++) {
        const struct sop_at in = {at, "", &r->ret->findings};

        if (raw->score[i] != NULL)
            f->score[i] =
                (uint8_t)(sop_read_hundredths(&in, "scores", raw->score[i], 0) +
                          1);
    }
}

static void
read_wishes(struct run *r, const struct hf_yaml_node *at,
            const struct raw_wishes *raw, struct sop_request *q)
{
    q->wish_female = (raw->practitioner & 1 << SEX_FEMALE) != 0;
    q->wish_male = (raw->practitioner & 1 << SEX_MALE) != 0;
    if (raw->interpreter != NULL)
        hf_say(q->interpreter, sizeof(q->interpreter), "%s",
                 raw->interpreter);
    read_name(r, at, "near", raw->near, &q->near);
    read_name(r, at, "away", raw->away, &q->away);
}

static void
read_case(struct run *r, size_t i, struct sop_request *q)
{
    const struct raw_case *raw = &r->raw->cases[i];
    const struct hf_yaml_node *at = sop_child(r->cases, i);

    memset(q, 0, sizeof(*q));
    read_name(r, at, "need", raw->need, &q->need);
    q->urgency = (enum urgency)raw->urgency;
    q->now_ms = read_time(r, at, "at", raw->at != NULL ? raw->at : r->raw->at);
    q->incident_ms = read_time(r, at, "incident", raw->incident);
    read_org(r, at, "from", raw->from, &q->from);
    read_org(r, at, "to", raw->to, &q->to);
    read_person(r, sop_node(at, "person"), &raw->person, &q->facts);
    read_wishes(r, sop_node(at, "wishes"), &raw->wishes, q);
    q->n_tried = (uint8_t)raw->tried.n;
    for (size_t k = 0; k < raw->tried.n; k++)
        read_org(r, at, "tried", raw->tried.item[k], &q->tried[k]);
}

static bool
next_service(void *ctx, const struct hf_name *code, bool is_first,
             struct service *ret)
{
    struct run *r = ctx;

    if (is_first)
        r->next = 0;
    while (r->next < r->raw->n_services) {
        const struct service *s = &r->map[r->next++];

        if (hf_name_eq(&s->code, code)) {
            memcpy(ret, s, sizeof(*ret));
            return true;
        }
    }
    return false;
}

static void
fail(struct run *r, size_t i, const char *what, const char *want,
     const char *got)
{
    struct sop_case_failure *f;

    if (r->ret->n++ >= SOP_FAILURES_MAX)
        return;
    f = &r->ret->item[r->ret->n - 1];
    f->line = sop_child(r->cases, i)->line;
    hf_say(f->name, sizeof(f->name), "%s", r->raw->cases[i].name);
    hf_say(f->what, sizeof(f->what), "%s: expected %s, got %s", what, want,
             got[0] != '\0' ? got : "none");
}

static const char *
outcome_text(int outcome)
{
    return outcome == SOP_CHOSEN    ? "chosen"
           : outcome == SOP_NO_RULE ? "no_rule"
                                    : "no_provider";
}

static void
expect_bool(struct run *r, size_t i, const char *what, int want, bool got)
{
    if (want != 0 && (want == RAW_TRUE) != got)
        fail(r, i, what, got ? "false" : "true", got ? "true" : "false");
}

static void
expect_words(struct run *r, size_t i, const struct raw_expect *want,
             const struct sop_decision *got)
{
    static const char *const key[EXPECT_WORDS] = {"to", "service", "pack",
                                                  "rule", "budget"};
    const char *const have[EXPECT_WORDS] = {got->to.s, got->service.code.s,
                                            got->pack.s, got->rule.s,
                                            got->budget.s};

    for (size_t k = 0; k < EXPECT_WORDS; k++)
        if (want->word[k] != NULL && strcmp(want->word[k], have[k]) != 0)
            fail(r, i, key[k], want->word[k], have[k]);
}

static void
expect_clocks(struct run *r, size_t i, const struct raw_expect *want,
              uint64_t now_ms, const struct sop_decision *got)
{
    const uint64_t due[CLOCK_END] = {got->deliver_ms, got->decide_ms,
                                     got->contact_ms, got->report_ms};

    for (size_t k = 0; k < CLOCK_END; k++) {
        char have[HF_TIME_TEXT_BYTES];
        uint64_t ms = 0;

        if (want->clock[k] == NULL)
            continue;
        if (!hf_duration_parse(want->clock[k], &ms) || due[k] != now_ms + ms)
            fail(r, i, sop_clock_word[k], want->clock[k],
                 hf_time_format(due[k], have));
    }
}

static void
compare(struct run *r, size_t i, uint64_t now_ms,
        const struct sop_decision *got)
{
    const struct raw_expect *want = &r->raw->cases[i].expect;
    const size_t before = r->ret->n;

    if (want->outcome != (int)got->outcome)
        fail(r, i, "outcome", outcome_text(want->outcome),
             outcome_text((int)got->outcome));
    expect_words(r, i, want, got);
    if (want->urgency != 0 && want->urgency != (int)got->urgency)
        fail(r, i, "urgency", urgency_text((enum urgency)want->urgency),
             urgency_text(got->urgency));
    expect_bool(r, i, "fallback", want->fallback, got->is_fallback);
    expect_bool(r, i, "approval", want->approval, got->approval);
    if (want->payer != 0 && want->payer != (int)got->payer)
        fail(r, i, "payer", sop_payer_text((enum sop_payer)want->payer),
             sop_payer_text(got->payer));
    expect_bool(r, i, "expire", want->expire, got->expires);
    if (want->disclose != 0)
        expect_bool(r, i, "disclose on_send",
                    want->disclose == RAW_ON_SEND ? RAW_TRUE : RAW_FALSE,
                    got->on_send);
    expect_clocks(r, i, want, now_ms, got);
    if (r->ret->n == before)
        r->ret->passed++;
    else
        r->ret->failed++;
}

/* A book of the packs that the table names, with all their versions. */
static bool
choose_packs(struct run *r, const struct sop_book *book,
             const struct hf_yaml_node *root)
{
    const struct hf_yaml_node *at = hf_yaml_find(root, "packs");

    r->book = sop_book_new();
    if (r->book == NULL)
        return false;
    for (size_t i = 0; r->fn != NULL && sop_book_at(book, i) != NULL; i++)
        (void)!sop_book_add(r->book, sop_book_at(book, i));
    for (size_t i = 0; r->fn == NULL && i < r->raw->packs.n; i++) {
        const struct sop_pack *p;
        bool found = false;

        for (size_t k = 0; (p = sop_book_at(book, k)) != NULL; k++)
            if (strcmp(sop_pack_name(p), r->raw->packs.item[i]) == 0) {
                found = sop_book_add(r->book, p);
            }
        if (!found)
            sop_find(&r->ret->findings, SOP_ERROR, sop_child(at, i), "",
                     "pack '%s' is not loaded, or named twice",
                     r->raw->packs.item[i]);
    }
    return true;
}

static void
run_cases(struct run *r, struct sop_decision *d)
{
    const struct sop_services services = {.ctx = r, .next = next_service};
    struct sop_request q;

    for (size_t i = 0; i < r->raw->n_cases; i++) {
        read_case(r, i, &q);
        if (!sop_has_errors(&r->ret->findings)) {
            sop_route(r->book, &q, &services, d);
            if (r->fn == NULL)
                compare(r, i, q.now_ms, d);
            else
                r->fn(r->ctx, sop_child(r->cases, i)->line,
                      r->raw->cases[i].name, q.now_ms, d);
        }
    }
}

static enum hf_err
run_table(const struct raw_table *raw, const struct hf_yaml_node *root,
          const struct sop_book *book, struct run r)
{
    struct sop_case_results *ret = r.ret;
    struct sop_decision *d = calloc(1, sizeof(*d));
    enum hf_err err = HF_ERR_NOMEM;

    r.raw = raw;
    r.services = hf_yaml_find(root, "services");
    r.cases = hf_yaml_find(root, "cases");

    r.map = calloc((size_t)raw->n_services + 1, sizeof(*r.map));
    if (d == NULL || r.map == NULL || !choose_packs(&r, book, root))
        goto out;
    for (size_t i = 0; i < raw->n_services; i++)
        read_provider(&r, i);
    run_cases(&r, d);
    err = sop_has_errors(&ret->findings) ? HF_ERR_MALFORMED : HF_OK;

out:
    sop_book_free(r.book);
    free(r.map);
    free(d);
    return err;
}

static enum hf_err
load_and_run(struct hf_bytes yaml, const struct sop_book *book, struct run r)
{
    struct hf_yaml_node *root = NULL;
    void *raw = NULL;
    enum hf_err err;

    memset(r.ret, 0, sizeof(*r.ret));
    err = sop_raw_load(yaml, &sop_cases_schema, &r.ret->findings, &root, &raw);
    if (!err)
        err = run_table(raw, root, book, r);
    sop_raw_free(&sop_cases_schema, raw);
    hf_yaml_free(root);
    return err;
}

enum hf_err
sop_cases_run(struct hf_bytes yaml, const struct sop_book *book,
              struct sop_case_results *ret)
{
    return load_and_run(yaml, book, (struct run){.ret = ret});
}

enum hf_err
sop_cases_decide(struct hf_bytes yaml, const struct sop_book *book,
                 struct sop_findings *ret_findings, sop_case_fn fn, void *ctx)
{
    struct sop_case_results *ret = calloc(1, sizeof(*ret));
    enum hf_err err;

    memset(ret_findings, 0, sizeof(*ret_findings));
    if (ret == NULL)
        return HF_ERR_NOMEM;
    err = load_and_run(yaml, book,
                       (struct run){.ret = ret, .fn = fn, .ctx = ctx});
    memcpy(ret_findings, &ret->findings, sizeof(*ret_findings));
    free(ret);
    return err;
}
