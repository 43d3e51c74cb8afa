/*
 * cli_out.h - text for a person at a terminal of 80 columns.
 *
 * Widths are counted in terminal cells of UTF-8 text: combining marks take
 * none, East Asian wide characters two. What comes from files and peers is
 * shown through cli_out_clean(), so that nobody sends escape sequences or
 * turns the direction of a line.
 */
#ifndef NODE_CLI_OUT_H
#define NODE_CLI_OUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "hf_err.h"

#define CLI_OUT_COLUMNS  80
#define CLI_OUT_LABEL    14 /* cells of the labels at the left */
#define CLI_OUT_COLS_MAX 10
#define CLI_OUT_ID       16 /* bytes of a short id */
#define CLI_OUT_TIME     32 /* bytes of a time */

/** cli_out_width: terminal cells that @text takes. */
size_t cli_out_width(const char *text);
/** cli_out_cut: how many bytes of @text fit in @cells. */
size_t cli_out_cut(const char *text, size_t cells);
/** cli_out_line: how many bytes of @text are one line of @cells: whole words as
 * long as they fit. */
size_t cli_out_line(const char *text, size_t cells);
/** cli_out_clean: a copy with control characters and direction overrides
 * replaced, newlines by spaces; NULL gives "". free() it. */
char *cli_out_clean(const char *text);

/** cli_out_wrapped: clean @text from here on, where @indent cells are taken,
 * and under itself where it is longer than the line. Ends the line. */
void cli_out_wrapped(FILE *out, size_t indent, const char *text);

/** cli_out_field: "Label         value ...", wrapped under itself. An empty
 * value prints nothing. */
void cli_out_field(FILE *out, const char *label, const char *value);
/** cli_out_fieldf: the same with a format. */
void cli_out_fieldf(FILE *out, const char *label, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

struct cli_table; /* rows of text, printed aligned */

/* What a column does when the line is too long; false and true do for the
 * first two. */
enum { CLI_KEEP, CLI_CUT, CLI_CUT_LAST, CLI_WRAP };

struct cli_col {
    const char *head;
    unsigned char fit; /* CLI_CUT: cut with "..."; CLI_CUT_LAST: only when the
                        * others are as narrow as they can be; CLI_WRAP: goes
                        * on under itself, broken at spaces */
};

/** cli_table_new: of @n columns, which must outlive it. NULL: no memory. */
struct cli_table *cli_table_new(const struct cli_col *cols, size_t n);
/** cli_table_row: @cells has as many texts as columns; copied, cleaned. */
void cli_table_row(struct cli_table *t, const char *const *cells);
/** cli_table_print: with a header, no line longer than CLI_OUT_COLUMNS if
 * the columns that may shrink make it possible; @none when there is no row. */
void cli_table_print(const struct cli_table *t, FILE *out, const char *none);
void cli_table_free(struct cli_table *t); /* NULL is fine */

/** cli_out_data: a JSON value as indented lines, for sections and cards. */
void cli_out_data(FILE *out, unsigned indent, const json_t *value);

/** cli_out_time: an RFC 3339 text in local time into @out; what is no time
 * stays as it is; NULL and "" give "-". Returns @out. */
const char *cli_out_time(const char *rfc3339, char out[static CLI_OUT_TIME]);

/** cli_out_day: the same in a few cells, for a table: "08:15" today, else
 * "12-07 08:15", and the day alone where the year is another. */
const char *cli_out_day(const char *rfc3339, char out[static CLI_OUT_TIME]);

/** cli_out_first_day / _last_day: of what holds from an instant, or until one,
 * as files write it: a file that says "until 2028-12-31" means all of that day,
 * to midnight. Another time of day is a time; "" stays empty. */
const char *cli_out_first_day(const char *rfc3339,
                              char out[static CLI_OUT_TIME]);
const char *cli_out_last_day(const char *rfc3339,
                             char out[static CLI_OUT_TIME]);

/** cli_out_id: the first symbols of an id, enough to be told from others and
 * to be given back as an argument: "HC-4K2M9QXT". Returns @out. */
const char *cli_out_id(const char *id, char out[static CLI_OUT_ID]);

/** cli_write_new: a new file that only its owner reads; one that is there
 * stays as it is. The exit status. */
struct cli;
struct hf_buf;
int cli_write_new(struct cli *c, const char *option, const char *path,
                  const struct hf_buf *buf);
/** cli_cannot_write: says so, by errno where it tells more than @err. The exit
 * status. */
int cli_cannot_write(struct cli *c, const char *path, const char *hint,
                     enum hf_err err);

/* Members of JSON objects, for printing: never NULL. */
const char *cli_out_text(const json_t *object, const char *key);
bool cli_out_true(const json_t *object, const char *key);
/** cli_out_join: a list of texts as "a, b, c" ("-" when empty); free() it. */
char *cli_out_join(const json_t *list);

#endif /* NODE_CLI_OUT_H */
