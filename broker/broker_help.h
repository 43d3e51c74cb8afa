/*
 * broker_help.h - what people read of the command line: --help, the manual page
 * and bash completion, all out of one table.
 */
#ifndef BROKER_HELP_H
#define BROKER_HELP_H

#include <stdio.h>

/** broker_help: --help, at most 80 columns wide. broker_help_man: the manual
 * page, section 8. broker_help_completion: completion for bash. */
void broker_help(FILE *out);
void broker_help_man(FILE *out);
void broker_help_completion(FILE *out);

#endif /* BROKER_HELP_H */
