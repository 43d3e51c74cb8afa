/*
 * cli_pass.h - a passphrase for a new key: from --passphrase-file, or typed
 * twice at the terminal.
 */
#ifndef NODE_CLI_PASS_H
#define NODE_CLI_PASS_H

#include "cli.h"
#include "hf_pass.h"

/** cli_pass_wanted: --passphrase or --passphrase-file was given. */
bool cli_pass_wanted(const struct cli *c);
/** cli_pass_new: 0 with *ret owned by the caller, or the exit status. */
int cli_pass_new(struct cli *c, struct hf_pass **ret);

#endif /* NODE_CLI_PASS_H */
