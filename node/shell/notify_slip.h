/*
 * notify_slip.h - the keeper of a notice, and the slip that it leaves.
 *
 * A slip is one small file, DIR/run/notify: the name of a notice, and how its
 * command ended. While a keeper lives it holds the file's lock. So there is
 * one at a time, also of two daemons that follow each other, and no notice is
 * given twice because its daemon died.
 *
 *   NAME running     NAME ended STATUS
 */
#ifndef NODE_SHELL_NOTIFY_SLIP_H
#define NODE_SHELL_NOTIFY_SLIP_H

#include <stdbool.h>

#define NOTIFY_KEEP       "notify-keeper" /* argv[1] of the keeper */
#define NOTIFY_NAME_BYTES 80
#define NOTIFY_LIMIT_MS   30000u /* then the command is killed */
#define NOTIFY_NO_COMMAND 127    /* it could not be run */
#define NOTIFY_KILLED     137    /* its time was over */
#define NOTIFY_NO_KEEPER  71

/** notify_slip_is_kept: a keeper lives. */
bool notify_slip_is_kept(const char *path);
/** notify_slip_read: whether @name has ended, and how; 0: well. */
bool notify_slip_read(const char *path, const char *name, int *ret_status);

/** notify_keep: the keeper's job. argv: NOTIFY_KEEP, path of the slip, name,
 * command, id, urgency, rung. Its exit status. */
int notify_keep(int argc, char **argv);

#endif /* NODE_SHELL_NOTIFY_SLIP_H */
