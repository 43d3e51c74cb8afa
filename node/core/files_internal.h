/*
 * files_internal.h - what the files of files share: files.c (rows),
 * files_attach.c (commands), files_travel.c (chunks between nodes).
 */
#ifndef NODE_CORE_FILES_INTERNAL_H
#define NODE_CORE_FILES_INTERNAL_H

#include "files.h"

void file_put(const struct node_view *v, const struct node_file *f);
/** file_del: record, chunks, key. */
void file_del(struct step *s, const struct node_file *f);
/** file_chunk_put: @i-th chunk, and the hash of it. */
void file_chunk_put(struct step *s, const struct node_file *f, uint32_t i,
                    struct hf_bytes bytes, const struct hf_hash *hash);
bool file_hash_get(const struct node_view *v, const struct hf_id *id,
                   uint32_t i, struct hf_hash *ret);
/** file_chunk_bytes: how long the @i-th is. */
uint32_t file_chunk_bytes(const struct node_file *f, uint32_t i);

/** file_cover: the categories that may go to the peer of @o as files now, as
 * SOP and consent stand; *ret_c is the case, where it is here. */
uint32_t file_cover(struct step *s, const struct node_object *o,
                    struct node_case *ret_c);

#endif /* NODE_CORE_FILES_INTERNAL_H */
