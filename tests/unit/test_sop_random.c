/* Ten thousand random packs and cases: nothing crashes, a decision is the same
 * bytes twice and in whatever order the service map is walked, every candidate
 * has its reason, the steps stay within their bound, the stored inputs give
 * the decision again. Broken packs get a place and a sentence. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "sop_audit.h"
#include "sop_duty.h"
#include "sop_trail.h"

#define PACKS  10000
#define NOW_MS UINT64_C(1793610000000) /* 2026-11-02T09:00:00Z */
#define HOUR   UINT64_C(3600000)

/* A decision has a fixed size, a few dozen kilobytes, and nothing else. */
_Static_assert(sizeof(struct sop_decision) < 32768, "bound of memory");
_Static_assert(sizeof(struct sop_trail) < 32768, "bound of memory");

static uint64_t seed;

static uint32_t
below(uint32_t n)
{
    uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((z ^ (z >> 31)) >> 33) % n;
}

static bool
chance(uint32_t percent)
{
    return below(100) < percent;
}

static char text[65536];
static size_t n_text;

__attribute__((format(printf, 1, 2))) static void
add(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    n_text +=
        (size_t)vsnprintf(text + n_text, sizeof(text) - n_text, fmt, args);
    va_end(args);
    cr_assert(lt(sz, n_text, sizeof(text)));
}

#define PICK(list) (list)[below(sizeof(list) / sizeof((list)[0]))]
static const char *const codes[] = {"s0", "s1", "s2", "s3", "s4", "s5"};
static const char *const provinces[] = {"kabul", "herat", "ghor"};
static const char *const needs[] = {"health.general", "mhpss.clinical",
                                    "protection.gbv", "food.water"};
static const char *const words[] = {"poor", "rich", "far"};
static const char *const clocks[] = {"1h", "6h", "24h", "72h", "7d", "30d"};
static const char *const levels[] = {"local", "national", "international"};
static const char *const urgencies[] = {"normal", "urgent", "emergency"};

static void
add_criteria(void)
{
    if (chance(25))
        add(", groups: [%s]", chance(50) ? "gbv" : "disability, pregnant");
    if (chance(25))
        add(", age: { min: %u, max: %u }", below(30), 20 + below(60));
    if (chance(20))
        add(", sex: %s", chance(50) ? "female" : "male");
    if (chance(20))
        add(", provinces: [%s]", PICK(provinces));
    if (chance(15))
        add(", structural: [%s]", PICK(words));
    if (chance(15))
        add(", family: [two_to_four]");
    if (chance(15))
        add(", score: { of: social, until: \"0.%02u\" }", 1 + below(99));
    if (chance(20))
        add(", incident: { within: %s }", PICK(clocks));
}

static void
add_rule(unsigned i)
{
    add("  - id: r%u\n    source: own\n    when: { needs: [%s]", i,
        PICK(needs));
    if (chance(30))
        add(", scenarios: [some]");
    add_criteria();
    add(" }\n    service: %s\n", PICK(codes));
    if (chance(60))
        add("    fallbacks: [%s%s]\n", PICK(codes),
            chance(20) ? ", s5, s4" : "");
    if (chance(60))
        add("    urgency: %s\n", PICK(urgencies));
    if (chance(40))
        add("    clocks: { decide: %s, contact: %s, report: 60d }\n",
            PICK(clocks), PICK(clocks));
    if (chance(20))
        add("    final: true\n");
    if (chance(30))
        add("    otherwise: general\n");
    if (chance(30))
        add("    cost: { max: %u, payer: programme, budget: purse, "
            "approval_above: %u }\n",
            below(500), below(300));
    if (chance(30))
        add("    capacity: { least: %u, stated: %s }\n", below(4),
            chance(50) ? "true" : "false");
    if (chance(30))
        add("    prefer: [cost, %s]\n", chance(50) ? "place" : "language");
}

static void
make_pack(unsigned number)
{
    const unsigned n_rules = 1 + below(12);

    n_text = 0;
    add("pack: p%u\nversion: %u\ntitle: a random one\nlevel: %s\n", number % 5,
        1 + below(3), PICK(levels));
    if (chance(30))
        add("applies: { origins: [AF, IQ] }\n");
    add("effective: { from: 202%u-01-01 }\ncalendar: office\n", below(8));
    add("calendars:\n  - { id: office, time_zone: %s, days: [mon, tue, fri],"
        " from: \"08:30\", until: \"16:00\" }\n",
        chance(50) ? "Asia/Kabul" : "Europe/Vienna");
    add("budgets:\n  - { id: purse, title: t, currency: EUR }\n");
    add("places:\n  - { province: %s, structural: [poor, rich, far] }\n",
        PICK(provinces));
    add("scenarios:\n  - { id: some, title: t, when: { sex: female");
    if (chance(50))
        add(", stages: [arrived]");
    add(" } }\nservices:\n");
    for (size_t i = 0; i < 6; i++)
        add("  - { code: %s, family: f, required: [identity]%s }\n", codes[i],
            chance(15) ? ", ceiling: 48h" : "");
    add("rules:\n");
    for (unsigned i = 0; i < n_rules; i++)
        add_rule(i);
}

/* ---- the world it decides in ---- */

static struct service map[24];
static size_t n_map, i_map, n_walks, n_calls;
static bool is_backwards;

static bool
next(void *ctx, const struct hf_name *code, bool is_first, struct service *ret)
{
    (void)ctx;
    n_calls++;
    if (is_first) {
        i_map = 0;
        n_walks++;
    }
    while (i_map < n_map) {
        const size_t i = is_backwards ? n_map - 1 - i_map : i_map;

        i_map++;
        if (hf_name_eq(&map[i].code, code)) {
            *ret = map[i];
            return true;
        }
    }
    return false;
}
static const struct sop_services services = {.next = next};

static void
make_map(void)
{
    memset(map, 0, sizeof(map));
    n_map = below(24);
    for (size_t i = 0; i < n_map; i++) {
        struct service *s = &map[i];

        (void)snprintf(s->org.s, sizeof(s->org.s), "org-%u", below(9));
        (void)snprintf(s->code.s, sizeof(s->code.s), "%s", PICK(codes));
        s->id[0] = (uint8_t)(i + 1);
        s->accepting = chance(85);
        s->capacity = (int32_t)below(5) - 1;
        s->cost_minor = chance(40) ? below(400) : 0;
        s->assured_ms = NOW_MS - below(400) * 24 * HOUR;
        s->age_max = chance(20) ? 40 : 0;
        s->only_sex = chance(15) ? SEX_FEMALE : SEX_NONE;
        s->has_female_practitioner = chance(50);
        if (chance(60))
            (void)snprintf(s->province[s->n_provinces++].s, HF_NAME_BYTES, "%s",
                           PICK(provinces));
        if (chance(60))
            (void)snprintf(s->language[s->n_languages++], LANGUAGE_BYTES, "%s",
                           chance(50) ? "prs" : "ps");
    }
}

static void
make_request(struct sop_request *q)
{
    memset(q, 0, sizeof(*q));
    (void)snprintf(q->need.s, sizeof(q->need.s), "%s", PICK(needs));
    q->now_ms = NOW_MS + below(2000) * HOUR;
    q->urgency = (enum urgency)below(URGENCY_END);
    q->incident_ms = chance(40) ? q->now_ms - below(200) * HOUR : 0;
    q->facts.birth_year = (uint16_t)(chance(80) ? 1950 + below(70) : 0);
    q->facts.sex = (enum sex)below(SEX_END);
    q->facts.stage = (enum stage)below(STAGE_END);
    q->facts.groups = chance(40) ? 1u << below(GROUP_END) : 0;
    q->facts.family_band = (uint8_t)below(4);
    q->facts.score[SCORE_SOCIAL] = (uint8_t)below(102);
    (void)snprintf(q->facts.origin, 4, "%s", chance(70) ? "AF" : "PK");
    (void)snprintf(q->facts.province.s, HF_NAME_BYTES, "%s", PICK(provinces));
    (void)snprintf(q->facts.language[0], LANGUAGE_BYTES, "%s",
                   chance(70) ? "prs" : "");
    (void)snprintf(q->from.s, HF_ORG_BYTES, "org-%u", below(9));
    if (chance(20))
        (void)snprintf(q->to.s, HF_ORG_BYTES, "org-%u", below(9));
    q->wish_female = chance(20);
    for (q->n_tried = 0; q->n_tried < 2 && chance(20); q->n_tried++)
        (void)snprintf(q->tried[q->n_tried].s, HF_ORG_BYTES, "org-%u",
                       below(9));
}

/* ---- what must hold ---- */

static void
holds_together(const struct sop_decision *d, uint64_t now_ms)
{
    struct hf_buf out;
    size_t n_chosen = 0, n_matched = 0, width = 0;

    for (size_t i = 0; i < d->n_candidates; i++) {
        cr_assert(ne(chr, d->candidate[i].why[0], '\0'));
        n_chosen += d->candidate[i].chosen;
    }
    for (size_t i = 0; i < d->n_rules; i++) {
        cr_assert(ne(chr, d->rule_seen[i].why[0], '\0'));
        n_matched += d->rule_seen[i].matched;
    }
    cr_assert(eq(sz, n_chosen, d->outcome == SOP_CHOSEN ? 1 : 0));
    cr_assert(eq(sz, n_matched, d->outcome == SOP_NO_RULE ? 0 : 1));
    if (d->outcome != SOP_NO_RULE) {
        cr_assert(ge(u64, d->deliver_ms, now_ms));
        cr_assert(le(u64, d->deliver_ms, d->decide_ms));
        cr_assert(le(u64, d->decide_ms, d->contact_ms));
    }
    hf_buf_init(&out, 65536);
    sop_explain(d, &out);
    cr_assert(not(out.failed));
    cr_assert(gt(sz, out.n, 20));
    for (size_t i = 0; i < out.n; i++) {
        width = out.p[i] == '\n' ? 0 : width + 1;
        cr_assert(le(sz, width, 80));
    }
    hf_buf_free(&out);
}

static void
decide_twice(const struct sop_book *book)
{
    static struct sop_decision a, b;
    static struct sop_trail trail;
    struct sop_request q;
    struct hf_name pack;

    make_map();
    make_request(&q);
    n_walks = n_calls = 0;
    is_backwards = false;
    sop_route(book, &q, &services, &a);
    cr_assert(le(sz, n_walks, SOP_WALKS_MAX));
    cr_assert(le(sz, n_calls, SOP_WALKS_MAX * (n_map + 1)));
    is_backwards = true;
    memset(&b, 0xff, sizeof(b));
    sop_route(book, &q, &services, &b);
    cr_assert(eq(int, memcmp(&a, &b, sizeof(a)), 0), "seed %llx",
              (unsigned long long)seed);
    holds_together(&a, q.now_ms);
    sop_trail_take(book, &q, &services, &a, &trail);
    memset(&b, 0xff, sizeof(b));
    cr_assert(eq(int, sop_trail_replay(&trail, book, &b, &pack), HF_OK));
    cr_assert(eq(int, memcmp(&a, &b, sizeof(a)), 0), "replay, seed %llx",
              (unsigned long long)seed);
}

static struct sop_findings findings;

static struct sop_pack *
load(void)
{
    const struct hf_bytes yaml = {(const uint8_t *)text, n_text};
    struct sop_pack *p = NULL;
    const enum hf_err err = sop_pack_load(yaml, &findings, &p);

    cr_assert(eq(int, err == HF_OK, p != NULL));
    if (err) {
        bool has_error = false;

        cr_assert(eq(int, err, HF_ERR_MALFORMED));
        for (size_t i = 0; i < findings.n && i < 64; i++) {
            const struct sop_finding *f = &findings.item[i];

            has_error |= f->is_error;
            cr_assert(gt(uint, f->line, 0), "%s", f->what);
            cr_assert(gt(uint, f->column, 0), "%s", f->what);
            cr_assert(gt(sz, strlen(f->what), 8));
        }
        cr_assert(has_error);
    }
    return p;
}

Test(sop_random, ten_thousand_packs_and_cases, .timeout = 280)
{
    struct sop_pack *kept[3] = {NULL};
    size_t n_loaded = 0;

    seed = 20261102;
    for (unsigned i = 0; i < PACKS; i++) {
        struct sop_book *book = sop_book_new();
        struct sop_pack *p;

        make_pack(i);
        p = load();
        if (p != NULL) {
            const struct hf_hash hash = {{(uint8_t)i, (uint8_t)(i >> 8)}};

            sop_pack_set_hash(p, &hash);
            sop_pack_free(kept[i % 3]);
            kept[i % 3] = p;
            n_loaded++;
        }
        for (size_t k = 0; k < 3; k++)
            if (kept[k] != NULL)
                (void)!sop_book_add(book, kept[k]);
        decide_twice(book);
        if (i % 100 == 0) {
            memset(&findings, 0, sizeof(findings));
            sop_book_check(book, &findings);
        }
        sop_book_free(book);
    }
    for (size_t k = 0; k < 3; k++)
        sop_pack_free(kept[k]);
    cr_expect(gt(sz, n_loaded, PACKS / 20), "%zu", n_loaded);
}

Test(sop_random, broken_packs_get_a_place_and_a_sentence, .timeout = 280)
{
    seed = 17;
    for (unsigned i = 0; i < PACKS / 4; i++) {
        make_pack(i);
        for (uint32_t k = 1 + below(3); k > 0; k--) {
            const size_t at = below((uint32_t)n_text);

            if (chance(40)) {
                text[at] = "{}[]:-#&*!|>\"'%@ \n\tx0"[below(21)];
            } else if (chance(50)) {
                memmove(text + at, text + at + 1, n_text - at - 1);
                n_text--;
            } else {
                n_text = at + 1;
            }
        }
        sop_pack_free(load());
    }
}

Test(sop_random, an_alias_bomb_is_told_of_at_its_first_anchor)
{
    n_text = 0;
    add("pack: bomb\nversion: 1\na0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for (unsigned i = 1; i < 40; i++)
        add("a%u: &a%u [*a%u, *a%u, *a%u, *a%u, *a%u]\n", i, i, i - 1, i - 1,
            i - 1, i - 1, i - 1);
    cr_expect_null(load());
    cr_expect(eq(uint, findings.item[0].line, 3));
}
