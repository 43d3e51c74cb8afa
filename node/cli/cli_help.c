#include "cli_help.h"

#include <stdlib.h>
#include <string.h>

#include "cli_args.h"
#include "cli_out.h"

static const char later[] = " (not in this version yet)";

/* Two columns, the right one wrapped under itself. */
static void
put_pair(FILE *out, const char *left, int width, const char *right)
{
    fprintf(out, "  %-*s ", width, left);
    if (strlen(left) > (size_t)width)
        fprintf(out, "\n%*s", width + 3, "");
    cli_out_wrapped(out, (size_t)width + 3, right);
}

static void
put_option(FILE *out, const struct cli_opt *opt, bool needed)
{
    char left[48], right[160];

    (void)snprintf(
        left, sizeof(left), "%s%s%s%s%s", strlen(opt->name) == 1 ? "-" : "--",
        opt->name, opt->value != NULL ? " " : "",
        opt->value != NULL ? opt->value : "", opt->many != 0 ? "..." : "");
    (void)snprintf(right, sizeof(right), "%s%s", opt->help,
                   needed ? " (must be given)" : "");
    put_pair(out, left, 24, right);
}

static void
put_globals(FILE *out)
{
    const struct cli_opt *opt;

    fputs("\nOptions of every command:\n", out);
    for (size_t i = 0; (opt = cli_global_at(i)) != NULL; i++)
        if (opt->help != NULL)
            put_option(out, opt, false);
}

static void
put_synopsis(FILE *out, const struct cli_verb *verb)
{
    const struct cli_opt *opt;
    size_t pos = 0;
    bool needed;

    fprintf(out, "handoff %s%s%s", verb->name, verb->args[0] ? " " : "",
            verb->args);
    while ((opt = cli_args_next_opt(verb, &pos, &needed)) != NULL)
        if (needed)
            fprintf(out, " --%s%s%s%s", opt->name, opt->value ? " " : "",
                    opt->value ? opt->value : "", opt->many ? "..." : "");
    pos = 0;
    if (verb->opts[0] != '\0')
        fputs(" [options]", out);
}

static void
put_usage(FILE *out, const struct cli_verb *verb)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);

    if (f == NULL)
        return;
    put_synopsis(f, verb);
    (void)fclose(f);
    fputs("usage: ", out);
    cli_out_wrapped(out, strlen("usage: "), text);
    free(text);
}

static void
print_verb(FILE *out, const struct cli_verb *verb)
{
    const struct cli_opt *opt;
    size_t pos = 0;
    bool needed;

    put_usage(out, verb);
    fprintf(out, "\n%s%s.\n", verb->help, verb->run == NULL ? later : "");
    if (verb->is_final)
        fputs("It cannot be undone: asks first, unless --yes is given.\n", out);
    if (verb->opts[0] != '\0')
        fputs("\nOptions:\n", out);
    while ((opt = cli_args_next_opt(verb, &pos, &needed)) != NULL)
        put_option(out, opt, needed);
    put_globals(out);
}

static void
print_line(FILE *out, const struct cli_verb *verb)
{
    char left[64];

    (void)snprintf(left, sizeof(left), "%s%s%s", verb->name,
                   verb->args[0] != '\0' ? " " : "", verb->args);
    put_pair(out, left, 30, verb->help);
}

static bool
is_of_group(const struct cli_verb *v, const char *group)
{
    const size_t n = group != NULL ? strlen(group) : 0;

    return group == NULL ||
           (strncmp(v->name, group, n) == 0 && v->name[n] == ' ');
}

/* Names that are known and have no function yet, as one paragraph. */
static void
print_later(FILE *out, const char *group)
{
    const struct cli_verb *v;
    size_t column = 0;

    for (size_t i = 0; (v = cli_verb_at(i)) != NULL; i++) {
        if (v->run != NULL || !is_of_group(v, group))
            continue;
        if (column == 0)
            fputs("\nNot in this version yet:\n ", out);
        else if (column + strlen(v->name) > 70)
            fputs(",\n ", out);
        else
            fputc(',', out);
        if (column + strlen(v->name) > 70)
            column = 0;
        column += (size_t)fprintf(out, " %s", v->name) + 1;
    }
    if (column > 0)
        fputc('\n', out);
}

/* All commands, or those of one group. */
static void
print_verbs(FILE *out, const char *group)
{
    const struct cli_verb *v;

    fprintf(out, "usage: handoff [-C DIR] %s [options]\n\nCommands:\n",
            group != NULL ? group : "COMMAND");
    for (size_t i = 0; (v = cli_verb_at(i)) != NULL; i++)
        if (v->run != NULL && is_of_group(v, group))
            print_line(out, v);
    print_later(out, group);
    put_globals(out);
    fputs("\nhandoff COMMAND --help tells more of each.\n", out);
}

void
cli_help_print(struct cli *c)
{
    if (c->verb != NULL)
        print_verb(c->out, c->verb);
    else
        print_verbs(c->out, c->n_args > 0 ? c->arg[0] : NULL);
}

/* A text in troff: dashes and backslashes are not typography here. */
static void
put_troff(FILE *out, const char *text)
{
    for (; *text != '\0'; text++)
        if (*text == '-' || *text == '\\')
            fprintf(out, "\\%c", *text);
        else
            fputc(*text, out);
}

static void
man_option(FILE *out, const struct cli_opt *opt, bool needed)
{
    fputs(".TP\n\\fB", out);
    put_troff(out, strlen(opt->name) == 1 ? "-" : "--");
    put_troff(out, opt->name);
    fprintf(out, "\\fR");
    if (opt->value != NULL)
        fprintf(out, " \\fI%s\\fR%s", opt->value, opt->many ? " ..." : "");
    fputc('\n', out);
    put_troff(out, opt->help);
    fprintf(out, "%s\n", needed ? " (must be given)" : "");
}

static void
man_verb(FILE *out, const struct cli_verb *verb)
{
    const struct cli_opt *opt;
    size_t pos = 0;
    bool needed;

    fputs(".SS ", out);
    put_troff(out, verb->name);
    fputc(' ', out);
    put_troff(out, verb->args);
    fputc('\n', out);
    put_troff(out, verb->help);
    fputs(".\n", out);
    while ((opt = cli_args_next_opt(verb, &pos, &needed)) != NULL)
        man_option(out, opt, needed);
}

void
cli_help_man(FILE *out)
{
    const struct cli_verb *v;
    const struct cli_opt *opt;

    fputs(".TH HANDOFF 1\n.SH NAME\nhandoff \\- refer people and hand over "
          "their cases between organisations\n.SH SYNOPSIS\n.B handoff\n"
          "[\\-C DIR] COMMAND [options]\n.SH DESCRIPTION\n"
          "Speaks to the node of one organisation through "
          "DIR/run/api.sock.\nThe commands registry, policy check, policy "
          "test, chain and init work on\nfiles and need no node.\n"
          ".SH OPTIONS OF EVERY COMMAND\n",
          out);
    for (size_t i = 0; (opt = cli_global_at(i)) != NULL; i++)
        if (opt->help != NULL)
            man_option(out, opt, false);
    fputs(".SH COMMANDS\n", out);
    for (size_t i = 0; (v = cli_verb_at(i)) != NULL; i++)
        if (v->run != NULL)
            man_verb(out, v);
    fputs(".SH EXIT STATUS\n"
          "0 done, 1 refused by consent, SOP or state, 64 usage, 65 bad "
          "input,\n66 no such thing, 69 node or broker not reachable, 70 "
          "internal,\n75 not now, 77 not permitted, 78 configuration.\n"
          ".SH ENVIRONMENT\n.TP\n.B HANDOFF_DIR\nthe node's directory, "
          "where \\-C is not given.\n.SH SEE ALSO\n"
          "handoff\\-node(8), handoff\\-broker(8)\n",
          out);
}

/* The options of one command as bash's list of words. */
static void
completion_opts(FILE *out, const struct cli_verb *verb)
{
    const struct cli_opt *opt;
    size_t pos = 0;
    bool needed;

    fputs("opts=\"", out);
    while ((opt = cli_args_next_opt(verb, &pos, &needed)) != NULL)
        fprintf(out, "--%s ", opt->name);
    fputs("--json --user --yes --help\" ;;\n", out);
}

static void
completion_case(FILE *out, const struct cli_verb *verb)
{
    fprintf(out, "    \"%s\"|\"%s \"*) ", verb->name, verb->name);
    completion_opts(out, verb);
}

/* The first words of all commands; or the second ones of @group. */
static void
completion_words(FILE *out, const char *group)
{
    const struct cli_verb *v;
    const size_t n_group = group != NULL ? strlen(group) : 0;
    char last[32] = "";

    for (size_t i = 0; (v = cli_verb_at(i)) != NULL; i++) {
        const size_t n = strcspn(v->name, " ");

        if (v->run == NULL)
            continue;
        if (group != NULL) {
            if (n == n_group && v->name[n] == ' ' &&
                strncmp(v->name, group, n) == 0)
                fprintf(out, "%s ", v->name + n + 1);
        } else if (strlen(last) != n || strncmp(v->name, last, n) != 0) {
            (void)snprintf(last, sizeof(last), "%.*s", (int)n, v->name);
            fprintf(out, "%s ", last);
        }
    }
}

/* The command of one word that is called like a group: "tasks". */
static const struct cli_verb *
verb_called(const char *word)
{
    const struct cli_verb *v;

    for (size_t i = 0; (v = cli_verb_at(i)) != NULL; i++)
        if (v->run != NULL && strcmp(v->name, word) == 0)
            return v;
    return NULL;
}

static void
completion_group(FILE *out, const char *group)
{
    const struct cli_verb *v = verb_called(group);

    fprintf(out, "    \"%s\") sub=\"", group);
    completion_words(out, group);
    fputs(v != NULL ? "\"; " : "\" ;;\n", out);
    if (v != NULL)
        completion_opts(out, v);
}

/* Those of two words first: "tasks done" is not "tasks" with a word behind. */
static void
completion_cases(FILE *out, bool two_words)
{
    const struct cli_verb *v;
    char last[32] = "";

    for (size_t i = 0; (v = cli_verb_at(i)) != NULL; i++) {
        const size_t n = strcspn(v->name, " ");

        if (v->run == NULL || (v->name[n] == ' ') != two_words)
            continue;
        completion_case(out, v);
        if (!two_words || (strlen(last) == n && strncmp(last, v->name, n) == 0))
            continue;
        (void)snprintf(last, sizeof(last), "%.*s", (int)n, v->name);
        completion_group(out, last);
    }
}

void
cli_help_completion(FILE *out)
{
    fputs("# bash completion for handoff; made by handoff --completion\n"
          "_handoff() {\n"
          "    local cur=${COMP_WORDS[COMP_CWORD]} line opts= sub= words=\n"
          "    line=${COMP_WORDS[*]:1:COMP_CWORD-1}\n"
          "    [[ $line == \"-C \"* ]] && line=${line#-C * }\n"
          "    words=\"",
          out);
    completion_words(out, NULL);
    fputs("\"\n    case \"$line\" in\n", out);
    completion_cases(out, true);
    completion_cases(out, false);
    fputs("    esac\n"
          "    if [[ -n $opts && $cur == -* ]]; then\n"
          "        COMPREPLY=($(compgen -W \"$opts\" -- \"$cur\"))\n"
          "    elif [[ -n $sub ]]; then\n"
          "        COMPREPLY=($(compgen -W \"$sub\" -- \"$cur\"))\n"
          "    elif [[ -n $opts ]]; then\n"
          "        COMPREPLY=($(compgen -f -- \"$cur\"))\n"
          "    else\n"
          "        COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
          "    fi\n}\ncomplete -o filenames -F _handoff handoff\n",
          out);
}
