#include "sop_raw.h"

#define MUST CYAML_FLAG_DEFAULT
#define MAY  CYAML_FLAG_OPTIONAL

#define X(name, number, text) {text, number},
static const cyaml_strval_t roles[] = {ROLE_MAP(X)};
static const cyaml_strval_t reasons[] = {SOP_CLOSE_MAP(X)};
#undef X
static const cyaml_strval_t channels[] = {{"phone", CHANNEL_PHONE},
                                          {"message", CHANNEL_MESSAGE},
                                          {"visit", CHANNEL_VISIT},
                                          {"in_person", CHANNEL_IN_PERSON}};
static const cyaml_strval_t follow_ups[] = {{"call", FOLLOW_CALL},
                                            {"visit", FOLLOW_VISIT},
                                            {"survey", FOLLOW_SURVEY},
                                            {"report", FOLLOW_REPORT}};
static const cyaml_strval_t count_from[] = {
    {"plan", COUNT_FROM_PLAN},
    {"return", COUNT_FROM_RETURN},
    {"arrival", COUNT_FROM_ARRIVAL},
    {"completion", COUNT_FROM_COMPLETION}};
static const cyaml_strval_t days[] = {{"mon", 1}, {"tue", 2},  {"wed", 4},
                                      {"thu", 8}, {"fri", 16}, {"sat", 32},
                                      {"sun", 64}};
static const cyaml_strval_t rungs[] = {{"focal_point", RUNG_FOCAL_POINT},
                                       {"supervisor", RUNG_SUPERVISOR},
                                       {"next_provider", RUNG_NEXT_PROVIDER},
                                       {"committee", RUNG_COMMITTEE}};
static const cyaml_strval_t methods[] = {{"written", 1},
                                         {"verbal_witnessed", 2}};
const cyaml_strval_t sop_raw_score_of[SCORE_END + 1] = {
    {"composite", SCORE_COMPOSITE + 1},
    {"economic", SCORE_ECONOMIC + 1},
    {"social", SCORE_SOCIAL + 1},
    {"psychosocial", SCORE_PSYCHOSOCIAL + 1},
    {"any", RAW_ANY_SCORE}};

const cyaml_schema_field_t sop_raw_first_contact[] = {
    RAW_ENUM("by", MUST, struct raw_first_contact, by, roles),
    RAW_TEXT("call_back", MUST, struct raw_first_contact, call_back, 16),
    CYAML_FIELD_UINT("attempts", MAY, struct raw_first_contact, attempts),
    RAW_TEXT("every", MAY, struct raw_first_contact, every, 16),
    RAW_FLAGS("channels", MAY, struct raw_first_contact, channels, channels),
    RAW_FLAGS("needs", MAY, struct raw_first_contact, needs, sop_raw_category),
    RAW_TEXT("calendar", MAY, struct raw_first_contact, calendar, 40),
    CYAML_FIELD_END};

const cyaml_schema_field_t sop_raw_consent[] = {
    RAW_FLAGS("methods", MUST, struct raw_consent, methods, methods),
    CYAML_FIELD_UINT("age", MAY, struct raw_consent, age),
    RAW_TEXT("renew", MAY, struct raw_consent, renew, 16),
    RAW_TEXT("shelter", MAY, struct raw_consent, shelter, 16), CYAML_FIELD_END};

const cyaml_schema_field_t sop_raw_transfer[] = {
    RAW_TEXT("request", MAY, struct raw_transfer, request, 16),
    RAW_TEXT("query", MAY, struct raw_transfer, query, 16), CYAML_FIELD_END};

#define SCHEMA(name, type, fields)                                             \
    const cyaml_schema_value_t name = {                                        \
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct type, fields)}

static const cyaml_schema_field_t follow_up_fields[] = {
    RAW_TEXT("id", MUST, struct raw_follow_up, id, 40),
    RAW_ENUM("what", MUST, struct raw_follow_up, what, follow_ups),
    RAW_TEXT("after", MUST, struct raw_follow_up, after, 16),
    RAW_TEXT("every", MAY, struct raw_follow_up, every, 16),
    RAW_TEXT("until", MAY, struct raw_follow_up, until, 16),
    RAW_ENUM("count_from", MAY, struct raw_follow_up, from, count_from),
    RAW_FLAGS("groups", MAY, struct raw_follow_up, groups, sop_raw_group),
    RAW_FLAGS("except", MAY, struct raw_follow_up, except, sop_raw_group),
    CYAML_FIELD_END};
SCHEMA(sop_raw_follow_up, raw_follow_up, follow_up_fields);

static const cyaml_schema_field_t calendar_fields[] = {
    RAW_TEXT("id", MUST, struct raw_calendar, id, 40),
    RAW_TEXT("time_zone", MUST, struct raw_calendar, time_zone,
             SOP_ZONE_BYTES - 1),
    RAW_TEXT("offset", MAY, struct raw_calendar, offset, 6),
    RAW_FLAGS("days", MUST, struct raw_calendar, days, days),
    RAW_TEXT("from", MUST, struct raw_calendar, from, 5),
    RAW_TEXT("until", MUST, struct raw_calendar, until, 5),
    RAW_LIST("holidays", MAY, struct raw_calendar, holidays, SOP_HOLIDAYS_MAX),
    RAW_LIST("countries", MAY, struct raw_calendar, countries, SOP_PLACES_MAX),
    CYAML_FIELD_END};
SCHEMA(sop_raw_calendar, raw_calendar, calendar_fields);

static const cyaml_schema_field_t rung_fields[] = {
    RAW_ENUM("rung", MUST, struct raw_rung, who, rungs),
    RAW_ENUM("urgency", MAY, struct raw_rung, urgency, sop_raw_urgency),
    RAW_TEXT("after", MAY, struct raw_rung, after, 16),
    RAW_TEXT("every", MAY, struct raw_rung, every, 16), CYAML_FIELD_END};
SCHEMA(sop_raw_rung, raw_rung, rung_fields);

static const cyaml_schema_field_t threshold_fields[] = {
    RAW_TEXT("id", MUST, struct raw_threshold, id, 40),
    RAW_ENUM("of", MUST, struct raw_threshold, of, sop_raw_score_of),
    RAW_TEXT("below", MAY, struct raw_threshold, below, 4),
    RAW_TEXT("above", MAY, struct raw_threshold, above, 4),
    RAW_TEXT("prompt", MUST, struct raw_threshold, prompt,
             SOP_PROMPT_BYTES - 1),
    CYAML_FIELD_END};
SCHEMA(sop_raw_threshold, raw_threshold, threshold_fields);

static const cyaml_schema_field_t access_fields[] = {
    RAW_ENUM("role", MUST, struct raw_access, role, roles),
    RAW_FLAGS("reads", MUST, struct raw_access, reads, sop_raw_category),
    CYAML_FIELD_END};
SCHEMA(sop_raw_access, raw_access, access_fields);

static const cyaml_schema_field_t closure_fields[] = {
    RAW_ENUM("reason", MUST, struct raw_closure, reason, reasons),
    RAW_ENUM("exit_review", MAY, struct raw_closure, exit_review, sop_raw_bool),
    RAW_ENUM("approval", MAY, struct raw_closure, approval, sop_raw_bool),
    CYAML_FIELD_UINT("attempts", MAY, struct raw_closure, attempts),
    RAW_TEXT("over", MAY, struct raw_closure, over, 16),
    CYAML_FIELD_END};
SCHEMA(sop_raw_closure, raw_closure, closure_fields);

static const cyaml_schema_field_t budget_fields[] = {
    RAW_TEXT("id", MUST, struct raw_budget, id, 40),
    RAW_TEXT("title", MUST, struct raw_budget, title, SOP_PROMPT_BYTES - 1),
    RAW_TEXT("currency", MUST, struct raw_budget, currency, 3),
    CYAML_FIELD_UINT("per_person", MAY, struct raw_budget, per_person),
    CYAML_FIELD_UINT("total", MAY, struct raw_budget, total),
    CYAML_FIELD_END};
SCHEMA(sop_raw_budget, raw_budget, budget_fields);

static const cyaml_schema_field_t document_fields[] = {
    RAW_TEXT("what", MUST, struct raw_document, what, 40),
    RAW_TEXT("within", MAY, struct raw_document, within, 16),
    RAW_TEXT("keep", MAY, struct raw_document, keep, 16), CYAML_FIELD_END};
SCHEMA(sop_raw_document, raw_document, document_fields);
