/*
 * node_internal.h - what node_step() hands an event to: node_command.c
 * (commands), node_envelope.c (envelopes that came), node_restore.c (after a
 * restore, ours or a peer's), node_tick.c (what is due).
 */
#ifndef NODE_CORE_NODE_INTERNAL_H
#define NODE_CORE_NODE_INTERNAL_H

#include "step.h"

#define NODE_PAGE 32 /* due rows, waiting objects or scanned objects a step */

void node_do_command(struct step *s);
/** node_take_envelope: an envelope that was opened; node_take_unopenable: one
 * that could not be. Either is answered, a second copy as the first. */
void node_take_envelope(struct step *s);
void node_take_unopenable(struct step *s);
/** node_after_restore: our store came from a backup: what was shredded goes
 * again, and every peer is asked for what we share. */
void node_after_restore(struct step *s);
/** node_scan_page: the next objects of the scan for @ask, ours or a peer's. */
void node_scan_page(struct step *s, const struct hf_id *ask);
/** node_tick: what is due by now, as far as the step has room. */
void node_tick(struct step *s);
/** node_has_room: for what one more event may need at the most. */
bool node_has_room(const struct step *s);

#endif /* NODE_CORE_NODE_INTERNAL_H */
