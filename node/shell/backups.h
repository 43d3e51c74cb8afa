/*
 * backups.h - the daemon's part of a backup: a snapshot that the command line
 * seals into a file, and the journal beside every backup that can still be
 * restored.
 *
 * `handoff backup F` asks for a snapshot (DIR/backup.tmp), seals it with the
 * settings, the keys and the packs into F under the key given there, and says
 * that it is done; the snapshot goes then. A key destroyed meanwhile takes the
 * snapshot along: the backup would hold it. From then on F.tombstones, and
 * DIR/tombstones, follow the journal at each commit that adds to it, until F
 * is BACKUP_VALID_MS old and no restore takes it any more.
 */
#ifndef NODE_SHELL_BACKUPS_H
#define NODE_SHELL_BACKUPS_H

#include <limits.h>

#include "backup.h"
#include "hf_archive.h"
#include "node_store.h"

#define BACKUPS_MAX      64   /* the oldest is no longer followed */
#define BACKUPS_PATH_MAX 1024 /* of F */

struct backup {
    uint64_t made_ms;
    uint64_t followed; /* serial of the journal beside it; UINT64_MAX: none */
    char path[BACKUPS_PATH_MAX];
};

struct backups {
    const char *dir; /* the node's; borrowed, as all these */
    const struct hf_org *self;
    struct node_store *store;
    const struct own_keys *keys;
    size_t n;
    struct backup item[BACKUPS_MAX]; /* oldest first */
    uint64_t last_ms;     /* when the newest was made; 0: never */
    uint64_t own;         /* serial of DIR/tombstones */
    size_t n_behind;      /* backups whose journal could not be written */
    uint64_t pending_ms;  /* of the snapshot that waits; 0: none */
    uint64_t pending;     /* the journal's last serial in it */
};

/** backups_init: what the store remembers; a snapshot left over is destroyed.
 */
HF_NODISCARD enum hf_err backups_init(struct backups *b);
/** backups_begin: DIR/backup.tmp with the store, the keystore, `head` and
 * `body.key`. HF_ERR_FORBIDDEN: no acceptable recovery key. */
HF_NODISCARD enum hf_err backups_begin(struct backups *b,
                                       const uint8_t recovery[static 32],
                                       uint64_t now_ms);
/** backups_done: it is in the file @path. HF_ERR_NOT_FOUND: there is no
 * snapshot any more. */
HF_NODISCARD enum hf_err backups_done(struct backups *b, const char *path);
/** backups_follow: bring every journal up to date; call after each commit and
 * each minute. */
void backups_follow(struct backups *b, uint64_t now_ms, bool is_retry);
/** backups_own_key: DIR/keys/recovery.pub; HF_ERR_NOT_FOUND, _MALFORMED. */
HF_NODISCARD enum hf_err backups_own_key(const char *dir,
                                         uint8_t ret[static HF_PK_BYTES]);

#endif /* NODE_SHELL_BACKUPS_H */
