/* permit.h: who may do and read what inside an organisation. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "permit.h"
#include "sop.h"

#define CAT(x) CATEGORY_BIT(CATEGORY_##x)
#define NOW    UINT64_C(1795000000000) /* 2026-11-18 */
#define DAY_MS UINT64_C(86400000)

static struct node_config config;
static struct node_env env = {.config = &config};
static struct facts person = {.origin = "AF", .host = "AT"};
static struct permit_what what = {.facts = &person};

static uint32_t
reads(enum role role, bool of_case)
{
    what.of_case = of_case;
    return permit_categories(&env, NOW, ROLE_BIT(role), &what);
}

/* A pack at @level for @origins that says @access. */
static void
add_pack(struct sop_book *book, const char *name, unsigned version,
         const char *level, const char *from, const char *origins,
         const char *access)
{
    static struct sop_findings findings;
    struct sop_pack *pack = NULL;
    char text[1024];

    (void)snprintf(
        text, sizeof(text),
        "pack: %s\nversion: %u\ntitle: t\nlevel: %s\napplies: { %s }\n"
        "effective: { from: %s }\n"
        "services:\n  - { code: near, family: f, required: [identity] }\n"
        "rules:\n  - { id: one, source: own, service: near,"
        " when: { needs: [health.general] } }\n"
        "need_to_know:\n%s",
        name, version, level, origins, from, access);
    cr_assert(eq(int,
                 (int)sop_pack_load(
                     (struct hf_bytes){(uint8_t *)text, strlen(text)},
                     &findings, &pack),
                 HF_OK),
              "%u: %s", findings.item[0].line, findings.item[0].what);
    cr_assert(sop_book_add(book, pack));
}

static struct sop_book *
some_packs(void)
{
    struct sop_book *book = sop_book_new();

    add_pack(book, "world", 1, "international", "2025-01-01", "",
             "  - { role: case_manager, reads: [identity, contact] }\n"
             "  - { role: health, reads: [identity, health, protection] }\n");
    add_pack(book, "home", 1, "national", "2025-01-01", "origins: [AF]",
             "  - { role: case_manager, reads: [identity, plan] }\n"
             "  - { role: focal_point, reads: [identity, contact] }\n"
             "  - { role: auditor, reads: [identity] }\n");
    add_pack(book, "home", 2, "national", "2026-12-01", "origins: [AF]",
             "  - { role: case_manager, reads: [plan] }\n");
    env.sops = book;
    return book;
}

static void
no_packs(struct sop_book *book)
{
    for (size_t i = 0; i < sop_book_count(book); i++)
        sop_pack_free((struct sop_pack *)(uintptr_t)sop_book_at(book, i));
    sop_book_free(book);
    env.sops = NULL;
}

Test(permit, a_case_manager_reads_everything_by_default)
{
    cr_expect(eq(u32, reads(ROLE_CASE_MANAGER, true), CATEGORY_ALL));
}

Test(permit, a_nurse_reads_health_and_no_mhpss_by_default)
{
    cr_expect(ne(u32, reads(ROLE_HEALTH, true) & CAT(HEALTH), 0));
    cr_expect(eq(u32, reads(ROLE_HEALTH, true) & CAT(MHPSS), 0));
}

Test(permit, a_focal_point_reads_what_was_sent_and_no_case)
{
    cr_expect(eq(u32, reads(ROLE_FOCAL_POINT, false), CATEGORY_ALL));
    cr_expect(eq(u32, reads(ROLE_FOCAL_POINT, true), 0));
}

Test(permit, administrators_auditors_reviewers_and_committees_read_nothing)
{
    static const enum role none[] = {ROLE_ADMIN, ROLE_AUDITOR, ROLE_REVIEWER,
                                     ROLE_COMMITTEE, ROLE_INTEGRATION};

    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        config.reads[none[i]] = NODE_READS_SET | CATEGORY_ALL;
        cr_expect(eq(u32, reads(none[i], true), 0));
        cr_expect(eq(u32, reads(none[i], false), 0));
        cr_expect(not(permit_reads(none[i])));
    }
}

Test(permit, the_organisations_table_goes_before_the_default)
{
    config.reads[ROLE_HEALTH] = NODE_READS_SET | CAT(HEALTH);
    cr_expect(eq(u32, reads(ROLE_HEALTH, true), CAT(HEALTH)));
    config.reads[ROLE_HEALTH] = NODE_READS_SET;
    cr_expect(eq(u32, reads(ROLE_HEALTH, true), 0));
}

Test(permit, two_roles_read_what_either_reads)
{
    config.reads[ROLE_HEALTH] = NODE_READS_SET | CAT(HEALTH);
    config.reads[ROLE_SUPERVISOR] = NODE_READS_SET | CAT(PLAN);
    cr_expect(eq(
        u32,
        permit_categories(
            &env, NOW, ROLE_BIT(ROLE_HEALTH) | ROLE_BIT(ROLE_SUPERVISOR),
            &what),
        CAT(HEALTH) | CAT(PLAN)));
}

Test(permit, only_auditors_and_supervisors_see_who_read)
{
    for (enum role r = ROLE_NONE + 1; r < ROLE_END; r++)
        cr_expect(eq(int, permit_query(ROLE_BIT(r), PERMIT_ACCESS),
                     r == ROLE_AUDITOR || r == ROLE_SUPERVISOR));
}

/* ---- what packs say ---- */

Test(permit, a_pack_narrows_the_default_of_its_persons)
{
    struct sop_book *book = some_packs();

    cr_expect(eq(u32, reads(ROLE_CASE_MANAGER, true),
                 CAT(IDENTITY) | CAT(PLAN)));
    cr_expect(eq(u32, reads(ROLE_FOCAL_POINT, false),
                 CAT(IDENTITY) | CAT(CONTACT)));
    cr_expect(eq(u32, reads(ROLE_SUPERVISOR, true), CATEGORY_ALL),
              "of whom no pack speaks");
    strcpy(person.origin, "IQ");
    cr_expect(eq(u32, reads(ROLE_CASE_MANAGER, true),
                 CAT(IDENTITY) | CAT(CONTACT)));
    cr_expect(eq(u32, reads(ROLE_FOCAL_POINT, false), CATEGORY_ALL));
    no_packs(book);
}

Test(permit, a_pack_opens_nothing)
{
    struct sop_book *book = some_packs();

    cr_expect(eq(u32, reads(ROLE_HEALTH, true), CAT(IDENTITY) | CAT(HEALTH)),
              "protection is not of the default");
    cr_expect(eq(u32, reads(ROLE_FOCAL_POINT, true), 0), "of a case nothing");
    cr_expect(eq(u32, reads(ROLE_AUDITOR, true), 0));
    no_packs(book);
}

Test(permit, the_organisations_line_goes_before_every_pack)
{
    struct sop_book *book = some_packs();

    config.reads[ROLE_CASE_MANAGER] = NODE_READS_SET | CAT(HOUSING);
    cr_expect(eq(u32, reads(ROLE_CASE_MANAGER, true), CAT(HOUSING)));
    config.reads[ROLE_HEALTH] = NODE_READS_SET;
    cr_expect(eq(u32, reads(ROLE_HEALTH, true), 0),
              "what it closed no pack opens");
    no_packs(book);
}

Test(permit, ones_own_work_no_pack_narrows)
{
    struct sop_book *book = some_packs();

    what.is_staff = true;
    cr_expect(eq(u32, reads(ROLE_CASE_MANAGER, true), CATEGORY_ALL));
    config.reads[ROLE_CASE_MANAGER] = NODE_READS_SET | CAT(HOUSING);
    cr_expect(eq(u32, reads(ROLE_CASE_MANAGER, true), CAT(HOUSING)),
              "but the organisation does");
    no_packs(book);
}

Test(permit, a_new_version_holds_from_its_day)
{
    struct sop_book *book = some_packs();
    const uint32_t roles = ROLE_BIT(ROLE_CASE_MANAGER);

    cr_expect(eq(u32, permit_categories(&env, NOW + 30 * DAY_MS, roles, &what),
                 CAT(PLAN)));
    no_packs(book);
}

Test(permit, says_who_says_it_in_the_order_that_holds)
{
    struct sop_book *book = some_packs();
    struct permit_word w;

    what.of_case = true;
    w = permit_role(&env, NOW, ROLE_CASE_MANAGER, &what);
    cr_expect(eq(str, (char *)permit_source_text(w.source), "pack"));
    cr_expect(eq(str, (char *)sop_pack_name(w.pack), "home"));
    cr_assert(permit_role_at(&env, NOW, ROLE_CASE_MANAGER, 0, &w));
    cr_expect(eq(str, (char *)sop_pack_name(w.pack), "home"));
    cr_expect(eq(str, (char *)sop_pack_origin(w.pack, 0), "AF"));
    cr_assert(permit_role_at(&env, NOW, ROLE_CASE_MANAGER, 1, &w));
    cr_expect(eq(str, (char *)sop_pack_name(w.pack), "world"));
    cr_expect(eq(ptr, (void *)sop_pack_origin(w.pack, 0), NULL));
    cr_assert(permit_role_at(&env, NOW, ROLE_CASE_MANAGER, 2, &w));
    cr_expect(eq(int, (int)w.source, PERMIT_BUILT_IN));
    cr_expect(not(permit_role_at(&env, NOW, ROLE_CASE_MANAGER, 3, &w)));
    config.reads[ROLE_CASE_MANAGER] = NODE_READS_SET | CAT(HOUSING);
    cr_assert(permit_role_at(&env, NOW, ROLE_CASE_MANAGER, 0, &w));
    cr_expect(eq(int, (int)w.source, PERMIT_FILE));
    cr_expect(not(permit_role_at(&env, NOW, ROLE_CASE_MANAGER, 1, &w)));
    no_packs(book);
}
