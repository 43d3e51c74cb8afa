/*
 * broker_ctl.h - asking the broker that runs in a directory.
 */
#ifndef BROKER_CTL_H
#define BROKER_CTL_H

#include <stdbool.h>

#include "hf_buf.h"

struct sockaddr_un;

/** broker_ctl_address: of DIR/run/ctl.sock; false when DIR is too long. */
bool broker_ctl_address(const char *dir, struct sockaddr_un *ret_address);

/** broker_ctl_ask: one word; the answer, one line of JSON, is appended to
 * @out. HF_ERR_UNREACHABLE: no broker runs there. */
HF_NODISCARD enum hf_err broker_ctl_ask(const char *dir, const char *word,
                                        struct hf_buf *out);

#endif /* BROKER_CTL_H */
