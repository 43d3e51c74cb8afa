/* Needs that could not be met, and what persons say: once each, counted
 * without whose they are. */
#include "core_fixture.h"
#include "said.h"
#include "task.h"
#include "unmet.h"

static struct core_node *s, *r;
static struct hf_id case_id;

static void
begin(void)
{
    struct consent c = {.state = CONSENT_GIVEN};

    core_begin(2, 1);
    s = &core->node[0];
    r = &core->node[1];
    core->registry.figures_threshold = 1;
    core->org[1].duties = DUTY_BIT(DUTY_FIGURES);
    core_publish(&r->org, "primary_health_care", NULL);
    case_id = core_case(s, CATEGORY_ALL);
    core_scope(&c, "all", CATEGORY_ALL,
               PURPOSE_BIT(PURPOSE_REFERRAL) | PURPOSE_BIT(PURPOSE_FEEDBACK),
               &r->org, NULL);
    (void)core_consent(s, case_id, &c);
}

TestSuite(unmet, .init = begin, .fini = core_end);

static int
add(const char *need, enum reason reason)
{
    struct node_command c = {.type = CMD_UNMET_ADD,
                             .case_id = case_id,
                             .need = core_name(need),
                             .reason = reason,
                             .details = core_text("\"two hours away\"")};

    return core_ask(s, &c);
}

static struct node_unmet
record_of(const char *need)
{
    const struct hf_name name = core_name(need);
    struct node_unmet u;

    memset(&u, 0, sizeof(u));
    (void)unmet_get(s->env.view, &case_id, &name, &u);
    return u;
}

/* How many cells of @kind this node counts, and how much they add up to. */
static uint64_t
cells(enum object_kind kind, enum state state, unsigned *ret_n)
{
    struct figure_cell at;
    uint64_t sum = 0;

    memset(&at, 0, sizeof(at));
    *ret_n = 0;
    while (cell_next(s->env.view, &at)) {
        if (at.kind != kind || at.state != state)
            continue;
        (*ret_n)++;
        sum += at.count;
    }
    return sum;
}

static struct hf_id
refer(void)
{
    return core_refer(s, case_id, "health.general");
}

Test(unmet, the_same_need_is_one_however_often_it_is_recorded)
{
    struct node_unmet u;
    unsigned n;

    cr_expect(zero(int, add("documentation.identity", REASON_NO_SERVICE)));
    core_wait(DAY_MS);
    cr_expect(zero(int, add("documentation.identity", REASON_COST)));
    u = record_of("documentation.identity");
    cr_expect(eq(u32, u.times, 2));
    cr_expect(eq(str, u.place.s, "Kabul"), "where the person lives");
    cr_expect(u.reason == REASON_COST);
    cr_expect(u.first_ms < u.last_ms);
    cr_expect(eq(u64, cells(FIGURE_UNMET, STATE_NONE, &n), 1));
    cr_expect(eq(uint, n, 1));
    cr_expect(eq(int, add("documentation.identity", REASON_DIED), 65));
    cr_expect(eq(int, add("documentation.nothing", REASON_COST), 65));
    cr_expect(eq(u32, record_of("documentation.identity").times, 2));
}

Test(unmet, a_referral_closed_unmet_makes_one_and_a_later_success_ends_it)
{
    struct hf_id id = refer();
    struct node_command c = core_event_cmd(id, EVENT_CLOSE, REASON_NONE);
    unsigned n;

    core_does(r, id, EVENT_DECLINE, REASON_NO_CAPACITY);
    c.flags = ENTRY_UNMET;
    core_do(s, &c);
    cr_expect(record_of("health.general").reason == REASON_NO_CAPACITY);
    cr_expect(hf_id_eq(&(struct hf_id){0}, &id) == false);
    cr_expect(eq(u64, cells(FIGURE_UNMET, STATE_NONE, &n), 1));
    core_publish(&core->org[2].id, "primary_health_care", NULL);
    core_publish(&r->org, "primary_health_care", NULL);
    {
        struct node_unmet u = record_of("health.general");

        cr_expect(zero(u64, u.met_ms));
    }
}

Test(unmet, what_is_met_after_all_is_no_longer_unmet)
{
    struct hf_id id;
    unsigned n;

    cr_expect(zero(int, add("health.general", REASON_TRANSPORT)));
    id = refer();
    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    core_does(r, id, EVENT_COMPLETE, REASON_PARTLY_MET);
    cr_expect(zero(u64, record_of("health.general").met_ms));
    core_does(s, id, EVENT_CLOSE, REASON_NONE);
    id = refer();
    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    core_does(r, id, EVENT_COMPLETE, REASON_MET);
    cr_expect(record_of("health.general").met_ms != 0);
    cr_expect(zero(u64, cells(FIGURE_UNMET, STATE_NONE, &n)));
    cr_expect(eq(u64, cells(FIGURE_UNMET, STATE_COMPLETED, &n), 1));
}

Test(unmet, danger_without_help_asks_for_a_safety_plan)
{
    const struct hf_id none = {{0}};
    struct node_task t;

    cr_expect(zero(int, add("documentation.identity", REASON_NO_SERVICE)));
    expect_no(task_find(s->env.view, &case_id, &none, TASK_SAFETY_PLAN, &t));
    cr_expect(zero(int, add("protection.shelter", REASON_NO_SERVICE)));
    cr_assert(task_find(s->env.view, &case_id, &none, TASK_SAFETY_PLAN, &t));
    cr_expect(eq(u64, t.due_ms, core->now_ms + UNMET_SAFETY_MS));
}

Test(unmet, the_committee_counts_it_without_a_case)
{
    struct figure_row row;
    struct hf_org by = {{0}};
    uint32_t serial = 0;
    struct node_event start = {.type = NODE_EV_START};
    bool found = false;

    (void)core_step(s, &start);
    cr_expect(zero(int, add("documentation.identity", REASON_NO_SERVICE)));
    core_wait(2 * DAY_MS);
    while (figure_next(r->env.view, &by, &serial, &row))
        if (row.cell.kind == FIGURE_UNMET) {
            found = true;
            cr_expect(eq(str, row.cell.service.s, "documentation.identity"));
            cr_expect(eq(str, row.cell.place.s, "Kabul"));
            cr_expect(row.cell.reason == REASON_NO_SERVICE);
        }
    cr_expect(found);
    expect_no(core_went("two hours away"));
}

Test(unmet, a_shredded_case_keeps_no_words)
{
    struct node_command c = {.type = CMD_CASE_SHRED, .case_id = case_id};

    cr_expect(zero(int, add("documentation.identity", REASON_NO_SERVICE)));
    cr_expect(core_holds(s, "two hours away"));
    core_do(s, &c);
    expect_no(core_holds(s, "two hours away"));
    cr_expect(eq(u32, record_of("documentation.identity").times, 0));
}

/* ---- feedback ---- */

static void
say(struct hf_id id, bool in_confidence, const char *words)
{
    struct node_command c = {.type = CMD_FEEDBACK_ADD,
                             .object = id,
                             .reason = REASON_COMPLAINT,
                             .is_confidential = in_confidence,
                             .details = core_text(words)};

    core_do(s, &c);
}

static void
end(struct hf_id id)
{
    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    core_does(r, id, EVENT_COMPLETE, REASON_MET);
    core_does(s, id, EVENT_CLOSE, REASON_NONE);
}

Test(unmet, what_is_said_openly_reaches_the_provider_with_the_end)
{
    const struct hf_id id = refer();
    struct node_said f;
    unsigned n;

    say(id, false, "\"they shouted\"");
    expect_no(core_went("they shouted"));
    end(id);
    cr_expect(core_went("they shouted"));
    memset(&f, 0, sizeof(f));
    cr_assert(said_next(s->env.view, &f));
    cr_expect(f.passed_ms != 0);
    cr_expect(eq(u64, cells(FIGURE_FEEDBACK, STATE_NONE, &n), 1));
}

Test(unmet, what_is_said_openly_is_not_sealed_again_without_consent)
{
    const struct hf_id id = refer();
    const struct node_case kase = core_case_of(s, case_id);
    struct consent con;
    size_t before;

    say(id, false, "\"they shouted\"");
    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    core_does(r, id, EVENT_COMPLETE, REASON_MET);
    cr_assert(eq(int, core_event(s, id, EVENT_CLOSE, REASON_NONE), 0));
    cr_expect(core_went("they shouted"));
    core_lose();
    cr_assert(consent_get(s->env.view, &kase.consent, &con));
    for (unsigned i = 0; i < con.n_scopes; i++)
        con.scope[i].withdrawn = true;
    disk_begin(s->disk);
    consent_put(s->env.view, &con, (struct hf_bytes){NULL, 0});
    disk_commit(s->disk);
    before = core->n_letters;
    core_wait(40 * DAY_MS);
    cr_expect(gt(sz, core->n_letters, before), "the entry goes");
    for (size_t i = before; i < core->n_letters; i++)
        cr_expect(eq(ptr, memmem(core->letter[i].bytes.p,
                                 core->letter[i].bytes.n, "they shouted", 12),
                     NULL));
    expect_no(core_holds(r, "they shouted"));
}

Test(unmet, what_is_said_in_confidence_is_only_counted)
{
    const struct hf_id id = refer();
    unsigned n;

    say(id, true, "\"he asked for money\"");
    end(id);
    expect_no(core_went("he asked for money"));
    expect_no(core_holds(r, "he asked for money"));
    cr_expect(eq(u64, cells(FIGURE_FEEDBACK, STATE_NONE, &n), 1));
}

Test(unmet, without_consent_to_feedback_nothing_is_passed_on)
{
    const struct hf_id id = refer();

    say(id, false, "\"they shouted\"");
    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    core_does(r, id, EVENT_COMPLETE, REASON_MET);
    cr_expect(zero(int, core_withdraw(s, case_id, NULL, false)));
    core_run();
    core_does(s, id, EVENT_CLOSE, REASON_NONE);
    expect_no(core_went("they shouted"));
}
