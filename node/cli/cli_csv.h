/*
 * cli_csv.h - a list as a table for a spreadsheet (RFC 4180).
 */
#ifndef NODE_CLI_CSV_H
#define NODE_CLI_CSV_H

#include <jansson.h>
#include <stddef.h>

#include "cli.h"

/** cli_csv_write: the members @key[] of each of @items, with a line of headers,
 * into the file of option --csv; lists with commas. The exit status. */
int cli_csv_write(struct cli *c, const char *const *key, size_t n,
                  const json_t *items);

#endif /* NODE_CLI_CSV_H */
