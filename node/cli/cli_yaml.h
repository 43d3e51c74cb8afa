/*
 * cli_yaml.h - a file that a person wrote, YAML or JSON, as JSON to be sent,
 * with the lines of its parts, so that a complaint about "identity.birth_date"
 * becomes "case.yaml:7".
 *
 * Plain scalars become numbers, booleans and null as in YAML 1.2's core
 * schema; what is quoted stays text, and so do a few fields that are text
 * however they look (case numbers, codes).
 */
#ifndef NODE_CLI_YAML_H
#define NODE_CLI_YAML_H

#include <jansson.h>

#include "hf_yaml.h"

struct cli;

struct cli_file {
    const char *path;          /* borrowed */
    json_t *json;              /* owned */
    struct hf_yaml_node *root; /* owned; NULL: no lines are known */
};

/**
 * cli_file_load: 0, or the exit status after having said what is wrong.
 *
 * @ret  owned by the caller: cli_file_free() it. A path ending in ".json" is
 *       read as JSON, everything else as YAML.
 */
int cli_file_load(struct cli *c, const char *path, struct cli_file *ret);
void cli_file_free(struct cli_file *f); /* a zeroed struct is fine */

/** cli_file_line: where "a.b.0.c" stands, or what of it there is; 0: not
 * known. */
unsigned cli_file_line(const struct cli_file *f, const char *pointer);

/** cli_yaml_json: one node as JSON; NULL: no memory. */
json_t *cli_yaml_json(const struct hf_yaml_node *node);

#endif /* NODE_CLI_YAML_H */
