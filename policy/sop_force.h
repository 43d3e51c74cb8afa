/*
 * sop_force.h - what the packs in force say of a person, whatever pack decides
 * a referral: follow-up, thresholds, closure, retention, who reads what.
 *
 * Of several packs the most local one that says anything of a matter speaks;
 * schedules and thresholds of all of them add up, but a more local one takes
 * the place of a more general one with its id. Packs that are not in force at
 * @now_ms, or not for the person's origin and host, stand aside, and of one
 * pack only its newest version in force speaks. @book may be NULL: nothing is
 * said. Getters give copies and are false when nothing is said; i counts
 * from 0.
 */
#ifndef POLICY_SOP_FORCE_H
#define POLICY_SOP_FORCE_H

#include "sop_duty.h"

/** What the keeping of a case's own file is called under `documentation`. */
#define SOP_CASE_FILE "case_file"

/** Who asks: a person and an instant. Borrowed for the call. */
struct sop_force {
    const struct sop_book *book;
    const struct facts *facts;
    uint64_t now_ms;
};

/** sop_force_packs: those that speak, most local first; how many. Borrowed
 * from the book. */
size_t sop_force_packs(const struct sop_force *f,
                       const struct sop_pack *ret[static SOP_PACKS_MAX]);

/** sop_force_follow_up: schedules for this person's groups; instants by
 * sop_follow_up_due(). */
bool sop_force_follow_up(const struct sop_force *f, size_t i,
                         struct sop_follow_up *ret);
/** sop_force_threshold: by sop_threshold_met() it prompts. */
bool sop_force_threshold(const struct sop_force *f, size_t i,
                         struct sop_threshold *ret);
/** sop_force_closure: what must be before a case is closed so. */
bool sop_force_closure(const struct sop_force *f, enum sop_close reason,
                       struct sop_closure *ret);
/** sop_force_document: when it is due and how long it is kept. */
bool sop_force_document(const struct sop_force *f, const char *what,
                        struct sop_document *ret);
/** sop_force_keep: how long a closed case is kept: what `documentation` says of
 * SOP_CASE_FILE, else the longest that it says of anything; 0: nothing. */
uint64_t sop_force_keep(const struct sop_force *f);
/** sop_force_consent: how consent is asked for, and when again; an age and a
 * stay in a shelter of the most local pack that says one. */
bool sop_force_consent(const struct sop_force *f, struct sop_consent_rule *ret);
/** sop_force_transfer: each by the most local pack that says it; 0: none. */
void sop_force_transfer(const struct sop_force *f,
                        struct sop_transfer_rule *ret);
/** sop_force_access: what @role reads where the node's own table is silent;
 * CATEGORY_BIT set. *@ret_pack: which pack says so; NULL: not asked. */
bool sop_force_access(const struct sop_force *f, enum role role,
                      uint32_t *ret_reads, const struct sop_pack **ret_pack);
/** sop_force_access_at: the i-th pack that says what @role reads, most local
 * first, whichever countries it is for (sop_pack_origin()); f->facts is not
 * looked at. */
bool sop_force_access_at(const struct sop_force *f, enum role role, size_t i,
                         uint32_t *ret_reads, const struct sop_pack **ret_pack);
/** sop_force_first_contact: of service @code, else of a pack. */
bool sop_force_first_contact(const struct sop_force *f,
                             const struct hf_name *code,
                             struct sop_first_contact *ret);
/** sop_force_calendar: the working hours of offices in @country. */
bool sop_force_calendar(const struct sop_force *f, const char *country,
                        struct sop_calendar *ret);
/** sop_force_ladder: always set: a pack's, or the default of the urgency. */
void sop_force_ladder(const struct sop_force *f, enum urgency urgency,
                      struct sop_ladder *ret);

#endif /* POLICY_SOP_FORCE_H */
