/* A withdrawal reaches everybody who gave or got, is never blocked, is really
 * an erasure, and comes to rest (I-2). */
#include "core_fixture.h"

static struct core_node *a, *b, *c; /* holders, one after the other */
static struct hf_id case_id;

/* Scopes: `care` lets b, c and d have what they need, `health` b alone. */
static void
begin(void)
{
    struct consent con = {.state = CONSENT_GIVEN};
    const uint32_t both =
        PURPOSE_BIT(PURPOSE_REFERRAL) | PURPOSE_BIT(PURPOSE_TRANSFER) |
        PURPOSE_BIT(PURPOSE_OFFER);

    core_begin(3, 33);
    a = &core->node[0];
    b = &core->node[1];
    c = &core->node[2];
    core_publish(&b->org, "primary_health_care", "hospital_emergency", NULL);
    case_id = core_case(a, CATEGORY_ALL);
    core_scope(&con, "care", CATEGORY_ALL & ~(CAT(HEALTH) | CAT(PROTECTION)),
               both, &a->org, &b->org, &c->org, NULL);
    core_scope(&con, "health", CAT(HEALTH), both, &b->org, NULL);
    (void)core_consent(a, case_id, &con);
}

TestSuite(withdrawal, .init = begin, .fini = core_end);

static struct hf_id
referred(void)
{
    const struct hf_id id = core_refer(a, case_id, "health.general");

    core_does(b, id, EVENT_ACCEPT, REASON_NONE);
    return id;
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

Test(withdrawal, erases_what_a_receiver_got_and_recalls)
{
    const struct hf_id id = referred();

    cr_assert(core_holds(b, "\"canary\":\"health\""));
    cr_assert(eq(int, core_withdraw(a, case_id, NULL, true), 0));
    core_run();
    expect_no(core_holds(b, "canary"));
    expect_state(b, id, STATE_RECALLED);
    cr_expect(eq(uint, core_withdrawals(b, SIDE_SECOND, NULL), 1));
    expect_all_answered(a);
    expect_all_answered(b);
}

Test(withdrawal, of_one_scope_erases_its_categories_only)
{
    const struct hf_id id = referred();

    cr_assert(eq(int, core_withdraw(a, case_id, "health", true), 0));
    core_run();
    expect_no(core_holds(b, "\"canary\":\"health\""));
    expect_state(b, id, STATE_RECALLED);
}

Test(withdrawal, is_taken_though_the_referral_is_at_its_end)
{
    const struct hf_id id = referred();

    core_does(b, id, EVENT_ATTEND, REASON_NONE);
    core_does(b, id, EVENT_COMPLETE, REASON_MET);
    core_does(a, id, EVENT_CLOSE, REASON_NONE);
    cr_assert(core_holds(b, "\"canary\":\"health\""));
    cr_expect(eq(int, core_withdraw(a, case_id, NULL, true), 0));
    core_run();
    expect_no(core_holds(b, "canary"));
}

Test(withdrawal, reaches_a_receiver_that_had_no_prekey_for_a_month)
{
    struct node_event ev = {.type = NODE_EV_PEER};

    (void)referred();
    core->has_no_prekey[1] = true;
    cr_expect(eq(int, core_withdraw(a, case_id, NULL, true), 0));
    core_wait(30 * DAY_MS);
    cr_assert(core_holds(b, "canary"));
    core->has_no_prekey[1] = false;
    ev.peer = b->org;
    (void)core_step(a, &ev);
    core_run();
    expect_no(core_holds(b, "canary"));
}

Test(withdrawal, may_erase_what_was_only_stopped_before)
{
    (void)referred();
    cr_assert(eq(int, core_withdraw(a, case_id, NULL, false), 0));
    core_run();
    cr_expect(eq(int, core_withdraw(a, case_id, NULL, true), 0), "%s",
              a->reply.message);
    core_run();
    expect_no(core_holds(b, "canary"));
}

Test(withdrawal, is_not_made_impossible_by_a_refusal_on_top)
{
    struct consent no = {.state = CONSENT_REFUSED};
    struct node_command cmd = {.type = CMD_CONSENT_REFUSE,
                               .case_id = case_id,
                               .consent = &no};

    (void)referred();
    (void)core_ask(a, &cmd);
    cr_expect(eq(int, core_withdraw(a, case_id, NULL, true), 0), "%s",
              a->reply.message);
    core_run();
    expect_no(core_holds(b, "canary"));
}

Test(withdrawal, goes_along_a_chain_of_holders_and_is_answered_at_its_end)
{
    (void)core_move(a, b, case_id);
    (void)core_move(b, c, case_id);
    cr_assert(core_holds(c, "canary"));
    cr_assert(eq(int, core_withdraw(a, case_id, NULL, true), 0));
    core_run();
    expect_no(core_holds(b, "canary"));
    expect_no(core_holds(c, "canary"));
    expect_all_answered(a);
    expect_all_answered(b);
    expect_all_answered(c);
}

Test(withdrawal, answers_partial_until_the_holders_below_have_answered)
{
    struct hf_id below;

    (void)core_move(a, b, case_id);
    (void)core_move(b, c, case_id);
    core->has_no_prekey[2] = true;
    cr_assert(eq(int, core_withdraw(a, case_id, NULL, true), 0));
    core_run();
    cr_assert(eq(uint, core_withdrawals(b, SIDE_SECOND, &below), 1));
    expect_state(b, below, STATE_PARTIAL);
    expect_state(a, below, STATE_PARTIAL);
    core->has_no_prekey[2] = false;
    core_wait(HOUR_MS);
    expect_all_answered(a);
    expect_no(core_holds(c, "canary"));
}

Test(withdrawal, comes_to_rest_among_holders_in_a_circle)
{
    (void)core_move(a, b, case_id);
    (void)core_move(b, c, case_id);
    (void)core_move(c, a, case_id);
    cr_assert(eq(int, core_withdraw(a, case_id, NULL, true), 0));
    core_run(); /* fails on a storm of letters */
    expect_all_answered(a);
    expect_all_answered(b);
    expect_all_answered(c);
    expect_no(core_holds(b, "canary"));
    expect_no(core_holds(c, "canary"));
}

Test(withdrawal, erases_the_facts_that_were_read_from_the_sections)
{
    const struct hf_id id = core_move(a, b, case_id);
    struct node_case k;

    (void)id;
    k = core_case_of(b, case_id);
    cr_assert(eq(int, (int)k.facts.sex, SEX_FEMALE));
    cr_assert(ne(u32, k.facts.groups, 0));
    cr_assert(eq(int, core_withdraw(b, case_id, NULL, true), 0));
    core_run();
    k = core_case_of(b, case_id);
    cr_expect(eq(int, (int)k.facts.sex, SEX_NONE));
    cr_expect(eq(u32, k.facts.groups, 0));
    cr_expect(eq(u16, k.facts.birth_year, 0));
    cr_expect(eq(str, k.number.s, (char *)""));
}

Test(withdrawal, leaves_a_tombstone_that_refuses_what_comes_later)
{
    const struct hf_id id = referred();
    struct core_forger f = core_forge(OBJECT_REFERRAL, id, &a->org, &b->org);
    const struct proof p = core_object(b, id).proof;
    uint8_t packed[PROOF_BYTES(PROOF_ITEMS_MAX)];
    struct body body = {.n = 0};
    struct entry e = {.event = EVENT_DISCLOSE};
    struct node_tombstone t;
    const struct hf_name whole = {{0}};

    cr_assert(eq(int, core_withdraw(a, case_id, NULL, true), 0));
    core_run();
    cr_assert(tombstone_get(b->env.view, &p.consent, &whole, &t));
    core_forge_after(&f, b);
    e.seen = core_object(b, id).n[SIDE_SECOND];
    e.seen_hash = core_seen(b, id, SIDE_SECOND, e.seen);
    core_part(&body, PART_PROOF, CATEGORY_NONE, packed,
              proof_pack(&p, packed));
    core_part(&body, PART_SECTION, CATEGORY_IDENTITY, "{\"x\":\"late\"}", 12);
    core_forge_entry(&f, e, &body);
    core_forge_send(&f, b, &a->org);
    expect_no(core_holds(b, "late"));
    core_forge_end(&f);
}

Test(withdrawal, tells_also_the_last_of_many_neighbours)
{
    struct consent con = {.state = CONSENT_GIVEN};
    const struct hf_id other = core_case(a, CAT(IDENTITY) | CAT(CONTACT) |
                                                CAT(HEALTH));
    char name[16];

    for (int i = 0; i < 3; i++) {
        struct consent_scope *sc = &con.scope[con.n_scopes++];

        (void)snprintf(name, sizeof(name), "s%d", i);
        sc->id = core_name(name);
        sc->categories = CAT(IDENTITY) | CAT(CONTACT) | CAT(HEALTH);
        sc->purposes = PURPOSE_BIT(PURPOSE_REFERRAL);
        for (int k = 0; k < 10; k++)
            sc->recipient[sc->n_recipients++] = core->org[3 + 10 * i + k].id;
    }
    (void)core_consent(a, other, &con);
    for (int i = 3; i < 33; i++) {
        struct node_command cmd = core_refer_cmd(other, "health.general");

        core_publish(&core->org[i].id, "primary_health_care", NULL);
        cmd.to = core->org[i].id;
        cmd.reason = REASON_OTHER;
        core_do(a, &cmd);
    }
    for (int i = 0; i < 2; i++) {
        (void)snprintf(name, sizeof(name), "s%d", i);
        cr_assert(eq(int, core_withdraw(a, other, name, true), 0));
        cr_expect(eq(u32, a->reply.n, 10));
    }
    cr_assert(eq(int, core_withdraw(a, other, NULL, true), 0));
    cr_expect(eq(u32, a->reply.n, 30), "each of the thirty");
    cr_assert(eq(int, core_withdraw(a, other, NULL, true), 0));
    cr_assert(eq(int, core_withdraw(a, other, NULL, true), 0));
    cr_assert(eq(int, core_withdraw(a, other, NULL, true), 0));
    cr_expect(eq(u32, a->reply.n, 30), "also after many withdrawals");
}

/* ---- hostile ---- */

static void
forge_withdraw(struct core_forger *f, const struct scopes_withdrawn *w)
{
    uint8_t packed[SCOPES_BYTES(SCOPES_MAX)];
    struct body body = {.n = 0};

    core_part(&body, PART_SCOPES, CATEGORY_NONE, packed,
              scopes_pack(w, packed));
    core_forge_entry(f,
                     (struct entry){.event = EVENT_WITHDRAW,
                                    .reason = REASON_STOP},
                     &body);
}

Test(withdrawal, with_an_absurd_version_leaves_the_consent_usable)
{
    const struct hf_id id = referred(), evil = {{0x55}};
    const struct hf_id consent = core_object(b, id).proof.consent;
    struct core_forger f =
        core_forge(OBJECT_WITHDRAWAL, evil, &b->org, &a->org);
    struct scopes_withdrawn w = {.consent = consent,
                                 .version = UINT32_MAX,
                                 .n = 1,
                                 .scope = {{"health"}},
                                 .categories = CAT(HEALTH)};
    struct node_tombstone t;
    const struct hf_name whole = {{0}};

    forge_withdraw(&f, &w);
    core_forge_send(&f, a, &b->org);
    core_run();
    cr_expect(eq(int, core_withdraw(a, case_id, NULL, true), 0));
    core_run();
    cr_assert(tombstone_get(b->env.view, &consent, &whole, &t));
    cr_expect(gt(u32, t.version, 1), "it refuses what was given before");
    core_forge_end(&f);
}

Test(withdrawal, counts_when_what_it_is_of_comes_behind_the_word_of_it)
{
    const struct hf_id id = referred(), told = {{0x57}};
    struct core_forger f =
        core_forge(OBJECT_WITHDRAWAL, told, &a->org, &b->org);
    const struct scopes_withdrawn w = {
        .consent = core_object(b, id).proof.consent,
        .version = 2,
        .erase = true,
        .whole = true,
        .categories = CATEGORY_ALL};
    struct content_entry whole;

    forge_withdraw(&f, &w);
    whole = f.c.u.push.entry[0];
    f.c.u.push.entry[0].body = (struct hf_bytes){NULL, 0};
    core_forge_send(&f, b, &a->org);
    expect_state(b, told, STATE_ASKED);
    cr_expect(core_holds(b, "\"canary\":\"health\""));
    f.c.u.push.entry[0] = whole;
    f.c.u.push.n = 1;
    core_forge_send(&f, b, &a->org);
    core_run();
    expect_no(core_holds(b, "\"canary\":\"health\""));
    expect_state(b, told, STATE_ANSWERED);
    core_forge_end(&f);
}

Test(withdrawal, does_not_answer_behind_an_answer_that_waits)
{
    const struct hf_id evil = {{0x56}};
    struct core_forger one =
        core_forge(OBJECT_WITHDRAWAL, evil, &a->org, &b->org);
    struct core_forger two =
        core_forge(OBJECT_WITHDRAWAL, evil, &a->org, &b->org);
    struct scopes_withdrawn w = {.consent = {{3}}, .version = 2, .whole = true};
    uint8_t entry[ENTRY_BYTES], sig[ENTRY_SIG_BYTES];
    struct content_push *p = &two.c.u.push;

    core_backup(b);
    forge_withdraw(&one, &w);
    core_forge_send(&one, b, &a->org);
    expect_state(b, evil, STATE_ANSWERED);
    cr_assert(chain_get(b->env.view, &evil, SIDE_SECOND, 1, 0, entry, sig));
    core_restore(b, true);
    /* another first entry, and b's own old answer to the first one */
    core->now_ms += MINUTE_MS;
    forge_withdraw(&two, &w);
    p->entry[p->n++] = (struct content_entry){
        {entry, ENTRY_BYTES}, {sig, ENTRY_SIG_BYTES}, {NULL, 0}};
    core_forge_send(&two, b, &a->org);
    cr_expect(eq(u32, core_object(b, evil).n[SIDE_SECOND], 1));
    core_forge_end(&one);
    core_forge_end(&two);
}

Test(withdrawal, reaches_a_referral_that_only_came_back_after_a_restore)
{
    core_backup(a);
    (void)referred();
    cr_assert(core_holds(b, "\"canary\":\"health\""));
    core_restore(a, true);
    core_wait(DAY_MS);
    cr_assert(eq(int, core_withdraw(a, case_id, NULL, true), 0));
    cr_expect(eq(u32, a->reply.n, 1));
    core_wait(DAY_MS);
    expect_no(core_holds(b, "canary"));
}
