/* What people ask of a node, what stories begin with, and what is seen then. */
#include "core_fixture.h"

#include <stdarg.h>

struct hf_name
core_name(const char *text)
{
    struct hf_name n;

    cr_assert(hf_name_parse(text, &n));
    return n;
}

struct hf_bytes
core_text(const char *text)
{
    return (struct hf_bytes){(const uint8_t *)text, strlen(text)};
}

int
core_ask(struct core_node *n, struct node_command *c)
{
    struct node_event ev = {.type = NODE_EV_COMMAND, .command = c};
    const unsigned before = n->n_replies;

    c->ticket = 7;
    if (c->user.s[0] == '\0')
        c->user = core_name("ana");
    (void)core_step(n, &ev);
    cr_assert(eq(uint, n->n_replies, before + 1), "one reply a command");
    cr_assert(eq(u64, n->reply.ticket, 7));
    return n->reply.status;
}

void
core_do(struct core_node *n, struct node_command *c)
{
    const int status = core_ask(n, c);

    cr_assert(eq(int, status, 0), "%s: %s", n->reply.code, n->reply.message);
}

void
core_add_user(struct core_node *n, const char *name, uint32_t roles)
{
    struct node_command c = {.type = CMD_USER_ADD,
                             .user = core_name("root"),
                             .is_node_owner = true,
                             .user_name = core_name(name),
                             .roles = roles};

    core_do(n, &c);
}

struct hf_id
core_case(struct core_node *n, uint32_t held)
{
    struct node_command c = {.type = CMD_CASE_NEW, .sections = held};
    char json[CATEGORY_END][40];

    c.facts.birth_year = 1990;
    c.facts.sex = SEX_FEMALE;
    memcpy(c.facts.origin, "AF", 3);
    memcpy(c.facts.host, "AT", 3);
    c.facts.province = core_name("Kabul");
    memcpy(c.facts.language[0], "prs", 4);
    c.facts.groups = GROUP_BIT(GROUP_TRAFFICKING);
    c.number = core_name("AT-1");
    for (int k = 1; k < CATEGORY_END; k++) {
        (void)snprintf(json[k], sizeof(json[k]), "{\"canary\":\"%s\"}",
                       category_text((enum category)k));
        c.section[k] = core_text(json[k]);
    }
    core_do(n, &c);
    return n->reply.id;
}

void
core_scope(struct consent *c, const char *id, uint32_t categories,
           uint32_t purposes, ...)
{
    struct consent_scope *s = &c->scope[c->n_scopes++];
    const struct hf_org *to;
    va_list ap;

    s->id = core_name(id);
    s->categories = categories;
    s->purposes = purposes;
    va_start(ap, purposes);
    while ((to = va_arg(ap, const struct hf_org *)) != NULL)
        s->recipient[s->n_recipients++] = *to;
    va_end(ap);
}

struct hf_id
core_consent(struct core_node *n, struct hf_id case_id, struct consent *c)
{
    struct node_command cmd = {.type = CMD_CONSENT_GIVE,
                               .case_id = case_id,
                               .consent = c,
                               .details = core_text("{\"by\":\"guardian\"}")};

    core_do(n, &cmd);
    return n->reply.id;
}

void
core_publish(const struct hf_org *by, ...)
{
    struct service sv[8];
    const char *code;
    size_t n = 0;
    va_list ap;

    memset(sv, 0, sizeof(sv));
    va_start(ap, by);
    while ((code = va_arg(ap, const char *)) != NULL) {
        sv[n].org = *by;
        sv[n].id[0] = (uint8_t)(n + 1);
        sv[n].code = core_name(code);
        sv[n].accepting = true;
        sv[n].capacity = -1;
        sv[n++].assured_ms = core->now_ms;
    }
    va_end(ap);
    for (size_t i = 0; i < core->n_nodes; i++) {
        struct node_event ev = {.type = NODE_EV_SERVICES,
                                .peer = *by,
                                .n_services = n,
                                .services = sv,
                                .document = core_text("{}"),
                                .version = 1};

        (void)core_step(&core->node[i], &ev);
    }
}

struct node_command
core_refer_cmd(struct hf_id case_id, const char *need)
{
    return (struct node_command){
        .type = CMD_REFER, .case_id = case_id, .need = core_name(need)};
}

struct node_command
core_event_cmd(struct hf_id object, enum event event, enum reason reason)
{
    struct node_command c = {
        .type = CMD_EVENT, .object = object, .event = event, .reason = reason};

    if (event == EVENT_SCHEDULE || event == EVENT_WAITLIST ||
        event == EVENT_RESCHEDULE)
        c.when_ms = core->now_ms + DAY_MS;
    return c;
}

int
core_event(struct core_node *n, struct hf_id object, enum event event,
           enum reason reason)
{
    struct node_command c = core_event_cmd(object, event, reason);

    return core_ask(n, &c);
}

void
core_does(struct core_node *n, struct hf_id object, enum event event,
          enum reason reason)
{
    const int status = core_event(n, object, event, reason);

    cr_assert(eq(int, status, 0), "%s: %s: %s", event_text(event),
              n->reply.code, n->reply.message);
    core_run();
}

int
core_withdraw(struct core_node *n, struct hf_id case_id, const char *scope,
              bool erase)
{
    struct node_command c = {
        .type = CMD_CONSENT_WITHDRAW, .case_id = case_id, .erase = erase};

    if (scope != NULL) {
        c.n_scopes = 1;
        c.scope[0] = core_name(scope);
    }
    return core_ask(n, &c);
}

/* ---- what stories begin with ---- */

struct hf_id
core_refer(struct core_node *n, struct hf_id case_id, const char *need)
{
    struct node_command c = core_refer_cmd(case_id, need);

    core_do(n, &c);
    core_run();
    return n->reply.id;
}

struct hf_id
core_begin_pair(struct core_node **ret_first, struct core_node **ret_second)
{
    struct consent c = {.state = CONSENT_GIVEN};
    struct core_node *node;
    struct hf_id case_id;

    core_begin(2, 1);
    node = core->node;
    core_publish(&node[1].org, "primary_health_care", "microfinance", NULL);
    case_id = core_case(&node[0], CATEGORY_ALL);
    core_scope(&c, "all", CATEGORY_ALL, PURPOSE_BIT(PURPOSE_REFERRAL),
               &node[1].org, NULL);
    (void)core_consent(&node[0], case_id, &c);
    *ret_first = &node[0];
    *ret_second = &node[1];
    return case_id;
}

struct hf_id
core_begin_custody(struct core_node **ret_first, struct core_node **ret_second,
                   struct core_node **ret_third)
{
    struct consent c = {.state = CONSENT_GIVEN};
    struct core_node *node;
    struct hf_id case_id;

    core_begin(3, 1);
    node = core->node;
    case_id = core_case(&node[0], CATEGORY_ALL);
    core_scope(&c, "all", CATEGORY_ALL & ~(CAT(PROTECTION) | CAT(MHPSS)),
               PURPOSE_BIT(PURPOSE_OFFER) | PURPOSE_BIT(PURPOSE_TRANSFER),
               &node[0].org, &node[1].org, &node[2].org, NULL);
    core_scope(&c, "ask", CAT(HEALTH), PURPOSE_BIT(PURPOSE_ENQUIRY),
               &node[2].org, NULL);
    (void)core_consent(&node[0], case_id, &c);
    *ret_first = &node[0];
    *ret_second = &node[1];
    *ret_third = &node[2];
    return case_id;
}

int
core_try_offer(struct core_node *from, const struct core_node *to,
               struct hf_id case_id, uint16_t flags)
{
    struct node_command c = {.type = CMD_TRANSFER_OFFER,
                             .case_id = case_id,
                             .to = to->org,
                             .flags = flags};

    return core_ask(from, &c);
}

struct hf_id
core_offer(struct core_node *from, struct core_node *to, struct hf_id case_id)
{
    const int status = core_try_offer(from, to, case_id, 0);

    cr_assert(eq(int, status, 0), "%s", from->reply.message);
    core_run();
    return from->reply.id;
}

struct hf_id
core_release(struct core_node *from, struct core_node *to, struct hf_id case_id)
{
    const struct hf_id id = core_offer(from, to, case_id);

    core_does(to, id, EVENT_ACCEPT, REASON_NONE);
    core_does(from, id, EVENT_RELEASE, REASON_NONE);
    return id;
}

struct hf_id
core_move(struct core_node *from, struct core_node *to, struct hf_id case_id)
{
    const struct hf_id id = core_release(from, to, case_id);

    core_does(to, id, EVENT_ARRIVE, REASON_NONE);
    core_does(from, id, EVENT_HAND_OVER, REASON_NONE);
    expect_state(from, id, STATE_HANDED_OVER);
    return id;
}

void
core_amend(struct core_node *n, struct hf_id case_id, const struct consent *c,
           bool erase)
{
    struct node_command cmd = {.type = CMD_CONSENT_AMEND,
                               .case_id = case_id,
                               .consent = c,
                               .erase = erase,
                               .details = core_text("{}")};

    core_do(n, &cmd);
    core_run();
}

/* ---- looking ---- */

void
core_expect_same(const struct core_node *na, const struct core_node *nb,
                 struct hf_id id)
{
    const struct node_object a = core_object(na, id), b = core_object(nb, id);

    for (int side = 0; side < 2; side++) {
        cr_expect(eq(u32, a.n[side], b.n[side]), "side %d", side);
        cr_expect(hf_hash_eq(&a.last[side], &b.last[side]), "side %d", side);
    }
    cr_expect(eq(int, (int)a.state, (int)b.state));
    cr_expect(eq(u32, a.acked, a.n[a.side]));
    cr_expect(eq(u32, b.acked, b.n[b.side]));
    cr_expect(eq(u64, a.resend_ms, 0), "%s owes nothing any more", na->org.s);
    cr_expect(eq(u64, b.resend_ms, 0), "%s owes nothing any more", nb->org.s);
}

bool
core_is_holder(const struct core_node *n, struct hf_id case_id)
{
    const struct node_case c = core_case_of(n, case_id);

    return hf_org_eq(&c.holder, &n->org);
}

void
core_set_section(struct core_node *n, struct hf_id case_id, enum category c,
                 const char *json)
{
    struct node_command cmd = {
        .type = CMD_CASE_SET, .case_id = case_id, .sections = CATEGORY_BIT(c)};

    cmd.section[c] = core_text(json);
    core_do(n, &cmd);
}

bool
core_section_is(const struct core_node *n, struct hf_id case_id,
                enum category c, const char *json)
{
    struct hf_bytes b;

    return section_get(n->env.view, &case_id, c, &b) && b.n == strlen(json) &&
           memcmp(b.p, json, b.n) == 0;
}

struct node_object
core_object(const struct core_node *n, struct hf_id id)
{
    struct node_object o;

    memset(&o, 0, sizeof(o));
    (void)object_get(n->env.view, &id, &o);
    return o;
}

enum state
core_state(const struct core_node *n, struct hf_id id)
{
    return core_object(n, id).state;
}

struct node_case
core_case_of(const struct core_node *n, struct hf_id id)
{
    struct node_case c;

    memset(&c, 0, sizeof(c));
    (void)case_get(n->env.view, &id, &c);
    return c;
}

unsigned
core_alarms(const struct core_node *n, const char *event)
{
    unsigned count = 0;

    for (unsigned i = 0; i < n->n_alarms; i++)
        count += strcmp(n->alarm[i], event) == 0;
    return count;
}

bool
core_holds(const struct core_node *n, const char *text)
{
    return disk_holds(n->disk, text, strlen(text));
}

bool
core_went(const char *text)
{
    for (size_t i = 0; i < core->n_letters; i++)
        if (memmem(core->letter[i].bytes.p, core->letter[i].bytes.n, text,
                   strlen(text)) != NULL)
            return true;
    return false;
}

unsigned
core_withdrawals(const struct core_node *n, enum side side,
                 struct hf_id *ret_last)
{
    struct hf_id at = {{0}};
    struct node_object o;
    unsigned count = 0;

    while (object_next(n->env.view, &at, &o))
        if (o.kind == OBJECT_WITHDRAWAL && o.side == side) {
            count++;
            if (ret_last != NULL)
                *ret_last = o.id;
        }
    return count;
}
