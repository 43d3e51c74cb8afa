/*
 * filecheck.h - rules for the fields of files that people write, and the one
 * complaint: where, as a dotted path ("contact.ways.0.value"), and what.
 *
 * For case, consent and service files as JSON. A complaint names the path and
 * the rule, never the value: files hold personal data. The command line turns
 * a path into file:line. No I/O; jansson only.
 */
#ifndef NODE_API_FILECHECK_H
#define NODE_API_FILECHECK_H

#include <jansson.h>

#include "hf_text.h"
#include "hf_types.h"
#include "vocab.h"

#define FILECHECK_PATH_BYTES 160
#define FILECHECK_WHAT_BYTES 160
#define FILECHECK_DEPTH_MAX  32
#define FILECHECK_TEXT_MAX   16000 /* bytes of one text */

/* " pre_departure in_transit ...": what a complaint about a stage lists. */
#define FILECHECK_WORD(symbol, number, text) " " text
#define FILECHECK_STAGES                     STAGE_MAP(FILECHECK_WORD)

/** A complaint. */
struct filecheck_error {
    char path[FILECHECK_PATH_BYTES]; /* "" when about the file as a whole */
    char what[FILECHECK_WHAT_BYTES]; /* a sentence without the path */
};

/** Where a check stands. Made by filecheck_begin(). */
struct filecheck {
    struct filecheck_error *error;
    char path[FILECHECK_PATH_BYTES];
    size_t n; /* length of path */
};

/** A rule looks at one value; false after it has complained. */
typedef bool filecheck_rule(struct filecheck *at, json_t *value);

/** A known field of a map. */
struct filecheck_field {
    const char *name; /* NULL ends a table */
    filecheck_rule *rule;
};

void filecheck_begin(struct filecheck *at, struct filecheck_error *error);

/** filecheck_fail: complain at the present path; always false. */
bool filecheck_fail(struct filecheck *at, const char *what);
/** filecheck_fail_at: the same about @key below it. */
bool filecheck_fail_at(struct filecheck *at, const char *key, const char *what);

/** filecheck_enter / _enter_item: go down; returns what filecheck_leave()
 * needs to come back. */
size_t filecheck_enter(struct filecheck *at, const char *key);
size_t filecheck_enter_item(struct filecheck *at, size_t i);
void filecheck_leave(struct filecheck *at, size_t mark);

/**
 * filecheck_map: @value is a map; each field of it that @fields knows keeps
 * its rule. @only_known: a field that it does not know is refused, else kept.
 */
bool filecheck_map(struct filecheck *at, json_t *value,
                   const struct filecheck_field *fields, bool only_known);
/** filecheck_list: @value is a list, each item of which keeps @rule. */
bool filecheck_list(struct filecheck *at, json_t *value, filecheck_rule *rule);
/** filecheck_depth: nothing is nested deeper than FILECHECK_DEPTH_MAX. */
bool filecheck_depth(struct filecheck *at, json_t *value);

/* Rules. */
bool filecheck_text(struct filecheck *at, json_t *value);   /* not empty */
bool filecheck_number(struct filecheck *at, json_t *value); /* 0 ... 1e9 */
bool filecheck_bool(struct filecheck *at, json_t *value);
bool filecheck_word(struct filecheck *at, json_t *value); /* struct hf_name */
bool filecheck_date(struct filecheck *at, json_t *value); /* 2026-11-02 */
bool filecheck_time(struct filecheck *at, json_t *value); /* ... or RFC 3339 */
bool filecheck_edtf(struct filecheck *at, json_t *value); /* 1994~ 1994-05 */
bool filecheck_country(struct filecheck *at, json_t *value);
bool filecheck_countries(struct filecheck *at, json_t *value); /* one or more */
bool filecheck_language(struct filecheck *at, json_t *value);  /* BCP 47 */
bool filecheck_languages(struct filecheck *at, json_t *value);
bool filecheck_sex(struct filecheck *at, json_t *value);
bool filecheck_phone(struct filecheck *at, json_t *value); /* E.164 */
bool filecheck_email(struct filecheck *at, json_t *value);
bool filecheck_category(struct filecheck *at, json_t *value);
bool filecheck_purpose(struct filecheck *at, json_t *value);
bool filecheck_group(struct filecheck *at, json_t *value);

/**
 * filecheck_edtf_parse: "1994", "1994-05", "1994-05-02", each perhaps with
 * one of "~ ? %" behind. *ret_ms is 0 unless the day is known; dates before
 * 1970-01-01 give 1.
 */
bool filecheck_edtf_parse(const char *text, uint16_t *ret_year,
                          uint64_t *ret_ms);

/** filecheck_language_ok: the form of a BCP 47 tag. */
bool filecheck_language_ok(const char *text);

/** filecheck_string: a member's text, NULL when it is not there or no text. */
const char *filecheck_string(json_t *map, const char *key);

/** filecheck_language_copy: @text cut at a subtag so that it fits. */
void filecheck_language_copy(const char *text, char *out, size_t out_bytes);

#endif /* NODE_API_FILECHECK_H */
