/*
 * cmd_registry.h - what the commands of the registry ceremony share.
 */
#ifndef NODE_CMD_REGISTRY_H
#define NODE_CMD_REGISTRY_H

#include "registry_edit.h"

struct cli;

/** cmd_registry_role: "root", "orgs", "suspend", "timestamp". */
const char *cmd_registry_role(enum registry_role role);
/** cmd_registry_failed: say what is wrong with @path; the exit status. */
int cmd_registry_failed(struct cli *c, const char *path, enum hf_err err);
/** cmd_registry_read: a file into @ret, which is inited; hf_buf_free() it
 * when 0; else the exit status, said. */
int cmd_registry_read(struct cli *c, const char *path, size_t max,
                      struct hf_buf *ret);
/** cmd_registry_open: a working set; registry_edit_free() it. */
int cmd_registry_open(struct cli *c, const char *path,
                      struct registry_edit **ret);

#endif /* NODE_CMD_REGISTRY_H */
