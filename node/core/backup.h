/*
 * backup.h - what the command line and the daemon share about backups: names
 * and terms. Nothing here is the core's; it is the folder that both include.
 */
#ifndef NODE_CORE_BACKUP_H
#define NODE_CORE_BACKUP_H

/** A restore takes none that is older. */
#define BACKUP_VALID_MS (30ull * 24 * 3600 * 1000)

/** In DIR: the snapshot that `handoff backup` seals. */
#define BACKUP_SNAPSHOT "backup.tmp"
/** In DIR, and beside each backup F as F.tombstones: what a restore must do
 * again, as one box under a key made of the store key under this label. */
#define BACKUP_JOURNAL       "tombstones"
#define BACKUP_JOURNAL_MAGIC "HFTOMB1\n"
#define BACKUP_JOURNAL_LABEL "handoff/1 store journal"
#define BACKUP_JOURNAL_MAX   (64u * 1024u * 1024u)
/** In DIR after a restore, until the daemon has finished it: the journal's
 * last serial that the backup holds, u64. */
#define BACKUP_RESTORED "restored"

#endif /* NODE_CORE_BACKUP_H */
