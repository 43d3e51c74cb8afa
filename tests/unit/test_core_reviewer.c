/* Another organisation reviews a disclosure without consent: it is told, says
 * once what it thinks, and nobody else's word is taken. */
#include "core_fixture.h"

#include "reviewer.h"
#include "task.h"

#define WEEK_MS (7 * DAY_MS)

static struct core_node *a, *b, *r, *q;
static struct hf_id case_id;

static void
begin(void)
{
    core_begin(4, 1);
    a = &core->node[0];
    b = &core->node[1];
    r = &core->node[2];
    q = &core->node[3];
    core->org[2].duties = DUTY_BIT(DUTY_REVIEW);
    core_add_user(a, "psy", ROLE_BIT(ROLE_MENTAL_HEALTH));
    for (size_t i = 0; i < 4; i++)
        core_add_user(&core->node[i], "rev", ROLE_BIT(ROLE_REVIEWER));
    core_publish(&b->org, "hospital_emergency", NULL);
    case_id = core_case(a, CATEGORY_ALL);
}

TestSuite(reviewer, .init = begin, .fini = core_end);

static struct hf_id
disclose(void)
{
    const struct attest at = {.ground = GROUND_LIFE_AT_RISK,
                              .role = ROLE_MENTAL_HEALTH};
    struct node_command c = core_refer_cmd(case_id, "health.emergency");

    c.user = core_name("psy");
    c.attest = &at;
    c.details = core_text("{\"by\":\"Dr. K.\",\"text\":\"WORDS\"}");
    core_do(a, &c);
    return a->reply.id;
}

/* Another registry, as every node hears of it. */
static void
new_registry(void)
{
    for (size_t i = 0; i < core->n_nodes; i++) {
        struct node_event ev = {.type = NODE_EV_START};

        (void)core_step(&core->node[i], &ev);
    }
    core_run();
}

static struct node_review
held(const struct core_node *n, struct hf_id id)
{
    struct node_review at;

    memset(&at, 0, sizeof(at));
    (void)review_of(n->env.view, &a->org, &id, &at);
    return at;
}

static bool
is_held(const struct core_node *n, struct hf_id id)
{
    return held(n, id).taken_ms != 0;
}

static struct node_asked
told(struct hf_id id)
{
    struct node_asked t;

    memset(&t, 0, sizeof(t));
    (void)told_get(a->env.view, &id, &t);
    return t;
}

static struct node_vital
vital(struct hf_id id)
{
    struct node_vital v;

    cr_assert(vital_get(a->env.view, &id, &v));
    return v;
}

static bool
has_task(const struct core_node *n, struct hf_id object, enum task_what what)
{
    struct node_task t;

    memset(&t, 0, sizeof(t));
    while (task_next_due(n->env.view, &t))
        if (t.what == what && hf_id_eq(&t.object, &object))
            return true;
    return false;
}

/* The user rev at @n says it of @id's row there. */
static int
review(struct core_node *n, struct hf_id id, bool is_upheld)
{
    struct node_command c = {.type = CMD_REVIEW,
                             .object = held(n, id).id,
                             .is_upheld = is_upheld,
                             .text = core_text("because PRIVATE")};

    if (!is_held(n, id))
        c.object = id;
    c.user = core_name("rev");
    return core_ask(n, &c);
}

static uint64_t
figure(enum state state)
{
    struct figure_cell c;

    memset(&c, 0, sizeof(c));
    while (cell_next(a->env.view, &c))
        if (c.state == state && strcmp(c.service.s, "vital_interest") == 0)
            return c.count;
    return 0;
}

/* Letters of @type so far; *ret_last is the last. */
static size_t
letters(enum content_type type, struct hf_bytes *ret_last)
{
    static struct content got;
    size_t n = 0;

    for (size_t i = 0; i < core->n_letters; i++) {
        const struct hf_bytes in = hf_buf_bytes(&core->letter[i].bytes);

        if (content_decode(in, &got) != HF_OK || got.type != type)
            continue;
        *ret_last = in;
        n++;
    }
    return n;
}

/* ---- from one end to the other and back ---- */

Test(reviewer, is_told_and_its_verdict_counts)
{
    const struct hf_id id = disclose();
    struct node_review row;

    core_run();
    row = held(r, id);
    cr_assert(ne(u64, row.taken_ms, 0));
    cr_expect(eq(int, (int)row.notice.ground, GROUND_LIFE_AT_RISK));
    cr_expect(eq(int, (int)row.notice.by, REVIEW_BY_MENTAL_HEALTH));
    cr_expect(eq(u32, row.notice.categories, vital(id).a.categories));
    cr_expect(hf_org_eq(&row.notice.to, &b->org));
    cr_expect(eq(u64, row.notice.due_ms, vital(id).sent_ms + WEEK_MS));
    cr_expect(has_task(r, row.id, TASK_VITAL_REVIEW));
    expect_no(has_task(a, id, TASK_VITAL_REVIEW));
    cr_expect(eq(int, told(id).is_receipted, 1));

    cr_expect(eq(int, review(a, id, true), 77), "not here");
    cr_expect(eq(str, a->reply.code, "reviewed_elsewhere"));
    cr_assert(eq(int, review(r, id, false), 0));
    core_run();
    expect_no(has_task(r, row.id, TASK_VITAL_REVIEW));
    cr_expect(ne(u64, vital(id).reviewed_ms, 0));
    cr_expect(eq(int, vital(id).is_upheld, 0));
    cr_expect(eq(u64, figure(STATE_NOT_UPHELD), 1));
    cr_expect(eq(u64, figure(STATE_REVIEW_DUE), 0));
    cr_expect(eq(int, held(r, id).is_receipted, 1));
    cr_expect(eq(int, review(r, id, true), 1), "once");
    cr_expect(eq(str, r->reply.code, "reviewed"));
}

Test(reviewer, is_told_ids_and_words_of_the_vocabulary_only)
{
    const struct hf_id id = disclose();
    struct hf_bytes in;

    core_run();
    cr_assert(eq(sz, letters(CONTENT_REVIEW_NOTICE, &in), 1));
    cr_expect(lt(sz, in.n, REVIEW_NOTICE_BYTES + REVIEW_SIG_BYTES + 16));
    expect_no(memmem(in.p, in.n, case_id.b, HF_ID_BYTES) != NULL);
    expect_no(memmem(in.p, in.n, "WORDS", 5) != NULL);
    expect_no(memmem(in.p, in.n, "Dr.", 3) != NULL);
    expect_no(memmem(in.p, in.n, "psy", 3) != NULL);
    expect_no(memmem(in.p, in.n, "canary", 6) != NULL);
    expect_no(memmem(in.p, in.n, "AT-1", 4) != NULL);
    cr_expect(memmem(in.p, in.n, id.b, HF_ID_BYTES) != NULL);
    expect_no(core_holds(r, "WORDS"));
    expect_no(core_holds(r, "canary"));
    cr_assert(eq(int, review(r, id, true), 0));
    core_run();
    expect_no(core_went("PRIVATE"), "why stays with the reviewer");
    cr_expect(core_holds(r, "PRIVATE"));
}

Test(reviewer, that_is_off_for_long_is_told_when_it_is_back)
{
    struct hf_id id;

    core->has_no_prekey[2] = true;
    id = disclose();
    core_wait(5 * WEEK_MS);
    expect_no(is_held(r, id));
    cr_expect(eq(u64, figure(STATE_REVIEW_OVERDUE), 1));
    cr_expect(has_task(a, id, TASK_REVIEW_OVERDUE), "somebody runs after it");
    core->has_no_prekey[2] = false;
    core_wait(DAY_MS);
    cr_assert(is_held(r, id));
    cr_assert(eq(int, review(r, id, true), 0));
    core_run();
    cr_expect(eq(u64, figure(STATE_REVIEW_OVERDUE), 0));
    cr_expect(eq(u64, figure(STATE_UPHELD), 1));
    expect_no(has_task(a, id, TASK_REVIEW_OVERDUE));
}

Test(reviewer, is_told_again_what_was_lost_on_the_way)
{
    const struct hf_id id = disclose();
    struct hf_bytes in;

    for (int i = 0; i < 50 && letters(CONTENT_REVIEW_NOTICE, &in) == 0; i++)
        core_tick(a);
    cr_assert(eq(sz, letters(CONTENT_REVIEW_NOTICE, &in), 1));
    core_lose();
    core_wait(40 * DAY_MS); /* until nobody can open it any more */
    cr_assert(is_held(r, id));
    cr_assert(eq(int, review(r, id, true), 0));
    core_tick(r);
    core_lose();
    core_wait(40 * DAY_MS);
    cr_expect(ne(u64, vital(id).reviewed_ms, 0), "so is its verdict");
}

Test(reviewer, that_lost_its_store_is_told_within_a_week)
{
    const struct hf_id id = disclose();

    core_run();
    cr_assert(is_held(r, id));
    disk_free(r->disk);
    r->disk = disk_new();
    r->env.view = disk_view(r->disk);
    core_wait(WEEK_MS + DAY_MS);
    cr_expect(is_held(r, id));
}

Test(reviewer, says_it_again_to_who_was_restored)
{
    const struct hf_id id = disclose();

    core_run();
    core_backup(a);
    cr_assert(eq(int, review(r, id, true), 0));
    core_run();
    cr_assert(ne(u64, vital(id).reviewed_ms, 0));
    core_restore(a, true);
    cr_assert(eq(u64, vital(id).reviewed_ms, 0), "forgotten");
    core_wait(WEEK_MS + DAY_MS);
    cr_expect(ne(u64, vital(id).reviewed_ms, 0));
    cr_expect(eq(int, told(id).other.at_ms == 0, 1), "no second verdict");
}

/* ---- who it is ---- */

Test(reviewer, is_none_and_one_of_ours_reviews_it)
{
    struct hf_id id, open = {{0}};

    core->org[2].duties = 0;
    id = disclose();
    core_run();
    expect_no(is_held(r, id));
    cr_expect(has_task(a, id, TASK_VITAL_REVIEW));
    cr_assert(told_next_open(a->env.view, &open));
    cr_expect(eq(int, told(id).reviewer.s[0], 0), "an alarm says so");
    cr_expect(eq(int, review(a, id, true), 0));
    cr_expect(eq(u64, figure(STATE_UPHELD), 1));
    open = (struct hf_id){{0}};
    expect_no(told_next_open(a->env.view, &open));
}

Test(reviewer, is_nobody_at_either_end_and_nobody_without_a_node)
{
    struct hf_id id;

    core->org[0].duties = core->org[1].duties = DUTY_BIT(DUTY_REVIEW);
    core->org[2].via = core->org[3].id;
    core->org[3].duties = DUTY_BIT(DUTY_REVIEW);
    id = disclose();
    core_run();
    expect_no(is_held(r, id));
    cr_expect(is_held(q, id), "the first who is at neither end");
}

static void
expect_moved(struct hf_id id)
{
    cr_expect(is_held(q, id));
    expect_no(has_task(r, held(r, id).id, TASK_VITAL_REVIEW));
    cr_expect(eq(int, review(r, id, true), 77));
    cr_expect(eq(u64, vital(id).reviewed_ms, 0));
    cr_assert(eq(int, review(q, id, false), 0));
    core_run();
    cr_expect(eq(u64, figure(STATE_NOT_UPHELD), 1));
}

Test(reviewer, is_another_one_when_the_duty_moves)
{
    const struct hf_id id = disclose();

    core_run();
    cr_assert(is_held(r, id));
    core->org[2].duties = 0;
    core->org[3].duties = DUTY_BIT(DUTY_REVIEW);
    new_registry();
    expect_moved(id);
}

Test(reviewer, is_another_one_when_it_is_suspended)
{
    const struct hf_id id = disclose();

    core_run();
    core->org[2].status = MEMBER_SUSPENDED;
    core->org[3].duties = DUTY_BIT(DUTY_REVIEW);
    new_registry();
    expect_moved(id);
}

Test(reviewer, stays_the_same_while_it_has_the_duty)
{
    struct hf_id id;

    core->org[2].duties = 0;
    core->org[3].duties = DUTY_BIT(DUTY_REVIEW);
    id = disclose();
    core_run();
    cr_assert(is_held(q, id));
    core->org[2].duties = DUTY_BIT(DUTY_REVIEW); /* would come first now */
    new_registry();
    expect_no(is_held(r, id));
}

Test(reviewer, whose_duty_ended_leaves_it_to_us_and_gets_it_back)
{
    const struct hf_id id = disclose();

    core_run();
    core->org[2].duties = 0;
    new_registry();
    cr_expect(has_task(a, id, TASK_VITAL_REVIEW));
    expect_no(has_task(r, held(r, id).id, TASK_VITAL_REVIEW));
    core->org[2].duties = DUTY_BIT(DUTY_REVIEW);
    new_registry();
    expect_no(has_task(a, id, TASK_VITAL_REVIEW));
    cr_expect(has_task(r, held(r, id).id, TASK_VITAL_REVIEW), "told again");
}

/* ---- forgeries ---- */

static void
say_to(struct core_node *to, struct content *c, const struct hf_org *from)
{
    struct node_send send = {.to = to->org,
                             .created_ms = core->now_ms,
                             .expires_ms = core->now_ms + DAY_MS,
                             .content = c};
    const struct core_node sender = {.org = *from};

    core->draws++;
    memcpy(send.envelope.b, &core->draws, sizeof(core->draws));
    send.envelope.b[15] = 0xfa;
    core_post(&sender, &send);
    core_deliver(core->n_letters - 1);
}

static struct review_notice
a_notice(uint32_t k)
{
    struct review_notice n;

    memset(&n, 0, sizeof(n));
    n.ground = GROUND_LIFE_AT_RISK;
    n.by = REVIEW_BY_CLINICIAN;
    n.categories = CAT(HEALTH);
    memset(n.referral.b, 9, HF_ID_BYTES);
    memcpy(n.referral.b, &k, sizeof(k));
    n.from = a->org;
    n.to = b->org;
    n.reviewer = r->org;
    n.sent_ms = core->now_ms;
    n.due_ms = core->now_ms + WEEK_MS;
    n.at_ms = core->now_ms;
    return n;
}

static void
notify(struct core_node *to, const struct review_notice *n,
       const struct hf_org *from, const struct hf_org *signer)
{
    struct content c = {.type = CONTENT_REVIEW_NOTICE};
    uint8_t doc[REVIEW_NOTICE_BYTES], sig[REVIEW_SIG_BYTES];

    review_notice_pack(n, doc);
    c.u.signed_by.bytes = (struct hf_bytes){doc, sizeof(doc)};
    c.u.signed_by.sig = (struct hf_bytes){sig, sizeof(sig)};
    core_sign_as(signer, REVIEW_NOTICE_LABEL, &c.u.signed_by.bytes, 1, sig);
    say_to(to, &c, from);
}

static void
expect_refused(struct core_node *to, const struct review_notice *n,
               const struct hf_org *from, const struct hf_org *signer,
               const char *why)
{
    const unsigned before = core_alarms(to, "review_refused");
    const size_t rows = disk_rows(to->disk, NODE_REVIEWS);

    notify(to, n, from, signer);
    cr_expect(eq(uint, core_alarms(to, "review_refused"), before + 1), "%s",
              why);
    cr_expect(eq(sz, disk_rows(to->disk, NODE_REVIEWS), rows), "%s", why);
}

Test(reviewer, refuses_a_notice_that_is_not_for_it_or_not_from_there)
{
    struct review_notice n = a_notice(1);

    core->org[3].duties = DUTY_BIT(DUTY_REVIEW);
    expect_refused(r, &n, &q->org, &q->org, "from another member");
    expect_refused(r, &n, &a->org, &q->org, "signed by another");
    expect_refused(q, &n, &a->org, &a->org, "for another reviewer");
    expect_refused(b, &n, &a->org, &a->org, "not a reviewer");
    n.ground = GROUND_UNABLE_TO_CONSENT;
    expect_refused(r, &n, &a->org, &a->org, "a clinician may not attest that");
    n = a_notice(1);
    n.categories = 0;
    expect_refused(r, &n, &a->org, &a->org, "nothing went");
    n = a_notice(1);
    n.to = r->org;
    expect_refused(r, &n, &a->org, &a->org, "it is at an end itself");
    n = a_notice(1);
    n.due_ms = n.sent_ms;
    expect_refused(r, &n, &a->org, &a->org, "due before it was sent");
    n = a_notice(1);
    notify(r, &n, &a->org, &a->org);
    cr_assert(is_held(r, n.referral), "but this one is in order");
    n.at_ms++;
    notify(r, &n, &a->org, &a->org);
    cr_expect(eq(u32, review_open_of(r->env.view, &a->org), 1), "again");
    n.categories |= CAT(IDENTITY);
    expect_refused(r, &n, &a->org, &a->org, "not what was said first");
    core_lose();
}

Test(reviewer, keeps_apart_what_two_members_say_of_one_id)
{
    struct review_notice n = a_notice(1);
    struct node_review other, first;

    notify(r, &n, &a->org, &a->org);
    n.from = b->org;
    n.to = a->org;
    notify(r, &n, &b->org, &b->org);
    cr_assert(review_of(r->env.view, &b->org, &n.referral, &other));
    first = held(r, n.referral);
    expect_no(hf_id_eq(&other.id, &first.id));
    cr_assert(eq(int, review(r, n.referral, true), 0));
    cr_expect(has_task(r, other.id, TASK_VITAL_REVIEW));
    core_lose();
}

Test(reviewer, takes_no_more_of_one_member_than_it_can_look_at)
{
    struct review_notice n;

    for (uint32_t k = 1; k <= REVIEWS_OF_ORG_MAX; k++) {
        n = a_notice(k);
        notify(r, &n, &a->org, &a->org);
        core_lose();
    }
    n = a_notice(REVIEWS_OF_ORG_MAX + 1);
    expect_refused(r, &n, &a->org, &a->org, "too many at once");
    cr_assert(eq(int, review(r, a_notice(1).referral, true), 0));
    notify(r, &n, &a->org, &a->org);
    cr_expect(is_held(r, n.referral), "one was judged");
    core_lose();
}

static void
judge(struct hf_id id, bool is_upheld, const struct hf_org *from,
      const struct hf_org *signer, uint8_t damage)
{
    struct content c = {.type = CONTENT_REVIEW_VERDICT};
    uint8_t doc[REVIEW_VERDICT_BYTES], sig[REVIEW_SIG_BYTES];
    struct review_notice n = held(r, id).notice;
    struct review_verdict v = {.is_upheld = is_upheld,
                               .referral = id,
                               .reviewer = *from,
                               .from = a->org,
                               .at_ms = core->now_ms};
    uint8_t notice[REVIEW_NOTICE_BYTES];
    const struct hf_bytes facts = {notice, REVIEW_FACTS_BYTES};

    review_notice_pack(&n, notice);
    hf_hash(REVIEW_FACTS_LABEL, &facts, 1, &v.facts);
    v.facts.b[3] ^= damage;
    review_verdict_pack(&v, doc);
    c.u.signed_by.bytes = (struct hf_bytes){doc, sizeof(doc)};
    c.u.signed_by.sig = (struct hf_bytes){sig, sizeof(sig)};
    core_sign_as(signer, REVIEW_VERDICT_LABEL, &c.u.signed_by.bytes, 1, sig);
    say_to(a, &c, from);
    core_lose();
}

Test(reviewer, alone_is_believed)
{
    const struct hf_id id = disclose(), none = {{3}};

    core_run();
    core->org[3].duties = DUTY_BIT(DUTY_REVIEW);
    judge(id, true, &q->org, &q->org, 0);
    judge(id, true, &b->org, &b->org, 0);
    judge(id, true, &r->org, &q->org, 0);
    judge(id, true, &r->org, &r->org, 1);
    judge(none, true, &r->org, &r->org, 0);
    cr_expect(eq(uint, core_alarms(a, "review_refused"), 5));
    cr_expect(eq(u64, vital(id).reviewed_ms, 0));
    cr_expect(eq(u64, figure(STATE_REVIEW_DUE), 1));
    judge(id, true, &r->org, &r->org, 0);
    cr_expect(ne(u64, vital(id).reviewed_ms, 0), "but this one is in order");
}

Test(reviewer, is_not_believed_after_the_duty_went_to_another)
{
    const struct hf_id id = disclose();

    core_run();
    core->org[2].duties = 0; /* and nobody noticed yet */
    core->org[3].duties = DUTY_BIT(DUTY_REVIEW);
    judge(id, true, &r->org, &r->org, 0);
    cr_expect(eq(uint, core_alarms(a, "review_refused"), 1));
    cr_expect(eq(u64, vital(id).reviewed_ms, 0));
    core_run();
    cr_expect(is_held(q, id), "who has it now is told");
}

Test(reviewer, that_says_two_things_is_shown_with_both)
{
    const struct hf_id id = disclose();
    struct hf_id odd = {{0}};

    core_run();
    judge(id, true, &r->org, &r->org, 0);
    core->now_ms++;
    judge(id, true, &r->org, &r->org, 0);
    expect_no(told_next_odd(a->env.view, &odd), "the same again");
    cr_expect(eq(uint, core_alarms(a, "review_refused"), 0));
    judge(id, false, &r->org, &r->org, 0);
    judge(id, false, &r->org, &r->org, 0);
    cr_expect(eq(uint, core_alarms(a, "review_conflict"), 1));
    odd = (struct hf_id){{0}};
    cr_assert(told_next_odd(a->env.view, &odd));
    cr_expect(hf_id_eq(&odd, &id));
    cr_expect(eq(int, told(id).verdict.is_upheld, 1), "the first one counts");
    cr_expect(eq(int, told(id).other.is_upheld, 0));
    cr_expect(eq(int, vital(id).is_upheld, 1));
    cr_expect(eq(u64, figure(STATE_UPHELD), 1));
    cr_expect(eq(u64, figure(STATE_NOT_UPHELD), 0));
}
