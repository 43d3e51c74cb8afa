/*
 * cli.h - one run of the `handoff` program: what was asked, and how it ends.
 *
 * main.c calls cli_main(), which finds the verb in the table of cli_verbs.c,
 * reads the options that the verb takes (cli_args.c), and calls its function
 * in a cmd_*.c. Every function that does a verb's work returns the exit status
 * of the program, one of <sysexits.h>: 0 done, EX_REFUSED, EX_USAGE bad
 * command line, EX_DATAERR bad input, EX_NOINPUT no such thing, EX_UNAVAILABLE
 * node not reachable, EX_SOFTWARE, EX_TEMPFAIL not now, EX_NOPERM, EX_CONFIG.
 *
 * One thread; texts of the command line are borrowed from argv.
 */
#ifndef NODE_CLI_H
#define NODE_CLI_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sysexits.h>

#define EX_REFUSED 1 /* by consent, SOP or state */

#define CLI_ARGS_MAX   256
#define CLI_VALUES_MAX 256
#define CLI_PATH_BYTES 4096
#define HANDOFF_VERSION "0.1.0"

struct cli;
struct cli_file;

/** An option. The same name may stand in the table with several values. */
struct cli_opt {
    const char *name;  /* without the dashes */
    const char *value; /* what its value is called; NULL: it takes none */
    char many;         /* 0: once; '+': may be repeated, and take several
                        * words; ',': commas separate them, too */
    const char *help;
};

/** A command. Those without run() are known but not in this version. */
struct cli_verb {
    const char *name; /* "status", "case new" */
    const char *args; /* "CASE FILE...", "[CASE]": what stands after it */
    const char *opts; /* "need! urgency to=USER": names in the table of
                       * options; "=" picks the one with that value, "!": must
                       * be given */
    const char *help; /* one line */
    int (*run)(struct cli *c);
    bool is_final;    /* cannot be undone: asks, or wants --yes */
};

struct cli_value {
    const struct cli_opt *opt;
    const char *text; /* NULL for an option without value */
};

struct cli {
    const struct cli_verb *verb;
    const char *dir;  /* -C or $HANDOFF_DIR; NULL: not given */
    const char *user; /* --user; NULL: the caller's account */
    bool json;
    bool yes;
    size_t n_args;
    const char *arg[CLI_ARGS_MAX];
    size_t n_values;
    struct cli_value value[CLI_VALUES_MAX];
    FILE *out;
    FILE *err;
    const struct cli_file *file; /* being sent: gives a pointer its line */
};

/** cli_main: the program. @out and @err are stdout and stderr. */
int cli_main(int argc, char **argv, FILE *out, FILE *err);

/** cli_verb_at / cli_opt_at: the tables; NULL at the end. */
const struct cli_verb *cli_verb_at(size_t i);
const struct cli_opt *cli_opt_at(size_t i);
/** cli_global_at: the options that every command takes; NULL at the end. */
const struct cli_opt *cli_global_at(size_t i);

/* What the command line gave. */
bool cli_has(const struct cli *c, const char *name);
/** cli_value: the last one given; NULL when none was. */
const char *cli_value(const struct cli *c, const char *name);
/** cli_next_value: of an option that may be repeated; begin with *i = 0; NULL
 * at the end. */
const char *cli_next_value(const struct cli *c, const char *name, size_t *i);

/**
 * cli_fail: say what is wrong, in one line, and give back @status.
 *
 * @hint  what to do; NULL or "" for none
 */
int cli_fail(struct cli *c, int status, const char *code, const char *hint,
             const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/** cli_sure: 0 when --yes was given or the person at the terminal says yes;
 * else the exit status. @what: "withdraw this consent". */
int cli_sure(struct cli *c, const char *what);
/** cli_need_dir: 0 when there is a node's directory; sets nothing. */
int cli_need_dir(struct cli *c);
/** cli_in_dir: "DIR/name" into @out (CLI_PATH_BYTES); returns @out. */
const char *cli_in_dir(const struct cli *c, const char *name, char *out);
/** cli_is_held: whether a running node holds the directory. */
bool cli_is_held(const struct cli *c);
/** cli_say: @json to stdout when --json was given; then true, and nothing
 * else is to be printed. */
bool cli_say(struct cli *c, const json_t *json);

#endif /* NODE_CLI_H */
