/* One check each, that nothing else would catch if it went: what comes late
 * under a consent that was taken back, what is said by somebody else or in the
 * wrong entry, what a colleague or a restored node may not do. */
#include "core_fixture.h"

static struct core_node *s, *r, *n, *x; /* holder, provider, two more members */
static struct hf_id case_id, consent_id;

#define ALL_PURPOSES                                                           \
    (PURPOSE_BIT(PURPOSE_REFERRAL) | PURPOSE_BIT(PURPOSE_TRANSFER) |           \
     PURPOSE_BIT(PURPOSE_OFFER) | PURPOSE_BIT(PURPOSE_FEEDBACK))

static void
begin(void)
{
    struct consent c = {.state = CONSENT_GIVEN};

    core_begin(4, 1);
    s = &core->node[0];
    r = &core->node[1];
    n = &core->node[2];
    x = &core->node[3];
    core_publish(&r->org, "primary_health_care", NULL);
    core_publish(&n->org, "primary_health_care", NULL);
    case_id = core_case(s, CATEGORY_ALL);
    core_scope(&c, "all", CATEGORY_ALL, ALL_PURPOSES, &s->org, &r->org,
               &n->org, NULL);
    consent_id = core_consent(s, case_id, &c);
}

TestSuite(checks, .init = begin, .fini = core_end);

static struct hf_id
refer_to(const struct core_node *to)
{
    struct node_command c = core_refer_cmd(case_id, "health.general");

    c.to = to->org;
    core_do(s, &c);
    return s->reply.id;
}

static struct hf_id
accepted_by(struct core_node *to)
{
    const struct hf_id id = refer_to(to);

    core_run();
    core_does(to, id, EVENT_ACCEPT, REASON_NONE);
    cr_assert(core_holds(to, "canary"));
    return id;
}

static struct hf_id
offered_to(const struct core_node *to)
{
    struct node_command c = {.type = CMD_TRANSFER_OFFER,
                             .case_id = case_id,
                             .to = to->org};

    core_do(s, &c);
    core_run();
    return s->reply.id;
}

static void
take_share_back(struct core_node *at, struct hf_id referral, bool erase)
{
    struct node_command c = {.type = CMD_CONSENT_WITHDRAW,
                             .object = referral,
                             .erase = erase};

    core_do(at, &c);
}

/* ---- consent that was taken back ---- */

Test(checks, what_comes_under_a_consent_that_was_taken_back_here_is_refused)
{
    const struct hf_id id = accepted_by(r);
    size_t letter;

    cr_assert(eq(int, core_event(s, id, EVENT_DISCLOSE, REASON_NONE), 0));
    letter = core->n_letters - 1;
    take_share_back(r, id, true); /* the two have crossed */
    expect_no(core_holds(r, "canary"));
    core_deliver(letter);
    expect_no(core_holds(r, "canary"), "kept what came after");
    core_run();
    expect_state(r, id, STATE_RECALLED);
}

/* Whoever was told to stop, and then to erase, is not through with it. */
Test(checks, an_erasure_passes_where_a_stop_of_that_version_is_known)
{
    const struct hf_id at_r = accepted_by(r), at_n = accepted_by(n);

    core_does(n, at_n, EVENT_ATTEND, REASON_NONE);
    core_does(n, at_n, EVENT_COMPLETE, REASON_MET);
    cr_assert(eq(int, core_withdraw(s, case_id, NULL, false), 0));
    take_share_back(r, at_r, true); /* the same version, from the other end */
    core_run();
    expect_no(core_holds(n, "canary"), "it heard of the stop only");
}

Test(checks, a_report_does_not_go_under_a_consent_that_was_taken_back_here)
{
    const struct hf_id id = accepted_by(r);
    struct node_command note = core_event_cmd(id, EVENT_NOTE, REASON_NONE);

    note.report = core_text("{\"words\":1}");
    core_does(r, id, EVENT_ATTEND, REASON_NONE);
    cr_expect(eq(int, core_ask(r, &note), 0), "%s", r->reply.message);
    core_run();
    take_share_back(r, id, false);
    cr_expect(eq(int, core_ask(r, &note), 1));
    cr_expect(eq(str, r->reply.code, "no_consent"));
}

Test(checks, a_report_does_not_go_when_the_consent_to_feedback_is_over)
{
    struct node_command amend = {.type = CMD_CONSENT_AMEND,
                                 .case_id = case_id};
    struct consent c = {.state = CONSENT_GIVEN};
    struct node_command note;
    struct hf_id id;

    core_scope(&c, "all", CATEGORY_ALL, ALL_PURPOSES, &s->org, &r->org,
               &n->org, NULL);
    c.scope[0].until_ms = core->now_ms + 10 * DAY_MS;
    amend.consent = &c;
    core_do(s, &amend);
    id = accepted_by(r);
    core_does(r, id, EVENT_ATTEND, REASON_NONE);
    note = core_event_cmd(id, EVENT_NOTE, REASON_NONE);
    note.report = core_text("{\"words\":1}");
    core_wait(11 * DAY_MS);
    cr_expect(eq(int, core_ask(r, &note), 1));
    cr_expect(eq(str, r->reply.code, "no_consent"));
}

/* Whose record it is keeps it, and says on which basis. */
Test(checks, whoever_opened_the_case_answers_that_it_is_kept)
{
    const struct hf_id id = accepted_by(r);
    struct hf_id told;

    take_share_back(r, id, true);
    core_run();
    cr_assert(eq(uint, core_withdrawals(r, SIDE_FIRST, &told), 1));
    expect_state(r, told, STATE_ANSWERED);
    cr_expect(eq(int, (int)core_object(r, told).reason,
                 REASON_LEGAL_OBLIGATION));
}

/* r comes back from before it told s, and tells it again, by another number:
 * what s passed on under the first is what the second waits for, too. */
Test(checks, what_is_told_twice_is_answered_when_the_first_is)
{
    const struct hf_id id = accepted_by(r), at_n = accepted_by(n);
    struct hf_id told;

    core_backup(r);
    core->has_no_prekey[2] = true; /* n is away */
    take_share_back(r, id, true);
    core_run();
    cr_assert(eq(uint, core_withdrawals(s, SIDE_SECOND, &told), 1));
    expect_state(s, told, STATE_PARTIAL);
    core_restore(r, false);
    take_share_back(r, id, true);
    core_run();
    cr_assert(eq(uint, core_withdrawals(r, SIDE_FIRST, &told), 1));
    cr_assert(eq(uint, core_withdrawals(s, SIDE_SECOND, NULL), 2));
    expect_state(s, told, STATE_PARTIAL);
    core->has_no_prekey[2] = false;
    core_wait(DAY_MS);
    expect_state(s, told, STATE_ANSWERED);
    expect_state(n, at_n, STATE_RECALLED);
}

/* Whom it told before, a restored node learns from them; one of them has no
 * node here, and never says. */
Test(checks, an_answer_waits_for_whom_a_restored_node_may_have_told)
{
    struct hf_id told;

    (void)accepted_by(r);
    core_backup(r);
    cr_assert(eq(int, core_withdraw(s, case_id, NULL, true), 0));
    core_restore(r, true);
    core_run();
    cr_assert(eq(uint, core_withdrawals(s, SIDE_FIRST, &told), 1));
    expect_state(s, told, STATE_PARTIAL);
    core->org[4].status = MEMBER_LEFT;
    core_wait(3 * HOUR_MS);
    expect_state(s, told, STATE_ANSWERED);
}

/* Whoever holds its tombstone would refuse what goes under it. */
Test(checks, an_amendment_brings_no_scope_back_that_was_taken_back)
{
    struct node_command amend = {.type = CMD_CONSENT_AMEND,
                                 .case_id = case_id};
    struct consent c = {.state = CONSENT_GIVEN}, now;

    core_scope(&c, "all", CAT(IDENTITY), ALL_PURPOSES, &r->org, NULL);
    core_scope(&c, "health", CAT(HEALTH), ALL_PURPOSES, &r->org, NULL);
    amend.consent = &c;
    core_do(s, &amend);
    cr_assert(eq(int, core_withdraw(s, case_id, "health", false), 0));
    core_do(s, &amend);
    cr_assert(consent_get(s->env.view, &consent_id, &now));
    cr_expect(eq(u32, consent_cover(&now, &r->org, PURPOSE_REFERRAL,
                                    core->now_ms),
                 CAT(IDENTITY)));
}

/* ---- what a member may not say ---- */

/* A body as the gate lets it in, where it came with a `disclose`. */
static struct body
planted(enum part_type type, uint8_t proof[static PROOF_BYTES(PROOF_ITEMS_MAX)])
{
    static const char words[] = "{\"x\":\"planted\"}";
    const struct proof p = {.consent = consent_id,
                            .version = 1,
                            .n = 1,
                            .item = {{.scope = {"all"},
                                      .categories = CATEGORY_ALL,
                                      .purposes = ALL_PURPOSES}}};
    struct body b = {.n = 0};

    core_part(&b, PART_PROOF, CATEGORY_NONE, proof, proof_pack(&p, proof));
    core_part(&b, type, CATEGORY_IDENTITY, words, sizeof(words) - 1);
    return b;
}

static void
plant(enum part_type type)
{
    uint8_t proof[PROOF_BYTES(PROOF_ITEMS_MAX)];
    const struct hf_id id = accepted_by(r);
    const struct body b = planted(type, proof);
    struct core_forger f =
        core_forge(OBJECT_REFERRAL, id, &s->org, &r->org);

    core_forge_after(&f, r);
    core_forge_entry(&f,
                     (struct entry){.event = EVENT_CANCEL,
                                    .reason = REASON_OTHER,
                                    .seen = 2,
                                    .seen_hash =
                                        core_seen(r, id, SIDE_SECOND, 2)},
                     &b);
    core_forge_send(&f, r, &s->org);
    expect_state(r, id, STATE_CANCEL_PENDING);
    expect_no(core_holds(r, "planted"));
    core_forge_end(&f);
}

Test(checks, a_section_comes_in_no_other_entry_than_those_that_are_erased)
{
    plant(PART_SECTION);
}

Test(checks, a_file_comes_in_no_other_entry_than_those_that_are_erased)
{
    plant(PART_FILE);
}

/* The next entry of S behind those that @f has; it comes alone. */
static void
send_forged(struct core_forger f, struct entry e, const struct body *b)
{
    core_forge_entry(&f, e, b);
    core_forge_send(&f, r, &s->org);
    core_forge_end(&f);
}

/* Two entries of one number, and only then the one before them, which says
 * that the second is right. */
Test(checks, what_came_with_an_entry_that_was_replaced_behind_a_gap_goes)
{
    uint8_t proof[PROOF_BYTES(PROOF_ITEMS_MAX)];
    const struct hf_id id = accepted_by(r);
    const struct body b = planted(PART_SECTION, proof);
    struct core_forger f =
        core_forge(OBJECT_REFERRAL, id, &s->org, &r->org);
    struct core_forger gap;
    struct entry e = {.event = EVENT_DISCLOSE, .seen = 2};

    e.seen_hash = core_seen(r, id, SIDE_SECOND, 2);
    core_forge_after(&f, r);
    gap = f;
    core_forge_entry(&gap, e, NULL); /* not sent yet */
    gap.c.u.push.n = 0;
    send_forged(gap, e, &b);
    cr_assert(core_holds(r, "planted"), "it waits, and the gate let it in");
    e.event = EVENT_CANCEL;
    e.reason = REASON_OTHER;
    send_forged(gap, e, NULL);
    expect_no(core_holds(r, "planted"));
    e.event = EVENT_DISCLOSE;
    e.reason = REASON_NONE;
    send_forged(f, e, NULL);
    expect_state(r, id, STATE_CANCEL_PENDING);
    expect_no(core_holds(r, "planted"));
}

/* Each entry is linked to the one before: what is not waits for what is. */
Test(checks, an_entry_that_follows_another_branch_is_not_the_next_one)
{
    const struct hf_id id = accepted_by(r);
    const uint32_t had = core_object(r, id).n[SIDE_FIRST];
    struct core_forger f =
        core_forge(OBJECT_REFERRAL, id, &s->org, &r->org);
    struct entry e = {.event = EVENT_CANCEL,
                      .reason = REASON_OTHER,
                      .seen = 2};

    e.seen_hash = core_seen(r, id, SIDE_SECOND, 2);
    core_forge_after(&f, r);
    f.last.b[0] ^= 1;
    send_forged(f, e, NULL);
    cr_expect(eq(u32, core_object(r, id).n[SIDE_FIRST], had));
    expect_state(r, id, STATE_ACCEPTED);
}

/* A third member's signature, in the place of the next entry of S. */
Test(checks, an_entry_of_a_third_member_belongs_to_no_chain)
{
    const struct hf_id id = accepted_by(r);
    const struct node_object before = core_object(r, id);
    struct core_forger f =
        core_forge(OBJECT_REFERRAL, id, &x->org, &r->org);

    f.n = before.n[SIDE_FIRST];
    f.last = before.last[SIDE_FIRST];
    core_forge_entry(&f,
                     (struct entry){.event = EVENT_CANCEL,
                                    .reason = REASON_OTHER},
                     NULL);
    core_forge_send(&f, r, &s->org);
    cr_expect(eq(u32, core_object(r, id).n[SIDE_FIRST],
                 before.n[SIDE_FIRST]));
    expect_state(r, id, STATE_ACCEPTED);
    core_forge_end(&f);
}

Test(checks, a_third_member_does_not_acknowledge_for_the_peer)
{
    const struct hf_id id = refer_to(r); /* it has not come */
    struct core_forger f =
        core_forge(OBJECT_REFERRAL, id, &x->org, &s->org);

    f.c.u.push.have_n = 1;
    f.c.u.push.have_hash = core_seen(s, id, SIDE_FIRST, 1);
    core_forge_send(&f, s, &x->org);
    cr_expect(eq(u32, core_object(s, id).acked, 0));
    core_forge_end(&f);
}

/* An envelope of @from with @c and the id @id reaches @to. */
static void
bring(const struct core_node *from, struct core_node *to, struct content *c,
      struct hf_id id)
{
    const struct node_send send = {.to = to->org,
                                   .envelope = id,
                                   .created_ms = core->now_ms,
                                   .expires_ms = core->now_ms + DAY_MS,
                                   .content = c};

    core_post(from, &send);
    core_deliver(core->n_letters - 1);
}

/* Who knows the number of an envelope makes r tell its sender nothing. */
Test(checks, a_third_member_gets_no_receipt_for_an_envelope_of_another)
{
    struct content c = {.type = CONTENT_PUSH};
    struct hf_id id = refer_to(r), envelope;
    size_t letters;

    envelope = core->letter[core->n_letters - 1].h.id;
    core_deliver(core->n_letters - 1);
    c.u.push.kind = OBJECT_REFERRAL;
    c.u.push.object = id;
    letters = core->n_letters;
    bring(x, r, &c, envelope);
    cr_expect(eq(sz, core->n_letters, letters + 1), "its own letter only");
    bring(s, r, &c, envelope);
    cr_expect(eq(sz, core->n_letters, letters + 3), "a copy, a receipt");
    expect_state(r, id, STATE_RECEIVED);
}

/* It gets the answer of one who does not know, and makes s send nothing. */
Test(checks, a_third_member_asks_for_no_copy_of_what_two_others_share)
{
    const struct hf_id id = accepted_by(r);
    struct content c = {.type = CONTENT_ASK};
    size_t letters = core->n_letters;

    c.u.ask.kind = OBJECT_REFERRAL;
    c.u.ask.object = id;
    c.u.ask.ask.b[0] = 9;
    bring(x, s, &c, (struct hf_id){{0x66}});
    core_run();
    for (size_t i = letters; i < core->n_letters; i++) {
        cr_expect(not(hf_org_eq(&core->letter[i].h.recipient, &r->org)));
        cr_assert(eq(int,
                     (int)content_decode(hf_buf_bytes(&core->letter[i].bytes),
                                         &core->content),
                     HF_OK));
        if (core->content.type == CONTENT_PUSH)
            cr_expect(eq(sz, core->content.u.push.n, 0));
    }
        letters = core->n_letters;
    bring(r, s, &c, (struct hf_id){{0x67}});
    cr_expect(gt(sz, core->n_letters, letters + 1), "its peer gets it");
}

/* Beside an answer that always passes goes nothing that does not. */
Test(checks, a_suspended_member_sends_no_words_beside_its_answer)
{
    static const char words[] = "{\"x\":\"planted\"}";
    const struct hf_id id = accepted_by(r);
    struct core_forger f =
        core_forge(OBJECT_REFERRAL, id, &r->org, &s->org);
    struct body b = {.n = 0};
    uint32_t had;

    core_does(r, id, EVENT_ATTEND, REASON_NONE);
    had = core_object(s, id).n[SIDE_SECOND];
    for (size_t i = 0; i < core->registry.n_orgs; i++)
        if (hf_org_eq(&core->org[i].id, &r->org))
            core->org[i].status = MEMBER_SUSPENDED;
    core_part(&b, PART_REPORT, CATEGORY_NONE, words, sizeof(words) - 1);
    core_forge_after(&f, s);
    core_forge_entry(&f, (struct entry){.event = EVENT_NOTE}, &b);
    core_forge_entry(&f, (struct entry){.event = EVENT_ERASED}, NULL);
    core_forge_send(&f, s, &r->org);
    cr_expect(eq(u32, core_object(s, id).n[SIDE_SECOND], had));
    expect_no(core_holds(s, "planted"));
    core_forge_end(&f);
}

/* ---- what a colleague may not do ---- */

Test(checks, a_case_manager_neither_shreds_nor_holds_a_case)
{
    const enum node_command_type types[] = {CMD_CASE_SHRED, CMD_CASE_HOLD};

    core_add_user(s, "cem", ROLE_BIT(ROLE_CASE_MANAGER));
    for (size_t i = 0; i < 2; i++) {
        struct node_command c = {.type = types[i],
                                 .user = core_name("cem"),
                                 .case_id = case_id,
                                 .is_on = true};

        cr_expect(eq(int, core_ask(s, &c), 77));
        c.user = core_name("sam"); /* supervises */
        cr_expect(eq(int, core_ask(s, &c), i == 0 ? 0 : 66), "%s",
                  s->reply.message);
    }
}

static void
let_expire(struct hf_id id, bool may)
{
    struct node_object o = core_object(s, id);

    o.terms.expires = may;
    disk_begin(s->disk);
    object_put(s->env.view, &o, o.changed_ms);
    disk_commit(s->disk);
}

Test(checks, a_referral_expires_only_where_its_rule_lets_it_by_a_sure_clock)
{
    const struct hf_id id = refer_to(r);

    core->now_ms = core_object(s, id).decide_ms + HOUR_MS;
    let_expire(id, false);
    cr_expect(eq(int, core_event(s, id, EVENT_EXPIRE, REASON_NONE), 1));
    cr_expect(eq(str, s->reply.code, "no_expiry"));
    let_expire(id, true);
    s->env.is_clock_doubtful = true;
    cr_expect(eq(int, core_event(s, id, EVENT_EXPIRE, REASON_NONE), 75));
    cr_expect(eq(str, s->reply.code, "clock_in_doubt"));
    s->env.is_clock_doubtful = false;
    cr_expect(eq(int, core_event(s, id, EVENT_EXPIRE, REASON_NONE), 0), "%s",
              s->reply.message);
}

/* The word says what is counted, and where it goes on. */
Test(checks, a_case_that_has_had_too_many_matters_says_so_and_what_to_do)
{
    struct node_command c = core_refer_cmd(case_id, "health.general");
    int n = 0;

    c.is_draft = true;
    while (n < 200 && core_ask(s, &c) == 0)
        n++;
    cr_expect(eq(int, n, 96));
    cr_expect(eq(int, s->reply.status, 1));
    cr_expect(eq(str, s->reply.code, "limit"));
    cr_expect_not_null(strstr(s->reply.message, "closed ones included"));
    cr_expect_not_null(strstr(s->reply.hint, "handoff case same"));
}

Test(checks, who_was_never_tried_to_be_reached_was_not_out_of_reach)
{
    const struct hf_id id = accepted_by(r);

    cr_expect(eq(int,
                 core_event(r, id, EVENT_FAIL, REASON_COULD_NOT_CONTACT), 1));
    cr_expect(eq(str, r->reply.code, "no_attempt"));
    core_does(r, id, EVENT_CONTACT, REASON_ATTEMPT);
    cr_expect(eq(int,
                 core_event(r, id, EVENT_FAIL, REASON_COULD_NOT_CONTACT), 0));
}

/* Nobody in this world has the duty `figures`. */
Test(checks, figures_go_to_nobody_without_the_duty)
{
    struct node_event start = {.type = NODE_EV_START};

    (void)core_step(s, &start);
    for (size_t i = 0; i < core->registry.n_orgs; i++)
        core->org[i].duties = 0;
    for (int i = 0; i < 6; i++)
        (void)refer_to(r);
    core_wait(40 * DAY_MS);
    for (size_t i = 0; i < core->n_letters; i++) {
        const struct hf_buf *b = &core->letter[i].bytes;

        cr_assert(eq(int,
                     (int)content_decode(hf_buf_bytes(b), &core->content),
                     HF_OK));
        cr_expect(ne(int, (int)core->content.type, CONTENT_FIGURES));
    }
}

/* ---- custody ---- */

static struct hf_id
arrived(void)
{
    const struct hf_id id = offered_to(n);

    core_does(n, id, EVENT_ACCEPT, REASON_NONE);
    core_does(s, id, EVENT_RELEASE, REASON_NONE);
    core_does(n, id, EVENT_ARRIVE, REASON_NONE);
    return id;
}

Test(checks, a_draft_of_a_case_that_has_gone_is_not_sent)
{
    struct node_command draft = core_refer_cmd(case_id, "health.general");
    struct hf_id id;

    draft.is_draft = true;
    core_do(s, &draft);
    id = s->reply.id;
    core_does(s, arrived(), EVENT_HAND_OVER, REASON_NONE);
    cr_expect(eq(int, core_event(s, id, EVENT_SEND, REASON_NONE), 1));
    cr_expect(eq(str, s->reply.code, "not_holder"));
}

Test(checks, a_case_whose_custody_is_elsewhere_is_not_released)
{
    const struct hf_id id = offered_to(n);
    struct node_case c;

    core_does(n, id, EVENT_ACCEPT, REASON_NONE);
    c = core_case_of(s, case_id);
    c.holder = x->org; /* another transfer came to life again */
    disk_begin(s->disk);
    case_put(s->env.view, &c);
    disk_commit(s->disk);
    cr_expect(eq(int, core_event(s, id, EVENT_RELEASE, REASON_NONE), 1));
    cr_expect(eq(str, s->reply.code, "not_holder"));
}

/* One member has no node here, and so never says what it shares with us. */
Test(checks, a_restored_holder_hands_over_when_all_have_said_what_they_share)
{
    const struct hf_id id = arrived();

    core_backup(s);
    core_restore(s, true);
    core_run();
    cr_expect(eq(int, core_event(s, id, EVENT_HAND_OVER, REASON_NONE), 75));
    cr_expect(eq(str, s->reply.code, "awaits_copy"));
    cr_expect_not_null(strstr(s->reply.message, "a case may have gone there"));
}

/* On its way from @from to s, with entries: a copy. */
static bool
is_copy(const struct core_letter *l, const struct core_node *from)
{
    if (l->is_gone || !hf_org_eq(&l->h.recipient, &s->org) ||
        !hf_org_eq(&l->h.sender, &from->org))
        return false;
    cr_assert(eq(int,
                 (int)content_decode(hf_buf_bytes(&l->bytes), &core->content),
                 HF_OK));
    return core->content.type == CONTENT_PUSH;
}

/* As core_run(), but that the copies of @from are still on their way. */
static void
run_without_copies_of(const struct core_node *from)
{
    for (int i = 0; i < 40; i++) {
        for (size_t k = 0; k < core->n_letters; k++)
            if (!core->letter[k].is_gone && !is_copy(&core->letter[k], from))
                core_deliver(k);
        for (size_t k = 0; k < core->n_nodes; k++)
            if (node_wake_ms(&core->node[k].env) <= core->now_ms)
                core_tick(&core->node[k]);
    }
}

/* That it shares something is said before that has come: perhaps the very
 * transfer by which the case went. */
Test(checks, a_restored_holder_hands_over_only_when_all_copies_have_come)
{
    const struct hf_id id = arrived();

    core_backup(s);
    (void)accepted_by(r);
    core->org[4].status = MEMBER_LEFT; /* the one without a node */
    core_restore(s, true);
    run_without_copies_of(r);
    cr_expect(eq(int, core_event(s, id, EVENT_HAND_OVER, REASON_NONE), 75));
    cr_expect_not_null(strstr(s->reply.message, r->org.s), "%s",
                       s->reply.message);
    core_run();
    cr_expect(eq(int, core_event(s, id, EVENT_HAND_OVER, REASON_NONE), 0), "%s",
              s->reply.message);
}
