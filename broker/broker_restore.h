/*
 * broker_restore.h - a broker's queue out of a backup, on a machine where no
 * broker runs.
 */
#ifndef BROKER_RESTORE_H
#define BROKER_RESTORE_H

#include "broker_conf.h"

/**
 * broker_restore: the spool of the backup in folder @from, which is checked
 * first, in the place of that in @dir; and broker.yaml and registry.set where
 * @dir has none. Keys are in no backup. A crash leaves the one spool or the
 * other.
 *
 * @is_sure  replace a spool that is there; else HF_ERR_EXISTS
 * @error    on failure one line: what, where, what to do
 *
 * HF_ERR_NOT_FOUND  no backup in @from
 * HF_ERR_MALFORMED  what is there is no spool
 * HF_ERR_BUSY       a broker runs in @dir
 * HF_ERR_EXISTS, HF_ERR_FULL, HF_ERR_IO
 */
HF_NODISCARD enum hf_err broker_restore(const char *dir, const char *from,
                                        bool is_sure, uint64_t *ret_queued,
                                        char error[static HF_CONF_ERROR_BYTES]);

#endif /* BROKER_RESTORE_H */
