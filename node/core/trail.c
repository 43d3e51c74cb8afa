#include "trail.h"

/* Raised when the layout changes: rows of an older one are not read. */
#define TRAIL_VERSION 1

void
trail_put(const struct node_view *v, const struct hf_id *decision,
          const struct hf_id *case_id, const struct sop_trail *t)
{
    const struct hf_bytes key = {decision->b, HF_ID_BYTES};
    const struct node_lock lock = {*case_id, CATEGORY_NONE};
    uint8_t row[1 + sizeof(*t)];
    const size_t n = sop_trail_bytes(t);

    row[0] = TRAIL_VERSION;
    memcpy(row + 1, t, n);
    v->put(v->ctx, NODE_TRAILS, key, &lock, (struct hf_bytes){row, n + 1});
}

bool
trail_get(const struct node_view *v, const struct hf_id *decision,
          struct sop_trail *ret)
{
    const struct hf_bytes key = {decision->b, HF_ID_BYTES};
    struct hf_bytes row;

    if (!v->get(v->ctx, NODE_TRAILS, key, &row) || row.n < 2 ||
        row.n > sizeof(*ret) + 1 || row.p[0] != TRAIL_VERSION)
        return false;
    memset(ret, 0, sizeof(*ret));
    memcpy(ret, row.p + 1, row.n - 1);
    return ret->n_services <= SOP_CANDIDATES_MAX &&
           sop_trail_bytes(ret) == row.n - 1;
}
