/*
 * cmd_registry_packs.h - the committee's SOP packs in a working set, for
 * `registry add`, `remove` and `show`.
 */
#ifndef NODE_CMD_REGISTRY_PACKS_H
#define NODE_CMD_REGISTRY_PACKS_H

#include "cmd_registry.h"

/** cmd_registry_add_packs: each file of --pack; what was taken into @items.
 * The exit status, said. */
int cmd_registry_add_packs(struct cli *c, struct registry_edit *e,
                           json_t *items);
/** cmd_registry_remove_packs: each NAME:VERSION of --pack. */
int cmd_registry_remove_packs(struct cli *c, struct registry_edit *e);
/** cmd_registry_packs_json: [{"pack", "version", "hash", "from", "until"}]. */
json_t *cmd_registry_packs_json(const struct registry *r);

#endif /* NODE_CMD_REGISTRY_PACKS_H */
