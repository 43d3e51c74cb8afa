#include "cli_args.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "hf_assert.h"

struct parse {
    struct cli *c;
    int argc;
    char **argv;
    int at;                     /* the word that is looked at */
    int word[2];                /* where the verb's words stand; 0: nowhere */
    bool ended;                 /* "--" was seen */
    const struct cli_opt *open; /* takes several words, and had one */
    enum cli_wish wish;
    struct cli_wrong *wrong;
};

__attribute__((format(printf, 3, 4))) static bool
wrong(struct parse *p, const char *hint, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(p->wrong->what, sizeof(p->wrong->what), fmt, args);
    va_end(args);
    (void)snprintf(p->wrong->hint, sizeof(p->wrong->hint), "%s", hint);
    return false;
}

/* "see handoff refer --help" */
static const char *
see_help(const struct parse *p, char out[static CLI_WRONG_BYTES])
{
    const char *name = p->c->verb != NULL ? p->c->verb->name : NULL;

    (void)snprintf(out, CLI_WRONG_BYTES, "see handoff %s%s--help",
                   name != NULL ? name : "", name != NULL ? " " : "");
    return out;
}

const struct cli_opt *
cli_args_opt(const char *token, size_t token_bytes, bool *ret_needed)
{
    size_t name_bytes = strcspn(token, "=! ");
    const struct cli_opt *opt;

    *ret_needed = token[token_bytes - 1] == '!';
    if (*ret_needed)
        token_bytes--;
    if (name_bytes > token_bytes)
        name_bytes = token_bytes;
    for (size_t i = 0; (opt = cli_opt_at(i)) != NULL; i++) {
        const char *value = token + name_bytes + 1;

        if (strlen(opt->name) != name_bytes ||
            strncmp(opt->name, token, name_bytes) != 0)
            continue;
        if (name_bytes == token_bytes)
            return opt;
        if (opt->value != NULL &&
            strlen(opt->value) == token_bytes - name_bytes - 1 &&
            strncmp(opt->value, value, strlen(opt->value)) == 0)
            return opt;
    }
    return NULL;
}

const struct cli_opt *
cli_args_next_opt(const struct cli_verb *verb, size_t *pos, bool *ret_needed)
{
    const char *text = verb->opts + *pos;
    const struct cli_opt *opt;
    size_t n;

    text += strspn(text, " ");
    n = strcspn(text, " ");
    if (n == 0)
        return NULL;
    *pos = (size_t)(text - verb->opts) + n;
    opt = cli_args_opt(text, n, ret_needed);
    HF_ASSERT(opt != NULL);
    return opt;
}

void
cli_args_counts(const struct cli_verb *verb, size_t *ret_min, size_t *ret_max)
{
    const char *text = verb->args;

    *ret_min = 0;
    *ret_max = 0;
    while (*(text += strspn(text, " ")) != '\0') {
        const size_t n = strcspn(text, " ");

        if (*text != '[')
            ++*ret_min;
        ++*ret_max;
        if (memmem(text, n, "...", 3) != NULL)
            *ret_max = CLI_ARGS_MAX;
        text += n;
    }
}

bool
cli_args_is_group(const char *word)
{
    const struct cli_verb *v;
    const size_t n = strlen(word);

    for (size_t i = 0; (v = cli_verb_at(i)) != NULL; i++)
        if (strncmp(v->name, word, n) == 0 && v->name[n] == ' ')
            return true;
    return false;
}

static const struct cli_verb *
find_verb(const char *word, const char *second)
{
    const struct cli_verb *v;
    const size_t n = strlen(word);

    for (size_t i = 0; (v = cli_verb_at(i)) != NULL; i++) {
        if (second == NULL && strcmp(v->name, word) == 0)
            return v;
        if (second != NULL && strncmp(v->name, word, n) == 0 &&
            v->name[n] == ' ' && strcmp(v->name + n + 1, second) == 0)
            return v;
    }
    return NULL;
}

/* The global option that @word is; @ret_value what follows "=" or "-C". */
static const struct cli_opt *
find_global(const char *word, const char **ret_value)
{
    const struct cli_opt *opt;

    *ret_value = NULL;
    for (size_t i = 0; (opt = cli_global_at(i)) != NULL; i++) {
        const size_t n = strlen(opt->name);

        if (n == 1 && word[0] == '-' && word[1] == opt->name[0]) {
            if (word[2] == '\0')
                return opt;
            if (opt->value == NULL)
                continue;
            *ret_value = word + 2;
            return opt;
        }
        if (n == 1 || strncmp(word, "--", 2) != 0 ||
            strncmp(word + 2, opt->name, n) != 0)
            continue;
        if (word[2 + n] == '\0')
            return opt;
        if (word[2 + n] == '=') {
            *ret_value = word + 2 + n + 1;
            return opt;
        }
    }
    return NULL;
}

/* Where the next word stands that is not a global option; argc: nowhere. */
static int
skip_globals(const struct parse *p, int at)
{
    while (at < p->argc && p->argv[at][0] == '-' && p->argv[at][1] != '\0') {
        const char *value;
        const struct cli_opt *opt = find_global(p->argv[at], &value);

        if (opt == NULL)
            break;
        at += opt->value != NULL && value == NULL ? 2 : 1;
    }
    return at < p->argc ? at : p->argc;
}

/* Which verb: one or two words, before anything else than global options. */
static bool
read_verb(struct parse *p)
{
    const int first = skip_globals(p, 1);
    const int second = skip_globals(p, first + 1);
    const struct cli_verb *v = NULL;
    const char *word;

    if (first == p->argc)
        return true; /* "handoff" alone, or with --help */
    word = p->argv[first];
    if (word[0] == '-')
        return wrong(p, "see handoff --help",
                     "unknown option %.60s, or before its command", word);
    p->word[0] = first;
    if (second < p->argc)
        v = find_verb(word, p->argv[second]);
    if (v != NULL)
        p->word[1] = second;
    else
        v = find_verb(word, NULL);
    p->c->verb = v;
    if (v != NULL || cli_args_is_group(word))
        return true;
    return wrong(p, "handoff --help lists them", "unknown command %.60s", word);
}

/* A group without one of its verbs: fine for --help only. */
static bool
read_group(struct parse *p)
{
    const char *word = p->argv[p->word[0]];
    const int second = skip_globals(p, p->word[0] + 1);
    char hint[CLI_WRONG_BYTES];

    (void)snprintf(hint, sizeof(hint), "handoff %.60s --help lists them", word);
    if (second < p->argc && p->argv[second][0] != '-')
        return wrong(p, hint, "unknown command %.60s %.60s", word,
                     p->argv[second]);
    p->c->arg[0] = word;
    p->c->n_args = 1;
    if (p->wish != CLI_RUN)
        return true;
    return wrong(p, hint, "%.60s needs a command", word);
}

static bool
add_value(struct parse *p, const struct cli_opt *opt, char *text)
{
    struct cli *c = p->c;

    if (opt->many == 0 && opt->value != NULL && cli_has(c, opt->name))
        return wrong(p, "give it once", "--%s is given twice", opt->name);
    do {
        char *comma = opt->many == ',' ? strchr(text, ',') : NULL;

        if (comma != NULL)
            *comma++ = '\0';
        if (c->n_values == CLI_VALUES_MAX)
            return wrong(p, "give fewer", "more than %d values",
                         CLI_VALUES_MAX);
        c->value[c->n_values++] = (struct cli_value){opt, text};
        text = comma;
    } while (text != NULL);
    p->open = opt->many != 0 ? opt : NULL;
    return true;
}

/* The value after option @opt: behind "=", or the next word. */
static bool
take_value(struct parse *p, const char *name, const char *given, char **ret)
{
    char hint[CLI_WRONG_BYTES];

    if (given != NULL) {
        *ret = p->argv[p->at] + (given - p->argv[p->at]);
    } else {
        do
            p->at++;
        while (p->at < p->argc && (p->at == p->word[0] || p->at == p->word[1]));
        if (p->at >= p->argc || strncmp(p->argv[p->at], "--", 2) == 0)
            return wrong(p, see_help(p, hint), "%s%s needs a value",
                         strlen(name) == 1 ? "-" : "--", name);
        *ret = p->argv[p->at];
    }
    if (**ret == '\0')
        return wrong(p, see_help(p, hint), "%s%s needs a value",
                     strlen(name) == 1 ? "-" : "--", name);
    return true;
}

static bool
set_global(struct parse *p, const struct cli_opt *opt, const char *given)
{
    struct cli *c = p->c;
    char *value = NULL;
    char hint[CLI_WRONG_BYTES];

    p->open = NULL;
    if (opt->value == NULL && given != NULL)
        return wrong(p, see_help(p, hint), "--%s takes no value", opt->name);
    if (opt->value != NULL && !take_value(p, opt->name, given, &value))
        return false;
    if (strcmp(opt->name, "C") == 0)
        c->dir = value;
    else if (strcmp(opt->name, "user") == 0)
        c->user = value;
    else if (strcmp(opt->name, "json") == 0)
        c->json = true;
    else if (strcmp(opt->name, "yes") == 0)
        c->yes = true;
    else if (strcmp(opt->name, "version") == 0)
        p->wish = CLI_VERSION;
    else if (strcmp(opt->name, "man") == 0)
        p->wish = CLI_MAN;
    else if (strcmp(opt->name, "completion") == 0)
        p->wish = CLI_COMPLETION;
    else
        p->wish = CLI_HELP;
    return true;
}

/* One of the verb's own options. */
static bool
read_own(struct parse *p)
{
    const char *word = p->argv[p->at];
    const char *name = word + 2;
    const size_t n = strcspn(name, "=");
    const char *given = name[n] == '=' ? name + n + 1 : NULL;
    const struct cli_opt *opt = NULL;
    char hint[CLI_WRONG_BYTES];
    char *value = NULL;
    size_t pos = 0;
    bool needed;

    if (strncmp(word, "--", 2) != 0)
        return wrong(p, see_help(p, hint), "unknown option %.60s", word);
    while ((opt = cli_args_next_opt(p->c->verb, &pos, &needed)) != NULL)
        if (strlen(opt->name) == n && strncmp(opt->name, name, n) == 0)
            break;
    if (opt == NULL)
        return wrong(p, see_help(p, hint), "%s has no option --%.*s",
                     p->c->verb->name, (int)(n < 60 ? n : 60), name);
    if (opt->value == NULL) {
        if (given != NULL)
            return wrong(p, see_help(p, hint), "--%s takes no value",
                         opt->name);
        p->open = NULL;
        if (p->c->n_values == CLI_VALUES_MAX)
            return wrong(p, "give fewer", "too many options");
        p->c->value[p->c->n_values++] = (struct cli_value){opt, NULL};
        return true;
    }
    return take_value(p, opt->name, given, &value) && add_value(p, opt, value);
}

/* Ids are "HC-..."; files have a dot or a slash. */
static bool
looks_like(const char *args, const char *word)
{
    if (strstr(args, "CASE") != NULL || strstr(args, "ID") != NULL)
        return isalpha((unsigned char)word[0]) &&
               isalpha((unsigned char)word[1]) && word[2] == '-';
    return strpbrk(word, "./") != NULL;
}

/* A word that is no option: an argument, or one more value of the option
 * before it. */
static bool
read_word(struct parse *p)
{
    struct cli *c = p->c;
    char *word = p->argv[p->at];
    char hint[CLI_WRONG_BYTES];
    size_t min, max;

    cli_args_counts(c->verb, &min, &max);
    if (p->open != NULL && !p->ended &&
        (c->n_args >= max ||
         (max == CLI_ARGS_MAX && !looks_like(c->verb->args, word))))
        return add_value(p, p->open, word);
    if (c->n_args >= max)
        return wrong(p, see_help(p, hint), "%s does not take %.60s",
                     c->verb->name, word);
    c->arg[c->n_args++] = word;
    return true;
}

/* A command may have an option that is called like a global one, behind its
 * name: `audit access --user U`. */
static bool
is_own(const struct parse *p, const struct cli_opt *global)
{
    const struct cli_opt *opt;
    size_t pos = 0;
    bool needed;

    if (p->c->verb == NULL || p->at < p->word[0] || p->at < p->word[1])
        return false;
    while ((opt = cli_args_next_opt(p->c->verb, &pos, &needed)) != NULL)
        if (strcmp(opt->name, global->name) == 0)
            return true;
    return false;
}

static bool
read_all(struct parse *p)
{
    for (p->at = 1; p->at < p->argc; p->at++) {
        const char *word = p->argv[p->at];
        const struct cli_opt *global;
        const char *given;
        bool ok = true;

        if (p->at == p->word[0] || p->at == p->word[1])
            continue;
        if (!p->ended && strcmp(word, "--") == 0) {
            p->ended = true;
            continue;
        }
        global = p->ended ? NULL : find_global(word, &given);
        if (global != NULL && is_own(p, global))
            global = NULL;
        if (global != NULL)
            ok = set_global(p, global, given);
        else if (p->c->verb == NULL)
            continue; /* a group; read_group() looks at it */
        else if (!p->ended && word[0] == '-' && word[1] != '\0')
            ok = read_own(p);
        else
            ok = read_word(p);
        if (!ok)
            return false;
    }
    return true;
}

static bool
check_complete(struct parse *p)
{
    const struct cli_verb *verb = p->c->verb;
    const struct cli_opt *opt;
    char hint[CLI_WRONG_BYTES];
    size_t min, max, pos = 0;
    bool needed;

    if (verb->run == NULL)
        return true; /* not in this version, however it is called */
    cli_args_counts(verb, &min, &max);
    if (p->c->n_args < min)
        return wrong(p, see_help(p, hint), "%s needs %s", verb->name,
                     verb->args);
    while ((opt = cli_args_next_opt(verb, &pos, &needed)) != NULL)
        if (needed && !cli_has(p->c, opt->name))
            return wrong(p, see_help(p, hint), "%s needs --%s%s%s", verb->name,
                         opt->name, opt->value ? " " : "",
                         opt->value ? opt->value : "");
    return true;
}

bool
cli_args_parse(struct cli *c, int argc, char **argv, enum cli_wish *ret_wish,
               struct cli_wrong *ret_wrong)
{
    struct parse p = {.c = c, .argc = argc, .argv = argv, .wrong = ret_wrong};

    /* Errors must know how to be told, whatever they are about. */
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        c->json = c->json || strcmp(argv[i], "--json") == 0;
    if (!read_verb(&p))
        return false;
    if (c->verb != NULL && c->verb->run == NULL) {
        for (int i = 1; i < argc; i++)
            if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
                p.wish = CLI_HELP;
        *ret_wish = p.wish;
        return true;
    }
    if (!read_all(&p))
        return false;
    if (c->verb == NULL && p.word[0] != 0 && !read_group(&p))
        return false;
    if (c->verb == NULL && p.word[0] == 0 && p.wish == CLI_RUN)
        return wrong(&p, "handoff --help lists them", "no command given");
    if (p.wish == CLI_RUN && !check_complete(&p))
        return false;
    *ret_wish = p.wish;
    return true;
}
