/*
 * cli_help.h - what the tables of cli_verbs.c say, for people and for bash.
 */
#ifndef NODE_CLI_HELP_H
#define NODE_CLI_HELP_H

#include <stdio.h>

struct cli;

/** cli_help_print: of c->verb; else of the group c->arg[0]; else of all. */
void cli_help_print(struct cli *c);
/** cli_help_man: the manual page, handoff(1). */
void cli_help_man(FILE *out);
/** cli_help_completion: completion for bash. */
void cli_help_completion(FILE *out);

#endif /* NODE_CLI_HELP_H */
