/* The tables of node/DESIGN.md, "The lifecycles", as text of their own: each
 * row is walked on real nodes and has the state that it says; every event that
 * no row allows in a state is refused there, and nothing is changed. */
#include "ways_fixture.h"

/* What a row says: who, when, which event, the state then ("=" the same, "<"
 * the one before), what else must be ("" nothing). */
struct law {
    char who; /* first or second side */
    const char *when, *event, *then;
};

#define OPEN_                                                                  \
    "received on_hold accepted scheduled no_show appointment_cancelled "       \
    "in_service"
#define ANY_AFTER_SEND                                                         \
    "sent " OPEN_ " rejected declined completed failed expired lapsed "        \
    "cancel_pending cancel_early cancelled closed void"

static const struct law referral[] = {
    {'1', "draft", "submit", "awaiting_approval"},
    {'1', "awaiting_approval", "approve", "approved"},
    {'1', "awaiting_approval", "refuse", "draft"},
    {'1', "draft approved", "send", "sent"},
    {'1', "draft awaiting_approval approved", "cancel", "cancelled"},
    {'1', OPEN_, "disclose", "="},
    {'1', "sent " OPEN_, "cancel", "cancel_pending"},
    {'1', "sent received on_hold cancel_early", "expire", "expired"},
    {'1', "sent cancel_pending cancel_early " OPEN_, "abandon", "lapsed"},
    {'1', "completed failed rejected declined expired lapsed", "close",
     "closed"},
    {'1', ANY_AFTER_SEND, "recall", "recalled"},
    {'1', "sent received on_hold cancel_early", "void", "void"},
    {'2', "received on_hold", "accept", "accepted"},
    {'2', "received on_hold", "decline", "declined"},
    {'2', "received on_hold", "redirect", "declined"},
    {'2', "received on_hold", "waitlist", "on_hold"},
    {'2', "accepted on_hold scheduled no_show", "contact", "="},
    {'2', "accepted no_show appointment_cancelled", "schedule", "scheduled"},
    {'2', "scheduled", "reschedule", "scheduled"},
    {'2', "scheduled", "no_show", "no_show"},
    {'2', "scheduled", "cancel_appointment", "appointment_cancelled"},
    {'2', "accepted scheduled no_show", "attend", "in_service"},
    {'2', "in_service", "note", "="},
    {'2',
     "accepted on_hold scheduled no_show appointment_cancelled in_service "
     "cancel_pending",
     "fail", "failed"},
    {'2', "accepted in_service cancel_pending", "complete", "completed"},
    {'2', "declined completed failed", "reopen", "<"},
    {'2', "cancel_pending", "confirm_cancel", "cancelled"},
};

#define ON_ITS_WAY "released departed"

static const struct law transfer[] = {
    {'1', "requested", "refuse_request", "declined"},
    {'2', "offered", "accept", "accepted"},
    {'2', "requested offered accepted " ON_ITS_WAY " released_none", "decline",
     "declined"},
    {'1', "offered", "expire", "expired"},
    {'1', "accepted", "release", "released"},
    {'1', ON_ITS_WAY " released_none arrived", "amend", "="},
    {'1', "released released_none", "depart", "departed"},
    {'1', "released released_none", "postpone", "released"},
    {'2', ON_ITS_WAY " released_none", "query", "="},
    {'2', ON_ITS_WAY " released_none", "arrive", "arrived"},
    {'1', ON_ITS_WAY " released_none", "not_departed", "void"},
    {'1', "offered accepted arrived " ON_ITS_WAY " released_none", "withdraw",
     "recalled"},
    {'1', "arrived released_none", "hand_over", "handing_over"},
    {'2', "handing_over", "take_over", "handed_over"},
    {'2', "handing_over", "refuse", "released"},
    {'1', "handed_over", "supplement", "="},
    {'2', "handed_over", "supplement", "="},
};

static unsigned n_done, n_refused;

TestSuite(lifecycles, .init = begin, .fini = end);

/* ---- the whole store, before and after ---- */

static uint64_t
mix(uint64_t h, struct hf_bytes b)
{
    for (size_t i = 0; i < b.n; i++)
        h = (h ^ b.p[i]) * UINT64_C(0x100000001b3);
    return (h ^ b.n) * UINT64_C(0x100000001b3);
}

static uint64_t
fingerprint(const struct core_node *n)
{
    const struct node_view *v = n->env.view;
    uint64_t h = UINT64_C(0xcbf29ce484222325);

    for (int t = 0; t < NODE_TABLES; t++) {
        uint8_t at[1024];
        size_t at_n = 0;
        struct hf_bytes key, value;

        while (v->seek(v->ctx, (enum node_table)t, (struct hf_bytes){at, at_n},
                       &key, &value)) {
            cr_assert(lt(sz, key.n, sizeof(at)));
            h = mix(mix(h, key), value);
            memcpy(at, key.p, key.n);
            at[key.n] = 0;
            at_n = key.n + 1;
        }
    }
    return h;
}

/* ---- a state ---- */

static bool
is_in(const char *words, const char *word)
{
    const size_t n = strlen(word);

    for (const char *at = words; (at = strstr(at, word)) != NULL; at += n)
        if ((at == words || at[-1] == ' ') &&
            (at[n] == '\0' || at[n] == ' '))
            return true;
    return false;
}

/* The document's name of a state; ours tell apart where it does not. */
static const char *
plain(const char *state)
{
    return strcmp(state, "cancel_early") == 0      ? "cancel_pending"
           : strcmp(state, "released_none") == 0   ? "released"
           : strcmp(state, "cancelled_draft") == 0 ? "cancelled"
                                                   : state;
}

static const struct law *
row_of(const struct law *rows, size_t n, char who, const char *state,
       const char *event)
{
    for (size_t i = 0; i < n; i++)
        if (rows[i].who == who && strcmp(rows[i].event, event) == 0 &&
            is_in(rows[i].when, state))
            return &rows[i];
    return NULL;
}

/* By a program only, never by a command, in whatever state. */
static bool
is_automatic(enum event event)
{
    return event == EVENT_RECEIVE || event == EVENT_REJECT ||
           event == EVENT_ERASED || event == EVENT_KEPT ||
           event == EVENT_ONWARD || event == EVENT_PARTIAL;
}

static const char *
state_before(const struct core_node *n)
{
    const enum state now = core_state(n, object);

    return now == STATE_DECLINED ? "received" : "accepted";
}

static void
try_one(enum object_kind kind, const struct law *rows, size_t n_rows, char who,
        const char *state, bool is_shared, enum event event)
{
    struct core_node *n = side_of(who);
    const struct law *row =
        row_of(rows, n_rows, who, state, event_text(event));
    const char *before = state_before(n), *then;
    uint64_t was, peer_was;
    int status;

    back();
    was = fingerprint(n);
    peer_was = fingerprint(n == s ? r : s);
    status = ask(n, kind, event);
    if (row == NULL) {
        cr_expect(eq(int, status, 1), "%s: side %c %s: %d %s", state, who,
                  event_text(event), status, n->reply.code);
        cr_expect(is_in(is_automatic(event) ? "automatic wrong_state"
                                            : "wrong_state",
                        n->reply.code),
                  "%s: side %c %s: %s", state, who, event_text(event),
                  n->reply.code);
        cr_expect(eq(u64, fingerprint(n), was), "%s: side %c %s changes",
                  state, who, event_text(event));
        cr_expect(eq(u64, fingerprint(n == s ? r : s), peer_was));
        cr_expect(zero(sz, core->n_letters));
        n_refused++;
        return;
    }
    then = strcmp(row->then, "=") == 0   ? plain(state)
           : strcmp(row->then, "<") == 0 ? before
                                         : row->then;
    cr_expect(eq(int, status, 0), "%s: side %c %s: %s %s", state, who,
              event_text(event), n->reply.code, n->reply.message);
    cr_expect(eq(str, (char *)state_text(n->reply.state), (char *)then),
              "%s: side %c %s", state, who, event_text(event));
    core_run();
    if (is_shared)
        cr_expect(eq(int, core_state(s, object), core_state(r, object)),
                  "%s: side %c %s: two states", state, who, event_text(event));
    n_done++;
}

static void
try_all(enum object_kind kind, const struct law *rows, size_t n_rows,
        const char *state, bool is_shared)
{
    cr_assert(eq(str, (char *)state_text(core_state(s, object)),
                 (char *)plain(state)));
    keep();
    for (int e = EVENT_NONE + 1; e < EVENT_END; e++) {
        if (kind == OBJECT_TRANSFER && e == EVENT_OFFER)
            continue; /* has a command of its own */
        try_one(kind, rows, n_rows, '1', state, is_shared, (enum event)e);
        if (is_shared)
            try_one(kind, rows, n_rows, '2', state, true, (enum event)e);
    }
    back();
}

/* ---- referral ---- */

static void
walk_referral(const struct way *w)
{
    const bool is_rejected = w->path[0] == '!';
    const bool is_local = is_in("draft awaiting_approval approved "
                                "cancelled_draft",
                                w->state);
    /* the second side knows another state, or none */
    const bool is_shared =
        !is_local && !is_in("sent cancel_early", w->state);

    accepts(!is_rejected);
    draft();
    walk(OBJECT_REFERRAL, is_rejected ? "1 send" : w->path);
    try_all(OBJECT_REFERRAL, referral, sizeof(referral) / sizeof(*referral),
            w->state, is_shared);
}

Test(lifecycles, a_referral_goes_as_its_tables_say_and_not_otherwise,
     .timeout = 280)
{
    for (size_t i = 0; i < sizeof(referral_ways) / sizeof(*referral_ways);
         i++) {
        walk_referral(&referral_ways[i]);
        end();
        begin();
    }
}

/* ---- transfer ---- */

static void
walk_transfer(const struct way *w)
{
    begin_transfer(w);
    try_all(OBJECT_TRANSFER, transfer, sizeof(transfer) / sizeof(*transfer),
            w->state, true);
}

Test(lifecycles, a_transfer_goes_as_its_table_says_and_not_otherwise,
     .timeout = 280)
{
    for (size_t i = 0; i < sizeof(transfer_ways) / sizeof(*transfer_ways);
         i++) {
        walk_transfer(&transfer_ways[i]);
        end();
        begin();
    }
}

/* Every row has been taken, in each state that it names. */
static void
check_rows(const struct law *rows, size_t n, const struct way *ways,
           size_t n_ways)
{
    for (size_t i = 0; i < n; i++) {
        char text[400], *word, *more = text;

        (void)snprintf(text, sizeof(text), "%s", rows[i].when);
        while ((word = strsep(&more, " ")) != NULL) {
            bool is_known = false;

            for (size_t k = 0; k < n_ways; k++)
                is_known |= strcmp(ways[k].state, word) == 0;
            cr_expect(is_known, "no way leads to %s", word);
        }
    }
}

Test(lifecycles, a_way_leads_to_every_state_of_the_tables)
{
    check_rows(referral, sizeof(referral) / sizeof(*referral), referral_ways,
               sizeof(referral_ways) / sizeof(*referral_ways));
    check_rows(transfer, sizeof(transfer) / sizeof(*transfer), transfer_ways,
               sizeof(transfer_ways) / sizeof(*transfer_ways));
}

/* ---- withdrawal ---- */

Test(lifecycles, a_withdrawal_is_answered_and_then_nothing_follows)
{
    struct node_object o;
    struct hf_id at = {{0}};

    draft();
    walk(OBJECT_REFERRAL, "1 send,2 accept");
    cr_assert(eq(int, core_withdraw(s, case_id, NULL, true), 0));
    while (object_next(s->env.view, &at, &o))
        if (o.kind == OBJECT_WITHDRAWAL)
            object = o.id;
    core_lose(); /* not yet told */
    try_all(OBJECT_WITHDRAWAL, NULL, 0, "asked", false);
    core_wait(60 * DAY_MS); /* sealed anew */
    cr_expect(eq(int, core_state(s, object), core_state(r, object)));
    try_all(OBJECT_WITHDRAWAL, NULL, 0, "answered", true);
}

/* ---- stages ---- */

Test(lifecycles, stages_by_hand_begin_with_the_arrival)
{
    static const char *const by_hand = "planning in_assistance follow_up";
    static const char *const from =
        "arrived planning in_assistance follow_up";

    for (enum stage was = STAGE_PRE_DEPARTURE; was <= STAGE_FOLLOW_UP; was++)
        for (enum stage to = STAGE_PRE_DEPARTURE; to < STAGE_END; to++) {
            struct node_command c = {.type = CMD_CASE_NEW, .stage = was};
            const bool may = is_in(from, stage_text(was)) &&
                             is_in(by_hand, stage_text(to));
            struct hf_id id;
            uint64_t print;

            core_do(s, &c);
            id = s->reply.id;
            print = fingerprint(s);
            c = (struct node_command){
                .type = CMD_CASE_STAGE, .case_id = id, .stage = to};
            cr_expect(eq(int, core_ask(s, &c), may ? 0 : 1), "%s to %s",
                      stage_text(was), stage_text(to));
            if (may)
                cr_expect(eq(int, (int)core_case_of(s, id).stage, (int)to));
            else
                cr_expect(eq(u64, fingerprint(s), print), "%s to %s",
                          stage_text(was), stage_text(to));
        }
}
