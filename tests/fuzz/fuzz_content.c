/* Fuzzing of proto/content: what decodes, encodes again to the same bytes. */
#include <string.h>

#include "content.h"
#include "fuzz.h"
#include "hf_assert.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct content c;
    struct hf_buf again;

    if (content_decode((struct hf_bytes){data, size}, &c) != HF_OK)
        return 0;
    hf_buf_init(&again, CONTENT_BYTES_MAX);
    HF_ASSERT(content_encode(&c, &again) == HF_OK);
    HF_ASSERT(again.n == size);
    HF_ASSERT(memcmp(again.p, data, size) == 0);
    hf_buf_free(&again);
    return 0;
}
