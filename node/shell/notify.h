/*
 * notify.h - the command that `notify:` names, run once for each rung that a
 * task has climbed (node/core/ladder.h).
 *
 * It gets three arguments, an id, an urgency and a rung, and nothing else: no
 * shell, no standard input, two variables in its environment (PATH and LANG).
 * It runs under a keeper, this program again with another job, which ends it
 * after a time and writes down how it ended in a slip, DIR/run/notify. The
 * keeper outlives us: after a crash the slip says whether that notice was
 * given, and only one that was not is given again. One at a time; the deciding
 * thread never waits for it.
 */
#ifndef NODE_SHELL_NOTIFY_H
#define NODE_SHELL_NOTIFY_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "ladder.h"
#include "node_store.h"
#include "work.h"

struct notify {
    char dir[PATH_MAX];                 /* the node's */
    char command[PATH_MAX];             /* "": none */
    struct node_notice at;              /* the one that is being given */
    bool is_running;
    bool is_waiting;                    /* for the commit that says it was */
    pid_t keeper;                       /* 0: of a process before this one */
    uint64_t look_ms;                   /* monotonic; not before */
    unsigned n_failed;                  /* since the start */
    uint64_t failed_ms;                 /* wall; of the last one's rung */
    int failed_status;
};

/** notify_init: @command is a path, or "". Looks for what is still running. */
void notify_init(struct notify *n, const char *dir, const char *command);

/** notify_tend: begin with the next one on record if there is @has_news of
 * one, or see whether the one that runs has ended. Gives a piece of work that
 * says that one is done, or NULL. No transaction may be open. */
struct work *notify_tend(struct notify *n, struct node_store *store,
                         bool has_news);
/** notify_settled: that piece of work is committed, or could not be. */
void notify_settled(struct notify *n);
/** notify_wake_ms: monotonic; UINT64_MAX: nothing to look for. */
uint64_t notify_wake_ms(const struct notify *n);

#endif /* NODE_SHELL_NOTIFY_H */
