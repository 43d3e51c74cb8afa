/*
 * main.c - handoff-broker: the command line.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "broker_ctl.h"
#include "broker_init.h"
#include "brokerd.h"
#include "hf_proc.h"

static const char help[] =
    "handoff-broker: stores and forwards sealed envelopes.\n"
    "\n"
    "  handoff-broker -C DIR [--daemon]        run the broker of DIR\n"
    "  handoff-broker -C DIR init --name ID --listen HOST:PORT\n"
    "                 [--operator ORG] [--registry F]\n"
    "                                          keys and configuration; prints\n"
    "                                          the request to the committee\n"
    "  handoff-broker -C DIR init --registry F take a registry from a file\n"
    "  handoff-broker -C DIR status [--json]   links, queues, room left\n"
    "  handoff-broker -C DIR reload            read DIR/registry.set again\n"
    "  handoff-broker -C DIR drain             take no more, deliver on\n"
    "\n"
    "  -C DIR          the broker's directory (or $HANDOFF_DIR)\n"
    "  --daemon        go to the background once it listens\n"
    "  --help-config   every key of DIR/broker.yaml\n"
    "  --help          this text\n";

struct options {
    const char *dir;
    const char *command; /* NULL: run */
    struct broker_init init;
    bool is_daemon;
    bool is_json;
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

static int
run(const struct options *o)
{
    char error[HF_CONF_ERROR_BYTES] = "";
    struct brokerd *d = NULL;
    sigset_t stops;
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
    brokerd_close(&d);
    return EX_OK;
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
    return exit_status(err);
}

/** The figures of a status line that people want first. */
static void
print_status(const char *json)
{
    static const char *const names[] = {"broker",    "listen",    "registry",
                                        "links",     "mailboxes", "queued",
                                        "delivered", "draining"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char key[32];
        const char *at;

        (void)snprintf(key, sizeof(key), "\"%s\": ", names[i]);
        at = strstr(json, key);
        if (at == NULL)
            continue;
        at += strlen(key);
        at += *at == '"';
        printf("%-10s %.*s\n", names[i], (int)strcspn(at, "\",}"), at);
    }
}

static int
ask(const struct options *o)
{
    struct hf_buf answer;
    enum hf_err err;
    int status = EX_OK;

    hf_buf_init(&answer, 1024u * 1024u);
    err = broker_ctl_ask(o->dir, o->command, &answer);
    if (err) {
        fprintf(stderr,
                "handoff-broker: %s: no broker runs here; start it with "
                "handoff-broker -C %s\n",
                o->dir, o->dir);
        status = EX_UNAVAILABLE;
    } else if (!hf_buf_add(&answer, "", 1)) {
        status = EX_SOFTWARE;
    } else if (o->is_json || strcmp(o->command, "status") != 0) {
        fputs((const char *)answer.p, stdout);
        if (strstr((const char *)answer.p, "\"ok\": false") != NULL)
            status = EX_DATAERR;
    } else {
        print_status((const char *)answer.p);
    }
    hf_buf_free(&answer);
    return status;
}

enum {
    OPT_DAEMON = 256,
    OPT_NAME,
    OPT_LISTEN,
    OPT_OPERATOR,
    OPT_REGISTRY,
    OPT_JSON,
    OPT_HELP,
    OPT_HELP_CONFIG
};

static const struct option long_options[] = {
    {"daemon", no_argument, NULL, OPT_DAEMON},
    {"name", required_argument, NULL, OPT_NAME},
    {"listen", required_argument, NULL, OPT_LISTEN},
    {"operator", required_argument, NULL, OPT_OPERATOR},
    {"registry", required_argument, NULL, OPT_REGISTRY},
    {"json", no_argument, NULL, OPT_JSON},
    {"help", no_argument, NULL, OPT_HELP},
    {"help-config", no_argument, NULL, OPT_HELP_CONFIG},
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
    case OPT_HELP:
        fputs(help, stdout);
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
    if (o.dir == NULL || o.dir[0] == '\0' || strlen(o.dir) > 1024)
        return fail(EX_USAGE, "give the broker's directory: -C DIR");
    if (optind < argc)
        return fail(EX_USAGE, "one command at a time; see --help");
    if (o.command == NULL)
        return run(&o);
    if (strcmp(o.command, "init") == 0)
        return init(&o);
    if (strcmp(o.command, "status") == 0 || strcmp(o.command, "reload") == 0 ||
        strcmp(o.command, "drain") == 0)
        return ask(&o);
    return fail(EX_USAGE, "no such command; see --help");
}
