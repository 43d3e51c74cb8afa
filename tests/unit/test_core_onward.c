/* A provider sends a person on only within what consent lets go onward; the
 * last receiver checks it again, whoever referred knows of it, and what is
 * withdrawn is withdrawn there, too (I-1, I-2, R-9). */
#include "core_fixture.h"

#include "grant.h"
#include "onward.h"

static struct core_node *a, *b, *c, *d; /* refers; sends on; gets; nobody */
static struct hf_id case_id, consent_id;

#define GIVEN (CAT(IDENTITY) | CAT(CONTACT) | CAT(HEALTH) | CAT(WISHES))
#define ON    (CAT(IDENTITY) | CAT(CONTACT) | CAT(HEALTH))
#define HEALTH "\"canary\":\"health\""
#define WISHES "\"canary\":\"wishes\""

/* `care` is for b; `on` lets c have @onward from whoever was given it. */
static void
fill(struct consent *con, uint32_t onward)
{
    memset(con, 0, sizeof(*con));
    con->state = CONSENT_GIVEN;
    core_scope(con, "care", GIVEN,
               PURPOSE_BIT(PURPOSE_REFERRAL) | PURPOSE_BIT(PURPOSE_FEEDBACK),
               &b->org, NULL);
    if (onward != 0)
        core_scope(con, "on", onward,
                   PURPOSE_BIT(PURPOSE_ONWARD) | PURPOSE_BIT(PURPOSE_FEEDBACK),
                   &c->org, NULL);
}

static void
begin_with(const struct consent *con)
{
    struct consent copy = *con;

    core_publish(&b->org, "primary_health_care", NULL);
    core_publish(&c->org, "rehabilitation", "counselling", NULL);
    core_publish(&d->org, "rehabilitation", NULL);
    case_id = core_case(a, CATEGORY_ALL);
    consent_id = core_consent(a, case_id, &copy);
}

static void
begin_empty(void)
{
    core_begin(4, 0);
    a = &core->node[0];
    b = &core->node[1];
    c = &core->node[2];
    d = &core->node[3];
}

static void
begin(void)
{
    struct consent con;

    begin_empty();
    fill(&con, ON);
    begin_with(&con);
}

TestSuite(onward, .init = begin, .fini = core_end);
TestSuite(onward_without, .init = begin_empty, .fini = core_end);

/* x: a refers to b, who accepts. */
static struct hf_id
referred(void)
{
    struct node_command cmd = core_refer_cmd(case_id, "health.general");
    struct hf_id x;

    core_do(a, &cmd);
    x = a->reply.id;
    core_run();
    core_does(b, x, EVENT_ACCEPT, REASON_NONE);
    return x;
}

static struct node_command
onward_cmd(struct hf_id x, const struct core_node *to)
{
    struct node_command cmd = {.type = CMD_REFER,
                               .part_of = x,
                               .need = core_name("health.disability")};

    if (to != NULL) {
        cmd.to = to->org;
        cmd.reason = REASON_OTHER; /* against the SOP's order */
    }
    return cmd;
}

/* y: b sends on to c. */
static struct hf_id
sent_on(struct hf_id x)
{
    struct node_command cmd = onward_cmd(x, NULL);

    core_do(b, &cmd);
    core_run();
    return b->reply.id;
}

static struct hf_id
taken_on(struct hf_id x)
{
    const struct hf_id y = sent_on(x);

    core_does(c, y, EVENT_ACCEPT, REASON_NONE);
    return y;
}

static void
expect_refused(struct core_node *n, struct node_command *cmd, const char *code,
               const char *says)
{
    const size_t letters = core->n_letters;

    cr_expect(ne(int, core_ask(n, cmd), 0));
    cr_expect(eq(str, n->reply.code, (char *)code));
    cr_expect(strstr(n->reply.message, says) != NULL, "%s", n->reply.message);
    cr_expect(ne(chr, n->reply.message[0], '\0'));
    cr_expect(eq(sz, core->n_letters, letters), "nothing went");
}

static void
expect_all_answered(const struct core_node *n)
{
    struct hf_id at = {{0}};
    struct node_object o;

    while (object_next(n->env.view, &at, &o))
        if (o.kind == OBJECT_WITHDRAWAL)
            cr_expect(eq(str, (char *)state_text(o.state), (char *)"answered"),
                      "%s", n->org.s);
}

/* What a knows of it. */
static bool
noted(struct hf_id x, struct hf_id y, struct onward_note *ret)
{
    const struct node_object o = core_object(a, x);
    struct onward_told told[ONWARD_NOTES_MAX];
    const size_t n = onward_notes(a->env.view, &o, told);

    for (size_t i = 0; i < n; i++) {
        *ret = told[i].note;
        if (hf_id_eq(&ret->referral, &y))
            return true;
    }
    return false;
}

static void
expect_noted(struct hf_id x, struct hf_id y, enum state want)
{
    struct onward_note note = {.state = STATE_NONE};

    cr_expect(noted(x, y, &note));
    cr_expect(eq(str, (char *)state_text(note.state),
                 (char *)state_text(want)));
    cr_expect(hf_org_eq(&note.to, &c->org));
    cr_expect(eq(str, note.service.s, (char *)"rehabilitation"));
}

/* ---- with consent ---- */

Test(onward, goes_where_consent_lets_it_and_no_further)
{
    const struct hf_id x = referred();
    const struct hf_id y = sent_on(x);
    struct node_object o;

    expect_state(c, y, STATE_RECEIVED);
    expect_no(core_holds(c, "canary"), "a card before it accepts");
    core_does(c, y, EVENT_ACCEPT, REASON_NONE);
    expect_state(b, y, STATE_ACCEPTED);
    cr_expect(core_holds(c, HEALTH));
    expect_no(core_holds(c, WISHES), "held by b, needed, not onward");
    o = core_object(c, y);
    cr_expect(eq(u32, o.sections, ON));
    cr_expect(hf_id_eq(&o.terms.part_of, &x));
    cr_expect(hf_id_eq(&o.proof.consent, &consent_id));
    expect_no(core_holds(d, "canary"));
}

Test(onward, chooses_among_those_that_consent_names)
{
    struct node_command cmd = onward_cmd(referred(), NULL);

    core_publish(&d->org, "rehabilitation", NULL);
    core_do(b, &cmd);
    cr_expect(hf_org_eq(&b->reply.to, &c->org));
}

Test(onward, tells_who_referred_of_each_step)
{
    const struct hf_id x = referred();
    const struct hf_id y = sent_on(x);
    struct onward_note note;

    expect_noted(x, y, STATE_RECEIVED);
    core_does(c, y, EVENT_ACCEPT, REASON_NONE);
    expect_noted(x, y, STATE_ACCEPTED);
    cr_assert(noted(x, y, &note));
    cr_expect(eq(u32, note.categories, ON));
    core_does(c, y, EVENT_COMPLETE, REASON_MET);
    expect_noted(x, y, STATE_COMPLETED);
    cr_expect(eq(int, (int)core_state(a, x), STATE_ACCEPTED));
}

Test(onward, is_told_after_the_referral_is_closed)
{
    const struct hf_id x = referred();
    const struct hf_id y = taken_on(x);

    core_does(b, x, EVENT_COMPLETE, REASON_MET);
    core_does(a, x, EVENT_CLOSE, REASON_NONE);
    core_does(c, y, EVENT_COMPLETE, REASON_MET);
    expect_noted(x, y, STATE_COMPLETED);
    expect_state(a, x, STATE_CLOSED);
}

Test(onward, reports_come_back_within_the_share)
{
    const struct hf_id y = taken_on(referred());
    struct node_command cmd = core_event_cmd(y, EVENT_COMPLETE, REASON_MET);

    cmd.report = core_text("{\"canary\":\"report\"}");
    core_do(c, &cmd);
    core_run();
    cr_expect(core_holds(b, "\"canary\":\"report\""));
    expect_no(core_holds(a, "\"canary\":\"report\""));
}

/* A consent without `feedback` for c: it may not, and b would not keep it. */
Test(onward_without, feedback_no_report_is_kept)
{
    struct core_forger f;
    struct entry e = {.event = EVENT_NOTE};
    struct body body = {.n = 0};
    struct consent con;
    struct hf_id y;

    fill(&con, ON);
    con.scope[1].purposes = PURPOSE_BIT(PURPOSE_ONWARD);
    begin_with(&con);
    y = taken_on(referred());
    core_does(c, y, EVENT_ATTEND, REASON_NONE);
    core_part(&body, PART_REPORT, CATEGORY_NONE, "{\"canary\":\"report\"}", 19);
    f = core_forge(OBJECT_REFERRAL, y, &c->org, &b->org);
    core_forge_after(&f, b);
    e.seen = core_object(b, y).n[SIDE_FIRST];
    e.seen_hash = core_seen(b, y, SIDE_FIRST, e.seen);
    core_forge_entry(&f, e, &body);
    core_forge_send(&f, b, &c->org);
    core_forge_end(&f);
    expect_no(core_holds(b, "\"canary\":\"report\""));
}

/* ---- without ---- */

Test(onward_without, consent_to_it_nothing_goes)
{
    struct node_command cmd;
    struct consent con;

    fill(&con, 0);
    begin_with(&con);
    cmd = onward_cmd(referred(), NULL);
    expect_refused(b, &cmd, "no_consent", "nothing go onward");
    cr_expect(strstr(b->reply.message, "org-a") != NULL, "whom to ask");
}

Test(onward_without, a_category_in_the_list_it_is_named)
{
    struct node_command cmd;
    struct consent con;

    fill(&con, CAT(IDENTITY) | CAT(CONTACT));
    begin_with(&con);
    cmd = onward_cmd(referred(), NULL);
    expect_refused(b, &cmd, "no_consent", "does not let health go onward");
}

Test(onward, to_another_than_named_is_refused)
{
    struct node_command cmd = onward_cmd(referred(), d);

    expect_refused(b, &cmd, "no_consent", "onward to org-d; only to: org-c");
}

Test(onward, not_before_it_is_accepted)
{
    struct node_command cmd = core_refer_cmd(case_id, "health.general");

    core_do(a, &cmd);
    core_run();
    cmd = onward_cmd(a->reply.id, NULL);
    expect_refused(b, &cmd, "not_accepted", "only who has accepted");
}

Test(onward, not_after_its_end)
{
    const struct hf_id x = referred();
    struct node_command cmd = onward_cmd(x, NULL);

    core_does(b, x, EVENT_COMPLETE, REASON_MET);
    expect_refused(b, &cmd, "wrong_state", "is completed");
}

Test(onward, not_by_who_referred)
{
    struct node_command cmd = onward_cmd(referred(), NULL);

    expect_refused(a, &cmd, "usage", "went out from here");
}

Test(onward, goes_one_step_only)
{
    struct node_command cmd = onward_cmd(taken_on(referred()), d);

    expect_refused(c, &cmd, "sent_on_before", "goes no further");
}

Test(onward_without, time_left_it_says_that_it_ended)
{
    struct node_command cmd;
    struct consent con;
    struct hf_id x;

    fill(&con, ON);
    con.scope[1].until_ms = core->now_ms + 2 * DAY_MS;
    begin_with(&con);
    x = referred();
    core_wait(3 * DAY_MS);
    cmd = onward_cmd(x, NULL);
    expect_refused(b, &cmd, "consent_over", "ended at");
}

/* Accepted after the consent's end: the gate decides anew when c accepts. */
Test(onward_without, time_left_nothing_is_disclosed)
{
    struct consent con;
    struct hf_id y;

    fill(&con, ON);
    con.scope[1].until_ms = core->now_ms + 2 * DAY_MS;
    begin_with(&con);
    y = sent_on(referred());
    core_wait(3 * DAY_MS);
    core_does(c, y, EVENT_ACCEPT, REASON_NONE);
    expect_no(core_holds(c, "canary"));
}

Test(onward_without, grants_beyond_eight_are_refused_when_recorded)
{
    struct consent con = {.state = CONSENT_GIVEN};
    struct node_command cmd = {.type = CMD_CONSENT_GIVE, .consent = &con};

    core_scope(&con, "on", CAT(CONTACT), PURPOSE_BIT(PURPOSE_ONWARD), NULL);
    for (size_t i = 0; i < GRANTS_MAX + 1; i++)
        (void)snprintf(con.scope[0].recipient[i].s, HF_ORG_BYTES, "clinic-%zu",
                       i);
    con.scope[0].n_recipients = GRANTS_MAX + 1;
    cmd.case_id = core_case(a, CATEGORY_ALL);
    cmd.details = core_text("{}");
    expect_refused(a, &cmd, "bad_consent", "more than 8");
    con.scope[0].n_recipients = GRANTS_MAX;
    core_do(a, &cmd);
}

/* Consent is widened later; a `disclose` brings what may go onward now. */
Test(onward_without, it_at_first_a_later_disclose_brings_it)
{
    struct node_command cmd;
    struct consent con;
    struct hf_id x;

    fill(&con, 0);
    begin_with(&con);
    x = referred();
    fill(&con, ON);
    cmd = (struct node_command){.type = CMD_CONSENT_AMEND,
                                .case_id = case_id,
                                .consent = &con,
                                .details = core_text("{}")};
    core_do(a, &cmd);
    core_run();
    core_does(a, x, EVENT_DISCLOSE, REASON_NONE);
    (void)taken_on(x);
    cr_expect(core_holds(c, HEALTH));
}

/* ---- modified code at the one who sends on ---- */

/* The grant for c, as it came to b. */
static struct hf_bytes
grant_at_b(struct hf_id x, uint8_t room[static GRANT_PART_MAX])
{
    const struct node_object o = core_object(b, x);
    struct part p;

    for (uint32_t n = 1; n <= o.n[SIDE_FIRST]; n++)
        for (unsigned i = 0; i < BODY_PARTS_MAX; i++)
            if (body_part_get(b->env.view, &x, SIDE_FIRST, n, i, &p) &&
                p.type == PART_GRANT) {
                memcpy(room, p.bytes.p, p.bytes.n);
                return (struct hf_bytes){room, p.bytes.n};
            }
    cr_fatal("no grant came");
}

/* b's disclose of @sections in y, beside @grant, as modified code would write
 * it; what c makes of it. */
static enum reason
forge_disclose(const struct core_node *to, struct hf_id y, uint32_t sections,
               struct hf_bytes grant)
{
    struct core_forger f = core_forge(OBJECT_REFERRAL, y, &b->org, &to->org);
    struct entry e = {.event = EVENT_DISCLOSE};
    char json[CATEGORY_END][40];
    struct body body = {.n = 0};

    if (grant.n > 0)
        core_part(&body, PART_GRANT, CATEGORY_NONE, grant.p, grant.n);
    for (int k = 1; k < CATEGORY_END; k++) {
        if (!(sections & CATEGORY_BIT(k)))
            continue;
        (void)snprintf(json[k], sizeof(json[k]), "{\"forged\":\"%s\"}",
                       category_text((enum category)k));
        core_part(&body, PART_SECTION, (enum category)k, json[k],
                  strlen(json[k]));
    }
    core_forge_after(&f, to);
    e.seen = core_object(to, y).n[SIDE_SECOND];
    e.seen_hash = core_seen(to, y, SIDE_SECOND, e.seen);
    core_forge_entry(&f, e, &body);
    core_forge_send(&f, (struct core_node *)to, &b->org);
    core_forge_end(&f);
    return core_object(to, y).refused;
}

Test(onward, of_a_category_that_was_not_granted_is_refused_by_the_last)
{
    uint8_t room[GRANT_PART_MAX];
    const struct hf_id x = referred();
    const struct hf_bytes grant = grant_at_b(x, room);
    const struct hf_id y = taken_on(x);

    cr_expect(eq(int, (int)forge_disclose(c, y, CAT(WISHES), grant),
                 REASON_NO_CONSENT));
    expect_no(core_holds(c, "forged"), "nothing of it is kept");
}

Test(onward, by_a_grant_that_was_changed_is_refused_by_the_last)
{
    uint8_t room[GRANT_PART_MAX];
    const struct hf_id x = referred();
    const struct hf_bytes grant = grant_at_b(x, room);
    const struct hf_id y = taken_on(x);
    struct hf_bytes what;
    const uint8_t *sig;
    struct grant g;

    cr_assert(grant_unpack(grant, &g, &what, &sig));
    g.proof.item[0].categories = CATEGORY_ALL;
    (void)grant_pack(&g, room);
    cr_expect(eq(int, (int)forge_disclose(c, y, CAT(HEALTH), grant),
                 REASON_NO_CONSENT));
    expect_no(core_holds(c, "forged"));
}

/* b signs in the place of who referred. */
Test(onward, by_a_grant_of_its_own_is_refused_by_the_last)
{
    uint8_t room[GRANT_PART_MAX];
    const struct hf_id x = referred();
    const struct hf_bytes grant = grant_at_b(x, room);
    const struct hf_id y = taken_on(x);
    const struct hf_bytes span = {room, grant.n - GRANT_SIG_BYTES};

    core_sign_as(&b->org, GRANT_LABEL, &span, 1, room + span.n);
    cr_expect(eq(int, (int)forge_disclose(c, y, CAT(HEALTH), grant),
                 REASON_NO_CONSENT));
    expect_no(core_holds(c, "forged"));
}

Test(onward, without_the_grant_is_refused_by_the_last)
{
    const struct hf_id y = taken_on(referred());

    cr_expect(eq(int,
                 (int)forge_disclose(c, y, CAT(HEALTH),
                                     (struct hf_bytes){NULL, 0}),
                 REASON_NO_CONSENT));
    expect_no(core_holds(c, "forged"));
}

/* y as a hostile b would make it, to @to. */
static struct hf_id
forge_send(const struct core_node *to, struct hf_id x, const struct terms *like)
{
    const struct hf_id y = {{0x66}};
    struct core_forger f = core_forge(OBJECT_REFERRAL, y, &b->org, &to->org);
    uint8_t packed[TERMS_BYTES], packed_card[CARD_BYTES];
    struct terms t = *like;
    const struct card card = core_object(b, x).card;
    struct body body = {.n = 0};

    t.part_of = x;
    terms_pack(&t, packed);
    card_pack(&card, packed_card);
    core_part(&body, PART_TERMS, CATEGORY_NONE, packed, sizeof(packed));
    core_part(&body, PART_CARD, CATEGORY_NONE, packed_card,
              sizeof(packed_card));
    core_forge_entry(&f, (struct entry){.event = EVENT_SEND}, &body);
    core_forge_send(&f, (struct core_node *)to, &b->org);
    core_forge_end(&f);
    core_does((struct core_node *)to, y, EVENT_ACCEPT, REASON_NONE);
    return y;
}

Test(onward, to_one_that_was_not_named_is_refused_by_it)
{
    uint8_t room[GRANT_PART_MAX];
    const struct hf_id x = referred();
    const struct hf_bytes grant = grant_at_b(x, room);
    const struct terms t = core_object(b, taken_on(x)).terms;
    const struct hf_id y = forge_send(d, x, &t);

    cr_expect(eq(int, (int)forge_disclose(d, y, CAT(HEALTH), grant),
                 REASON_NO_CONSENT));
    expect_no(core_holds(d, "forged"));
}

/* One grant is good for one referral. */
Test(onward, by_the_grant_of_another_referral_is_refused_by_the_last)
{
    uint8_t room[GRANT_PART_MAX];
    const struct hf_id x = referred();
    const struct hf_bytes grant = grant_at_b(x, room);
    const struct terms t = core_object(b, taken_on(x)).terms;
    const struct hf_id y = forge_send(c, (struct hf_id){{0x77}}, &t);

    cr_expect(eq(int, (int)forge_disclose(c, y, CAT(HEALTH), grant),
                 REASON_NO_CONSENT));
    expect_no(core_holds(c, "forged"));
}

/* ---- taken back ---- */

Test(onward, is_erased_at_the_last_when_all_is_withdrawn)
{
    const struct hf_id x = referred();
    const struct hf_id y = taken_on(x);

    cr_assert(core_holds(c, "canary"));
    cr_assert(eq(int, core_withdraw(a, case_id, NULL, true), 0));
    core_run();
    expect_no(core_holds(c, "canary"));
    expect_no(core_holds(b, "canary"));
    expect_state(c, y, STATE_RECALLED);
    expect_state(b, x, STATE_RECALLED);
    cr_expect(eq(uint, core_withdrawals(c, SIDE_SECOND, NULL), 1));
    expect_all_answered(a);
    expect_all_answered(b);
    expect_all_answered(c);
}

/* The recall of x comes first, and what is told of it later, or never. */
Test(onward, is_erased_at_the_last_by_a_recall_alone)
{
    const struct hf_id x = referred();
    const struct hf_id y = taken_on(x);

    core_does(a, x, EVENT_RECALL, REASON_CONSENT_WITHDRAWN);
    expect_state(b, y, STATE_RECALLED);
    expect_state(c, y, STATE_RECALLED);
    expect_no(core_holds(c, "canary"));
    expect_no(core_holds(b, "canary"));
}

Test(onward, is_erased_at_the_last_when_its_scope_is_withdrawn)
{
    const struct hf_id x = referred();
    const struct hf_id y = taken_on(x);

    cr_assert(eq(int, core_withdraw(a, case_id, "on", true), 0));
    core_run();
    expect_no(core_holds(c, "canary"));
    cr_expect(core_holds(b, HEALTH), "b has its own share");
    expect_state(b, x, STATE_ACCEPTED);
    expect_state(c, y, STATE_RECALLED);
    expect_all_answered(a);
    expect_all_answered(b);
}

Test(onward, is_not_begun_under_a_scope_that_was_withdrawn)
{
    const struct hf_id x = referred();
    struct node_command cmd = onward_cmd(x, NULL);

    cr_assert(eq(int, core_withdraw(a, case_id, "on", true), 0));
    core_run();
    expect_refused(b, &cmd, "consent_withdrawn", "was withdrawn");
}

Test(onward, loses_what_the_one_who_sent_it_on_loses)
{
    const struct hf_id y = taken_on(referred());

    cr_assert(eq(int, core_withdraw(a, case_id, "care", true), 0));
    core_run();
    expect_no(core_holds(b, "canary"));
    expect_no(core_holds(c, "canary"));
    expect_state(c, y, STATE_RECALLED);
    expect_all_answered(a);
    expect_all_answered(b);
}

/* Taken at the one who sent on: it goes both ways. */
Test(onward, is_withdrawn_from_where_the_person_is)
{
    struct node_command cmd = {.type = CMD_CONSENT_WITHDRAW, .erase = true};
    const struct hf_id x = referred();

    (void)taken_on(x);
    cmd.object = x;
    core_do(b, &cmd);
    core_run();
    expect_no(core_holds(c, "canary"));
    expect_no(core_holds(b, "canary"));
    cr_expect(eq(uint, core_withdrawals(a, SIDE_SECOND, NULL), 1));
}

/* Taken at the last: it goes back the whole way. */
Test(onward, is_withdrawn_from_where_the_person_was_sent)
{
    struct node_command cmd = {.type = CMD_CONSENT_WITHDRAW, .erase = true};
    const struct hf_id x = referred();

    cmd.object = taken_on(x);
    core_do(c, &cmd);
    core_run();
    expect_no(core_holds(c, "canary"));
    expect_no(core_holds(b, "canary"));
    cr_expect(eq(uint, core_withdrawals(b, SIDE_SECOND, NULL), 1));
    cr_expect(eq(uint, core_withdrawals(a, SIDE_SECOND, NULL), 1));
    expect_state(a, x, STATE_RECALLED);
    expect_all_answered(a);
    expect_all_answered(b);
    expect_all_answered(c);
}

static void
amend(struct consent *con, bool erase)
{
    struct node_command cmd = {.type = CMD_CONSENT_AMEND,
                               .case_id = case_id,
                               .consent = con,
                               .erase = erase,
                               .details = core_text("{}")};

    core_do(a, &cmd);
    core_run();
}

/* The scope goes on, for somebody else. */
Test(onward, is_taken_from_who_is_left_out_of_its_scope)
{
    const struct hf_id x = referred();
    const struct hf_id y = taken_on(x);
    struct node_command cmd = onward_cmd(x, c);
    struct consent con;

    fill(&con, ON);
    con.scope[1].recipient[0] = d->org;
    amend(&con, true);
    expect_no(core_holds(c, HEALTH));
    expect_state(c, y, STATE_RECALLED);
    cr_expect(core_holds(b, HEALTH));
    expect_state(b, x, STATE_ACCEPTED);
    expect_all_answered(a);
    expect_all_answered(b);
    cmd.replaces = y;
    cr_expect(ne(int, core_ask(b, &cmd), 0), "not to c again");
}

Test(onward, is_taken_where_one_category_is_left_out)
{
    struct consent con;
    struct hf_id y;

    y = taken_on(referred());
    fill(&con, ON & ~CAT(HEALTH));
    amend(&con, true);
    expect_no(core_holds(c, HEALTH));
    expect_state(c, y, STATE_RECALLED);
    expect_all_answered(a);
}

/* b is left out of `care`: what it sent on goes, too. */
Test(onward, is_taken_when_the_one_who_sent_it_on_is_left_out)
{
    struct consent con;
    struct hf_id y;

    y = taken_on(referred());
    fill(&con, ON);
    con.scope[0].recipient[0] = d->org;
    amend(&con, true);
    expect_no(core_holds(b, "canary"));
    expect_no(core_holds(c, "canary"));
    expect_state(c, y, STATE_RECALLED);
    expect_all_answered(a);
    expect_all_answered(b);
}

Test(onward, a_scope_that_does_not_concern_it_leaves_it_alone)
{
    struct consent con;
    struct hf_id y;

    fill(&con, ON);
    core_scope(&con, "money", CAT(ECONOMIC), PURPOSE_BIT(PURPOSE_REFERRAL),
               &d->org, NULL);
    amend(&con, true);
    y = taken_on(referred());
    cr_assert(eq(int, core_withdraw(a, case_id, "money", true), 0));
    core_run();
    expect_state(c, y, STATE_ACCEPTED);
    cr_expect(core_holds(c, HEALTH));
    cr_expect(eq(uint, core_withdrawals(c, SIDE_SECOND, NULL), 0));
}

Test(onward, that_is_declined_is_destroyed)
{
    const struct hf_id x = referred();
    const struct hf_id y = sent_on(x);

    core_does(c, y, EVENT_DECLINE, REASON_NO_CAPACITY);
    expect_state(b, y, STATE_DECLINED);
    expect_noted(x, y, STATE_DECLINED);
    cr_expect(core_holds(b, HEALTH));
    cr_expect(eq(int, (int)core_object(c, y).card.sex, SEX_NONE));
}

/* Each provider's answer is read before the next is asked. */
Test(onward, waits_for_the_last_answer_to_be_closed)
{
    const struct hf_id x = referred();
    const struct hf_id y = sent_on(x);
    struct node_command cmd = onward_cmd(x, NULL);

    core_does(c, y, EVENT_DECLINE, REASON_NO_CAPACITY);
    cr_expect(ne(int, core_ask(b, &cmd), 0));
}

/* ---- nothing lost ---- */

/* b's node stops after y went and before x said so: the due row says it. */
Test(onward, who_referred_is_told_after_a_crash)
{
    const struct hf_id x = referred();
    struct node_command cmd = onward_cmd(x, NULL);
    struct disk *after;

    core_do(b, &cmd);
    after = disk_copy(b->disk);
    disk_free(b->disk);
    b->disk = after;
    b->env.view = disk_view(b->disk);
    core_run();
    expect_noted(x, b->reply.id, STATE_RECEIVED);
}

Test(onward, who_referred_is_told_once_whatever_comes_twice)
{
    const struct hf_id x = referred();
    const struct hf_id y = taken_on(x);
    const uint32_t n = core_object(a, x).n[SIDE_SECOND];
    const size_t letters = core->n_letters;

    for (size_t i = 0; i < letters; i++)
        core_deliver(i);
    core_run();
    cr_expect(eq(u32, core_object(a, x).n[SIDE_SECOND], n));
    expect_noted(x, y, STATE_ACCEPTED);
}

/* b comes back from before y: c's copy brings it, and a withdrawal finds it. */
Test(onward, is_found_again_after_a_restore)
{
    const struct hf_id x = referred();
    struct hf_id y;

    core_backup(b);
    y = taken_on(x);
    core_restore(b, true);
    core_run();
    core_wait(2 * HOUR_MS);
    expect_state(b, y, STATE_ACCEPTED);
    cr_assert(eq(int, core_withdraw(a, case_id, NULL, true), 0));
    core_run();
    core_wait(2 * HOUR_MS);
    expect_state(c, y, STATE_RECALLED);
    expect_no(core_holds(c, "canary"));
    expect_all_answered(a);
}

/* ---- drafts ---- */

Test(onward, a_draft_is_held_against_consent_when_it_goes)
{
    const struct hf_id x = referred();
    struct node_command cmd = onward_cmd(x, NULL);
    struct hf_id y;

    cmd.is_draft = true;
    core_do(b, &cmd);
    y = b->reply.id;
    cr_assert(eq(int, core_withdraw(a, case_id, "on", true), 0));
    core_run();
    cmd = core_event_cmd(y, EVENT_SEND, REASON_NONE);
    expect_refused(b, &cmd, "consent_withdrawn", "was withdrawn");
    expect_no(core_object(a, x).n[SIDE_SECOND] > 2, "a is told of no draft");
}
