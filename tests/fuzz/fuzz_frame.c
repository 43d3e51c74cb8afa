/* Fuzzing of proto/frame and proto/shelf: what is read, is written again to
 * the same bytes. */
#include <string.h>

#include "frame.h"
#include "fuzz.h"
#include "hf_assert.h"

static void
expect_same(const struct hf_buf *again, struct hf_bytes in)
{
    HF_ASSERT(again->n == in.n);
    HF_ASSERT(memcmp(again->p, in.p, in.n) == 0);
}

static bool
batch_again(struct hf_bytes in, struct hf_buf *again)
{
    static struct frame_submit submit;
    static struct frame_deliver deliver;
    struct frame_ack ack;

    return (frame_read_submit(in, &submit) == HF_OK &&
            frame_submit(again, &submit)) ||
           (frame_read_deliver(in, &deliver) == HF_OK &&
            frame_deliver(again, &deliver)) ||
           (frame_read_ack(in, &ack) == HF_OK && frame_ack(again, &ack));
}

static bool
small_again(struct hf_bytes in, struct hf_buf *again)
{
    struct frame_hello hello;
    struct frame_synced synced;
    uint32_t n;
    enum hf_err why;

    return (frame_read_hello(in, &hello) == HF_OK &&
            frame_hello(again, &hello)) ||
           (frame_read_fetch(in, &n) == HF_OK && frame_fetch(again, n)) ||
           (frame_read_synced(in, &synced) == HF_OK &&
            frame_synced(again, &synced)) ||
           (frame_read_bad(in, &why) == HF_OK && frame_bad(again, why));
}

static bool
shelf_again(struct hf_bytes in, struct hf_buf *again)
{
    struct hf_bytes walk;
    struct shelf_doc d;

    if (frame_read_shelf(in, &walk) != HF_OK)
        return false;
    HF_ASSERT(hf_buf_add(again, in.p, in.n - walk.n));
    while (walk.n > 0) {
        HF_ASSERT(shelf_unpack(&walk, &d) == HF_OK);
        HF_ASSERT(shelf_pack(&d, again));
    }
    return true;
}

static void
walk_sync(struct hf_bytes in)
{
    struct hf_bytes walk;
    struct frame_have have;
    size_t n = 0;

    if (frame_read_sync(in, &walk) != HF_OK)
        return;
    while (frame_next_have(&walk, &have))
        n++;
    HF_ASSERT(walk.n == 0);
    HF_ASSERT(n <= in.n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct hf_bytes in = {data, size};
    static struct frame_custody custody;
    struct registry_broker broker = {.op = {{.pk = {9}}}, .n_op = 1};
    struct hf_buf again;

    hf_buf_init(&again, FRAME_BYTES_MAX);
    if (batch_again(in, &again) || small_again(in, &again) ||
        shelf_again(in, &again))
        expect_same(&again, in);
    walk_sync(in);
    if (frame_read_custody(in, &custody) == HF_OK) {
        broker.id = custody.broker;
        HF_ASSERT(!frame_verify_custody(&custody, &broker));
    }
    hf_buf_free(&again);
    return 0;
}
