#include "slip.h"

#include "ask.h"
#include "hf_assert.h"
#include "hf_text.h"
#include "push.h"
#include "reach.h"
#include "row.h"
#include "task.h"
#include "withdrawal.h"

#define MADE       'm' /* index of the code: struct made */
#define ENTERED    'e' /* id: struct slip_entered */
#define WRONG      'w' /* organisation: struct wrong */
#define HOUR_MS    (60ull * 60 * 1000)
#define DAY_MS     (24 * HOUR_MS)

struct made {
    struct hf_id id;      /* the beginning of its index: of its due row */
    struct hf_id case_id;
    struct hf_id object;  /* zero: of the case as a whole */
    uint64_t until_ms;
    uint64_t used_ms;     /* 0: not yet */
    struct hf_id used_by; /* the question that used it */
    enum slip_what what;
    enum slip_check check;
    struct hf_org by;
};

struct wrong {
    uint64_t since_ms;
    uint32_t n;
};

/* ---- rows ---- */

static struct row_key
key_of(char kind, const void *p, size_t n)
{
    struct row_key k = {.n = 0};

    row_add(&k, &kind, 1);
    row_add(&k, p, n);
    return k;
}

static void
put(struct step *s, const struct row_key *k, const void *p, size_t n)
{
    row_put(s->v, NODE_SLIPS, k, NULL, p, n);
}

static struct row_key
made_key(const struct step *s, const uint8_t *code)
{
    const struct hf_bytes in = {code, SLIP_CODE_BYTES};
    struct hf_hash h;

    s->env->crypto->index(s->env->crypto->ctx, "handoff/1 slip", &in, 1, &h);
    return key_of(MADE, h.b, HF_HASH_BYTES);
}

static void
entered_put(struct step *s, const struct slip_entered *e)
{
    const struct row_key k = key_of(ENTERED, e->id.b, HF_ID_BYTES);

    put(s, &k, e, sizeof(*e));
    due_put(s->v, e->next_ms, &e->id, DUE_SLIP);
}

static bool
entered_get(const struct node_view *v, const struct hf_id *id,
            struct slip_entered *ret)
{
    const struct row_key k = key_of(ENTERED, id->b, HF_ID_BYTES);

    return row_get(v, NODE_SLIPS, &k, ret, sizeof(*ret));
}

bool
slip_next(const struct node_view *v, struct hf_id *id,
          struct slip_entered *ret)
{
    const struct row_key prefix = key_of(ENTERED, "", 0);
    struct row_key k = key_of(ENTERED, id->b, HF_ID_BYTES);
    struct hf_bytes key, row;

    row_add(&k, "", 1);
    if (!v->seek(v->ctx, NODE_SLIPS, row_span(&k), &key, &row) ||
        !row_begins(key, &prefix) || !row_unwrap(row, ret, sizeof(*ret)))
        return false;
    *id = ret->id;
    return true;
}

/* Wrong codes of a day from one member; the empty one: typed here. */
static bool
too_many_wrong(struct step *s, const struct hf_org *from, bool count)
{
    const struct row_key k = key_of(WRONG, from->s, HF_ORG_BYTES);
    struct wrong w = {.since_ms = s->now};

    if (!row_get(s->v, NODE_SLIPS, &k, &w, sizeof(w)) ||
        s->now >= w.since_ms + DAY_MS)
        w = (struct wrong){.since_ms = s->now};
    if (count) {
        w.n++;
        put(s, &k, &w, sizeof(w));
    }
    return w.n >= SLIP_WRONG_MAX;
}

/* ---- tags ---- */

static uint16_t
tag_of(const struct step *s, const struct hf_org *org, const uint8_t *code)
{
    uint8_t rest[SLIP_CODE_BYTES];
    const struct hf_bytes in[] = {{(const uint8_t *)org->s, HF_ORG_BYTES},
                                  {rest, sizeof(rest)}};
    struct hf_hash h;

    memcpy(rest, code, sizeof(rest));
    slip_set_tag(rest, 0);
    s->env->crypto->hash(s->env->crypto->ctx, "handoff/1 slip maker", in, 2,
                         &h);
    return (uint16_t)((h.b[0] << 8 | h.b[1]) & 0x7fff);
}

static bool
is_maker(const struct step *s, const struct hf_org *org, const uint8_t *code)
{
    return tag_of(s, org, code) == slip_tag(code);
}

/* ---- making one ---- */

static bool
find_subject(struct step *s, struct made *m)
{
    struct node_object o;
    struct node_case c;

    if (object_get(s->v, &s->cmd->object, &o)) {
        m->object = o.id;
        m->case_id = o.case_id;
    } else {
        m->case_id = s->cmd->case_id;
    }
    if (case_get(s->v, &m->case_id, &c))
        return true;
    step_refuse(s, 1, "no_case", "who refers, or holds the case, makes it",
                "the case behind this is not known here");
    return false;
}

void
ask_slip_make(struct step *s)
{
    uint8_t code[SLIP_CODE_BYTES];
    struct node_reply *r;
    struct row_key k;
    struct made m;

    memset(&m, 0, sizeof(m));
    if (!ask_permitted(s, OBJECT_NONE, SIDE_FIRST) || !find_subject(s, &m))
        return;
    step_fresh(s, code, sizeof(code));
    slip_set_tag(code, tag_of(s, step_me(s), code));
    k = made_key(s, code);
    memcpy(m.id.b, k.b + 1, HF_ID_BYTES);
    m.until_ms = s->now + SLIP_LIFE_MS;
    put(s, &k, &m, sizeof(m));
    due_put(s->v, m.until_ms, &m.id, DUE_SLIP);
    r = step_reply(s);
    r->id = m.id;
    memcpy(r->slip, code, sizeof(code));
    r->when_ms = m.until_ms;
}

/* ---- what it sets off here ---- */

static void
trace_it(struct step *s, const struct made *m)
{
    static const enum trace_stage stage[] = {
        [SLIP_CONFIRMED] = TRACE_CONFIRMED,
        [SLIP_NOBODY_CALLED] = TRACE_NOBODY_CALLED,
        [SLIP_WITHDRAW] = TRACE_WITHDREW};
    struct node_trace t;

    if (hf_id_is_zero(&m->object))
        return;
    memset(&t, 0, sizeof(t));
    t.stage = stage[m->what];
    t.by = m->by;
    t.at_ms = s->now;
    trace_put(s->v, &m->object, &t);
}

/* Somebody reads what the person said; that nobody called does not wait. */
static void
make_task(struct step *s, const struct made *m)
{
    const struct node_task t = {.case_id = m->case_id,
                                .object = m->object,
                                .what = TASK_FEEDBACK_READ,
                                .due_ms = m->what == SLIP_NOBODY_CALLED
                                              ? s->now
                                              : s->now + 7 * DAY_MS};

    (void)task_make(s, &t, NULL);
}

static enum slip_answer
use(struct step *s, const struct content_slip *c, const struct hf_org *by)
{
    const struct row_key k = made_key(s, c->code);
    struct withdrawal_told told;
    struct made m;

    if (!row_get(s->v, NODE_SLIPS, &k, &m, sizeof(m)) || s->now >= m.until_ms)
        return SLIP_UNKNOWN;
    if (m.used_ms != 0)
        return hf_id_eq(&m.used_by, &c->ask) ? SLIP_DONE : SLIP_USED;
    if (c->what == SLIP_WITHDRAW && c->check == SLIP_UNCHECKED)
        return SLIP_REFUSED;
    m.used_ms = s->now;
    m.used_by = c->ask;
    m.what = c->what;
    m.check = c->check;
    m.by = *by;
    put(s, &k, &m, sizeof(m));
    trace_it(s, &m);
    make_task(s, &m);
    if (m.what == SLIP_WITHDRAW)
        withdrawal_of_case(s, &m.case_id, &told);
    return SLIP_DONE;
}

/* ---- between members ---- */

static void
send(struct step *s, const struct hf_org *to, const struct content_slip *c)
{
    static const struct hf_id none;
    struct content *content;

    if (reach_of(s, to) < REACH_ALL ||
        s->env->peer_until_ms(s->env->peer_ctx, to) <= s->now)
        return; /* asked again */
    content = step_content(s, CONTENT_SLIP);
    content->u.slip = *c;
    (void)push_content(s, to, content, LANE_URGENT, &none, 0);
}

/* Every member whose tag it is; how many there are. */
static unsigned
makers_of(const struct step *s, const uint8_t *code,
          const struct hf_org *ret[static SLIP_ASKED_MAX])
{
    const struct registry *r = s->env->registry;
    unsigned n = 0;

    for (size_t i = 0; r != NULL && i < r->n_orgs && n < SLIP_ASKED_MAX; i++) {
        const struct registry_org *org = &r->orgs[i];

        if (org->status == MEMBER_ACTIVE && !hf_org_eq(&org->id, step_me(s)) &&
            is_maker(s, &org->id, code))
            ret[n++] = &org->id;
    }
    return n;
}

static bool
ask_makers(struct step *s, const struct content_slip *c)
{
    const struct hf_org *maker[SLIP_ASKED_MAX];
    const unsigned n = makers_of(s, c->code, maker);

    for (unsigned i = 0; i < n; i++)
        send(s, maker[i], c);
    return n > 0;
}

static struct content_slip
question(const struct slip_entered *e)
{
    struct content_slip c = {.ask = e->id,
                             .what = e->what,
                             .check = e->check,
                             .answer = SLIP_ASKS};

    memcpy(c.code, e->code, sizeof(c.code));
    return c;
}

/* Answered, one way or the other: the code is of no use any more. */
static void
settle(struct step *s, struct slip_entered *e, enum slip_answer answer)
{
    static const struct hf_org nobody;

    if (e->next_ms != 0)
        due_del(s->v, e->next_ms, &e->id, DUE_SLIP);
    e->answer = answer;
    memset(e->code, 0, sizeof(e->code));
    e->next_ms = s->now + SLIP_TRY_MS;
    entered_put(s, e);
    if (answer == SLIP_UNKNOWN)
        (void)too_many_wrong(s, &nobody, true);
    if (answer != SLIP_DONE)
        step_alarm(s, "slip_refused", OBJECT_NONE, &e->id, step_me(s),
                   REASON_NOT_KNOWN);
}

static bool
says_unknown(const struct slip_entered *e, const struct hf_org *org)
{
    for (unsigned i = 0; i < e->n_unknown; i++)
        if (hf_org_eq(&e->unknown[i], org))
            return true;
    return false;
}

/* True once none is left who may have made it. Whoever says it twice, or for
 * another, must not end the search before its maker has answered. */
static bool
is_unknown(struct step *s, struct slip_entered *e, const struct hf_org *from)
{
    const struct hf_org *maker[SLIP_ASKED_MAX];
    const unsigned n = makers_of(s, e->code, maker);

    if (!says_unknown(e, from) && e->n_unknown < SLIP_ASKED_MAX)
        e->unknown[e->n_unknown++] = *from;
    for (unsigned i = 0; i < n; i++)
        if (!says_unknown(e, maker[i]))
            return false;
    return true;
}

static void
take_answer(struct step *s, const struct hf_org *from,
            const struct content_slip *c)
{
    struct slip_entered e;

    if (!entered_get(s->v, &c->ask, &e) || e.answer != SLIP_ASKS ||
        memcmp(e.code, c->code, sizeof(e.code)) != 0 ||
        !is_maker(s, from, e.code) || c->answer == SLIP_BUSY)
        return;
    if (c->answer == SLIP_UNKNOWN && !is_unknown(s, &e, from)) {
        entered_put(s, &e);
        return;
    }
    settle(s, &e, c->answer);
}

void
slip_take(struct step *s, const struct hf_org *from,
          const struct content_slip *c)
{
    struct content_slip reply = *c;

    if (c->answer != SLIP_ASKS) {
        take_answer(s, from, c);
        return;
    }
    reply.answer = too_many_wrong(s, from, false) ? SLIP_BUSY
                                                  : use(s, c, from);
    if (reply.answer == SLIP_UNKNOWN)
        (void)too_many_wrong(s, from, true);
    send(s, from, &reply);
}

/* ---- taken here ---- */

static bool
may_enter(struct step *s)
{
    static const struct hf_org nobody;

    if (s->cmd->slip_what == SLIP_WITHDRAW &&
        s->cmd->slip_check == SLIP_UNCHECKED)
        step_refuse(s, 65, "not_checked",
                    "--checked known, document or questions",
                    "before consent is taken back you make sure who it is");
    else if (too_many_wrong(s, &nobody, false))
        step_refuse(s, 75, "too_many", "tomorrow",
                    "too many wrong codes were entered here today");
    else
        return true;
    return false;
}

static void
reply_entered(struct step *s, const struct slip_entered *e)
{
    struct node_reply *r;

    if (e->answer == SLIP_ASKS || e->answer == SLIP_DONE) {
        r = step_reply(s);
        r->id = e->id;
        r->n = (uint32_t)e->answer;
        return;
    }
    step_refuse(s, 1, "slip_refused", "", "this code is %s",
                slip_answer_text(e->answer));
}

void
ask_slip_enter(struct step *s)
{
    static const struct hf_org nobody;
    struct slip_entered e;
    struct content_slip c;

    if (!ask_permitted(s, OBJECT_NONE, SIDE_FIRST) || !may_enter(s))
        return;
    memset(&e, 0, sizeof(e));
    e.id = step_fresh_id(s);
    e.what = s->cmd->slip_what;
    e.check = s->cmd->slip_check;
    e.user = s->cmd->user;
    e.at_ms = s->now;
    memcpy(e.code, s->cmd->slip, sizeof(e.code));
    c = question(&e);
    if (is_maker(s, step_me(s), e.code))
        e.answer = use(s, &c, step_me(s));
    if (e.answer != SLIP_ASKS && e.answer != SLIP_UNKNOWN) {
        settle(s, &e, e.answer);
        reply_entered(s, &e);
        return;
    }
    e.answer = SLIP_ASKS;
    if (!ask_makers(s, &c)) {
        (void)too_many_wrong(s, &nobody, true);
        step_refuse(s, 66, "no_such_code", "read it again, sign by sign",
                    "no member has made such a code");
        return;
    }
    e.next_ms = s->now + HOUR_MS;
    entered_put(s, &e);
    reply_entered(s, &e);
}

/* ---- time ---- */

static void
forget_made(struct step *s, const struct hf_id *id)
{
    const struct row_key prefix = key_of(MADE, id->b, HF_ID_BYTES);

    row_del_all(s->v, NODE_SLIPS, &prefix);
}

void
slip_due(struct step *s, const struct hf_id *id)
{
    const struct row_key k = key_of(ENTERED, id->b, HF_ID_BYTES);
    struct content_slip c;
    struct slip_entered e;

    if (!entered_get(s->v, id, &e)) {
        forget_made(s, id);
        return;
    }
    if (e.next_ms > s->now)
        return; /* a row of before */
    if (e.answer != SLIP_ASKS) {
        s->v->del(s->v->ctx, NODE_SLIPS, row_span(&k));
        return;
    }
    if (s->now >= e.at_ms + SLIP_TRY_MS) {
        e.next_ms = 0;
        settle(s, &e, SLIP_UNKNOWN);
        return;
    }
    c = question(&e);
    (void)ask_makers(s, &c);
    e.next_ms = s->now + (HOUR_MS << (e.tries < 4 ? e.tries : 4));
    e.tries++;
    entered_put(s, &e);
}
