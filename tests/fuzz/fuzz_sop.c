/* Fuzz target: packs of other organisations. Whatever the bytes, loading ends
 * with a pack or with an error that has a place; a pack that loads can be
 * asked, and answers twice alike. */
#include <stdlib.h>

#include "hf_assert.h"
#include "sop_cases.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
ask(const struct sop_pack *p)
{
    static struct sop_decision a, b;
    struct sop_book *book = sop_book_new();
    struct sop_request req = {.now_ms = UINT64_C(1793610000000),
                              .facts = {.birth_year = 1990, .origin = "AF"}};

    if (book == NULL || !sop_book_add(book, p))
        abort();
    for (size_t i = 0; sop_need_at(i) != NULL; i++) {
        memset(&req.need, 0, sizeof(req.need));
        memcpy(req.need.s, sop_need_at(i), strlen(sop_need_at(i)));
        sop_route(book, &req, NULL, &a);
        sop_route(book, &req, NULL, &b);
        HF_ASSERT(memcmp(&a, &b, sizeof(a)) == 0);
        HF_ASSERT(a.outcome != SOP_CHOSEN);
    }
    sop_book_free(book);
}

/* The first byte says what the rest is: a pack, or a table of cases. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sop_findings findings;
    static struct sop_case_results results;
    struct hf_bytes yaml;
    struct sop_pack *p = NULL;
    enum hf_err err;

    if (size == 0)
        return 0;
    yaml = (struct hf_bytes){data + 1, size - 1};
    if (data[0] == 'T') {
        struct sop_book *book = sop_book_new();

        err = sop_cases_run(yaml, book, &results);
        HF_ASSERT(err != HF_ERR_MALFORMED || results.findings.n > 0);
        sop_book_free(book);
        return 0;
    }
    err = sop_pack_load(yaml, &findings, &p);
    HF_ASSERT((err == HF_OK) == (p != NULL));
    HF_ASSERT(err != HF_ERR_MALFORMED || findings.n > 0);
    if (p != NULL)
        ask(p);
    sop_pack_free(p);
    return 0;
}
