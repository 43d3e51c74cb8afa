/*
 * hf_log.h - one line a fact: "time level event key=value ...".
 *
 * Only shells log. Never personal data: ids, organisation ids, counts, codes.
 * Values are escaped (quotes, controls, anything beyond printable ASCII).
 */
#ifndef HF_LOG_H
#define HF_LOG_H

#include "hf_err.h"

enum hf_log_level { HF_LOG_DEBUG, HF_LOG_INFO, HF_LOG_WARN, HF_LOG_ERROR };

/** hf_log_open: append to DIR/log/NAME.log (made if missing); until then, and
 * with @dir NULL, lines go to stderr. */
HF_NODISCARD enum hf_err hf_log_open(const char *dir, const char *name);
void hf_log_level(enum hf_log_level min);

/** hf_log: @event is a word from the list in the program's DESIGN.md; @fmt
 * makes "key=value key=value" from our own, already harmless values. */
void hf_log(enum hf_log_level level, const char *event, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif /* HF_LOG_H */
