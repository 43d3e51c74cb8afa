/* Unit tests of proto/request: the text that a node shows the committee. */
#include "registry_fixture.h"

#include "request.h"

static struct hf_buf text;
static struct join_request member, broker, got;
static struct hf_secret *identity, *broker_identity;
static struct hf_yaml_error error;

static void
begin(void)
{
    fixture_start();
    hf_buf_init(&text, 4 * REQUEST_BYTES_MAX);
    identity = fixture_secret(HF_KEY_SIGN, 30);
    broker_identity = fixture_secret(HF_KEY_SIGN, 10);
    member = (struct join_request){.made_ms = T0};
    member.org = fixture_member("clinic-kbl", 30);
    (void)snprintf(member.org.name, sizeof(member.org.name),
                   "The \"Good\" Clinic \\ Kabul: caf\xc3\xa9 # 1");
    member.org.op[0].until_ms = T0 + 1;
    broker = (struct join_request){.is_broker = true, .made_ms = T0};
    broker.broker = fixture_broker("eu", 10);
}

static void
end(void)
{
    hf_buf_free(&text);
    hf_secret_free(identity);
    hf_secret_free(broker_identity);
}

TestSuite(request, .init = begin, .fini = end);

static enum hf_err
parse(void)
{
    return request_parse(hf_buf_bytes(&text), &got, &error);
}

/* The printed request with the first @from replaced by @to. */
static enum hf_err
parse_with(const char *from, const char *to)
{
    struct hf_buf changed;
    char *at;
    enum hf_err err;

    hf_buf_clear(&text);
    cr_assert(eq(int, (int)request_print(&member, identity, &text), HF_OK));
    cr_assert(hf_buf_add(&text, "", 1));
    at = strstr((char *)text.p, from);
    cr_assert(at != NULL, "%s", from);
    hf_buf_init(&changed, 4 * REQUEST_BYTES_MAX);
    cr_assert(hf_buf_add(&changed, text.p, (size_t)((uint8_t *)at - text.p)));
    cr_assert(hf_buf_add(&changed, to, strlen(to)));
    cr_assert(
        hf_buf_add(&changed, at + strlen(from), strlen(at + strlen(from))));
    err = request_parse(hf_buf_bytes(&changed), &got, &error);
    hf_buf_free(&changed);
    return err;
}

Test(request, of_a_member_comes_back)
{
    cr_assert(eq(int, (int)request_print(&member, identity, &text), HF_OK));
    cr_assert(eq(int, (int)parse(), HF_OK), "%u: %s", error.line, error.what);
    cr_expect(not(got.is_broker));
    cr_expect(eq(str, got.org.id.s, "clinic-kbl"));
    cr_expect(eq(str, got.org.name, member.org.name));
    cr_expect(eq(int, (int)got.org.kind, ORG_CLINIC));
    cr_expect(eq(str, got.org.country, "AF"));
    cr_expect(eq(str, got.org.level, "local"));
    cr_expect(eq(int, (int)got.org.status, MEMBER_ACTIVE));
    cr_expect(eq(u8, got.org.n_homes, 1));
    cr_expect(eq(str, got.org.home[0].s, "eu"));
    cr_expect(memcmp(got.org.identity_pk, member.org.identity_pk, 32) == 0);
    cr_expect(memcmp(got.org.op[0].pk, member.org.op[0].pk, 32) == 0);
    cr_expect(memcmp(got.org.link_pk, member.org.link_pk, 32) == 0);
    cr_expect(eq(u64, got.org.op[0].from_ms, T0 - 1000));
    cr_expect(eq(u64, got.org.op[0].until_ms, T0 + 1));
    cr_expect(eq(u64, got.made_ms, T0));
}

Test(request, of_a_broker_comes_back)
{
    cr_assert(
        eq(int, (int)request_print(&broker, broker_identity, &text), HF_OK));
    cr_assert(eq(int, (int)parse(), HF_OK), "%u: %s", error.line, error.what);
    cr_expect(got.is_broker);
    cr_expect(eq(str, got.broker.id.s, "eu"));
    cr_expect(eq(str, got.broker.operated_by.s, "committee"));
    cr_expect(eq(str, got.broker.endpoint, "tcp://127.0.0.1:5555"));
    cr_expect(memcmp(got.broker.link_pk, broker.broker.link_pk, 32) == 0);
}

Test(request, can_be_taken_into_a_registry)
{
    struct registry_edit *e = fixture_network();

    member.org = fixture_member("tvet-hrt", 50);
    hf_secret_free(identity);
    identity = fixture_secret(HF_KEY_SIGN, 50);
    cr_assert(eq(int, (int)request_print(&member, identity, &text), HF_OK));
    cr_assert(eq(int, (int)parse(), HF_OK));
    cr_expect(eq(int, (int)registry_edit_put_org(e, &got.org), HF_OK));
    registry_edit_free(e);
}

Test(request, for_another_identity_bears_the_word_of_the_one_before)
{
    struct hf_secret *before = fixture_secret(HF_KEY_SIGN, 77);
    const struct registry_broker *b = &got.broker;

    registry_succeed(&broker.broker.id, before, broker.broker.identity_pk, T0,
                     &broker.broker.succession);
    hf_secret_free(before);
    cr_assert(
        eq(int, (int)request_print(&broker, broker_identity, &text), HF_OK));
    cr_assert(
        eq(int, (int)request_parse(hf_buf_bytes(&text), &got, &error), HF_OK));
    cr_expect(registry_succeeds(&b->id, &b->succession, b->identity_pk));
    cr_expect(eq(u64, b->succession.at_ms, T0));
    broker.broker.succession.at_ms++;
    cr_expect(eq(int, (int)request_print(&broker, broker_identity, &text),
                 HF_ERR_MALFORMED),
              "of another time than the request");
}

Test(request, may_leave_its_home_brokers_to_the_committee)
{
    member.org.n_homes = 0;
    memset(member.org.country, 0, sizeof(member.org.country));
    memset(member.org.level, 0, sizeof(member.org.level));
    member.org.op[0].until_ms = 0;
    cr_assert(eq(int, (int)request_print(&member, identity, &text), HF_OK));
    cr_assert(eq(int, (int)parse(), HF_OK));
    cr_expect(eq(u8, got.org.n_homes, 0));
}

Test(request, of_a_member_without_a_node_has_a_keeper_and_an_identity)
{
    struct registry_org *o = &member.org;

    o->via = fixture_org("iom-at");
    cr_expect(
        eq(int, (int)request_print(&member, identity, &text), HF_ERR_MALFORMED),
        "with keys to operate a node");
    o->n_op = 0;
    o->n_homes = 0;
    memset(o->op, 0, sizeof(o->op));
    memset(o->link_pk, 0, sizeof(o->link_pk));
    cr_assert(eq(int, (int)request_print(&member, identity, &text), HF_OK));
    cr_assert(eq(int, (int)parse(), HF_OK));
    cr_expect(eq(str, got.org.via.s, "iom-at"));
    cr_expect(eq(u8, got.org.n_op, 0));
    cr_expect(eq(int, (int)parse_with("via: iom-at", "via: iom-af"),
                 HF_ERR_SIGNATURE));
    cr_expect(eq(int, (int)parse_with("via: iom-at\n", ""), HF_ERR_MALFORMED),
              "nobody keeps it, and it has no keys");
}

Test(request, changed_in_any_value_does_not_verify)
{
    cr_expect(eq(int, (int)parse_with("id: clinic-kbl", "id: clinic-kbx"),
                 HF_ERR_SIGNATURE));
    cr_expect(eq(int, (int)parse_with("kind: clinic", "kind: hospital"),
                 HF_ERR_SIGNATURE));
    cr_expect(eq(int, (int)parse_with("homes: [eu]", "homes: [af]"),
                 HF_ERR_SIGNATURE));
    cr_expect(eq(int, (int)parse_with("homes: [eu]\n", ""), HF_ERR_SIGNATURE));
    cr_expect(eq(str, error.what, "the signature does not fit the text"));
}

Test(request, may_be_laid_out_otherwise)
{
    cr_expect(eq(int, (int)parse_with("kind: clinic\n", "kind:    'clinic'\n"),
                 HF_OK));
    cr_expect(
        eq(int,
           (int)parse_with("handoff-request: 1\n", "# from the clinic\n"
                                                   "handoff-request: 1\n"),
           HF_OK));
}

Test(request, in_bad_form_says_in_which_line)
{
    cr_expect(eq(int, (int)parse_with("kind: clinic", "kind: circus"),
                 HF_ERR_MALFORMED));
    cr_expect(eq(u32, error.line, 5));
    cr_expect(eq(str, error.what, "no such value: kind"));
    cr_expect(eq(int, (int)parse_with("kind: clinic", "sort: clinic"),
                 HF_ERR_MALFORMED));
    cr_expect(eq(int, (int)parse_with("level: local", "colour: blue"),
                 HF_ERR_MALFORMED));
    cr_expect(eq(u32, error.line, 7));
    cr_expect(eq(int,
                 (int)parse_with("level: local", "level: local\n"
                                                 "endpoint: x"),
                 HF_ERR_MALFORMED),
              "a broker's key in a member's request");
    cr_expect(eq(int,
                 (int)parse_with("handoff-request: 1", "handoff-request: 2"),
                 HF_ERR_MALFORMED));
    cr_expect(eq(int, (int)parse_with("what: member", "what: [member]"),
                 HF_ERR_MALFORMED));
    cr_expect(eq(int, (int)parse_with("homes: [eu]", "homes: [eu, af, xx]"),
                 HF_ERR_MALFORMED));
    cr_expect(eq(int, (int)parse_with("signature: \"", "signature: \"0"),
                 HF_ERR_MALFORMED));
}

Test(request, cut_anywhere_is_refused)
{
    cr_assert(eq(int, (int)request_print(&member, identity, &text), HF_OK));
    for (size_t n = 0; n + 2 < text.n; n++) {
        uint8_t *copy = fixture_copy(text.p, n);

        cr_assert(ne(
            int, (int)request_parse((struct hf_bytes){copy, n}, &got, &error),
            HF_OK));
        free(copy);
    }
}

Test(request, too_long_is_refused)
{
    for (size_t i = 0; i <= REQUEST_BYTES_MAX; i++)
        cr_assert(hf_buf_add(&text, " ", 1));
    cr_expect(eq(int, (int)parse(), HF_ERR_LIMIT));
}

Test(request, that_could_not_be_read_is_not_printed)
{
    member.org.kind = ORG_KIND_NONE;
    cr_expect(eq(int, (int)request_print(&member, identity, &text),
                 HF_ERR_MALFORMED));
    cr_expect(eq(sz, text.n, 0));
}
