#include "score.h"

#include "ask.h"
#include "follow.h"
#include "hf_assert.h"
#include "hf_text.h"
#include "row.h"
#include "task.h"

#define PART_OPEN 0 /* struct node_score, then JSON */
#define PART_MIND 1 /* composite and psychosocial score, then JSON; mhpss */
#define MIND_HEAD 2

static struct row_key
key_of(const struct hf_id *case_id, uint64_t at_ms, uint8_t part)
{
    struct row_key k = row_id(case_id);

    row_number(&k, at_ms, 8);
    row_number(&k, part, 1);
    return k;
}

/* ---- reading ---- */

static bool
get(const struct node_view *v, const struct hf_id *case_id, uint64_t at_ms,
    uint8_t part, size_t head, struct hf_bytes *ret_row)
{
    const struct row_key k = key_of(case_id, at_ms, part);

    return v->get(v->ctx, NODE_SCORES, row_span(&k), ret_row) &&
           ret_row->n >= head;
}

bool
score_next(const struct node_view *v, const struct hf_id *case_id,
           uint64_t *at_ms, struct node_score *ret)
{
    struct row_key from = row_id(case_id);
    const struct row_key prefix = from;
    struct hf_bytes key, row;

    row_number(&from, *at_ms + 1, 8);
    for (;;) {
        if (!v->seek(v->ctx, NODE_SCORES, row_span(&from), &key, &row) ||
            !row_begins(key, &prefix) || key.n != prefix.n + 9)
            return false;
        *at_ms = row_number_at(key.p + prefix.n, 8);
        if (key.p[prefix.n + 8] == PART_OPEN && row.n >= sizeof(*ret)) {
            memcpy(ret, row.p, sizeof(*ret));
            return true;
        }
        from = key_of(case_id, *at_ms + 1, 0);
    }
}

bool
score_last(const struct node_view *v, const struct hf_id *case_id,
           struct node_score *ret)
{
    struct node_score s;
    uint64_t at_ms = 0;
    bool has = false;

    while (score_next(v, case_id, &at_ms, &s)) {
        *ret = s;
        has = true;
    }
    return has;
}

bool
score_answers(const struct node_view *v, const struct hf_id *case_id,
              uint64_t at_ms, struct hf_bytes *ret_json)
{
    const size_t head = sizeof(struct node_score);
    struct hf_bytes row;

    if (!get(v, case_id, at_ms, PART_OPEN, head, &row))
        return false;
    *ret_json = (struct hf_bytes){row.p + head, row.n - head};
    return true;
}

bool
score_mind(const struct node_view *v, const struct hf_id *case_id,
           uint64_t at_ms, uint8_t score[static SCORE_END],
           struct hf_bytes *ret_json)
{
    struct hf_bytes row;

    if (!get(v, case_id, at_ms, PART_MIND, MIND_HEAD, &row))
        return false;
    score[SCORE_COMPOSITE] = row.p[0];
    score[SCORE_PSYCHOSOCIAL] = row.p[1];
    *ret_json = (struct hf_bytes){row.p + MIND_HEAD, row.n - MIND_HEAD};
    return true;
}

/* ---- writing ---- */

static void
put_part(struct step *s, const struct hf_id *case_id, uint64_t at_ms,
         uint8_t part, const void *head, size_t head_bytes,
         struct hf_bytes json)
{
    const struct row_key k = key_of(case_id, at_ms, part);
    const struct node_lock lock = {*case_id, part == PART_MIND ? CATEGORY_MHPSS
                                                               : CATEGORY_NONE};
    uint8_t *room = step_alloc(s, head_bytes + json.n);

    memcpy(room, head, head_bytes);
    if (json.n > 0)
        memcpy(room + head_bytes, json.p, json.n);
    s->v->put(s->v->ctx, NODE_SCORES, row_span(&k), &lock,
              (struct hf_bytes){room, head_bytes + json.n});
}

static void
store(struct step *s, const struct hf_id *case_id, struct node_score score)
{
    const uint8_t mind[MIND_HEAD] = {score.score[SCORE_COMPOSITE],
                                     score.score[SCORE_PSYCHOSOCIAL]};

    score.score[SCORE_COMPOSITE] = score.score[SCORE_PSYCHOSOCIAL] = 0;
    put_part(s, case_id, score.at_ms, PART_OPEN, &score, sizeof(score),
             s->cmd->details);
    put_part(s, case_id, score.at_ms, PART_MIND, mind, sizeof(mind),
             s->cmd->report);
}

/* The survey that was to be asked first is. */
static void
finish_survey(struct step *s, const struct node_case *c)
{
    const struct hf_id none = {{0}};
    struct node_task t;

    if (task_find(s->v, &c->id, &none, TASK_SURVEY, &t))
        task_finish(s, &t, REASON_NONE, (struct hf_bytes){NULL, 0});
}

void
ask_score_add(struct step *s)
{
    const struct node_score *score = s->cmd->score;
    struct node_score last;
    struct hf_bytes row;
    struct node_case c;

    if (!ask_permitted(s, OBJECT_NONE, SIDE_FIRST) || !ask_case(s, true, &c) ||
        !ask_words_fit(s))
        return;
    HF_ASSERT(score != NULL);
    if (get(s->v, &c.id, score->at_ms, PART_OPEN, 0, &row)) {
        step_refuse(s, 1, "score_exists", "give it another `when`",
                    "a survey of that instant is on record");
        return;
    }
    if (!score_last(s->v, &c.id, &last) || last.at_ms < score->at_ms) {
        memcpy(c.facts.score, score->score, sizeof(c.facts.score));
        c.changed_ms = s->now;
        case_put(s->v, &c);
    }
    store(s, &c.id, *score);
    finish_survey(s, &c);
    follow_settle(s, &c);
    step_reply(s)->id = c.id;
}

void
score_del_all(struct step *s, const struct hf_id *case_id)
{
    const struct row_key prefix = row_id(case_id);

    row_del_all(s->v, NODE_SCORES, &prefix);
}
