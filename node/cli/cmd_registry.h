/*
 * cmd_registry.h - what the commands of the registry ceremony share.
 */
#ifndef NODE_CMD_REGISTRY_H
#define NODE_CMD_REGISTRY_H

#include <jansson.h>

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
/** cmd_registry_copy: @e as it is now, to be shown before it is signed;
 * registry_edit_free() it. */
int cmd_registry_copy(struct cli *c, struct registry_edit *e,
                      struct registry_edit **ret);
/** cmd_registry_save: write it; the exit status, said. */
int cmd_registry_save(struct cli *c, const char *path, struct registry_edit *e);
/** cmd_registry_settings: what the options say of @org: duties, homes, flows,
 * vetting. */
int cmd_registry_settings(struct cli *c, struct registry_edit *e,
                          struct registry_org *org);
/** cmd_registry_secret: a signing key from @path; hf_secret_free() it. */
int cmd_registry_secret(struct cli *c, const char *path,
                        struct hf_secret **ret);
/** cmd_registry_ask: show, on stderr, what the documents of @roles (bits)
 * change against the set in force (--held, or that of the node's folder), or
 * all of them where there is none; then ask whether to sign them. All of them
 * also with --full, or when the person asks. */
int cmd_registry_ask(struct cli *c, struct registry_edit *e, unsigned roles);
/** cmd_registry_document: {"role", "version", "expires", "words",
 * "signatures", "needed", "complete"}; NULL when there is none. */
json_t *cmd_registry_document(struct registry_edit *e, enum registry_role role);
/** cmd_registry_finish: with @status 0, save @e as the first argument and say
 * the state of the document of @role; free @e. The exit status. */
int cmd_registry_finish(struct cli *c, struct registry_edit *e, int status,
                        enum registry_role role);

#endif /* NODE_CMD_REGISTRY_H */
