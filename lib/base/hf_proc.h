/*
 * hf_proc.h - what a daemon owes its machine: one process per directory, a
 * pid file, detaching, no core dumps, and the clocks.
 */
#ifndef HF_PROC_H
#define HF_PROC_H

#include "hf_err.h"
#include "hf_types.h"

/**
 * hf_proc_lock: hold DIR/run/lock (flock) for the life of the process and
 * write DIR/run/pid. Makes DIR/run.
 *
 * HF_ERR_BUSY  another process holds it; *ret_holder is its pid (0: unknown)
 */
HF_NODISCARD enum hf_err hf_proc_lock(const char *dir, int *ret_holder);

/** hf_proc_daemonize: to the background; returns in the child only after the
 * child called hf_proc_ready(); the parent exits 0 then, or 70. */
HF_NODISCARD enum hf_err hf_proc_daemonize(void);
void hf_proc_ready(void);

/** hf_proc_harden: RLIMIT_CORE 0, not dumpable, umask 077, SIGPIPE ignored. */
void hf_proc_harden(void);

/** hf_clock_wall_ms / _mono_ms / _boot_ms: the only callers of the clocks. The
 * boot clock is monotonic, too, and goes on while the machine sleeps. */
uint64_t hf_clock_wall_ms(void);
uint64_t hf_clock_mono_ms(void);
uint64_t hf_clock_boot_ms(void);

#endif /* HF_PROC_H */
