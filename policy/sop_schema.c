#include "sop_raw.h"

/* Word tables from the network's vocabularies. */
#define X(name, number, text) {text, number},
const cyaml_strval_t sop_raw_sex[SEX_END - 1] = {SEX_MAP(X)};
const cyaml_strval_t sop_raw_urgency[URGENCY_END - 1] = {URGENCY_MAP(X)};
#undef X
#define X(name, number, text) {text, INT64_C(1) << (number)},
const cyaml_strval_t sop_raw_group[GROUP_END - 1] = {GROUP_MAP(X)};
const cyaml_strval_t sop_raw_stage[STAGE_END - 1] = {STAGE_MAP(X)};
const cyaml_strval_t sop_raw_category[CATEGORY_END - 1] = {CATEGORY_MAP(X)};
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
static const cyaml_strval_t families[] = {
    {"one", 1 << 1}, {"two_to_four", 1 << 2}, {"five_or_more", 1 << 3}};
static const cyaml_strval_t runs[] = {{"decision", RAW_DECISION},
                                      {"incident", RAW_INCIDENT}};
static const cyaml_strval_t otherwise[] = {{"unmet", RAW_UNMET},
                                           {"general", RAW_GENERAL}};
const cyaml_strval_t sop_raw_payer[PAYER_END - 1] = {
    {"returnee", PAYER_RETURNEE},
    {"provider", PAYER_PROVIDER},
    {"programme", PAYER_PROGRAMME},
    {"shared", PAYER_SHARED}};
/* Numbers and one: 0 is "not given". */
static const cyaml_strval_t prefers[] = {
    {"wishes", PREFER_WISHES + 1},     {"places_free", PREFER_FREE + 1},
    {"place", PREFER_PLACE + 1},       {"confirmed", PREFER_CONFIRMED + 1},
    {"language", PREFER_LANGUAGE + 1}, {"places_stated", PREFER_STATED + 1},
    {"cost", PREFER_COST + 1}};

#define MUST CYAML_FLAG_DEFAULT
#define MAY  CYAML_FLAG_OPTIONAL

const cyaml_schema_value_t sop_raw_word = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, 40)};

static const cyaml_schema_field_t service_fields[] = {
    RAW_TEXT("code", MUST, struct raw_service, code, 40),
    RAW_TEXT("family", MUST, struct raw_service, family, 40),
    RAW_FLAGS("required", MUST, struct raw_service, required, sop_raw_category),
    RAW_FLAGS("allowed", MAY, struct raw_service, allowed, sop_raw_category),
    RAW_FLAGS("never", MAY, struct raw_service, never, sop_raw_category),
    RAW_ENUM("sensitive", MAY, struct raw_service, sensitive, sop_raw_bool),
    RAW_TEXT("ceiling", MAY, struct raw_service, ceiling, 16),
    CYAML_FIELD_MAPPING_PTR("first_contact", CYAML_FLAG_POINTER | MAY,
                            struct raw_service, first_contact,
                            sop_raw_first_contact),
    CYAML_FIELD_END};
static const cyaml_schema_value_t service_schema = {CYAML_VALUE_MAPPING(
    CYAML_FLAG_DEFAULT, struct raw_service, service_fields)};

static const cyaml_schema_field_t age_fields[] = {
    CYAML_FIELD_UINT_PTR("min", CYAML_FLAG_POINTER | MAY, struct raw_age, min),
    CYAML_FIELD_UINT_PTR("max", CYAML_FLAG_POINTER | MAY, struct raw_age, max),
    CYAML_FIELD_END};

static const cyaml_schema_field_t score_fields[] = {
    RAW_ENUM("of", MUST, struct raw_score, of, sop_raw_score_of),
    RAW_TEXT("from", MAY, struct raw_score, from, 4),
    RAW_TEXT("until", MAY, struct raw_score, until, 4), CYAML_FIELD_END};

static const cyaml_schema_field_t incident_fields[] = {
    RAW_TEXT("within", MAY, struct raw_incident, within, 16),
    RAW_TEXT("after", MAY, struct raw_incident, after, 16), CYAML_FIELD_END};

/* The criteria that scenarios and rules share. */
#define CRITERIA                                                               \
    RAW_FLAGS("groups", MAY, struct raw_when, groups, sop_raw_group),          \
        CYAML_FIELD_MAPPING_PTR("age", CYAML_FLAG_POINTER | MAY,               \
                                struct raw_when, age, age_fields),             \
        RAW_ENUM("sex", MAY, struct raw_when, sex, sop_raw_sex),               \
        RAW_FLAGS("stages", MAY, struct raw_when, stages, sop_raw_stage),      \
        RAW_LIST("countries", MAY, struct raw_when, countries,                 \
                 SOP_PLACES_MAX),                                              \
        RAW_LIST("provinces", MAY, struct raw_when, provinces,                 \
                 SOP_PLACES_MAX),                                              \
        RAW_LIST("hosts", MAY, struct raw_when, hosts, SOP_PLACES_MAX),        \
        RAW_FLAGS("family", MAY, struct raw_when, families, families),         \
        RAW_LIST("community", MAY, struct raw_when, community, SOP_WORDS_MAX), \
        RAW_LIST("structural", MAY, struct raw_when, structural,               \
                 SOP_WORDS_MAX),                                               \
        CYAML_FIELD_MAPPING_PTR("score", CYAML_FLAG_POINTER | MAY,             \
                                struct raw_when, score, score_fields),         \
        CYAML_FIELD_MAPPING("incident", MAY, struct raw_when, incident,        \
                            incident_fields)

static const cyaml_schema_field_t when_fields[] = {
    RAW_LIST("needs", MUST, struct raw_when, needs, SOP_NEEDS_MAX),
    RAW_LIST("scenarios", MAY, struct raw_when, scenarios, SOP_WORDS_MAX),
    CRITERIA, CYAML_FIELD_END};
static const cyaml_schema_field_t criteria_fields[] = {CRITERIA,
                                                       CYAML_FIELD_END};

static const cyaml_schema_field_t scenario_fields[] = {
    RAW_TEXT("id", MUST, struct raw_scenario, id, 40),
    RAW_TEXT("title", MUST, struct raw_scenario, title, SOP_TITLE_BYTES - 1),
    CYAML_FIELD_MAPPING("when", MUST, struct raw_scenario, when,
                        criteria_fields),
    CYAML_FIELD_END};
static const cyaml_schema_value_t scenario_schema = {CYAML_VALUE_MAPPING(
    CYAML_FLAG_DEFAULT, struct raw_scenario, scenario_fields)};

static const cyaml_schema_field_t place_fields[] = {
    RAW_TEXT("province", MUST, struct raw_place, province, 40),
    RAW_LIST("community", MAY, struct raw_place, community, SOP_WORDS_MAX),
    RAW_LIST("structural", MAY, struct raw_place, structural, SOP_WORDS_MAX),
    CYAML_FIELD_END};
static const cyaml_schema_value_t place_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_place, place_fields)};

static const cyaml_schema_field_t clock_fields[] = {
    RAW_TEXT("deliver", MAY, struct raw_clocks, word[CLOCK_DELIVER], 16),
    RAW_TEXT("decide", MAY, struct raw_clocks, word[CLOCK_DECIDE], 16),
    RAW_TEXT("contact", MAY, struct raw_clocks, word[CLOCK_CONTACT], 16),
    RAW_TEXT("report", MAY, struct raw_clocks, word[CLOCK_REPORT], 16),
    RAW_ENUM("run_from", MAY, struct raw_clocks, run_from, runs),
    RAW_TEXT("calendar", MAY, struct raw_clocks, calendar, 40),
    CYAML_FIELD_END};

static const cyaml_schema_field_t cost_fields[] = {
    CYAML_FIELD_UINT_PTR("max", CYAML_FLAG_POINTER | MAY, struct raw_cost, max),
    CYAML_FIELD_UINT_PTR("approval_above", CYAML_FLAG_POINTER | MAY,
                         struct raw_cost, approval_above),
    RAW_ENUM("payer", MAY, struct raw_cost, payer, sop_raw_payer),
    RAW_TEXT("budget", MAY, struct raw_cost, budget, 40), CYAML_FIELD_END};

static const cyaml_schema_field_t capacity_fields[] = {
    CYAML_FIELD_UINT_PTR("least", CYAML_FLAG_POINTER | MAY, struct raw_capacity,
                         least),
    RAW_ENUM("stated", MAY, struct raw_capacity, stated, sop_raw_bool),
    CYAML_FIELD_END};

static const cyaml_schema_value_t prefer_schema = {CYAML_VALUE_ENUM(
    CYAML_FLAG_STRICT, int, prefers, sizeof(prefers) / sizeof(prefers[0]))};

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
    RAW_LIST("fallbacks", MAY, struct raw_rule, fallbacks, SOP_FALLBACKS_MAX),
    RAW_ENUM("final", MAY, struct raw_rule, final, sop_raw_bool),
    RAW_ENUM("otherwise", MAY, struct raw_rule, otherwise, otherwise),
    CYAML_FIELD_MAPPING("capacity", MAY, struct raw_rule, capacity,
                        capacity_fields),
    CYAML_FIELD_SEQUENCE_COUNT("prefer", CYAML_FLAG_POINTER | MAY,
                               struct raw_rule, prefer.item, prefer.n,
                               &prefer_schema, 1, PREFER_END),
    CYAML_FIELD_MAPPING_PTR("cost", CYAML_FLAG_POINTER | MAY, struct raw_rule,
                            cost, cost_fields),
    CYAML_FIELD_END};
static const cyaml_schema_value_t rule_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_rule, rule_fields)};

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
                               &sop_raw_follow_up, 0, 64),
    CYAML_FIELD_SEQUENCE_COUNT("calendars", CYAML_FLAG_POINTER | MAY,
                               struct raw_pack, calendars, n_calendars,
                               &sop_raw_calendar, 0, 16),
    RAW_TEXT("calendar", MAY, struct raw_pack, calendar, 40),
    CYAML_FIELD_SEQUENCE_COUNT("scenarios", CYAML_FLAG_POINTER | MAY,
                               struct raw_pack, scenarios, n_scenarios,
                               &scenario_schema, 0, SOP_WORDS_MAX),
    CYAML_FIELD_SEQUENCE_COUNT("places", CYAML_FLAG_POINTER | MAY,
                               struct raw_pack, places, n_places, &place_schema,
                               0, 64),
    CYAML_FIELD_SEQUENCE_COUNT("scores", CYAML_FLAG_POINTER | MAY,
                               struct raw_pack, thresholds, n_thresholds,
                               &sop_raw_threshold, 0, 16),
    CYAML_FIELD_SEQUENCE_COUNT("need_to_know", CYAML_FLAG_POINTER | MAY,
                               struct raw_pack, access, n_access,
                               &sop_raw_access, 0, 16),
    CYAML_FIELD_SEQUENCE_COUNT("closure", CYAML_FLAG_POINTER | MAY,
                               struct raw_pack, closure, n_closure,
                               &sop_raw_closure, 0, 32),
    CYAML_FIELD_SEQUENCE_COUNT("budgets", CYAML_FLAG_POINTER | MAY,
                               struct raw_pack, budgets, n_budgets,
                               &sop_raw_budget, 0, 32),
    CYAML_FIELD_SEQUENCE_COUNT("documentation", CYAML_FLAG_POINTER | MAY,
                               struct raw_pack, documents, n_documents,
                               &sop_raw_document, 0, 32),
    CYAML_FIELD_SEQUENCE_COUNT("ladder", CYAML_FLAG_POINTER | MAY,
                               struct raw_pack, ladder, n_ladder, &sop_raw_rung,
                               0, SOP_RUNGS_MAX *(URGENCY_END - 1)),
    CYAML_FIELD_MAPPING_PTR("first_contact", CYAML_FLAG_POINTER | MAY,
                            struct raw_pack, first_contact,
                            sop_raw_first_contact),
    CYAML_FIELD_MAPPING_PTR("consent", CYAML_FLAG_POINTER | MAY,
                            struct raw_pack, consent, sop_raw_consent),
    CYAML_FIELD_MAPPING_PTR("transfer", CYAML_FLAG_POINTER | MAY,
                            struct raw_pack, transfer, sop_raw_transfer),
    CYAML_FIELD_END};

const cyaml_schema_value_t sop_raw_pack_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw_pack, pack_fields)};
