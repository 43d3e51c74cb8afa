/* The committee's figures: each object in one cell, in its present state; no
 * cell below the threshold leaves; nothing of a person does. */
#include "core_fixture.h"

static struct core_node *s, *r, *committee;
static struct hf_id case_id;

static void
begin(void)
{
    struct consent c = {.state = CONSENT_GIVEN};

    core_begin(3, 0);
    s = &core->node[0];
    r = &core->node[1];
    committee = &core->node[2];
    core->org[2].duties = DUTY_FIGURES;
    core_publish(&r->org, "primary_health_care", "vocational_training", NULL);
    case_id = core_case(s, CATEGORY_ALL);
    core_scope(&c, "all", CATEGORY_ALL & ~CAT(HEALTH),
               PURPOSE_BIT(PURPOSE_REFERRAL) | PURPOSE_BIT(PURPOSE_OFFER) |
                   PURPOSE_BIT(PURPOSE_TRANSFER),
               &r->org, NULL);
    core_scope(&c, "health", CAT(HEALTH), PURPOSE_BIT(PURPOSE_REFERRAL),
               &r->org, NULL);
    (void)core_consent(s, case_id, &c);
    for (size_t i = 0; i < core->n_nodes; i++) {
        struct node_event ev = {.type = NODE_EV_START};

        core->node[i].config.figures_period_ms = DAY_MS;
        core->node[i].config.figures_threshold = 5;
        (void)core_step(&core->node[i], &ev);
    }
}

TestSuite(figures, .init = begin, .fini = core_end);

static struct hf_id
refer(const char *need)
{
    return core_refer(s, case_id, need);
}

static uint64_t
count_of(const struct core_node *n, enum object_kind kind, enum state state)
{
    struct figure_cell cell;
    uint64_t count = 0;

    memset(&cell, 0, sizeof(cell));
    while (cell_next(n->env.view, &cell))
        if (cell.kind == kind && (state == STATE_NONE || cell.state == state))
            count += cell.count;
    return count;
}

/* What the committee holds of @by: cells, and their sum. */
static uint64_t
reported(const struct core_node *by, size_t *ret_cells)
{
    struct hf_org at = {{0}};
    struct figure_row row;
    uint32_t serial = 0;
    uint64_t sum = 0;

    *ret_cells = 0;
    memset(&row, 0, sizeof(row));
    while (figure_next(committee->env.view, &at, &serial, &row))
        if (hf_org_eq(&at, &by->org)) {
            cr_expect(ge(u64, row.cell.count, 5), "below the threshold");
            sum += row.cell.count;
            ++*ret_cells;
        }
    return sum;
}

Test(figures, count_each_object_once_in_its_present_state)
{
    const struct hf_id one = refer("health.general");

    cr_expect(eq(u64, count_of(s, OBJECT_REFERRAL, STATE_NONE), 1));
    cr_expect(eq(u64, count_of(s, OBJECT_REFERRAL, STATE_RECEIVED), 1));
    cr_expect(eq(u64, count_of(r, OBJECT_REFERRAL, STATE_RECEIVED), 1));
    core_does(r, one, EVENT_DECLINE, REASON_NO_CAPACITY);
    cr_expect(eq(u64, count_of(s, OBJECT_REFERRAL, STATE_NONE), 1));
    cr_expect(eq(u64, count_of(s, OBJECT_REFERRAL, STATE_DECLINED), 1));
    cr_expect(eq(u64, count_of(r, OBJECT_REFERRAL, STATE_DECLINED), 1));
}

Test(figures, count_no_draft)
{
    struct node_command c = core_refer_cmd(case_id, "health.general");

    c.is_draft = true;
    core_do(s, &c);
    cr_expect(eq(u64, count_of(s, OBJECT_REFERRAL, STATE_NONE), 0));
    core_does(s, s->reply.id, EVENT_CANCEL, REASON_OTHER);
    cr_expect(eq(u64, count_of(s, OBJECT_REFERRAL, STATE_NONE), 0));
}

Test(figures, go_to_the_committee_once_a_period_and_replace_the_last_ones)
{
    size_t cells;

    for (int i = 0; i < 6; i++)
        (void)refer("health.general");
    core_wait(DAY_MS + HOUR_MS);
    cr_expect(eq(u64, reported(s, &cells), 6));
    cr_expect(eq(sz, cells, 1));
    for (int i = 0; i < 3; i++)
        (void)refer("health.general");
    core_wait(DAY_MS);
    cr_expect(eq(u64, reported(s, &cells), 9), "not 15");
}

Test(figures, tell_nothing_below_the_threshold)
{
    size_t cells;

    for (int i = 0; i < 4; i++)
        (void)refer("health.general");
    core_wait(DAY_MS + HOUR_MS);
    cr_expect(eq(u64, reported(s, &cells), 0));
    cr_expect(eq(u64, reported(r, &cells), 0));
}

Test(figures, of_no_node_tell_more_than_the_committee_lets)
{
    size_t cells;

    core->registry.figures_threshold = 5;
    for (size_t i = 0; i < core->n_nodes; i++)
        core->node[i].config.figures_threshold = 1;
    for (int i = 0; i < 4; i++)
        (void)refer("health.general");
    core_wait(DAY_MS + HOUR_MS);
    cr_expect(eq(u64, reported(s, &cells), 0));
}

Test(figures, merge_small_cells_upward)
{
    struct hf_id id;
    size_t cells;

    for (int i = 0; i < 6; i++) {
        id = refer("health.general");
        if (i < 3)
            core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    }
    core_wait(DAY_MS + HOUR_MS);
    cr_expect(eq(u64, reported(s, &cells), 6), "three and three make six");
    cr_expect(eq(sz, cells, 1));
}

Test(figures, hold_their_count_through_every_turn)
{
    struct hf_id id;

    for (int i = 0; i < 4; i++) {
        id = refer("health.general");
        core_does(r, id, EVENT_ACCEPT, REASON_NONE);
        core_does(r, id, EVENT_FAIL, REASON_OTHER);
        core_does(r, id, EVENT_REOPEN, REASON_OTHER);
        core_does(r, id, EVENT_COMPLETE, REASON_MET);
        core_does(s, id, EVENT_RECALL, REASON_CONSENT_WITHDRAWN);
    }
    cr_expect(eq(u64, count_of(s, OBJECT_REFERRAL, STATE_NONE), 4));
    cr_expect(eq(u64, count_of(s, OBJECT_REFERRAL, STATE_RECALLED), 4));
    cr_expect(eq(u64, count_of(r, OBJECT_REFERRAL, STATE_RECALLED), 4));
    cr_assert(eq(int, core_withdraw(s, case_id, "health", true), 0));
    core_run();
    cr_expect(eq(u64, count_of(s, OBJECT_WITHDRAWAL, STATE_ANSWERED), 1));
    cr_expect(eq(u64, count_of(r, OBJECT_WITHDRAWAL, STATE_ANSWERED), 1));
}

Test(figures, are_taken_by_the_committee_alone)
{
    size_t i;

    for (int k = 0; k < 6; k++)
        (void)refer("health.general");
    core->now_ms += 25 * HOUR_MS;
    core_tick(s);
    for (i = core->n_letters; i-- > 0;)
        if (hf_org_eq(&core->letter[i].h.sender, &s->org) &&
            hf_org_eq(&core->letter[i].h.recipient, &committee->org))
            break;
    cr_assert(lt(sz, i, core->n_letters));
    core->letter[i].h.recipient = r->org; /* misled */
    core_deliver(i);
    cr_expect(eq(sz, disk_rows(r->disk, NODE_FIGURES), 0));
}

Test(figures, carry_nothing_of_a_person)
{
    for (int i = 0; i < 6; i++)
        (void)refer("health.general");
    core_lose();
    for (size_t i = 0; i < core->n_letters; i++)
        hf_buf_clear(&core->letter[i].bytes);
    core->now_ms += 25 * HOUR_MS;
    core_tick(s);
    expect_no(core_went("Kabul"));
    expect_no(core_went("canary"));
    expect_no(core_went("AT-1"));
    core_lose();
}

/* ---- cases that were closed ---- */

static struct hf_id
closed(enum sop_close reason)
{
    struct node_command c = {.type = CMD_CASE_CLOSE,
                             .case_id = core_case(s, CATEGORY_ALL),
                             .close_for = reason,
                             .is_reviewed = true};

    core_do(s, &c);
    return c.case_id;
}

/* Of the closed cases that the committee was told of, those with @reason; "":
 * all whose reason was merged away. */
static uint64_t
told_closed(const char *reason)
{
    struct hf_org at = {{0}};
    struct figure_row row;
    uint32_t serial = 0;
    uint64_t sum = 0;

    while (figure_next(committee->env.view, &at, &serial, &row))
        if (row.cell.kind == FIGURE_CLOSED &&
            hf_name_is(&row.cell.service, reason))
            sum += row.cell.count;
    return sum;
}

Test(figures, count_closed_cases_by_reason)
{
    for (int i = 0; i < 5; i++)
        (void)closed(CLOSE_RETURNEE_CHOICE);
    for (int i = 0; i < 7; i++)
        (void)closed(CLOSE_LEFT_AREA);
    core_wait(DAY_MS + HOUR_MS);
    cr_expect(eq(u64, told_closed("returnee_choice"), 5));
    cr_expect(eq(u64, told_closed("left_area"), 7));
}

Test(figures, tell_no_reason_that_few_cases_were_closed_for)
{
    struct node_command c = {.type = CMD_CASE_REOPEN};

    for (int i = 0; i < 4; i++)
        c.case_id = closed(CLOSE_LEFT_AREA);
    (void)closed(CLOSE_RETURNEE_CHOICE);
    core_wait(DAY_MS + HOUR_MS);
    cr_expect(eq(u64, told_closed(""), 5), "together, without reasons");
    cr_expect(zero(u64, told_closed("left_area")));
    core_do(s, &c);
    cr_expect(eq(u64, count_of(s, FIGURE_CLOSED, STATE_CLOSED), 4));
    core_wait(DAY_MS);
    cr_expect(zero(u64, told_closed("")), "too few to be told of");
}
