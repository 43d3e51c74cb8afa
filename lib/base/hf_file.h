/*
 * hf_file.h - whole files: read with a ceiling, written so that a crash
 * leaves the old or the new one.
 */
#ifndef HF_FILE_H
#define HF_FILE_H

#include <sys/types.h>

#include "hf_buf.h"

/**
 * hf_file_read: the whole file into @buf (appended; buf->max is the ceiling).
 *
 * HF_ERR_NOT_FOUND  no such file
 * HF_ERR_FULL       larger than the buffer's ceiling
 * HF_ERR_IO         cannot be opened or read, or not a regular file
 */
HF_NODISCARD enum hf_err hf_file_read(const char *path, struct hf_buf *buf);

/**
 * hf_file_write: into PATH.new, fsync, rename over @path, fsync the folder.
 * PATH.new has a fixed name so that what a crash left there is overwritten,
 * not kept; so one writer at a time. HF_ERR_FULL when the disk is full.
 */
HF_NODISCARD enum hf_err hf_file_write(const char *path, const void *p,
                                       size_t n, mode_t mode);

/** hf_file_sync_dir: fsync the folder that holds @path. */
HF_NODISCARD enum hf_err hf_file_sync_dir(const char *path);

/** hf_file_write_all: all @n bytes to @fd, whatever interrupts. */
HF_NODISCARD enum hf_err hf_file_write_all(int fd, const void *p, size_t n);

/** hf_path: "dir/name" into @out; asserts that it fits. Returns @out. */
const char *hf_path(char *out, size_t out_bytes, const char *dir,
                    const char *name);

/** hf_mkdir: one folder, mode 0700; fine if it exists. */
HF_NODISCARD enum hf_err hf_mkdir(const char *path);

#endif /* HF_FILE_H */
