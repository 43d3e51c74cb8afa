/*
 * sop_cases.h - tables of cases: what a book of packs must decide.
 *
 * `policy test` and the unit tests run them. A table is YAML (LANGUAGE.md,
 * "Case tables"): packs by name, a service map, cases with what is expected.
 * Pure: bytes in, results out.
 */
#ifndef POLICY_SOP_CASES_H
#define POLICY_SOP_CASES_H

#include "sop.h"

#define SOP_FAILURES_MAX 64

struct sop_case_failure {
    unsigned line; /* of the case in the table */
    char name[96];
    char what[160]; /* "rule: expected shelter, got shelter-child" */
};

struct sop_case_results {
    struct sop_findings findings; /* what is wrong with the table itself */
    size_t passed, failed;        /* cases */
    size_t n; /* failures, also beyond the ones kept; a case can have several */
    struct sop_case_failure item[SOP_FAILURES_MAX];
};

/**
 * sop_cases_run: run every case of @yaml.
 *
 * @book  must hold the packs that the table names; others are left out of the
 *        decision, so that a table means the same beside any other pack
 *
 * HF_ERR_MALFORMED when the table cannot be read or names an unknown pack
 * (see findings; no case was run), HF_ERR_NOMEM. Failed cases are no error.
 */
HF_NODISCARD enum hf_err sop_cases_run(struct hf_bytes yaml,
                                       const struct sop_book *book,
                                       struct sop_case_results *ret);

/** One case of a table as a book decides it; @line is the case's. */
typedef void (*sop_case_fn)(void *ctx, unsigned line, const char *name,
                            uint64_t at_ms, const struct sop_decision *d);

/** sop_cases_decide: every case of @yaml by all packs of @book, whatever the
 * table names and expects; in the table's order. Errors as above. */
HF_NODISCARD enum hf_err sop_cases_decide(struct hf_bytes yaml,
                                          const struct sop_book *book,
                                          struct sop_findings *ret_findings,
                                          sop_case_fn fn, void *ctx);

#endif /* POLICY_SOP_CASES_H */
