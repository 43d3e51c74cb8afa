#include "said.h"

#include "ask.h"
#include "disclose.h"
#include "hf_text.h"
#include "row.h"
#include "task.h"

#define RECORD  'r'
#define WORDS   'w'
#define PASS_MS (7ull * 24 * 3600 * 1000)

static struct row_key
key_of(const struct node_said *f, char what)
{
    struct row_key k = row_id(&f->case_id);

    row_add(&k, f->id.b, HF_ID_BYTES);
    row_add(&k, &what, 1);
    return k;
}

bool
said_words(const struct node_view *v, const struct node_said *f,
               struct hf_bytes *ret)
{
    const struct row_key k = key_of(f, WORDS);

    return v->get(v->ctx, NODE_SAID, row_span(&k), ret);
}

bool
said_next(const struct node_view *v, struct node_said *at)
{
    struct row_key k = key_of(at, WORDS);
    struct hf_bytes key, row;

    row_add(&k, "", 1);
    while (v->seek(v->ctx, NODE_SAID, row_span(&k), &key, &row)) {
        if (key.n == 2 * HF_ID_BYTES + 1 && key.p[key.n - 1] == RECORD &&
            row_unwrap(row, at, sizeof(*at)))
            return true;
        k.n = 0;
        row_add(&k, key.p, key.n);
        row_add(&k, "", 1);
    }
    return false;
}

static void
put(struct step *s, const struct node_said *f)
{
    const struct row_key k = key_of(f, RECORD);
    const struct node_lock lock = {f->case_id, CATEGORY_NONE};

    row_put(s->v, NODE_SAID, &k, &lock, f, sizeof(*f));
}

void
said_shred(struct step *s, const struct hf_id *case_id)
{
    const struct row_key prefix = row_id(case_id);

    row_del_all(s->v, NODE_SAID, &prefix);
}

static void
count(struct step *s, const struct node_said *f,
      const struct node_object *o)
{
    struct figure_cell c;

    memset(&c, 0, sizeof(c));
    c.kind = FIGURE_FEEDBACK;
    c.from = *step_me(s);
    c.to = f->about;
    c.service = o->terms.family;
    c.reason = f->kind;
    cell_add(s->v, &c, +1);
}

static bool
is_kind(struct step *s)
{
    const enum reason kind = s->cmd->reason;

    if (kind == REASON_COMPLAINT || kind == REASON_PRAISE ||
        kind == REASON_SUGGESTION)
        return true;
    step_refuse(s, 65, "bad_kind", "complaint praise suggestion",
                "what was said is one of three kinds");
    return false;
}

void
ask_feedback(struct step *s)
{
    struct node_said f;
    struct node_object o;
    struct node_lock lock;
    struct row_key k;

    if (!ask_permitted(s, OBJECT_NONE, SIDE_FIRST) || !is_kind(s) ||
        !ask_words_fit(s))
        return;
    if (!object_get(s->v, &s->cmd->object, &o) || o.kind != OBJECT_REFERRAL ||
        o.side != SIDE_FIRST) {
        step_refuse(s, 66, "no_such_thing", "handoff list --out shows them",
                    "feedback is about a referral made here");
        return;
    }
    if (hf_id_is_zero(&o.case_id)) {
        step_refuse(s, 1, "no_case", "ask who holds the case to take it down",
                    "what the person says is kept with the case, which is not "
                    "here");
        return;
    }
    memset(&f, 0, sizeof(f));
    f.id = step_fresh_id(s);
    f.case_id = o.case_id;
    f.object = o.id;
    f.about = o.peer;
    f.kind = s->cmd->reason;
    f.is_confidential = s->cmd->is_confidential;
    f.at_ms = s->now;
    f.user = s->cmd->user;
    put(s, &f);
    k = key_of(&f, WORDS);
    lock = (struct node_lock){f.case_id, CATEGORY_NONE};
    s->v->put(s->v->ctx, NODE_SAID, row_span(&k), &lock, s->cmd->details);
    count(s, &f, &o);
    step_reply(s)->id = o.id;
}

bool
said_covered(const struct step *s, const struct hf_id *case_id,
                 const struct hf_org *org)
{
    struct consent consent;
    struct node_case c;

    return case_get(s->v, case_id, &c) &&
           consent_get(s->v, &c.consent, &consent) &&
           consent_cover(&consent, org, PURPOSE_FEEDBACK, s->now) != 0;
}

void
said_pass(struct step *s, struct live *l, struct body *b)
{
    struct node_said f;
    struct hf_bytes words;

    if (body_find(b, PART_REPORT) != NULL ||
        !said_covered(s, &l->o.case_id, &l->o.peer))
        return;
    memset(&f, 0, sizeof(f));
    f.case_id = l->o.case_id;
    while (said_next(s->v, &f) && hf_id_eq(&f.case_id, &l->o.case_id)) {
        if (f.is_confidential || f.passed_ms != 0 ||
            !hf_id_eq(&f.object, &l->o.id) || !said_words(s->v, &f, &words))
            continue;
        disclose_add(b, PART_REPORT, CATEGORY_NONE, step_copy(s, words));
        f.passed_ms = s->now;
        put(s, &f);
        return; /* one report an entry; more is said in a meeting */
    }
}

/* The transfer that brought the case here, or took it away. */
static bool
handed_over(const struct step *s, const struct hf_id *case_id,
            struct node_object *ret)
{
    struct hf_id at = {{0}};
    struct node_object o;
    bool found = false;

    while (object_next_of_case(s->v, case_id, &at, &o)) {
        if (o.kind != OBJECT_TRANSFER || o.state != STATE_HANDED_OVER)
            continue;
        *ret = o;
        found = true;
    }
    return found;
}

void
said_owed(struct step *s, const struct node_object *o)
{
    struct node_object transfer;
    struct node_task t;

    /* as feedback.c lets a supplement go: between the two of them */
    if (!handed_over(s, &o->case_id, &transfer) ||
        !(said_covered(s, &o->case_id, &transfer.peer) ||
          said_covered(s, &o->case_id, step_me(s))))
        return;
    memset(&t, 0, sizeof(t));
    t.case_id = o->case_id;
    t.object = transfer.id;
    t.what = TASK_FEEDBACK_PASS;
    t.due_ms = s->now + PASS_MS;
    if (!task_find(s->v, &t.case_id, &t.object, t.what, &(struct node_task){0}))
        (void)task_make(s, &t, NULL);
}

void
said_passed_on(struct step *s, const struct live *l)
{
    const struct hf_bytes no_words = {NULL, 0};
    struct node_task t;

    if (task_find(s->v, &l->o.case_id, &l->o.id, TASK_FEEDBACK_PASS, &t))
        task_finish(s, &t, REASON_NONE, no_words);
}
