#include "reason.h"

#include "hf_text.h"

#define REASONS_MAX 12

struct rule {
    enum object_kind kind; /* OBJECT_NONE: of every kind */
    enum event event;
    bool must;
    enum reason allowed[REASONS_MAX]; /* REASON_NONE after the last */
};

static const struct rule rules[] = {
    {OBJECT_REFERRAL, EVENT_CANCEL, true,
     {REASON_CLIENT_REFUSED, REASON_NO_LONGER_NEEDED, REASON_DUPLICATE,
      REASON_OTHER}},
    {OBJECT_REFERRAL, EVENT_ABANDON, true,
     {REASON_NO_RESPONSE, REASON_ORG_GONE}},
    {OBJECT_REFERRAL, EVENT_RECALL, false,
     {REASON_CONSENT_WITHDRAWN, REASON_OTHER}},
    {OBJECT_REFERRAL, EVENT_VOID, false,
     {REASON_MADE_IN_ERROR, REASON_DUPLICATE}},
    {OBJECT_REFERRAL, EVENT_DECLINE, true,
     {REASON_NO_CAPACITY, REASON_NOT_ELIGIBLE, REASON_OUT_OF_AREA,
      REASON_LANGUAGE, REASON_UNSAFE, REASON_INSUFFICIENT_INFORMATION,
      REASON_CONFLICT_OF_INTEREST, REASON_DUPLICATE,
      REASON_SERVICE_SUSPENDED, REASON_CLIENT_REFUSED, REASON_OTHER}},
    {OBJECT_REFERRAL, EVENT_REDIRECT, true,
     {REASON_NO_CAPACITY, REASON_NOT_ELIGIBLE, REASON_OUT_OF_AREA,
      REASON_LANGUAGE, REASON_UNSAFE, REASON_INSUFFICIENT_INFORMATION,
      REASON_CONFLICT_OF_INTEREST, REASON_SERVICE_SUSPENDED,
      REASON_CLIENT_REFUSED, REASON_OTHER}},
    {OBJECT_REFERRAL, EVENT_CONTACT, true, {REASON_REACHED, REASON_ATTEMPT}},
    {OBJECT_REFERRAL, EVENT_CANCEL_APPOINTMENT, true,
     {REASON_PROVIDER_CANCELLED, REASON_CLIENT_CANCELLED, REASON_OTHER}},
    {OBJECT_REFERRAL, EVENT_FAIL, true,
     {REASON_COULD_NOT_CONTACT, REASON_DID_NOT_ATTEND,
      REASON_COULD_NOT_PROVIDE, REASON_CLIENT_WITHDREW, REASON_LEFT_AREA,
      REASON_DIED, REASON_OTHER}},
    {OBJECT_REFERRAL, EVENT_COMPLETE, true,
     {REASON_MET, REASON_PARTLY_MET, REASON_NOT_MET}},
    {OBJECT_REFERRAL, EVENT_REOPEN, true,
     {REASON_MADE_IN_ERROR, REASON_OTHER, REASON_CLIENT_REFUSED,
      REASON_NO_CAPACITY}},
    {OBJECT_REFERRAL, EVENT_REFUSE, false,
     {REASON_OTHER, REASON_INSUFFICIENT_INFORMATION, REASON_UNSAFE}},
    {OBJECT_TRANSFER, EVENT_REFUSE_REQUEST, true,
     {REASON_NOT_KNOWN, REASON_NO_CONSENT, REASON_CLIENT_REFUSED,
      REASON_OTHER}},
    {OBJECT_TRANSFER, EVENT_DECLINE, true,
     {REASON_NO_CAPACITY, REASON_NOT_ELIGIBLE, REASON_OUT_OF_AREA,
      REASON_LANGUAGE, REASON_UNSAFE, REASON_INSUFFICIENT_INFORMATION,
      REASON_CONFLICT_OF_INTEREST, REASON_DUPLICATE, REASON_CLIENT_REFUSED,
      REASON_OTHER}},
    {OBJECT_TRANSFER, EVENT_QUERY, true,
     {REASON_NOT_ARRIVED, REASON_NO_RESPONSE, REASON_OTHER}},
    {OBJECT_TRANSFER, EVENT_NOT_DEPARTED, false,
     {REASON_CLIENT_REFUSED, REASON_NO_LONGER_NEEDED, REASON_OTHER}},
    {OBJECT_TRANSFER, EVENT_WITHDRAW, false,
     {REASON_CONSENT_WITHDRAWN, REASON_CLIENT_REFUSED, REASON_MADE_IN_ERROR,
      REASON_OTHER}},
    {OBJECT_TRANSFER, EVENT_REFUSE, true,
     {REASON_CHECK_FAILED, REASON_NO_CAPACITY, REASON_NOT_ARRIVED,
      REASON_OTHER}},
    {OBJECT_WITHDRAWAL, EVENT_KEPT, true,
     {REASON_MEDICAL_RECORD, REASON_LEGAL_OBLIGATION, REASON_STOP,
      REASON_OTHER}},
};

static const struct rule *
rule_of(enum object_kind kind, enum event event)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        if (rules[i].event == event && rules[i].kind == kind)
            return &rules[i];
    return NULL;
}

static void
add_names(const struct rule *r, char *room, size_t room_bytes)
{
    for (int i = 0; i < REASONS_MAX && r->allowed[i] != REASON_NONE; i++)
        hf_say_more(room, room_bytes, " %s", reason_text(r->allowed[i]));
}

const char *
reason_names(enum object_kind kind, enum event event, char *room,
             size_t room_bytes)
{
    const struct rule *r = rule_of(kind, event);

    hf_say(room, room_bytes, "%s",
           r != NULL ? "must be one of" : "is not taken here");
    if (r != NULL)
        add_names(r, room, room_bytes);
    return room;
}

const char *
reason_check(enum object_kind kind, enum event event, enum reason reason,
             char *room, size_t room_bytes)
{
    const struct rule *r = rule_of(kind, event);

    if (r == NULL || (reason == REASON_NONE && !r->must)) {
        if (r != NULL || reason == REASON_NONE)
            return NULL;
        hf_say(room, room_bytes, "%s takes no reason", event_text(event));
        return room;
    }
    for (int i = 0; i < REASONS_MAX && r->allowed[i] != REASON_NONE; i++)
        if (r->allowed[i] == reason)
            return NULL;
    hf_say(room, room_bytes, "%s needs one of the reasons", event_text(event));
    add_names(r, room, room_bytes);
    return room;
}
