#include "sop_raw.h"

/* Word tables from the network's vocabularies. */
#define X(name, number, text) {text, number},
const cyaml_strval_t sop_raw_sex[SEX_END - 1] = {SEX_MAP(X)};
const cyaml_strval_t sop_raw_urgency[URGENCY_END - 1] = {URGENCY_MAP(X)};
#undef X
#define X(name, number, text) {text, INT64_C(1) << (number)},
const cyaml_strval_t sop_raw_group[GROUP_END - 1] = {GROUP_MAP(X)};
const cyaml_strval_t sop_raw_stage[STAGE_END - 1] = {STAGE_MAP(X)};
static const cyaml_strval_t categories[] = {CATEGORY_MAP(X)};
#undef X

const cyaml_strval_t sop_raw_bool[2] = {{"true", RAW_TRUE},
                                        {"false", RAW_FALSE}};
const cyaml_strval_t sop_raw_disclose[2] = {{"on_accept", RAW_ON_ACCEPT},
                                            {"on_send", RAW_ON_SEND}};
static const cyaml_strval_t approvals[] = {{"none", RAW_NONE},
                                           {"supervisor", RAW_SUPERVISOR}};
static const cyaml_strval_t levels[] = {{"international", LEVEL_INTERNATIONAL},
                                        {"national", LEVEL_NATIONAL},
                                        {"local", LEVEL_LOCAL}};
static const cyaml_strval_t follow_ups[] = {
    {"call", 1}, {"visit", 2}, {"survey", 3}, {"report", 4}};
static const cyaml_strval_t days[] = {{"mon", 1}, {"tue", 2},  {"wed", 4},
                                      {"thu", 8}, {"fri", 16}, {"sat", 32},
                                      {"sun", 64}};

#define MUST CYAML_FLAG_DEFAULT
#define MAY  CYAML_FLAG_OPTIONAL

const cyaml_schema_value_t sop_raw_word = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, 40)};

static const cyaml_schema_field_t service_fields[] = {
    RAW_TEXT("code", MUST, struct raw_service, code, 40),
    RAW_TEXT("family", MUST, struct raw_service, family, 40),
    RAW_FLAGS("required", MUST, struct raw_service, required, categories),
    RAW_FLAGS("allowed", MAY, struct raw_service, allowed, categories),
    RAW_FLAGS("never", MAY, struct raw_service, never, categories),
    RAW_ENUM("sensitive", MAY, struct raw_service, sensitive, sop_raw_bool),
    RAW_TEXT("ceiling", MAY, struct raw_service, ceiling, 16),
    CYAML_FIELD_END};
static const cyaml_schema_value_t service_schema = {CYAML_VALUE_MAPPING(
    CYAML_FLAG_DEFAULT, struct raw_service, service_fields)};

static const cyaml_schema_field_t age_fields[] = {
    CYAML_FIELD_UINT_PTR("min", CYAML_FLAG_POINTER | MAY, struct raw_age, min),
    CYAML_FIELD_UINT_PTR("max", CYAML_FLAG_POINTER | MAY, struct raw_age, max),
    CYAML_FIELD_END};

static const cyaml_schema_field_t when_fields[] = {
    RAW_LIST("needs", MUST, struct raw_when, needs, SOP_NEEDS_MAX),
    RAW_FLAGS("groups", MAY, struct raw_when, groups, sop_raw_group),
    CYAML_FIELD_MAPPING_PTR("age", CYAML_FLAG_POINTER | MAY, struct raw_when,
                            age, age_fields),
    RAW_ENUM("sex", MAY, struct raw_when, sex, sop_raw_sex),
    RAW_FLAGS("stages", MAY, struct raw_when, stages, sop_raw_stage),
    RAW_LIST("countries", MAY, struct raw_when, countries, SOP_PLACES_MAX),
    RAW_LIST("provinces", MAY, struct raw_when, provinces, SOP_PLACES_MAX),
    CYAML_FIELD_END};

static const cyaml_schema_field_t clock_fields[] = {
    RAW_TEXT("deliver", MAY, struct raw_clocks, word[CLOCK_DELIVER], 16),
    RAW_TEXT("decide", MAY, struct raw_clocks, word[CLOCK_DECIDE], 16),
    RAW_TEXT("contact", MAY, struct raw_clocks, word[CLOCK_CONTACT], 16),
    RAW_TEXT("report", MAY, struct raw_clocks, word[CLOCK_REPORT], 16),
    CYAML_FIELD_END};

static const cyaml_schema_field_t cost_fields[] = {
    CYAML_FIELD_UINT("max", MUST, struct raw_cost, max), CYAML_FIELD_END};

static const cyaml_schema_field_t rule_fields[] = {
    RAW_TEXT("id", MUST, struct raw_rule, id, 40),
    RAW_TEXT("source", MUST, struct raw_rule, source, SOP_CLAUSE_BYTES - 1),
    CYAML_FIELD_MAPPING("when", MUST, struct raw_rule, when, when_fields),
    RAW_TEXT("service", MUST, struct raw_rule, service, 40),
    RAW_ENUM("urgency", MAY, struct raw_rule, urgency, sop_raw_urgency),
    CYAML_FIELD_MAPPING("clocks", MAY, struct raw_rule, clocks, clock_fields),
    RAW_ENUM("disclose", MAY, struct raw_rule, disclose, sop_raw_disclose),
    RAW_ENUM("approval", MAY, struct raw_rule, approval, approvals),
    RAW_ENUM("expire", MAY, struct raw_rule, expire, sop_raw_bool),
    RAW_TEXT("fallback", MAY, struct raw_rule, fallback, 40),
    CYAML_FIELD_MAPPING_PTR("cost", CYAML_FLAG_POINTER | MAY, struct raw_rule,
                            cost, cost_fields),
    CYAML_FIELD_END};
static const cyaml_schema_value_t rule_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_rule, rule_fields)};

static const cyaml_schema_field_t follow_up_fields[] = {
    RAW_TEXT("id", MUST, struct raw_follow_up, id, 40),
    RAW_ENUM("what", MUST, struct raw_follow_up, what, follow_ups),
    RAW_TEXT("after", MUST, struct raw_follow_up, after, 16),
    RAW_TEXT("every", MAY, struct raw_follow_up, every, 16),
    RAW_TEXT("until", MAY, struct raw_follow_up, until, 16),
    CYAML_FIELD_END};
static const cyaml_schema_value_t follow_up_schema = {CYAML_VALUE_MAPPING(
    CYAML_FLAG_DEFAULT, struct raw_follow_up, follow_up_fields)};

static const cyaml_schema_field_t calendar_fields[] = {
    RAW_TEXT("id", MUST, struct raw_calendar, id, 40),
    RAW_TEXT("time_zone", MUST, struct raw_calendar, time_zone, 40),
    RAW_FLAGS("days", MUST, struct raw_calendar, days, days),
    RAW_TEXT("from", MUST, struct raw_calendar, from, 5),
    RAW_TEXT("until", MUST, struct raw_calendar, until, 5),
    RAW_LIST("holidays", MAY, struct raw_calendar, holidays, 64),
    CYAML_FIELD_END};
static const cyaml_schema_value_t calendar_schema = {CYAML_VALUE_MAPPING(
    CYAML_FLAG_DEFAULT, struct raw_calendar, calendar_fields)};

static const cyaml_schema_field_t applies_fields[] = {
    RAW_LIST("origins", MAY, struct raw_applies, origins, SOP_PLACES_MAX),
    RAW_LIST("hosts", MAY, struct raw_applies, hosts, SOP_PLACES_MAX),
    CYAML_FIELD_END};
static const cyaml_schema_field_t effective_fields[] = {
    RAW_TEXT("from", MUST, struct raw_effective, from, 40),
    RAW_TEXT("until", MAY, struct raw_effective, until, 40), CYAML_FIELD_END};

static const cyaml_schema_field_t pack_fields[] = {
    RAW_TEXT("pack", MUST, struct raw_pack, pack, 40),
    CYAML_FIELD_UINT("version", MUST, struct raw_pack, version),
    RAW_TEXT("title", MUST, struct raw_pack, title, SOP_TITLE_BYTES - 1),
    RAW_ENUM("level", MUST, struct raw_pack, level, levels),
    CYAML_FIELD_MAPPING("applies", MAY, struct raw_pack, applies,
                        applies_fields),
    CYAML_FIELD_MAPPING("effective", MUST, struct raw_pack, effective,
                        effective_fields),
    CYAML_FIELD_SEQUENCE_COUNT("services", CYAML_FLAG_POINTER, struct raw_pack,
                               services, n_services, &service_schema, 1,
                               SOP_SERVICES_MAX),
    CYAML_FIELD_SEQUENCE_COUNT("rules", CYAML_FLAG_POINTER, struct raw_pack,
                               rules, n_rules, &rule_schema, 1, SOP_RULES_MAX),
    CYAML_FIELD_SEQUENCE_COUNT("follow_up", CYAML_FLAG_POINTER | MAY,
                               struct raw_pack, follow_up, n_follow_up,
                               &follow_up_schema, 0, 64),
    CYAML_FIELD_SEQUENCE_COUNT("calendars", CYAML_FLAG_POINTER | MAY,
                               struct raw_pack, calendars, n_calendars,
                               &calendar_schema, 0, 16),
    CYAML_FIELD_END};

const cyaml_schema_value_t sop_raw_pack_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw_pack, pack_fields)};
