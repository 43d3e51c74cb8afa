/* Unit tests of node/cli/cli_chain: the state of exported chains, of the
 * examples in tests/data/chains and of signed entries made here. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <glob.h>
#include <string.h>

#include "cli_chain.h"
#include "hf_text.h"

static struct cli_chain chain;
static struct cli_chain_error error;

static void
begin(void)
{
    cr_assert(hf_crypto_start() == HF_OK);
    memset(&chain, 0, sizeof(chain));
}

static void
end(void)
{
    cli_chain_free(&chain);
}

TestSuite(chain_file, .init = begin, .fini = end);

/* "s1" counts if the file expects it to: with two branches, if any does. */
static bool
counts(const json_t *list, const char *author, uint32_t n)
{
    char name[16];
    json_t *item;
    size_t i;

    (void)snprintf(name, sizeof(name), "%s%u", author, (unsigned)n);
    json_array_foreach(list, i, item)
    {
        if (strcmp(json_string_value(item), name) == 0)
            return true;
    }
    return false;
}

static void
check_example(const char *path)
{
    json_t *doc = json_load_file(path, 0, NULL);
    const json_t *expect = json_object_get(doc, "expect");
    const json_t *list = json_object_get(expect, "counts");
    size_t n_counted = 0;
    bool forked;

    cr_assert(doc != NULL, "%s", path);
    memset(&chain, 0, sizeof(chain));
    cr_assert(cli_chain_read(doc, NULL, &chain, &error) == HF_OK, "%s: %s",
              path, error.what);
    cr_assert(cli_chain_judge(&chain) == HF_OK);
    cr_expect(eq(str, (char *)state_text(chain.state),
                 (char *)json_string_value(json_object_get(expect, "state"))),
              "%s", path);
    forked = json_is_true(json_object_get(expect, "forked"));
    cr_expect(forked == (chain.fork[0] != 0 || chain.fork[1] != 0), "%s", path);
    for (enum side s = SIDE_FIRST; s <= SIDE_SECOND; s++) {
        for (size_t i = 0; i < chain.n[s]; i++) {
            const struct cli_chain_entry *e = &chain.entry[s][i];

            n_counted += e->counts;
            cr_expect(e->counts == false ||
                          counts(list, cli_chain_key(chain.kind, s), e->n),
                      "%s: %s %u counts", path, cli_chain_key(chain.kind, s),
                      (unsigned)e->n);
        }
    }
    cr_expect(eq(sz, n_counted, json_array_size(list)), "%s", path);
    cli_chain_free(&chain);
    json_decref(doc);
}

Test(chain_file, every_example_gives_the_state_it_names)
{
    glob_t files;

    cr_assert(glob(HANDOFF_SOURCE_DIR "/tests/data/chains/*.json", 0, NULL,
                   &files) == 0);
    cr_assert(ge(sz, files.gl_pathc, 10));
    for (size_t i = 0; i < files.gl_pathc; i++)
        check_example(files.gl_pathv[i]);
    globfree(&files);
}

static enum hf_err
read_text(const char *text)
{
    json_t *doc = json_loads(text, 0, NULL);
    enum hf_err err;

    cr_assert(doc != NULL, "%s", text);
    err = cli_chain_read(doc, NULL, &chain, &error);
    json_decref(doc);
    return err;
}

Test(chain_file, bad_documents_are_refused_where_they_are_bad)
{
    static const struct {
        const char *text;
        const char *pointer;
    } cases[] = {
        {"[]", ""},
        {"{\"s\":[]}", ""},
        {"{\"kind\":\"dance\",\"s\":[]}", ""},
        {"{\"kind\":\"referral\"}", ""},
        {"{\"kind\":\"referral\",\"s\":{}}", ""},
        {"{\"kind\":\"referral\",\"disclose\":\"x\",\"s\":[]}", ""},
        {"{\"kind\":\"referral\",\"s\":[1]}", "s.0"},
        {"{\"kind\":\"referral\",\"s\":[{\"n\":0,\"seen\":0,"
         "\"event\":\"send\"}]}",
         "s.0"},
        {"{\"kind\":\"referral\",\"r\":[{\"n\":1,\"seen\":-1,"
         "\"event\":\"receive\"}]}",
         "r.0"},
        {"{\"kind\":\"transfer\",\"n\":[{\"n\":1,\"seen\":0,"
         "\"event\":\"dance\"}]}",
         "n.0"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cr_expect(eq(int, (int)read_text(cases[i].text), HF_ERR_MALFORMED));
        cr_expect(eq(str, error.pointer, (char *)cases[i].pointer), "%s",
                  cases[i].text);
        cli_chain_free(&chain);
    }
}

Test(chain_file, two_empty_chains_have_no_state)
{
    json_t *j;

    cr_assert(read_text("{\"kind\":\"referral\",\"s\":[],\"r\":[]}") == HF_OK);
    cr_assert(cli_chain_judge(&chain) == HF_OK);
    j = cli_chain_json(&chain);
    cr_expect(eq(str, (char *)json_string_value(json_object_get(j, "state")),
                 "none"));
    json_decref(j);
}

/* ---- signed ---- */

static struct hf_secret *key[2];
static struct registry registry;
static struct registry_org orgs[2];
static uint8_t bytes[2][8][ENTRY_BYTES];
static struct hf_hash hash[2][8];
static json_t *doc;

static void
begin_signed(void)
{
    static const char *const names[] = {"clinic-kbl", "iom-af"};

    begin();
    for (size_t i = 0; i < 2; i++) {
        const uint8_t seed[HF_KEY_BYTES] = {(uint8_t)(i + 1)};

        /* Sorted by id; the first side is iom-af, orgs[1]. */
        cr_assert(hf_org_parse(names[i], &orgs[i].id));
        cr_assert(hf_secret_from_seed(HF_KEY_SIGN, seed, &key[i]) == HF_OK);
        hf_secret_public(key[i], orgs[i].op[0].pk);
        orgs[i].op[0].from_ms = 1;
        orgs[i].n_op = 1;
        orgs[i].status = MEMBER_ACTIVE;
    }
    registry = (struct registry){.n_orgs = 2, .orgs = orgs};
    doc = json_pack("{s:s,s:[],s:[]}", "kind", "referral", "s", "r");
}

static void
end_signed(void)
{
    hf_secret_free(key[0]);
    hf_secret_free(key[1]);
    json_decref(doc);
    end();
}

TestSuite(chain_signed, .init = begin_signed, .fini = end_signed);

/* Entry @n of @side; with the key and the hashes that belong to it. */
static json_t *
entry(enum side side, uint32_t n, enum event event, uint32_t seen)
{
    const enum side peer = side_other(side);
    struct entry e = {.kind = OBJECT_REFERRAL,
                      .event = event,
                      .role = ROLE_CASE_MANAGER,
                      .object = {.b = {9}},
                      .author = orgs[side == SIDE_FIRST ? 1 : 0].id,
                      .peer = orgs[side == SIDE_FIRST ? 0 : 1].id,
                      .n = n,
                      .seen = seen,
                      .at_ms = 1000 + n,
                      .happened_ms = 1000 + n};
    uint8_t *to = bytes[side][n];
    uint8_t sig[ENTRY_SIG_BYTES];
    char hex[HF_HEX_BYTES(ENTRY_BYTES)], sig_hex[HF_HEX_BYTES(64)];

    if (n > 1)
        e.prev = hash[side][n - 1];
    if (seen > 0)
        e.seen_hash = hash[peer][seen];
    entry_pack(&e, to);
    hf_hash(ENTRY_LABEL, &(struct hf_bytes){to, ENTRY_BYTES}, 1,
            &hash[side][n]);
    hf_sign(key[side == SIDE_FIRST ? 1 : 0], ENTRY_LABEL,
            &(struct hf_bytes){to, ENTRY_BYTES}, 1, sig);
    return json_pack("{s:i,s:s,s:i,s:s,s:s}", "n", (int)n, "event",
                     event_text(event), "seen", (int)seen, "entry",
                     hf_hex(to, ENTRY_BYTES, hex), "sig",
                     hf_hex(sig, ENTRY_SIG_BYTES, sig_hex));
}

static json_t *
add(enum side side, json_t *e)
{
    (void)json_array_append_new(
        json_object_get(doc, side == SIDE_FIRST ? "s" : "r"), e);
    return e;
}

static void
make_accepted(void)
{
    add(SIDE_FIRST, entry(SIDE_FIRST, 1, EVENT_SEND, 0));
    add(SIDE_SECOND, entry(SIDE_SECOND, 1, EVENT_RECEIVE, 1));
    add(SIDE_SECOND, entry(SIDE_SECOND, 2, EVENT_ACCEPT, 1));
}

Test(chain_signed, entries_signed_by_their_authors_give_the_state)
{
    make_accepted();
    cr_assert(cli_chain_read(doc, &registry, &chain, &error) == HF_OK, "%s",
              error.what);
    cr_assert(cli_chain_judge(&chain) == HF_OK);
    cr_expect(eq(int, (int)chain.state, STATE_ACCEPTED));
}

Test(chain_signed, the_same_entry_twice_is_no_fork)
{
    make_accepted();
    add(SIDE_SECOND, entry(SIDE_SECOND, 2, EVENT_ACCEPT, 1));
    cr_assert(cli_chain_read(doc, &registry, &chain, &error) == HF_OK);
    cr_assert(cli_chain_judge(&chain) == HF_OK);
    cr_expect(eq(u32, chain.fork[SIDE_SECOND], 0));
    cr_expect(eq(int, (int)chain.state, STATE_ACCEPTED));
}

Test(chain_signed, another_entry_with_the_same_number_is_a_fork)
{
    make_accepted();
    add(SIDE_SECOND, entry(SIDE_SECOND, 2, EVENT_DECLINE, 1));
    cr_assert(cli_chain_read(doc, &registry, &chain, &error) == HF_OK);
    cr_assert(cli_chain_judge(&chain) == HF_OK);
    cr_expect(eq(u32, chain.fork[SIDE_SECOND], 2));
    cr_expect(eq(int, (int)chain.state, STATE_RECEIVED));
}

Test(chain_signed, a_changed_byte_is_refused_and_named)
{
    char hex[HF_HEX_BYTES(ENTRY_BYTES)];
    json_t *e;

    make_accepted();
    e = json_array_get(json_object_get(doc, "r"), 1);
    bytes[SIDE_SECOND][2][160] ^= 1; /* when it was recorded */
    (void)json_object_set_new(
        e, "entry",
        json_string(hf_hex(bytes[SIDE_SECOND][2], ENTRY_BYTES, hex)));
    cr_expect(eq(int, (int)cli_chain_read(doc, &registry, &chain, &error),
                 HF_ERR_SIGNATURE));
    cr_expect(eq(str, error.pointer, "r.1"));
}

Test(chain_signed, words_that_differ_from_the_signed_bytes_are_refused)
{
    make_accepted();
    (void)json_object_set_new(json_array_get(json_object_get(doc, "r"), 1),
                              "event", json_string("decline"));
    cr_expect(eq(int, (int)cli_chain_read(doc, &registry, &chain, &error),
                 HF_ERR_MALFORMED));
    cr_expect(eq(str, error.pointer, "r.1"));
}

Test(chain_signed, an_entry_without_signature_is_refused)
{
    make_accepted();
    (void)json_object_del(json_array_get(json_object_get(doc, "s"), 0), "sig");
    cr_expect(eq(int, (int)cli_chain_read(doc, &registry, &chain, &error),
                 HF_ERR_MALFORMED));
    cr_expect(eq(str, error.pointer, "s.0"));
}

Test(chain_signed, an_author_outside_the_registry_is_refused)
{
    make_accepted();
    registry.n_orgs = 1;
    cr_expect(eq(int, (int)cli_chain_read(doc, &registry, &chain, &error),
                 HF_ERR_SIGNATURE));
    cr_expect(eq(str, error.pointer, "s.0"));
}

Test(chain_signed, an_entry_that_follows_another_one_is_refused)
{
    add(SIDE_FIRST, entry(SIDE_FIRST, 1, EVENT_SEND, 0));
    add(SIDE_SECOND, entry(SIDE_SECOND, 1, EVENT_RECEIVE, 1));
    hash[SIDE_SECOND][1].b[0] ^= 1;
    add(SIDE_SECOND, entry(SIDE_SECOND, 2, EVENT_ACCEPT, 1));
    cr_expect(eq(int, (int)cli_chain_read(doc, &registry, &chain, &error),
                 HF_ERR_MALFORMED));
    cr_expect(eq(str, error.pointer, "r.1"));
}

Test(chain_signed, a_revoked_key_signs_nothing)
{
    make_accepted();
    orgs[0].op[0].revoked = true;
    cr_expect(eq(int, (int)cli_chain_read(doc, &registry, &chain, &error),
                 HF_ERR_SIGNATURE));
}
