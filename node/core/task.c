/* The task store: one record, and an index each by due instant, by ladder, by
 * owner (open tasks), by case and by object (all). */
#include "task.h"

#include "hf_assert.h"
#include "hf_text.h"
#include "ladder.h"
#include "row.h"

/* First byte of a key in NODE_TASK_INDEX. */
#define BY_DUE    'd' /* due, id */
#define BY_NEXT   'n' /* next rung, id */
#define BY_OWNER  'w' /* owner, due, id */
#define BY_CASE   'c' /* case, due, id */
#define BY_OBJECT 'o' /* object, due, id */
#define WORDS     'f' /* id: what `tasks done` brought */

static const struct {
    const char *word, *answer;
} whats[] = {
#define X(id, word, answer) [id] = {word, answer},
    TASK_MAP(X)
#undef X
};

const char *
task_text(enum task_what what)
{
    return what < TASK_WHATS ? whats[what].word : "";
}

const char *
task_answer(enum task_what what)
{
    return what < TASK_WHATS ? whats[what].answer : "";
}

enum task_what
task_parse(const char *word)
{
    for (enum task_what w = TASK_NONE + 1; w < TASK_WHATS; w++)
        if (strcmp(whats[w].word, word) == 0)
            return w;
    return TASK_NONE;
}

/* ---- rows ---- */

static struct row_key
key_of(char kind, const void *of, size_t of_bytes)
{
    struct row_key k = {.n = 0};

    row_add(&k, &kind, 1);
    row_add(&k, of, of_bytes);
    return k;
}

static struct row_key
index_key(char kind, const void *of, size_t of_bytes, uint64_t ms,
          const struct hf_id *id)
{
    struct row_key k = key_of(kind, of, of_bytes);

    row_number(&k, ms, 8);
    row_add(&k, id->b, HF_ID_BYTES);
    return k;
}

/* Calls @change for each index row that a record has. */
static void
each_index(const struct node_view *v, const struct node_task *t,
           void (*change)(const struct node_view *v, const struct row_key *k))
{
    struct row_key k;

    if (!hf_id_is_zero(&t->case_id)) {
        k = index_key(BY_CASE, t->case_id.b, HF_ID_BYTES, t->due_ms, &t->id);
        change(v, &k);
    }
    k = index_key(BY_OBJECT, t->object.b, HF_ID_BYTES, t->due_ms, &t->id);
    change(v, &k);
    if (t->done_ms != 0)
        return;
    k = index_key(BY_DUE, NULL, 0, t->due_ms, &t->id);
    change(v, &k);
    k = index_key(BY_OWNER, t->owner.s, HF_NAME_BYTES, t->due_ms, &t->id);
    change(v, &k);
    if (t->next_ms != 0) {
        k = index_key(BY_NEXT, NULL, 0, t->next_ms, &t->id);
        change(v, &k);
    }
}

static void
add_index(const struct node_view *v, const struct row_key *k)
{
    const uint8_t one = 1;

    v->put(v->ctx, NODE_TASK_INDEX, row_span(k), NULL,
           (struct hf_bytes){&one, 1});
}

static void
del_index(const struct node_view *v, const struct row_key *k)
{
    v->del(v->ctx, NODE_TASK_INDEX, row_span(k));
}

bool
task_get(const struct node_view *v, const struct hf_id *id,
         struct node_task *ret)
{
    const struct row_key k = row_id(id);

    return row_get(v, NODE_TASKS, &k, ret, sizeof(*ret));
}

void
task_put(const struct node_view *v, const struct node_task *t,
         const struct node_task *was)
{
    const struct row_key k = row_id(&t->id);

    if (was != NULL)
        each_index(v, was, del_index);
    row_put(v, NODE_TASKS, &k, NULL, t, sizeof(*t));
    each_index(v, t, add_index);
}

static void
task_del(const struct node_view *v, const struct node_task *t)
{
    const struct row_key k = row_id(&t->id);
    const struct row_key words = key_of(WORDS, t->id.b, HF_ID_BYTES);

    each_index(v, t, del_index);
    v->del(v->ctx, NODE_TASK_INDEX, row_span(&words));
    v->del(v->ctx, NODE_TASKS, row_span(&k));
}

bool
task_words(const struct node_view *v, const struct hf_id *id,
           struct hf_bytes *ret_json)
{
    const struct row_key k = key_of(WORDS, id->b, HF_ID_BYTES);

    return v->get(v->ctx, NODE_TASK_INDEX, row_span(&k), ret_json);
}

/* ---- walking ---- */

/* The first index row behind @from that begins with @prefix: its record. */
static bool
index_next(const struct node_view *v, const struct row_key *prefix,
           const struct row_key *from, struct node_task *ret)
{
    struct hf_bytes key, row;
    struct hf_id id;

    if (!v->seek(v->ctx, NODE_TASK_INDEX, row_span(from), &key, &row) ||
        !row_begins(key, prefix) || key.n != prefix->n + 8 + HF_ID_BYTES)
        return false;
    memcpy(id.b, key.p + prefix->n + 8, HF_ID_BYTES);
    return task_get(v, &id, ret);
}

static bool
walk(const struct node_view *v, char kind, const void *of, size_t of_bytes,
     struct node_task *at)
{
    const struct row_key prefix = key_of(kind, of, of_bytes);
    struct row_key from = index_key(kind, of, of_bytes, at->due_ms, &at->id);

    row_add(&from, "", 1); /* just behind the last one */
    return index_next(v, &prefix, &from, at);
}

bool
task_next_due(const struct node_view *v, struct node_task *at)
{
    return walk(v, BY_DUE, NULL, 0, at);
}

bool
task_next_of_owner(const struct node_view *v, const struct hf_name *owner,
                   struct node_task *at)
{
    return walk(v, BY_OWNER, owner->s, HF_NAME_BYTES, at);
}

bool
task_next_of_case(const struct node_view *v, const struct hf_id *case_id,
                  struct node_task *at)
{
    return walk(v, BY_CASE, case_id->b, HF_ID_BYTES, at);
}

bool
task_next_of_object(const struct node_view *v, const struct hf_id *object,
                    struct node_task *at)
{
    return walk(v, BY_OBJECT, object->b, HF_ID_BYTES, at);
}

bool
task_first_next(const struct node_view *v, struct node_task *ret)
{
    const struct row_key prefix = key_of(BY_NEXT, NULL, 0);

    return index_next(v, &prefix, &prefix, ret);
}

/* ---- making and ending ---- */

/* Keyed, so that nobody else can tell a task from its id. */
static struct hf_id
id_of(const struct step *s, const struct node_task *t)
{
    uint8_t words[1 + 8];
    const struct hf_bytes spans[] = {{t->case_id.b, HF_ID_BYTES},
                                     {t->object.b, HF_ID_BYTES},
                                     {words, sizeof(words)}};
    struct hf_hash h;
    struct hf_id id;

    words[0] = (uint8_t)t->what;
    for (int i = 0; i < 8; i++)
        words[1 + i] = (uint8_t)(t->due_ms >> (8 * i));
    s->env->crypto->index(s->env->crypto->ctx, "handoff/1 task", spans, 3, &h);
    memcpy(id.b, h.b, HF_ID_BYTES);
    return id;
}

static bool
next_beside(const struct node_view *v, const struct node_task *t,
            struct node_task *at)
{
    return hf_id_is_zero(&t->case_id) ? task_next_of_object(v, &t->object, at)
                                      : task_next_of_case(v, &t->case_id, at);
}

/* Of what is kept of one case the oldest done one makes room. */
static bool
make_room(const struct node_view *v, const struct node_task *t)
{
    struct node_task at, oldest;
    bool has_done = false;
    unsigned n = 0;

    memset(&at, 0, sizeof(at));
    while (next_beside(v, t, &at)) {
        n++;
        if (at.done_ms != 0 && !has_done) {
            has_done = true;
            oldest = at;
        }
    }
    if (n < TASKS_OF_MAX)
        return true;
    if (has_done)
        task_del(v, &oldest);
    return has_done;
}

/* Not for who has the case: somebody without a part in it, or of a certain
 * profession. */
static bool
is_others(enum task_what what)
{
    return what == TASK_VITAL_CONFIRM || what == TASK_VITAL_REVIEW;
}

bool
task_make(struct step *s, const struct node_task *want, struct hf_id *ret_id)
{
    struct node_task t, same;
    struct node_case c;

    HF_ASSERT(want->what != TASK_NONE);
    HF_ASSERT(want->due_ms != 0);
    memset(&t, 0, sizeof(t));
    t.case_id = want->case_id;
    t.object = want->object;
    t.what = want->what;
    t.reason = want->reason;
    t.due_ms = want->due_ms;
    t.made_ms = s->now;
    t.owner = want->owner;
    t.id = id_of(s, &t);
    if (ret_id != NULL)
        *ret_id = t.id;
    if (task_get(s->v, &t.id, &same))
        return true;
    if (t.owner.s[0] == '\0' && !is_others(t.what) &&
        case_get(s->v, &t.case_id, &c))
        t.owner = c.owner;
    if (!make_room(s->v, &t))
        return false;
    t.next_ms = ladder_first_ms(s, &t);
    task_put(s->v, &t, NULL);
    return true;
}

bool
task_find(const struct node_view *v, const struct hf_id *case_id,
          const struct hf_id *object, enum task_what what,
          struct node_task *ret)
{
    const bool of_case = hf_id_is_zero(object) && !hf_id_is_zero(case_id);

    memset(ret, 0, sizeof(*ret));
    while (of_case ? task_next_of_case(v, case_id, ret)
                   : task_next_of_object(v, object, ret))
        if (ret->done_ms == 0 && ret->what == what &&
            hf_id_eq(&ret->object, object))
            return true;
    return false;
}

void
task_finish(struct step *s, struct node_task *t, enum reason reason,
            struct hf_bytes words)
{
    const struct row_key k = key_of(WORDS, t->id.b, HF_ID_BYTES);
    const struct node_lock lock = {
        hf_id_is_zero(&t->case_id) ? t->object : t->case_id, CATEGORY_NONE};
    const struct node_task was = *t;

    HF_ASSERT(t->done_ms == 0);
    ladder_leave(s, t);
    t->done_ms = s->now;
    t->next_ms = 0;
    t->reason = reason;
    if (s->cmd != NULL)
        t->done_by = s->cmd->user;
    task_put(s->v, t, &was);
    if (words.n > 0)
        s->v->put(s->v->ctx, NODE_TASK_INDEX, row_span(&k),
                  hf_id_is_zero(&lock.id) ? NULL : &lock, words);
}

void
task_cancel(struct step *s, const struct node_task *t)
{
    HF_ASSERT(t->done_ms == 0);
    ladder_leave(s, t);
    task_del(s->v, t);
}

/* The open tasks of an object, or of the case itself, one after another. */
static bool
next_open(const struct node_view *v, const struct hf_id *case_id,
          const struct hf_id *object, enum task_what what, struct node_task *at)
{
    const bool of_case = hf_id_is_zero(object) && !hf_id_is_zero(case_id);

    while (of_case ? task_next_of_case(v, case_id, at)
                   : task_next_of_object(v, object, at))
        if (at->done_ms == 0 && hf_id_eq(&at->object, object) &&
            (what == TASK_NONE || at->what == what))
            return true;
    return false;
}

void
task_cancel_of_case(struct step *s, const struct hf_id *case_id,
                    enum task_what what)
{
    static const struct hf_id none;
    struct node_task at;

    HF_ASSERT(!hf_id_is_zero(case_id));
    memset(&at, 0, sizeof(at));
    while (next_open(s->v, case_id, &none, what, &at))
        task_cancel(s, &at);
}

void
task_cancel_of_object(struct step *s, const struct hf_id *object,
                      enum task_what what)
{
    static const struct hf_id none;
    struct node_task at;

    HF_ASSERT(!hf_id_is_zero(object));
    memset(&at, 0, sizeof(at));
    while (next_open(s->v, &none, object, what, &at))
        task_cancel(s, &at);
}

void
task_assign(struct step *s, const struct hf_id *case_id,
            const struct hf_id *object, const struct hf_name *owner)
{
    struct node_task at, t;

    memset(&at, 0, sizeof(at));
    while (next_open(s->v, case_id, object, TASK_NONE, &at)) {
        t = at;
        t.owner = *owner;
        task_put(s->v, &t, &at);
    }
}

void
task_shred(struct step *s, const struct hf_id *case_id)
{
    struct node_task at;

    memset(&at, 0, sizeof(at));
    while (task_next_of_case(s->v, case_id, &at)) {
        if (at.done_ms == 0)
            ladder_leave(s, &at);
        task_del(s->v, &at);
    }
}

/* ---- checking ---- */

static bool
has_index(const struct node_view *v, char kind, const void *of, size_t of_bytes,
          uint64_t ms, const struct hf_id *id)
{
    const struct row_key k = index_key(kind, of, of_bytes, ms, id);
    struct hf_bytes row;

    return v->get(v->ctx, NODE_TASK_INDEX, row_span(&k), &row);
}

static bool
is_filed(const struct node_view *v, const struct node_task *t)
{
    const bool open = t->done_ms == 0;

    return has_index(v, BY_OBJECT, t->object.b, HF_ID_BYTES, t->due_ms,
                     &t->id) &&
           (hf_id_is_zero(&t->case_id) ||
            has_index(v, BY_CASE, t->case_id.b, HF_ID_BYTES, t->due_ms,
                      &t->id)) &&
           has_index(v, BY_DUE, NULL, 0, t->due_ms, &t->id) == open &&
           has_index(v, BY_OWNER, t->owner.s, HF_NAME_BYTES, t->due_ms,
                     &t->id) == open &&
           has_index(v, BY_NEXT, NULL, 0, t->next_ms, &t->id) ==
               (open && t->next_ms != 0);
}

bool
task_check(const struct node_view *v, char *why, size_t why_bytes)
{
    struct row_key k = {.n = 0};
    struct hf_bytes key, row;
    struct node_task t;

    while (v->seek(v->ctx, NODE_TASKS, row_span(&k), &key, &row)) {
        if (!row_unwrap(row, &t, sizeof(t)) || !is_filed(v, &t)) {
            hf_say(why, why_bytes, "a task is not where it is looked for");
            return false;
        }
        k = row_id(&t.id);
        row_add(&k, "", 1);
    }
    return true;
}
