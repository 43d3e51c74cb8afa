#include "held_registry.h"

#include "hf_assert.h"
#include "hf_file.h"

bool
held_registry_load(struct held_registry *h, const char *dir,
                   struct fault *fault)
{
    enum hf_err err;

    h->r = NULL;
    hf_buf_init(&h->set, REGISTRY_BYTES_MAX);
    hf_path(h->path, sizeof(h->path), dir, "registry.set");
    err = hf_file_read(h->path, &h->set);
    if (err == HF_ERR_NOT_FOUND)
        return true;
    if (!err)
        err = registry_load(hf_buf_bytes(&h->set), &h->r);
    if (!err)
        return true;
    held_registry_clear(h);
    return fault_set(fault, err == HF_ERR_IO ? FAULT_INTERNAL : FAULT_DATA,
                     "%s: %s; put the set that the committee published last "
                     "in its place",
                     h->path, hf_err_text(err));
}

void
held_registry_clear(struct held_registry *h)
{
    registry_free(h->r);
    h->r = NULL;
    hf_buf_free(&h->set);
}

enum hf_err
held_registry_offer(struct held_registry *h, struct hf_bytes set,
                    uint64_t now_ms)
{
    struct registry *r = NULL;
    struct hf_buf copy;
    enum hf_err err;

    hf_buf_init(&copy, REGISTRY_BYTES_MAX);
    err = registry_accept(set, hf_buf_bytes(&h->set), now_ms, &r);
    if (!err && !hf_buf_add(&copy, set.p, set.n))
        err = HF_ERR_NOMEM;
    if (!err)
        err = hf_file_write(h->path, set.p, set.n, 0600);
    if (err) {
        registry_free(r);
        hf_buf_free(&copy);
        return err;
    }
    held_registry_clear(h);
    h->r = r;
    h->set = copy;
    return HF_OK;
}

bool
held_registry_doc(const struct held_registry *h, struct shelf_doc *ret)
{
    if (h->r == NULL)
        return false;
    HF_ASSERT(h->set.n > 0);
    *ret = (struct shelf_doc){.kind = SHELF_REGISTRY,
                              .version = registry_latest(h->r),
                              .bytes = hf_buf_bytes(&h->set)};
    return true;
}
