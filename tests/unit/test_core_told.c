/* A receipt travels with what its maker has to say of the same object anyway;
 * never with what might keep it, and never for another. */
#include "core_fixture.h"

static struct core_node *s, *r;
static struct hf_id case_id;

static void
begin(void)
{
    struct consent c = {.state = CONSENT_GIVEN};

    core_begin(2, 1);
    s = &core->node[0];
    r = &core->node[1];
    core_publish(&r->org, "primary_health_care", "microfinance", NULL);
    case_id = core_case(s, CATEGORY_ALL);
    core_scope(&c, "all", CATEGORY_ALL, PURPOSE_BIT(PURPOSE_REFERRAL), &r->org,
               NULL);
    (void)core_consent(s, case_id, &c);
}

TestSuite(told, .init = begin, .fini = core_end);

static struct hf_id
refer(void)
{
    struct node_command c = core_refer_cmd(case_id, "health.general");

    core_do(s, &c);
    return s->reply.id;
}

static const struct content *
letter(size_t i)
{
    cr_assert(lt(sz, i, core->n_letters));
    cr_assert(eq(int,
                 (int)content_decode(hf_buf_bytes(&core->letter[i].bytes),
                                     &core->content),
                 HF_OK));
    return &core->content;
}

static bool
is_out(const struct core_node *n, size_t i)
{
    struct node_out out;

    return out_get(n->env.view, &core->letter[i].h.id, &out);
}

Test(told, received_and_delivered_are_one_letter)
{
    const struct hf_id id = refer();
    const size_t offered = core->n_letters - 1;
    const struct content *c;

    core_deliver(offered);
    cr_assert(eq(sz, core->n_letters, offered + 2), "one answer");
    c = letter(offered + 1);
    cr_assert(eq(int, (int)c->type, CONTENT_PUSH));
    cr_expect(eq(sz, c->u.push.n, 1), "`receive`");
    cr_expect(hf_id_eq(&c->u.push.told.envelope, &core->letter[offered].h.id));
    cr_expect(eq(int, (int)c->u.push.told.status, DELIVERY_OK));
    cr_expect(eq(u32, c->u.push.have_n, 1));

    cr_expect(is_out(s, offered), "kept until the receipt");
    core_deliver(offered + 1);
    cr_expect(not(is_out(s, offered)), "and settled by it");
    cr_expect(eq(u32, core_object(s, id).acked, 1));
    expect_state(s, id, STATE_RECEIVED);
    c = letter(offered + 2);
    cr_expect(eq(int, (int)c->type, CONTENT_RECEIPT));
    cr_expect(eq(sz, core->n_letters, offered + 3));
}

Test(told, a_copy_is_answered_by_its_receipt_alone)
{
    const size_t offered = (refer(), core->n_letters - 1);

    core_deliver(offered);
    core_deliver(offered);
    cr_assert(eq(sz, core->n_letters, offered + 3));
    cr_expect(eq(int, (int)letter(offered + 2)->type, CONTENT_RECEIPT));
}

/* What is large waits behind what is small, and may wait for a pack. */
Test(told, nothing_large_takes_a_receipt_along)
{
    const struct hf_id id = refer();
    size_t from;
    bool sections = false, receipt = false;

    core_run();
    cr_assert(eq(int, core_event(r, id, EVENT_ACCEPT, REASON_NONE), 0));
    from = core->n_letters;
    core_deliver(from - 1);
    for (size_t i = from; i < core->n_letters; i++) {
        const struct content *c = letter(i);

        if (c->type == CONTENT_PUSH) {
            cr_expect(hf_id_is_zero(&c->u.push.told.envelope));
            sections |= c->u.push.n > 0 && c->u.push.entry[0].body.n > 72;
        }
        receipt |= c->type == CONTENT_RECEIPT;
    }
    cr_expect(sections, "the sections follow the acceptance");
    cr_expect(receipt);
}

/* Who looks after it: no longer outside than a bare entry, on the same lane. */
Test(told, a_name_goes_as_if_it_were_none_and_a_word_more_does_not)
{
    const struct hf_id id = refer();
    struct node_command c;
    char words[64] = {0};

    core_run();
    c = core_event_cmd(id, EVENT_ACCEPT, REASON_NONE);
    c.details = core_text("{\"focal\":\"a-name-of-31-characters-as-longest\"}");
    core_do(r, &c);
    cr_expect(
        eq(int, (int)core->letter[core->n_letters - 1].h.lane, LANE_URGENT));
    core_run();
    memset(words, 'w', sizeof(words) - 1);
    c = core_event_cmd(id, EVENT_ATTEND, REASON_NONE);
    c.text = core_text(words);
    core_do(r, &c);
    cr_expect(
        eq(int, (int)core->letter[core->n_letters - 1].h.lane, LANE_NORMAL));
}

/* s takes the word of the one that it wrote to, and of nobody else. */
Test(told, a_receipt_from_another_member_settles_nothing)
{
    const struct hf_id id = refer();
    const size_t offered = core->n_letters - 1;
    struct core_letter *l;

    core_deliver(offered);
    l = &core->letter[offered + 1];
    l->h.sender = core->org[2].id;
    core_deliver(offered + 1);
    cr_expect(is_out(s, offered));
    cr_expect(eq(u32, core_object(s, id).acked, 0));
}
