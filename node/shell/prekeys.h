/*
 * prekeys.h - this node's own signed prekeys, as sealed files in DIR/prekeys.
 *
 * One is made at the first start and then weekly. Others seal to the newest
 * until PREKEYS_VALID_MS; its private half is kept a day longer for what is
 * still on the way, then overwritten and removed: what was sealed to it can
 * never be opened again (DESIGN.md, "What a stolen node can read").
 *
 * The private half lies sealed under a key made of the store key. The name of
 * a file says which version, until when, and which. Versions rise whatever the
 * clock does: it is by them that others know the newest.
 */
#ifndef NODE_SHELL_PREKEYS_H
#define NODE_SHELL_PREKEYS_H

#include "envelope.h"
#include "fault.h"
#include "shelf.h"

#define PREKEYS_EVERY_MS (7ull * 24 * 3600 * 1000)
#define PREKEYS_VALID_MS (45ull * 24 * 3600 * 1000)
#define PREKEYS_KEEP_MS  (24ull * 3600 * 1000) /* after the validity */

struct prekeys;

/** prekeys_open: load all, destroy the old, make one if it is time.
 *
 * @seal     HF_KEY_BYTES; borrowed as long as it is open
 * @is_sure  else @now_ms is in doubt: nothing is destroyed, and one made only
 *           if there is none
 *
 * False with @fault set; a file that does not open with @seal is a fault. */
HF_NODISCARD bool prekeys_open(const char *dir, const struct hf_org *self,
                               const uint8_t *seal, uint64_t now_ms,
                               bool is_sure, struct prekeys **ret,
                               struct fault *fault);
void prekeys_close(struct prekeys *p); /* NULL is fine */

/** prekeys_discard: destroy all in @dir, opened or not: after a restore. */
HF_NODISCARD enum hf_err prekeys_discard(const char *dir);

/** prekeys_tend: make and destroy as the clock says; @now_ms must not be one
 * that the brokers contradict. *ret_made: a new one is to be published. */
HF_NODISCARD enum hf_err prekeys_tend(struct prekeys *p, uint64_t now_ms,
                                      bool *ret_made);

/** prekeys_find: the private half, borrowed until the next tend; NULL. */
const struct hf_secret *prekeys_find(const struct prekeys *p,
                                     const struct hf_id *id);
/** prekeys_newest: the one that others are to use; there always is one. */
const struct prekey *prekeys_newest(const struct prekeys *p);
/** prekeys_doc: the newest as a signed shelf document; its bytes are @bytes. */
void prekeys_doc(const struct prekeys *p, const struct hf_secret *op,
                 uint8_t bytes[static PREKEY_BYTES], struct shelf_doc *ret);

#endif /* NODE_SHELL_PREKEYS_H */
