/*
 * files.h - attachments: files of a referral or transfer, up to 100 MiB.
 *
 * A file is put into the store a few chunks at a time, each sealed under a key
 * of the file's own, and then announced by an entry of the object's chain: id,
 * length, and the hash of every chunk, gated like a section of its category.
 * The chunks travel apart, on the bulk lane, when their recipient asks, a few
 * at once: who receives knows what it lacks, so that nothing has to be kept in
 * step across restarts of nodes and brokers, and urgent messages never wait
 * behind a whole file. Consent is asked again for each handful (I-1). What
 * erases a section erases the files of its category. Internal to the core, but
 * for the readers.
 */
#ifndef NODE_CORE_FILES_H
#define NODE_CORE_FILES_H

#include "live.h"

#define FILES_OF_MAX   64                      /* of one object, each way */
#define FILES_BYTES_MAX (512ull * 1024 * 1024) /* ... all together */
#define FILE_PUT_BYTES (8u * FILE_CHUNK_BYTES) /* at most, in one command */

struct node_file {
    struct hf_id id;         /* HA-... */
    struct hf_id object;
    struct hf_id lock;       /* whose key it lies under: drawn here */
    enum category category;
    uint8_t is_ours;         /* from us; else from the peer */
    uint8_t is_gone;         /* the peer has it no more, and we not all of it*/
    uint8_t tries;           /* of asking, since the last chunk came */
    uint8_t window;          /* chunks to be asked for at once */
    uint32_t n;              /* entry that announces it; 0: none yet */
    uint64_t bytes;
    uint32_t chunks;         /* that travel: padding, too */
    uint32_t have;           /* chunks here, without a gap */
    uint32_t got;            /* of those behind: bit i for have + i */
    uint32_t asked;          /* all below it are asked for; ours: so many were
                                given in the hour since asked_ms */
    struct hf_hash root;     /* FILE_LABEL over the chunks' hashes */
    char name[FILE_NAME_BYTES];
    uint64_t made_ms;
    uint64_t asked_ms;
    uint64_t due_ms;         /* its due row; 0: none */
};

/** file_data: chunks that hold data. file_is_whole: all of them are here. */
uint32_t file_data(const struct node_file *f);
bool file_is_whole(const struct node_file *f);
/** file_held: bytes here so far, from the beginning. */
uint64_t file_held(const struct node_file *f);

bool file_get(const struct node_view *v, const struct hf_id *id,
              struct node_file *ret);
/** file_next_of: by id; begin with zero. */
bool file_next_of(const struct node_view *v, const struct hf_id *object,
                  struct hf_id *id, struct node_file *ret);
/** file_chunk: borrowed; the last one is as long as it is. */
bool file_chunk(const struct node_view *v, const struct hf_id *id, uint32_t i,
                struct hf_bytes *ret);

void ask_attach(struct step *s);
void ask_attach_put(struct step *s);
void ask_attach_done(struct step *s);

/** file_came: what a valid entry of the peer announces is asked for. */
void file_came(struct step *s, struct live *l, enum side side, uint32_t n,
               enum event event);
/** file_take: a chunk, or somebody asks for some. */
void file_take(struct step *s, const struct hf_org *from,
               const struct content_chunk *c);
/** file_due: nothing came for a while: ask again. */
void file_due(struct step *s, const struct hf_id *id);

/** file_drop: the peer's files of @categories, their keys and their names.
 * file_drop_all: all of an object's, ours too: it is shredded. */
void file_drop(struct step *s, const struct node_object *o,
               uint32_t categories);
void file_drop_all(struct step *s, const struct hf_id *object);

#endif /* NODE_CORE_FILES_H */
