#include "files_internal.h"

#include "hf_assert.h"
#include "row.h"

enum { ROW_CHUNK = 1, ROW_HASH = 2 };

uint32_t
file_data(const struct node_file *f)
{
    return (uint32_t)((f->bytes + FILE_CHUNK_BYTES - 1) / FILE_CHUNK_BYTES);
}

bool
file_is_whole(const struct node_file *f)
{
    return f->have >= file_data(f);
}

uint64_t
file_held(const struct node_file *f)
{
    const uint64_t held = (uint64_t)f->have * FILE_CHUNK_BYTES;

    return held < f->bytes ? held : f->bytes;
}

uint32_t
file_chunk_bytes(const struct node_file *f, uint32_t i)
{
    const uint64_t left = f->bytes - (uint64_t)i * FILE_CHUNK_BYTES;

    HF_ASSERT(i < file_data(f));
    return left < FILE_CHUNK_BYTES ? (uint32_t)left : FILE_CHUNK_BYTES;
}

/* A key of its own: whatever else lies under the case or the object, it goes
 * alone when its category has to. Never under the file's id: the peer chooses
 * that, and could name a case of ours to have its key shredded. */
static struct node_lock
lock_of(const struct node_file *f)
{
    HF_ASSERT(!hf_id_is_zero(&f->lock));
    return (struct node_lock){f->lock, f->category};
}

/* ---- records ---- */

bool
file_get(const struct node_view *v, const struct hf_id *id,
         struct node_file *ret)
{
    const struct row_key k = row_id(id);

    return row_get(v, NODE_FILES, &k, ret, sizeof(*ret));
}

void
file_put(const struct node_view *v, const struct node_file *f)
{
    const struct node_lock lock = lock_of(f);
    const struct row_key k = row_id(&f->id);
    struct row_key of = row_id(&f->object);

    row_put(v, NODE_FILES, &k, &lock, f, sizeof(*f));
    row_add(&of, f->id.b, HF_ID_BYTES);
    v->put(v->ctx, NODE_FILES_OF, row_span(&of), NULL,
           (struct hf_bytes){f->id.b, HF_ID_BYTES});
}

bool
file_next_of(const struct node_view *v, const struct hf_id *object,
             struct hf_id *id, struct node_file *ret)
{
    const struct row_key prefix = row_id(object);
    struct hf_bytes key, row;

    do {
        struct row_key k = prefix;

        row_add(&k, id->b, HF_ID_BYTES);
        row_add(&k, "", 1);
        if (!v->seek(v->ctx, NODE_FILES_OF, row_span(&k), &key, &row) ||
            !row_begins(key, &prefix) || key.n != 2 * HF_ID_BYTES)
            return false;
        memcpy(id->b, key.p + HF_ID_BYTES, HF_ID_BYTES);
    } while (!file_get(v, id, ret)); /* shredded: its record does not open */
    return true;
}

/* ---- chunks ---- */

static struct row_key
chunk_key(const struct hf_id *id, uint8_t kind, uint32_t i)
{
    struct row_key k = row_id(id);

    row_number(&k, kind, 1);
    row_number(&k, i, 4);
    return k;
}

bool
file_chunk(const struct node_view *v, const struct hf_id *id, uint32_t i,
           struct hf_bytes *ret)
{
    const struct row_key k = chunk_key(id, ROW_CHUNK, i);

    return v->get(v->ctx, NODE_CHUNKS, row_span(&k), ret);
}

bool
file_hash_get(const struct node_view *v, const struct hf_id *id, uint32_t i,
              struct hf_hash *ret)
{
    const struct row_key k = chunk_key(id, ROW_HASH, i);
    struct hf_bytes row;

    if (!v->get(v->ctx, NODE_CHUNKS, row_span(&k), &row) ||
        row.n != HF_HASH_BYTES)
        return false;
    memcpy(ret->b, row.p, HF_HASH_BYTES);
    return true;
}

void
file_chunk_put(struct step *s, const struct node_file *f, uint32_t i,
               struct hf_bytes bytes, const struct hf_hash *hash)
{
    const struct row_key chunk = chunk_key(&f->id, ROW_CHUNK, i);
    const struct row_key k = chunk_key(&f->id, ROW_HASH, i);
    const struct node_lock lock = lock_of(f);

    HF_ASSERT(bytes.n == file_chunk_bytes(f, i));
    s->v->put(s->v->ctx, NODE_CHUNKS, row_span(&chunk), &lock, bytes);
    s->v->put(s->v->ctx, NODE_CHUNKS, row_span(&k), &lock,
              (struct hf_bytes){hash->b, HF_HASH_BYTES});
}

/* ---- the end ---- */

void
file_del(struct step *s, const struct node_file *f)
{
    const struct node_lock lock = lock_of(f);
    const struct row_key k = row_id(&f->id);
    struct row_key of = row_id(&f->object);

    row_add(&of, f->id.b, HF_ID_BYTES);
    if (f->due_ms != 0)
        due_del(s->v, f->due_ms, &f->id, DUE_FILE);
    for (uint32_t i = 0; i < file_data(f) && i < f->have + 32; i++) {
        const struct row_key chunk = chunk_key(&f->id, ROW_CHUNK, i);
        const struct row_key hash = chunk_key(&f->id, ROW_HASH, i);

        s->v->del(s->v->ctx, NODE_CHUNKS, row_span(&chunk));
        s->v->del(s->v->ctx, NODE_CHUNKS, row_span(&hash));
    }
    s->v->del(s->v->ctx, NODE_FILES, row_span(&k));
    s->v->del(s->v->ctx, NODE_FILES_OF, row_span(&of));
    s->v->shred(s->v->ctx, &lock);
}

/* The hashes of its chunks are of its content. */
static void
drop_parts(struct step *s, const struct node_object *o, enum side side,
           uint32_t categories)
{
    struct part p;

    for (uint32_t n = 1; n <= o->n[side]; n++)
        for (unsigned i = 0; i < BODY_PARTS_MAX; i++)
            if (body_part_get(s->v, &o->id, side, n, i, &p) &&
                p.type == PART_FILE && (categories & CATEGORY_BIT(p.category)))
                body_part_del(s->v, &o->id, side, n, i);
}

void
file_drop(struct step *s, const struct node_object *o, uint32_t categories)
{
    struct hf_id at = {{0}};
    struct node_file f;
    bool any = false;

    while (file_next_of(s->v, &o->id, &at, &f)) {
        if (f.is_ours || !(categories & CATEGORY_BIT(f.category)))
            continue;
        file_del(s, &f);
        any = true;
    }
    if (any)
        drop_parts(s, o, side_other(o->side), categories);
}

void
file_drop_all(struct step *s, const struct hf_id *object)
{
    struct hf_id at = {{0}};
    struct node_file f;

    while (file_next_of(s->v, object, &at, &f))
        file_del(s, &f);
}
