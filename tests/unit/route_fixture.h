/*
 * route_fixture.h - a pack of three rules, a service map that is given forwards
 * or backwards, a man from Kabul; and what sop_route() decides. Tests only.
 */
#ifndef TESTS_ROUTE_FIXTURE_H
#define TESTS_ROUTE_FIXTURE_H

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "sop.h"

#define HOUR   UINT64_C(3600000)
#define DAY    (24 * HOUR)
#define NOW_MS UINT64_C(1793610000000) /* 2026-11-02T09:00:00Z */

static const char pack_text[] =
    "pack: test\n"
    "version: 2\n"
    "title: a test\n"
    "level: national\n"
    "applies: { origins: [AF], hosts: [AT, DE] }\n"
    "effective: { from: 2025-01-01, until: 2027-01-01 }\n"
    "services:\n"
    "  - { code: clinic, family: health, required: [identity],\n"
    "      allowed: [health], never: [mhpss] }\n"
    "  - { code: ward, family: health, required: [contact] }\n"
    "  - { code: rescue, family: health, required: [identity],\n"
    "      ceiling: 2h, sensitive: true }\n"
    "rules:\n"
    "  - id: girls\n"
    "    source: own\n"
    "    when: { needs: [health.general], sex: female, age: { max: 17 } }\n"
    "    service: ward\n"
    "    approval: supervisor\n"
    "  - id: general\n"
    "    source: R-14, all six\n"
    "    when: { needs: [health.general] }\n"
    "    service: clinic\n"
    "    fallback: ward\n"
    "    clocks: { decide: 48h, contact: 72h, report: 14d }\n"
    "    cost: { max: 100 }\n"
    "    expire: true\n"
    "  - id: rescue\n"
    "    source: R-17\n"
    "    when: { needs: [health.emergency] }\n"
    "    service: rescue\n"
    "    fallback: ward\n"
    "    urgency: emergency\n"
    "    disclose: on_send\n";

static struct sop_findings findings;
static struct sop_pack *pack;
static struct sop_book *book;
static struct sop_request req;
static struct sop_decision d;

/* The service map: given forwards or backwards. */
static struct service map[64];
static size_t n_map, i_map;
static bool is_backwards;

static inline bool
next(void *ctx, const struct hf_name *code, bool is_first, struct service *ret)
{
    (void)ctx;
    if (is_first)
        i_map = 0;
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

static inline struct service *
offer(const char *org, const char *code)
{
    struct service *s = &map[n_map++];

    strncpy(s->org.s, org, HF_ORG_BYTES - 1);
    strncpy(s->code.s, code, HF_NAME_BYTES - 1);
    s->id[0] = (uint8_t)n_map;
    s->accepting = true;
    s->capacity = -1;
    s->assured_ms = NOW_MS - DAY;
    return s;
}

static inline void
speak(struct service *s, const char *language)
{
    strncpy(s->language[s->n_languages++], language, LANGUAGE_BYTES - 1);
}

static inline struct sop_pack *
load(const char *text)
{
    struct sop_pack *p = NULL;
    const struct hf_bytes yaml = {(const uint8_t *)text, strlen(text)};

    cr_assert(eq(int, sop_pack_load(yaml, &findings, &p), HF_OK), "%s",
              findings.item[0].what);
    return p;
}

static inline void
begin(void)
{
    pack = load(pack_text);
    book = sop_book_new();
    cr_assert(sop_book_add(book, pack));
    req = (struct sop_request){.facts = {.birth_year = 1990,
                                         .sex = SEX_MALE,
                                         .origin = "AF",
                                         .host = "AT",
                                         .province = {"kabul"},
                                         .language = {"prs", "de"}},
                               .need = {"health.general"},
                               .now_ms = NOW_MS,
                               .from = {"iom-af"}};
}

static inline void
end(void)
{
    sop_book_free(book);
    sop_pack_free(pack);
}

static inline void
route(void)
{
    sop_route(book, &req, &services, &d);
}

static inline void
goes_to(const char *org)
{
    route();
    cr_expect(eq(int, d.outcome, SOP_CHOSEN));
    cr_expect(eq(str, d.to.s, (char *)org));
}

static inline void
goes_nowhere_because(const char *why)
{
    route();
    cr_expect(eq(int, d.outcome, SOP_NO_PROVIDER));
    cr_assert(ge(int, d.n_candidates, 1));
    cr_expect(eq(str, d.candidate[0].why, (char *)why));
    cr_expect(not(d.candidate[0].chosen));
}

#endif /* TESTS_ROUTE_FIXTURE_H */
