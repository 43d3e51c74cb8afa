/* handoff-node: one organisation's node. Options, then the daemon. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "hf_crypto.h"
#include "hf_proc.h"
#include "noded.h"
#include "notify_slip.h"
#include "settings.h"

static const char usage[] =
    "usage: handoff-node -C DIR [--daemon]\n"
    "\n"
    "Runs the node of one organisation. DIR is made by `handoff -C DIR init`.\n"
    "\n"
    "  -C DIR          the node's folder\n"
    "      --daemon    to the background once it is ready\n"
    "      --help      this text\n"
    "      --help-config  every key of DIR/handoff.yaml\n";

struct options {
    const char *dir;
    bool is_daemon;
    bool wants_help;
    bool wants_config;
};

static bool
parse(int argc, char **argv, struct options *ret)
{
    static const struct option longs[] = {
        {"daemon", no_argument, NULL, 'd'},
        {"help", no_argument, NULL, 'h'},
        {"help-config", no_argument, NULL, 'c'},
        {NULL, 0, NULL, 0}};
    int c;

    while ((c = getopt_long(argc, argv, "C:", longs, NULL)) != -1) {
        switch (c) {
        case 'C':
            ret->dir = optarg;
            break;
        case 'd':
            ret->is_daemon = true;
            break;
        case 'h':
            ret->wants_help = true;
            break;
        case 'c':
            ret->wants_config = true;
            break;
        default:
            return false; /* getopt_long said what */
        }
    }
    if (optind < argc) {
        fprintf(stderr, "handoff-node: '%s' is not understood\n", argv[optind]);
        return false;
    }
    return true;
}

/* What can be refused is refused before the parent lets go of the terminal. */
static bool
start(const struct options *o, struct noded **ret, struct fault *fault)
{
    struct hf_secret *store = NULL;
    bool is_ok = false;

    if (hf_crypto_start() != HF_OK)
        return fault_set(fault, FAULT_INTERNAL, "no random numbers");
    if (!noded_check(o->dir, &store, fault))
        return false;
    if (noded_lock(o->dir, fault)) {
        if (o->is_daemon && hf_proc_daemonize() != HF_OK)
            (void)fault_set(fault, FAULT_INTERNAL,
                            "cannot go to the background");
        else
            is_ok = noded_open(o->dir, &store, ret, fault);
    }
    hf_secret_free(store);
    return is_ok;
}

int
main(int argc, char **argv)
{
    struct options o = {0};
    struct fault fault = {0};
    struct noded *n = NULL;

    if (argc > 1 && strcmp(argv[1], NOTIFY_KEEP) == 0)
        return notify_keep(argc - 1, argv + 1);
    if (!parse(argc, argv, &o) ||
        (o.dir == NULL && !o.wants_help && !o.wants_config)) {
        fprintf(stderr, "%s", usage);
        return FAULT_USAGE;
    }
    if (o.wants_help) {
        printf("%s", usage);
        return 0;
    }
    if (o.wants_config) {
        settings_help(stdout);
        return 0;
    }
    hf_proc_harden();
    if (!start(&o, &n, &fault)) {
        fprintf(stderr, "handoff-node: %s\n", fault.text);
        return fault.status;
    }
    hf_proc_ready();
    noded_run(n);
    noded_close(n);
    return 0;
}
