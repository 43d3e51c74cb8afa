/* permit.h: who may do and read what inside an organisation. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "permit.h"

#define CAT(x) CATEGORY_BIT(CATEGORY_##x)

static struct node_config config;

static uint32_t
reads(enum role role, bool of_case)
{
    return permit_categories(&config, ROLE_BIT(role), of_case);
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
            &config, ROLE_BIT(ROLE_HEALTH) | ROLE_BIT(ROLE_SUPERVISOR), true),
        CAT(HEALTH) | CAT(PLAN)));
}

Test(permit, only_auditors_and_supervisors_see_who_read)
{
    for (enum role r = ROLE_NONE + 1; r < ROLE_END; r++)
        cr_expect(eq(int, permit_query(ROLE_BIT(r), PERMIT_ACCESS),
                     r == ROLE_AUDITOR || r == ROLE_SUPERVISOR));
}
