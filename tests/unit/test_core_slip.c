/* A person with a code is heard by any member; once, and nobody guesses. */
#include "core_fixture.h"
#include "slip.h"
#include "task.h"

static struct core_node *a, *b, *c;
static struct hf_id case_id;

static void
begin(void)
{
    const uint32_t all = PURPOSE_BIT(PURPOSE_REFERRAL);
    struct consent con = {.state = CONSENT_GIVEN};

    core_begin(3, 0);
    a = &core->node[0];
    b = &core->node[1];
    c = &core->node[2];
    core_publish(&b->org, "primary_health_care", NULL);
    case_id = core_case(a, CATEGORY_ALL);
    core_scope(&con, "all", CATEGORY_ALL, all, &b->org, NULL);
    (void)core_consent(a, case_id, &con);
}

TestSuite(slip, .init = begin, .fini = core_end);

static struct hf_id
referred(void)
{
    struct node_command cmd = core_refer_cmd(case_id, "health.general");

    core_do(a, &cmd);
    core_run();
    core_does(b, a->reply.id, EVENT_ACCEPT, REASON_NONE);
    return a->reply.id;
}

static void
make(struct hf_id object, uint8_t code[static SLIP_CODE_BYTES])
{
    struct node_command cmd = {.type = CMD_SLIP_MAKE, .object = object};

    core_do(a, &cmd);
    memcpy(code, a->reply.slip, SLIP_CODE_BYTES);
}

static int
enter(struct core_node *n, const uint8_t *code, enum slip_what what,
      enum slip_check check)
{
    struct node_command cmd = {.type = CMD_SLIP_ENTER,
                               .slip_what = what,
                               .slip_check = check};
    int status;

    memcpy(cmd.slip, code, SLIP_CODE_BYTES);
    cmd.user = core_name("kim");
    status = core_ask(n, &cmd);
    core_run();
    return status;
}

static enum slip_answer
last_answer(const struct core_node *n)
{
    struct hf_id id = {{0}};
    struct slip_entered e = {.answer = SLIP_ASKS};
    enum slip_answer last = SLIP_ASKS;
    uint64_t at = 0;

    while (slip_next(n->env.view, &id, &e))
        if (e.at_ms >= at) {
            at = e.at_ms;
            last = e.answer;
        }
    return last;
}

static unsigned
traced(const struct core_node *n, struct hf_id id, enum trace_stage stage)
{
    struct node_trace t;
    uint64_t at = 0;
    uint32_t serial = 0;
    unsigned count = 0;

    while (trace_next(n->env.view, &id, &at, &serial, &t))
        count += t.stage == stage;
    return count;
}

Test(slip, is_passed_on_to_who_made_it)
{
    const struct hf_id id = referred();
    uint8_t code[SLIP_CODE_BYTES];
    struct node_task t;

    make(id, code);
    cr_assert(eq(int, enter(c, code, SLIP_NOBODY_CALLED, SLIP_UNCHECKED), 0),
              "%s", c->reply.message);
    cr_expect(eq(int, (int)last_answer(c), SLIP_DONE));
    cr_expect(eq(uint, traced(a, id, TRACE_NOBODY_CALLED), 1));
    cr_expect(task_find(a->env.view, &case_id, &id, TASK_FEEDBACK_READ, &t));
}

Test(slip, is_taken_where_it_was_made)
{
    const struct hf_id id = referred();
    uint8_t code[SLIP_CODE_BYTES];

    make(id, code);
    cr_assert(eq(int, enter(a, code, SLIP_CONFIRMED, SLIP_UNCHECKED), 0));
    cr_expect(eq(uint, traced(a, id, TRACE_CONFIRMED), 1));
}

Test(slip, works_once)
{
    const struct hf_id id = referred();
    uint8_t code[SLIP_CODE_BYTES];

    make(id, code);
    cr_assert(eq(int, enter(c, code, SLIP_CONFIRMED, SLIP_UNCHECKED), 0));
    core->now_ms += MINUTE_MS;
    (void)enter(b, code, SLIP_NOBODY_CALLED, SLIP_UNCHECKED);
    cr_expect(eq(int, (int)last_answer(b), SLIP_USED));
    cr_expect(zero(uint, traced(a, id, TRACE_NOBODY_CALLED)));
}

Test(slip, repeated_on_its_way_has_one_effect_and_one_answer)
{
    const struct hf_id id = referred();
    uint8_t code[SLIP_CODE_BYTES];

    make(id, code);
    core->has_no_prekey[0] = true;
    cr_assert(eq(int, enter(c, code, SLIP_CONFIRMED, SLIP_UNCHECKED), 0));
    core_wait(DAY_MS);
    cr_expect(eq(int, (int)last_answer(c), SLIP_ASKS), "the maker is away");
    core->has_no_prekey[0] = false;
    core_wait(DAY_MS);
    cr_expect(eq(int, (int)last_answer(c), SLIP_DONE));
    for (size_t i = 0; i < core->n_letters; i++)
        if (hf_org_eq(&core->letter[i].h.recipient, &a->org))
            core_deliver(i);
    cr_expect(eq(uint, traced(a, id, TRACE_CONFIRMED), 1));
}

Test(slip, withdraws_after_a_check_of_the_person)
{
    const struct hf_id id = referred();
    uint8_t code[SLIP_CODE_BYTES];

    make(id, code);
    cr_expect(eq(int, enter(c, code, SLIP_WITHDRAW, SLIP_UNCHECKED), 65));
    cr_assert(core_holds(b, "canary"));
    cr_assert(eq(int, enter(c, code, SLIP_WITHDRAW, SLIP_DOCUMENT), 0));
    expect_no(core_holds(b, "canary"));
    expect_state(b, id, STATE_RECALLED);
}

/* A member with other code leaves the check out: the maker refuses. */
Test(slip, withdraws_only_with_a_check_whoever_asks)
{
    const struct hf_id id = referred();
    struct content content = {.type = CONTENT_SLIP};
    struct core_node sender = {.org = c->org};
    struct node_send send = {.to = a->org, .content = &content};

    make(id, content.u.slip.code);
    content.u.slip.ask.b[0] = 9;
    content.u.slip.what = SLIP_WITHDRAW;
    send.envelope.b[0] = 0x77;
    send.created_ms = core->now_ms;
    send.expires_ms = core->now_ms + DAY_MS;
    core_post(&sender, &send);
    core_run();
    cr_expect(core_holds(b, "canary"));
}

Test(slip, ends)
{
    const struct hf_id id = referred();
    uint8_t code[SLIP_CODE_BYTES];

    make(id, code);
    core_wait(SLIP_LIFE_MS + DAY_MS);
    (void)enter(c, code, SLIP_CONFIRMED, SLIP_UNCHECKED);
    cr_expect(eq(int, (int)last_answer(c), SLIP_UNKNOWN));
    cr_expect(zero(uint, traced(a, id, TRACE_CONFIRMED)));
}

Test(slip, of_nobody_is_refused_where_it_is_typed)
{
    uint8_t code[SLIP_CODE_BYTES] = {1, 2, 3};
    int wrong = 0;

    for (unsigned i = 0; i < 40; i++) {
        code[9] = (uint8_t)(i * 2);
        wrong += enter(c, code, SLIP_CONFIRMED, SLIP_UNCHECKED) == 66;
    }
    cr_expect(ge(int, wrong, SLIP_WRONG_MAX - 2));
    cr_expect(eq(int, enter(c, code, SLIP_CONFIRMED, SLIP_UNCHECKED), 75),
              "nobody tries on");
}

/* Codes with the right tag, guessed: the maker stops answering. */
Test(slip, cannot_be_guessed_from_another_member)
{
    const struct hf_id id = referred();
    struct core_node sender = {.org = c->org};
    uint8_t code[SLIP_CODE_BYTES];
    size_t busy = 0;

    make(id, code);
    for (unsigned i = 0; i < SLIP_WRONG_MAX + 5; i++) {
        struct content content = {.type = CONTENT_SLIP};
        struct node_send send = {.to = a->org, .content = &content};

        memcpy(content.u.slip.code, code, sizeof(code));
        content.u.slip.code[0] ^= (uint8_t)(i + 1);
        content.u.slip.ask.b[0] = (uint8_t)(i + 1);
        content.u.slip.what = SLIP_CONFIRMED;
        send.envelope.b[0] = (uint8_t)(i + 1);
        send.envelope.b[1] = 0x99;
        send.created_ms = core->now_ms;
        send.expires_ms = core->now_ms + DAY_MS;
        core_post(&sender, &send);
        core_run();
    }
    for (size_t i = 0; i < core->n_letters; i++) {
        static struct content got;

        cr_assert(eq(int,
                     (int)content_decode(hf_buf_bytes(&core->letter[i].bytes),
                                         &got),
                     HF_OK));
        busy += got.type == CONTENT_SLIP && got.u.slip.answer == SLIP_BUSY;
    }
    cr_expect(eq(sz, busy, 5));
    cr_expect(zero(uint, traced(a, id, TRACE_CONFIRMED)));
}

Test(slip, is_nowhere_at_its_maker)
{
    const struct hf_id id = referred();
    uint8_t code[SLIP_CODE_BYTES];
    char text[SLIP_CODE_BYTES + 1] = {0};

    make(id, code);
    memcpy(text, code, SLIP_CODE_BYTES);
    if (strlen(text) == SLIP_CODE_BYTES)
        expect_no(core_holds(a, text));
}

/* ---- two members with one tag ---- */

/* As tag_of(): what says who has made a code. */
static uint16_t
tag(const char *org, const uint8_t *code)
{
    uint8_t rest[SLIP_CODE_BYTES];
    struct hf_org id;
    const struct hf_bytes in[] = {{(const uint8_t *)id.s, HF_ORG_BYTES},
                                  {rest, sizeof(rest)}};
    struct hf_hash h;

    cr_assert(hf_org_parse(org, &id));
    memcpy(rest, code, sizeof(rest));
    slip_set_tag(rest, 0);
    hf_hash("handoff/1 slip maker", in, 2, &h);
    return (uint16_t)((h.b[0] << 8 | h.b[1]) & 0x7fff);
}

/* An organisation, without a node, that may have made the code, too. */
static struct core_node
twin_of(const uint8_t *code)
{
    struct core_node twin;
    char org[16];

    memset(&twin, 0, sizeof(twin));
    for (unsigned i = 0; i < 2000000; i++) {
        (void)snprintf(org, sizeof(org), "twin-%u", i);
        if (tag(org, code) != slip_tag(code))
            continue;
        core_add_org(org, ORG_NGO);
        cr_assert(hf_org_parse(org, &twin.org));
        return twin;
    }
    cr_fatal("no other name has this tag");
}

static void
say(const struct core_node *from, struct core_node *to,
    enum slip_answer answer, const uint8_t *code, uint8_t nth)
{
    struct content content = {.type = CONTENT_SLIP};
    struct node_send send = {.to = to->org, .content = &content};
    struct hf_id id = {{0}};
    struct slip_entered e;

    cr_assert(slip_next(to->env.view, &id, &e));
    content.u.slip.ask = e.id;
    content.u.slip.what = e.what;
    content.u.slip.check = e.check;
    content.u.slip.answer = answer;
    memcpy(content.u.slip.code, code, SLIP_CODE_BYTES);
    send.envelope.b[0] = nth;
    send.envelope.b[1] = 0x55;
    send.created_ms = core->now_ms;
    send.expires_ms = core->now_ms + DAY_MS;
    core_post(from, &send);
    core_deliver(core->n_letters - 1);
}

Test(slip, unknown_to_one_twice_is_not_unknown_to_two)
{
    const struct hf_id id = referred();
    uint8_t code[SLIP_CODE_BYTES];
    struct core_node twin;

    make(id, code);
    twin = twin_of(code);
    core->has_no_prekey[0] = true; /* the maker is away */
    cr_assert(eq(int, enter(c, code, SLIP_WITHDRAW, SLIP_DOCUMENT), 0));
    for (uint8_t i = 1; i <= 5; i++)
        say(&twin, c, SLIP_UNKNOWN, code, i);
    cr_expect(eq(int, (int)last_answer(c), SLIP_ASKS));
    core->has_no_prekey[0] = false;
    core_wait(DAY_MS);
    cr_expect(eq(int, (int)last_answer(c), SLIP_DONE));
    expect_state(b, id, STATE_RECALLED);
}

/* Who says that a withdrawal was made, and has not made the slip, would keep
 * it from ever being made. */
Test(slip, is_answered_by_nobody_but_its_maker)
{
    const struct hf_id id = referred();
    uint8_t code[SLIP_CODE_BYTES];

    make(id, code);
    core->has_no_prekey[0] = true; /* the maker is away */
    cr_assert(eq(int, enter(c, code, SLIP_WITHDRAW, SLIP_DOCUMENT), 0));
    say(b, c, SLIP_DONE, code, 1);
    cr_expect(eq(int, (int)last_answer(c), SLIP_ASKS));
    say(b, c, SLIP_USED, code, 2);
    cr_expect(eq(int, (int)last_answer(c), SLIP_ASKS));
    core->has_no_prekey[0] = false;
    core_wait(DAY_MS);
    cr_expect(eq(int, (int)last_answer(c), SLIP_DONE));
    expect_state(b, id, STATE_RECALLED);
}
