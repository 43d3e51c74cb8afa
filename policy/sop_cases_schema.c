#include "sop_cases_raw.h"

#define MUST CYAML_FLAG_DEFAULT
#define MAY  CYAML_FLAG_OPTIONAL

static const cyaml_strval_t practitioners[] = {{"female", 1 << SEX_FEMALE},
                                               {"male", 1 << SEX_MALE}};
static const cyaml_strval_t outcomes[] = {{"chosen", SOP_CHOSEN},
                                          {"no_rule", SOP_NO_RULE},
                                          {"no_provider", SOP_NO_PROVIDER}};

static const cyaml_strval_t families[] = {
    {"one", 1}, {"two_to_four", 2}, {"five_or_more", 3}};

static const cyaml_schema_field_t age_fields[] = {
    CYAML_FIELD_UINT_PTR("min", CYAML_FLAG_POINTER | MAY, struct raw_age, min),
    CYAML_FIELD_UINT_PTR("max", CYAML_FLAG_POINTER | MAY, struct raw_age, max),
    CYAML_FIELD_END};

static const cyaml_schema_field_t provider_fields[] = {
    RAW_TEXT("org", MUST, struct raw_provider, org, 40),
    RAW_TEXT("code", MUST, struct raw_provider, code, 40),
    RAW_TEXT("assured", MAY, struct raw_provider, assured, 40),
    RAW_ENUM("accepting", MAY, struct raw_provider, accepting, sop_raw_bool),
    RAW_TEXT("country", MAY, struct raw_provider, country, 3),
    RAW_ENUM("only_sex", MAY, struct raw_provider, sex, sop_raw_sex),
    CYAML_FIELD_UINT_PTR("capacity", CYAML_FLAG_POINTER | MAY,
                         struct raw_provider, capacity),
    CYAML_FIELD_UINT("cost", MAY, struct raw_provider, cost),
    RAW_FLAGS("practitioners", MAY, struct raw_provider, practitioners,
              practitioners),
    CYAML_FIELD_MAPPING_PTR("age", CYAML_FLAG_POINTER | MAY,
                            struct raw_provider, age, age_fields),
    RAW_LIST("provinces", MAY, struct raw_provider, provinces,
             SERVICE_PROVINCES_MAX),
    RAW_LIST("languages", MAY, struct raw_provider, languages,
             SERVICE_LANGUAGES_MAX),
    CYAML_FIELD_END};
static const cyaml_schema_value_t provider_schema = {CYAML_VALUE_MAPPING(
    CYAML_FLAG_DEFAULT, struct raw_provider, provider_fields)};

static const cyaml_schema_field_t person_fields[] = {
    RAW_TEXT("birth", MAY, struct raw_person, birth, 10),
    RAW_ENUM("sex", MAY, struct raw_person, sex, sop_raw_sex),
    RAW_TEXT("origin", MAY, struct raw_person, origin, 3),
    RAW_TEXT("host", MAY, struct raw_person, host, 3),
    RAW_TEXT("province", MAY, struct raw_person, province, 40),
    RAW_LIST("languages", MAY, struct raw_person, languages,
             FACTS_LANGUAGES_MAX),
    RAW_FLAGS("groups", MAY, struct raw_person, groups, sop_raw_group),
    RAW_ENUM("stage", MAY, struct raw_person, stages, sop_raw_stage),
    RAW_ENUM("family", MAY, struct raw_person, family, families),
    RAW_TEXT("score", MAY, struct raw_person, score[SCORE_COMPOSITE], 4),
    RAW_TEXT("economic", MAY, struct raw_person, score[SCORE_ECONOMIC], 4),
    RAW_TEXT("social", MAY, struct raw_person, score[SCORE_SOCIAL], 4),
    RAW_TEXT("psychosocial", MAY, struct raw_person, score[SCORE_PSYCHOSOCIAL],
             4),
    CYAML_FIELD_END};

static const cyaml_schema_field_t wish_fields[] = {
    RAW_ENUM("practitioner", MAY, struct raw_wishes, practitioner,
             practitioners),
    RAW_TEXT("interpreter", MAY, struct raw_wishes, interpreter,
             LANGUAGE_BYTES - 1),
    RAW_TEXT("near", MAY, struct raw_wishes, near, 40),
    RAW_TEXT("away", MAY, struct raw_wishes, away, 40), CYAML_FIELD_END};

static const cyaml_schema_field_t expect_fields[] = {
    RAW_ENUM("outcome", MUST, struct raw_expect, outcome, outcomes),
    RAW_TEXT("to", MAY, struct raw_expect, word[EXPECT_TO], 40),
    RAW_TEXT("service", MAY, struct raw_expect, word[EXPECT_SERVICE], 40),
    RAW_TEXT("pack", MAY, struct raw_expect, word[EXPECT_PACK], 40),
    RAW_TEXT("rule", MAY, struct raw_expect, word[EXPECT_RULE], 40),
    RAW_TEXT("budget", MAY, struct raw_expect, word[EXPECT_BUDGET], 40),
    RAW_ENUM("payer", MAY, struct raw_expect, payer, sop_raw_payer),
    RAW_ENUM("urgency", MAY, struct raw_expect, urgency, sop_raw_urgency),
    RAW_ENUM("fallback", MAY, struct raw_expect, fallback, sop_raw_bool),
    RAW_ENUM("approval", MAY, struct raw_expect, approval, sop_raw_bool),
    RAW_ENUM("disclose", MAY, struct raw_expect, disclose, sop_raw_disclose),
    RAW_ENUM("expire", MAY, struct raw_expect, expire, sop_raw_bool),
    RAW_TEXT("deliver", MAY, struct raw_expect, clock[CLOCK_DELIVER], 16),
    RAW_TEXT("decide", MAY, struct raw_expect, clock[CLOCK_DECIDE], 16),
    RAW_TEXT("contact", MAY, struct raw_expect, clock[CLOCK_CONTACT], 16),
    RAW_TEXT("report", MAY, struct raw_expect, clock[CLOCK_REPORT], 16),
    CYAML_FIELD_END};

static const cyaml_schema_field_t case_fields[] = {
    RAW_TEXT("name", MUST, struct raw_case, name, 95),
    RAW_TEXT("at", MAY, struct raw_case, at, 40),
    RAW_TEXT("need", MUST, struct raw_case, need, 40),
    RAW_TEXT("incident", MAY, struct raw_case, incident, 40),
    RAW_TEXT("from", MAY, struct raw_case, from, 40),
    RAW_TEXT("to", MAY, struct raw_case, to, 40),
    RAW_ENUM("urgency", MAY, struct raw_case, urgency, sop_raw_urgency),
    CYAML_FIELD_MAPPING("person", MUST, struct raw_case, person, person_fields),
    CYAML_FIELD_MAPPING("wishes", MAY, struct raw_case, wishes, wish_fields),
    RAW_LIST("tried", MAY, struct raw_case, tried, SOP_TRIED_MAX),
    CYAML_FIELD_MAPPING("expect", MUST, struct raw_case, expect, expect_fields),
    CYAML_FIELD_END};
static const cyaml_schema_value_t case_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_case, case_fields)};

static const cyaml_schema_field_t table_fields[] = {
    RAW_TEXT("table", MUST, struct raw_table, table, 95),
    RAW_TEXT("at", MUST, struct raw_table, at, 40),
    RAW_LIST("packs", MUST, struct raw_table, packs, SOP_PACKS_MAX),
    CYAML_FIELD_SEQUENCE_COUNT("services", CYAML_FLAG_POINTER | MAY,
                               struct raw_table, services, n_services,
                               &provider_schema, 0, 256),
    CYAML_FIELD_SEQUENCE_COUNT("cases", CYAML_FLAG_POINTER, struct raw_table,
                               cases, n_cases, &case_schema, 1, 1024),
    CYAML_FIELD_END};

const cyaml_schema_value_t sop_cases_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw_table, table_fields)};
