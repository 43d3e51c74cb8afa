/*
 * feedback.h - the gate for what providers report back on a person: notes,
 * reports, late words after a transfer.
 *
 * A provider may report where its own share of the consent says `feedback`,
 * for the sensitive categories it was given and the one that its service is
 * about; the proof that came with the sections says so. Whoever gets a report
 * holds it against the consent itself. What went in a vital interest may be
 * reported on, since without it nobody could care on. What the person says of
 * the service goes with `close`, by the consent itself. Internal to the core.
 */
#ifndef NODE_CORE_FEEDBACK_H
#define NODE_CORE_FEEDBACK_H

#include "live.h"

/** feedback_may_go: the command's text and report may go to the peer; else
 * replied. An event without words always may. */
bool feedback_may_go(struct step *s, const struct live *l);

/** feedback_inbound: REASON_NONE when the words in @b, which the peer wrote
 * with @event, may be kept. */
enum reason feedback_inbound(const struct step *s, const struct live *l,
                             enum event event, const struct body *b);

/** feedback_still_may: the same for words of ours that are sealed again. */
bool feedback_still_may(const struct step *s, const struct live *l,
                        enum event event, bool has_text, bool has_report);

#endif /* NODE_CORE_FEEDBACK_H */
