/* A custody ruling of the committee: one holder afterwards, and both ends of
 * an open transfer in the same state (I-4, I-5). */
#include "core_fixture.h"

static struct core_node *h, *n;
static struct hf_id case_id, id;
static struct registry_ruling ruling;

static void
begin(void)
{
    struct consent c = {.state = CONSENT_GIVEN};
    struct node_command offer = {.type = CMD_TRANSFER_OFFER};

    core_begin(2, 1);
    h = &core->node[0];
    n = &core->node[1];
    case_id = core_case(h, CATEGORY_ALL);
    core_scope(&c, "all", CATEGORY_ALL & ~CATEGORY_SENSITIVE,
               PURPOSE_BIT(PURPOSE_OFFER) | PURPOSE_BIT(PURPOSE_TRANSFER),
               &h->org, &n->org, NULL);
    (void)core_consent(h, case_id, &c);
    offer.case_id = case_id;
    offer.to = n->org;
    cr_assert(eq(int, core_ask(h, &offer), 0), "%s", h->reply.message);
    id = h->reply.id;
    core_run();
    core_does(n, id, EVENT_ACCEPT, REASON_NONE);
    core_does(h, id, EVENT_RELEASE, REASON_NONE);
}

TestSuite(ruling, .init = begin, .fini = core_end);

static void
rule(const struct hf_org *holder, uint32_t ended)
{
    registry_custody_tag(&case_id, ended, &ruling.tag);
    ruling.holder = *holder;
    ruling.epoch = ended + 1;
    core->registry.rulings = &ruling;
    core->registry.n_rulings = 1;
}

static void
start(struct core_node *k)
{
    struct node_event ev = {.type = NODE_EV_START};

    (void)core_step(k, &ev);
    core_run();
}

Test(ruling, makes_the_new_holder_and_ends_the_open_transfer_at_both_ends)
{
    rule(&n->org, 1);
    start(h);
    start(n);

    for (size_t i = 0; i < 2; i++) {
        const struct core_node *k = &core->node[i];
        const struct node_case c = core_case_of(k, case_id);

        cr_expect(hf_org_eq(&c.holder, &n->org));
        cr_expect(eq(u32, c.epoch, 2));
        cr_expect(hf_id_is_zero(&c.open_transfer));
        cr_expect(eq(int, (int)core_state(k, id), STATE_RULED));
    }
    cr_expect(eq(int, core_event(h, id, EVENT_WITHDRAW, REASON_NONE), 1));
}

Test(ruling, of_another_epoch_or_case_changes_nothing)
{
    rule(&n->org, 2);
    start(h);
    cr_expect(eq(u32, core_case_of(h, case_id).epoch, 1));

    rule(&n->org, 1);
    ruling.tag.b[0] ^= 1;
    start(h);
    cr_expect(eq(u32, core_case_of(h, case_id).epoch, 1));
    cr_expect(eq(int, (int)core_state(h, id), STATE_RELEASED));
}

Test(ruling, has_its_effect_once)
{
    rule(&n->org, 1);
    start(h);
    start(h);
    cr_expect(eq(u32, core_case_of(h, case_id).epoch, 2));
    cr_expect(eq(uint, core_alarms(h, "custody_ruled"), 1));
}
