/*
 * cli_pass.h - a passphrase for a new key, from --passphrase-file or typed
 * twice at the terminal; and the store key, which may lie under one.
 */
#ifndef NODE_CLI_PASS_H
#define NODE_CLI_PASS_H

#include "cli.h"
#include "hf_pass.h"

/** cli_pass_wanted: --passphrase or --passphrase-file was given. */
bool cli_pass_wanted(const struct cli *c);
/** cli_pass_new: 0 with *ret owned by the caller, or the exit status. */
int cli_pass_new(struct cli *c, struct hf_pass **ret);

/** cli_store_key: of this node; it may ask for the passphrase that it lies
 * under, or reads it from the file that option @file names.
 *
 * @ret  NULL where there is none: a member without a node
 *
 * 0, or the exit status; said already. */
int cli_store_key(struct cli *c, const char *file, struct hf_secret **ret);

#endif /* NODE_CLI_PASS_H */
