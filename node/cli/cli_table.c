/* Tables of text: aligned columns, cut to the line where they may be. */
#include <stdlib.h>
#include <string.h>

#include "cli_i18n.h"
#include "cli_out.h"
#include "hf_assert.h"

#define GAP 2 /* spaces between columns */

struct cli_table {
    const struct cli_col *cols;
    size_t n_cols;
    size_t n_rows;
    char **cell; /* n_rows * n_cols; NULL: no memory for it */
    bool failed; /* rows are missing for want of memory */
};

struct cli_table *
cli_table_new(const struct cli_col *cols, size_t n)
{
    struct cli_table *t = calloc(1, sizeof(*t));

    HF_ASSERT(n > 0 && n <= CLI_OUT_COLS_MAX);
    if (t == NULL)
        return NULL;
    t->cols = cols;
    t->n_cols = n;
    return t;
}

void
cli_table_free(struct cli_table *t)
{
    if (t == NULL)
        return;
    for (size_t i = 0; i < t->n_rows * t->n_cols; i++)
        free(t->cell[i]);
    free(t->cell);
    free(t);
}

void
cli_table_row(struct cli_table *t, const char *const *cells)
{
    char **grown;

    if (t == NULL)
        return;
    grown = realloc(t->cell, (t->n_rows + 1) * t->n_cols * sizeof(t->cell[0]));
    if (grown == NULL) {
        t->failed = true;
        return;
    }
    t->cell = grown;
    for (size_t i = 0; i < t->n_cols; i++)
        t->cell[t->n_rows * t->n_cols + i] = cli_out_clean(cells[i]);
    t->n_rows++;
}

static const char *
cell_at(const struct cli_table *t, size_t row, size_t col)
{
    const char *text = t->cell[row * t->n_cols + col];

    return text != NULL ? text : "";
}

static size_t
line_width(const struct cli_table *t, const size_t *width)
{
    size_t sum = 0;

    for (size_t i = 0; i < t->n_cols; i++)
        sum += width[i] + (i + 1 < t->n_cols ? GAP : 0);
    return sum;
}

/* The widest column that may shrink, or n_cols; its header's width it keeps. */
static size_t
widest_of(const struct cli_table *t, const size_t *width, bool last)
{
    size_t widest = t->n_cols;

    for (size_t i = 0; i < t->n_cols; i++)
        if (t->cols[i].fit != CLI_KEEP &&
            (t->cols[i].fit == CLI_CUT_LAST) == last &&
            width[i] > cli_out_width(cli_tr(t->cols[i].head)) && width[i] > 4 &&
            (widest == t->n_cols || width[i] > width[widest]))
            widest = i;
    return widest;
}

/* The widest column gives, a cell at a time, while the line is too long. */
static void
fit(const struct cli_table *t, size_t *width)
{
    while (line_width(t, width) > CLI_OUT_COLUMNS) {
        size_t widest = widest_of(t, width, false);

        if (widest == t->n_cols)
            widest = widest_of(t, width, true);
        if (widest == t->n_cols)
            return;
        width[widest]--;
    }
}

/* One cell. Spaces are owed until something follows them, so that no line ends
 * in spaces. */
static void
put_cell(FILE *out, const char *text, size_t width, size_t *owed)
{
    const size_t cells = cli_out_width(text);
    char head[512];
    size_t used = cells;

    if (cells == 0) {
        *owed += width + GAP;
        return;
    }
    fprintf(out, "%*s", (int)*owed, "");
    if (cells > width) {
        (void)snprintf(head, sizeof(head), "%.*s",
                       (int)cli_out_cut(text, width - 1), text);
        used = cli_out_width(head) + 1;
        fprintf(out, "%s\u2026", head);
    } else {
        fputs(text, out);
    }
    *owed = width - used + GAP;
}

static void
put_head(const struct cli_table *t, FILE *out, const size_t *width)
{
    size_t owed = 0;

    for (size_t i = 0; i < t->n_cols; i++)
        put_cell(out, cli_tr(t->cols[i].head), width[i], &owed);
    fputc('\n', out);
}

/* What of a cell that wraps stands in this line; *rest is moved behind it. */
static const char *
next_part(const char **rest, size_t width, char part[static 512])
{
    const size_t n = cli_out_line(*rest, width);

    (void)snprintf(part, 512, "%.*s", (int)n, *rest);
    *rest += n;
    *rest += strspn(*rest, " ");
    return part;
}

static void
put_row(const struct cli_table *t, FILE *out, const size_t *width, size_t row)
{
    const char *rest[CLI_OUT_COLS_MAX];
    bool more = true;

    for (size_t i = 0; i < t->n_cols; i++)
        rest[i] = cell_at(t, row, i);
    while (more) {
        size_t owed = 0;

        more = false;
        for (size_t i = 0; i < t->n_cols; i++) {
            char part[512];

            if (t->cols[i].fit == CLI_WRAP) {
                put_cell(out, next_part(&rest[i], width[i], part), width[i],
                         &owed);
            } else {
                put_cell(out, rest[i], width[i], &owed);
                rest[i] = "";
            }
            more |= rest[i][0] != '\0';
        }
        fputc('\n', out);
    }
}

void
cli_table_print(const struct cli_table *t, FILE *out, const char *none)
{
    size_t width[CLI_OUT_COLS_MAX];

    if (t == NULL || t->n_rows == 0) {
        fprintf(out, "%s\n", cli_tr(none));
        return;
    }
    for (size_t i = 0; i < t->n_cols; i++) {
        width[i] = cli_out_width(cli_tr(t->cols[i].head));
        for (size_t row = 0; row < t->n_rows; row++) {
            const size_t w = cli_out_width(cell_at(t, row, i));

            width[i] = w > width[i] ? w : width[i];
        }
    }
    fit(t, width);
    put_head(t, out, width);
    for (size_t row = 0; row < t->n_rows; row++)
        put_row(t, out, width, row);
    if (t->failed)
        fprintf(out, "(some lines are missing: out of memory)\n");
}
