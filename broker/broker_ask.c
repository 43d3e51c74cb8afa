/*
 * broker_ask.c - asking the running broker, and showing its answers.
 *
 * The answers are our own JSON, in one line, without escapes: a search for a
 * name is enough to find its value.
 */
#include "broker_ask.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "broker_ctl.h"
#include "hf_text.h"

#define ANSWER_BYTES (1024u * 1024u)
#define POLL_US      200000u
#define MIB          (1024.0 * 1024.0)
#define REFUSED      1 /* by the state things are in */

bool
broker_ask_knows(const char *command)
{
    static const char *const known[] = {"status", "reload",  "drain",
                                        "adopt",  "compact", "backup"};

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(command, known[i]) == 0)
            return true;
    return false;
}

/** The value of the first @name after @json, up to what ends it; its length.
 * NULL: there is none. */
static const char *
find(const char *json, const char *name, int *ret_n)
{
    char key[40];
    const char *at;

    (void)snprintf(key, sizeof(key), "\"%s\": ", name);
    at = strstr(json, key);
    if (at == NULL)
        return NULL;
    at += strlen(key);
    if (*at == '"')
        *ret_n = (int)strcspn(++at, "\"");
    else
        *ret_n = (int)strcspn(at, ",}]");
    return at;
}

static unsigned long long
number(const char *json, const char *name)
{
    int n;
    const char *at = find(json, name, &n);

    return at == NULL ? 0 : strtoull(at, NULL, 10);
}

static bool
is_true(const char *json, const char *name)
{
    int n;
    const char *at = find(json, name, &n);

    return at != NULL && strncmp(at, "true", 4) == 0;
}

static void
print_line(const char *json, const char *name, const char *label)
{
    int n;
    const char *at = find(json, name, &n);

    if (at != NULL)
        printf("%-10s %.*s\n", label, n, at);
}

static void
print_alarms(const char *json)
{
    const char *at = strstr(json, "\"alarms\": [");
    const char *end = at == NULL ? NULL : strchr(at, ']');

    while (at != NULL && (at = strstr(at, "{\"level\"")) != NULL && at < end) {
        int level_n = 0, what_n = 0, mend_n = 0;
        const char *level = find(at, "level", &level_n);
        const char *what = find(at, "what", &what_n);
        const char *mend = find(at, "mend", &mend_n);

        if (level == NULL || what == NULL || mend == NULL)
            return;
        printf("%-10.*s %.*s\n%-10s %.*s\n", level_n, level, what_n, what, "",
               mend_n, mend);
        at = mend;
    }
}

/** What people want first; then what is wrong. */
static void
print_status(const char *json)
{
    const char *fresh = strstr(json, "\"freshness\"");

    print_line(json, "broker", "broker");
    print_line(json, "listen", "listen");
    print_line(json, "registry", "registry");
    if (fresh != NULL) {
        print_line(fresh, "state", "freshness");
        print_line(fresh, "until", "until");
    }
    print_line(json, "links", "links");
    print_line(json, "mailboxes", "mailboxes");
    print_line(json, "queued", "queued");
    print_line(json, "delivered", "delivered");
    print_line(json, "draining", "draining");
    print_line(json, "last_backup", "backup");
    print_alarms(json);
}

static void
print_adopted(const char *json)
{
    int n;
    const char *until = find(json, "link_waits_until", &n);

    printf("%llu new keys in place%s\n", number(json, "keys"),
           is_true(json, "link") ? "; the broker starts again with them" : "");
    if (until != NULL && strncmp(until, "null", 4) != 0)
        printf("the link key waits: the old one counts until %.*s\n"
               "adopt --link when every member has had this registry\n",
               n, until);
}

static void
print_done(const struct broker_ask *a, const char *json)
{
    const double before = (double)number(json, "before") / MIB;
    const double after = (double)number(json, "after") / MIB;
    const unsigned long long ms = number(json, "took_ms");

    if (strcmp(a->command, "compact") == 0)
        printf("compacted from %.1f to %.1f MiB in %llu ms\n", before, after,
               ms);
    else
        printf("backed up to %s, %.1f MiB in %llu ms\n", a->to, after, ms);
}

/** The answer, and which folder it is: the broker does not repeat a name that
 * would have to be quoted. */
static void
print_json(const struct broker_ask *a, const char *json)
{
    if (strcmp(a->command, "backup") != 0) {
        fputs(json, stdout);
        return;
    }
    fputs("{\"folder\": \"", stdout);
    for (const char *c = a->to; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            putchar('\\');
        if ((unsigned char)*c >= ' ')
            putchar(*c);
    }
    printf("\", %s", json + 1);
}

static void
print_answer(const struct broker_ask *a, const char *json)
{
    if (a->is_json)
        print_json(a, json);
    else if (strcmp(a->command, "status") == 0)
        print_status(json);
    else if (strcmp(a->command, "adopt") == 0)
        print_adopted(json);
    else if (strcmp(a->command, "compact") == 0 ||
             strcmp(a->command, "backup") == 0)
        print_done(a, json);
    else
        puts("done");
}

/** The exit status of a refusal, said on stderr. */
static int
refused(const struct broker_ask *a, const char *json)
{
    const unsigned long long code = number(json, "code");
    int n = 0;
    const char *why = find(json, "why", &n);

    fprintf(stderr, "handoff-broker: %s: %.*s\n", a->command, n,
            why == NULL ? "" : why);
    if (a->is_json)
        fputs(json, stdout);
    return code > 0 && code < 128 ? (int)code : EX_SOFTWARE;
}

static int
unreachable(const struct broker_ask *a)
{
    fprintf(stderr,
            "handoff-broker: %s: no broker runs here; start it with "
            "handoff-broker -C %s\n",
            a->dir, a->dir);
    return EX_UNAVAILABLE;
}

static enum hf_err
ask_word(const struct broker_ask *a, const char *word, struct hf_buf *answer)
{
    enum hf_err err;

    hf_buf_clear(answer);
    err = broker_ctl_ask(a->dir, word, answer);
    if (!err && !hf_buf_add(answer, "", 1))
        err = HF_ERR_NOMEM;
    return err;
}

/** Until the job has ended; its last answer. */
static enum hf_err
wait_for_job(const struct broker_ask *a, struct hf_buf *answer)
{
    const bool shows = isatty(STDERR_FILENO) != 0 && !a->is_json;
    enum hf_err err;

    for (;;) {
        const char *json;

        err = ask_word(a, "job", answer);
        if (err)
            break;
        json = (const char *)answer->p;
        if (!is_true(json, "running"))
            break;
        if (shows)
            fprintf(stderr, "\r%s: %.1f of about %.1f MiB", a->command,
                    (double)number(json, "done") / MIB,
                    (double)number(json, "of") / MIB);
        (void)usleep(POLL_US);
    }
    if (shows)
        fputs("\r\033[K", stderr);
    return err;
}

/** The word for the broker, whose working folder is another than ours. */
static bool
make_word(const struct broker_ask *a, char out[static PATH_MAX + 16])
{
    char here[PATH_MAX] = "";

    if (strcmp(a->command, "backup") != 0) {
        (void)snprintf(out, PATH_MAX + 16, "%s%s", a->command,
                       a->with_link ? " link" : "");
        return true;
    }
    if (a->to[0] != '/' && getcwd(here, sizeof(here)) == NULL)
        return false;
    return strchr(a->to, '\n') == NULL &&
           snprintf(out, PATH_MAX, "backup %s%s%s", here,
                    here[0] != '\0' ? "/" : "", a->to) < PATH_MAX;
}

int
broker_ask_run(const struct broker_ask *a)
{
    const bool is_long =
        strcmp(a->command, "compact") == 0 || strcmp(a->command, "backup") == 0;
    char word[PATH_MAX + 16];
    struct hf_buf answer;
    int status = EX_OK;
    enum hf_err err;

    if (!make_word(a, word)) {
        fputs("handoff-broker: that path is too long\n", stderr);
        return EX_USAGE;
    }
    hf_buf_init(&answer, ANSWER_BYTES);
    err = ask_word(a, word, &answer);
    if (!err && is_long && strstr((char *)answer.p, "\"ok\": true") != NULL)
        err = wait_for_job(a, &answer);
    if (err)
        status = unreachable(a);
    else if (strstr((const char *)answer.p, "\"ok\": false") != NULL)
        status = refused(a, (const char *)answer.p);
    else
        print_answer(a, (const char *)answer.p);
    hf_buf_free(&answer);
    return status;
}
