/* Attachments between nodes: whole and equal at the end, whatever is lost;
 * only what consent and SOP cover; gone when their category has to go. */
#include "attach_fixture.h"

static struct core_node *s, *r;
static struct hf_id case_id, ref;

static void
begin(void)
{
    ref = attach_world(&s, &r, &case_id);
}

/* As if custody had gone elsewhere. */
static void
core_hold(struct core_node *n, const char *org)
{
    struct node_case c = core_case_of(n, case_id);

    cr_assert(hf_org_parse(org, &c.holder));
    disk_begin(n->disk);
    case_put(n->env.view, &c);
    disk_commit(n->disk);
}

TestSuite(file, .init = begin, .fini = core_end);

static void
accepted(void)
{
    expect_state(s, ref, STATE_RECEIVED);
    core_does(r, ref, EVENT_ACCEPT, REASON_NONE);
}

/* Of a referral that was accepted; no byte of it has come. */
static struct hf_id
begun(void)
{
    accepted();
    cr_assert(eq(int, attach_begin(s, ref, CATEGORY_HEALTH), 0));
    return s->reply.id;
}

Test(file, arrives_as_it_was)
{
    struct hf_id file;

    accepted();
    file = attach_whole(s, ref, CATEGORY_HEALTH);
    core_run();
    attach_expect_equal(r, file);
    attach_expect_equal(s, file);
}

Test(file, travels_on_the_bulk_lane_only)
{
    accepted();
    (void)attach_whole(s, ref, CATEGORY_HEALTH);
    core_run();
    for (size_t i = 0; i < core->n_letters; i++) {
        const struct core_letter *l = &core->letter[i];

        if (memmem(l->bytes.p, l->bytes.n, "paper-canary", 12) != NULL)
            cr_expect(eq(int, (int)l->h.lane, LANE_BULK));
    }
    cr_expect(core_went("paper-canary"));
}

Test(file, is_never_on_the_way_as_a_whole)
{
    size_t most = 0;

    accepted();
    (void)attach_whole(s, ref, CATEGORY_HEALTH);
    for (size_t i = 0; i < core->n_letters; i++) {
        size_t now = 0;

        if (core->letter[i].is_gone)
            continue;
        core_deliver(i);
        for (size_t k = 0; k < core->n_letters; k++)
            now += !core->letter[k].is_gone &&
                   core->letter[k].h.lane == LANE_BULK;
        most = now > most ? now : most;
    }
    cr_expect(le(sz, most, CONTENT_CHUNKS_ASKED));
    cr_expect(gt(sz, most, 0));
}

Test(file, arrives_though_every_third_letter_is_lost)
{
    struct hf_id file;

    accepted();
    file = attach_whole(s, ref, CATEGORY_HEALTH);
    for (int round = 0; round < 400; round++) {
        bool quiet = true;
        struct node_file f;

        for (size_t i = 0; i < core->n_letters; i++) {
            if (core->letter[i].is_gone)
                continue;
            quiet = false;
            if ((i * 7919 >> 4) % 3 == 1 && core->letter[i].h.lane == LANE_BULK)
                core->letter[i].is_gone = true;
            else
                core_deliver(i);
        }
        if (file_get(r->env.view, &file, &f) && f.have == f.chunks)
            break;
        if (quiet)
            core->now_ms += 2 * MINUTE_MS;
        core_tick(r);
    }
    attach_expect_equal(r, file);
}

Test(file, goes_on_after_its_recipient_was_restored)
{
    struct hf_id file;

    accepted();
    file = attach_whole(s, ref, CATEGORY_HEALTH);
    for (size_t i = 0; i < core->n_letters && i < 40; i++)
        if (!core->letter[i].is_gone)
            core_deliver(i);
    core_backup(r);
    core_run();
    core_restore(r, true);
    core_wait(3 * HOUR_MS);
    attach_expect_equal(r, file);
}

Test(file, is_begun_again_where_it_was_left)
{
    struct hf_id file;

    file = begun();
    cr_expect(eq(u64, s->reply.at, 0));
    attach_put(s, file, 0, 1);
    cr_expect(eq(int, attach_done(s, file), 75), "not whole yet");
    cr_assert(eq(int, attach_begin(s, ref, CATEGORY_HEALTH), 0));
    cr_expect(hf_id_eq(&s->reply.id, &file));
    cr_expect(eq(u64, s->reply.at, FILE_PUT_BYTES));
    attach_put(s, file, s->reply.at, 1000);
    cr_assert(eq(int, attach_done(s, file), 0));
    core_run();
    attach_expect_equal(r, file);
}

Test(file, that_changed_while_it_was_read_goes_nowhere)
{
    struct hf_id file;

    file = begun();
    attach_bytes[3] ^= 1;
    attach_put(s, file, 0, 1000);
    cr_expect(eq(int, attach_done(s, file), 65));
    expect_no(core_holds(s, "paper-canary"));
}

Test(file, does_not_go_without_consent)
{
    accepted();
    cr_expect(eq(int, attach_begin(s, ref, CATEGORY_MHPSS), 1));
    cr_expect(eq(str, s->reply.code, (char *)"no_consent"));
}

Test(file, does_not_go_before_its_recipient_has_accepted)
{
    cr_expect(eq(int, attach_begin(s, ref, CATEGORY_HEALTH), 1));
    cr_expect(eq(str, s->reply.code, (char *)"wrong_state"));
}

Test(file, stops_when_consent_goes_while_it_travels)
{
    struct hf_id file;
    struct node_file f;

    accepted();
    file = attach_whole(s, ref, CATEGORY_HEALTH);
    memset(&f, 0, sizeof(f));
    for (size_t i = 0; i < core->n_letters && f.have < 7; i++) {
        if (!core->letter[i].is_gone)
            core_deliver(i);
        (void)file_get(r->env.view, &file, &f);
    }
    cr_assert(eq(u32, f.have, 7));
    cr_assert(eq(int, core_withdraw(s, case_id, "health", true), 0));
    core_wait(DAY_MS);
    expect_no(file_get(r->env.view, &file, &f), "R was told to erase it");
    expect_no(core_holds(r, "paper-canary"));
    cr_expect(file_get(s->env.view, &file, &f), "S has its own");
}

Test(file, is_erased_with_its_category)
{
    struct hf_id file;
    struct node_file f;

    accepted();
    file = attach_whole(s, ref, CATEGORY_HEALTH);
    core_run();
    cr_assert(core_holds(r, "paper-canary"));
    cr_assert(eq(int, core_withdraw(s, case_id, "health", true), 0));
    core_run();
    expect_no(core_holds(r, "paper-canary"));
    expect_no(file_get(r->env.view, &file, &f));
}

Test(file, comes_back_while_the_person_is_in_service)
{
    struct hf_id file;

    accepted();
    cr_expect(eq(int, attach_begin(r, ref, CATEGORY_HEALTH), 1), "too early");
    core_does(r, ref, EVENT_ATTEND, REASON_NONE);
    cr_expect(eq(int, attach_begin(r, ref, CATEGORY_MHPSS), 1),
              "only of what it was given");
    file = attach_whole(r, ref, CATEGORY_HEALTH);
    core_run();
    attach_expect_equal(s, file);
}

Test(file, is_given_to_nobody_else)
{
    struct core_node other = {.org = {"org-z"}};
    struct content c = {.type = CONTENT_CHUNK};
    const struct node_send send = {.to = s->org,
                                   .lane = LANE_URGENT,
                                   .created_ms = core->now_ms,
                                   .expires_ms = core->now_ms + DAY_MS,
                                   .content = &c};
    size_t before;

    accepted();
    core_add_org("org-z", ORG_NGO);
    c.u.chunk.file = attach_whole(s, ref, CATEGORY_HEALTH);
    c.u.chunk.n = 4;
    core_run();
    before = core->n_letters;
    core_post(&other, &send);
    core_deliver(core->n_letters - 1);
    cr_expect(eq(sz, core->n_letters, before + 2), "one answer: gone");
    cr_expect(lt(sz, core->letter[core->n_letters - 1].bytes.n, 200));
}

Test(file, is_refused_when_it_is_too_large_or_empty)
{
    struct node_command c = {.type = CMD_ATTACH, .object = ref};

    accepted();
    cr_expect(eq(int, core_ask(s, &c), 65));
    c.n_bytes = FILE_BYTES_MAX + 1ull;
    cr_expect(eq(int, core_ask(s, &c), 65));
    cr_expect(eq(str, s->reply.code, (char *)"too_large"));
}

Test(file, dies_with_the_case)
{
    struct node_command shred = {.type = CMD_CASE_SHRED, .case_id = case_id};
    struct hf_id file;
    struct node_file f;

    accepted();
    file = attach_whole(s, ref, CATEGORY_HEALTH);
    core_run();
    core_does(s, ref, EVENT_RECALL, REASON_OTHER);
    expect_no(core_holds(r, "paper-canary"), "recalled");
    cr_expect(eq(int, core_ask(s, &shred), 1), "held and not closed");
    core_hold(s, "org-y");
    core_do(s, &shred);
    expect_no(core_holds(s, "paper-canary"));
    expect_no(file_get(s->env.view, &file, &f));
}

Test(file, is_not_given_for_ever_to_who_asks_for_ever)
{
    struct content c = {.type = CONTENT_CHUNK};
    const struct node_send send = {.to = s->org,
                                   .lane = LANE_URGENT,
                                   .created_ms = core->now_ms,
                                   .expires_ms = core->now_ms + DAY_MS,
                                   .content = &c};
    size_t before, given = 0;

    accepted();
    c.u.chunk.file = attach_whole(s, ref, CATEGORY_HEALTH);
    core_run();
    c.u.chunk.n = CONTENT_CHUNKS_ASKED;
    before = core->n_letters;
    for (int i = 0; i < 20; i++) {
        core->draws++;
        core_post(r, &send);
        memcpy(core->letter[core->n_letters - 1].h.id.b, &core->draws, 8);
        core_deliver(core->n_letters - 1);
    }
    for (size_t i = before; i < core->n_letters; i++)
        given += core->letter[i].h.lane == LANE_BULK;
    cr_expect(gt(sz, given, 0));
    cr_expect(lt(sz, given, 80), "%zu", given);
}

/* R has not been told yet; S knows. */
Test(file, is_gated_again_for_each_handful)
{
    const struct node_case kase = core_case_of(s, case_id);
    struct consent con;
    struct hf_id file;
    struct node_file f;

    accepted();
    file = attach_whole(s, ref, CATEGORY_HEALTH);
    memset(&f, 0, sizeof(f));
    for (size_t i = 0; i < core->n_letters && f.have < 5; i++) {
        if (!core->letter[i].is_gone)
            core_deliver(i);
        (void)file_get(r->env.view, &file, &f);
    }
    cr_assert(consent_get(s->env.view, &kase.consent, &con));
    con.scope[1].withdrawn = true;
    disk_begin(s->disk);
    consent_put(s->env.view, &con, (struct hf_bytes){NULL, 0});
    disk_commit(s->disk);
    core_run();
    cr_assert(file_get(r->env.view, &file, &f));
    expect_no(file_is_whole(&f));
    cr_expect(eq(uint, f.is_gone, 1));
    cr_expect(eq(uint, core_alarms(r, "attachment_gone"), 1));
}
