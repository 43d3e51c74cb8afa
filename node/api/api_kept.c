/* The answer of a command that was done, kept under its Idempotency-Key: the
 * same request gets it again, another one under that key is refused. */
#include <stdlib.h>

#include "api_internal.h"

/* What is kept of a done command, by hash of user and key. */
struct stored_answer {
    uint64_t at_ms;
    struct hf_hash request; /* method, path and body: another one is refused */
    int32_t http;
    uint32_t n; /* bytes of JSON that follow */
};

static void
key_hash(const struct api_request *req, const struct node_crypto *crypto,
         struct hf_hash *ret)
{
    const struct hf_bytes spans[] = {
        {(const uint8_t *)req->user.s, HF_NAME_BYTES},
        {(const uint8_t *)req->key, strlen(req->key)}};

    crypto->hash(crypto->ctx, "handoff/1 idempotency key", spans, 2, ret);
}

static void
request_hash(const struct api_request *req, const struct node_crypto *crypto,
             struct hf_hash *ret)
{
    const uint8_t zero = 0;
    const struct hf_bytes spans[] = {
        {(const uint8_t *)req->method, strlen(req->method)},
        {&zero, 1},
        {(const uint8_t *)req->path, strlen(req->path)},
        {&zero, 1},
        hf_buf_bytes(&req->body)};

    crypto->hash(crypto->ctx, "handoff/1 request", spans, 5, ret);
}

/* The kept answer, given again; false when there is none. */
bool
api_say_again(struct api_call *c)
{
    const struct node_view *v = c->env->view;
    struct hf_hash key, request;
    struct stored_answer a;
    struct hf_bytes row;
    char *text;

    if (c->req->key[0] == '\0')
        return false;
    key_hash(c->req, c->env->crypto, &key);
    request_hash(c->req, c->env->crypto, &request);
    if (!v->get(v->ctx, NODE_ANSWERS, (struct hf_bytes){key.b, HF_HASH_BYTES},
                &row) ||
        row.n < sizeof(a))
        return false;
    memcpy(&a, row.p, sizeof(a));
    if (a.n != row.n - sizeof(a) || a.at_ms + API_ANSWER_LIFE_MS < c->now_ms)
        return false;
    if (!hf_hash_eq(&a.request, &request)) {
        (void)api_refuse(c, EX_DATAERR, "key_reused", NULL,
                         "use a new Idempotency-Key",
                         "this Idempotency-Key was used for another request");
        return true;
    }
    text = malloc(a.n + 1u);
    if (text != NULL)
        memcpy(text, row.p + sizeof(a), a.n);
    api_set_text(c->req, a.http, "application/json; charset=utf-8", text, a.n);
    return true;
}

/* Keys are hashes, so the rows behind a new one are a random sample: dropping
 * the old ones among them keeps the table from growing for ever. */
static void
sweep(const struct node_env *env, const struct hf_hash *from, uint64_t now_ms)
{
    const struct node_view *v = env->view;
    struct hf_hash at = *from;

    for (int i = 0; i < 8; i++) {
        uint8_t after[HF_HASH_BYTES + 1] = {0};
        struct hf_bytes key, row;
        struct stored_answer a;

        memcpy(after, at.b, HF_HASH_BYTES);
        if (!v->seek(v->ctx, NODE_ANSWERS,
                     (struct hf_bytes){after, sizeof(after)}, &key, &row) ||
            key.n != HF_HASH_BYTES || row.n < sizeof(a))
            return;
        memcpy(at.b, key.p, HF_HASH_BYTES);
        memcpy(&a, row.p, sizeof(a));
        if (a.at_ms + API_ANSWER_LIFE_MS < now_ms)
            v->del(v->ctx, NODE_ANSWERS,
                   (struct hf_bytes){at.b, HF_HASH_BYTES});
    }
}

void
api_keep_answer(struct api_request *req, const struct node_env *env,
                uint64_t now_ms)
{
    const struct node_view *v = env->view;
    struct stored_answer a;
    struct hf_hash key;
    struct hf_buf row;

    if (req->key[0] == '\0' || req->answer == NULL)
        return;
    memset(&a, 0, sizeof(a));
    a.at_ms = now_ms;
    a.http = req->http;
    a.n = (uint32_t)req->answer_bytes;
    request_hash(req, env->crypto, &a.request);
    key_hash(req, env->crypto, &key);
    hf_buf_init(&row, 64 * 1024);
    if (hf_buf_add(&row, &a, sizeof(a)) &&
        hf_buf_add(&row, req->answer, req->answer_bytes)) {
        v->put(v->ctx, NODE_ANSWERS, (struct hf_bytes){key.b, HF_HASH_BYTES},
               NULL, hf_buf_bytes(&row));
        sweep(env, &key, now_ms);
    }
    hf_buf_free(&row);
}
