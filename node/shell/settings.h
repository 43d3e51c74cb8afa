/*
 * settings.h - DIR/handoff.yaml, read by one table, checked, as a plain struct.
 */
#ifndef NODE_SHELL_SETTINGS_H
#define NODE_SHELL_SETTINGS_H

#include <limits.h>
#include <stdio.h>

#include "fault.h"
#include "node.h"

struct settings {
    struct node_config node;
    char passphrase_file[PATH_MAX]; /* "": none */
    char notify[PATH_MAX];          /* path of a program; "": none */
};

/** settings_load: false with @fault set ("file:line: what"). */
HF_NODISCARD bool settings_load(const char *dir, struct settings *ret,
                                struct fault *fault);
/** settings_help: --help-config. */
void settings_help(FILE *out);

#endif /* NODE_SHELL_SETTINGS_H */
