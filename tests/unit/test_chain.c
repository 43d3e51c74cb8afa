/* Two chains, one state: every row of the three tables, every "first that
 * holds", forks, and entries that do not count. Written from the document, not
 * from the tables in the code.
 *
 * A story is "F.send R.receive R.accept": F the first side, R the second; an
 * entry has seen all before it in the story, or the first K of its peer with
 * "@K"; "+word" sets a flag. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "chain.h"
#include "lifecycle.h"

#define LENGTH_MAX 24

static struct chain_item item[2][LENGTH_MAX];
static struct chain_sum sum[2][LENGTH_MAX + 1];
static struct chain_pair p;

static void
begin(enum object_kind kind)
{
    memset(&p, 0, sizeof(p));
    memset(item, 0, sizeof(item));
    p.kind = kind;
    for (int side = 0; side < 2; side++) {
        p.item[side] = item[side];
        p.sum[side] = sum[side];
    }
}

static void
take_flag(const char *word, struct chain_item *it)
{
    if (strcmp(word, "on_send") == 0)
        p.on_send = true;
    else if (strcmp(word, "travel_none") == 0)
        p.travel_none = true;
    else if (strcmp(word, "reached") == 0)
        it->flags |= ENTRY_REACHED;
    else
        cr_fatal("no flag %s", word);
}

/* "F.send+on_send@0" */
static void
take_word(char *word)
{
    const enum side side = word[0] == 'F' ? SIDE_FIRST : SIDE_SECOND;
    struct chain_item *it = &item[side][p.n[side]++];
    char *at = strchr(word, '@'), *plus;

    it->seen = p.n[side_other(side)];
    if (at != NULL) {
        it->seen = (uint32_t)strtoul(at + 1, NULL, 10);
        *at = '\0';
    }
    plus = strchr(word, '+');
    if (plus != NULL) {
        take_flag(plus + 1, it);
        *plus = '\0';
    }
    it->event = event_parse(word + 2);
    cr_assert(ne(int, (int)it->event, EVENT_NONE), "%s", word);
}

static void
tell(enum object_kind kind, const char *story)
{
    char copy[1024], *rest = copy, *word;

    begin(kind);
    (void)snprintf(copy, sizeof(copy), "%s", story);
    while ((word = strtok_r(rest, " ", &rest)) != NULL)
        take_word(word);
    chain_judge(&p);
}

#define expect_is(want)                                                        \
    cr_expect(eq(str, (char *)state_text(chain_state(&p)), (char *)(want)))

static void
expect_valid(const char *story)
{
    for (int side = 0; side < 2; side++)
        for (uint32_t n = 0; n < p.n[side]; n++)
            cr_expect(eq(int, (int)item[side][n].why, CHAIN_VALID),
                      "%s: %s: %s", story, event_text(item[side][n].event),
                      chain_why_text(item[side][n].why));
}

/* What @side may append now, as words, in the order of the vocabulary. */
static void
may(enum side side, char *out, size_t n)
{
    out[0] = '\0';
    for (int e = 1; e < EVENT_END; e++)
        if (chain_may(&p, side, (enum event)e, 0))
            (void)snprintf(out + strlen(out), n - strlen(out), "%s ",
                           event_text((enum event)e));
}

struct row {
    const char *story;
    const char *state;
    const char *first, *second; /* what each may do then */
};

static void
expect_rows(enum object_kind kind, const struct row *row, size_t n)
{
    char got[512];

    for (size_t i = 0; i < n; i++) {
        tell(kind, row[i].story);
        expect_valid(row[i].story);
        expect_is(row[i].state);
        may(SIDE_FIRST, got, sizeof(got));
        cr_expect(eq(str, got, (char *)row[i].first), "first, after %s",
                  row[i].story);
        may(SIDE_SECOND, got, sizeof(got));
        cr_expect(eq(str, got, (char *)row[i].second), "second, after %s",
                  row[i].story);
    }
}

#define ROWS(kind, rows) expect_rows(kind, rows, sizeof(rows) / sizeof(*(rows)))

/* ---- the rows ---- */

#define OPEN_S "disclose cancel expire abandon recall void "
#define TAKEN_S "disclose cancel abandon recall "

Test(chain, referral_allows_what_its_table_says_and_nothing_else)
{
    static const struct row rows[] = {
        {"", "", "send ", ""},
        {"F.send", "sent", "cancel expire abandon recall void ",
         "receive reject "},
        {"F.send+on_send", "sent", OPEN_S, "receive reject "},
        {"F.send R.receive", "received", OPEN_S,
         "accept decline redirect waitlist "},
        {"F.send R.receive R.waitlist", "on_hold", OPEN_S,
         "accept decline redirect waitlist contact fail "},
        {"F.send R.receive R.accept", "accepted", TAKEN_S,
         "contact schedule attend fail complete onward "},
        {"F.send R.receive R.accept R.schedule", "scheduled", TAKEN_S,
         "contact reschedule no_show cancel_appointment attend fail onward "},
        {"F.send R.receive R.accept R.schedule R.no_show", "no_show", TAKEN_S,
         "contact schedule attend fail onward "},
        {"F.send R.receive R.accept R.schedule R.cancel_appointment",
         "appointment_cancelled", TAKEN_S, "schedule fail onward "},
        {"F.send R.receive R.accept R.attend", "in_service", TAKEN_S,
         "note fail complete onward "},
        {"F.send R.receive R.accept R.complete", "completed", "close recall ",
         "reopen onward "},
        {"F.send R.receive R.accept R.fail", "failed", "close recall ",
         "reopen onward "},
        {"F.send R.reject", "rejected", "close recall ", "erased kept "},
        {"F.send R.receive R.decline", "declined", "close recall ",
         "reopen erased kept "},
        {"F.send R.receive R.redirect", "declined", "close recall ",
         "reopen erased kept "},
        {"F.send F.expire", "expired", "close recall ", "erased kept "},
        {"F.send F.abandon", "lapsed", "close recall ", "erased kept "},
        {"F.send R.receive R.accept R.contact+reached F.abandon", "lapsed",
         "close recall ", "onward "},
        {"F.send R.receive R.accept R.contact F.abandon", "lapsed",
         "close recall ", "erased kept onward "},
        {"F.send R.receive R.accept R.attend F.abandon", "lapsed",
         "close recall ", "onward "},
        {"F.send F.cancel", "cancel_pending", "expire abandon recall void ",
         "confirm_cancel "},
        {"F.send R.receive R.waitlist F.cancel", "cancel_pending",
         "expire abandon recall void ", "fail confirm_cancel "},
        {"F.send R.receive R.accept F.cancel", "cancel_pending",
         "abandon recall ", "fail complete confirm_cancel onward "},
        {"F.send R.receive R.accept R.schedule F.cancel", "cancel_pending",
         "abandon recall ", "fail confirm_cancel onward "},
        {"F.send F.cancel R.confirm_cancel", "cancelled", "recall ",
         "erased kept "},
        {"F.send R.reject F.close", "closed", "recall ", ""},
        {"F.send F.recall", "recalled", "", "erased kept "},
        {"F.send F.void", "void", "recall ", "erased kept "},
    };

    ROWS(OBJECT_REFERRAL, rows);
}

Test(chain, transfer_allows_what_its_table_says_and_nothing_else)
{
    static const struct row rows[] = {
        {"", "", "offer ", "request "},
        {"R.request", "requested", "refuse_request offer ", "decline "},
        {"R.request F.refuse_request", "declined", "", "erased kept "},
        {"F.offer", "offered", "expire withdraw ", "accept decline "},
        {"R.request F.offer", "offered", "expire withdraw ",
         "accept decline "},
        {"F.offer F.expire", "expired", "", "erased kept "},
        {"F.offer R.accept", "accepted", "release withdraw ", "decline "},
        {"F.offer R.decline", "declined", "", "erased kept "},
        {"F.offer R.accept F.release", "released",
         "amend depart postpone not_departed withdraw ",
         "decline query arrive "},
        {"F.offer+travel_none R.accept F.release", "released",
         "amend depart postpone not_departed withdraw hand_over ",
         "decline query arrive "},
        {"F.offer R.accept F.release F.postpone", "released",
         "amend depart postpone not_departed withdraw ",
         "decline query arrive "},
        {"F.offer R.accept F.release F.depart", "departed",
         "amend not_departed withdraw ", "decline query arrive "},
        {"F.offer R.accept F.release F.depart F.not_departed", "void", "",
         "erased kept "},
        {"F.offer R.accept F.release R.arrive", "arrived",
         "amend withdraw hand_over ", ""},
        {"F.offer F.withdraw", "recalled", "", "erased kept "},
        {"F.offer R.accept F.release R.arrive F.hand_over", "handing_over", "",
         "refuse take_over "},
        {"F.offer R.accept F.release R.arrive F.hand_over R.refuse", "arrived",
         "amend withdraw hand_over ", ""},
        {"F.offer R.accept F.release R.arrive F.hand_over R.take_over",
         "handed_over", "supplement ", "supplement "},
    };

    ROWS(OBJECT_TRANSFER, rows);
}

Test(chain, withdrawal_allows_what_its_table_says_and_nothing_else)
{
    static const struct row rows[] = {
        {"", "", "withdraw ", ""},
        {"F.withdraw", "asked", "", "erased kept partial "},
        {"F.withdraw R.partial", "partial", "", "erased kept partial "},
        {"F.withdraw R.erased", "answered", "", ""},
        {"F.withdraw R.partial R.kept", "answered", "", ""},
    };

    ROWS(OBJECT_WITHDRAWAL, rows);
}

/* ---- first that holds ---- */

struct race {
    const char *story; /* both ends wrote without having seen the other */
    const char *state;
};

static void
expect_races(enum object_kind kind, const struct race *race, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        tell(kind, race[i].story);
        cr_expect(eq(str, (char *)state_text(chain_state(&p)),
                     (char *)race[i].state),
                  "%s", race[i].story);
    }
}

#define RACES(kind, r) expect_races(kind, r, sizeof(r) / sizeof(*(r)))

Test(chain, referral_races_go_the_way_the_list_says)
{
    static const struct race races[] = {
        {"F.send R.receive R.accept R.complete F.recall@2", "recalled"},
        {"F.send R.receive F.void@1 R.accept@1", "void"},
        {"F.send R.receive F.expire@1 R.accept@1", "expired"},
        {"F.send R.receive F.expire@1 R.accept@1 R.complete@1", "expired"},
        {"F.send R.receive R.accept F.abandon@2 R.complete@1", "lapsed"},
        {"F.send R.receive R.decline F.close@2 R.reopen@1", "closed"},
        {"F.send R.receive F.cancel@1 R.decline@1", "declined"},
        {"F.send R.receive F.cancel@1 R.accept@1", "cancel_pending"},
        {"F.send R.receive R.accept F.cancel@2 R.complete@1", "completed"},
        {"F.send R.receive R.accept F.cancel@2 R.fail@1", "failed"},
        {"F.send F.cancel@0 R.reject@1", "rejected"},
        {"F.send R.receive F.cancel@1 F.expire@1 R.accept@1", "expired"},
        {"F.send F.void@0 F.recall@0", "recalled"},
    };

    RACES(OBJECT_REFERRAL, races);
}

Test(chain, transfer_races_go_the_way_the_list_says)
{
#define UP "F.offer R.accept F.release "
    static const struct race races[] = {
        {"F.offer F.expire@0 R.accept@1", "expired"},
        {"F.offer F.withdraw@0 R.accept@1", "recalled"},
        {"F.offer F.expire@0 R.decline@1", "declined"},
        {"F.offer R.accept F.release@1 R.decline@1", "declined"},
        {UP "F.not_departed@1 R.arrive@2", "arrived"},
        {UP "F.withdraw@1 R.arrive@2", "recalled"},
        {UP "F.withdraw@1 R.decline@2", "recalled"},
        {UP "R.arrive F.hand_over@2 F.supplement@3 R.take_over@3",
         "handed_over"},
        {"R.request R.decline@0 F.offer@1", "declined"},
        {"R.request R.decline@0 F.refuse_request@1", "declined"},
        {"F.offer R.request@0", "offered"},
        {"F.offer+travel_none R.accept F.release F.hand_over@1 R.decline@2",
         "handing_over"},
        {"F.offer+travel_none R.accept F.release F.hand_over@1 R.decline@2 "
         "R.refuse@3",
         "declined"},
    };

    RACES(OBJECT_TRANSFER, races);
}

Test(chain, a_second_hand_over_is_open_until_it_is_named_by_a_refuse)
{
    tell(OBJECT_TRANSFER, UP "R.arrive F.hand_over R.refuse F.hand_over");
    expect_is("handing_over");
    tell(OBJECT_TRANSFER,
         UP "R.arrive F.hand_over R.refuse F.hand_over R.refuse");
    expect_is("arrived");
    tell(OBJECT_TRANSFER,
         UP "R.arrive F.hand_over R.refuse F.hand_over R.take_over");
    expect_is("handed_over");
}

Test(chain, a_ruling_stands_above_everything)
{
    tell(OBJECT_TRANSFER, UP "R.arrive F.hand_over R.take_over");
    p.ruled = true;
    expect_is("ruled");
    chain_judge(&p);
    expect_valid("what was written before a ruling stays as it was judged");
}

/* ---- reopen ---- */

Test(chain, reopen_goes_back_to_the_state_before)
{
    tell(OBJECT_REFERRAL, "F.send R.receive R.waitlist R.decline R.reopen");
    expect_is("on_hold");
    tell(OBJECT_REFERRAL,
         "F.send R.receive R.accept R.attend R.complete R.reopen");
    expect_is("in_service");
    tell(OBJECT_REFERRAL,
         "F.send R.receive R.accept R.complete R.reopen R.fail R.reopen");
    expect_is("accepted");
}

Test(chain, reopen_is_not_possible_after_cancel_or_close)
{
    tell(OBJECT_REFERRAL,
         "F.send R.receive R.accept F.cancel@2 R.complete@2 R.reopen@2");
    cr_expect(eq(int, (int)item[1][3].why, CHAIN_NOT_ALLOWED));
    tell(OBJECT_REFERRAL, "F.send R.receive R.decline F.close R.reopen");
    cr_expect(eq(int, (int)item[1][2].why, CHAIN_NOT_ALLOWED));
    expect_is("closed");
}

/* ---- entries that do not count ---- */

Test(chain, an_entry_that_no_row_allows_is_ignored)
{
    tell(OBJECT_REFERRAL, "F.send R.accept R.receive");
    cr_expect(eq(int, (int)item[1][0].why, CHAIN_NOT_ALLOWED));
    cr_expect(eq(int, (int)item[1][1].why, CHAIN_VALID));
    expect_is("received");
}

Test(chain, an_entry_that_names_what_is_not_held_waits_and_so_do_those_behind)
{
    tell(OBJECT_REFERRAL, "F.send R.receive@3 R.accept@3");
    cr_expect(eq(int, (int)item[1][0].why, CHAIN_WAITS));
    cr_expect(eq(int, (int)item[1][1].why, CHAIN_WAITS));
    expect_is("sent");
}

Test(chain, what_was_seen_cannot_be_unseen)
{
    tell(OBJECT_REFERRAL, "F.send F.cancel R.receive@1 R.confirm_cancel@2 "
                          "R.accept@1");
    cr_expect(eq(int, (int)item[1][2].why, CHAIN_SEEN_FELL));
    /* nor by way of an entry that does not count itself */
    tell(OBJECT_REFERRAL, "F.send F.cancel R.attend@2 R.receive@1");
    cr_expect(eq(int, (int)item[1][0].why, CHAIN_NOT_ALLOWED));
    cr_expect(eq(int, (int)item[1][1].why, CHAIN_SEEN_FELL));
}

Test(chain, two_entries_that_name_each_other_count_for_nothing)
{
    tell(OBJECT_REFERRAL, "F.send F.cancel@1 R.receive@2");
    cr_expect(eq(int, (int)item[0][1].why, CHAIN_CIRCULAR));
    cr_expect(eq(int, (int)item[1][0].why, CHAIN_CIRCULAR));
    expect_is("sent");
}

Test(chain, nothing_is_appended_behind_an_own_entry_that_waits)
{
    tell(OBJECT_WITHDRAWAL, "F.withdraw R.kept@2");
    for (int e = 1; e < EVENT_END; e++)
        cr_expect(zero(int, (int)chain_may(&p, SIDE_SECOND, (enum event)e, 0)),
                  "%s", event_text((enum event)e));
    tell(OBJECT_REFERRAL, "F.send F.disclose@4");
    cr_expect(chain_may(&p, SIDE_FIRST, EVENT_RECALL, 0),
              "a recall is never blocked");
}

/* ---- forks ---- */

static void
fork_at(enum side side, uint32_t n, bool recall)
{
    p.fork[side] = n;
    p.fork_recall[side] = recall;
    chain_judge(&p);
}

Test(chain, from_a_fork_on_its_author_counts_for_nothing)
{
    tell(OBJECT_REFERRAL, "F.send R.receive R.accept R.complete");
    fork_at(SIDE_SECOND, 2, false);
    expect_is("received");
    cr_expect(eq(int, (int)item[1][0].why, CHAIN_VALID));
    cr_expect(eq(int, (int)item[1][1].why, CHAIN_FORKED));
    cr_expect(eq(int, (int)item[1][2].why, CHAIN_FORKED));
}

Test(chain, the_other_side_goes_on_after_a_fork)
{
    tell(OBJECT_REFERRAL, "F.send R.receive R.accept F.cancel F.recall");
    fork_at(SIDE_SECOND, 2, false);
    expect_is("recalled");
    cr_expect(zero(int, (int)chain_may(&p, SIDE_SECOND, EVENT_DECLINE, 0)));
    tell(OBJECT_REFERRAL, "F.send R.receive R.accept");
    fork_at(SIDE_SECOND, 1, false);
    cr_expect(chain_may(&p, SIDE_FIRST, EVENT_VOID, 0),
              "seen as the state before the fork");
}

Test(chain, a_recall_in_either_branch_counts)
{
    tell(OBJECT_REFERRAL, "F.send R.receive F.cancel");
    fork_at(SIDE_FIRST, 2, true);
    expect_is("recalled");
    cr_expect(chain_must_erase(&p));
    tell(OBJECT_REFERRAL, "F.send R.receive F.cancel");
    fork_at(SIDE_FIRST, 2, false);
    cr_expect(chain_may(&p, SIDE_FIRST, EVENT_RECALL, 0));
    cr_expect(zero(int, (int)chain_may(&p, SIDE_FIRST, EVENT_VOID, 0)));
}

/* ---- destruction, ends, length ---- */

Test(chain, destruction_is_due_where_the_document_says)
{
    static const struct {
        const char *story;
        bool due;
    } rows[] = {
        {"F.send", false},
        {"F.send R.reject", true},
        {"F.send R.receive R.decline", true},
        {"F.send F.expire", true},
        {"F.send F.void", true},
        {"F.send F.recall", true},
        {"F.send F.cancel R.confirm_cancel", true},
        {"F.send F.cancel", false},
        {"F.send R.receive R.accept R.complete", false},
        {"F.send R.receive R.accept R.fail", false},
        {"F.send R.receive R.accept F.abandon", true},
        {"F.send R.receive R.accept R.attend F.abandon", false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        tell(OBJECT_REFERRAL, rows[i].story);
        cr_expect(eq(int, chain_must_erase(&p), rows[i].due), "%s",
                  rows[i].story);
    }
    tell(OBJECT_REFERRAL, "F.send R.receive R.decline F.close");
    cr_expect(zero(int, (int)chain_must_erase(&p)));
    cr_expect(chain_was_to_erase(&p), "a close can come with it");
}

Test(chain, state_is_the_same_in_whatever_order_chains_are_told)
{
    enum state first;

    tell(OBJECT_REFERRAL, "F.send R.receive@1 R.accept@1 F.cancel@1");
    first = chain_state(&p);
    tell(OBJECT_REFERRAL, "R.receive@1 R.accept@1 F.send@0 F.cancel@1");
    cr_expect(eq(int, (int)chain_state(&p), (int)first));
    tell(OBJECT_REFERRAL, "F.send@0 F.cancel@1 R.receive@1 R.accept@1");
    cr_expect(eq(int, (int)chain_state(&p), (int)first));
}
