/*
 * file_fixture.h - JSON written with single quotes, and the sample files of
 * tests/data as JSON. Tests only.
 */
#ifndef TESTS_FILE_FIXTURE_H
#define TESTS_FILE_FIXTURE_H

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <jansson.h>
#include <stdlib.h>

#include "cli_yaml.h"
#include "filecheck.h"

/* {'a': 1} to JSON; the caller's to json_decref(). */
static inline json_t *
fixture_json(const char *text)
{
    char *copy = strdup(text);
    json_t *json;

    for (char *p = copy; *p != '\0'; p++)
        if (*p == '\'')
            *p = '"';
    json = json_loads(copy, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
    cr_assert(ne(ptr, json, NULL), "not JSON: %s", text);
    free(copy);
    return json;
}

/* tests/data/NAME.yaml. */
static inline json_t *
fixture_file(const char *name)
{
    struct hf_yaml_node *root = NULL;
    struct hf_yaml_error error;
    char path[512];
    json_t *json;

    (void)snprintf(path, sizeof(path), "%s/tests/data/%s.yaml",
                   HANDOFF_SOURCE_DIR, name);
    cr_assert(eq(int, hf_yaml_load(path, &root, &error), HF_OK), "%s:%u: %s",
              path, error.line, error.what);
    json = cli_yaml_json(root);
    hf_yaml_free(root);
    cr_assert(ne(ptr, json, NULL));
    return json;
}

#endif /* TESTS_FILE_FIXTURE_H */
