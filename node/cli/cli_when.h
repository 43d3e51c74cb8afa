/*
 * cli_when.h - times and dates as people type them.
 *
 * RFC 3339 and plain dates as they are; "2026-11-25 10:00" in the time zone of
 * the terminal; durations ("24h") from now.
 */
#ifndef NODE_CLI_WHEN_H
#define NODE_CLI_WHEN_H

#include "cli.h"
#include "cli_conn.h"
#include "hf_text.h"

enum cli_side { CLI_AHEAD, CLI_BACK }; /* which way "24h" points */

/** cli_when_parse: @text as RFC 3339 or a date into @out; false: no time. */
bool cli_when_parse(const char *text, enum cli_side side, uint64_t now_ms,
                    char out[static HF_TIME_TEXT_BYTES]);

/** cli_when: the value of option @name so; *ret is @out, or NULL when the
 * option was not given. The exit status. */
int cli_when(struct cli *c, const char *name, enum cli_side side,
             char out[static HF_TIME_TEXT_BYTES], const char **ret);

/** cli_path_span: options --from and --to into @p as from and to. The exit
 * status. */
int cli_path_span(struct cli *c, struct cli_path *p);

/** cli_when_later: what happened elsewhere and is entered now (--on-behalf,
 * --happened-at, --by, --spoke-to), into @body. The exit status. */
int cli_when_later(struct cli *c, json_t *body);

#endif /* NODE_CLI_WHEN_H */
