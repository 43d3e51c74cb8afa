#include "vital.h"

#include "ask.h"
#include "disclose.h"
#include "hf_assert.h"
#include "inbound.h"
#include "reviewer.h"
#include "task.h"

#define ROW_VERSION 1
#define WORDS       'w' /* behind the id: the row of the words */
#define WHY         'y' /* ... of a reviewer's of ours */

#define PROFESSIONALS (ROLE_BIT(ROLE_MENTAL_HEALTH) | ROLE_BIT(ROLE_HEALTH))

/* ---- rows ---- */

bool
vital_get(const struct node_view *v, const struct hf_id *object,
          struct node_vital *ret)
{
    struct hf_bytes row;

    if (!v->get(v->ctx, NODE_VITAL, (struct hf_bytes){object->b, HF_ID_BYTES},
                &row) ||
        row.n != 1 + sizeof(*ret) || row.p[0] != ROW_VERSION)
        return false;
    memcpy(ret, row.p + 1, sizeof(*ret));
    return true;
}

static void
vital_put(const struct node_view *v, const struct node_vital *vital)
{
    uint8_t row[1 + sizeof(*vital)];

    row[0] = ROW_VERSION;
    memcpy(row + 1, vital, sizeof(*vital));
    v->put(v->ctx, NODE_VITAL, (struct hf_bytes){vital->object.b, HF_ID_BYTES},
           NULL, (struct hf_bytes){row, sizeof(row)});
}

static struct hf_bytes
words_key(const struct hf_id *object, uint8_t kind,
          uint8_t out[static HF_ID_BYTES + 1])
{
    memcpy(out, object->b, HF_ID_BYTES);
    out[HF_ID_BYTES] = kind;
    return (struct hf_bytes){out, HF_ID_BYTES + 1};
}

bool
vital_words(const struct node_view *v, const struct hf_id *object,
            struct hf_bytes *ret_json)
{
    uint8_t key[HF_ID_BYTES + 1];

    return v->get(v->ctx, NODE_VITAL, words_key(object, WORDS, key), ret_json);
}

bool
vital_why(const struct node_view *v, const struct hf_id *object,
          struct hf_bytes *ret_text)
{
    uint8_t key[HF_ID_BYTES + 1];

    return v->get(v->ctx, NODE_VITAL, words_key(object, WHY, key), ret_text);
}

bool
vital_next(const struct node_view *v, struct hf_id *id, struct node_vital *ret)
{
    uint8_t from[HF_ID_BYTES + 1];
    struct hf_bytes key, row;

    memcpy(from, id->b, HF_ID_BYTES);
    from[HF_ID_BYTES] = UINT8_MAX; /* behind the words, too */
    while (v->seek(v->ctx, NODE_VITAL, (struct hf_bytes){from, sizeof(from)},
                   &key, &row)) {
        memcpy(from, key.p, HF_ID_BYTES);
        if (key.n != HF_ID_BYTES || row.n != 1 + sizeof(*ret))
            continue;
        memcpy(ret, row.p + 1, sizeof(*ret));
        *id = ret->object;
        return true;
    }
    return false;
}

/* ---- who may attest ---- */

/* Not ours to decide: the committee's registry says it. */
static bool
may_managers(const struct step *s)
{
    return s->env->registry != NULL && s->env->registry->may_managers_attest;
}

/* The role that is claimed is one that the user has; and one that may attest
 * on this ground. */
bool
vital_may_refer(struct step *s)
{
    const struct attest *a = s->cmd->attest;
    const struct attest approved = {
        .ground = a->ground, .role = a->role, .approver = ROLE_SUPERVISOR};

    if ((s->roles & ROLE_BIT(a->role)) == 0) {
        step_refuse(s, 77, "not_permitted",
                    "who attests sends it: --user, in the role they have",
                    "user %.31s has not the role %s that the attestation "
                    "claims",
                    s->cmd->user.s, role_text(a->role));
        return false;
    }
    if (!attest_counts(&approved, may_managers(s))) {
        step_refuse(s, 77, "not_permitted",
                    "telephone a mental-health professional; a life at risk "
                    "may be attested by a clinician",
                    "%s may not attest %s", role_text(a->role),
                    ground_text(a->ground));
        return false;
    }
    if (a->role == ROLE_CASE_MANAGER && !s->cmd->has_attempts) {
        step_refuse(s, 65, "no_attempts", "attempts: whom you tried, and when",
                    "without a professional the attempts to reach one are on "
                    "record");
        return false;
    }
    if (s->cmd->details.n > ATTEST_JSON_BYTES) {
        step_refuse(s, 65, "too_long", "shorten it",
                    "the attestation is longer than %u bytes",
                    ATTEST_JSON_BYTES);
        return false;
    }
    return true;
}

void
vital_gate(const struct sop_service *sv, uint32_t held, struct gate_out *gate)
{
    const uint32_t named = (sv->required | sv->allowed) & ~sv->never;

    memset(gate, 0, sizeof(*gate));
    gate->sends = named & held;
    for (uint32_t k = 1; k < CATEGORY_END; k++) {
        const uint32_t bit = CATEGORY_BIT(k);

        if ((held & bit) == 0)
            gate->why[k] = WITHHELD_NOT_HELD;
        else if ((sv->never & bit) != 0)
            gate->why[k] = WITHHELD_NEVER;
        else if ((named & bit) == 0)
            gate->why[k] = WITHHELD_NOT_NEEDED;
    }
}

/* A stated urgency makes no rule one for emergencies. */
static bool
is_emergency(const struct step *s, const struct sop_decision *d)
{
    const struct sop_pack *pack =
        s->env->sops == NULL
            ? NULL
            : sop_book_find(s->env->sops, &d->pack, &d->pack_hash);

    return pack != NULL && d->urgency == URGENCY_EMERGENCY &&
           sop_rule_emergency(pack, &d->rule, &d->service.code);
}

bool
vital_plan(const struct step *s, const struct node_case *c,
           struct node_decision *d, struct node_reply *r)
{
    if (!is_emergency(s, &d->sop)) {
        step_error(r, 1, "no_emergency_rule",
                   "a need of an emergency rule: handoff route CASE --need N",
                   "rule %.31s is none for emergencies", d->sop.rule.s);
        return false;
    }
    vital_gate(&d->sop.service, c->held, &d->gate);
    if (d->gate.sends != 0)
        return true;
    step_error(r, 1, "not_held", "record it first: handoff case set CASE",
               "nothing is held of what rule %.31s names", d->sop.rule.s);
    return false;
}

/* ---- a draft, and on its way ---- */

void
vital_make(struct step *s, const struct live *l, uint32_t categories)
{
    const struct node_lock lock = {l->o.case_id, CATEGORY_NONE};
    uint8_t key[HF_ID_BYTES + 1];
    struct node_vital v;

    HF_ASSERT(categories != 0);
    memset(&v, 0, sizeof(v));
    v.object = l->o.id;
    v.case_id = l->o.case_id;
    v.a = *s->cmd->attest;
    v.a.approver = ROLE_NONE;
    v.a.at_ms = s->now;
    v.a.categories = categories;
    v.by = s->cmd->user;
    vital_put(s->v, &v);
    s->v->put(s->v->ctx, NODE_VITAL, words_key(&v.object, WORDS, key), &lock,
              s->cmd->details);
}

bool
vital_counts(struct step *s, const struct node_vital *v, enum role approver)
{
    struct attest a = v->a;

    a.approver = approver;
    if (attest_counts(&a, may_managers(s)))
        return true;
    step_refuse(s, 77, "not_permitted",
                "telephone a mental-health professional; a life at risk may "
                "be attested by a clinician",
                "the registry does not let %s attest %s any more",
                role_text(a.role), ground_text(a.ground));
    return false;
}

bool
vital_waits(const struct step *s, const struct live *l)
{
    struct node_vital v;

    return vital_get(s->v, &l->o.id, &v) && v.a.role == ROLE_CASE_MANAGER &&
           v.a.approver == ROLE_NONE;
}

void
vital_approved(struct step *s, const struct live *l)
{
    struct node_vital v;

    if (!vital_get(s->v, &l->o.id, &v))
        return;
    v.approved_by = s->cmd->user;
    v.a.approver = ROLE_SUPERVISOR;
    vital_put(s->v, &v);
}

/* The committee counts them; never what they were about. */
static void
count(struct step *s, const struct hf_id *object, enum state state, int by)
{
    struct figure_cell c = {.kind = OBJECT_REFERRAL,
                            .from = *step_me(s),
                            .service = {"vital_interest"},
                            .state = state};
    struct node_object o;

    if (object_get(s->v, object, &o))
        c.to = o.peer;
    cell_add(s->v, &c, by);
}

/* What must follow, and climbs when it does not. */
static void
make_task(struct step *s, const struct node_vital *v, enum task_what what,
          uint64_t within_ms)
{
    struct node_task t;

    memset(&t, 0, sizeof(t));
    t.case_id = v->case_id;
    t.object = v->object;
    t.what = what;
    t.due_ms = s->now + within_ms;
    (void)task_make(s, &t, NULL);
}

static void
finish_task(struct step *s, const struct node_vital *v, enum task_what what)
{
    const struct hf_bytes no_words = {NULL, 0};
    struct node_task t;

    if (task_find(s->v, &v->case_id, &v->object, what, &t))
        task_finish(s, &t, REASON_NONE, no_words);
}

void
vital_asked(struct step *s, const struct node_case *c)
{
    struct consent consent;
    struct node_vital v;
    struct node_task t;

    memset(&t, 0, sizeof(t));
    while (consent_get(s->v, &c->consent, &consent) &&
           task_next_of_case(s->v, &c->id, &t))
        if (t.what == TASK_CONSENT_ASK && t.done_ms == 0 &&
            consent.given_ms >= t.made_ms && vital_get(s->v, &t.object, &v))
            finish_task(s, &v, TASK_CONSENT_ASK);
}

void
vital_sent(struct step *s, const struct live *l)
{
    struct node_vital v;

    if (!vital_get(s->v, &l->o.id, &v) || v.sent_ms != 0)
        return;
    v.sent_ms = s->now;
    vital_put(s->v, &v);
    count(s, &v.object, STATE_REVIEW_DUE, +1);
    due_put(s->v, s->now + VITAL_REVIEW_MS, &v.object, DUE_REVIEW);
    reviewer_settle(s, &v);
    make_task(s, &v, TASK_CONSENT_ASK, VITAL_ASK_MS);
    if (v.a.role == ROLE_CASE_MANAGER)
        make_task(s, &v, TASK_VITAL_CONFIRM, VITAL_CONFIRM_MS);
    step_alarm(s, "vital_interest", l->o.kind, &l->o.id, &l->o.peer,
               REASON_NONE);
}

bool
vital_disclose(struct step *s, const struct node_vital *vital,
               const struct node_case *c, struct body *b)
{
    const uint32_t sends = vital->a.categories & c->held;
    struct attest a = vital->a;
    struct hf_bytes words, json;
    uint8_t *part;

    if (sends == 0 || !vital_words(s->v, &vital->object, &words))
        return false;
    HF_ASSERT(words.n <= ATTEST_JSON_BYTES);
    a.categories = sends;
    part = step_alloc(s, ATTEST_BYTES + words.n);
    attest_pack(&a, part);
    memcpy(part + ATTEST_BYTES, words.p, words.n);
    disclose_add(b, PART_ATTEST, CATEGORY_NONE,
                 (struct hf_bytes){part, ATTEST_BYTES + words.n});
    for (enum category k = CATEGORY_IDENTITY; k < CATEGORY_END; k++)
        if ((sends & CATEGORY_BIT(k)) != 0 &&
            section_get(s->v, &c->id, k, &json))
            disclose_add(b, PART_SECTION, k, step_copy(s, json));
    return true;
}

/* ---- afterwards ---- */

static void
reply(struct step *s, const struct node_vital *v)
{
    struct node_object o;
    struct node_reply *r = step_reply(s);

    r->id = v->object;
    r->kind = OBJECT_REFERRAL;
    if (object_get(s->v, &v->object, &o))
        r->state = o.state;
}

/* Nobody who had a part in it looks at it again. */
static bool
had_a_part(const struct step *s, const struct node_vital *v)
{
    const struct hf_name *me = &s->cmd->user;
    struct node_object o;

    if (hf_name_eq(me, &v->by) || hf_name_eq(me, &v->approved_by) ||
        hf_name_eq(me, &v->confirmed_by))
        return true;
    return object_get(s->v, &v->object, &o) &&
           (hf_name_eq(me, &o.author) || hf_name_eq(me, &o.owner));
}

void
vital_judged(struct step *s, struct node_vital *v, bool is_upheld)
{
    count(s, &v->object,
          v->is_review_overdue ? STATE_REVIEW_OVERDUE : STATE_REVIEW_DUE, -1);
    v->reviewed_ms = s->now;
    v->is_upheld = is_upheld;
    vital_put(s->v, v);
    count(s, &v->object, v->is_upheld ? STATE_UPHELD : STATE_NOT_UPHELD, +1);
    if (!v->is_review_overdue)
        due_del(s->v, v->sent_ms + VITAL_REVIEW_MS, &v->object, DUE_REVIEW);
    finish_task(s, v, TASK_VITAL_REVIEW);
    finish_task(s, v, TASK_REVIEW_OVERDUE);
}

/* The registry names somebody else for it, as of now. */
static bool
is_elsewhere(struct step *s, const struct node_vital *v)
{
    struct node_asked t;

    reviewer_settle(s, v);
    if (!reviewer_elsewhere(s->v, &v->object, &t))
        return false;
    step_refuse(s, 77, "reviewed_elsewhere",
                "handoff show ID says when they were told, and what they said",
                "%.31s reviews it: the registry names them", t.reviewer.s);
    return true;
}

/* With the case, and gone with it. */
static void
put_why(struct step *s, const struct node_vital *v)
{
    const struct node_lock lock = {v->case_id, CATEGORY_NONE};
    uint8_t key[HF_ID_BYTES + 1];

    if (s->cmd->text.n > 0)
        s->v->put(s->v->ctx, NODE_VITAL, words_key(&v->object, WHY, key), &lock,
                  s->cmd->text);
}

void
vital_review(struct step *s)
{
    struct node_vital v;

    if (!ask_permitted(s, OBJECT_REFERRAL, SIDE_FIRST) || reviewer_answer(s))
        return;
    if (!vital_get(s->v, &s->cmd->object, &v) || v.sent_ms == 0) {
        step_refuse(s, 66, "no_such_thing", "",
                    "no vital-interest disclosure was made with this id");
        return;
    }
    if (had_a_part(s, &v)) {
        step_refuse(s, 77, "not_independent", "ask another reviewer",
                    "who had a part in it does not review it");
        return;
    }
    if (v.reviewed_ms != 0) {
        step_refuse(s, 1, "reviewed", "", "it was reviewed before");
        return;
    }
    if (is_elsewhere(s, &v))
        return;
    if (s->cmd->text.n > TEXT_BYTES_MAX) {
        step_refuse(s, 65, "too_long", "shorten it",
                    "the reason is longer than %u bytes", TEXT_BYTES_MAX);
        return;
    }
    put_why(s, &v);
    v.reviewed_by = s->cmd->user;
    reviewer_end(s, &v.object);
    vital_judged(s, &v, s->cmd->is_upheld);
    reply(s, &v);
}

void
vital_due(struct step *s, const struct hf_id *object)
{
    struct node_vital v;

    if (!vital_get(s->v, object, &v) || v.reviewed_ms != 0 ||
        v.is_review_overdue)
        return;
    count(s, object, STATE_REVIEW_DUE, -1);
    v.is_review_overdue = 1;
    vital_put(s->v, &v);
    count(s, object, STATE_REVIEW_OVERDUE, +1);
    reviewer_late(s, &v);
}

bool
vital_confirm(struct step *s, const struct live *l)
{
    struct node_vital v;

    if (!vital_get(s->v, &l->o.id, &v) || v.sent_ms == 0)
        return false;
    if ((s->roles & PROFESSIONALS) == 0)
        step_refuse(s, 77, "not_permitted", "",
                    "a mental-health professional or a clinician confirms it");
    else if (v.a.role != ROLE_CASE_MANAGER || v.confirmed_ms != 0)
        step_refuse(s, 1, "confirmed", "", "a professional has attested it");
    else {
        v.confirmed_by = s->cmd->user;
        v.confirmed_ms = s->now;
        vital_put(s->v, &v);
        finish_task(s, &v, TASK_VITAL_CONFIRM);
        reply(s, &v);
    }
    return true;
}

/* ---- at the receiver ---- */

enum reason
vital_inbound(struct step *s, const struct live *l, struct hf_bytes part,
              uint32_t sections)
{
    struct hf_bytes words;
    struct terms terms;
    struct attest a;
    uint32_t sop;

    if (l->o.kind != OBJECT_REFERRAL || !attest_unpack(part, &a, &words) ||
        !attest_counts(&a, may_managers(s)))
        return REASON_NO_CONSENT;
    if (!inbound_terms(s, l, &terms))
        return REASON_INSUFFICIENT_INFORMATION;
    if (!inbound_sop(s, &terms, &sop))
        return REASON_SOP_UNKNOWN;
    if (!inbound_emergency(s, &terms))
        return REASON_NO_CONSENT;
    return (sections & ~(a.categories & sop)) == 0 ? REASON_NONE
                                                   : REASON_CHECK_FAILED;
}
