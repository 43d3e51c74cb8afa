/* Fuzzing of the registry: the first byte says which document the rest is;
 * what is read, is written again to the same bytes. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "hf_assert.h"
#include "registry_internal.h"
#include "request.h"

static void
expect_same(enum hf_err err, const struct hf_buf *again, struct hf_bytes in)
{
    HF_ASSERT(err == HF_OK);
    HF_ASSERT(again->n == in.n);
    HF_ASSERT(memcmp(again->p, in.p, in.n) == 0);
}

static void
try_set(struct hf_bytes in, struct hf_buf *again)
{
    struct registry_edit *e = NULL;
    struct registry *r = NULL;

    if (registry_load(in, &r) == HF_OK)
        registry_free(r);
    if (in.n == 0 || registry_edit_open(in, &e) != HF_OK)
        return;
    expect_same(registry_edit_encode(e, again), again, in);
    r = NULL;
    if (registry_edit_preview(e, &r) == HF_OK) {
        hf_buf_clear(again);
        HF_ASSERT(registry_summary(r, again));
    }
    registry_free(r);
    registry_edit_free(e);
}

static void
try_orgs(struct hf_bytes in, struct hf_buf *again)
{
    struct registry *r = calloc(1, sizeof(*r));

    HF_ASSERT(r != NULL);
    if (registry_doc_read_orgs(in, r) == HF_OK) {
        expect_same(registry_doc_write_orgs(r, again), again, in);
        (void)!registry_check(r);
    }
    registry_free(r);
}

static void
try_others(uint8_t which, struct hf_bytes in, struct hf_buf *again)
{
    struct registry_root root;
    struct registry_suspend suspend;
    struct registry_timestamp timestamp;
    struct join_request request;
    struct hf_yaml_error error;

    if (which == 2 && registry_doc_read_root(in, &root) == HF_OK)
        expect_same(registry_doc_write_root(&root, again), again, in);
    if (which == 3 && registry_doc_read_suspend(in, &suspend) == HF_OK) {
        expect_same(registry_doc_write_suspend(&suspend, again), again, in);
        free(suspend.org);
    }
    if (which == 4 && registry_doc_read_timestamp(in, &timestamp) == HF_OK)
        expect_same(registry_doc_write_timestamp(&timestamp, again), again, in);
    if (which == 5)
        (void)!request_parse(in, &request, &error);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_bytes in = {data + 1, size - 1};
    struct hf_buf again;

    if (size == 0)
        return 0;
    HF_ASSERT(hf_crypto_start() == HF_OK);
    hf_buf_init(&again, REGISTRY_BYTES_MAX);
    if (data[0] % 6 == 0)
        try_set(in, &again);
    else if (data[0] % 6 == 1)
        try_orgs(in, &again);
    else
        try_others(data[0] % 6, in, &again);
    hf_buf_free(&again);
    return 0;
}
