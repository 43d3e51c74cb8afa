/* Attachments between nodes: whole and equal at the end, whatever is lost;
 * only what consent and SOP cover; gone when their category has to go. */
#include "core_fixture.h"
#include "files.h"

static struct core_node *s, *r;
static struct hf_id case_id, ref;

static void
begin(void)
{
    struct consent c = {.state = CONSENT_GIVEN};
    struct node_command refer;

    core_begin(2, 0);
    s = &core->node[0];
    r = &core->node[1];
    core_publish(&r->org, "primary_health_care",
                 NULL);
    case_id = core_case(s, CATEGORY_ALL);
    core_scope(&c, "basic", CATEGORY_ALL & ~(CAT(HEALTH) | CAT(MHPSS)),
               PURPOSE_BIT(PURPOSE_REFERRAL) | PURPOSE_BIT(PURPOSE_OFFER) |
                   PURPOSE_BIT(PURPOSE_TRANSFER),
               &s->org, &r->org, NULL);
    core_scope(&c, "health", CAT(HEALTH),
               PURPOSE_BIT(PURPOSE_REFERRAL) | PURPOSE_BIT(PURPOSE_OFFER) |
                   PURPOSE_BIT(PURPOSE_TRANSFER) |
                   PURPOSE_BIT(PURPOSE_FEEDBACK),
               &s->org, &r->org, NULL);
    (void)core_consent(s, case_id, &c);
    refer = core_refer_cmd(case_id, "health.general");
    core_do(s, &refer);
    ref = s->reply.id;
    core_run();
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

static uint8_t bytes[20 * FILE_CHUNK_BYTES + 777];

static void
fill_bytes(void)
{
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 31 + (i >> 8) + (i >> 15) * 7);
    memcpy(bytes + 5 * FILE_CHUNK_BYTES + 100, "paper-canary", 12);
}

static struct hf_hash
root_of(const uint8_t *p, size_t n)
{
    struct hf_hash hash[80], root;
    struct hf_bytes span;
    size_t k = 0;

    for (size_t at = 0; at < n; at += FILE_CHUNK_BYTES) {
        span = (struct hf_bytes){
            p + at, n - at < FILE_CHUNK_BYTES ? n - at : FILE_CHUNK_BYTES};
        hf_hash(FILE_CHUNK_LABEL, &span, 1, &hash[k++]);
    }
    span = (struct hf_bytes){(const uint8_t *)hash, k * HF_HASH_BYTES};
    hf_hash(FILE_LABEL, &span, 1, &root);
    return root;
}

static int
begin_file(struct core_node *n, struct hf_id object, enum category category)
{
    struct node_command c = {.type = CMD_ATTACH,
                             .object = object,
                             .category = category,
                             .n_bytes = sizeof(bytes),
                             .hash = root_of(bytes, sizeof(bytes)),
                             .file_name = "xray.png"};

    fill_bytes();
    c.hash = root_of(bytes, sizeof(bytes));
    return core_ask(n, &c);
}

/* From @at on, to the end or for @puts commands. */
static void
put_bytes(struct core_node *n, struct hf_id file, uint64_t at, int puts)
{
    while (at < sizeof(bytes) && puts-- > 0) {
        const size_t left = sizeof(bytes) - at;
        struct node_command c = {
            .type = CMD_ATTACH_PUT,
            .object = file,
            .offset = at,
            .data = {bytes + at, left < FILE_PUT_BYTES ? left
                                                       : FILE_PUT_BYTES}};

        core_do(n, &c);
        cr_assert(gt(u64, n->reply.at, at), "it goes on");
        at = n->reply.at;
    }
}

static int
done(struct core_node *n, struct hf_id file)
{
    struct node_command c = {.type = CMD_ATTACH_DONE, .object = file};

    return core_ask(n, &c);
}

static struct hf_id
attach(struct core_node *n, struct hf_id object, enum category category)
{
    struct hf_id file;

    cr_assert(eq(int, begin_file(n, object, category), 0), "%s",
              n->reply.message);
    file = n->reply.id;
    put_bytes(n, file, n->reply.at, 1000);
    cr_assert(eq(int, done(n, file), 0), "%s", n->reply.message);
    return file;
}

static void
expect_equal(const struct core_node *n, struct hf_id file)
{
    struct hf_bytes chunk;
    struct node_file f;

    cr_assert(file_get(n->env.view, &file, &f));
    cr_assert(file_is_whole(&f));
    cr_expect(eq(str, f.name, (char *)"xray.png"));
    for (uint32_t i = 0; i < file_data(&f); i++) {
        cr_assert(file_chunk(n->env.view, &file, i, &chunk));
        cr_assert(memcmp(chunk.p, bytes + (size_t)i * FILE_CHUNK_BYTES,
                         chunk.n) == 0);
    }
}

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
    cr_assert(eq(int, begin_file(s, ref, CATEGORY_HEALTH), 0));
    return s->reply.id;
}

Test(file, arrives_as_it_was)
{
    struct hf_id file;

    accepted();
    file = attach(s, ref, CATEGORY_HEALTH);
    core_run();
    expect_equal(r, file);
    expect_equal(s, file);
}

Test(file, travels_on_the_bulk_lane_only)
{
    accepted();
    (void)attach(s, ref, CATEGORY_HEALTH);
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
    (void)attach(s, ref, CATEGORY_HEALTH);
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
    file = attach(s, ref, CATEGORY_HEALTH);
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
    expect_equal(r, file);
}

Test(file, goes_on_after_its_recipient_was_restored)
{
    struct hf_id file;

    accepted();
    file = attach(s, ref, CATEGORY_HEALTH);
    for (size_t i = 0; i < core->n_letters && i < 40; i++)
        if (!core->letter[i].is_gone)
            core_deliver(i);
    core_backup(r);
    core_run();
    core_restore(r, true);
    core_wait(3 * HOUR_MS);
    expect_equal(r, file);
}

Test(file, is_begun_again_where_it_was_left)
{
    struct hf_id file;

    file = begun();
    cr_expect(eq(u64, s->reply.at, 0));
    put_bytes(s, file, 0, 1);
    cr_expect(eq(int, done(s, file), 75), "not whole yet");
    cr_assert(eq(int, begin_file(s, ref, CATEGORY_HEALTH), 0));
    cr_expect(hf_id_eq(&s->reply.id, &file));
    cr_expect(eq(u64, s->reply.at, FILE_PUT_BYTES));
    put_bytes(s, file, s->reply.at, 1000);
    cr_assert(eq(int, done(s, file), 0));
    core_run();
    expect_equal(r, file);
}

Test(file, that_changed_while_it_was_read_goes_nowhere)
{
    struct hf_id file;

    file = begun();
    bytes[3] ^= 1;
    put_bytes(s, file, 0, 1000);
    cr_expect(eq(int, done(s, file), 65));
    expect_no(core_holds(s, "paper-canary"));
}

Test(file, does_not_go_without_consent)
{
    accepted();
    cr_expect(eq(int, begin_file(s, ref, CATEGORY_MHPSS), 1));
    cr_expect(eq(str, s->reply.code, (char *)"no_consent"));
}

Test(file, does_not_go_before_its_recipient_has_accepted)
{
    cr_expect(eq(int, begin_file(s, ref, CATEGORY_HEALTH), 1));
    cr_expect(eq(str, s->reply.code, (char *)"wrong_state"));
}

Test(file, stops_when_consent_goes_while_it_travels)
{
    struct hf_id file;
    struct node_file f;

    accepted();
    file = attach(s, ref, CATEGORY_HEALTH);
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
    file = attach(s, ref, CATEGORY_HEALTH);
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
    cr_expect(eq(int, begin_file(r, ref, CATEGORY_HEALTH), 1), "too early");
    core_does(r, ref, EVENT_ATTEND, REASON_NONE);
    cr_expect(eq(int, begin_file(r, ref, CATEGORY_MHPSS), 1),
              "only of what it was given");
    file = attach(r, ref, CATEGORY_HEALTH);
    core_run();
    expect_equal(s, file);
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
    c.u.chunk.file = attach(s, ref, CATEGORY_HEALTH);
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
    file = attach(s, ref, CATEGORY_HEALTH);
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
    c.u.chunk.file = attach(s, ref, CATEGORY_HEALTH);
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
    file = attach(s, ref, CATEGORY_HEALTH);
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

/* ---- a hostile sender ---- */

/* A PART_FILE of @n bytes whose chunks all hash to @chunk. */
static void
core_file(struct body *b, struct hf_id id, uint64_t n, uint8_t chunk,
          bool has_true_root)
{
    const size_t data = (size_t)((n + FILE_CHUNK_BYTES - 1) / FILE_CHUNK_BYTES);
    const size_t len = FILE_HEAD_BYTES + data * HF_HASH_BYTES;
    struct file_head head = {
        .id = id, .bytes = n, .chunks = (uint32_t)data, .name = "x"};
    uint8_t *p = malloc(len), zero[FILE_CHUNK_BYTES];
    struct hf_bytes span = {zero, sizeof(zero)};
    struct hf_hash h;

    memset(zero, chunk, sizeof(zero));
    hf_hash(FILE_CHUNK_LABEL, &span, 1, &h);
    for (size_t i = 0; i < data; i++)
        memcpy(p + FILE_HEAD_BYTES + i * HF_HASH_BYTES, h.b, HF_HASH_BYTES);
    span = (struct hf_bytes){p + FILE_HEAD_BYTES, data * HF_HASH_BYTES};
    hf_hash(FILE_LABEL, &span, 1, &head.root);
    head.root.b[0] ^= (uint8_t)!has_true_root;
    file_head_pack(&head, p);
    core_part(b, PART_FILE, CATEGORY_HEALTH, p, len);
}

static void
forge_begin(struct core_forger *f, struct body *b,
            uint8_t room[static PROOF_BYTES(PROOF_ITEMS_MAX)])
{
    const struct proof p = {.consent = core_case_of(s, case_id).consent,
                            .version = 1,
                            .n = 1,
                            .item = {{.scope = {"health"},
                                      .categories = CAT(HEALTH),
                                      .purposes =
                                          PURPOSE_BIT(PURPOSE_REFERRAL)}}};

    *f = core_forge(OBJECT_REFERRAL, ref, &s->org, &r->org);
    core_forge_after(f, r);
    *b = (struct body){.n = 0};
    core_part(b, PART_PROOF, CATEGORY_NONE, room, proof_pack(&p, room));
}

/* s's next entry, as a hostile s would write it. */
static void
forge_event(struct core_forger *f, enum event event, enum reason reason,
            const struct body *b)
{
    struct entry e = {.event = event, .reason = reason};

    e.seen = core_object(r, ref).n[SIDE_SECOND];
    e.seen_hash = core_seen(r, ref, SIDE_SECOND, e.seen);
    core_forge_entry(f, e, b);
    core_forge_send(f, r, &s->org);
}

static void
drop_files(struct body *b)
{
    while (b->n > 1)
        free((void *)(uintptr_t)b->part[--b->n].bytes.p);
}

static void
send_zeros(struct hf_id file, uint32_t i)
{
    static const uint8_t zero[FILE_CHUNK_BYTES];
    struct content c = {.type = CONTENT_CHUNK};
    struct node_send send = {.to = r->org,
                             .lane = LANE_BULK,
                             .created_ms = core->now_ms,
                             .expires_ms = core->now_ms + DAY_MS,
                             .content = &c};

    c.u.chunk.file = file;
    c.u.chunk.first = i;
    c.u.chunk.bytes = (struct hf_bytes){zero, sizeof(zero)};
    send.envelope.b[0] = (uint8_t)(i + 1);
    send.envelope.b[15] = 0xcc;
    core_post(s, &send);
    core_deliver(core->n_letters - 1);
}

Test(file, of_one_id_twice_is_the_one_that_was_begun)
{
    const struct hf_id id = {{0x42}};
    uint8_t room[PROOF_BYTES(PROOF_ITEMS_MAX)];
    struct core_forger f;
    struct node_file file;
    struct body b;

    accepted();
    forge_begin(&f, &b, room);
    core_file(&b, id, 100, 0, false);
    core_file(&b, id, 3 * FILE_CHUNK_BYTES, 0, true);
    forge_event(&f, EVENT_DISCLOSE, REASON_NONE, &b);
    cr_assert(file_get(r->env.view, &id, &file));
    for (uint32_t i = 3; i > 0; i--)
        send_zeros(id, i - 1); /* behind the end of the short one first */
    cr_assert(file_get(r->env.view, &id, &file));
    cr_expect(file_is_whole(&file));
    drop_files(&b);
    core_forge_end(&f);
}

Test(file, that_would_be_beyond_the_bound_is_not_begun)
{
    uint8_t room[PROOF_BYTES(PROOF_ITEMS_MAX)];
    struct hf_id at = {{0}};
    struct core_forger f;
    struct node_file file;
    struct body b;
    uint64_t sum = 0;

    accepted();
    forge_begin(&f, &b, room);
    for (uint8_t i = 1; i <= 7; i++)
        core_file(&b, (struct hf_id){{i}}, FILE_BYTES_MAX, i, true);
    forge_event(&f, EVENT_DISCLOSE, REASON_NONE, &b);
    while (file_next_of(r->env.view, &ref, &at, &file))
        sum += file.bytes;
    cr_expect(eq(u64, sum, 5ull * FILE_BYTES_MAX));
    cr_expect(eq(uint, core_alarms(r, "attachment_refused"), 1));
    drop_files(&b);
    core_forge_end(&f);
}

/* The id of a file is its sender's to choose: a case's of R, say. */
Test(file, named_like_a_case_takes_no_key_of_the_case_along)
{
    const struct hf_id own = core_case(r, CATEGORY_ALL);
    uint8_t room[PROOF_BYTES(PROOF_ITEMS_MAX)];
    struct core_forger f;
    struct node_file file;
    struct hf_bytes json;
    struct body b;

    accepted();
    forge_begin(&f, &b, room);
    core_file(&b, own, 100, 0, true);
    forge_event(&f, EVENT_DISCLOSE, REASON_NONE, &b);
    cr_assert(file_get(r->env.view, &own, &file));
    forge_event(&f, EVENT_RECALL, REASON_OTHER, NULL);
    expect_state(r, ref, STATE_RECALLED);
    expect_no(file_get(r->env.view, &own, &file));
    cr_expect(section_get(r->env.view, &own, CATEGORY_HEALTH, &json));
    drop_files(&b);
    core_forge_end(&f);
}

/* ---- who may ---- */

/* kim is a focal point: she serves, and sends nothing of a case. */
Test(file, goes_out_by_who_may_disclose_only)
{
    struct node_command c = {.type = CMD_ATTACH,
                             .object = ref,
                             .user = core_name("kim"),
                             .category = CATEGORY_HEALTH,
                             .n_bytes = 100};

    accepted();
    cr_expect(eq(int, core_ask(s, &c), 77));
    core_does(r, ref, EVENT_ATTEND, REASON_NONE);
    cr_expect(eq(int, core_ask(r, &c), 0), "%s", r->reply.message);
}

/* ---- sealed again ---- */

/* A scope has ended, and its end has told nobody yet. */
static void
end_scope(const struct core_node *n, const char *name)
{
    const struct node_case kase = core_case_of(n, case_id);
    struct consent con;

    cr_assert(consent_get(n->env.view, &kase.consent, &con));
    for (unsigned i = 0; i < con.n_scopes; i++)
        if (hf_name_is(&con.scope[i].id, name))
            con.scope[i].withdrawn = true;
    disk_begin(n->disk);
    consent_put(n->env.view, &con, (struct hf_bytes){NULL, 0});
    disk_commit(n->disk);
}

/* Letters with an announcement, from the @from-th on. */
static size_t
announced(size_t from)
{
    size_t n = 0;

    for (size_t i = from; i < core->n_letters; i++)
        n += memmem(core->letter[i].bytes.p, core->letter[i].bytes.n,
                    "xray.png", 8) != NULL;
    return n;
}

Test(file, is_announced_again_while_consent_lasts)
{
    size_t before;

    accepted();
    (void)attach(s, ref, CATEGORY_HEALTH);
    cr_expect(gt(sz, announced(0), 0));
    core_lose();
    before = core->n_letters;
    core_wait(40 * DAY_MS);
    cr_expect(gt(sz, announced(before), 0));
    core_lose();
}

Test(file, is_not_announced_once_more_after_consent_went)
{
    size_t before;

    accepted();
    (void)attach(s, ref, CATEGORY_HEALTH);
    core_lose();
    end_scope(s, "health");
    before = core->n_letters;
    core_wait(40 * DAY_MS);
    cr_expect(gt(sz, core->n_letters, before), "the entry goes");
    cr_expect(zero(sz, announced(before)));
}

Test(file, of_a_provider_is_not_announced_again_once_it_has_to_go)
{
    struct node_object o;
    size_t before;

    accepted();
    core_does(r, ref, EVENT_ATTEND, REASON_NONE);
    (void)attach(r, ref, CATEGORY_HEALTH);
    core_lose();
    before = core->n_letters;
    o = core_object(r, ref);
    o.sections &= ~CAT(HEALTH);
    disk_begin(r->disk);
    object_put(r->env.view, &o, o.changed_ms);
    disk_commit(r->disk);
    core_wait(40 * DAY_MS);
    cr_expect(gt(sz, core->n_letters, before), "the entry goes");
    cr_expect(zero(sz, announced(before)));
}

/* Back to the host country, as feedback. */
Test(file, of_a_supplement_is_not_announced_again_without_consent)
{
    struct node_command c = {
        .type = CMD_TRANSFER_OFFER, .case_id = case_id, .to = r->org};
    struct hf_id id;
    size_t before;

    core_do(s, &c);
    id = s->reply.id;
    core_run();
    core_does(r, id, EVENT_ACCEPT, REASON_NONE);
    core_does(s, id, EVENT_RELEASE, REASON_NONE);
    core_does(r, id, EVENT_ARRIVE, REASON_NONE);
    core_does(s, id, EVENT_HAND_OVER, REASON_NONE);
    (void)attach(r, id, CATEGORY_HEALTH);
    cr_expect(gt(sz, announced(0), 0));
    core_lose();
    end_scope(r, "health");
    before = core->n_letters;
    core_wait(40 * DAY_MS);
    cr_expect(gt(sz, core->n_letters, before), "the entry goes");
    cr_expect(zero(sz, announced(before)));
}
