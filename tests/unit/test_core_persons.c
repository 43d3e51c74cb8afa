/* One person in two cases is found again, by number or name; people who travel
 * together are linked and stay apart. */
#include "core_fixture.h"
#include "match.h"

static struct core_node *h, *n, *m; /* holder, new holder, a third */
static struct hf_id case_id;
static const struct hf_id nothing;

static void
begin(void)
{
    case_id = core_begin_custody(&h, &n, &m);
}

TestSuite(persons, .init = begin, .fini = core_end);

static bool
is_household(const struct core_node *k, struct hf_id id, struct hf_id want)
{
    const struct node_case c = core_case_of(k, id);

    return hf_id_eq(&c.household, &want);
}

/* ---- one person, two cases ---- */

static struct hf_id
case_named(struct core_node *k, const char *json, const char *number)
{
    struct node_command c = {.type = CMD_CASE_NEW, .sections = CAT(IDENTITY)};

    c.number = core_name(number);
    c.section[CATEGORY_IDENTITY] = core_text(json);
    core_do(k, &c);
    return k->reply.id;
}

static bool
looks_double(struct core_node *k, struct hf_id id)
{
    const struct node_case c = core_case_of(k, id);

    return match_is_open(k->env.view, &c);
}

Test(persons, finds_a_person_again_however_the_name_is_written)
{
    static const char *const same[] = {
        "{\"given_name\":\"Zahr\\u00e2\",\"family_name\":\"AHMADI\","
        "\"birth_date\":\"1994-05-02\",\"sex\":\"female\"}",
        "{\"sex\":\"female\",\"x\":[{\"name\":\"no\"}],"
        "\"name\":\"Ahmadi, Zahra\",\"birth_date\":\"1994\"}"};
    static const char *const arabic[] = {
        "{\"name\":\"\u0623\u062d\u0645\u064e\u062f\u064a "
        "\u0641\u0627\u0637\u0645\u0629\",\"birth_date\":\"1990~\"}",
        "{\"given_name\":\"\u0641\u0627\u0637\u0645\u0647\","
        "\"family_name\":\"\u0627\u062d\u0645\u062f\u06cc\","
        "\"birth_date\":\"1990-01-01\"}"};
    struct hf_id a = case_named(m, same[0], "M-1"),
                 b = case_named(m, same[1], "M-2"),
                 c = case_named(m, arabic[0], "M-3"), d;

    cr_expect(looks_double(m, a));
    cr_expect(looks_double(m, b));
    expect_no(looks_double(m, c));
    d = case_named(m, arabic[1], "M-4");
    cr_expect(looks_double(m, c));
    cr_expect(looks_double(m, d));
}

Test(persons, says_at_receipt_that_a_number_is_known_and_is_told_which)
{
    const struct hf_id own =
        case_named(n, "{\"name\":\"Somebody Else\"}", "AT-1");
    struct node_command say = {
        .type = CMD_CASE_PAIR, .case_id = own, .other_id = case_id};

    expect_no(looks_double(n, own));
    (void)core_release(h, n, case_id);
    cr_expect(eq(uint, core_alarms(n, "duplicate_found"), 1));
    cr_expect(looks_double(n, own));
    cr_expect(looks_double(n, case_id));
    core_do(n, &say);
    expect_no(looks_double(n, own), "two persons");
    expect_no(looks_double(n, case_id));
    cr_expect(eq(str, core_case_of(n, own).number.s, (char *)"AT-1"),
              "nothing is merged");
}

Test(persons, holds_no_name_in_its_index)
{
    const struct node_view *v = m->env.view;
    struct hf_bytes key = {NULL, 0}, value;
    unsigned n = 0;
    uint8_t from[64] = {0};

    (void)case_named(m, "{\"name\":\"Plainword Otherword\"}", "M-1");
    while (v->seek(v->ctx, NODE_MATCHES,
                   (struct hf_bytes){from, key.n == 0 ? 0 : key.n + 1}, &key,
                   &value)) {
        cr_expect(eq(sz, key.n, HF_HASH_BYTES + HF_ID_BYTES));
        cr_expect(eq(sz, value.n, HF_ID_BYTES));
        cr_assert(lt(sz, key.n, sizeof(from)));
        memcpy(from, key.p, key.n);
        n++;
    }
    cr_expect(eq(uint, n, 2), "by number and by name");
}

/* ---- households ---- */

Test(persons, household_travels_as_a_mark_and_members_stay_apart)
{
    struct consent con = {.state = CONSENT_GIVEN};
    const struct hf_id second = core_case(h, CAT(IDENTITY) | CAT(SKILLS));
    struct node_command link = {.type = CMD_CASE_LINK, .n_cases = 2};
    const struct hf_id first = case_id;
    struct hf_id household, a, b;

    core_scope(&con, "all", CAT(IDENTITY) | CAT(SKILLS),
               PURPOSE_BIT(PURPOSE_OFFER) | PURPOSE_BIT(PURPOSE_TRANSFER),
               &n->org, NULL);
    (void)core_consent(h, second, &con);
    link.cases[0] = first;
    link.cases[1] = second;
    core_do(h, &link);
    household = h->reply.id;
    cr_expect(is_household(h, second, household));
    a = core_release(h, n, case_id);
    case_id = second;
    b = core_release(h, n, case_id);
    cr_expect(is_household(n, first, household));
    cr_expect(is_household(n, second, household));
    /* what one withdraws is not the other's business */
    cr_assert(eq(int, core_withdraw(h, first, NULL, true), 0));
    core_run();
    expect_state(n, a, STATE_RECALLED);
    expect_state(n, b, STATE_RELEASED);
    cr_expect(core_section_is(n, case_id, CATEGORY_SKILLS,
                              "{\"canary\":\"skills\"}"));
    cr_expect(is_household(n, second, household));
}

Test(persons, household_is_linked_whole_or_not_at_all_and_may_split)
{
    struct node_command link = {.type = CMD_CASE_LINK, .n_cases = 2};
    const struct hf_id second = core_case(h, CAT(IDENTITY));

    link.cases[0] = case_id;
    link.cases[1] = (struct hf_id){{7}};
    cr_expect(eq(int, core_ask(h, &link), 66));
    cr_expect(is_household(h, case_id, nothing));
    link.n_cases = 1;
    cr_expect(eq(int, core_ask(h, &link), 64), "alone is no household");
    link.n_cases = 2;
    link.cases[1] = second;
    core_do(h, &link);
    link.is_apart = true;
    link.n_cases = 1;
    core_do(h, &link);
    cr_expect(is_household(h, case_id, nothing));
    cr_expect(hf_id_is_zero(&h->reply.id));
}
