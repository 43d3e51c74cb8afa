#include "cli_html.h"

#include <ctype.h>
#include <string.h>

#include "cli_i18n.h"
#include "cli_out.h"
#include "hf_text.h"

#define DEPTH_MAX 32

static const char style[] =
    "@page{size:A4;margin:18mm 16mm}"
    "body{font:11pt/1.45 'Noto Sans','Noto Naskh Arabic','Segoe UI',Arial,"
    "sans-serif;color:#000;max-width:178mm;margin:8mm auto;padding:0 4mm}"
    "h1{font-size:18pt;margin:0 0 4mm}"
    "h2{font-size:13pt;margin:7mm 0 2mm;border-bottom:.4mm solid #000;"
    "break-after:avoid}"
    "h3{font-size:11pt;margin:4mm 0 1mm;break-after:avoid}"
    ".note{border:.6mm solid #000;padding:3mm 4mm;margin:0 0 5mm;"
    "font-weight:600;break-inside:avoid}"
    "dl{display:grid;grid-template-columns:minmax(32mm,max-content) 1fr;"
    "column-gap:5mm;row-gap:.8mm;margin:0}"
    "dt{color:#333}dd{margin:0;overflow-wrap:anywhere}"
    "dl,li{break-inside:avoid-page}"
    "ul{margin:0;padding-inline-start:5mm}li+li{margin-top:1mm}"
    "td:first-child{white-space:nowrap}"
    "section{margin:0 0 4mm}"
    "table{border-collapse:collapse;width:100%}"
    "th,td{border:.2mm solid #777;padding:1mm 2mm;text-align:start;"
    "vertical-align:top;overflow-wrap:anywhere}"
    "thead{display:table-header-group}tr{break-inside:avoid}"
    ".line{display:block;border-bottom:.2mm solid #777;height:5mm}"
    ".box{display:inline-block;width:3.2mm;height:3.2mm;border:.3mm solid #000}"
    "footer{margin-top:8mm;font-size:9pt;color:#333}";

void
cli_html_raw(struct hf_buf *out, const char *markup)
{
    (void)hf_buf_add(out, markup, strlen(markup));
}

static void
put_escaped(struct hf_buf *out, const char *text)
{
    char *clean = cli_out_clean(text);

    for (const char *p = clean; p != NULL && *p != '\0'; p++) {
        if (*p == '<')
            cli_html_raw(out, "&lt;");
        else if (*p == '>')
            cli_html_raw(out, "&gt;");
        else if (*p == '&')
            cli_html_raw(out, "&amp;");
        else if (*p == '"')
            cli_html_raw(out, "&quot;");
        else
            (void)hf_buf_add(out, p, 1);
    }
    out->failed = out->failed || clean == NULL;
    free(clean);
}

void
cli_html_plain(struct hf_buf *out, const char *text)
{
    put_escaped(out, text);
}

void
cli_html_text(struct hf_buf *out, const char *text)
{
    cli_html_raw(out, "<bdi dir=\"auto\">");
    put_escaped(out, text);
    cli_html_raw(out, "</bdi>");
}

void
cli_html_begin(struct hf_buf *out, const char *title)
{
    cli_html_raw(out, "<!DOCTYPE html>\n<html lang=\"");
    cli_html_raw(out, cli_i18n_language());
    cli_html_raw(out, cli_i18n_is_rtl() ? "\" dir=\"rtl\"" : "\"");
    cli_html_raw(out, "><head>"
                      "<meta charset=\"utf-8\">"
                      "<meta name=\"referrer\" content=\"no-referrer\">"
                      "<meta http-equiv=\"Content-Security-Policy\" "
                      "content=\"default-src 'none'; style-src "
                      "'unsafe-inline'\"><title>");
    put_escaped(out, title);
    cli_html_raw(out, "</title><style>");
    cli_html_raw(out, style);
    cli_html_raw(out, "</style></head><body>\n<h1>");
    put_escaped(out, title);
    cli_html_raw(out, "</h1>\n");
}

void
cli_html_end(struct hf_buf *out)
{
    cli_html_raw(out, "</body></html>\n");
}

/* "may_say" as "May say". */
static void
put_words(struct hf_buf *out, const char *key)
{
    const char *known = cli_tr(key);
    char words[80];
    size_t n = 0;

    if (known != key) {
        put_escaped(out, known);
        return;
    }
    for (; key[n] != '\0' && n + 1 < sizeof(words); n++)
        words[n] = key[n] == '_' ? ' ' : key[n];
    words[n] = '\0';
    words[0] = (char)toupper((unsigned char)words[0]);
    put_escaped(out, words);
}

void
cli_html_heading(struct hf_buf *out, const char *key)
{
    cli_html_raw(out, "<h2>");
    put_words(out, key);
    cli_html_raw(out, "</h2>\n");
}

void
cli_html_note(struct hf_buf *out, const char *text)
{
    cli_html_raw(out, "<p class=\"note\">");
    put_escaped(out, text);
    cli_html_raw(out, "</p>\n");
}

void
cli_html_facts(struct hf_buf *out, bool begin)
{
    cli_html_raw(out, begin ? "<dl>" : "</dl>\n");
}

void
cli_html_field(struct hf_buf *out, const char *key, const char *value)
{
    if (value == NULL || value[0] == '\0')
        return;
    cli_html_raw(out, "<dt>");
    put_words(out, key);
    cli_html_raw(out, "</dt><dd>");
    cli_html_text(out, value);
    cli_html_raw(out, "</dd>");
}

static void
put_scalar(struct hf_buf *out, const json_t *value)
{
    char at[CLI_OUT_TIME];
    uint64_t ms;

    if (json_is_string(value)) {
        const char *text = json_string_value(value);
        const bool is_time = strlen(text) > 19 && text[10] == 'T' &&
                             hf_time_parse(text, &ms);

        cli_html_text(out, is_time ? cli_out_time(text, at) : cli_tr(text));
    } else {
        char *text =
            json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(9));

        cli_html_text(out, json_is_true(value)    ? cli_tr(CLI_N("yes"))
                           : json_is_false(value) ? cli_tr(CLI_N("no"))
                                                  : text);
        free(text);
    }
}

static bool
is_nothing(const json_t *value)
{
    return json_is_null(value) ||
           (json_is_array(value) && json_array_size(value) == 0) ||
           (json_is_object(value) && json_object_size(value) == 0);
}

/* A list of words stands in one line. */
static bool
put_words_in_line(struct hf_buf *out, const json_t *list)
{
    json_t *item;
    size_t i;

    json_array_foreach(list, i, item)
    {
        if (!json_is_string(item) && !json_is_number(item))
            return false;
    }
    json_array_foreach(list, i, item)
    {
        cli_html_raw(out, i > 0 ? ", " : "");
        put_scalar(out, item);
    }
    return true;
}

static void
put_value(struct hf_buf *out, const json_t *value, unsigned depth)
{
    const char *key;
    json_t *item;
    size_t i;

    if (depth > DEPTH_MAX)
        return;
    if (json_is_object(value)) {
        cli_html_raw(out, "<dl>");
        json_object_foreach((json_t *)(uintptr_t)value, key, item)
        {
            if (is_nothing(item))
                continue;
            cli_html_raw(out, "<dt>");
            put_words(out, key);
            cli_html_raw(out, "</dt><dd>");
            put_value(out, item, depth + 1);
            cli_html_raw(out, "</dd>");
        }
        cli_html_raw(out, "</dl>");
    } else if (json_is_array(value)) {
        if (put_words_in_line(out, value))
            return;
        cli_html_raw(out, "<ul>");
        json_array_foreach(value, i, item)
        {
            cli_html_raw(out, "<li>");
            put_value(out, item, depth + 1);
            cli_html_raw(out, "</li>");
        }
        cli_html_raw(out, "</ul>");
    } else {
        put_scalar(out, value);
    }
}

void
cli_html_value(struct hf_buf *out, const json_t *value)
{
    put_value(out, value, 0);
    cli_html_raw(out, "\n");
}
