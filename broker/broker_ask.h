/*
 * broker_ask.h - the commands that a running broker answers, for people and
 * for programs.
 */
#ifndef BROKER_ASK_H
#define BROKER_ASK_H

#include <stdbool.h>

struct broker_ask {
    const char *dir;
    const char *command; /* status, reload, drain, adopt, compact, backup */
    const char *to;      /* backup: the folder, as given; or NULL */
    bool is_json;        /* one document on stdout, nothing else */
    bool with_link;      /* adopt */
};

/** broker_ask_knows: whether @command is one of these. */
bool broker_ask_knows(const char *command);

/** broker_ask_run: ask, wait until it is done (progress on a terminal), say
 * what came of it. Returns the exit status. */
int broker_ask_run(const struct broker_ask *a);

#endif /* BROKER_ASK_H */
