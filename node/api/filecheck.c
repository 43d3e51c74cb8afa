#include "filecheck.h"

#include <stdio.h>

#include "hf_assert.h"

void
filecheck_begin(struct filecheck *at, struct filecheck_error *error)
{
    memset(at, 0, sizeof(*at));
    memset(error, 0, sizeof(*error));
    at->error = error;
}

bool
filecheck_fail(struct filecheck *at, const char *what)
{
    memcpy(at->error->path, at->path, sizeof(at->path));
    (void)snprintf(at->error->what, sizeof(at->error->what), "%s", what);
    return false;
}

bool
filecheck_fail_at(struct filecheck *at, const char *key, const char *what)
{
    const size_t mark = filecheck_enter(at, key);
    const bool never = filecheck_fail(at, what);

    filecheck_leave(at, mark);
    return never;
}

/* A key of ours, or one that could be: letters, digits, a few signs. Any other
 * may be somebody's name that slipped into the wrong column. */
static bool
is_plain_key(const char *key)
{
    size_t n = 0;

    for (; key[n] != '\0'; n++) {
        const char c = key[n];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
              c == '-' || (c >= 'A' && c <= 'Z')))
            return false;
    }
    return n > 0 && n <= 40;
}

size_t
filecheck_enter(struct filecheck *at, const char *key)
{
    const size_t mark = at->n;
    int n;

    n = snprintf(at->path + mark, sizeof(at->path) - mark, "%s%s",
                 mark > 0 ? "." : "", is_plain_key(key) ? key : "*");
    if (n > 0 && (size_t)n < sizeof(at->path) - mark)
        at->n = mark + (size_t)n;
    else
        at->path[mark] = '\0'; /* too deep to name: the parent's path */
    return mark;
}

size_t
filecheck_enter_item(struct filecheck *at, size_t i)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%zu", i);
    return filecheck_enter(at, text);
}

void
filecheck_leave(struct filecheck *at, size_t mark)
{
    HF_ASSERT(mark <= at->n);
    at->n = mark;
    at->path[mark] = '\0';
}

static filecheck_rule *
rule_of(const struct filecheck_field *fields, const char *name)
{
    for (; fields->name != NULL; fields++)
        if (strcmp(fields->name, name) == 0)
            return fields->rule;
    return NULL;
}

bool
filecheck_map(struct filecheck *at, json_t *value,
              const struct filecheck_field *fields, bool only_known)
{
    const char *key;
    json_t *item;

    if (!json_is_object(value))
        return filecheck_fail(at, "must be a map of fields");
    json_object_foreach(value, key, item)
    {
        filecheck_rule *rule = rule_of(fields, key);
        const size_t mark = filecheck_enter(at, key);

        if (rule == NULL && only_known)
            return filecheck_fail(at, "is not a known field");
        if (rule != NULL && !rule(at, item))
            return false;
        filecheck_leave(at, mark);
    }
    return true;
}

bool
filecheck_list(struct filecheck *at, json_t *value, filecheck_rule *rule)
{
    size_t i;
    json_t *item;

    if (!json_is_array(value))
        return filecheck_fail(at, "must be a list");
    json_array_foreach(value, i, item)
    {
        const size_t mark = filecheck_enter_item(at, i);

        if (!rule(at, item))
            return false;
        filecheck_leave(at, mark);
    }
    return true;
}

static bool
is_within_depth(json_t *value, unsigned left)
{
    const char *key;
    size_t i;
    json_t *item;

    if (left == 0)
        return false;
    if (json_is_object(value)) {
        json_object_foreach(
            value, key,
            item) if (!is_within_depth(item, left - 1)) return false;
    } else if (json_is_array(value)) {
        json_array_foreach(
            value, i, item) if (!is_within_depth(item, left - 1)) return false;
    }
    return true;
}

bool
filecheck_depth(struct filecheck *at, json_t *value)
{
    if (!is_within_depth(value, FILECHECK_DEPTH_MAX))
        return filecheck_fail(at, "is nested more than 32 deep");
    return true;
}

const char *
filecheck_string(json_t *map, const char *key)
{
    return json_string_value(json_object_get(map, key));
}
