/*
 * close.h - a case ends, is opened again, is kept for an inquiry, and
 * goes to the archive; and what a death sets off.
 *
 * The SOP's closure rules bind: attempts to reach the person, another's
 * approval, an exit review. After a death everybody whose clocks, tasks or
 * data remain is told along the chains that are shared with them, and what was
 * pending stops; family and authorities are told by the case manager, whose
 * tasks that makes. Internal to the core, but for the reader.
 */
#ifndef NODE_CORE_CLOSE_H
#define NODE_CORE_CLOSE_H

#include "live.h"
#include "sop_force.h"

#define CLOSE_TELL_MS    (24ull * 3600 * 1000)
#define CLOSE_APPROVE_MS (3 * CLOSE_TELL_MS)

void ask_case_close(struct step *s);
void ask_case_reopen(struct step *s);
void ask_case_hold(struct step *s);

/** close_archive_due: the SOP's retention of a closed case is over. */
void close_archive_due(struct step *s, const struct hf_id *case_id);
/** close_died: the peer of @l says that the person has died. */
void close_died(struct step *s, struct live *l);

/** close_attempts: how often somebody tried to reach the person in vain, and
 * over which time. */
uint32_t close_attempts(const struct node_view *v, const struct hf_id *case_id,
                        uint64_t *ret_over_ms);
/** close_word: as on the command line; "" for none. close_parse. */
const char *close_word(enum sop_close reason);
enum sop_close close_parse(const char *word);

#endif /* NODE_CORE_CLOSE_H */
