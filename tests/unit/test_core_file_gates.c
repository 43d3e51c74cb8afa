/* Attachments of a hostile sender, by whoever may not, and of those whose
 * consent has ended: none is begun or announced again. */
#include "attach_fixture.h"

static struct core_node *s, *r;
static struct hf_id case_id, ref;

static void
begin(void)
{
    ref = attach_world(&s, &r, &case_id);
}

TestSuite(file_gates, .init = begin, .fini = core_end);

static void
accepted(void)
{
    expect_state(s, ref, STATE_RECEIVED);
    core_does(r, ref, EVENT_ACCEPT, REASON_NONE);
}

/* ---- a hostile sender ---- */

/* A PART_FILE of @n attach_bytes whose chunks all hash to @chunk. */
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
    const struct proof p = {
        .consent = core_case_of(s, case_id).consent,
        .version = 1,
        .n = 1,
        .item = {{.scope = {"health"},
                  .categories = CAT(HEALTH),
                  .purposes = PURPOSE_BIT(PURPOSE_REFERRAL)}}};

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

Test(file_gates, of_one_id_twice_is_the_one_that_was_begun)
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

Test(file_gates, that_would_be_beyond_the_bound_is_not_begun)
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
Test(file_gates, named_like_a_case_takes_no_key_of_the_case_along)
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
Test(file_gates, goes_out_by_who_may_disclose_only)
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

Test(file_gates, is_announced_again_while_consent_lasts)
{
    size_t before;

    accepted();
    (void)attach_whole(s, ref, CATEGORY_HEALTH);
    cr_expect(gt(sz, announced(0), 0));
    core_lose();
    before = core->n_letters;
    core_wait(40 * DAY_MS);
    cr_expect(gt(sz, announced(before), 0));
    core_lose();
}

Test(file_gates, is_not_announced_once_more_after_consent_went)
{
    size_t before;

    accepted();
    (void)attach_whole(s, ref, CATEGORY_HEALTH);
    core_lose();
    end_scope(s, "health");
    before = core->n_letters;
    core_wait(40 * DAY_MS);
    cr_expect(gt(sz, core->n_letters, before), "the entry goes");
    cr_expect(zero(sz, announced(before)));
}

Test(file_gates, of_a_provider_is_not_announced_again_once_it_has_to_go)
{
    struct node_object o;
    size_t before;

    accepted();
    core_does(r, ref, EVENT_ATTEND, REASON_NONE);
    (void)attach_whole(r, ref, CATEGORY_HEALTH);
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
Test(file_gates, of_a_supplement_is_not_announced_again_without_consent)
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
    (void)attach_whole(r, id, CATEGORY_HEALTH);
    cr_expect(gt(sz, announced(0), 0));
    core_lose();
    end_scope(r, "health");
    before = core->n_letters;
    core_wait(40 * DAY_MS);
    cr_expect(gt(sz, core->n_letters, before), "the entry goes");
    cr_expect(zero(sz, announced(before)));
}
