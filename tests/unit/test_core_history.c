/* The signed versions of a consent go with the case to its new holder, who
 * looks at each; what is not in order brings no case. */
#include "core_fixture.h"

#include "history.h"

static struct core_node *a, *b, *c;
static struct hf_id case_id, consent_id;

static void
give(struct core_node *n, bool amends)
{
    struct consent con = {.state = CONSENT_GIVEN};
    struct node_command cmd = {.type = amends ? CMD_CONSENT_AMEND
                                              : CMD_CONSENT_GIVE,
                               .case_id = case_id,
                               .consent = &con,
                               .details = core_text("{\"by\":\"herself\"}")};

    core_scope(&con, "all", CATEGORY_ALL & ~CATEGORY_SENSITIVE,
               PURPOSE_BIT(PURPOSE_OFFER) | PURPOSE_BIT(PURPOSE_TRANSFER) |
                   PURPOSE_BIT(PURPOSE_REFERRAL),
               &a->org, &b->org, &c->org, NULL);
    core_do(n, &cmd);
    if (!amends)
        consent_id = n->reply.id;
    core->now_ms += MINUTE_MS;
}

static void
begin(void)
{
    core_begin(3, 1);
    a = &core->node[0];
    b = &core->node[1];
    c = &core->node[2];
    case_id = core_case(a, CATEGORY_ALL);
    give(a, false);
    give(a, true);
}

TestSuite(history, .init = begin, .fini = core_end);

static struct hf_id
release(struct core_node *from, struct core_node *to)
{
    struct node_command cmd = {.type = CMD_TRANSFER_OFFER,
                               .case_id = case_id,
                               .to = to->org};
    struct hf_id id;

    core_do(from, &cmd);
    id = from->reply.id;
    core_run();
    core_does(to, id, EVENT_ACCEPT, REASON_NONE);
    core_does(from, id, EVENT_RELEASE, REASON_NONE);
    return id;
}

static void
hands_over(struct core_node *from, struct core_node *to)
{
    const struct hf_id id = release(from, to);

    core_does(to, id, EVENT_ARRIVE, REASON_NONE);
    core_does(from, id, EVENT_HAND_OVER, REASON_NONE);
    expect_state(to, id, STATE_HANDED_OVER);
    core->now_ms += DAY_MS;
    core_run();
}

/* Version @version at @n is signed by @org, as its row says. */
static bool
is_signed_by(const struct core_node *n, uint32_t version,
             const struct hf_org *org)
{
    struct hf_bytes row, part;
    struct history h;
    uint8_t sig[64];

    if (!history_get(n->env.view, &consent_id, version, &row, &h) ||
        h.version != version || !hf_org_eq(&h.org, org))
        return false;
    part = (struct hf_bytes){row.p, HISTORY_BYTES};
    core_sign_as(org, HISTORY_LABEL, &part, 1, sig);
    return memcmp(sig, row.p + HISTORY_BYTES, sizeof(sig)) == 0;
}

Test(history, goes_with_the_case_from_holder_to_holder)
{
    hands_over(a, b);
    cr_expect(is_signed_by(b, 1, &a->org));
    cr_expect(is_signed_by(b, 2, &a->org));
    give(b, true);
    hands_over(b, c);
    cr_expect(is_signed_by(c, 1, &a->org));
    cr_expect(is_signed_by(c, 2, &a->org));
    cr_expect(is_signed_by(c, 3, &b->org));
    hands_over(c, a);
    cr_expect(is_signed_by(a, 1, &a->org), "its own is not replaced");
    cr_expect(is_signed_by(a, 3, &b->org));
}

Test(history, of_many_versions_brings_the_newest)
{
    struct hf_bytes row;
    struct history h;

    for (uint32_t v = 3; v <= HISTORY_ROWS_MAX + 3; v++)
        give(a, true);
    (void)release(a, b);
    cr_expect(is_signed_by(b, HISTORY_ROWS_MAX + 3, &a->org));
    cr_expect(is_signed_by(b, 4, &a->org));
    expect_no(history_get(b->env.view, &consent_id, 3, &row, &h));
}

Test(history, goes_where_the_case_goes)
{
    const struct hf_id id = release(a, b);

    cr_assert(is_signed_by(b, 1, &a->org));
    core_does(a, id, EVENT_WITHDRAW, REASON_CLIENT_REFUSED);
    cr_expect(eq(sz, disk_rows(b->disk, NODE_CONSENT_DOCS), 0),
              "nothing came of it");
}

Test(history, is_destroyed_with_the_case)
{
    struct node_command shred = {.type = CMD_CASE_SHRED, .case_id = case_id};

    hands_over(a, b);
    give(b, true);
    hands_over(b, c);
    shred.user = core_name("sam");
    core_do(b, &shred);
    cr_expect(eq(sz, disk_rows(b->disk, NODE_CONSENT_DOCS), 0));
    cr_expect(is_signed_by(c, 1, &a->org), "the holder keeps it");
}

/* ---- a modified program: what it keeps is not what was signed ---- */

static struct hf_bytes
key_of(uint32_t version, uint8_t room[static HF_ID_BYTES + 5])
{
    memcpy(room, consent_id.b, HF_ID_BYTES);
    for (int i = 0; i < 4; i++)
        room[HF_ID_BYTES + i] = (uint8_t)(version >> (8 * (3 - i)));
    room[HF_ID_BYTES + 4] = 's';
    return (struct hf_bytes){room, HF_ID_BYTES + 5};
}

/* Row @version becomes that of version @from with byte @at changed, signed
 * anew by @signer, or (NULL) as it was. */
static void
tamper(uint32_t version, uint32_t from, size_t at, uint8_t change,
       const struct hf_org *signer)
{
    uint8_t row[HISTORY_ROW_BYTES], room[HF_ID_BYTES + 5];
    const struct hf_bytes part = {row, HISTORY_BYTES};
    const struct node_lock lock = {case_id, LOCK_BESIDE};
    struct hf_bytes was;
    struct history h;

    cr_assert(history_get(a->env.view, &consent_id, from, &was, &h));
    memcpy(row, was.p, sizeof(row));
    row[at] ^= change;
    if (signer != NULL)
        core_sign_as(signer, HISTORY_LABEL, &part, 1, row + HISTORY_BYTES);
    disk_begin(a->disk);
    a->env.view->put(a->env.view->ctx, NODE_CONSENT_DOCS, key_of(version, room),
                     &lock, (struct hf_bytes){row, sizeof(row)});
    disk_commit(a->disk);
}

static void
expect_declined(const char *why)
{
    const struct hf_id id = release(a, b);

    cr_expect(eq(int, (int)core_state(b, id), STATE_DECLINED), "%s", why);
    cr_expect(eq(int, (int)core_object(a, id).reason, REASON_BAD_HISTORY), "%s",
              why);
    expect_no(core_holds(b, "canary"), "%s", why);
    cr_expect(eq(sz, disk_rows(b->disk, NODE_CONSENT_DOCS), 0), "%s", why);
}

#define AT_CASE     16
#define AT_ACTION   36
#define AT_AT       38
#define AT_ORG      46
#define AT_DOCUMENT 110

Test(history, that_was_changed_brings_no_case)
{
    tamper(1, 1, AT_AT, 1, NULL);
    expect_declined("not what was signed");
}

Test(history, that_another_signed_brings_no_case)
{
    tamper(1, 1, AT_AT, 1, &c->org);
    expect_declined("in a's name");
}

Test(history, of_nobody_in_the_registry_brings_no_case)
{
    const struct hf_org nobody = {"prg-a"}; /* as AT_ORG is changed below */

    tamper(1, 1, AT_ORG, 'o' ^ 'p', &nobody);
    expect_declined("by a stranger");
}

Test(history, of_another_case_brings_no_case)
{
    tamper(1, 1, AT_CASE, 1, &a->org);
    expect_declined("another case's");
}

Test(history, of_another_consent_brings_no_case)
{
    tamper(1, 1, 0, 1, &a->org);
    expect_declined("another consent's");
}

Test(history, out_of_order_brings_no_case)
{
    tamper(1, 2, AT_AT, 0, NULL);
    expect_declined("version 2 twice");
}

Test(history, of_an_unknown_action_brings_no_case)
{
    tamper(1, 1, AT_ACTION, 0x40, &a->org);
    expect_declined("no such action");
}

Test(history, over_another_document_brings_no_case)
{
    tamper(2, 2, AT_DOCUMENT, 1, &a->org);
    expect_declined("another document");
}

Test(history, words_of_the_release_are_not_the_consents_document)
{
    struct node_command cmd = {.type = CMD_TRANSFER_OFFER,
                               .case_id = case_id,
                               .to = b->org};
    struct hf_bytes doc;
    struct hf_id id;

    core_do(a, &cmd);
    id = a->reply.id;
    core_run();
    core_does(b, id, EVENT_ACCEPT, REASON_NONE);
    cmd = core_event_cmd(id, EVENT_RELEASE, REASON_NONE);
    cmd.details = core_text("{\"spoke_to\":\"OTHER\"}");
    core_do(a, &cmd);
    core_run();
    expect_state(b, id, STATE_RELEASED);
    cr_assert(consent_doc_get(b->env.view, &consent_id, 2, &doc));
    cr_expect(ne(ptr, memmem(doc.p, doc.n, "herself", 7), NULL));
}
