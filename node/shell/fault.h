/*
 * fault.h - why the node cannot start: an exit status and one line for a
 * person: what is wrong, where, what to do.
 */
#ifndef NODE_SHELL_FAULT_H
#define NODE_SHELL_FAULT_H

#include <stdbool.h>

#include "hf_err.h"

/* Exit statuses (sysexits), as the command line has them. */
#define FAULT_USAGE     64
#define FAULT_DATA      65
#define FAULT_NOT_FOUND 66
#define FAULT_INTERNAL  70
#define FAULT_NOT_NOW   75
#define FAULT_FORBIDDEN 77
#define FAULT_CONFIG    78

struct fault {
    int status; /* 0: none */
    char text[640];
};

/** fault_set: the first fault stands; later ones are its echo. Returns false,
 * so that `return fault_set(...)` reads as "failed". */
bool fault_set(struct fault *f, int status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/** fault_key: why the key file @path did not load. */
bool fault_key(struct fault *f, const char *path, enum hf_err err);

#endif /* NODE_SHELL_FAULT_H */
