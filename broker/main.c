/*
 * main.c - handoff-broker: the command line.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "broker_ask.h"
#include "broker_help.h"
#include "broker_init.h"
#include "broker_keys.h"
#include "broker_restore.h"
#include "broker_seal.h"
#include "brokerd.h"
#include "hf_file.h"
#include "hf_proc.h"
#include "hf_text.h"

struct options {
    const char *dir;
    const char *command; /* NULL: run */
    const char *folder;  /* of backup and restore; the file of seal */
    struct broker_init init;
    bool is_daemon;
    bool is_json;
    bool is_sure;
    bool with_link;
    bool new_identity;
};

static int
fail(int status, const char *text)
{
    fprintf(stderr, "handoff-broker: %s\n", text);
    return status;
}

/** What a failed start or init exits with. */
static int
exit_status(enum hf_err err)
{
    switch (err) {
    case HF_OK:
        return EX_OK;
    case HF_ERR_NOT_FOUND:
        return EX_NOINPUT;
    case HF_ERR_BUSY:
        return EX_TEMPFAIL;
    case HF_ERR_UNREACHABLE:
        return EX_UNAVAILABLE;
    case HF_ERR_FORBIDDEN:
    case HF_ERR_UNTRUSTED:
        return EX_NOPERM;
    case HF_ERR_MALFORMED:
    case HF_ERR_ROLLBACK:
    case HF_ERR_EXPIRED:
    case HF_ERR_SIGNATURE:
    case HF_ERR_STALE:
    case HF_ERR_SKIPPED:
    case HF_ERR_JUMP:
    case HF_ERR_ENDLESS:
    case HF_ERR_REPEATED:
    case HF_ERR_THRESHOLD:
    case HF_ERR_UNKNOWN:
    case HF_ERR_POINT:
    case HF_ERR_SEAL:
    case HF_ERR_COMMITMENT:
    case HF_ERR_CHUNKS:
    case HF_ERR_READDRESSED:
        return EX_DATAERR;
    case HF_ERR_EXISTS:
    case HF_ERR_LIMIT:
        return EX_CONFIG;
    case HF_ERR_NOMEM:
    case HF_ERR_IO:
    case HF_ERR_FULL:
        break;
    }
    return EX_SOFTWARE;
}

/** The same process number, everything else anew. What is open is closed by
 * the kernel, the lock on the folder too. */
static int
start_again(const struct options *o)
{
    char name[] = "handoff-broker", flag[] = "-C", dir[PATH_MAX];
    char *argv[] = {name, flag, dir, NULL};

    (void)snprintf(dir, sizeof(dir), "%s", o->dir);
    (void)execv("/proc/self/exe", argv);
    return fail(EX_OSERR, "cannot start again; start it by hand");
}

static int
run(const struct options *o)
{
    char error[HF_CONF_ERROR_BYTES] = "";
    struct brokerd *d = NULL;
    sigset_t stops;
    bool must_restart;
    enum hf_err err;

    hf_proc_harden();
    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &stops, NULL);
    if (o->is_daemon && hf_proc_daemonize() != HF_OK)
        return fail(EX_OSERR, "cannot go to the background");
    err = brokerd_open(o->dir, &d, error);
    if (err) {
        (void)fail(0, error);
        /* Here bad data is the configuration. */
        return err == HF_ERR_MALFORMED ? EX_CONFIG : exit_status(err);
    }
    hf_proc_ready();
    brokerd_run(d);
    must_restart = brokerd_wants_restart(d);
    brokerd_close(&d);
    return must_restart ? start_again(o) : EX_OK;
}

static int
init(struct options *o)
{
    char error[HF_CONF_ERROR_BYTES] = "";
    struct hf_buf request;
    enum hf_err err;

    hf_proc_harden();
    hf_buf_init(&request, 8192);
    o->init.dir = o->dir;
    err = broker_init(&o->init, &request, error);
    if (err)
        (void)fail(0, error);
    else if (request.n > 0)
        (void)fwrite(request.p, 1, request.n, stdout);
    hf_buf_free(&request);
    /* A registry that too few have signed is bad input, as the node says. */
    return err == HF_ERR_UNTRUSTED ? EX_DATAERR : exit_status(err);
}

/** A text in a JSON document; ours have nothing in them but lines. */
static void
print_json_text(const char *text, size_t n)
{
    putchar('"');
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '\n')
            fputs("\\n", stdout);
        else if (text[i] == '"' || text[i] == '\\')
            printf("\\%c", text[i]);
        else if ((unsigned char)text[i] >= ' ')
            putchar(text[i]);
    }
    putchar('"');
}

static int
request(const struct options *o)
{
    char error[HF_CONF_ERROR_BYTES] = "";
    struct hf_buf text;
    enum hf_err err;

    hf_proc_harden();
    hf_buf_init(&text, 8192);
    err = broker_keys_request(o->dir, o->new_identity, &text, error);
    if (err) {
        (void)fail(0, error);
    } else if (o->is_json) {
        fputs("{\"request\": ", stdout);
        print_json_text((const char *)text.p, text.n);
        puts("}");
    } else {
        (void)fwrite(text.p, 1, text.n, stdout);
    }
    hf_buf_free(&text);
    return exit_status(err);
}

static int
restore(const struct options *o)
{
    char error[HF_CONF_ERROR_BYTES] = "";
    uint64_t queued = 0;
    enum hf_err err;

    if (o->folder == NULL)
        return fail(EX_USAGE, "restore FOLDER: give the folder of the backup");
    hf_proc_harden();
    err = broker_restore(o->dir, o->folder, o->is_sure, &queued, error);
    if (err) {
        (void)fail(0, error);
        return err == HF_ERR_EXISTS ? 1 : exit_status(err);
    }
    if (o->is_json)
        printf("{\"queued\": %llu}\n", (unsigned long long)queued);
    else
        printf("restored, %llu envelopes in mailboxes; start it with "
               "handoff-broker -C %s\n",
               (unsigned long long)queued, o->dir);
    return EX_OK;
}

static int
seal(const struct options *o)
{
    char error[HF_CONF_ERROR_BYTES] = "";
    enum hf_err err;

    if (o->folder == NULL)
        return fail(EX_USAGE, "seal FILE: give the file of the key");
    hf_proc_harden();
    err = broker_seal(o->dir, o->folder, error);
    if (err) {
        (void)fail(0, error);
        return exit_status(err);
    }
    if (o->is_json)
        puts("{\"sealed\": true}");
    else
        printf("sealed; set key-file: %s in broker.yaml, or give the file as "
               "the credential handoff-broker-key\n",
               o->folder);
    return EX_OK;
}

/** Where a backup goes that is not told: DIR/backups, by the time of day. */
static const char *
default_folder(const char *dir, char out[static PATH_MAX])
{
    char path[PATH_MAX], name[HF_TIME_TEXT_BYTES];

    if (hf_mkdir(hf_path(path, sizeof(path), dir, "backups")) != HF_OK)
        return NULL;
    return hf_path(out, PATH_MAX, path,
                   hf_time_format(hf_clock_wall_ms() / 1000 * 1000, name));
}

static int
ask(const struct options *o)
{
    struct broker_ask a = {.dir = o->dir,
                           .command = o->command,
                           .to = o->folder,
                           .is_json = o->is_json,
                           .with_link = o->with_link};
    char folder[PATH_MAX];

    if (strcmp(o->command, "backup") == 0 && o->folder == NULL) {
        a.to = default_folder(o->dir, folder);
        if (a.to == NULL)
            return fail(EX_CANTCREAT, "cannot make DIR/backups");
    }
    return broker_ask_run(&a);
}

enum {
    OPT_DAEMON = 256,
    OPT_NAME,
    OPT_LISTEN,
    OPT_OPERATOR,
    OPT_REGISTRY,
    OPT_JSON,
    OPT_YES,
    OPT_LINK,
    OPT_NEW_IDENTITY,
    OPT_HELP,
    OPT_HELP_CONFIG,
    OPT_MAN,
    OPT_COMPLETION
};

static const struct option long_options[] = {
    {"daemon", no_argument, NULL, OPT_DAEMON},
    {"name", required_argument, NULL, OPT_NAME},
    {"listen", required_argument, NULL, OPT_LISTEN},
    {"operator", required_argument, NULL, OPT_OPERATOR},
    {"registry", required_argument, NULL, OPT_REGISTRY},
    {"json", no_argument, NULL, OPT_JSON},
    {"yes", no_argument, NULL, OPT_YES},
    {"link", no_argument, NULL, OPT_LINK},
    {"new-identity", no_argument, NULL, OPT_NEW_IDENTITY},
    {"help", no_argument, NULL, OPT_HELP},
    {"help-config", no_argument, NULL, OPT_HELP_CONFIG},
    {"man", no_argument, NULL, OPT_MAN},
    {"completion", no_argument, NULL, OPT_COMPLETION},
    {NULL, 0, NULL, 0},
};

/** -1: go on; else exit with it. */
static int
take_option(struct options *o, int option)
{
    switch (option) {
    case 'C':
        o->dir = optarg;
        break;
    case OPT_DAEMON:
        o->is_daemon = true;
        break;
    case OPT_NAME:
        o->init.name = optarg;
        break;
    case OPT_LISTEN:
        o->init.listen = optarg;
        break;
    case OPT_OPERATOR:
        o->init.operated_by = optarg;
        break;
    case OPT_REGISTRY:
        o->init.registry = optarg;
        break;
    case OPT_JSON:
        o->is_json = true;
        break;
    case OPT_YES:
        o->is_sure = true;
        break;
    case OPT_LINK:
        o->with_link = true;
        break;
    case OPT_NEW_IDENTITY:
        o->new_identity = true;
        break;
    case OPT_HELP:
        broker_help(stdout);
        return EX_OK;
    case OPT_MAN:
        broker_help_man(stdout);
        return EX_OK;
    case OPT_COMPLETION:
        broker_help_completion(stdout);
        return EX_OK;
    case OPT_HELP_CONFIG:
        broker_conf_help(stdout);
        return EX_OK;
    default:
        return EX_USAGE; /* getopt has said why */
    }
    return -1;
}

int
main(int argc, char **argv)
{
    struct options o = {.dir = getenv("HANDOFF_DIR")};
    int option;

    while ((option = getopt_long(argc, argv, "C:", long_options, NULL)) != -1) {
        int status = take_option(&o, option);

        if (status >= 0)
            return status;
    }
    if (optind < argc)
        o.command = argv[optind++];
    if (optind < argc &&
        (strcmp(o.command, "backup") == 0 ||
         strcmp(o.command, "restore") == 0 || strcmp(o.command, "seal") == 0))
        o.folder = argv[optind++];
    if (o.dir == NULL || o.dir[0] == '\0' || strlen(o.dir) > 1024)
        return fail(EX_USAGE, "give the broker's directory: -C DIR");
    if (optind < argc)
        return fail(EX_USAGE, "one command at a time; see --help");
    if (o.command == NULL)
        return run(&o);
    if (strcmp(o.command, "init") == 0)
        return init(&o);
    if (strcmp(o.command, "request") == 0)
        return request(&o);
    if (strcmp(o.command, "restore") == 0)
        return restore(&o);
    if (strcmp(o.command, "seal") == 0)
        return seal(&o);
    if (broker_ask_knows(o.command))
        return ask(&o);
    return fail(EX_USAGE, "no such command; see --help");
}
