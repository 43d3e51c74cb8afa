/* A real broker on a loopback port, and who should not get through: keys that
 * are not listed, listed no longer or suspended, a registry held back, claimed
 * routing ids. Each ends in its own way, and the legitimate node is served
 * meanwhile. */
#include "link_fixture.h"

TestSuite(hostile, .init = begin, .fini = end, .timeout = 200);

/* ---- keys ---- */

Test(hostile, a_key_that_is_in_no_registry_is_refused_at_the_handshake)
{
    struct hf_link *link = connect_as(99);
    struct hf_link_state state;

    cr_expect(not(wait_up(link, true, 2000)));
    hf_link_state(link, &state);
    cr_expect(state.refused);
    hf_link_close(&link);
}

Test(hostile, a_suspended_key_may_say_only_what_is_small_and_in_lane_0)
{
    struct hf_link *link = connect_as(52);

    say_hello(link);
    cr_expect(eq(int, (int)submit(link, "lost", "victim", LANE_NORMAL, 10),
                 CUSTODY_NO_ROUTE));
    cr_expect(eq(int, (int)submit(link, "lost", "victim", LANE_URGENT, 9000),
                 CUSTODY_NO_ROUTE));
    cr_expect(eq(int, (int)submit(link, "lost", "victim", LANE_URGENT, 10),
                 CUSTODY_TAKEN));
    hf_link_close(&link);
}

static void
reload(void)
{
    struct hf_buf out;

    publish();
    hf_buf_init(&out, 1 << 16);
    ask_broker("reload", &out);
    hf_buf_free(&out);
}

Test(hostile, a_suspension_ends_the_live_link_within_seconds)
{
    struct hf_link *link = connect_as(42);
    const struct hf_org thief = fixture_org("thief");

    say_hello(link);
    cr_expect(eq(int, (int)submit(link, "thief", "victim", LANE_NORMAL, 10),
                 CUSTODY_TAKEN));
    cr_assert(eq(int,
                 (int)registry_edit_status(edit, &thief, MEMBER_SUSPENDED),
                 HF_OK));
    reload();
    cr_expect(wait_up(link, false, 10000));
    say_hello(link); /* it comes back, and is held to what it may */
    cr_expect(eq(int, (int)submit(link, "thief", "victim", LANE_NORMAL, 10),
                 CUSTODY_NO_ROUTE));
    hf_link_close(&link);
}

Test(hostile, a_replaced_key_loses_its_link_and_gets_no_other)
{
    struct hf_link *link = connect_as(42);
    struct registry_org o = fixture_member("thief", 40);
    struct hf_link_state state;

    say_hello(link);
    cr_expect(eq(int, (int)submit(link, "thief", "victim", LANE_NORMAL, 10),
                 CUSTODY_TAKEN));
    fixture_pk(HF_KEY_DH, 60, o.link_pk);
    cr_assert(eq(int, (int)registry_edit_put_org(edit, &o), HF_OK));
    reload();
    cr_expect(wait_up(link, false, 10000));
    cr_expect(not(wait_up(link, true, 1500)));
    hf_link_state(link, &state);
    cr_expect(state.refused);
    hf_link_close(&link);
    link = connect_as(60);
    say_hello(link);
    cr_expect(eq(int, (int)submit(link, "thief", "victim", LANE_NORMAL, 10),
                 CUSTODY_TAKEN));
    hf_link_close(&link);
}

/* ---- freshness ---- */

static bool
status_says(const char *text)
{
    struct hf_buf out;
    bool found;

    hf_buf_init(&out, 1 << 16);
    ask_broker("status", &out);
    cr_assert(hf_buf_add(&out, "", 1));
    found = strstr((const char *)out.p, text) != NULL;
    hf_buf_free(&out);
    return found;
}

static bool
soon_says(const char *text)
{
    const uint64_t until = hf_clock_mono_ms() + PATIENCE_MS;

    while (!status_says(text)) {
        if (hf_clock_mono_ms() > until)
            return false;
        (void)usleep(20000);
    }
    return true;
}

/* A timestamp is good for so long, then nobody vouches any more. */
static void
vouch_for(uint64_t valid_ms)
{
    const uint64_t now = hf_clock_wall_ms();
    char path[PATH_MAX];
    struct hf_buf out;
    struct hf_bytes bytes;

    cr_assert(eq(int,
                 (int)registry_edit_timestamp(edit, now, now + valid_ms),
                 HF_OK));
    fixture_sign(edit, REGISTRY_TIMESTAMP, 0);
    hf_buf_init(&out, REGISTRY_BYTES_MAX);
    bytes = fixture_bytes(edit, &out);
    hf_path(path, sizeof(path), dir, "registry.set");
    cr_assert(eq(int, (int)hf_file_write(path, bytes.p, bytes.n, 0600),
                 HF_OK));
    ask_broker("reload", &out);
    hf_buf_free(&out);
}

Test(hostile, a_registry_that_is_held_back_stops_all_but_rights)
{
    struct hf_link *link = connect_as(32);

    cr_expect(soon_says("\"state\": \"unvouched\""));
    cr_expect(soon_says("nobody has vouched for the registry yet"));
    vouch_for(10 * DAY_MS);
    cr_expect(soon_says("\"state\": \"fresh\""));
    say_hello(link);
    cr_expect(eq(int, (int)submit(link, "victim", "thief", LANE_NORMAL, 10),
                 CUSTODY_TAKEN));
    vouch_for(3000);
    cr_expect(soon_says("the registry is stale"));
    cr_expect(status_says("\"level\": \"stop\""));
    cr_expect(eq(int, (int)submit(link, "victim", "thief", LANE_NORMAL, 10),
                 CUSTODY_STALE));
    cr_expect(eq(int, (int)submit(link, "victim", "thief", LANE_URGENT, 9000),
                 CUSTODY_STALE));
    cr_expect(eq(int, (int)submit(link, "victim", "thief", LANE_URGENT, 10),
                 CUSTODY_TAKEN));
    vouch_for(10 * DAY_MS);
    cr_expect(soon_says("\"state\": \"fresh\""));
    cr_expect(eq(int, (int)submit(link, "victim", "thief", LANE_NORMAL, 10),
                 CUSTODY_TAKEN));
    hf_link_close(&link);
}

/* ---- routing ids ---- */

static void
claims_the_victims_id(int handover)
{
    struct hf_link *victim = connect_as(32);
    struct hf_secret *k = fixture_secret(HF_KEY_DH, 42);
    void *ctx = zmq_ctx_new();
    void *thief = zmq_socket(ctx, handover ? ZMQ_ROUTER : ZMQ_DEALER);
    uint8_t pk[HF_PK_BYTES], sk[HF_KEY_BYTES];
    char got[64];
    const int linger = 0;

    say_hello(victim);
    (void)submit(victim, "victim", "thief", LANE_NORMAL, 10);
    hf_secret_public(k, pk);
    hf_secret_curve(k, sk);
    (void)zmq_setsockopt(thief, ZMQ_LINGER, &linger, sizeof(linger));
    (void)zmq_setsockopt(thief, ZMQ_ROUTING_ID, "victim", 6);
    if (handover)
        (void)zmq_setsockopt(thief, ZMQ_ROUTER_HANDOVER, &handover,
                             sizeof(handover));
    (void)zmq_setsockopt(thief, ZMQ_CURVE_SERVERKEY, eu.link_pk, 32);
    (void)zmq_setsockopt(thief, ZMQ_CURVE_PUBLICKEY, pk, 32);
    (void)zmq_setsockopt(thief, ZMQ_CURVE_SECRETKEY, sk, 32);
    cr_assert(eq(int, zmq_connect(thief, eu.endpoint), 0));
    (void)zmq_send(thief, "\1\1\0\0\0\0\0", 7, 0);
    (void)usleep(500000);
    cr_expect(eq(int, (int)submit(victim, "victim", "thief", LANE_NORMAL, 10),
                 CUSTODY_TAKEN),
              "its answer is still the victim's");
    cr_expect(lt(int, zmq_recv(thief, got, sizeof(got), ZMQ_DONTWAIT), 0));
    (void)zmq_close(thief);
    (void)zmq_ctx_term(ctx);
    hf_secret_free(k);
    hf_link_close(&victim);
}

Test(hostile, a_claimed_routing_id_gets_nothing_of_the_victims)
{
    claims_the_victims_id(0);
}

Test(hostile, a_claimed_routing_id_with_handover_gets_nothing_either)
{
    claims_the_victims_id(1);
}

Test(hostile, an_envelope_in_the_name_of_another_is_not_yours)
{
    struct hf_link *link = connect_as(42);

    say_hello(link);
    cr_expect(eq(int, (int)submit(link, "victim", "thief", LANE_NORMAL, 10),
                 CUSTODY_NOT_YOURS));
    hf_link_close(&link);
}
