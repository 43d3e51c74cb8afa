#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli_args.h"
#include "cli_help.h"
#include "cli_i18n.h"
#include "cli_out.h"
#include "hf_crypto.h"

bool
cli_has(const struct cli *c, const char *name)
{
    for (size_t i = 0; i < c->n_values; i++)
        if (strcmp(c->value[i].opt->name, name) == 0)
            return true;
    return false;
}

const char *
cli_value(const struct cli *c, const char *name)
{
    for (size_t i = c->n_values; i > 0; i--)
        if (strcmp(c->value[i - 1].opt->name, name) == 0)
            return c->value[i - 1].text;
    return NULL;
}

const char *
cli_next_value(const struct cli *c, const char *name, size_t *i)
{
    while (*i < c->n_values) {
        const struct cli_value *v = &c->value[(*i)++];

        if (strcmp(v->opt->name, name) == 0)
            return v->text;
    }
    return NULL;
}

bool
cli_is_held(const struct cli *c)
{
    char path[CLI_PATH_BYTES];
    const int fd = open(cli_in_dir(c, "run/lock", path), O_RDWR | O_CLOEXEC);
    bool held;

    if (fd < 0)
        return false;
    held = flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    (void)close(fd);
    return held;
}

bool
cli_say(struct cli *c, const json_t *json)
{
    if (!c->json)
        return false;
    if (json == NULL || json_dumpf(json, c->out, JSON_INDENT(2)) != 0)
        fputs("{}", c->out);
    fputc('\n', c->out);
    return true;
}

int
cli_fail(struct cli *c, int status, const char *code, const char *hint,
         const char *fmt, ...)
{
    va_list args;
    char *text = NULL, *clean, *clean_hint;
    int n;

    va_start(args, fmt);
    n = vasprintf(&text, fmt, args);
    va_end(args);
    clean = cli_out_clean(n < 0 ? "out of memory" : text);
    clean_hint = cli_out_clean(hint);
    if (n >= 0)
        free(text);
    fprintf(c->err, "handoff: %s%s%s\n", clean != NULL ? clean : "failed",
            clean_hint != NULL && clean_hint[0] != '\0' ? "; " : "",
            clean_hint != NULL ? clean_hint : "");
    if (c->json) {
        json_t *error = json_pack("{s:{s:s,s:s,s:s}}", "error", "code", code,
                                  "message", clean != NULL ? clean : "", "hint",
                                  clean_hint ? clean_hint : "");

        (void)cli_say(c, error);
        json_decref(error);
    }
    free(clean);
    free(clean_hint);
    return status;
}

int
cli_sure(struct cli *c, const char *what)
{
    char answer[16];

    if (c->yes)
        return 0;
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
        return cli_fail(c, EX_USAGE, "needs_yes", "add --yes",
                        "cannot be undone: %s", what);
    fprintf(c->err, "This cannot be undone: %s. Type yes to go on: ", what);
    if (fgets(answer, sizeof(answer), stdin) != NULL &&
        strcmp(answer, "yes\n") == 0)
        return 0;
    return cli_fail(c, EX_REFUSED, "not_confirmed", "", "nothing was done");
}

int
cli_need_dir(struct cli *c)
{
    struct stat st;

    if (c->dir == NULL)
        return cli_fail(c, EX_USAGE, "no_directory",
                        "give -C DIR or set HANDOFF_DIR",
                        "which node? no directory was named");
    if (stat(c->dir, &st) != 0 || !S_ISDIR(st.st_mode))
        return cli_fail(c, EX_NOINPUT, "no_such_directory",
                        "check -C, or make it with handoff -C DIR init",
                        "no directory %s", c->dir);
    return 0;
}

const char *
cli_in_dir(const struct cli *c, const char *name, char *out)
{
    (void)snprintf(out, CLI_PATH_BYTES, "%s/%s", c->dir, name);
    return out;
}

static int
run_verb(struct cli *c)
{
    const struct cli_verb *verb = c->verb;
    int status;

    if (verb->run == NULL)
        return cli_fail(c, EX_CONFIG, "not_in_this_version",
                        "handoff --help lists what is",
                        "%s is not in this version yet", verb->name);
    if (verb->is_final) {
        char what[128];

        (void)snprintf(what, sizeof(what), "%s %s", verb->name,
                       c->n_args > 0 ? c->arg[0] : "");
        status = cli_sure(c, what);
        if (status != 0)
            return status;
    }
    return verb->run(c);
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct cli_wrong wrong = {{0}, {0}};
    enum cli_wish wish = CLI_RUN;

    if (!cli_args_parse(c, argc, argv, &wish, &wrong))
        return cli_fail(c, EX_USAGE, "usage", wrong.hint, "%s", wrong.what);
    switch (wish) {
    case CLI_RUN:
        return run_verb(c);
    case CLI_HELP:
        cli_help_print(c);
        return 0;
    case CLI_VERSION:
        fprintf(c->out, "handoff %s\n", HANDOFF_VERSION);
        return 0;
    case CLI_MAN:
        cli_help_man(c->out);
        return 0;
    case CLI_COMPLETION:
        cli_help_completion(c->out);
        return 0;
    }
    return EX_SOFTWARE;
}

int
cli_main(int argc, char **argv, FILE *out, FILE *err)
{
    struct cli *c = calloc(1, sizeof(*c));
    int status;

    if (c == NULL || hf_crypto_start() != HF_OK) {
        fputs("handoff: out of memory, or no randomness\n", err);
        free(c);
        return EX_SOFTWARE;
    }
    cli_i18n_start();
    c->out = out;
    c->err = err;
    c->dir = getenv("HANDOFF_DIR");
    if (c->dir != NULL && c->dir[0] == '\0')
        c->dir = NULL;
    status = run(c, argc, argv);
    if (fflush(out) != 0 || ferror(out)) {
        fputs("handoff: cannot write the result; is the disk full?\n", err);
        if (status == 0)
            status = EX_SOFTWARE;
    }
    free(c);
    return status;
}
