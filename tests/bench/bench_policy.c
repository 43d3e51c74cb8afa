/* How long one decision takes: 500 rules in two packs against a service map of
 * 5 000, walked as the node walks it, by code. Nothing passes or fails. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sop.h"

#define RULES    250 /* in each of two packs */
#define CODES    50
#define SERVICES 5000
#define NOW_MS   UINT64_C(1793610000000)

static struct service map[SERVICES];
static size_t begin_of[CODES + 1], i_map, code_at;

static double
now_us(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* The map is kept by code, as the node's table is. */
static bool
next(void *ctx, const struct hf_name *code, bool is_first, struct service *ret)
{
    (void)ctx;
    if (is_first) {
        code_at = (size_t)strtoul(code->s + 1, NULL, 10) % CODES;
        i_map = begin_of[code_at];
    }
    if (i_map >= begin_of[code_at + 1])
        return false;
    memcpy(ret, &map[i_map++], sizeof(*ret));
    return true;
}

static void
make_map(void)
{
    for (size_t i = 0; i < SERVICES; i++) {
        struct service *s = &map[i];

        begin_of[i / (SERVICES / CODES)] = i - i % (SERVICES / CODES);
        (void)snprintf(s->org.s, sizeof(s->org.s), "org-%zu", i % 997);
        (void)snprintf(s->code.s, sizeof(s->code.s), "s%zu",
                       i / (SERVICES / CODES));
        s->id[0] = (uint8_t)i;
        s->id[1] = (uint8_t)(i >> 8);
        s->id[15] = 1;
        s->accepting = true;
        s->capacity = (int32_t)(i % 7) - 1;
        s->assured_ms = NOW_MS - i * 60000;
        (void)snprintf(s->province[0].s, HF_NAME_BYTES, "p%zu", i % 34);
        s->n_provinces = 1;
        (void)snprintf(s->language[0], LANGUAGE_BYTES, "%s",
                       i % 3 == 0 ? "ps" : "prs");
        s->n_languages = 1;
    }
    begin_of[CODES] = SERVICES;
}

/* Every rule is for the same need, and only the last one matches. */
static struct sop_pack *
make_pack(const char *name, const char *level, size_t first, bool has_match)
{
    static struct sop_findings findings;
    struct sop_pack *p = NULL;
    struct hf_buf b;
    enum hf_err err;

    hf_buf_init(&b, 512 * 1024);
    (void)hf_buf_printf(&b,
                        "pack: %s\nversion: 1\ntitle: t\nlevel: %s\n"
                        "effective: { from: 2025-01-01 }\nservices:\n",
                        name, level);
    for (size_t i = 0; i < CODES; i++)
        (void)hf_buf_printf(
            &b, "  - { code: s%zu, family: f, required: [identity] }\n", i);
    (void)hf_buf_printf(&b, "rules:\n");
    for (size_t i = 0; i < RULES; i++) {
        const bool is_last = has_match && i == RULES - 1;

        (void)hf_buf_printf(
            &b,
            "  - { id: r%zu, source: own, service: s%zu, fallback: s%zu,\n"
            "      when: { needs: [health.general], provinces: [%s%zu] } }\n",
            first + i, i % CODES, (i + 1) % CODES, is_last ? "p" : "q",
            is_last ? 0 : first + i);
    }
    err = sop_pack_load(hf_buf_bytes(&b), &findings, &p);
    hf_buf_free(&b);
    if (err) {
        fprintf(stderr, "bench_policy: %u: %s\n", findings.item[0].line,
                findings.item[0].what);
        exit(1);
    }
    return p;
}

static int
by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void
measure(const struct sop_book *book, const char *what, enum urgency urgency,
        bool is_tried)
{
    static double us[20000];
    static struct sop_decision d;
    const struct sop_services services = {.next = next};
    const size_t n = sizeof(us) / sizeof(us[0]);
    struct sop_request q = {
        .facts = {.birth_year = 1990, .province = {"p0"}, .language = {"prs"}},
        .need = {"health.general"},
        .now_ms = NOW_MS,
        .urgency = urgency};
    const size_t before = mallinfo2().uordblks;
    size_t after;

    if (is_tried)
        (void)snprintf(q.to.s, sizeof(q.to.s), "org-1");
    for (size_t i = 0; i < n; i++) {
        const double from = now_us();

        sop_route(book, &q, &services, &d);
        us[i] = now_us() - from;
    }
    after = mallinfo2().uordblks;
    qsort(us, n, sizeof(us[0]), by_size);
    printf("%-34s median %7.1f us  99%% %7.1f us  worst %8.1f us  "
           "heap %+ld bytes  (%s, %u candidates)\n",
           what, us[n / 2], us[n * 99 / 100], us[n - 1],
           (long)after - (long)before,
           d.outcome == SOP_CHOSEN ? d.to.s : "nobody",
           (unsigned)d.n_candidates);
}

int
main(void)
{
    struct sop_pack *local = make_pack("a", "local", 0, false);
    struct sop_pack *national = make_pack("b", "national", RULES, true);
    struct sop_book *book = sop_book_new();

    make_map();
    if (book == NULL || !sop_book_add(book, local) ||
        !sop_book_add(book, national))
        return 1;
    printf("%zu rules, the last one matches; %d services, %d of a code\n",
           sop_pack_rules(local) + sop_pack_rules(national), SERVICES,
           SERVICES / CODES);
    measure(book, "ordinary", URGENCY_NORMAL, false);
    measure(book, "emergency, nobody ruled out", URGENCY_EMERGENCY, false);
    measure(book, "one organisation wished for", URGENCY_NORMAL, true);
    sop_book_free(book);
    sop_pack_free(local);
    sop_pack_free(national);
    return 0;
}
