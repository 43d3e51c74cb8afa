#include "attestfile.h"

static bool
check_ground(struct filecheck *at, json_t *value)
{
    const char *text = json_string_value(value);

    if (text != NULL && ground_parse(text) != GROUND_NONE)
        return true;
    return filecheck_fail(at, "must be unable_to_consent or life_at_risk");
}

static bool
check_role(struct filecheck *at, json_t *value)
{
    const char *text = json_string_value(value);
    const enum role role = text == NULL ? ROLE_NONE : role_parse(text);

    if (role == ROLE_MENTAL_HEALTH || role == ROLE_HEALTH ||
        role == ROLE_CASE_MANAGER)
        return true;
    return filecheck_fail(at, "must be mental_health_professional, health or "
                              "case_manager");
}

/* One attempt to reach a professional: in words, or when, whom and how. */
static bool
check_attempt(struct filecheck *at, json_t *value)
{
    static const struct filecheck_field fields[] = {{"at", filecheck_time},
                                                    {"who", filecheck_text},
                                                    {"how", filecheck_text},
                                                    {"result", filecheck_text},
                                                    {NULL, NULL}};

    return json_is_object(value) ? filecheck_map(at, value, fields, true)
                                 : filecheck_text(at, value);
}

static bool
check_attempts(struct filecheck *at, json_t *value)
{
    return filecheck_list(at, value, check_attempt);
}

static const struct filecheck_field fields[] = {
    {"ground", check_ground},     {"by", filecheck_text},
    {"role", check_role},         {"text", filecheck_text},
    {"attempts", check_attempts}, {NULL, NULL}};

bool
attestfile_check(json_t *root, struct attest *ret, bool *ret_attempts,
                 struct filecheck_error *error)
{
    static const char *const needed[] = {"ground", "by", "role", "text"};
    struct filecheck at;

    filecheck_begin(&at, error);
    memset(ret, 0, sizeof(*ret));
    if (!filecheck_depth(&at, root) || !filecheck_map(&at, root, fields, true))
        return false;
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
        if (filecheck_string(root, needed[i]) == NULL)
            return filecheck_fail_at(&at, needed[i], "is missing");
    ret->ground = ground_parse(filecheck_string(root, "ground"));
    ret->role = role_parse(filecheck_string(root, "role"));
    *ret_attempts = json_array_size(json_object_get(root, "attempts")) > 0;
    return true;
}
