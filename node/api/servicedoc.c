#include "servicedoc.h"

#include "servicefile.h"

_Static_assert(SERVICEDOC_MAX == SERVICEFILE_SERVICES_MAX, "one document");

static json_t *
as_map(json_t *root)
{
    json_t *map;

    if (!json_is_array(root))
        return root;
    map = json_object();
    /* Takes the reference to root also when it fails, and for a NULL map. */
    if (json_object_set_new(map, "services", root) != 0) {
        json_decref(map);
        return NULL;
    }
    return map;
}

bool
servicedoc_read(struct hf_bytes json, const struct hf_org *org, uint64_t at_ms,
                struct service *ret, size_t *ret_n)
{
    json_t *root = json_loadb((const char *)json.p, json.n,
                              JSON_REJECT_DUPLICATES, NULL);
    struct filecheck_error error;
    bool is_good;

    if (root == NULL)
        return false;
    root = as_map(root);
    is_good = root != NULL &&
              servicefile_check(root, org, at_ms, ret, ret_n, &error);
    json_decref(root);
    return is_good;
}
