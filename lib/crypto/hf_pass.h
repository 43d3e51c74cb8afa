/*
 * hf_pass.h - passphrases: asked at a terminal or read from a private file,
 * and secret keys that lie in a file under one.
 *
 * A passphrase never comes from a command line or an environment variable:
 * other processes can read both. It is kept in guarded memory.
 *
 *   file   magic 8 | use 1 | salt 16 | box of the seed (nonce, key, tag)
 *
 * The box is under Argon2id of passphrase and salt and bound to what stands
 * before it. The key itself is random, so a passphrase can be changed without
 * sealing anything anew.
 */
#ifndef HF_PASS_H
#define HF_PASS_H

#include "hf_crypto.h"

#define HF_PASS_BYTES_MIN 12  /* of a new one */
#define HF_PASS_BYTES_MAX 512

/** A passphrase in guarded memory. */
struct hf_pass;
void hf_pass_free(struct hf_pass *pass); /* wipes; NULL is fine */
size_t hf_pass_bytes(const struct hf_pass *pass);
bool hf_pass_equal(const struct hf_pass *a, const struct hf_pass *b);

/** hf_pass_ask: one line from the controlling terminal, without echo.
 * HF_ERR_NOT_FOUND: there is no terminal. HF_ERR_MALFORMED: empty, too long,
 * or given up. HF_ERR_IO, HF_ERR_NOMEM. */
HF_NODISCARD enum hf_err hf_pass_ask(const char *prompt, struct hf_pass **ret);
/** hf_pass_read: the first line of a file. @is_ours: refuse one that is not
 * ours alone (HF_ERR_FORBIDDEN); false for systemd's credentials, whose folder
 * is private. HF_ERR_NOT_FOUND, HF_ERR_MALFORMED, HF_ERR_IO, HF_ERR_NOMEM. */
HF_NODISCARD enum hf_err hf_pass_read(const char *path, bool is_ours,
                                      struct hf_pass **ret);

/** hf_pass_store: @secret (BOX) under @pass; HF_ERR_EXISTS rather than
 * overwrite; fsynced. */
HF_NODISCARD enum hf_err hf_pass_store(const char *path,
                                       const struct hf_secret *secret,
                                       const struct hf_pass *pass);
/** hf_pass_load: HF_ERR_SIGNATURE for another passphrase, HF_ERR_MALFORMED for
 * another file, HF_ERR_NOT_FOUND, HF_ERR_IO, HF_ERR_NOMEM. */
HF_NODISCARD enum hf_err hf_pass_load(const char *path,
                                      const struct hf_pass *pass,
                                      struct hf_secret **ret);

#endif /* HF_PASS_H */
