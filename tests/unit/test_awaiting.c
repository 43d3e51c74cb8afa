/* Unit tests of node/shell/awaiting: how long a referral waits for its pack. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "awaiting.h"
#include "body.h"

#define NOW_MS  UINT64_C(1793610000000)
#define HOUR_MS (UINT64_C(3600) * 1000)

static uint8_t terms_bytes[TERMS_BYTES];
static uint8_t body[8192];
static struct hf_bytes body_span;
static struct content content;
static struct node_event ev;

static void
begin(void)
{
    struct terms t = {.urgency = URGENCY_NORMAL,
                      .decide_ms = NOW_MS + 24 * HOUR_MS,
                      .deliver_ms = NOW_MS + HOUR_MS,
                      .pack_version = 2};
    struct body b = {.n = 1};

    strcpy(t.service.s, "primary_health_care");
    strcpy(t.family.s, "health");
    strcpy(t.need.s, "health.general");
    strcpy(t.pack.s, "af-national");
    strcpy(t.rule.s, "health");
    memset(t.pack_hash.b, 7, sizeof(t.pack_hash.b));
    terms_pack(&t, terms_bytes);
    b.part[0] = (struct part){.type = PART_TERMS,
                              .bytes = {terms_bytes, sizeof(terms_bytes)}};
    cr_assert(body_bytes(&b) <= sizeof(body));
    body_pack(&b, body);
    body_span = (struct hf_bytes){body, body_bytes(&b)};
    memset(&content, 0, sizeof(content));
    content.type = CONTENT_PUSH;
    content.u.push.kind = OBJECT_REFERRAL;
    content.u.push.n = 1;
    content.u.push.entry[0].body = body_span;
    memset(&ev, 0, sizeof(ev));
    ev.type = NODE_EV_CONTENT;
    ev.content = &content;
    ev.header.created_ms = NOW_MS;
}

TestSuite(awaiting, .init = begin);

Test(awaiting, half_of_the_time_to_deliver_and_then_no_more)
{
    cr_expect(awaiting_pack(&ev, NULL, NOW_MS));
    cr_expect(awaiting_pack(&ev, NULL, NOW_MS + HOUR_MS / 2 - 1));
    cr_expect(not(awaiting_pack(&ev, NULL, NOW_MS + HOUR_MS / 2)));
}

Test(awaiting, what_is_no_send_of_a_referral_does_not_wait)
{
    content.u.push.entry[0].body.n = 0;
    cr_expect(not(awaiting_pack(&ev, NULL, NOW_MS)));
    content.u.push.entry[0].body = body_span;
    content.u.push.kind = OBJECT_TRANSFER;
    cr_expect(not(awaiting_pack(&ev, NULL, NOW_MS)));
}

Test(awaiting, a_recall_is_not_kept_waiting)
{
    uint8_t bytes[ENTRY_BYTES];
    struct entry e = {.kind = OBJECT_REFERRAL,
                      .n = 2,
                      .event = EVENT_RECALL,
                      .role = ROLE_CASE_MANAGER,
                      .at_ms = NOW_MS,
                      .happened_ms = NOW_MS};

    memset(e.object.b, 1, sizeof(e.object.b));
    memset(e.prev.b, 2, sizeof(e.prev.b));
    strcpy(e.author.s, "iom-af");
    strcpy(e.peer.s, "clinic-kbl");
    entry_pack(&e, bytes);
    content.u.push.entry[1].bytes = (struct hf_bytes){bytes, sizeof(bytes)};
    content.u.push.n = 2;
    cr_expect(not(awaiting_pack(&ev, NULL, NOW_MS)));
}
