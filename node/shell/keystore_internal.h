/*
 * keystore_internal.h - what the files of the keystore share; for them only.
 *
 *   head     magic 8 | epoch u64 | base u64 | zero 8 | sum 32 | keyed hash 32
 *   record   id 16 | category u8 | box of the key (nonce 24, key 32, tag 16)
 *   epoch    magic 8 | epoch u64 | key 32
 *
 * base: records that were written with the head, all fsynced before the rename
 * that made them visible; sum: their hash. Both stand in for the store's mark
 * when a crash fell between the rename and the commit that would have told it.
 */
#ifndef NODE_SHELL_KEYSTORE_INTERNAL_H
#define NODE_SHELL_KEYSTORE_INTERNAL_H

#include <limits.h>
#include <sys/types.h>

#include "keystore.h"

#define KEYSTORE_HEAD_BYTES   96
#define KEYSTORE_RECORD_BYTES (HF_ID_BYTES + 1 + HF_KEY_BYTES + HF_BOX_BYTES)
#define KEYSTORE_EPOCH_BYTES  48
#define KEYSTORE_CHUNK        1024u /* records read or written at a time */

/** One place of the index: open addressing, linear probing. */
struct keystore_slot {
    uint32_t tag;    /* more bits of the hash, to compare before reading */
    uint32_t number; /* record + 1; 0: never used; UINT32_MAX: removed */
};

struct keystore {
    char path[PATH_MAX];
    int fd;
    const struct hf_secret *store;
    uint64_t epoch;
    uint64_t base; /* of the head ... */
    struct hf_hash base_sum;
    uint8_t *wrap;         /* guarded: wraps this epoch's records */
    uint8_t *key;          /* guarded: the key unwrapped last ... */
    struct node_lock held; /* ... and whose it is */
    bool is_held;
    uint32_t n_file;      /* records in the file */
    uint32_t n_committed; /* of them, those that count */
    struct hf_buf fresh;  /* records made and not yet in the file */
    struct hf_hasher sum; /* over the file's records and the fresh ones ... */
    struct hf_hasher sum_committed; /* ... and over those that count */
    struct keystore_slot *slot;
    size_t n_slots;   /* a power of two */
    size_t n_used;    /* slots not "never used" */
    uint64_t seed[2]; /* odd; nobody outside can aim at one slot */
    uint32_t *dead;
    uint32_t n_dead;
    uint32_t n_dead_committed;
    uint32_t dead_max;
    bool must_tidy; /* swapped, but an old epoch key is still there */
};

static inline off_t
keystore_offset(uint32_t number)
{
    return KEYSTORE_HEAD_BYTES + (off_t)number * KEYSTORE_RECORD_BYTES;
}

/** keystore_file_create: epoch 1, no records. */
HF_NODISCARD enum hf_err keystore_file_create(struct keystore *ks);
/** keystore_file_load: open, check head and epoch key, cut what @mark does not
 * count; @ret_sum: what the records left must hash to. HF_ERR_NOT_FOUND when
 * there is no file. */
HF_NODISCARD enum hf_err keystore_file_load(struct keystore *ks,
                                            const struct keystore_mark *mark,
                                            struct hf_hash *ret_sum);
/** keystore_file_next: write the live records (those not in @is_dead, one bit
 * each) under a new epoch key, swap the files, destroy the old epoch key. */
HF_NODISCARD enum hf_err keystore_file_next(struct keystore *ks,
                                            const uint8_t *is_dead);
/** keystore_file_tidy: what a crash may have left of an earlier rewrite. */
HF_NODISCARD enum hf_err keystore_file_tidy(struct keystore *ks);
/** keystore_sum_begin: the hash of no records. */
void keystore_sum_begin(struct hf_hasher *sum);
/** keystore_file_read: @n records from @number on. */
HF_NODISCARD enum hf_err keystore_file_read(struct keystore *ks,
                                            uint32_t number, uint32_t n,
                                            uint8_t *out);

/** keystore_read_at: all @n bytes at @at, or HF_ERR_MALFORMED: a file that ends
 * too soon. keystore_errno: what errno says. keystore_epoch_path: the file that
 * @epoch's key is in. */
HF_NODISCARD enum hf_err keystore_read_at(int fd, uint8_t *p, size_t n,
                                          off_t at);
enum hf_err keystore_errno(void);
void keystore_epoch_path(const struct keystore *ks, uint64_t epoch,
                         char out[static PATH_MAX]);

void keystore_record_seal(const uint8_t *wrap, uint64_t epoch, uint32_t number,
                          const struct node_lock *lock, const uint8_t *key,
                          uint8_t out[static KEYSTORE_RECORD_BYTES]);
HF_NODISCARD bool
keystore_record_open(const uint8_t *wrap, uint64_t epoch, uint32_t number,
                     const uint8_t record[static KEYSTORE_RECORD_BYTES],
                     uint8_t *ret_key);
/** keystore_record_lock: whose key it is, unchecked. */
struct node_lock
keystore_record_lock(const uint8_t record[static KEYSTORE_RECORD_BYTES]);

#endif /* NODE_SHELL_KEYSTORE_INTERNAL_H */
