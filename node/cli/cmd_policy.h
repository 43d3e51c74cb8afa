/*
 * cmd_policy.h - SOP packs from files, for `policy check` and `policy test`.
 */
#ifndef NODE_CMD_POLICY_H
#define NODE_CMD_POLICY_H

#include <jansson.h>

#include "sop.h"

struct cli;

/** cmd_policy_load: 0 with *ret the pack (NULL when @findings has errors), or
 * the exit status after having said what is wrong with the file. */
int cmd_policy_load(struct cli *c, const char *path,
                    struct sop_findings *findings, struct sop_pack **ret);
/** cmd_policy_is_table: a table of cases has "cases" at its top, a pack has
 * not. What does not parse counts as a pack: its loading says what is wrong. */
bool cmd_policy_is_table(const char *path);

#endif /* NODE_CMD_POLICY_H */
