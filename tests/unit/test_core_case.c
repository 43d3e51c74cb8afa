/* A case file that brings some sections changes what they tell, and leaves the
 * rest as it was. */
#include "core_fixture.h"

static struct core_node *n;
static struct hf_id case_id;

static void
begin(void)
{
    core_begin(1, 1);
    n = &core->node[0];
    case_id = core_case(n, CATEGORY_ALL);
}

TestSuite(case_, .init = begin, .fini = core_end);

static struct facts
set(uint32_t sections, struct facts given)
{
    struct node_command c = {.type = CMD_CASE_SET, .sections = sections};

    c.case_id = case_id;
    c.facts = given;
    memcpy(c.facts.origin, "AF", 3);
    memcpy(c.facts.host, "AT", 3);
    for (int k = 1; k < CATEGORY_END; k++)
        c.section[k] = core_text("{}");
    core_do(n, &c);
    return core_case_of(n, case_id).facts;
}

Test(case_, keeps_the_facts_of_sections_that_a_file_leaves_out)
{
    const struct facts f = set(CAT(HEALTH), (struct facts){.sex = SEX_MALE});

    cr_expect(eq(int, (int)f.sex, SEX_FEMALE));
    cr_expect(eq(u16, f.birth_year, 1990));
    cr_expect(hf_name_is(&f.province, "Kabul"));
    cr_expect(eq(u32, f.groups, GROUP_BIT(GROUP_TRAFFICKING)));
}

Test(case_, takes_the_facts_of_sections_that_a_file_brings)
{
    const struct facts f =
        set(CAT(IDENTITY) | CAT(VULNERABILITY),
            (struct facts){.sex = SEX_MALE, .birth_year = 2001});

    cr_expect(eq(int, (int)f.sex, SEX_MALE));
    cr_expect(eq(u16, f.birth_year, 2001));
    cr_expect(eq(u32, f.groups, 0), "no group any more");
    cr_expect(hf_name_is(&f.province, "Kabul"));
}
