#include "scoreset.h"

#include <stdint.h>
#include <string.h>

#include "score_sets.h"

#define N_SETS (sizeof(score_sets) / sizeof(score_sets[0]))
/* A step of the scale of five is a quarter: scores add up in quarters. */
#define QUARTERS 4u

/* ---- sets ---- */

/* The set of that name and version, parsed; owned by the caller. */
static json_t *
load(const char *name, json_int_t version)
{
    for (size_t i = 0; i < N_SETS; i++) {
        json_t *set =
            json_loadb((const char *)score_sets[i].p, score_sets[i].n, 0, NULL);
        const char *text = filecheck_string(set, "set");

        if (text != NULL && strcmp(text, name) == 0 &&
            json_integer_value(json_object_get(set, "version")) == version)
            return set;
        json_decref(set);
    }
    return NULL;
}

/* ---- one answer ---- */

enum answer {
    ANSWER_BAD,
    ANSWER_VALUE,
    ANSWER_DONT_KNOW,
    ANSWER_NOT_APPLICABLE
};

static enum answer
yes_no(const json_t *value, unsigned *ret_quarters)
{
    const char *text = json_string_value(value);
    const bool yes = json_is_true(value) || (text && strcmp(text, "yes") == 0);
    const bool no = json_is_false(value) || (text && strcmp(text, "no") == 0);

    *ret_quarters = yes ? QUARTERS : 0;
    return yes || no ? ANSWER_VALUE : ANSWER_BAD;
}

static enum answer
five(const json_t *value, unsigned *ret_quarters)
{
    const double quarters = json_number_value(value) * QUARTERS;

    for (unsigned i = 0; json_is_number(value) && i <= QUARTERS; i++)
        if (quarters > i - 0.001 && quarters < i + 0.001) {
            *ret_quarters = i;
            return ANSWER_VALUE;
        }
    return ANSWER_BAD;
}

static enum answer
read_answer(json_t *element, const json_t *value, unsigned *ret_quarters)
{
    const char *text = json_string_value(value);

    if (text != NULL && strcmp(text, "dont_know") == 0)
        return ANSWER_DONT_KNOW;
    if (text != NULL && strcmp(text, "not_applicable") == 0)
        return json_is_true(json_object_get(element, "may_not_apply"))
                   ? ANSWER_NOT_APPLICABLE
                   : ANSWER_BAD;
    if (strcmp(filecheck_string(element, "scale"), "yes_no") == 0)
        return yes_no(value, ret_quarters);
    return five(value, ret_quarters);
}

static bool
bad_answer(struct filecheck *at, json_t *element)
{
    const bool is_yes_no =
        strcmp(filecheck_string(element, "scale"), "yes_no") == 0;
    const bool may = json_is_true(json_object_get(element, "may_not_apply"));

    if (is_yes_no)
        return filecheck_fail(
            at, may ? "must be yes, no, dont_know or not_applicable"
                    : "must be yes, no or dont_know");
    return filecheck_fail(
        at, may ? "must be 0, 0.25, 0.5, 0.75, 1, dont_know or not_applicable"
                : "must be 0, 0.25, 0.5, 0.75, 1 or dont_know");
}

/* ---- all of them ---- */

struct sums {
    uint64_t weighted[SCORE_END]; /* quarters times weight */
    uint64_t weight[SCORE_END];
};

static enum score
dimension_of(json_t *element)
{
    const char *text = filecheck_string(element, "dimension");

    if (strcmp(text, "economic") == 0)
        return SCORE_ECONOMIC;
    return strcmp(text, "social") == 0 ? SCORE_SOCIAL : SCORE_PSYCHOSOCIAL;
}

static void
add(struct sums *sums, enum score dimension, uint64_t weight, unsigned quarters)
{
    const enum score both[] = {SCORE_COMPOSITE, dimension};

    for (size_t i = 0; i < 2; i++) {
        sums->weighted[both[i]] += weight * quarters;
        sums->weight[both[i]] += weight;
    }
}

/* Hundredths and one; 0 where nothing is known. */
static uint8_t
score_of(const struct sums *s, enum score which)
{
    const uint64_t whole = s->weight[which] * QUARTERS;

    if (whole == 0)
        return 0;
    return (uint8_t)(1 + (s->weighted[which] * 100 + whole / 2) / whole);
}

static bool
take_element(struct filecheck *at, json_t *answers, json_t *element,
             struct sums *sums, struct scoreset_result *r)
{
    const char *id = filecheck_string(element, "id");
    const json_int_t given =
        json_integer_value(json_object_get(element, "weight"));
    const enum score dimension = dimension_of(element);
    json_t *value = json_object_get(answers, id);
    const size_t mark = filecheck_enter(at, id);
    unsigned quarters = 0;

    if (value == NULL)
        return filecheck_fail(at, "is missing; dont_know is an answer, too");
    switch (read_answer(element, value, &quarters)) {
    case ANSWER_BAD:
        return bad_answer(at, element);
    case ANSWER_DONT_KNOW:
        r->score.dont_know++;
        break;
    case ANSWER_NOT_APPLICABLE:
        r->score.not_applicable++;
        break;
    case ANSWER_VALUE:
        add(sums, dimension, given > 0 ? (uint64_t)given : 1, quarters);
        break;
    }
    r->score.n_elements++;
    (void)json_object_set(dimension == SCORE_PSYCHOSOCIAL ? r->mind : r->open,
                          id, value);
    filecheck_leave(at, mark);
    return true;
}

static bool
has_element(json_t *set, const char *id)
{
    json_t *element;
    size_t i;

    json_array_foreach(json_object_get(set, "elements"), i, element)
    {
        if (strcmp(filecheck_string(element, "id"), id) == 0)
            return true;
    }
    return false;
}

static bool
only_known(struct filecheck *at, json_t *answers, json_t *set)
{
    const char *key;
    json_t *value;

    json_object_foreach(answers, key, value)
    {
        if (!has_element(set, key))
            return filecheck_fail_at(at, key, "is no element of this set");
    }
    return true;
}

static bool
take_answers(struct filecheck *at, json_t *root, json_t *set,
             struct scoreset_result *r)
{
    json_t *answers = json_object_get(root, "answers"), *element;
    const size_t mark = filecheck_enter(at, "answers");
    struct sums sums;
    bool weighs = true;
    size_t i;

    memset(&sums, 0, sizeof(sums));
    if (!json_is_object(answers))
        return filecheck_fail(at, "must be a map of the set's elements");
    if (!only_known(at, answers, set))
        return false;
    json_array_foreach(json_object_get(set, "elements"), i, element)
    {
        if (!take_element(at, answers, element, &sums, r))
            return false;
        weighs &= json_object_get(element, "weight") != NULL;
    }
    for (int k = 0; k < SCORE_END; k++)
        r->score.score[k] = score_of(&sums, (enum score)k);
    r->score.is_official = weighs;
    r->score.is_flagged =
        r->score.dont_know >
        json_integer_value(json_object_get(set, "flag_above"));
    filecheck_leave(at, mark);
    return true;
}

/* ---- the file ---- */

static bool
any_text(struct filecheck *at, json_t *value)
{
    return json_is_object(value) || filecheck_text(at, value);
}

static const struct filecheck_field fields[] = {{"set", filecheck_word},
                                                {"version", filecheck_number},
                                                {"when", filecheck_time},
                                                {"answers", any_text},
                                                {"by", filecheck_text},
                                                {"note", filecheck_text},
                                                {NULL, NULL}};

static bool
take_head(struct filecheck *at, json_t *root, uint64_t now_ms,
          struct node_score *s)
{
    const char *set = filecheck_string(root, "set");
    const char *when = filecheck_string(root, "when");

    if (set == NULL || !hf_name_parse(set, &s->set))
        return filecheck_fail_at(at, "set", "is missing: such as rss-2017");
    if (!json_is_integer(json_object_get(root, "version")))
        return filecheck_fail_at(at, "version", "is missing: such as 1");
    if (when == NULL || !hf_time_parse(when, &s->at_ms) || s->at_ms == 0)
        return filecheck_fail_at(at, "when",
                                 "is missing: the day it was asked");
    if (s->at_ms > now_ms)
        return filecheck_fail_at(at, "when", "must be a time that has come");
    s->version = (uint32_t)json_integer_value(json_object_get(root, "version"));
    return true;
}

/* Words about the person lie with what they are most careful of. */
static void
keep_words(json_t *root, json_t *mind)
{
    static const char *const words[] = {"by", "note"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (json_object_get(root, words[i]) != NULL)
            (void)json_object_set(mind, words[i],
                                  json_object_get(root, words[i]));
}

bool
scoreset_score(json_t *root, uint64_t now_ms, struct scoreset_result *ret,
               struct filecheck_error *error)
{
    struct scoreset_result r = {.open = json_object(), .mind = json_object()};
    struct filecheck at;
    json_t *set = NULL;
    bool ok;

    filecheck_begin(&at, error);
    ok = filecheck_map(&at, root, fields, true) &&
         take_head(&at, root, now_ms, &r.score);
    if (ok && (set = load(r.score.set.s, r.score.version)) == NULL)
        ok = filecheck_fail_at(&at, "set",
                               "no indicator set of that name and version");
    ok = ok && take_answers(&at, root, set, &r);
    json_decref(set);
    if (!ok) {
        scoreset_free(&r);
        return false;
    }
    keep_words(root, r.mind);
    *ret = r;
    return true;
}

void
scoreset_free(struct scoreset_result *r)
{
    json_decref(r->open);
    json_decref(r->mind);
    r->open = r->mind = NULL;
}
