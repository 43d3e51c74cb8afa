/* The known fields of each section. A field that is not here is kept as it is:
 * organisations have their own. */
#include "casefile_internal.h"

#define WAY_PHONE_KINDS "phone sms whatsapp"

static bool
is_one_of(const char *words, const char *word)
{
    const size_t n = strlen(word);

    for (const char *p = words; *p != '\0'; p += strcspn(p, " ")) {
        p += strspn(p, " ");
        if (n > 0 && strncmp(p, word, n) == 0 && (p[n] == ' ' || p[n] == '\0'))
            return true;
    }
    return false;
}

static bool
check_texts(struct filecheck *at, json_t *value)
{
    if (json_is_array(value))
        return filecheck_list(at, value, filecheck_text);
    return filecheck_text(at, value);
}

/* ---- identity ---- */

static const struct filecheck_field identity_fields[] = {
    {"name", filecheck_text},
    {"given_name", filecheck_text},
    {"family_name", filecheck_text},
    {"father_name", filecheck_text},
    {"grandfather_name", filecheck_text},
    {"other_names", check_texts},
    {"birth_date", filecheck_edtf},
    {"birth_place", filecheck_text},
    {"birth_country", filecheck_country},
    {"sex", filecheck_sex},
    {"nationality", filecheck_countries},
    {NULL, NULL}};

static bool
check_identity(struct filecheck *at, json_t *value)
{
    if (!filecheck_map(at, value, identity_fields, false))
        return false;
    if (filecheck_string(value, "name") == NULL &&
        filecheck_string(value, "given_name") == NULL &&
        filecheck_string(value, "family_name") == NULL)
        return filecheck_fail(at, "needs a name; a single one is enough: "
                                  "name, given_name or family_name");
    return true;
}

/* ---- contact ---- */

static const struct filecheck_field way_fields[] = {
    {"kind", filecheck_word},
    {"whose", filecheck_text},
    {"safe_hours", filecheck_text},
    {"may_say", filecheck_text},
    {NULL, NULL}};

static bool
check_way(struct filecheck *at, json_t *value)
{
    const char *kind;
    json_t *number;

    if (!filecheck_map(at, value, way_fields, false))
        return false;
    kind = filecheck_string(value, "kind");
    if (kind == NULL)
        return filecheck_fail(at, "needs a kind, such as phone or email");
    number = json_object_get(value, "value");
    if (number == NULL)
        return filecheck_fail(at, "needs a value");
    (void)filecheck_enter(at, "value");
    if (is_one_of(WAY_PHONE_KINDS, kind) && !filecheck_phone(at, number))
        return false;
    if (strcmp(kind, "email") == 0 && !filecheck_email(at, number))
        return false;
    return json_is_object(number) || filecheck_text(at, number);
}

/* check_way() goes down to its value and stays there. */
static bool
check_way_item(struct filecheck *at, json_t *value)
{
    const size_t mark = at->n;

    if (!check_way(at, value))
        return false;
    filecheck_leave(at, mark);
    return true;
}

static bool
check_ways(struct filecheck *at, json_t *value)
{
    return filecheck_list(at, value, check_way_item);
}

static const struct filecheck_field contact_fields[] = {
    {"ways", check_ways},
    {"languages", filecheck_languages},
    {"interpreter", filecheck_language},
    {"country", filecheck_country},
    {NULL, NULL}};

static bool
check_contact(struct filecheck *at, json_t *value)
{
    return filecheck_map(at, value, contact_fields, false);
}

/* ---- travel ---- */

static bool
check_airport(struct filecheck *at, json_t *value)
{
    const char *text = json_string_value(value);

    if (text == NULL || strlen(text) != 3 ||
        strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3)
        return filecheck_fail(at, "must be an airport's three capital letters "
                                  "(IATA), such as KBL");
    return true;
}

static const struct filecheck_field travel_fields[] = {
    {"departure", filecheck_time},        {"arrival", filecheck_time},
    {"departure_airport", check_airport}, {"arrival_airport", check_airport},
    {"province", filecheck_word},         {"escort", filecheck_text},
    {"flight", filecheck_text},           {NULL, NULL}};

static bool
check_travel(struct filecheck *at, json_t *value)
{
    return filecheck_map(at, value, travel_fields, false);
}

/* ---- family ---- */

static bool
check_size(struct filecheck *at, json_t *value)
{
    const json_int_t n = json_integer_value(value);

    if (!json_is_integer(value) || n < 1 || n > 99)
        return filecheck_fail(at, "must be how many travel together, 1 to 99");
    return true;
}

static const struct filecheck_field member_fields[] = {
    {"name", filecheck_text},
    {"given_name", filecheck_text},
    {"family_name", filecheck_text},
    {"relation", filecheck_text},
    {"birth_date", filecheck_edtf},
    {"sex", filecheck_sex},
    {"nationality", filecheck_countries},
    {NULL, NULL}};

static bool
check_member(struct filecheck *at, json_t *value)
{
    return filecheck_map(at, value, member_fields, false);
}

static bool
check_members(struct filecheck *at, json_t *value)
{
    return filecheck_list(at, value, check_member);
}

static const struct filecheck_field family_fields[] = {
    {"size", check_size}, {"members", check_members}, {NULL, NULL}};

static bool
check_family(struct filecheck *at, json_t *value)
{
    return filecheck_map(at, value, family_fields, false);
}

/* ---- lists of things: papers, skills, schools, illnesses ---- */

/* An ISCO-08 code: one to four digits; YAML may have made it a number. */
static bool
check_isco(struct filecheck *at, json_t *value)
{
    const char *text = json_string_value(value);
    const json_int_t v = json_integer_value(value);

    if (text != NULL && strlen(text) <= 4 && text[0] != '\0' &&
        strspn(text, "0123456789") == strlen(text))
        return true;
    if (json_is_integer(value) && v >= 0 && v <= 9999)
        return true;
    return filecheck_fail(at, "must be an ISCO-08 code of one to four digits");
}

/* ICD-10 or ICD-11: capital letters, digits and dots. */
static bool
check_icd(struct filecheck *at, json_t *value)
{
    const char *text = json_string_value(value);

    if (text == NULL || strlen(text) < 2 || strlen(text) > 16 ||
        strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./&") != strlen(text))
        return filecheck_fail(at, "must be an ICD code, such as E11");
    return true;
}

static bool
check_isced(struct filecheck *at, json_t *value)
{
    const json_int_t v = json_integer_value(value);

    if (!json_is_integer(value) || v < 0 || v > 8)
        return filecheck_fail(at, "must be an ISCED level, 0 to 8");
    return true;
}

static const struct filecheck_field paper_fields[] = {
    {"kind", filecheck_text},         {"number", filecheck_text},
    {"issued_by", filecheck_country}, {"issued", filecheck_edtf},
    {"expires", filecheck_edtf},      {NULL, NULL}};
static const struct filecheck_field skill_fields[] = {
    {"isco", check_isco},
    {"title", filecheck_text},
    {"years", filecheck_number},
    {"certified", filecheck_bool},
    {NULL, NULL}};
static const struct filecheck_field school_fields[] = {
    {"isced", check_isced},         {"title", filecheck_text},
    {"country", filecheck_country}, {"from", filecheck_edtf},
    {"until", filecheck_edtf},      {NULL, NULL}};
static const struct filecheck_field condition_fields[] = {
    {"icd", check_icd},
    {"title", filecheck_text},
    {"since", filecheck_edtf},
    {NULL, NULL}};
static const struct filecheck_field medicine_fields[] = {
    {"name", filecheck_text},
    {"dose", filecheck_text},
    {"until", filecheck_edtf},
    {NULL, NULL}};

static bool
check_paper(struct filecheck *at, json_t *value)
{
    return filecheck_map(at, value, paper_fields, false);
}

static bool
check_skill(struct filecheck *at, json_t *value)
{
    return filecheck_map(at, value, skill_fields, false);
}

static bool
check_school(struct filecheck *at, json_t *value)
{
    return filecheck_map(at, value, school_fields, false);
}

static bool
check_condition(struct filecheck *at, json_t *value)
{
    return filecheck_map(at, value, condition_fields, false);
}

static bool
check_conditions(struct filecheck *at, json_t *value)
{
    return filecheck_list(at, value, check_condition);
}

static bool
check_medicine(struct filecheck *at, json_t *value)
{
    if (json_is_string(value))
        return filecheck_text(at, value);
    return filecheck_map(at, value, medicine_fields, false);
}

static bool
check_medication(struct filecheck *at, json_t *value)
{
    return filecheck_list(at, value, check_medicine);
}

static const struct filecheck_field health_fields[] = {
    {"conditions", check_conditions},
    {"medication", check_medication},
    {"pregnant", filecheck_bool},
    {NULL, NULL}};
static const struct filecheck_field mhpss_fields[] = {
    {"conditions", check_conditions},
    {"medication", check_medication},
    {"screening", filecheck_date},
    {NULL, NULL}};

/* ---- the rest ---- */

static bool
check_groups(struct filecheck *at, json_t *value)
{
    return filecheck_list(at, value, filecheck_group);
}

static const struct filecheck_field housing_fields[] = {
    {"province", filecheck_word}, {NULL, NULL}};
static const struct filecheck_field vulnerability_fields[] = {
    {"screening", filecheck_date}, {"groups", check_groups}, {NULL, NULL}};

static bool
check_practitioner(struct filecheck *at, json_t *value)
{
    const char *text = json_string_value(value);

    if (text == NULL || !is_one_of("female male", text))
        return filecheck_fail(at, "must be female or male");
    return true;
}

static const struct filecheck_field wishes_fields[] = {
    {"practitioner", check_practitioner},
    {"interpreter", filecheck_language},
    {"near", filecheck_word},
    {"away", filecheck_word},
    {NULL, NULL}};
static bool
is_word_of(struct filecheck *at, json_t *value, const char *words,
           const char *complaint)
{
    const char *text = json_string_value(value);

    return (text != NULL && is_one_of(words, text)) ||
           filecheck_fail(at, complaint);
}

static bool
check_dimension(struct filecheck *at, json_t *value)
{
    return is_word_of(at, value, "economic social psychosocial",
                      "must be economic, social or psychosocial");
}

static bool
check_level(struct filecheck *at, json_t *value)
{
    return is_word_of(at, value, "individual community structural",
                      "must be individual, community or structural");
}

static bool
check_progress(struct filecheck *at, json_t *value)
{
    return is_word_of(at, value, "planned under_way done dropped",
                      "must be planned, under_way, done or dropped");
}

static const struct filecheck_field component_fields[] = {
    {"what", filecheck_text},  {"dimension", check_dimension},
    {"level", check_level},    {"need", filecheck_word},
    {"until", filecheck_date}, {"state", check_progress},
    {NULL, NULL}};

static bool
check_component(struct filecheck *at, json_t *value)
{
    if (json_is_string(value))
        return filecheck_text(at, value);
    return filecheck_map(at, value, component_fields, false);
}

static bool
check_components(struct filecheck *at, json_t *value)
{
    return filecheck_list(at, value, check_component);
}

static const struct filecheck_field plan_fields[] = {
    {"established", filecheck_date},
    {"reviewed", filecheck_date},
    {"components", check_components},
    {NULL, NULL}};
static const struct filecheck_field any_fields[] = {{NULL, NULL}};

/* What a section is: a map with known fields, or a list of such maps. */
static const struct section_rule {
    enum category category;
    const struct filecheck_field *fields; /* when it is a map */
    filecheck_rule *item;                 /* when it is a list */
} section_rules[] = {
    {CATEGORY_DOCUMENTATION, any_fields, check_paper},
    {CATEGORY_SKILLS, any_fields, check_skill},
    {CATEGORY_EDUCATION, school_fields, check_school},
    {CATEGORY_HOUSING, housing_fields, NULL},
    {CATEGORY_HEALTH, health_fields, NULL},
    {CATEGORY_MHPSS, mhpss_fields, NULL},
    {CATEGORY_VULNERABILITY, vulnerability_fields, NULL},
    {CATEGORY_WISHES, wishes_fields, NULL},
};

static bool
check_by_table(struct filecheck *at, enum category category, json_t *section)
{
    for (size_t i = 0; i < sizeof(section_rules) / sizeof(*section_rules);
         i++) {
        const struct section_rule *rule = &section_rules[i];

        if (rule->category != category)
            continue;
        if (json_is_array(section) && rule->item != NULL)
            return filecheck_list(at, section, rule->item);
        return filecheck_map(at, section, rule->fields, false);
    }
    if (category == CATEGORY_PLAN && json_is_object(section))
        return filecheck_map(at, section, plan_fields, false);
    /* economic, protection, notes, a plan in words: as they write them */
    if (json_is_string(section))
        return filecheck_text(at, section);
    if (!json_is_object(section) && !json_is_array(section))
        return filecheck_fail(at, "must be a map, a list or a text");
    return true;
}

bool
casefile_rule(struct filecheck *at, enum category category, json_t *section)
{
    if (category == CATEGORY_IDENTITY)
        return check_identity(at, section);
    if (category == CATEGORY_CONTACT)
        return check_contact(at, section);
    if (category == CATEGORY_TRAVEL)
        return check_travel(at, section);
    if (category == CATEGORY_FAMILY)
        return check_family(at, section);
    return check_by_table(at, category, section);
}
