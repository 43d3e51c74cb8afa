/*
 * cmd_together.h - one request after the other, for several cases or
 * transfers; each is answered by itself.
 */
#ifndef NODE_CMD_TOGETHER_H
#define NODE_CMD_TOGETHER_H

#include <jansson.h>

#include "cli.h"

struct cmd_together {
    struct cli *c;
    size_t n;      /* how many there will be; 1: no list */
    json_t *items; /* answers and errors */
    int status;    /* of the first that failed */
    void (*print)(struct cli *c, const json_t *answer); /* set by the caller */
};

void cmd_together_begin(struct cmd_together *t, struct cli *c, size_t n);
/** cmd_together_one: POST @body; if it is refused {@key: @what, "error"} stands
 * in the list. False: the node could not be asked at all. */
bool cmd_together_one(struct cmd_together *t, const char *path,
                      const json_t *body, const char *key, const char *what);
/** cmd_together_end: the JSON, if it is asked for; the exit status. */
int cmd_together_end(struct cmd_together *t);

/** cmd_together_is: this names a household, HH-.... */
bool cmd_together_is(const char *id);
/** cmd_together_event: @body, an event, for every open transfer of it. */
int cmd_together_event(struct cli *c, const char *household, const char *event,
                       const json_t *body);

#endif /* NODE_CMD_TOGETHER_H */
