/*
 * restoring.h - the first start after `handoff restore`: what was destroyed
 * since the backup is destroyed again, before anything is served.
 *
 * The command line has unpacked the backup into DIR, put the journal that lay
 * beside it into DIR/tombstones, and left DIR/restored with the serial of the
 * journal's last row that the backup holds. Here: the rows after that one are
 * done again; all prekeys are destroyed; every stream begins a new epoch. The
 * daemon then tells the core, whose commit ends the restore. Done twice, it
 * does no harm.
 */
#ifndef NODE_SHELL_RESTORING_H
#define NODE_SHELL_RESTORING_H

#include "fault.h"
#include "node_store.h"

/** restoring_is_due: DIR/restored is there. */
bool restoring_is_due(const char *dir);
/** restoring_apply: false with @fault set. */
HF_NODISCARD bool restoring_apply(const char *dir, const struct hf_org *self,
                                  struct node_store *store,
                                  const struct own_keys *keys,
                                  struct fault *fault);
/** restoring_done: the core knows; the mark goes. */
HF_NODISCARD enum hf_err restoring_done(const char *dir);

#endif /* NODE_SHELL_RESTORING_H */
