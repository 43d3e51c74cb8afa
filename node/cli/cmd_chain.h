/*
 * cmd_chain.h - what the offline commands on chains share.
 */
#ifndef NODE_CMD_CHAIN_H
#define NODE_CMD_CHAIN_H

#include "cli.h"
#include "registry.h"

/** cmd_chain_registry: of --registry, else of -C; 0 with *ret to be freed, or
 * the exit status, said. */
int cmd_chain_registry(struct cli *c, struct registry **ret);

#endif /* NODE_CMD_CHAIN_H */
