/* After an erasure nothing of it is left but what had to be kept; a declined
 * offer leaves no card; and an answer is given when it is true. */
#include "core_fixture.h"

static struct core_node *a, *b, *c;
static struct hf_id case_id;

static void
begin(void)
{
    const uint32_t all =
        PURPOSE_BIT(PURPOSE_REFERRAL) | PURPOSE_BIT(PURPOSE_TRANSFER) |
        PURPOSE_BIT(PURPOSE_OFFER) | PURPOSE_BIT(PURPOSE_FEEDBACK);
    struct consent con = {.state = CONSENT_GIVEN};

    core_begin(3, 1);
    a = &core->node[0];
    b = &core->node[1];
    c = &core->node[2];
    core_publish(&b->org, "primary_health_care", "protection_services", NULL);
    case_id = core_case(a, CATEGORY_ALL);
    core_scope(&con, "care", CATEGORY_ALL & ~CAT(HEALTH) & ~CAT(VULNERABILITY),
               all, &a->org, &b->org, &c->org, NULL);
    core_scope(&con, "health", CAT(HEALTH), all, &a->org, &b->org, &c->org,
               NULL);
    core_scope(&con, "groups", CAT(VULNERABILITY), all, &a->org, &b->org,
               &c->org, NULL);
    (void)core_consent(a, case_id, &con);
}

TestSuite(erase, .init = begin, .fini = core_end);

static struct hf_id
sent(void)
{
    return core_refer(a, case_id, "health.general");
}

static struct hf_id
accepted(void)
{
    const struct hf_id id = sent();

    core_does(b, id, EVENT_ACCEPT, REASON_NONE);
    return id;
}

/* Rows of the peer's words about @id that @n holds. */
static unsigned
peer_words(const struct core_node *n, struct hf_id id)
{
    const enum side peer = core_object(n, id).side == SIDE_FIRST
                               ? SIDE_SECOND
                               : SIDE_FIRST;
    struct part p;
    unsigned count = 0;

    for (uint32_t k = 1; k <= 20; k++)
        for (unsigned i = 0; i < 256; i++)
            count += body_part_get(n->env.view, &id, peer, k, i, &p);
    return count;
}

static bool
has_card(const struct core_node *n, struct hf_id id)
{
    static const struct card none;
    const struct card card = core_object(n, id).card;

    return memcmp(&card, &none, sizeof(none)) != 0;
}

/* ---- what must be destroyed ---- */

Test(erase, a_declined_referral_leaves_no_card)
{
    const struct hf_id id = sent();

    cr_assert(has_card(b, id));
    core_does(b, id, EVENT_DECLINE, REASON_NO_CAPACITY);
    cr_expect(not(has_card(b, id)));
    cr_expect(zero(uint, peer_words(b, id)));
    cr_expect(has_card(a, id), "who made it keeps it");
}

Test(erase, a_referral_reopened_gets_its_card_again)
{
    const struct hf_id id = sent();

    core_does(b, id, EVENT_DECLINE, REASON_NO_CAPACITY);
    core_does(b, id, EVENT_REOPEN, REASON_OTHER);
    cr_expect(has_card(b, id));
    core_does(b, id, EVENT_ACCEPT, REASON_NONE);
    cr_expect(core_holds(b, "\"canary\":\"health\""));
}

Test(erase, a_recalled_referral_leaves_nothing_of_its_sender)
{
    const struct hf_id id = accepted();

    core_does(a, id, EVENT_RECALL, REASON_CONSENT_WITHDRAWN);
    cr_expect(not(has_card(b, id)));
    cr_expect(zero(uint, peer_words(b, id)));
}

Test(erase, a_transfer_declined_after_its_release_leaves_nothing)
{
    const struct hf_id id = core_release(a, c, case_id);

    cr_assert(core_holds(c, "guardian"), "the consent as it was given");
    core_does(c, id, EVENT_DECLINE, REASON_NO_CAPACITY);
    cr_expect(zero(uint, peer_words(c, id)));
    expect_no(core_holds(c, "canary"));
    expect_no(core_holds(c, "guardian"));
    expect_no(core_holds(c, "AT-1"));
    cr_expect(zero(u64, core_case_of(c, case_id).created_ms));
}

Test(erase, a_transfer_declined_leaves_the_case_that_was_here_before)
{
    struct hf_id id;

    (void)core_move(a, c, case_id);
    id = core_release(c, a, case_id);
    core_does(a, id, EVENT_DECLINE, REASON_NO_CAPACITY);
    expect_state(c, id, STATE_DECLINED);
    cr_expect(ne(u64, core_case_of(a, case_id).created_ms, 0));
    cr_expect(eq(str, core_case_of(a, case_id).from.s, (char *)""));
}

/* ---- by withdrawal ---- */

Test(erase, of_a_scope_takes_its_facts_off_the_card)
{
    struct node_command cmd = core_refer_cmd(case_id, "protection.security");
    struct hf_id id;

    cmd.is_draft = true;
    core_do(a, &cmd);
    id = a->reply.id;
    core_does(a, id, EVENT_SUBMIT, REASON_NONE);
    cmd = core_event_cmd(id, EVENT_APPROVE, REASON_NONE);
    cmd.user = core_name("sam");
    core_do(a, &cmd);
    core_does(a, id, EVENT_SEND, REASON_NONE);
    core_does(b, id, EVENT_ACCEPT, REASON_NONE);
    cr_assert(ne(u32, core_object(b, id).card.groups, 0));
    cr_assert(eq(int, core_withdraw(a, case_id, "groups", true), 0));
    core_run();
    cr_expect(eq(u32, core_object(b, id).card.groups, 0));
}

Test(erase, of_the_whole_leaves_neither_number_nor_the_consents_words)
{
    (void)core_move(a, c, case_id);
    cr_assert(core_holds(c, "guardian"));
    cr_assert(core_holds(c, "AT-1"));
    cr_assert(eq(int, core_withdraw(a, case_id, NULL, true), 0));
    core_run();
    expect_no(core_holds(c, "guardian"));
    expect_no(core_holds(c, "AT-1"));
    expect_no(core_holds(c, "canary"));
}

Test(erase, of_the_whole_takes_the_reports_a_later_holder_got)
{
    struct node_command cmd, report;
    struct hf_id id;

    (void)core_move(a, c, case_id);
    cmd = core_refer_cmd(case_id, "health.general");
    core_do(c, &cmd);
    id = c->reply.id;
    core_run();
    core_does(b, id, EVENT_ACCEPT, REASON_NONE);
    core_does(b, id, EVENT_ATTEND, REASON_NONE);
    report = core_event_cmd(id, EVENT_COMPLETE, REASON_MET);
    report.report = core_text("{\"canary\":\"report\"}");
    core_do(b, &report);
    core_run();
    cr_assert(core_holds(c, "\"canary\":\"report\""));
    cr_assert(eq(int, core_withdraw(a, case_id, NULL, true), 0));
    core_run();
    expect_no(core_holds(c, "canary"));
}

Test(erase, a_clinics_own_record_is_kept_and_said)
{
    const struct hf_id id = accepted();
    struct node_command report =
        core_event_cmd(id, EVENT_COMPLETE, REASON_MET);
    struct hf_id told;

    core_does(b, id, EVENT_ATTEND, REASON_NONE);
    report.report = core_text("{\"canary\":\"report\"}");
    core_do(b, &report);
    core_run();
    cr_assert(eq(int, core_withdraw(a, case_id, NULL, true), 0));
    core_run();
    cr_assert(eq(uint, core_withdrawals(b, SIDE_SECOND, &told), 1));
    cr_expect(core_object(a, told).erase_basis_kept);
    cr_expect(eq(int, (int)core_object(a, told).reason,
                 REASON_MEDICAL_RECORD));
    cr_expect(core_holds(b, "\"canary\":\"report\""));
    expect_no(core_holds(b, "\"canary\":\"health\""), "what it was sent goes");
}

Test(erase, of_a_transfer_withdrawn_and_a_consent_withdrawn_is_answered_once)
{
    const struct hf_id id = core_release(a, c, case_id);
    struct hf_id told;

    cr_assert(eq(int, core_withdraw(a, case_id, NULL, true), 0));
    core_run();
    expect_state(c, id, STATE_RECALLED);
    cr_assert(eq(uint, core_withdrawals(c, SIDE_SECOND, &told), 1));
    expect_state(a, told, STATE_ANSWERED);
    expect_no(core_holds(c, "canary"));
    cr_expect(eq(u32, core_object(a, id).sections, 0), "answered erased");
}

/* ---- orders of arrival ---- */

/* The index of the letter on its way to @to that carries @text. */
static size_t
letter_with(const struct core_node *to, const char *text)
{
    for (size_t i = 0; i < core->n_letters; i++)
        if (!core->letter[i].is_gone &&
            hf_org_eq(&core->letter[i].h.recipient, &to->org) &&
            memmem(core->letter[i].bytes.p, core->letter[i].bytes.n, text,
                   strlen(text)) != NULL)
            return i;
    cr_fatal("no letter with %s", text);
    return 0;
}

/* The sections lie in a broker's spool while the withdrawal overtakes them on
 * the urgent lane. */
Test(erase, what_was_in_the_spool_is_refused_when_it_comes_at_last)
{
    const struct hf_id id = sent();
    size_t late;

    cr_assert(eq(int, core_event(b, id, EVENT_ACCEPT, REASON_NONE), 0));
    for (size_t i = 0; i < core->n_letters; i++)
        if (!core->letter[i].is_gone &&
            hf_org_eq(&core->letter[i].h.recipient, &a->org))
            core_deliver(i);
    late = letter_with(b, "\"canary\":\"health\"");
    cr_expect(gt(int, (int)core->letter[late].h.lane, 0), "not urgent");
    core->letter[late].is_gone = true; /* it stays in the spool */
    cr_assert(eq(int, core_withdraw(a, case_id, NULL, true), 0));
    core_run();
    core_deliver(late);
    core_run();
    expect_no(core_holds(b, "canary"));
    expect_state(b, id, STATE_RECALLED);
}

/* The same without a recall before it: the sections come under a scope that
 * was withdrawn, for a referral that stands. */
Test(erase, a_tombstone_is_laid_where_nothing_was_ever_held)
{
    const struct hf_id id = sent();
    struct node_tombstone t;
    struct node_object o;
    struct hf_id told;
    size_t late, with;

    cr_assert(eq(int, core_event(b, id, EVENT_ACCEPT, REASON_NONE), 0));
    for (size_t i = 0; i < core->n_letters; i++)
        if (!core->letter[i].is_gone &&
            hf_org_eq(&core->letter[i].h.recipient, &a->org))
            core_deliver(i);
    late = letter_with(b, "\"canary\":\"health\"");
    core->letter[late].is_gone = true;
    cr_assert(eq(int, core_withdraw(a, case_id, "health", true), 0));
    with = core->n_letters;
    for (size_t i = late + 1; i < core->n_letters; i++) {
        /* the recall is lost for now; only the withdrawal arrives */
        if (!core->letter[i].is_gone &&
            memmem(core->letter[i].bytes.p, core->letter[i].bytes.n, "health",
                   6) == NULL)
            core->letter[i].is_gone = true;
        else if (!core->letter[i].is_gone)
            with = i;
    }
    cr_assert(lt(sz, with, core->n_letters));
    core_deliver(with);
    cr_assert(eq(uint, core_withdrawals(b, SIDE_SECOND, &told), 1));
    o = core_object(b, told);
    cr_assert(tombstone_get(b->env.view, &o.scopes.consent, &o.scopes.scope[0],
                            &t));
    core_deliver(late);
    expect_no(core_holds(b, "canary"));
}

/* Half of it was fetched: an entry before it is still missing, so that the
 * sections wait behind a gap when the withdrawal comes. */
Test(erase, what_waits_behind_a_gap_goes_too)
{
    const struct hf_id id = accepted();
    const struct proof p = core_object(b, id).proof;
    struct core_forger f = core_forge(OBJECT_REFERRAL, id, &a->org, &b->org);
    uint8_t packed[PROOF_BYTES(PROOF_ITEMS_MAX)];
    struct content_entry missing, behind;
    struct body body = {.n = 0};
    struct entry e = {.event = EVENT_DISCLOSE};

    core_forge_after(&f, b);
    e.seen = core_object(b, id).n[SIDE_SECOND];
    e.seen_hash = core_seen(b, id, SIDE_SECOND, e.seen);
    core_part(&body, PART_PROOF, CATEGORY_NONE, packed,
              proof_pack(&p, packed));
    core_part(&body, PART_SECTION, CATEGORY_CONTACT, "{\"x\":\"gap\"}", 11);
    core_forge_entry(&f, e, NULL);
    core_forge_entry(&f, e, &body);
    missing = f.c.u.push.entry[0];
    behind = f.c.u.push.entry[1];
    f.c.u.push.entry[0] = behind;
    f.c.u.push.n = 1;
    core_forge_send(&f, b, &a->org);
    cr_assert(core_holds(b, "{\"x\":\"gap\"}"), "it waits");
    cr_assert(eq(int, core_withdraw(a, case_id, "care", true), 0));
    for (size_t i = 0; i < core->n_letters; i++)
        if (!core->letter[i].is_gone &&
            memmem(core->letter[i].bytes.p, core->letter[i].bytes.n, "care",
                   4) != NULL)
            core_deliver(i);
    f.c.u.push.entry[0] = missing;
    f.c.u.push.n = 1;
    core_forge_send(&f, b, &a->org);
    expect_no(core_holds(b, "{\"x\":\"gap\"}"));
    core_forge_end(&f);
}

/* ---- when an answer is true ---- */

Test(erase, after_a_restore_is_not_answered_before_those_below_have)
{
    struct hf_id below;

    (void)core_move(a, b, case_id);
    (void)core_move(b, c, case_id);
    core_backup(b);
    core->has_no_prekey[2] = true; /* c is away */
    cr_assert(eq(int, core_withdraw(a, case_id, NULL, true), 0));
    core_run();
    cr_assert(eq(uint, core_withdrawals(b, SIDE_SECOND, &below), 1));
    expect_state(a, below, STATE_PARTIAL);
    core_restore(b, true);
    core_wait(2 * DAY_MS);
    expect_state(a, below, STATE_PARTIAL);
    cr_expect(core_holds(c, "canary"));
    core->has_no_prekey[2] = false;
    core_wait(2 * DAY_MS);
    expect_no(core_holds(c, "canary"));
    expect_state(a, below, STATE_ANSWERED);
}

Test(erase, after_a_restore_finds_whom_it_had_told_for_whom)
{
    struct hf_id below, child, at = {{0}};
    struct node_object o;

    (void)core_move(a, b, case_id);
    (void)core_move(b, c, case_id);
    core_backup(b);
    cr_assert(eq(int, core_withdraw(a, case_id, NULL, true), 0));
    core_run();
    cr_assert(eq(uint, core_withdrawals(b, SIDE_SECOND, &below), 1));
    memset(&child, 0, sizeof(child));
    while (object_next(b->env.view, &at, &o))
        if (o.kind == OBJECT_WITHDRAWAL && o.side == SIDE_FIRST &&
            hf_org_eq(&o.peer, &c->org))
            child = o.id;
    o = core_object(b, child);
    cr_assert(hf_id_eq(&o.parent, &below));
    core_restore(b, true);
    core_wait(2 * DAY_MS);
    o = core_object(b, child);
    cr_expect(eq(int, (int)o.kind, OBJECT_WITHDRAWAL));
    cr_expect(hf_id_eq(&o.parent, &below), "by the mark that only b can read");
    cr_expect(hf_id_eq(&o.case_id, &case_id));
}
