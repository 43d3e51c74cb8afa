/*
 * cli_progress.h - how far long work has come, on a terminal; elsewhere
 * nothing.
 */
#ifndef NODE_CLI_PROGRESS_H
#define NODE_CLI_PROGRESS_H

#include <stdint.h>

#include "cli.h"

struct cli_progress {
    FILE *to;        /* NULL: nobody looks */
    const char *what;
    uint64_t total;  /* bytes; 0: not known */
    uint64_t told_ms;
};

/** cli_progress_begin: @what is static: "Sealing". */
void cli_progress_begin(struct cli_progress *p, struct cli *c,
                        const char *what, uint64_t total);
/** cli_progress_at: so many bytes are done; fits hf_archive_progress. */
void cli_progress_at(void *progress, uint64_t bytes);
/** cli_progress_end: the line goes. */
void cli_progress_end(struct cli_progress *p);

#endif /* NODE_CLI_PROGRESS_H */
