/*
 * ways_fixture.h - two nodes, a case, and a way to every state of a referral
 * and of a transfer; and back, as often as a test wants. Tests only.
 */
#ifndef TESTS_WAYS_FIXTURE_H
#define TESTS_WAYS_FIXTURE_H

#include "core_fixture.h"

#include "reason.h"

/* How each state is reached: "1 cancel" the first side cancels; a "~" before
 * it: and what it sends is lost. */
struct way {
    const char *state, *path;
};

static const struct way referral_ways[] = {
    {"draft", ""},
    {"awaiting_approval", "1 submit"},
    {"approved", "1 submit,1 approve"},
    {"cancelled_draft", "1 cancel"},
    {"sent", "~1 send"},
    {"received", "1 send"},
    {"on_hold", "1 send,2 waitlist"},
    {"accepted", "1 send,2 accept"},
    {"scheduled", "1 send,2 accept,2 schedule"},
    {"no_show", "1 send,2 accept,2 schedule,2 no_show"},
    {"appointment_cancelled",
     "1 send,2 accept,2 schedule,2 cancel_appointment"},
    {"in_service", "1 send,2 accept,2 attend"},
    {"declined", "1 send,2 decline"},
    {"completed", "1 send,2 accept,2 complete"},
    {"failed", "1 send,2 accept,2 fail"},
    {"rejected", "! send"}, /* R takes nobody at present */
    {"expired", "1 send,1 expire"},
    {"lapsed", "1 send,1 abandon"},
    {"cancel_early", "~1 send,~1 cancel"},
    {"cancel_pending", "1 send,2 accept,1 cancel"},
    {"cancelled", "1 send,1 cancel"},
    {"closed", "1 send,2 decline,1 close"},
    {"recalled", "1 send,1 recall"},
    {"void", "1 send,1 void"},
};

static const struct way transfer_ways[] = {
    {"requested", "2 request"},
    {"offered", "1 offer"},
    {"accepted", "1 offer,2 accept"},
    {"released", "1 offer,2 accept,1 release"},
    {"departed", "1 offer,2 accept,1 release,1 depart"},
    {"arrived", "1 offer,2 accept,1 release,1 depart,2 arrive"},
    {"released_none", "0 offer,2 accept,1 release"},
    {"handing_over", "0 offer,2 accept,1 release,1 hand_over"},
    {"handed_over", "0 offer,2 accept,1 release,1 hand_over,2 take_over"},
    {"declined", "1 offer,2 decline"},
    {"expired", "1 offer,1 expire"},
    {"void", "1 offer,2 accept,1 release,1 not_departed"},
    {"recalled", "1 offer,1 withdraw"},
};

static struct core_node *s, *r;
static struct hf_id case_id, object;
static struct disk *kept[2];
static uint64_t kept_ms;

static inline void
begin(void)
{
    struct consent c = {.state = CONSENT_GIVEN};

    core_begin(2, 1);
    s = &core->node[0];
    r = &core->node[1];
    core_publish(&r->org, "counselling", NULL);
    case_id = core_case(s, CATEGORY_ALL & ~CAT(PROTECTION));
    core_scope(&c, "all", CATEGORY_ALL,
               PURPOSE_BIT(PURPOSE_REFERRAL) | PURPOSE_BIT(PURPOSE_OFFER) |
                   PURPOSE_BIT(PURPOSE_TRANSFER) |
                   PURPOSE_BIT(PURPOSE_FEEDBACK) |
                   PURPOSE_BIT(PURPOSE_ENQUIRY),
               &r->org, &s->org, NULL);
    (void)core_consent(s, case_id, &c);
}

static inline void
end(void)
{
    disk_free(kept[0]);
    disk_free(kept[1]);
    kept[0] = kept[1] = NULL;
    core_end();
}

/* ---- there, and back ---- */

static inline void
keep(void)
{
    for (int i = 0; i < 2; i++) {
        disk_free(kept[i]);
        kept[i] = disk_copy(core->node[i].disk);
    }
    kept_ms = core->now_ms;
}

static inline void
back(void)
{
    core_lose();
    for (int i = 0; i < 2; i++) {
        disk_free(core->node[i].disk);
        core->node[i].disk = disk_copy(kept[i]);
        core->node[i].env.view = disk_view(core->node[i].disk);
        core->node[i].n_alarms = 0;
    }
    core->now_ms = kept_ms;
    for (size_t i = 0; i < core->n_letters; i++) {
        hf_buf_free(&core->letter[i].bytes);
        memset(&core->letter[i], 0, sizeof(core->letter[i]));
    }
    core->n_letters = 0;
}

/* ---- one event ---- */

/* Some reason that the event takes: which is not what is tested here. */
static inline enum reason
reason_for(enum object_kind kind, enum event event)
{
    char room[200];

    if (kind == OBJECT_REFERRAL && event == EVENT_COMPLETE)
        return REASON_MET;
    if (kind == OBJECT_REFERRAL && event == EVENT_FAIL)
        return REASON_DID_NOT_ATTEND;
    for (enum reason why = REASON_NONE; why < REASON_END; why++)
        if (reason_check(kind, event, why, room, sizeof(room)) == NULL)
            return why;
    return REASON_NONE;
}

static inline int
ask(struct core_node *n, enum object_kind kind, enum event event)
{
    struct node_command c =
        core_event_cmd(object, event, reason_for(kind, event));

    if (event == EVENT_REDIRECT)
        c.to = core->org[2].id;
    if (event == EVENT_APPROVE || event == EVENT_REFUSE)
        c.user = core_name("sam"); /* another person than the author */
    if (kind == OBJECT_TRANSFER)
        c.user = core_name("ana");
    if (event == EVENT_EXPIRE || event == EVENT_QUERY)
        core->now_ms += 60 * DAY_MS; /* its instant has come */
    if (event == EVENT_AMEND || event == EVENT_SUPPLEMENT) {
        c.sections = CAT(HOUSING);
        c.section[CATEGORY_HOUSING] = core_text("{\"canary\":\"new\"}");
    }
    return core_ask(n, &c);
}

static inline struct core_node *
side_of(char who)
{
    return who == '2' ? r : s;
}

static inline void
walk(enum object_kind kind, const char *path)
{
    char text[200], *step, *more = text;

    (void)snprintf(text, sizeof(text), "%s", path);
    while ((step = strsep(&more, ",")) != NULL && *step != '\0') {
        const bool is_lost = *step == '~';
        enum event event;

        step += is_lost;
        event = event_parse(step + 2);
        cr_assert(ne(int, (int)event, EVENT_NONE), "%s", step);
        cr_assert(eq(int, ask(side_of(*step), kind, event), 0), "%s: %s", step,
                  side_of(*step)->reply.message);
        if (is_lost)
            core_lose();
        else
            core_run();
    }
}

/* ---- beginnings ---- */

static inline void
accepts(bool accepting)
{
    struct service sv;
    struct node_event ev = {.type = NODE_EV_SERVICES,
                            .peer = r->org,
                            .n_services = 1,
                            .services = &sv,
                            .document = core_text("{}"),
                            .version = 2};
    struct node_command c = {.type = CMD_SERVICES_SET,
                             .n_services = 1,
                             .services = &sv,
                             .details = core_text("{}")};

    memset(&sv, 0, sizeof(sv));
    sv.org = r->org;
    sv.id[0] = 1;
    sv.code = core_name("counselling");
    sv.capacity = -1;
    sv.assured_ms = core->now_ms;
    sv.accepting = accepting;
    core_do(r, &c);
    sv.accepting = true;
    (void)core_step(s, &ev);
}

static inline void
draft(void)
{
    struct node_command c = core_refer_cmd(case_id, "mhpss.counselling");

    c.is_draft = true;
    core_do(s, &c);
    object = s->reply.id;
}

static inline void
begin_transfer(const struct way *w)
{
    struct node_command c = {.type = CMD_TRANSFER_OFFER,
                             .case_id = case_id,
                             .to = r->org};

    c.flags = w->path[0] == '0' ? ENTRY_TRAVEL_NONE : 0;
    if (w->path[0] == '2') {
        c.type = CMD_TRANSFER_REQUEST;
        c.to = s->org;
        c.number = core_name("AT-1");
    }
    core_do(side_of(w->path[0]), &c);
    object = side_of(w->path[0])->reply.id;
    core_run();
    walk(OBJECT_TRANSFER,
         strchr(w->path, ',') == NULL ? "" : strchr(w->path, ',') + 1);
}

#endif /* TESTS_WAYS_FIXTURE_H */
