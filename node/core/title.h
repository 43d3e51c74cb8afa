/*
 * title.h - how this node came by a case: for each custody that ended, the two
 * signed entries by which it passed on (I-4).
 *
 * A release says whose custody it is and carries these links; whoever gets it
 * takes no case from a member that cannot show how it came by it. A custody
 * that the committee ended needs no link: the registry says who holds the next.
 * Nothing in a link is of a person (entry.h).
 *
 *   PART_TITLE   tag 32 of the custody now, first epoch u32, n u8, n x
 *                (hand_over 216, signature 64, salt 16,
 *                 take_over 216, signature 64, salt 16)
 *   a link of zeros stands for a custody ruling. Internal to the core.
 */
#ifndef NODE_CORE_TITLE_H
#define NODE_CORE_TITLE_H

#include "live.h"

#define TITLE_SIDE_BYTES (ENTRY_BYTES + ENTRY_SIG_BYTES + BODY_SALT_BYTES)
#define TITLE_LINK_BYTES (2 * TITLE_SIDE_BYTES)
#define TITLE_LINKS_MAX  32u /* the newest; before that nobody asks */
#define TITLE_HEAD_BYTES (HF_HASH_BYTES + 4 + 1)
#define TITLE_BYTES_MAX  (TITLE_HEAD_BYTES + TITLE_LINKS_MAX * TITLE_LINK_BYTES)
_Static_assert(TITLE_BYTES_MAX <= PART_BYTES_MAX, "it is one part");

/** title_keep: custody of @c has passed on in @l; returns which epoch, as the
 * entries say. Nothing is kept where the body of one is gone. */
uint32_t title_keep(struct step *s, const struct live *l,
                    const struct node_case *c);

/** title_add: the part of a release of @c into @b. */
void title_add(struct step *s, const struct node_case *c, struct body *b);

/** title_fits: whether the release @b of @id, whose sender says that it holds
 * @epoch, shows that by links from the first custody on, or the newest
 * TITLE_LINKS_MAX, to @from; @held: the case as it is known here, from which
 * then the links lead on; or NULL. */
bool title_fits(struct step *s, const struct body *b, const struct hf_id *id,
                uint32_t epoch, const struct hf_org *from,
                const struct node_case *held);

/** title_take: keep the links of a release that fits: whoever gets the case
 * from us needs them. */
void title_take(struct step *s, const struct body *b, const struct hf_id *id);

#endif /* NODE_CORE_TITLE_H */
