/* The keystore in memory: an index of records, what is new, what must go. */
#include "keystore.h"

#include <stdlib.h>
#include <unistd.h>

#include "hf_assert.h"
#include "hf_file.h"
#include "hf_guard.h"
#include "keystore_internal.h"

#define SLOTS_FIRST  1024u
#define SLOT_REMOVED UINT32_MAX
#define NOT_FOUND    UINT32_MAX
#define FRESH_MAX    (4u * 1024u * 1024u)

_Static_assert(KEYSTORE_RECORDS_MAX < UINT32_MAX - 1, "numbers fit a slot");
_Static_assert(LOCK_END <= UINT8_MAX, "a category is one byte");

static uint64_t
hash_of(const struct keystore *ks, const struct node_lock *lock)
{
    uint64_t half[2];

    memcpy(half, lock->id.b, sizeof(half));
    return half[0] * ks->seed[0] + half[1] * ks->seed[1] +
           (uint64_t)lock->category * UINT64_C(0x9e3779b97f4a7c15);
}

static uint32_t
tag_of(uint64_t hash)
{
    return (uint32_t)(hash >> 16);
}

static size_t
place_of(const struct keystore *ks, uint64_t hash)
{
    return (size_t)(hash >> 32) & (ks->n_slots - 1);
}

static void
insert(struct keystore *ks, const struct node_lock *lock, uint32_t number)
{
    const uint64_t hash = hash_of(ks, lock);
    size_t i = place_of(ks, hash);

    HF_ASSERT(ks->n_used < ks->n_slots);
    while (ks->slot[i].number != 0)
        i = (i + 1) & (ks->n_slots - 1);
    ks->slot[i] = (struct keystore_slot){tag_of(hash), number + 1};
    ks->n_used++;
}

static enum hf_err
record_at(struct keystore *ks, uint32_t number,
          uint8_t out[static KEYSTORE_RECORD_BYTES])
{
    if (number < ks->n_file)
        return keystore_file_read(ks, number, 1, out);
    number -= ks->n_file;
    HF_ASSERT((number + 1) * (size_t)KEYSTORE_RECORD_BYTES <= ks->fresh.n);
    memcpy(out, ks->fresh.p + number * (size_t)KEYSTORE_RECORD_BYTES,
           KEYSTORE_RECORD_BYTES);
    return HF_OK;
}

/* The slot of @lock, or NOT_FOUND; its record is read anyway, to compare. */
static enum hf_err
look_up(struct keystore *ks, const struct node_lock *lock, size_t *ret_slot,
        uint8_t record[static KEYSTORE_RECORD_BYTES])
{
    const uint64_t hash = hash_of(ks, lock);
    size_t i = place_of(ks, hash);

    for (; ks->slot[i].number != 0; i = (i + 1) & (ks->n_slots - 1)) {
        struct node_lock found;
        enum hf_err err;

        if (ks->slot[i].number == SLOT_REMOVED ||
            ks->slot[i].tag != tag_of(hash))
            continue;
        err = record_at(ks, ks->slot[i].number - 1, record);
        if (err)
            return err;
        found = keystore_record_lock(record);
        if (hf_id_eq(&found.id, &lock->id) &&
            found.category == lock->category) {
            *ret_slot = i;
            return HF_OK;
        }
    }
    return HF_ERR_NOT_FOUND;
}

static uint32_t
n_records(const struct keystore *ks)
{
    return ks->n_file + (uint32_t)(ks->fresh.n / KEYSTORE_RECORD_BYTES);
}

static enum hf_err
dead_bits(const struct keystore *ks, uint8_t **ret)
{
    uint8_t *bits = calloc(n_records(ks) / 8 + 1, 1);

    if (bits == NULL)
        return HF_ERR_NOMEM;
    for (uint32_t i = 0; i < ks->n_dead; i++) {
        HF_ASSERT(ks->dead[i] < n_records(ks));
        bits[ks->dead[i] / 8] |= (uint8_t)(1u << (ks->dead[i] % 8));
    }
    *ret = bits;
    return HF_OK;
}

static enum hf_err
empty_index(struct keystore *ks, uint32_t n)
{
    size_t n_slots = SLOTS_FIRST;
    struct keystore_slot *slot;

    while (n_slots < (size_t)n * 2)
        n_slots *= 2;
    slot = calloc(n_slots, sizeof(*slot));
    if (slot == NULL)
        return HF_ERR_NOMEM;
    free(ks->slot);
    ks->slot = slot;
    ks->n_slots = n_slots;
    ks->n_used = 0;
    return HF_OK;
}

/* Index the @n records at @p, from @first on. */
static bool
index_some(struct keystore *ks, const uint8_t *p, uint32_t first, uint32_t n,
           const uint8_t *is_dead)
{
    for (uint32_t i = 0; i < n; i++) {
        const uint8_t *record = p + (size_t)i * KEYSTORE_RECORD_BYTES;
        const uint32_t number = first + i;
        const struct node_lock lock = keystore_record_lock(record);

        if ((int)lock.category >= LOCK_END)
            return false;
        if ((is_dead[number / 8] >> (number % 8) & 1) == 0)
            insert(ks, &lock, number);
    }
    return true;
}

/* The index of all records; @sum: NULL, or what those in the file are added
 * to. */
static enum hf_err
build_index(struct keystore *ks, struct hf_hasher *sum)
{
    uint8_t chunk[KEYSTORE_CHUNK * KEYSTORE_RECORD_BYTES];
    const uint32_t n_fresh = n_records(ks) - ks->n_file;
    uint8_t *is_dead = NULL;
    enum hf_err err = empty_index(ks, n_records(ks));

    if (!err)
        err = dead_bits(ks, &is_dead);
    ks->is_held = false;
    for (uint32_t at = 0; !err && at < ks->n_file; at += KEYSTORE_CHUNK) {
        const uint32_t left = ks->n_file - at;
        const uint32_t n = left < KEYSTORE_CHUNK ? left : KEYSTORE_CHUNK;

        err = keystore_file_read(ks, at, n, chunk);
        if (!err && sum != NULL)
            hf_hasher_add(sum, (struct hf_bytes){
                                   chunk, (size_t)n * KEYSTORE_RECORD_BYTES});
        if (!err && !index_some(ks, chunk, at, n, is_dead))
            err = HF_ERR_MALFORMED;
    }
    if (!err && !index_some(ks, ks->fresh.p, ks->n_file, n_fresh, is_dead))
        err = HF_ERR_MALFORMED;
    free(is_dead);
    return err;
}

/* At the start: the index, and the proof that the file holds what it held at
 * the store's last commit, so that a damaged keystore is refused as a whole
 * and not met case by case. */
static enum hf_err
check_and_index(struct keystore *ks, const struct hf_hash *expected)
{
    struct hf_hash found;
    enum hf_err err;

    keystore_sum_begin(&ks->sum);
    err = build_index(ks, &ks->sum);
    hf_hasher_end(&ks->sum, &found);
    if (!err && !hf_hash_eq(&found, expected))
        err = HF_ERR_MALFORMED;
    ks->sum_committed = ks->sum;
    return err;
}

static enum hf_err
take_dead(struct keystore *ks, const struct keystore_mark *mark)
{
    if (mark->epoch != ks->epoch || mark->n_dead == 0)
        return HF_OK; /* the swap was done: they are gone */
    ks->dead = calloc(mark->n_dead, sizeof(*ks->dead));
    if (ks->dead == NULL)
        return HF_ERR_NOMEM;
    ks->dead_max = mark->n_dead;
    for (uint32_t i = 0; i < mark->n_dead; i++) {
        if (mark->dead[i] >= ks->n_file)
            return HF_ERR_MALFORMED;
        ks->dead[ks->n_dead++] = mark->dead[i];
    }
    ks->n_dead_committed = ks->n_dead;
    return HF_OK;
}

enum hf_err
keystore_open(const char *dir, const struct hf_secret *store,
              const struct keystore_mark *mark, struct keystore **ret)
{
    struct keystore *ks = calloc(1, sizeof(*ks));
    enum hf_err err = HF_ERR_NOMEM;
    struct hf_hash expected;

    if (ks == NULL)
        return err;
    ks->fd = -1;
    ks->store = store;
    hf_path(ks->path, sizeof(ks->path) - 16, dir, "keystore");
    hf_buf_init(&ks->fresh, FRESH_MAX);
    hf_random(ks->seed, sizeof(ks->seed));
    ks->seed[0] |= 1;
    ks->seed[1] |= 1;
    ks->wrap = hf_guard_alloc(HF_KEY_BYTES);
    ks->key = hf_guard_alloc(HF_KEY_BYTES);
    if (ks->wrap == NULL || ks->key == NULL)
        goto out;
    err = keystore_file_load(ks, mark, &expected);
    if (err == HF_ERR_NOT_FOUND && mark->epoch == 0) {
        err = keystore_file_create(ks);
        expected = ks->base_sum;
    }
    if (!err)
        err = take_dead(ks, mark);
    if (!err)
        err = check_and_index(ks, &expected);
    if (!err)
        err = keystore_file_tidy(ks);
    if (err)
        goto out;
    ks->n_committed = ks->n_file;
    *ret = ks;
    ks = NULL; /* the caller's now */

out:
    keystore_close(ks);
    return err;
}

void
keystore_close(struct keystore *ks)
{
    if (ks == NULL)
        return;
    if (ks->fd >= 0)
        (void)close(ks->fd);
    hf_guard_free(ks->wrap);
    hf_guard_free(ks->key);
    hf_buf_free(&ks->fresh);
    free(ks->slot);
    free(ks->dead);
    free(ks);
}

static bool
is_held(const struct keystore *ks, const struct node_lock *lock)
{
    return ks->is_held && hf_id_eq(&ks->held.id, &lock->id) &&
           ks->held.category == lock->category;
}

enum hf_err
keystore_get(struct keystore *ks, const struct node_lock *lock,
             const uint8_t **ret_key)
{
    uint8_t record[KEYSTORE_RECORD_BYTES];
    enum hf_err err;
    size_t i = 0;

    if (!is_held(ks, lock)) {
        err = look_up(ks, lock, &i, record);
        if (err)
            return err;
        ks->is_held = false;
        if (!keystore_record_open(ks->wrap, ks->epoch, ks->slot[i].number - 1,
                                  record, ks->key))
            return HF_ERR_MALFORMED;
        ks->held = *lock;
        ks->is_held = true;
    }
    *ret_key = ks->key;
    return HF_OK;
}

/* Half full at most after a rebuild; rebuilt when three quarters are used. */
static enum hf_err
make_room(struct keystore *ks)
{
    if (n_records(ks) >= KEYSTORE_RECORDS_MAX)
        return HF_ERR_LIMIT;
    if (ks->n_used < ks->n_slots / 4 * 3)
        return HF_OK;
    return build_index(ks, NULL);
}

enum hf_err
keystore_need(struct keystore *ks, const struct node_lock *lock,
              const uint8_t **ret_key)
{
    const uint32_t number = n_records(ks);
    enum hf_err err = keystore_get(ks, lock, ret_key);
    uint8_t *room;

    if (err != HF_ERR_NOT_FOUND)
        return err;
    HF_ASSERT((int)lock->category < LOCK_END);
    err = make_room(ks);
    if (err)
        return err;
    room = hf_buf_grow(&ks->fresh, KEYSTORE_RECORD_BYTES);
    if (room == NULL)
        return HF_ERR_NOMEM;
    ks->held = *lock;
    ks->is_held = true;
    hf_random(ks->key, HF_KEY_BYTES);
    keystore_record_seal(ks->wrap, ks->epoch, number, lock, ks->key, room);
    hf_hasher_add(&ks->sum, (struct hf_bytes){room, KEYSTORE_RECORD_BYTES});
    insert(ks, lock, number);
    *ret_key = ks->key;
    return HF_OK;
}

static enum hf_err
kill_one(struct keystore *ks, const struct node_lock *lock)
{
    uint8_t record[KEYSTORE_RECORD_BYTES];
    enum hf_err err;
    size_t i = 0;

    err = look_up(ks, lock, &i, record);
    if (err)
        return err == HF_ERR_NOT_FOUND ? HF_OK : err;
    if (ks->n_dead == ks->dead_max) {
        const uint32_t more = ks->dead_max == 0 ? 64 : ks->dead_max * 2;
        uint32_t *dead = realloc(ks->dead, more * sizeof(*dead));

        if (dead == NULL)
            return HF_ERR_NOMEM;
        ks->dead = dead;
        ks->dead_max = more;
    }
    ks->dead[ks->n_dead++] = ks->slot[i].number - 1;
    ks->slot[i].number = SLOT_REMOVED;
    if (is_held(ks, lock)) {
        hf_wipe(ks->key, HF_KEY_BYTES);
        ks->is_held = false;
    }
    return HF_OK;
}

enum hf_err
keystore_kill(struct keystore *ks, const struct node_lock *lock)
{
    struct node_lock one = *lock;
    enum hf_err err = HF_OK;

    if (lock->category != CATEGORY_NONE)
        return kill_one(ks, lock);
    for (int c = CATEGORY_NONE; !err && c < LOCK_END; c++) {
        one.category = (enum category)c;
        err = kill_one(ks, &one);
    }
    return err;
}

bool
keystore_is_changed(const struct keystore *ks)
{
    return n_records(ks) != ks->n_committed ||
           ks->n_dead != ks->n_dead_committed;
}

struct keystore_mark
keystore_mark(const struct keystore *ks)
{
    struct keystore_mark mark = {.epoch = ks->epoch,
                                 .count = n_records(ks),
                                 .n_dead = ks->n_dead,
                                 .dead = ks->dead};

    hf_hasher_end(&ks->sum, &mark.sum);
    return mark;
}

enum hf_err
keystore_sync(struct keystore *ks)
{
    enum hf_err err = HF_OK;

    if (ks->fresh.n == 0)
        return HF_OK;
    if (lseek(ks->fd, keystore_offset(ks->n_file), SEEK_SET) < 0)
        return HF_ERR_IO;
    err = hf_file_write_all(ks->fd, ks->fresh.p, ks->fresh.n);
    if (!err && fsync(ks->fd) != 0)
        err = HF_ERR_IO;
    if (err)
        return err; /* what was written is behind the mark */
    ks->n_file = n_records(ks);
    hf_buf_clear(&ks->fresh);
    return HF_OK;
}

void
keystore_committed(struct keystore *ks)
{
    HF_ASSERT(ks->fresh.n == 0);
    ks->n_committed = ks->n_file;
    ks->sum_committed = ks->sum;
    ks->n_dead_committed = ks->n_dead;
}

enum hf_err
keystore_rollback(struct keystore *ks)
{
    if (!keystore_is_changed(ks))
        return HF_OK;
    hf_buf_clear(&ks->fresh);
    ks->sum = ks->sum_committed;
    ks->n_dead = ks->n_dead_committed;
    if (ks->n_file != ks->n_committed) {
        ks->n_file = ks->n_committed;
        if (ftruncate(ks->fd, keystore_offset(ks->n_file)) != 0)
            return HF_ERR_IO;
    }
    return build_index(ks, NULL);
}

bool
keystore_must_rewrite(const struct keystore *ks)
{
    return ks->n_dead_committed > 0 || ks->must_tidy;
}

enum hf_err
keystore_rewrite(struct keystore *ks)
{
    const uint64_t epoch = ks->epoch;
    uint8_t *is_dead = NULL;
    enum hf_err err;

    HF_ASSERT(!keystore_is_changed(ks));
    if (ks->n_dead == 0) {
        err = keystore_file_tidy(ks);
        ks->must_tidy = err != HF_OK;
        return err;
    }
    err = dead_bits(ks, &is_dead);
    if (!err)
        err = keystore_file_next(ks, is_dead);
    free(is_dead);
    if (ks->epoch == epoch)
        return err;
    /* Swapped, whatever came after: the records have new numbers. */
    HF_ASSERT(ks->epoch == epoch + 1);
    ks->n_committed = ks->n_file;
    ks->sum_committed = ks->sum;
    ks->n_dead = 0;
    ks->n_dead_committed = 0;
    ks->must_tidy = err != HF_OK;
    hf_wipe(ks->key, HF_KEY_BYTES); /* whatever was unwrapped last */
    ks->is_held = false;
    if (build_index(ks, NULL) != HF_OK)
        return HF_ERR_NOMEM;
    return err;
}
