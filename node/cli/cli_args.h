/*
 * cli_args.h - the command line by the tables of verbs and options.
 *
 * Global options may stand anywhere; a verb's own after its name. "--x=v" and
 * "--x v" are the same; "--" ends the options.
 */
#ifndef NODE_CLI_ARGS_H
#define NODE_CLI_ARGS_H

#include "cli.h"

#define CLI_WRONG_BYTES 200

/** What a command line comes to. */
enum cli_wish {
    CLI_RUN,       /* c->verb with its arguments */
    CLI_HELP,      /* of c->verb, or of the group c->arg[0], or of all */
    CLI_VERSION,
    CLI_MAN,       /* hidden: the manual page, for the build */
    CLI_COMPLETION /* hidden: the completion of bash */
};

/** What is wrong with it and what to do, each one phrase. */
struct cli_wrong {
    char what[CLI_WRONG_BYTES];
    char hint[CLI_WRONG_BYTES];
};

/**
 * cli_args_parse: fill verb, options and arguments of @c.
 *
 * Values of comma-separated options are split in @argv itself.
 * false: *ret_wrong says why; @c has at least `json` right.
 */
bool cli_args_parse(struct cli *c, int argc, char **argv,
                    enum cli_wish *ret_wish, struct cli_wrong *ret_wrong);

/** cli_args_opt: the option a verb's list calls @token ("to=USER!"). */
const struct cli_opt *cli_args_opt(const char *token, size_t token_bytes,
                                   bool *ret_needed);
/** cli_args_next_opt: the options of @verb, one by one; begin with *pos = 0;
 * NULL at the end. */
const struct cli_opt *cli_args_next_opt(const struct cli_verb *verb,
                                        size_t *pos, bool *ret_needed);
/** cli_args_counts: how many arguments @verb takes. */
void cli_args_counts(const struct cli_verb *verb, size_t *ret_min,
                     size_t *ret_max);
/** cli_args_is_group: some verb is called "@word something". */
bool cli_args_is_group(const char *word);

#endif /* NODE_CLI_ARGS_H */
