#include "attach_fixture.h"

uint8_t attach_bytes[ATTACH_BYTES];

struct hf_id
attach_world(struct core_node **ret_s, struct core_node **ret_r,
             struct hf_id *ret_case)
{
    struct consent c = {.state = CONSENT_GIVEN};
    const uint32_t any = PURPOSE_BIT(PURPOSE_REFERRAL) |
                         PURPOSE_BIT(PURPOSE_OFFER) |
                         PURPOSE_BIT(PURPOSE_TRANSFER);
    struct core_node *s, *r;

    core_begin(2, 0);
    s = *ret_s = &core->node[0];
    r = *ret_r = &core->node[1];
    core_publish(&r->org, "primary_health_care", NULL);
    *ret_case = core_case(s, CATEGORY_ALL);
    core_scope(&c, "basic", CATEGORY_ALL & ~(CAT(HEALTH) | CAT(MHPSS)), any,
               &s->org, &r->org, NULL);
    core_scope(&c, "health", CAT(HEALTH), any | PURPOSE_BIT(PURPOSE_FEEDBACK),
               &s->org, &r->org, NULL);
    (void)core_consent(s, *ret_case, &c);
    return core_refer(s, *ret_case, "health.general");
}

static void
fill_bytes(void)
{
    for (size_t i = 0; i < ATTACH_BYTES; i++)
        attach_bytes[i] = (uint8_t)(i * 31 + (i >> 8) + (i >> 15) * 7);
    memcpy(attach_bytes + 5 * FILE_CHUNK_BYTES + 100, "paper-canary", 12);
}

struct hf_hash
attach_root(const uint8_t *p, size_t n)
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

int
attach_begin(struct core_node *n, struct hf_id object, enum category category)
{
    struct node_command c = {.type = CMD_ATTACH,
                             .object = object,
                             .category = category,
                             .n_bytes = ATTACH_BYTES,
                             .hash = attach_root(attach_bytes, ATTACH_BYTES),
                             .file_name = "xray.png"};

    fill_bytes();
    c.hash = attach_root(attach_bytes, ATTACH_BYTES);
    return core_ask(n, &c);
}

void
attach_put(struct core_node *n, struct hf_id file, uint64_t at, int puts)
{
    while (at < ATTACH_BYTES && puts-- > 0) {
        const size_t left = ATTACH_BYTES - at;
        struct node_command c = {
            .type = CMD_ATTACH_PUT,
            .object = file,
            .offset = at,
            .data = {attach_bytes + at,
                     left < FILE_PUT_BYTES ? left : FILE_PUT_BYTES}};

        core_do(n, &c);
        cr_assert(gt(u64, n->reply.at, at), "it goes on");
        at = n->reply.at;
    }
}

int
attach_done(struct core_node *n, struct hf_id file)
{
    struct node_command c = {.type = CMD_ATTACH_DONE, .object = file};

    return core_ask(n, &c);
}

struct hf_id
attach_whole(struct core_node *n, struct hf_id object, enum category category)
{
    struct hf_id file;

    cr_assert(eq(int, attach_begin(n, object, category), 0), "%s",
              n->reply.message);
    file = n->reply.id;
    attach_put(n, file, n->reply.at, 1000);
    cr_assert(eq(int, attach_done(n, file), 0), "%s", n->reply.message);
    return file;
}

void
attach_expect_equal(const struct core_node *n, struct hf_id file)
{
    struct hf_bytes chunk;
    struct node_file f;

    cr_assert(file_get(n->env.view, &file, &f));
    cr_assert(file_is_whole(&f));
    cr_expect(eq(str, f.name, (char *)"xray.png"));
    for (uint32_t i = 0; i < file_data(&f); i++) {
        cr_assert(file_chunk(n->env.view, &file, i, &chunk));
        cr_assert(memcmp(chunk.p, attach_bytes + (size_t)i * FILE_CHUNK_BYTES,
                         chunk.n) == 0);
    }
}
