#include "broker_help.h"

#include <stdbool.h>
#include <string.h>

#define COLUMNS 78
#define INDENT  6

/* What stands on the command line, and what it does. */
struct line {
    const char *what; /* word first, then its arguments */
    const char *help;
};

static const struct line commands[] = {
    {"[--daemon]", "run the broker of DIR"},
    {"init --name ID --listen HOST:PORT [--operator ORG] [--registry F]",
     "keys and configuration; prints the request to the committee"},
    {"init --registry F", "take a registry from a file"},
    {"status [--json]", "links, queues, ages, alarms"},
    {"reload", "read DIR/registry.set again"},
    {"drain", "take no more, deliver on"},
    {"request [--new-identity] [--json]",
     "new keys, and the request for them, also in DIR/rotate.yaml"},
    {"adopt [--link]",
     "put them in place, once the registry lists them; the link key only when "
     "told, or when the old one no longer counts"},
    {"seal FILE",
     "the keys of a broker that does not run, under the key of FILE, which is "
     "made if it is not there; then set key-file in broker.yaml, or give "
     "FILE's bytes as the credential handoff-broker-key and delete it"},
    {"compact", "give back disk that is not in use; custody waits meanwhile"},
    {"backup [FOLDER]",
     "the queue and the registry, hot: sealed envelopes, no keys; not told "
     "where, into DIR/backups/TIME"},
    {"restore FOLDER [--yes]",
     "out of such a folder, while no broker runs in DIR"},
};

static const struct line options[] = {
    {"-C DIR", "the broker's directory (or $HANDOFF_DIR)"},
    {"--daemon", "go to the background once it listens"},
    {"--json", "one JSON document on stdout"},
    {"--yes", "restore over a queue that is there"},
    {"--help-config", "every key of DIR/broker.yaml"},
    {"--help", "this text"},
    {"--man", "the manual page, for man"},
    {"--completion", "completion of the command line, for bash"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* @text, broken at spaces. */
static void
put_wrapped(FILE *out, const char *text)
{
    size_t at = COLUMNS;

    while (*text != '\0') {
        const size_t n = strcspn(text, " ");

        if (at + 1 + n > COLUMNS) {
            fprintf(out, "%s%*s", at == COLUMNS ? "" : "\n", INDENT, "");
            at = INDENT;
        } else {
            fputc(' ', out);
            at++;
        }
        fprintf(out, "%.*s", (int)n, text);
        at += n;
        text += n + (text[n] == ' ' ? 1 : 0);
    }
    fputc('\n', out);
}

static void
put_lines(FILE *out, const struct line *lines, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        fprintf(out, "  %s\n", lines[i].what);
        put_wrapped(out, lines[i].help);
    }
}

void
broker_help(FILE *out)
{
    fputs("handoff-broker: stores and forwards sealed envelopes.\n"
          "\nusage: handoff-broker -C DIR [COMMAND] [options]\n"
          "\nCommands:\n",
          out);
    put_lines(out, commands, COUNT(commands));
    fputs("\nOptions:\n", out);
    put_lines(out, options, COUNT(options));
}

/* A hyphen is a minus here: it is to be typed. */
static void
put_troff(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '-')
            fputc('\\', out);
        fputc(*text, out);
    }
}

static void
put_entries(FILE *out, const struct line *lines, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        fputs(".TP\n.B \"", out);
        put_troff(out, lines[i].what);
        fputs("\"\n", out);
        put_troff(out, lines[i].help);
        fputs(".\n", out);
    }
}

void
broker_help_man(FILE *out)
{
    fputs(".TH HANDOFF\\-BROKER 8\n.SH NAME\nhandoff\\-broker \\- store and "
          "forward sealed envelopes between the nodes of handoff\n"
          ".SH SYNOPSIS\n.B handoff\\-broker\n\\-C DIR [COMMAND] [options]\n"
          ".SH DESCRIPTION\n"
          "Keeps envelopes that it cannot read until their recipients have "
          "fetched them,\npasses on what other brokers keep, and distributes "
          "the registry, prekeys, services\nand SOP packs. Without a command "
          "it runs the broker of DIR; the commands\nstatus, reload, drain, "
          "adopt, compact and backup ask the one that runs there.\n"
          ".SH COMMANDS\n",
          out);
    put_entries(out, commands, COUNT(commands));
    fputs(".SH OPTIONS\n", out);
    put_entries(out, options, COUNT(options));
    fputs(".SH EXIT STATUS\n"
          "0 done, 1 refused, 64 usage, 65 bad input, 66 no such thing, 69 not "
          "reachable,\n70 internal, 75 not now, 77 not permitted, 78 "
          "configuration.\n"
          ".SH ENVIRONMENT\n.TP\n.B HANDOFF_DIR\nthe broker's directory, where "
          "\\-C is not given.\n"
          ".SH FILES\n.TP\n.B DIR/broker.yaml\nits configuration: "
          "\\-\\-help\\-config.\n.TP\n.B DIR/registry.set\na registry to be "
          "read by the next start or reload.\n.TP\n.B DIR/log/broker.log\none "
          "line a fact.\n"
          ".SH SEE ALSO\nhandoff(1), handoff\\-node(8)\n",
          out);
}

/* The options in @what, each once, as bash's list of words. */
static void
put_options(FILE *out, const char *what)
{
    const char *at = what;

    while ((at = strstr(at, "--")) != NULL) {
        const size_t n = strcspn(at, " ]");

        fprintf(out, "%.*s ", (int)n, at);
        at += n;
    }
}

static bool
is_new(size_t i, size_t word)
{
    for (size_t k = 0; k < i; k++)
        if (strcspn(commands[k].what, " ") == word &&
            strncmp(commands[k].what, commands[i].what, word) == 0)
            return false;
    return commands[i].what[0] != '[';
}

void
broker_help_completion(FILE *out)
{
    fputs("# bash completion for handoff-broker; made by handoff-broker "
          "--completion\n"
          "_handoff_broker() {\n"
          "    local cur=${COMP_WORDS[COMP_CWORD]} word= opts= i\n"
          "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
          "        case ${COMP_WORDS[i]} in\n"
          "        -C) ((i++)) ;;\n        -*) ;;\n"
          "        *) word=${COMP_WORDS[i]}; break ;;\n"
          "        esac\n    done\n    case $word in\n    \"\") opts=\"",
          out);
    for (size_t i = 0; i < COUNT(commands); i++) {
        const size_t word = strcspn(commands[i].what, " ");

        if (is_new(i, word))
            fprintf(out, "%.*s ", (int)word, commands[i].what);
    }
    fputs("-C --daemon --help --help-config\" ;;\n", out);
    for (size_t i = 0; i < COUNT(commands); i++) {
        const size_t word = strcspn(commands[i].what, " ");

        if (!is_new(i, word))
            continue;
        fprintf(out, "    %.*s) opts=\"", (int)word, commands[i].what);
        put_options(out, commands[i].what);
        fputs("--help\" ;;\n", out);
    }
    fputs("    esac\n"
          "    if [[ ${COMP_WORDS[COMP_CWORD-1]} == -C ]]; then\n"
          "        COMPREPLY=($(compgen -d -- \"$cur\"))\n"
          "    elif [[ -n $word && $cur != -* ]]; then\n"
          "        COMPREPLY=($(compgen -f -- \"$cur\"))\n"
          "    else\n"
          "        COMPREPLY=($(compgen -W \"$opts\" -- \"$cur\"))\n"
          "    fi\n}\ncomplete -o filenames -F _handoff_broker "
          "handoff-broker\n",
          out);
}
