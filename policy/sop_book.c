#include <stdlib.h>

#include "hf_assert.h"
#include "sop_internal.h"

struct entry {
    const struct sop_pack *pack;
    struct sop_term term;
    uint8_t name; /* which of the book's names */
};

struct sop_book {
    size_t n, n_names;
    struct entry entry[SOP_BOOK_MAX]; /* most local first */
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

const char *
sop_pack_origin(const struct sop_pack *p, size_t i)
{
    return i < p->n_origins ? p->origin[i].s : NULL;
}

const char *
sop_pack_host(const struct sop_pack *p, size_t i)
{
    return i < p->n_hosts ? p->host[i].s : NULL;
}

struct sop_term
sop_pack_term(const struct sop_pack *p)
{
    return (struct sop_term){.from_ms = p->from_ms, .until_ms = p->until_ms};
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

static bool
leads_to(const struct sop_rule *r, uint16_t service)
{
    if (service == SOP_NO_SERVICE)
        return false;
    for (size_t i = 0; i < r->n_fallbacks; i++)
        if (r->fallback[i] == service)
            return true;
    return r->service == service;
}

bool
sop_rule_emergency(const struct sop_pack *p, const struct hf_name *rule,
                   const struct hf_name *service)
{
    const uint16_t index = sop_service_index(p, service->s);

    for (size_t i = 0; i < p->n_rules; i++)
        if (hf_name_eq(&p->rule[i].id, rule))
            return p->rule[i].urgency == URGENCY_EMERGENCY &&
                   leads_to(&p->rule[i], index);
    return false;
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

/* Two files that call themselves the same version: each is held for what it
 * decided. */
static bool
is_same(const struct sop_pack *a, const struct sop_pack *b)
{
    return hf_name_eq(&a->name, &b->name) && a->version == b->version &&
           hf_hash_eq(&a->hash, &b->hash);
}

/* The number of the pack's name in the book; SOP_PACKS_MAX: no room. */
static size_t
number_of(const struct sop_book *b, const struct sop_pack *p)
{
    for (size_t i = 0; i < b->n; i++)
        if (hf_name_eq(&b->entry[i].pack->name, &p->name))
            return b->entry[i].name;
    return b->n_names;
}

bool
sop_book_add(struct sop_book *b, const struct sop_pack *p)
{
    const size_t name = number_of(b, p);
    size_t at = 0;

    if (b->n == SOP_BOOK_MAX || name == SOP_PACKS_MAX)
        return false;
    for (size_t i = 0; i < b->n; i++)
        if (is_same(b->entry[i].pack, p))
            return false;
    while (at < b->n && compare(b->entry[at].pack, p) <= 0)
        at++;
    memmove(&b->entry[at + 1], &b->entry[at],
            (b->n - at) * sizeof(b->entry[0]));
    b->entry[at] =
        (struct entry){.pack = p,
                       .term = {.from_ms = p->from_ms, .until_ms = p->until_ms},
                       .name = (uint8_t)name};
    b->n++;
    if (name == b->n_names)
        b->n_names++;
    return true;
}

static size_t
place_of(const struct sop_book *b, const struct sop_pack *p)
{
    size_t i = 0;

    while (i < b->n && b->entry[i].pack != p)
        i++;
    HF_ASSERT(i < b->n);
    return i;
}

void
sop_book_set_term(struct sop_book *b, const struct sop_pack *p,
                  const struct sop_term *t)
{
    struct sop_term *mine = &b->entry[place_of(b, p)].term;

    *mine = (struct sop_term){.from_ms = p->from_ms, .until_ms = p->until_ms};
    if (t == NULL)
        return;
    mine->is_committee = t->is_committee;
    mine->is_idle = t->is_idle;
    if (t->from_ms > mine->from_ms)
        mine->from_ms = t->from_ms;
    if (t->until_ms != 0 &&
        (mine->until_ms == 0 || t->until_ms < mine->until_ms))
        mine->until_ms = t->until_ms;
}

struct sop_term
sop_book_term(const struct sop_book *b, const struct sop_pack *p)
{
    return b->entry[place_of(b, p)].term;
}

bool
sop_term_holds(const struct sop_term *t, uint64_t now_ms)
{
    return now_ms >= t->from_ms && (t->until_ms == 0 || now_ms < t->until_ms);
}

static bool
is_better(const struct entry *a, const struct entry *b, uint64_t now_ms)
{
    const bool in_force = sop_term_holds(&a->term, now_ms);

    if (in_force != sop_term_holds(&b->term, now_ms))
        return in_force;
    return a->pack->version > b->pack->version;
}

size_t
sop_book_stand(const struct sop_book *b, uint64_t now_ms,
               struct sop_standing ret[static SOP_PACKS_MAX])
{
    const struct entry *best[SOP_PACKS_MAX] = {NULL};
    size_t n = 0;

    for (size_t i = 0; i < b->n; i++) {
        const struct entry *e = &b->entry[i];

        if (!e->term.is_idle &&
            (best[e->name] == NULL || is_better(e, best[e->name], now_ms)))
            best[e->name] = e;
    }
    for (size_t i = 0; i < b->n; i++) {
        const struct entry *e = &b->entry[i];

        if (best[e->name] == e)
            ret[n++] = (struct sop_standing){e->pack, e->term};
    }
    return n;
}

bool
sop_book_decides(const struct sop_book *b, const struct sop_pack *p,
                 uint64_t now_ms)
{
    struct sop_standing s[SOP_PACKS_MAX];
    const size_t n = sop_book_stand(b, now_ms, s);

    for (size_t i = 0; i < n; i++)
        if (s[i].pack == p)
            return sop_term_holds(&s[i].term, now_ms);
    return false;
}

const struct sop_pack *
sop_book_find(const struct sop_book *b, const struct hf_name *name,
              const struct hf_hash *hash)
{
    for (size_t i = 0; i < b->n; i++)
        if (hf_name_eq(&b->entry[i].pack->name, name) &&
            hf_hash_eq(&b->entry[i].pack->hash, hash))
            return b->entry[i].pack;
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
    return i < b->n ? b->entry[i].pack : NULL;
}
