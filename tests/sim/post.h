/*
 * post.h - a broker's shell around broker_step(): a store that commits in
 * groups, rows, the frames of its links; it crashes with what was not
 * committed.
 */
#ifndef SIM_POST_H
#define SIM_POST_H

#include "world.h"

struct post *post_new(struct world *w, unsigned index);
void post_free(struct post *p);
void post_start(struct world *w, struct post *p);
void post_crash(struct world *w, struct post *p);
bool post_is_up(const struct post *p);

/** post_holds: an envelope lies in one of its mailboxes. */
bool post_holds(const struct post *p, const struct hf_id *envelope);

void post_link_up(struct world *w, struct post *p, uint64_t handle,
                  unsigned party, bool is_outbound);
void post_link_down(struct world *w, struct post *p, uint64_t handle);
void post_frame(struct world *w, struct post *p, uint64_t handle,
                struct hf_bytes frame);

#endif /* SIM_POST_H */
