/* Who may consent for a person, and when to ask again. */
#include "core_fixture.h"

#include "reconsent.h"
#include "task.h"

static struct core_node *node;
static struct consent consent;
static struct hf_id case_id;

static void
begin_with(size_t n_nodes)
{
    core_begin(n_nodes, 3 - n_nodes);
    node = &core->node[0];
    memset(&consent, 0, sizeof(consent));
    consent.given_ms = core->now_ms;
    core_scope(&consent, "all", CAT(IDENTITY), PURPOSE_BIT(PURPOSE_REFERRAL),
               &core->org[1].id, NULL);
    case_id = core_case(node, CAT(IDENTITY) | CAT(PLAN));
}

static void
begin(void)
{
    begin_with(1);
}

TestSuite(reconsent, .init = begin, .fini = core_end);

static int
give(enum consent_giver giver, bool has_document)
{
    struct node_command c = {.type = CMD_CONSENT_GIVE,
                             .case_id = case_id,
                             .consent = &consent,
                             .giver = giver,
                             .has_document = has_document};

    return core_ask(node, &c);
}

static void
set_facts(uint16_t birth_year, uint32_t groups)
{
    struct node_command c = {.type = CMD_CASE_SET,
                             .case_id = case_id,
                             .sections = CAT(IDENTITY) | CAT(VULNERABILITY)};

    c.section[CATEGORY_IDENTITY] = core_text("{}");
    c.section[CATEGORY_VULNERABILITY] = core_text("{}");
    c.facts.birth_year = birth_year;
    c.facts.groups = groups;
    core_do(node, &c);
}

Test(reconsent, an_adult_consents_alone)
{
    cr_expect(eq(int, give(GIVER_SELF, false), 0));
}

Test(reconsent, a_child_does_not_consent_alone)
{
    set_facts(2015, 0);
    cr_expect(eq(int, give(GIVER_SELF, false), 1));
    cr_expect(eq(str, node->reply.code, "child"));
    cr_expect(eq(int, give(GIVER_GUARDIAN, false), 0));
}

/* In six years this child will be of age; the decision is made now. */
Test(reconsent, nobody_has_decided_on_a_day_to_come)
{
    set_facts(2015, 0);
    consent.given_ms = core->now_ms + 6 * 365 * DAY_MS;
    cr_expect(eq(int, give(GIVER_SELF, false), 65));
    cr_expect(eq(str, node->reply.code, "bad_time"));
    cr_expect(eq(int, give(GIVER_GUARDIAN, false), 65));
}

Test(reconsent, the_age_of_consent_is_the_organisations)
{
    set_facts(2010, 0);
    node->config.consent_age = 14;
    cr_expect(eq(int, give(GIVER_SELF, false), 0));
}

Test(reconsent, the_age_of_consent_is_a_packs_where_the_organisation_is_silent)
{
    static const char text[] =
        "pack: law\nversion: 1\ntitle: t\nlevel: local\n"
        "effective: { from: 2020-01-01 }\n"
        "consent: { methods: [written], age: 14 }\n"
        "services:\n  - { code: near, family: f, required: [identity] }\n"
        "rules:\n  - { id: one, source: own, service: near,"
        " when: { needs: [health.general] } }\n";
    const struct hf_bytes yaml = {(const uint8_t *)text, sizeof(text) - 1};
    static struct sop_findings findings;
    struct sop_pack **p = &core->pack[core->n_packs++];

    cr_assert(eq(int, (int)sop_pack_load(yaml, &findings, p), HF_OK), "%s",
              findings.item[0].what);
    set_facts(2010, 0);
    cr_expect(eq(int, give(GIVER_SELF, false), 1));
    cr_assert(sop_book_add(core->book, *p));
    node->config.consent_age = 18;
    cr_expect(eq(int, give(GIVER_SELF, false), 1), "its own word goes before");
    node->config.consent_age = 0;
    cr_expect(eq(int, give(GIVER_SELF, false), 0));
}

Test(reconsent, a_child_refuses_alone)
{
    struct node_command c = {.type = CMD_CONSENT_REFUSE,
                             .case_id = case_id,
                             .consent = &consent,
                             .giver = GIVER_SELF};

    set_facts(2015, 0);
    cr_expect(eq(int, core_ask(node, &c), 0));
}

Test(reconsent, for_a_child_alone_the_best_interest_decides)
{
    set_facts(0, GROUP_BIT(GROUP_UNACCOMPANIED_CHILD));
    cr_expect(eq(int, give(GIVER_SELF, false), 1));
    cr_expect(eq(int, give(GIVER_GUARDIAN, false), 1));
    cr_expect(eq(str, node->reply.code, "best_interest"));
    cr_expect(eq(int, give(GIVER_BEST_INTEREST, false), 0));
}

Test(reconsent, a_guardian_with_a_document_decides_for_a_child_alone)
{
    set_facts(0, GROUP_BIT(GROUP_SEPARATED_CHILD));
    cr_expect(eq(int, give(GIVER_GUARDIAN, true), 0));
}

static struct node_reconsent
next(void)
{
    struct node_reconsent r;

    memset(&r, 0, sizeof(r));
    (void)reconsent_get(node->env.view, &case_id, &r);
    return r;
}

static void
set_plan(void)
{
    struct node_command c = {
        .type = CMD_CASE_SET, .case_id = case_id, .plan_gains = true};

    c.facts.birth_year = 1990;
    core_do(node, &c);
}

Test(reconsent, without_consent_nobody_is_reminded)
{
    set_plan();
    cr_expect(eq(u64, next().due_ms, 0));
}

Test(reconsent, it_is_renewed_at_the_sops_interval)
{
    cr_expect(eq(int, give(GIVER_SELF, false), 0));
    cr_expect(eq(int, (int)next().why, TASK_CONSENT_RENEW));
    cr_expect(eq(u64, next().due_ms, consent.given_ms + 365 * DAY_MS));
}

Test(reconsent, a_scope_that_ends_earlier_comes_first)
{
    consent.scope[0].until_ms = core->now_ms + 20 * DAY_MS;
    cr_expect(eq(int, give(GIVER_SELF, false), 0));
    cr_expect(eq(int, (int)next().why, TASK_CONSENT_EXPIRES));
}

Test(reconsent, a_plan_that_gains_a_component_asks_at_once_until_it_is_answered)
{
    struct node_command amend = {
        .type = CMD_CONSENT_AMEND, .case_id = case_id, .consent = &consent};

    cr_expect(eq(int, give(GIVER_SELF, false), 0));
    set_plan();
    cr_expect(eq(int, (int)next().why, TASK_CONSENT_PLAN));
    cr_expect(eq(u64, next().due_ms, core->now_ms));
    core_do(node, &amend);
    cr_expect(eq(int, (int)next().why, TASK_CONSENT_RENEW));
}

Test(reconsent, a_withdrawn_consent_is_not_asked_for_again)
{
    struct node_command c = {.type = CMD_CONSENT_WITHDRAW, .case_id = case_id};

    cr_expect(eq(int, give(GIVER_SELF, false), 0));
    core_do(node, &c);
    cr_expect(eq(u64, next().due_ms, 0));
}

Test(reconsent, cases_come_by_the_instant_they_are_due)
{
    struct node_task t;
    const struct hf_id first = case_id;

    cr_expect(eq(int, give(GIVER_SELF, false), 0));
    case_id = core_case(node, CAT(IDENTITY));
    consent.scope[0].until_ms = core->now_ms + DAY_MS;
    cr_expect(eq(int, give(GIVER_SELF, false), 0));
    memset(&t, 0, sizeof(t));
    cr_assert(task_next_due(node->env.view, &t));
    cr_expect(hf_id_eq(&t.case_id, &case_id));
    cr_expect(eq(int, (int)t.what, TASK_CONSENT_EXPIRES));
    cr_assert(task_next_due(node->env.view, &t));
    cr_expect(hf_id_eq(&t.case_id, &first));
    cr_expect(not(task_next_due(node->env.view, &t)));
}

/* ---- a stay in a shelter ---- */

static void
begin_shelter(void)
{
    begin_with(2);
}

TestSuite(shelter, .init = begin_shelter, .fini = core_end);

/* The case is referred to a shelter, and accepted there. */
static struct hf_id
sheltered(struct core_node *shelter)
{
    struct node_command c;
    struct hf_id id;

    core_publish(&shelter->org, "safe_shelter", NULL);
    case_id = core_case(node, CATEGORY_ALL);
    memset(&consent, 0, sizeof(consent));
    consent.given_ms = core->now_ms;
    core_scope(&consent, "all", CATEGORY_ALL, PURPOSE_BIT(PURPOSE_REFERRAL),
               &shelter->org, NULL);
    (void)core_consent(node, case_id, &consent);
    c = core_refer_cmd(case_id, "protection.shelter");
    core_do(node, &c);
    id = node->reply.id;
    c = core_event_cmd(id, EVENT_APPROVE, REASON_NONE);
    c.user = core_name("sam");
    core_do(node, &c);
    core_does(node, id, EVENT_SEND, REASON_NONE);
    core_does(shelter, id, EVENT_ACCEPT, REASON_NONE);
    return id;
}

Test(shelter, a_stay_counts_from_when_it_began_not_from_when_that_was_told)
{
    struct core_node *shelter = &core->node[1];
    const struct hf_id id = sheltered(shelter);
    const uint64_t moved_in_ms = core->now_ms + DAY_MS;
    struct node_command attend;

    core_wait(6 * DAY_MS);
    attend = core_event_cmd(id, EVENT_ATTEND, REASON_NONE);
    attend.happened_ms = moved_in_ms;
    attend.flags = ENTRY_LATER;
    core_do(shelter, &attend);
    core_run();
    cr_expect(eq(int, (int)next().why, TASK_CONSENT_SHELTER));
    cr_expect(eq(u64, next().due_ms, moved_in_ms + 30 * DAY_MS));
    core_does(shelter, id, EVENT_COMPLETE, REASON_MET);
    cr_expect(eq(int, (int)next().why, TASK_CONSENT_RENEW), "it is over");
}
