/*
 * hf_archive.h - files in one sealed file that a recovery key opens, and small
 * files sealed under a key of ours.
 *
 *   head   magic 8 | made u64 | serial u64 | owner 32 | ephemeral key 32 |
 *          recovery key 32 | box of one secret (nonce, 32 bytes, tag)
 *   chunk  bytes of the box u32 | box, at most HF_CHUNK_BYTES of it in clear
 *
 * Both keys come from X25519 of the ephemeral and the recovery key and are
 * bound to the head; a chunk is bound to its place and to being the last. The
 * chunks' clear text is: name length u8 (0: the end), name, size u64, bytes.
 * Who writes the chunks needs the body key only, and learns nothing of the
 * secret; who holds the recovery key learns both.
 *
 * A head may be forged by anybody who knows the recovery key's public half: it
 * says who can open, not who wrote.
 */
#ifndef HF_ARCHIVE_H
#define HF_ARCHIVE_H

#include "hf_buf.h"
#include "hf_crypto.h"

#define HF_ARCHIVE_HEAD_BYTES (8 + 8 + 8 + 32 + 32 + 32 + 32 + HF_BOX_BYTES)
#define HF_ARCHIVE_NAME_BYTES 96

/** What stands in the head in clear. */
struct hf_archive_head {
    uint64_t made_ms;
    uint64_t serial;                /* the writer's own */
    struct hf_org owner;
    uint8_t recovery[HF_PK_BYTES];  /* which key opens it */
};

/**
 * hf_archive_seal: a new head.
 *
 * @secret    HF_KEY_BYTES that only the recovery key shall open
 * @ret_body  HF_KEY_BYTES, guarded memory of the caller's
 *
 * False when h->recovery is no acceptable key.
 */
HF_NODISCARD bool hf_archive_seal(const struct hf_archive_head *h,
                                  const uint8_t *secret,
                                  uint8_t out[static HF_ARCHIVE_HEAD_BYTES],
                                  uint8_t *ret_body);
/** hf_archive_peek: what stands in clear; HF_ERR_MALFORMED. */
HF_NODISCARD enum hf_err
hf_archive_peek(const uint8_t in[static HF_ARCHIVE_HEAD_BYTES],
                struct hf_archive_head *ret);
/** hf_archive_open: both into guarded memory of the caller's. HF_ERR_UNTRUSTED:
 * made for another recovery key; HF_ERR_SIGNATURE: altered. */
HF_NODISCARD enum hf_err
hf_archive_open(const uint8_t in[static HF_ARCHIVE_HEAD_BYTES],
                const struct hf_secret *recovery, uint8_t *ret_secret,
                uint8_t *ret_body);

/** Told of each chunk: so many bytes of content are done. */
typedef void hf_archive_progress(void *ctx, uint64_t bytes);

struct hf_archive; /* chunks being written or read */

/** hf_archive_new: on @fd, which stays the caller's, after the head. @body is
 * borrowed. NULL: no memory. */
struct hf_archive *
hf_archive_new(int fd, const uint8_t head[static HF_ARCHIVE_HEAD_BYTES],
               const uint8_t *body, hf_archive_progress *progress, void *ctx);
void hf_archive_free(struct hf_archive *a); /* wipes; NULL is fine */

/** hf_archive_put: the file @path as @name. HF_ERR_NOT_FOUND, HF_ERR_IO,
 * HF_ERR_FULL. hf_archive_end: the last chunk; the caller syncs @fd. */
HF_NODISCARD enum hf_err hf_archive_put(struct hf_archive *a, const char *name,
                                        const char *path);
HF_NODISCARD enum hf_err hf_archive_end(struct hf_archive *a);

/** hf_archive_next: the next file's name and size; HF_ERR_NOT_FOUND after the
 * last one. HF_ERR_SIGNATURE: altered or cut short. hf_archive_get: the next
 * @n bytes of it. */
HF_NODISCARD enum hf_err
hf_archive_next(struct hf_archive *a, char name[static HF_ARCHIVE_NAME_BYTES],
                uint64_t *ret_size);
HF_NODISCARD enum hf_err hf_archive_get(struct hf_archive *a, void *out,
                                        size_t n);

/** hf_boxfile_write / read: a whole file as one box under @key, bound to
 * @magic. Written as hf_file_write() does. Read: HF_ERR_SIGNATURE when it is
 * another's or altered; HF_ERR_NOT_FOUND, HF_ERR_IO, HF_ERR_FULL (@plain's
 * ceiling), HF_ERR_NOMEM. */
HF_NODISCARD enum hf_err hf_boxfile_write(const char *path,
                                          const char magic[static 8],
                                          const uint8_t *key,
                                          struct hf_bytes plain);
HF_NODISCARD enum hf_err hf_boxfile_read(const char *path,
                                         const char magic[static 8],
                                         const uint8_t *key,
                                         struct hf_buf *plain);

#endif /* HF_ARCHIVE_H */
