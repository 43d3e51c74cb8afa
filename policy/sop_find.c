#include <stdarg.h>

#include "hf_text.h"
#include "sop_internal.h"

void
sop_find(struct sop_findings *f, bool is_error, const struct hf_yaml_node *at,
         const char *rule, const char *fmt, ...)
{
    const size_t max = sizeof(f->item) / sizeof(f->item[0]);
    struct sop_finding *item = &f->item[f->n < max ? f->n : max - 1];
    va_list args;

    /* When the room is used up, errors take the place of the last warning
     * kept: a pack must not look better for being very bad. */
    if (f->n++ >= max && (!is_error || item->is_error))
        return;
    item->is_error = is_error;
    item->line = at != NULL ? at->line : 0;
    item->column = at != NULL ? at->column : 0;
    memset(item->pack, 0, sizeof(item->pack));
    hf_say(item->rule, sizeof(item->rule), "%s", rule);
    va_start(args, fmt);
    hf_vsay(item->what, sizeof(item->what), fmt, args);
    va_end(args);
}

bool
sop_has_errors(const struct sop_findings *f)
{
    const size_t max = sizeof(f->item) / sizeof(f->item[0]);

    for (size_t i = 0; i < f->n && i < max; i++)
        if (f->item[i].is_error)
            return true;
    return false;
}

const struct hf_yaml_node *
sop_node(const struct hf_yaml_node *map, const char *path)
{
    while (map != NULL && *path != '\0') {
        const size_t n = strcspn(path, ".");
        const struct hf_yaml_node *next;
        char key[32];

        hf_say(key, sizeof(key), "%.*s", (int)n, path);
        next = hf_yaml_find(map, key);
        if (next == NULL)
            return map;
        map = next;
        path += path[n] == '.' ? n + 1 : n;
    }
    return map;
}

const struct hf_yaml_node *
sop_child(const struct hf_yaml_node *list, size_t i)
{
    const struct hf_yaml_node *c = list != NULL ? list->first : NULL;

    while (c != NULL && i-- > 0)
        c = c->next;
    return c != NULL ? c : list;
}
