/*
 * hf_guard.h - plain bytes in guarded memory, for secrets that are no
 * struct hf_secret: derived keys and the place where a key is unwrapped.
 *
 * Between guard pages, not in core dumps, locked where the system lets us,
 * wiped when freed.
 */
#ifndef HF_GUARD_H
#define HF_GUARD_H

#include <stddef.h>

/** hf_guard_alloc: @n zeroed bytes, owned by the caller; NULL: no memory. */
void *hf_guard_alloc(size_t n);
/** hf_guard_free: wipe and release; NULL does nothing. */
void hf_guard_free(void *p);

#endif /* HF_GUARD_H */
