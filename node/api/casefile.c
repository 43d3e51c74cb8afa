#include "casefile.h"

#include <stdio.h>
#include <stdlib.h>

#include "casefile_internal.h"

/* ---- facts: each section sets those that it is the source of ---- */

static void
facts_of_identity(json_t *section, struct facts *f)
{
    json_t *date = json_object_get(section, "birth_date");
    const char *sex = filecheck_string(section, "sex");

    f->birth_year = 0;
    f->birth_ms = 0;
    if (json_is_integer(date))
        f->birth_year = (uint16_t)json_integer_value(date);
    else if (json_is_string(date))
        (void)filecheck_edtf_parse(json_string_value(date), &f->birth_year,
                                   &f->birth_ms);
    f->sex = sex == NULL ? SEX_NONE : sex_parse(sex);
}

static void
facts_of_contact(json_t *section, struct facts *f)
{
    json_t *languages = json_object_get(section, "languages");
    size_t n = 0;

    memset(f->language, 0, sizeof(f->language));
    if (json_is_string(languages)) {
        filecheck_language_copy(json_string_value(languages), f->language[0],
                                LANGUAGE_BYTES);
        return;
    }
    for (size_t i = 0; i < json_array_size(languages); i++) {
        const char *tag = json_string_value(json_array_get(languages, i));

        if (tag != NULL && n < FACTS_LANGUAGES_MAX)
            filecheck_language_copy(tag, f->language[n++], LANGUAGE_BYTES);
    }
}

static void
facts_of_travel(json_t *section, struct facts *f)
{
    const char *departure = filecheck_string(section, "departure");
    const char *province = filecheck_string(section, "province");

    f->travel_ms = 0;
    if (departure != NULL)
        (void)!hf_time_parse(departure, &f->travel_ms);
    if (province != NULL)
        (void)!hf_name_parse(province, &f->province);
}

static void
facts_of_family(json_t *section, struct facts *f)
{
    json_t *size = json_object_get(section, "size");
    size_t n = json_array_size(json_object_get(section, "members"));

    n = n > 0 ? n + 1 : 0; /* the person is not among the members */
    if (json_is_integer(size))
        n = (size_t)json_integer_value(size);
    f->family_band = (uint8_t)(n == 0 ? 0 : n == 1 ? 1 : n <= 4 ? 2 : 3);
}

static void
facts_of_vulnerability(json_t *section, struct facts *f)
{
    json_t *groups = json_object_get(section, "groups");

    f->groups = 0;
    for (size_t i = 0; i < json_array_size(groups); i++) {
        const char *word = json_string_value(json_array_get(groups, i));

        if (word != NULL)
            f->groups |= GROUP_BIT(group_parse(word));
    }
}

/* Where the person will live says more than where the ticket ends. */
static void
facts_of_housing(json_t *section, struct facts *f)
{
    const char *province = filecheck_string(section, "province");

    if (province != NULL)
        (void)!hf_name_parse(province, &f->province);
}

/* Where it says since when it holds; else the node dates it. */
static void
facts_of_plan(json_t *section, struct facts *f)
{
    const char *text = filecheck_string(section, "established");

    if (text != NULL)
        (void)!hf_time_parse(text, &f->plan_ms);
}

static void
facts_of(const struct casefile *file, struct facts *f)
{
    static const struct {
        enum category category;
        void (*set)(json_t *section, struct facts *f);
    } sources[] = {{CATEGORY_IDENTITY, facts_of_identity},
                   {CATEGORY_CONTACT, facts_of_contact},
                   {CATEGORY_TRAVEL, facts_of_travel},
                   {CATEGORY_FAMILY, facts_of_family},
                   {CATEGORY_VULNERABILITY, facts_of_vulnerability},
                   {CATEGORY_HOUSING, facts_of_housing},
                   {CATEGORY_PLAN, facts_of_plan}};

    for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++)
        if (file->section[sources[i].category] != NULL)
            sources[i].set(file->section[sources[i].category], f);
}

/* ---- the file ---- */

/* What the top level holds besides sections; false after a complaint. */
static bool
take_head(struct filecheck *at, const char *key, json_t *value,
          struct casefile *ret, bool *ret_is_head)
{
    const char *text = json_string_value(value);

    *ret_is_head = true;
    if (strcmp(key, "number") == 0) {
        char digits[24];

        if (json_is_integer(value) && json_integer_value(value) >= 0) {
            (void)snprintf(digits, sizeof(digits), "%lld",
                           (long long)json_integer_value(value));
            return hf_name_parse(digits, &ret->number);
        }
        return filecheck_word(at, value) && hf_name_parse(text, &ret->number);
    }
    if (strcmp(key, "stage") == 0) {
        ret->stage = text == NULL ? STAGE_NONE : stage_parse(text);
        if (ret->stage == STAGE_NONE)
            return filecheck_fail(at, "must be one of" FILECHECK_STAGES);
        ret->facts.stage = ret->stage;
        return true;
    }
    if (strcmp(key, "origin") == 0 || strcmp(key, "host") == 0) {
        char *to = key[0] == 'o' ? ret->facts.origin : ret->facts.host;

        if (!filecheck_country(at, value))
            return false;
        memset(to, 0, sizeof(ret->facts.origin));
        memcpy(to, text, strlen(text));
        return true;
    }
    *ret_is_head = false;
    return true;
}

static bool
take_section(struct filecheck *at, const char *key, json_t *value,
             struct casefile *ret)
{
    const enum category category = category_parse(key);
    size_t n;

    if (category == CATEGORY_NONE)
        return filecheck_fail(at, "is not a key of a case file");
    if (json_is_null(value))
        return filecheck_fail(at, "is empty; leave the key out instead");
    if (!filecheck_depth(at, value) || !casefile_rule(at, category, value))
        return false;
    n = json_dumpb(value, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
    if (n > CASEFILE_SECTION_BYTES_MAX)
        return filecheck_fail(at, "is longer than 40 KiB");
    ret->section[category] = value;
    ret->sections |= CATEGORY_BIT(category);
    return true;
}

static bool
take_all(struct filecheck *at, json_t *root, bool with_head,
         struct casefile *ret)
{
    const char *key;
    json_t *value;

    if (!json_is_object(root))
        return filecheck_fail(at, "the file must be a map of fields");
    json_object_foreach(root, key, value)
    {
        const size_t mark = filecheck_enter(at, key);
        bool is_head = false;

        if (with_head && !take_head(at, key, value, ret, &is_head))
            return false;
        if (!is_head && !take_section(at, key, value, ret))
            return false;
        filecheck_leave(at, mark);
    }
    return true;
}

bool
casefile_check(json_t *root, const struct facts *base, struct casefile *ret,
               struct filecheck_error *error)
{
    struct filecheck at;
    struct casefile file;

    filecheck_begin(&at, error);
    memset(&file, 0, sizeof(file));
    if (base != NULL)
        file.facts = *base;
    else
        file.facts.stage = STAGE_PRE_DEPARTURE;
    if (!take_all(&at, root, true, &file))
        return false;
    if (base == NULL && file.facts.origin[0] == '\0')
        return filecheck_fail(&at, "origin is missing: the country that the "
                                   "person returns to");
    facts_of(&file, &file.facts);
    *ret = file;
    return true;
}

bool
casefile_sections(json_t *root, struct casefile *ret,
                  struct filecheck_error *error)
{
    struct filecheck at;
    struct casefile file;

    filecheck_begin(&at, error);
    memset(&file, 0, sizeof(file));
    if (!take_all(&at, root, false, &file))
        return false;
    *ret = file;
    return true;
}
