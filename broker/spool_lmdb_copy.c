/*
 * spool_lmdb_copy.c - the spool as a whole: how full it is, a copy of it, and
 * the file made smaller.
 */
#include "spool_lmdb.h"

void
spool_headroom(struct spool *s, uint64_t *ret_used, uint64_t *ret_max)
{
    hf_store_headroom(s->store, ret_used, ret_max);
}

enum hf_err
spool_backup(struct spool *s, const char *dir)
{
    return hf_store_copy(s->store, dir);
}

enum hf_err
spool_compact(struct spool *s)
{
    return hf_store_compact(s->store);
}

uint64_t
spool_file_bytes(const struct spool *s, bool is_copy)
{
    return hf_store_file_bytes(s->store, is_copy);
}
