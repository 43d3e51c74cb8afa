/* What a provider reports back goes only where consent says so, and is kept
 * only there. */
#include "core_fixture.h"

static struct core_node *s, *r;
static struct hf_id case_id;

#define NEEDED (CAT(IDENTITY) | CAT(CONTACT) | CAT(HEALTH) | CAT(WISHES))

static void
begin(void)
{
    core_begin(2, 1);
    s = &core->node[0];
    r = &core->node[1];
    core_publish(&r->org, "primary_health_care", NULL);
    case_id = core_case(s, CATEGORY_ALL);
}

TestSuite(feedback, .init = begin, .fini = core_end);

/* A referral in service, under a consent whose health scope says @purposes
 * and whose other one @others. */
static struct hf_id
in_service(uint32_t health, uint32_t others)
{
    const uint32_t referral = PURPOSE_BIT(PURPOSE_REFERRAL);
    struct consent c = {.state = CONSENT_GIVEN};
    struct node_command cmd = core_refer_cmd(case_id, "health.general");

    core_scope(&c, "health", CAT(HEALTH), referral | health, &r->org, NULL);
    core_scope(&c, "basic", NEEDED & ~CAT(HEALTH), referral | others, &r->org,
               NULL);
    (void)core_consent(s, case_id, &c);
    core_do(s, &cmd);
    core_run();
    core_does(r, s->reply.id, EVENT_ACCEPT, REASON_NONE);
    core_does(r, s->reply.id, EVENT_ATTEND, REASON_NONE);
    return s->reply.id;
}

static int
complete(struct hf_id id, const char *report)
{
    struct node_command c = core_event_cmd(id, EVENT_COMPLETE, REASON_MET);
    int status;

    if (report != NULL)
        c.report = core_text(report);
    status = core_ask(r, &c);
    core_run();
    return status;
}

Test(feedback, goes_where_the_health_scope_says_so)
{
    const uint32_t bit = PURPOSE_BIT(PURPOSE_FEEDBACK);
    const struct hf_id id = in_service(bit, bit);

    cr_assert(eq(int, complete(id, "{\"canary\":\"report\"}"), 0), "%s",
              r->reply.message);
    cr_expect(core_holds(s, "\"canary\":\"report\""));
}

Test(feedback, is_refused_where_only_another_scope_says_so)
{
    const struct hf_id id = in_service(0, PURPOSE_BIT(PURPOSE_FEEDBACK));

    cr_expect(eq(int, complete(id, "{\"canary\":\"report\"}"), 1));
    cr_expect(eq(str, r->reply.code, (char *)"no_consent"));
    expect_state(r, id, STATE_IN_SERVICE);
    expect_no(core_went("\"canary\":\"report\""));
    cr_expect(eq(int, complete(id, NULL), 0), "the outcome may always go");
    expect_state(s, id, STATE_COMPLETED);
}

Test(feedback, of_a_note_is_gated_like_a_report)
{
    const struct hf_id id = in_service(0, 0);
    struct node_command c = core_event_cmd(id, EVENT_NOTE, REASON_NONE);

    c.text = core_text("canary note");
    cr_expect(eq(int, core_ask(r, &c), 1));
    expect_no(core_went("canary note"));
}

Test(feedback, stops_with_the_consent_to_it)
{
    const uint32_t bit = PURPOSE_BIT(PURPOSE_FEEDBACK);
    const struct hf_id id = in_service(bit, bit);

    cr_assert(eq(int, core_withdraw(s, case_id, "health", false), 0));
    core_run();
    cr_expect(ne(int, complete(id, "{\"canary\":\"report\"}"), 0));
    expect_no(core_holds(s, "\"canary\":\"report\""));
}

/* A provider with other code sends what nobody agreed to. */
Test(feedback, without_cover_is_not_kept_though_the_event_counts)
{
    const struct hf_id id = in_service(0, 0);
    struct core_forger f = core_forge(OBJECT_REFERRAL, id, &r->org, &s->org);
    struct entry e = {.event = EVENT_COMPLETE, .reason = REASON_MET};
    struct body b = {.n = 0};

    core_forge_after(&f, s);
    e.seen = core_object(s, id).n[SIDE_FIRST];
    e.seen_hash = core_seen(s, id, SIDE_FIRST, e.seen);
    core_part(&b, PART_REPORT, CATEGORY_NONE, "{\"canary\":\"report\"}", 19);
    core_forge_entry(&f, e, &b);
    core_forge_send(&f, s, &r->org);
    expect_state(s, id, STATE_COMPLETED);
    expect_no(core_holds(s, "\"canary\":\"report\""));
    core_forge_end(&f);
}

Test(feedback, is_asked_of_the_proof_that_came_with_the_sections)
{
    const uint32_t bit = PURPOSE_BIT(PURPOSE_FEEDBACK);
    const struct hf_id id = in_service(bit, 0);
    const struct proof p = core_object(r, id).proof;
    uint32_t back = 0;

    for (int i = 0; i < p.n; i++)
        if (p.item[i].purposes & bit)
            back |= p.item[i].categories;
    cr_expect(eq(u32, back, CAT(HEALTH)));
}

/* ---- after a hand-over ---- */

static struct hf_id
moved(uint32_t purposes)
{
    const uint32_t all = PURPOSE_BIT(PURPOSE_TRANSFER) |
                         PURPOSE_BIT(PURPOSE_OFFER) | purposes;
    struct consent c = {.state = CONSENT_GIVEN};

    core_scope(&c, "all", CATEGORY_ALL, all, &r->org, NULL);
    (void)core_consent(s, case_id, &c);
    return core_move(s, r, case_id);
}

static int
supplement(struct core_node *n, struct hf_id id, const char *text)
{
    struct node_command c = core_event_cmd(id, EVENT_SUPPLEMENT, REASON_NONE);
    int status;

    c.text = core_text(text);
    status = core_ask(n, &c);
    core_run();
    return status;
}

Test(feedback, to_the_host_country_needs_consent)
{
    const struct hf_id id = moved(0);

    cr_expect(eq(int, supplement(r, id, "canary back"), 1));
    expect_no(core_holds(s, "canary back"));
    cr_expect(eq(int, supplement(s, id, "canary late"), 0), "%s",
              s->reply.message);
    cr_expect(core_holds(r, "canary late"));
}

Test(feedback, to_the_host_country_goes_with_consent)
{
    const struct hf_id id = moved(PURPOSE_BIT(PURPOSE_FEEDBACK));

    cr_expect(eq(int, supplement(r, id, "canary back"), 0), "%s",
              r->reply.message);
    cr_expect(core_holds(s, "canary back"));
}

Test(feedback, late_sections_do_not_replace_what_the_holder_knows_better)
{
    const struct hf_id id = moved(0);
    struct node_command set = {.type = CMD_CASE_SET,
                               .case_id = case_id,
                               .sections = CAT(CONTACT)};
    struct node_command late =
        core_event_cmd(id, EVENT_SUPPLEMENT, REASON_NONE);
    struct hf_bytes json;

    set.section[CATEGORY_CONTACT] = core_text("{\"phone\":\"new\"}");
    core_do(r, &set);
    late.sections = CAT(CONTACT);
    late.section[CATEGORY_CONTACT] = core_text("{\"phone\":\"old\"}");
    core_do(s, &late);
    core_run();
    cr_assert(section_get(r->env.view, &case_id, CATEGORY_CONTACT, &json));
    cr_expect(eq(sz, json.n, 15));
    cr_expect(zero(int, memcmp(json.p, "{\"phone\":\"new\"}", 15)));
    cr_expect(core_holds(r, "{\"phone\":\"old\"}"), "beside it, to be read");
    cr_assert(eq(int, core_withdraw(s, case_id, NULL, true), 0));
    core_run();
    expect_no(core_holds(r, "\"phone\""), "and goes with the rest");
}
