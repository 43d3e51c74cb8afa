/* An envelope that a broker, or who copied its disk, brings again: at once,
 * long after its time, and after the recipient came back from a backup that
 * knows nothing of it. It has its effect once (I-6). */
#include "core_fixture.h"

static struct core_node *s, *r;
static struct hf_id case_id, id;
static size_t first; /* the letter with the `send` */

static void
begin(void)
{
    struct consent c = {.state = CONSENT_GIVEN};
    struct node_command cmd;

    core_begin(2, 1);
    s = &core->node[0];
    r = &core->node[1];
    core_publish(&r->org, "primary_health_care", "microfinance", NULL);
    case_id = core_case(s, CATEGORY_ALL);
    core_scope(&c, "all", CATEGORY_ALL, PURPOSE_BIT(PURPOSE_REFERRAL),
               &r->org, NULL);
    (void)core_consent(s, case_id, &c);
    core_backup(r);
    cmd = core_refer_cmd(case_id, "health.general");
    core_do(s, &cmd);
    id = s->reply.id;
    first = core->n_letters - 1;
    core_run();
    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
}

TestSuite(replay, .init = begin, .fini = core_end);

static void
expect_nothing_new(const struct node_object *was)
{
    const struct node_object is = core_object(r, id);

    for (int side = 0; side < 2; side++) {
        cr_expect(eq(u32, is.n[side], was->n[side]), "side %d", side);
        cr_expect(hf_hash_eq(&is.last[side], &was->last[side]));
    }
    cr_expect(eq(u64, is.changed_ms, was->changed_ms));
    expect_state(s, id, STATE_ACCEPTED);
    expect_state(r, id, STATE_ACCEPTED);
}

Test(replay, at_once_has_no_second_effect)
{
    const struct node_object was = core_object(r, id);

    core_deliver(first);
    core_run();
    expect_nothing_new(&was);
}

Test(replay, long_after_its_time_and_any_cleanup_has_no_second_effect)
{
    struct node_object was;

    core_wait(120 * DAY_MS);
    was = core_object(r, id);
    core_deliver(first);
    core_run();
    cr_expect(eq(u32, core_object(r, id).n[0], was.n[0]));
    cr_expect(eq(u32, core_object(r, id).n[1], was.n[1]));
    cr_expect(eq(int, (int)core_state(r, id), (int)core_state(s, id)));
}

Test(replay, after_a_restore_brings_back_what_was_and_nothing_else)
{
    const struct node_object was = core_object(r, id);

    core_restore(r, true);
    core_deliver(first);
    core_wait(HOUR_MS);
    for (int side = 0; side < 2; side++)
        cr_expect(hf_hash_eq(&core_object(r, id).last[side],
                             &was.last[side]),
                  "side %d", side);
    cr_expect(eq(u32, core_object(s, id).is_forked, 0));
    expect_state(r, id, STATE_ACCEPTED);
}

/* ---- ceilings (I-12) ---- */

static size_t
rows_of(const struct core_node *n, enum node_table t)
{
    const struct node_view *v = n->env.view;
    struct hf_bytes key, row;
    uint8_t from[256] = {0};
    size_t n_from = 0, rows = 0;

    disk_begin(n->disk);
    while (v->seek(v->ctx, t, (struct hf_bytes){from, n_from}, &key, &row)) {
        memcpy(from, key.p, key.n);
        from[key.n] = 0;
        n_from = key.n + 1;
        rows++;
    }
    disk_abort(n->disk);
    return rows;
}

Test(replay, what_is_remembered_of_envelopes_goes_after_their_time)
{
    cr_expect(gt(sz, rows_of(r, NODE_INBOX), 0));
    core_wait(NODE_TTL_MS + 3 * DAY_MS);
    cr_expect(eq(sz, rows_of(r, NODE_INBOX), 0));
    cr_expect(eq(sz, rows_of(s, NODE_INBOX), 0));
}

Test(replay, of_a_trace_the_newest_rows_stay)
{
    struct node_trace t = {.stage = TRACE_SEALED, .at_ms = T0};
    uint64_t at_ms = 0;
    uint32_t serial = 0, n = 0, last = 0;

    disk_begin(s->disk);
    for (t.n = 1; t.n <= 2 * TRACE_ROWS_MAX; t.n++) {
        t.at_ms += t.n % 3; /* some in one instant */
        trace_put(s->env.view, &case_id, &t);
    }
    while (trace_next(s->env.view, &case_id, &at_ms, &serial, &t)) {
        if (n++ == 0)
            cr_expect(eq(u32, t.n, TRACE_ROWS_MAX + 1));
        last = t.n;
    }
    disk_abort(s->disk);
    cr_expect(eq(u32, n, TRACE_ROWS_MAX));
    cr_expect(eq(u32, last, 2 * TRACE_ROWS_MAX));
}
