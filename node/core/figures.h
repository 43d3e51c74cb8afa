/*
 * figures.h - signed aggregates for the committee: counts, never persons.
 *
 * The running cells are kept in step with every change of state; at the end of
 * each period they are cut to the threshold and sent (node/DESIGN.md,
 * "Figures"). Internal.
 */
#ifndef NODE_CORE_FIGURES_H
#define NODE_CORE_FIGURES_H

#include "step.h"

/** figures_begin: make sure a period is running. */
void figures_begin(struct step *s);
/** figures_due: the period has ended: send, begin the next. */
void figures_due(struct step *s);
/** figures_take: the committee files what a member reports. */
void figures_take(struct step *s, const struct hf_org *by,
                  const struct content_figures *f);

#endif /* NODE_CORE_FIGURES_H */
