/* Both organisations move at once (I-5): every pair and triple of events that
 * their rows allow, in every order of arrival, repeated, and with a crash in
 * between, ends in one state at both ends, the one that node/DESIGN.md's table
 * of races names. */
#include "ways_fixture.h"

#define ORDERS 4

TestSuite(races, .init = begin, .fini = end);

/* What holds when @a of the first side meets @b of the second: the first row
 * that fits; "*" is any event, "b": what is not said here. */
static const struct race {
    const char *a, *b, *then;
} referral[] = {
    {"recall", "*", "recalled"},
    {"void", "*", "void"},
    {"close", "*", "closed"},
    {"abandon", "*", "lapsed"},
    {"expire", "*", "expired"},
    {"cancel", "complete", "completed"},
    {"cancel", "fail", "failed"},
    {"cancel", "decline redirect", "declined"},
    {"cancel", "confirm_cancel waitlist", "cancelled"},
    {"cancel", "contact", "b"}, /* cancelled while on hold, else pending */
    {"cancel", "*", "cancel_pending"},
    {"disclose", "*", "b"},
}, transfer[] = {
    {"withdraw", "*", "recalled"},
    {"hand_over", "arrive", "handed_over"},
    {"hand_over", "*", "handing_over"},
    {"refuse_request", "*", "declined"},
    {"*", "decline", "declined"},
    {"expire", "*", "expired"},
    {"*", "arrive", "arrived"},
    {"not_departed", "*", "void"},
    {"release", "*", "released"},
    {"depart", "*", "departed"},
    {"postpone", "*", "released"},
    {"amend supplement", "*", "b"},
};

static bool
has_word(const char *words, const char *word)
{
    const size_t n = strlen(word);
    const char *at = strstr(words, word);

    if (strcmp(words, "*") == 0)
        return true;
    while (at != NULL && !((at == words || at[-1] == ' ') &&
                           (at[n] == ' ' || at[n] == '\0')))
        at = strstr(at + 1, word);
    return at != NULL;
}

static const char *
outcome(const struct race *t, size_t n, enum event a, enum event b)
{
    for (size_t i = 0; i < n; i++)
        if (has_word(t[i].a, event_text(a)) && has_word(t[i].b, event_text(b)))
            return t[i].then;
    return "";
}

/* The nodes' machines die before what just came is committed. */
static void
deliver_and_crash(size_t i)
{
    struct core_node *to = core_node_of(&core->letter[i].h.recipient);
    struct disk *was = disk_copy(to->disk);
    const size_t said = core->n_letters;

    core_deliver(i);
    while (core->n_letters > said) { /* durable before audible */
        struct core_letter *l = &core->letter[--core->n_letters];

        hf_buf_free(&l->bytes);
        memset(l, 0, sizeof(*l));
    }
    disk_free(to->disk);
    to->disk = was;
    to->env.view = disk_view(was);
    core->letter[i].is_gone = false; /* not acknowledged: it comes again */
}

/* What is on its way arrives: in order, in reverse, in reverse and each twice,
 * or in order with a crash before each. */
static void
arrive(int order)
{
    const size_t n = core->n_letters;

    for (size_t k = 0; k < n; k++) {
        const size_t i = order == 1 || order == 2 ? n - 1 - k : k;

        if (core->letter[i].is_gone)
            continue;
        if (order == 3)
            deliver_and_crash(i);
        core_deliver(i);
        if (order == 2)
            core_deliver(i);
    }
    core_run();
}

static void
expect_one(const char *state, const char *what, int order)
{
    const struct node_object a = core_object(s, object);
    const struct node_object b = core_object(r, object);

    cr_expect(eq(int, a.state, b.state), "%s, %s, order %d", state, what,
              order);
    cr_expect(eq(u32, a.n[0], b.n[0]), "%s, %s", state, what);
    cr_expect(eq(u32, a.n[1], b.n[1]), "%s, %s", state, what);
    cr_expect(eq(int, a.reason, b.reason), "%s, %s, order %d", state, what,
              order);
    for (int k = 0; k < 4; k++)
        cr_expect(eq(u64, a.met_ms[k], b.met_ms[k]), "%s, %s, clock %d",
                  state, what, k);
}

/* The moves of one side, nobody else's known yet; false if one is refused. */
static bool
moves(enum object_kind kind, struct core_node *n, const enum event *e)
{
    const uint64_t now = core->now_ms;
    bool ok = true;

    for (int i = 0; i < 2 && ok; i++)
        ok = e[i] == EVENT_NONE || ask(n, kind, e[i]) == 0;
    core->now_ms = now;
    return ok;
}

/* @a by the first side and @b by the second, in every order; how many. */
static unsigned
meet(enum object_kind kind, const char *state, const enum event a[2],
     const enum event b[2], const char *then)
{
    enum state first = STATE_NONE;
    char what[120];

    (void)snprintf(what, sizeof(what), "%s %s with %s %s", event_text(a[0]),
                   event_text(a[1]), event_text(b[0]), event_text(b[1]));
    for (int order = 0; order < ORDERS; order++) {
        back();
        if (!moves(kind, s, a) || !moves(kind, r, b))
            return 0;
        arrive(order);
        expect_one(state, what, order);
        if (order == 0)
            first = core_state(s, object);
        cr_expect(eq(int, core_state(s, object), first), "%s, %s: order %d",
                  state, what, order);
    }
    if (then != NULL && strcmp(then, "b") != 0)
        cr_expect(eq(str, (char *)state_text(first), (char *)then), "%s, %s",
                  state, what);
    return 1;
}

/* Which events a side may write now, asked of the node itself. */
static size_t
allowed(enum object_kind kind, struct core_node *n,
        enum event ret[static EVENT_END])
{
    size_t count = 0;

    for (int e = EVENT_NONE + 1; e < EVENT_END; e++) {
        back();
        if (!(kind == OBJECT_TRANSFER && e == EVENT_OFFER) &&
            ask(n, kind, (enum event)e) == 0)
            ret[count++] = (enum event)e;
    }
    return count;
}

static void
race(enum object_kind kind, const char *state, const struct race *table,
     size_t n_table, unsigned *ret_pairs, unsigned *ret_triples)
{
    enum event a[EVENT_END], b[EVENT_END];
    size_t n_a, n_b;

    keep();
    n_a = allowed(kind, s, a);
    n_b = allowed(kind, r, b);
    for (size_t i = 0; i < n_a; i++) {
        for (size_t k = 0; k < n_b; k++) {
            const enum event one[2] = {a[i]}, other[2] = {b[k]};

            *ret_pairs += meet(kind, state, one, other,
                               outcome(table, n_table, a[i], b[k]));
            for (size_t m = 0; m < n_a; m++)
                *ret_triples += meet(
                    kind, state, (enum event[2]){a[i], a[m]}, other, NULL);
            for (size_t m = 0; m < n_b; m++)
                *ret_triples += meet(
                    kind, state, one, (enum event[2]){b[k], b[m]}, NULL);
        }
    }
    back();
}

Test(races, of_a_referral_end_in_the_state_that_the_table_names,
     .timeout = 280)
{
    unsigned pairs = 0, triples = 0;

    for (size_t i = 0; i < sizeof(referral_ways) / sizeof(*referral_ways);
         i++) {
        const char *state = referral_ways[i].state;

        if (referral_ways[i].path[0] == '~' || referral_ways[i].path[0] == '!')
            continue; /* the second side has nothing to say */
        accepts(true);
        draft();
        walk(OBJECT_REFERRAL, referral_ways[i].path);
        if (core_object(r, object).state != STATE_NONE)
            race(OBJECT_REFERRAL, state, referral,
                 sizeof(referral) / sizeof(*referral), &pairs, &triples);
        end();
        begin();
    }
    printf("referral: %u pairs, %u triples, %d orders each\n", pairs, triples,
           ORDERS);
    cr_expect(gt(uint, pairs, 100));
    cr_expect(gt(uint, triples, 300));
}

Test(races, of_a_transfer_end_in_the_state_that_the_table_names,
     .timeout = 280)
{
    unsigned pairs = 0, triples = 0;

    for (size_t i = 0; i < sizeof(transfer_ways) / sizeof(*transfer_ways);
         i++) {
        begin_transfer(&transfer_ways[i]);
        race(OBJECT_TRANSFER, transfer_ways[i].state, transfer,
             sizeof(transfer) / sizeof(*transfer), &pairs, &triples);
        end();
        begin();
    }
    printf("transfer: %u pairs, %u triples, %d orders each\n", pairs, triples,
           ORDERS);
    cr_expect(gt(uint, pairs, 20));
}

Test(races, a_recall_counts_in_a_third_branch_of_a_fork)
{
    static const enum event branch[] = {EVENT_CANCEL, EVENT_VOID,
                                        EVENT_RECALL};
    struct core_forger f;

    accepts(true);
    draft();
    walk(OBJECT_REFERRAL, "1 send");
    for (size_t i = 0; i < 3; i++) {
        f = core_forge(OBJECT_REFERRAL, object, &s->org, &r->org);
        core_forge_after(&f, s);
        core_forge_entry(&f,
                         (struct entry){.event = branch[i],
                                        .reason = i == 0 ? REASON_DUPLICATE
                                                         : REASON_NONE,
                                        .seen = 1,
                                        .seen_hash = core_seen(
                                            s, object, SIDE_SECOND, 1)},
                         NULL);
        core_forge_send(&f, r, &s->org);
        core_forge_end(&f);
    }
    cr_expect(eq(int, core_object(r, object).is_forked, 1));
    expect_state(r, object, STATE_RECALLED);
}
