/* POST /objects/ID/events: one event of a lifecycle. */
#include <stdlib.h>

#include "api_internal.h"
#include "casefile.h"
#include "reason.h"

/* Members that travel sealed beside the entry, as its details. */
static const char *const detail_keys[] = {
    "channel", "reached",    "where",   "contact", "bring",    "focal",
    "manager", "contact_by", "outcome", "until",   "spoke_to", "to"};

/* "take-over" as on the command line, "take_over" as in the chains. */
static bool
take_event(struct api_call *c)
{
    const char *text = filecheck_string(c->req->json, "event");
    char word[40] = "";

    if (text != NULL && strlen(text) < sizeof(word))
        memcpy(word, text, strlen(text) + 1);
    for (char *p = word; *p != '\0'; p++)
        if (*p == '-')
            *p = '_';
    c->command->event = event_parse(word);
    if (c->command->event != EVENT_NONE)
        return true;
    (void)api_bad(c, "event",
                  "must be an event of a lifecycle, such as "
                  "accept or complete");
    return false;
}

/* The reason as given; else the one that another member says. */
static bool
take_reason(struct api_call *c)
{
    struct node_command *m = c->command;
    const char *text = filecheck_string(c->req->json, "reason");
    const char *outcome = filecheck_string(c->req->json, "outcome");
    const bool has_outcome = json_object_get(c->req->json, "outcome") != NULL;
    char room[NODE_MESSAGE_BYTES];

    if (has_outcome) {
        m->reason = outcome == NULL ? REASON_NONE : reason_parse(outcome);
        if (m->reason != REASON_MET && m->reason != REASON_PARTLY_MET &&
            m->reason != REASON_NOT_MET) {
            (void)api_bad(c, "outcome", "must be met, partly_met or not_met");
            return false;
        }
    } else if (m->event == EVENT_CONTACT) {
        m->reason =
            (m->flags & ENTRY_REACHED) != 0 ? REASON_REACHED : REASON_ATTEMPT;
    }
    if (json_object_get(c->req->json, "reason") == NULL)
        return true;
    m->reason = text == NULL ? REASON_NONE : reason_parse(text);
    if (m->reason != REASON_NONE)
        return true;
    (void)api_bad(c, "reason",
                  reason_names(c->req->kind, m->event, room, sizeof(room)));
    return false;
}

static bool
take_flags(struct api_call *c)
{
    bool reached = false, unmet = false;

    if (!api_body_bool(c, "reached", &reached) ||
        !api_body_bool(c, "unmet", &unmet))
        return false;
    if (reached)
        c->command->flags |= ENTRY_REACHED;
    if (unmet)
        c->command->flags |= ENTRY_UNMET;
    return true;
}

/* How somebody was called on: the words that packs have, too. */
static bool
check_channel(struct api_call *c)
{
    static const char *const words[] = {"phone", "message", "visit",
                                        "in_person"};
    const json_t *channel = json_object_get(c->req->json, "channel");
    const char *text = filecheck_string(c->req->json, "channel");

    if (channel == NULL || json_is_null(channel))
        return true;
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (text != NULL && strcmp(text, words[i]) == 0)
            return true;
    (void)api_bad(c, "channel", "must be phone, message, visit or in_person");
    return false;
}

/* Who looks after it here: named, or whoever accepts. */
static bool
take_people(struct api_call *c, json_t *details)
{
    struct node_command *m = c->command;
    const bool accepts =
        (m->event == EVENT_ACCEPT || m->event == EVENT_TAKE_OVER) &&
        m->on_behalf.s[0] == '\0';
    const char *key = c->req->kind == OBJECT_TRANSFER ? "manager" : "focal";

    if (!api_body_name(c, "focal", &m->user_name) ||
        !api_body_name(c, "manager", &m->user_name))
        return false;
    if (accepts && m->user_name.s[0] == '\0')
        m->user_name = m->user;
    if (accepts && m->user_name.s[0] != '\0' &&
        json_object_get(details, key) == NULL)
        api_put_text(details, key, m->user_name.s);
    return true;
}

static bool
take_details(struct api_call *c)
{
    json_t *details = json_object();
    bool ok = details != NULL;

    for (size_t i = 0; i < sizeof(detail_keys) / sizeof(*detail_keys); i++) {
        json_t *value = json_object_get(c->req->json, detail_keys[i]);

        if (value != NULL && !json_is_null(value))
            (void)json_object_set(details, detail_keys[i], value);
    }
    ok = ok && check_channel(c) && take_people(c, details);
    if (ok && json_object_size(details) > 0)
        ok = api_keep_json(c, details, &c->command->details);
    json_decref(details);
    return ok;
}

static bool
take_sections(struct api_call *c)
{
    json_t *sections = json_object_get(c->req->json, "sections");
    struct filecheck_error error;
    struct casefile file;

    if (sections == NULL || json_is_null(sections))
        return true;
    if (!casefile_sections(sections, &file, &error)) {
        (void)api_refuse_file(c, &error);
        return false;
    }
    c->command->sections = file.sections;
    for (enum category k = CATEGORY_NONE + 1; k < CATEGORY_END; k++)
        if (file.section[k] != NULL &&
            !api_keep_json(c, file.section[k], &c->command->section[k]))
            return false;
    return true;
}

static bool
take_report(struct api_call *c)
{
    json_t *report = json_object_get(c->req->json, "report");

    if (report == NULL || json_is_null(report))
        return true;
    return api_keep_json(c, report, &c->command->report);
}

static bool
take_times(struct api_call *c)
{
    struct node_command *m = c->command;

    return api_body_time(c, "contact_by", &m->when_ms) &&
           api_body_time(c, "until", &m->when_ms) &&
           api_body_time(c, "when", &m->when_ms);
}

enum api_verdict
command_event(struct api_call *c)
{
    struct node_object o;

    if (!api_find_object(c, c->req->part[1], &o))
        return API_ANSWERED;
    c->req->object = o.id;
    c->req->kind = o.kind;
    c->command->type = CMD_EVENT;
    c->command->object = o.id;
    if (!take_event(c) || !api_body_later(c) || !take_flags(c) ||
        !take_reason(c) || !take_times(c) ||
        !api_body_org(c, "to", &c->command->to) ||
        !api_body_text(c, "text", &c->command->text) || !take_details(c) ||
        !take_report(c) || !take_sections(c))
        return API_ANSWERED;
    return API_COMMAND;
}
