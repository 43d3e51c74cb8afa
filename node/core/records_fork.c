/* Evidence: forks, one row for what an organisation saw of an author and an
 * object; and the links of a case's title, one row an epoch. */
#include "records.h"
#include "row.h"
#include "title.h"

static struct row_key
fork_key(const struct hf_org *by, const struct hf_org *author,
         const struct hf_id *object)
{
    struct row_key k = {.n = 0};

    row_add(&k, by->s, HF_ORG_BYTES);
    row_add(&k, author->s, HF_ORG_BYTES);
    row_add(&k, object->b, HF_ID_BYTES);
    return k;
}

void
fork_put(const struct node_view *v, const struct node_fork *f)
{
    const struct row_key k = fork_key(&f->by, &f->author, &f->object);

    row_put(v, NODE_FORKS, &k, NULL, f, sizeof(*f));
}

bool
fork_get(const struct node_view *v, const struct hf_org *by,
         const struct hf_org *author, const struct hf_id *object,
         struct node_fork *ret)
{
    const struct row_key k = fork_key(by, author, object);

    return row_get(v, NODE_FORKS, &k, ret, sizeof(*ret));
}

bool
fork_next(const struct node_view *v, struct node_fork *at)
{
    struct row_key k = fork_key(&at->by, &at->author, &at->object);
    struct hf_bytes key, row;

    row_add(&k, "", 1);
    return v->seek(v->ctx, NODE_FORKS, row_span(&k), &key, &row) &&
           row_unwrap(row, at, sizeof(*at));
}

static struct row_key
title_key(const struct hf_id *case_id, uint32_t epoch)
{
    struct row_key k = row_id(case_id);

    row_number(&k, epoch, 4);
    return k;
}

bool
title_get(const struct node_view *v, const struct hf_id *case_id,
          uint32_t epoch, uint8_t *ret_link)
{
    const struct row_key k = title_key(case_id, epoch);

    return row_get(v, NODE_TITLES, &k, ret_link, TITLE_LINK_BYTES);
}

void
title_put(const struct node_view *v, const struct hf_id *case_id,
          uint32_t epoch, const uint8_t *link)
{
    const struct row_key k = title_key(case_id, epoch);
    const struct node_lock lock = {*case_id, CATEGORY_NONE};

    row_put(v, NODE_TITLES, &k, &lock, link, TITLE_LINK_BYTES);
}

void
title_del(const struct node_view *v, const struct hf_id *case_id)
{
    const struct row_key k = row_id(case_id);

    row_del_all(v, NODE_TITLES, &k);
}
