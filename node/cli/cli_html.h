/*
 * cli_html.h - a document for paper: one HTML file, A4, nothing loaded from
 * anywhere.
 *
 * Every text is escaped and isolated in its own direction (dir="auto"), so
 * that an Arabic name between Latin words does not turn the line around.
 */
#ifndef NODE_CLI_HTML_H
#define NODE_CLI_HTML_H

#include <jansson.h>

#include "hf_buf.h"

/** cli_html_begin: up to the headline. cli_html_end: the last line. */
void cli_html_begin(struct hf_buf *out, const char *title);
void cli_html_end(struct hf_buf *out);
/** cli_html_text: escaped, control characters and direction overrides left
 * out, isolated. */
void cli_html_text(struct hf_buf *out, const char *text);
/** cli_html_heading: "the_key" as "The key". */
void cli_html_heading(struct hf_buf *out, const char *key);
/** cli_html_plain: escaped, in the direction of the document. */
void cli_html_plain(struct hf_buf *out, const char *text);
void cli_html_note(struct hf_buf *out, const char *text);
/** cli_html_field: one row of a list of facts; begin and end it around them.
 * NULL and "" print nothing. */
void cli_html_facts(struct hf_buf *out, bool begin);
void cli_html_field(struct hf_buf *out, const char *key, const char *value);
/** cli_html_value: any JSON, as nested facts and lists. */
void cli_html_value(struct hf_buf *out, const json_t *value);
void cli_html_raw(struct hf_buf *out, const char *markup);

#endif /* NODE_CLI_HTML_H */
