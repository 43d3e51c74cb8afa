#include <stdlib.h>

#include "hf_assert.h"
#include "sop_internal.h"

struct sop_book {
    size_t n;
    const struct sop_pack *pack[SOP_PACKS_MAX]; /* most local first */
};

void
sop_pack_free(struct sop_pack *p)
{
    if (p == NULL)
        return;
    free(p->service);
    free(p->rule);
    free(p->scenario);
    free(p->place);
    sop_duties_free(&p->duties);
    free(p);
}

const char *
sop_pack_name(const struct sop_pack *p)
{
    return p->name.s;
}

uint32_t
sop_pack_version(const struct sop_pack *p)
{
    return p->version;
}

const char *
sop_pack_title(const struct sop_pack *p)
{
    return p->title;
}

size_t
sop_pack_rules(const struct sop_pack *p)
{
    return p->n_rules;
}

void
sop_pack_set_hash(struct sop_pack *p, const struct hf_hash *hash)
{
    p->hash = *hash;
}

const struct hf_hash *
sop_pack_hash(const struct sop_pack *p)
{
    return &p->hash;
}

uint16_t
sop_service_index(const struct sop_pack *p, const char *code)
{
    HF_ASSERT(p->n_services < SOP_NO_SERVICE);
    for (size_t i = 0; i < p->n_services; i++)
        if (hf_name_is(&p->service[i].def.code, code))
            return (uint16_t)i;
    return SOP_NO_SERVICE;
}

const struct sop_place *
sop_place(const struct sop_pack *p, const struct hf_name *province)
{
    for (size_t i = 0; i < p->n_places; i++)
        if (hf_name_eq(&p->place[i].province, province))
            return &p->place[i];
    return NULL;
}

bool
sop_service(const struct sop_pack *p, const struct hf_name *code,
            struct sop_service *ret)
{
    for (size_t i = 0; i < p->n_services; i++)
        if (hf_name_eq(&p->service[i].def.code, code)) {
            memcpy(ret, &p->service[i].def, sizeof(*ret));
            return true;
        }
    return false;
}

bool
sop_service_at(const struct sop_pack *p, size_t i, struct sop_service *ret)
{
    if (i >= p->n_services)
        return false;
    memcpy(ret, &p->service[i].def, sizeof(*ret));
    return true;
}

struct sop_book *
sop_book_new(void)
{
    return calloc(1, sizeof(struct sop_book));
}

void
sop_book_free(struct sop_book *b)
{
    free(b);
}

/* Most local first; then by name; of one pack the newest version first. */
static int
compare(const struct sop_pack *a, const struct sop_pack *b)
{
    int order;

    if (a->level != b->level)
        return a->level > b->level ? -1 : 1;
    order = memcmp(a->name.s, b->name.s, HF_NAME_BYTES);
    if (order != 0)
        return order;
    if (a->version != b->version)
        return a->version > b->version ? -1 : 1;
    return 0;
}

bool
sop_book_add(struct sop_book *b, const struct sop_pack *p)
{
    size_t at = 0;

    if (b->n == SOP_PACKS_MAX)
        return false;
    while (at < b->n && compare(b->pack[at], p) < 0)
        at++;
    if (at < b->n && compare(b->pack[at], p) == 0)
        return false;
    for (size_t i = b->n; i > at; i--)
        b->pack[i] = b->pack[i - 1];
    b->pack[at] = p;
    b->n++;
    return true;
}

const struct sop_pack *
sop_book_find(const struct sop_book *b, const struct hf_name *name,
              const struct hf_hash *hash)
{
    for (size_t i = 0; i < b->n; i++)
        if (hf_name_eq(&b->pack[i]->name, name) &&
            hf_hash_eq(&b->pack[i]->hash, hash))
            return b->pack[i];
    return NULL;
}

size_t
sop_book_count(const struct sop_book *b)
{
    return b->n;
}

const struct sop_pack *
sop_book_at(const struct sop_book *b, size_t i)
{
    return i < b->n ? b->pack[i] : NULL;
}
