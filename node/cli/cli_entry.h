/*
 * cli_entry.h - an entry of a chain as text.
 *
 * Its line says when, who, which event; under it stand the appointment, the
 * words and the report that went with it, and who entered it for whom.
 */
#ifndef NODE_CLI_ENTRY_H
#define NODE_CLI_ENTRY_H

#include <jansson.h>
#include <stdio.h>

/** cli_entry_print: an item of "chain" as `show --json` has it. */
void cli_entry_print(FILE *out, const json_t *entry);

#endif /* NODE_CLI_ENTRY_H */
