#include "cli_out.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli_i18n.h"
#include "hf_proc.h"
#include "hf_text.h"

#define KEY_CELLS 16 /* of a field of a section */

_Static_assert(CLI_OUT_TIME >= HF_TIME_TEXT_BYTES, "a time fits");

struct range {
    uint32_t first;
    uint32_t last;
};

/* Marks that stand on the letter before them, and invisible signs: those of
 * the scripts that names here are written in. */
static const struct range no_width[] = {
    {0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x05bf, 0x05bf},
    {0x05c1, 0x05c7}, {0x0610, 0x061a}, {0x064b, 0x065f}, {0x0670, 0x0670},
    {0x06d6, 0x06dc}, {0x06df, 0x06e4}, {0x06e7, 0x06e8}, {0x06ea, 0x06ed},
    {0x0711, 0x0711}, {0x0730, 0x074a}, {0x08d3, 0x0902}, {0x093a, 0x093a},
    {0x093c, 0x093c}, {0x0941, 0x0948}, {0x094d, 0x094d}, {0x0981, 0x0981},
    {0x09bc, 0x09bc}, {0x09c1, 0x09c4}, {0x09cd, 0x09cd}, {0x0e31, 0x0e31},
    {0x0e34, 0x0e3a}, {0x0e47, 0x0e4e}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff},
    {0x200b, 0x200f}, {0x202a, 0x202e}, {0x2060, 0x2069}, {0x20d0, 0x20f0},
    {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xfeff, 0xfeff}};

static const struct range two_cells[] = {
    {0x1100, 0x115f},   {0x2e80, 0x303e},  {0x3041, 0x33ff}, {0x3400, 0x4dbf},
    {0x4e00, 0x9fff},   {0xa000, 0xa4cf},  {0xac00, 0xd7a3}, {0xf900, 0xfaff},
    {0xfe30, 0xfe6f},   {0xff00, 0xff60},  {0xffe0, 0xffe6}, {0x1f300, 0x1f64f},
    {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};

static bool
is_in(const struct range *r, size_t n, uint32_t c)
{
    for (size_t i = 0; i < n; i++)
        if (c >= r[i].first && c <= r[i].last)
            return true;
    return false;
}

static unsigned
cells_of(uint32_t c)
{
    if (is_in(no_width, sizeof(no_width) / sizeof(no_width[0]), c))
        return 0;
    if (is_in(two_cells, sizeof(two_cells) / sizeof(two_cells[0]), c))
        return 2;
    return 1;
}

/* One character of UTF-8; what is none counts as one byte, U+FFFD. */
static size_t
decode(const char *text, uint32_t *ret)
{
    const unsigned char *p = (const unsigned char *)text;
    const size_t n = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    uint32_t c = n == 1 ? p[0] : p[0] & (0xffu >> (n + 1));

    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) { /* also the end of the text */
            *ret = 0xfffd;
            return 1;
        }
        c = c << 6 | (p[i] & 0x3f);
    }
    *ret = n > 1 && c < 0x80 ? 0xfffd : c;
    return n;
}

size_t
cli_out_width(const char *text)
{
    size_t cells = 0;

    while (*text != '\0') {
        uint32_t c;

        text += decode(text, &c);
        cells += cells_of(c);
    }
    return cells;
}

size_t
cli_out_cut(const char *text, size_t cells)
{
    size_t at = 0;

    while (text[at] != '\0') {
        uint32_t c;
        const size_t n = decode(text + at, &c);

        if (cells_of(c) > cells)
            break;
        cells -= cells_of(c);
        at += n;
    }
    return at;
}

/* What may not reach a terminal: controls, and signs that reorder the line
 * beyond their own word. */
static bool
is_unsafe(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) ||
           (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
           c == 0xfffd;
}

char *
cli_out_clean(const char *text)
{
    const size_t max = text != NULL ? strlen(text) : 0;
    char *copy = malloc(max + 1);
    size_t to = 0;

    if (copy == NULL)
        return NULL;
    for (size_t at = 0; at < max;) {
        uint32_t c;
        const size_t n = decode(text + at, &c);

        if (c == '\n' || c == '\t')
            copy[to++] = ' ';
        else if (is_unsafe(c))
            copy[to++] = '?';
        else
            for (size_t i = 0; i < n; i++)
                copy[to++] = text[at + i];
        at += n;
    }
    copy[to] = '\0';
    return copy;
}

size_t
cli_out_line(const char *text, size_t cells)
{
    const size_t fit = cli_out_cut(text, cells);
    size_t n = fit;

    if (text[fit] == '\0')
        return fit;
    while (n > 0 && text[n] != ' ')
        n--;
    return n > 0 ? n : fit > 0 ? fit : strlen(text);
}

void
cli_out_wrapped(FILE *out, size_t indent, const char *text)
{
    const size_t cells =
        indent < CLI_OUT_COLUMNS / 2 ? CLI_OUT_COLUMNS - indent : 40;

    for (;;) {
        const size_t n = cli_out_line(text, cells);

        fprintf(out, "%.*s\n", (int)n, text);
        text += n;
        text += strspn(text, " ");
        if (*text == '\0')
            return;
        fprintf(out, "%*s", (int)indent, "");
    }
}

void
cli_out_field(FILE *out, const char *label, const char *value)
{
    size_t cells;
    char *clean;

    if (value == NULL || value[0] == '\0')
        return;
    clean = cli_out_clean(value);
    if (clean == NULL)
        return;
    label = cli_tr(label);
    cells = cli_out_width(label);
    fprintf(out, "%s%*s", label,
            cells < CLI_OUT_LABEL ? (int)(CLI_OUT_LABEL - cells) : 1, "");
    cli_out_wrapped(out, CLI_OUT_LABEL, clean);
    free(clean);
}

void
cli_out_fieldf(FILE *out, const char *label, const char *fmt, ...)
{
    va_list args;
    char *text = NULL;
    int n;

    va_start(args, fmt);
    n = vasprintf(&text, fmt, args);
    va_end(args);
    if (n < 0)
        return;
    cli_out_field(out, label, text);
    free(text);
}

static bool
is_scalar(const json_t *value)
{
    return !json_is_object(value) && !json_is_array(value);
}

/* A list of nothing but plain values stands on one line. */
static bool
is_flat(const json_t *value)
{
    json_t *item;
    size_t i;

    json_array_foreach(value, i, item)
    {
        if (!is_scalar(item))
            return false;
    }
    return json_is_array(value) || is_scalar(value);
}

static void
put_scalar(FILE *to, const json_t *value)
{
    if (json_is_string(value))
        fputs(json_string_value(value), to);
    else if (json_is_integer(value))
        fprintf(to, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        fprintf(to, "%g", json_real_value(value));
    else
        fputs(json_is_true(value)    ? "yes"
              : json_is_false(value) ? "no"
                                     : "-",
              to);
}

/* A plain value, or a list of them with commas, as clean text; free() it. */
static char *
flat_text(const json_t *value)
{
    char *text = NULL, *clean;
    size_t size = 0, i;
    FILE *f = open_memstream(&text, &size);
    json_t *item;

    if (f == NULL)
        return NULL;
    if (is_scalar(value) || json_array_size(value) == 0)
        put_scalar(f, value);
    json_array_foreach(value, i, item)
    {
        fputs(i > 0 ? ", " : "", f);
        put_scalar(f, item);
    }
    (void)fclose(f);
    clean = cli_out_clean(text);
    free(text);
    return clean;
}

static void
put_flat(FILE *out, size_t indent, const json_t *value)
{
    char *text = flat_text(value);

    if (text != NULL)
        cli_out_wrapped(out, indent, text);
    free(text);
}

/* @mark stands before the key: "- " of the first in a list's item. */
static void
put_member(FILE *out, unsigned indent, const char *mark, const char *key,
           const json_t *value)
{
    char *clean = cli_out_clean(key);
    const size_t cells = clean != NULL ? cli_out_width(clean) : 0;
    const size_t pad = cells < KEY_CELLS ? KEY_CELLS - cells : 0;
    const size_t left = indent + strlen(mark) + cells + pad + 1;

    if (clean == NULL)
        return;
    fprintf(out, "%*s%s%s", (int)indent, "", mark, clean);
    if (is_flat(value) && left < CLI_OUT_COLUMNS / 2) {
        fprintf(out, "%*s ", (int)pad, "");
        put_flat(out, left, value);
    } else {
        fputc('\n', out);
        cli_out_data(out, indent + (unsigned)strlen(mark) + 2, value);
    }
    free(clean);
}

/* Things of a list: each begins with a dash. */
static void
put_list(FILE *out, unsigned indent, const json_t *list)
{
    size_t i;
    json_t *item;

    json_array_foreach(list, i, item)
    {
        const char *key;
        json_t *member;
        bool first = true;

        if (!json_is_object(item)) {
            fprintf(out, "%*s- ", (int)indent, "");
            put_flat(out, indent + 2, item);
            continue;
        }
        json_object_foreach(item, key, member)
        {
            put_member(out, indent, first ? "- " : "  ", key, member);
            first = false;
        }
    }
}

void
cli_out_data(FILE *out, unsigned indent, const json_t *value)
{
    const char *key;
    json_t *member;

    if (json_is_object(value)) {
        json_object_foreach((json_t *)(uintptr_t)value, key, member)
            put_member(out, indent, "", key, member);
    } else if (is_flat(value)) {
        fprintf(out, "%*s", (int)indent, "");
        put_flat(out, indent, value);
    } else {
        put_list(out, indent, value);
    }
}

const char *
cli_out_id(const char *id, char out[static CLI_OUT_ID])
{
    (void)snprintf(out, CLI_OUT_ID, "%.11s", id);
    return out;
}

const char *
cli_out_time(const char *rfc3339, char out[static CLI_OUT_TIME])
{
    uint64_t ms;

    if (rfc3339 == NULL || rfc3339[0] == '\0')
        return memcpy(out, "-", 2);
    if (strlen(rfc3339) > 10 && hf_time_parse(rfc3339, &ms))
        return hf_time_format_local(ms, out);
    (void)snprintf(out, CLI_OUT_TIME, "%.31s", rfc3339);
    for (char *p = out; *p != '\0'; p++)
        if (*p < ' ' || *p > '~')
            *p = '?'; /* no time: somebody else's text */
    return out;
}

static const char *
day_of(const char *time, uint64_t back_ms, char out[static CLI_OUT_TIME])
{
    const uint64_t day_ms = UINT64_C(86400000);
    char text[HF_TIME_TEXT_BYTES];
    uint64_t ms;

    if (time[0] == '\0')
        return "";
    if (!hf_time_parse(time, &ms) || ms % day_ms != 0 || ms < day_ms)
        return cli_out_time(time, out);
    (void)snprintf(out, CLI_OUT_TIME, "%.10s",
                   hf_time_format(ms - back_ms, text));
    return out;
}

const char *
cli_out_first_day(const char *rfc3339, char out[static CLI_OUT_TIME])
{
    return day_of(rfc3339, 0, out);
}

const char *
cli_out_last_day(const char *rfc3339, char out[static CLI_OUT_TIME])
{
    return day_of(rfc3339, 1, out);
}

const char *
cli_out_day(const char *rfc3339, char out[static CLI_OUT_TIME])
{
    char today[HF_TIME_TEXT_BYTES];

    (void)cli_out_time(rfc3339, out);
    (void)hf_time_format_local(hf_clock_wall_ms(), today);
    if (strlen(out) != sizeof("2026-12-07 08:15") - 1)
        return out;
    if (strncmp(out, today, 10) == 0)
        return memmove(out, out + 11, 6);
    if (strncmp(out, today, 5) == 0)
        return memmove(out, out + 5, 12);
    out[10] = '\0';
    return out;
}

const char *
cli_out_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "";
}

bool
cli_out_true(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

char *
cli_out_join(const json_t *list)
{
    char *text = NULL;
    size_t size = 0, i;
    FILE *f = open_memstream(&text, &size);
    json_t *item;

    if (f == NULL)
        return NULL;
    if (json_array_size(list) == 0)
        fputs("-", f);
    json_array_foreach(list, i, item)
    {
        const char *s = json_string_value(item);

        fprintf(f, "%s%s", i > 0 ? ", " : "", s != NULL ? s : "?");
    }
    (void)fclose(f);
    return text;
}
