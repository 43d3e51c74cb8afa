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
/** cmd_policy_findings: append them as {"level","rule","at","what"}. */
void cmd_policy_findings(json_t *list, const char *path,
                         const struct sop_findings *findings);

#endif /* NODE_CMD_POLICY_H */
