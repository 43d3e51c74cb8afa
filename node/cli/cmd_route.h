/*
 * cmd_route.h - how a decision is shown, to those who show one.
 */
#ifndef NODE_CMD_ROUTE_H
#define NODE_CMD_ROUTE_H

#include <jansson.h>
#include <stdio.h>

/** cmd_route_print: where to, why, what is sent and held back, by when. */
void cmd_route_print(FILE *out, const json_t *decision);

#endif /* NODE_CMD_ROUTE_H */
