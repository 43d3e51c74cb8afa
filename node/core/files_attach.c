/* Commands: a file is begun, filled, announced. */
#include "files_internal.h"

#include "ask.h"
#include "custody.h"
#include "disclose.h"
#include "hf_text.h"
#include "pad.h"

static uint32_t
chunks_of(uint64_t bytes)
{
    const size_t padded = pad_bytes((size_t)bytes, FILE_CHUNK_BYTES);

    return (uint32_t)((padded + FILE_CHUNK_BYTES - 1) / FILE_CHUNK_BYTES);
}

/* ---- may it go? ---- */

/* R gives back only of what it was given; the case is the other's. */
uint32_t
file_cover(struct step *s, const struct node_object *o, struct node_case *ret_c)
{
    const struct terms *t = &o->terms;
    struct gate_out gate;

    if (o->kind == OBJECT_REFERRAL && o->side == SIDE_SECOND)
        return o->sections;
    if (!disclose_case(s, o, ret_c))
        return 0;
    ret_c->held = CATEGORY_ALL; /* the file is held, if not the section */
    if (o->kind == OBJECT_REFERRAL)
        disclose_gate(s, ret_c, &o->peer, PURPOSE_REFERRAL, t->required,
                      t->allowed, 0, &gate);
    else
        disclose_gate(s, ret_c, &o->peer,
                      o->side == SIDE_FIRST ? PURPOSE_TRANSFER
                                            : PURPOSE_FEEDBACK,
                      0, CATEGORY_ALL, 0, &gate);
    return gate.sends;
}

/* The event that announces it. */
static enum event
event_for(const struct step *s, const struct live *l)
{
    if (l->o.kind == OBJECT_REFERRAL)
        return l->o.side == SIDE_FIRST ? EVENT_DISCLOSE : EVENT_NOTE;
    return live_may(s, l, EVENT_SUPPLEMENT, 0) || l->o.side == SIDE_SECOND
               ? EVENT_SUPPLEMENT
               : EVENT_AMEND;
}

/* A card is all that R sees before it accepts. */
static bool
is_open(const struct step *s, const struct live *l)
{
    const bool accepted = l->o.kind != OBJECT_REFERRAL ||
                          l->o.side == SIDE_SECOND || l->pair.on_send ||
                          chain_has(&l->pair, SIDE_SECOND, EVENT_ACCEPT);

    return accepted && l->o.n[0] + l->o.n[1] > 0 &&
           live_may(s, l, event_for(s, l), 0);
}

/* What a file most likely is: what the service is about, else papers. */
static enum category
likely(const struct node_object *o, uint32_t cover)
{
    const uint32_t about = cover & o->terms.required & CATEGORY_SENSITIVE;

    for (enum category k = CATEGORY_IDENTITY; k < CATEGORY_END; k++)
        if (about & CATEGORY_BIT(k))
            return k;
    if (cover & CATEGORY_BIT(CATEGORY_DOCUMENTATION))
        return CATEGORY_DOCUMENTATION;
    for (enum category k = CATEGORY_END; k > CATEGORY_IDENTITY; k--)
        if (cover & CATEGORY_BIT(k - 1))
            return (enum category)(k - 1);
    return CATEGORY_NONE;
}

static bool
may_attach(struct step *s, const struct live *l, enum category *category)
{
    struct node_case c;
    uint32_t cover;

    if (!is_open(s, l)) {
        step_refuse(s, 1, "wrong_state",
                    "a file goes to who has accepted, and comes back while "
                    "the person is in service",
                    "nothing can be attached while it is %s",
                    state_text(l->o.state));
        return false;
    }
    cover = file_cover(s, &l->o, &c);
    if (*category == CATEGORY_NONE)
        *category = likely(&l->o, cover);
    if (*category != CATEGORY_NONE && (cover & CATEGORY_BIT(*category)))
        return true;
    step_refuse(s, 1, "no_consent",
                "handoff consent show CASE; --category says what it is about",
                "consent and SOP let no file about %s go to %.31s",
                *category == CATEGORY_NONE ? "anything"
                                           : category_text(*category),
                l->o.peer.s);
    return false;
}

static bool
load(struct step *s, const struct hf_id *object, struct live *l)
{
    if (!live_load(s, object, l) || l->o.kind == OBJECT_WITHDRAWAL) {
        step_refuse(s, 66, "no_such_thing", "handoff list shows them",
                    "no referral or transfer with this id here");
        return false;
    }
    return ask_permitted(s, l->o.kind, l->o.side);
}

/* ---- begin ---- */

static void
reply(struct step *s, const struct node_file *f, const struct live *l)
{
    struct node_reply *r = step_reply(s);

    r->id = f->id;
    r->at = file_held(f);
    r->decision = f->object;
    r->kind = l->o.kind;
    r->state = l->o.state;
}

/* The same file was begun, or put in whole, before. */
static bool
find_begun(struct step *s, const struct live *l, enum category category,
           struct node_file *f, unsigned *ret_files, uint64_t *ret_bytes)
{
    struct hf_id at = {{0}};

    *ret_files = 0;
    *ret_bytes = 0;
    while (file_next_of(s->v, &l->o.id, &at, f)) {
        if (f->is_ours && f->category == category &&
            f->bytes == s->cmd->n_bytes && hf_hash_eq(&f->root, &s->cmd->hash))
            return true;
        *ret_files += f->is_ours;
        *ret_bytes += f->is_ours ? f->bytes : 0;
    }
    return false;
}

static bool
fits(struct step *s)
{
    const uint64_t n = s->cmd->n_bytes;

    if (n > 0 && n <= FILE_BYTES_MAX)
        return true;
    step_refuse(s, 65, n == 0 ? "empty" : "too_large",
                n == 0 ? "" : "cut it into parts, or send a smaller copy",
                n == 0 ? "the file is empty" : "the file is larger than %u MiB",
                FILE_BYTES_MAX / (1024 * 1024));
    return false;
}

void
ask_attach(struct step *s)
{
    enum category category = s->cmd->category;
    struct node_file f;
    struct live l;
    uint64_t bytes;
    unsigned n;

    if (!load(s, &s->cmd->object, &l) || !fits(s) ||
        !may_attach(s, &l, &category))
        return;
    if (!find_begun(s, &l, category, &f, &n, &bytes)) {
        if (n >= FILES_OF_MAX || bytes + s->cmd->n_bytes > FILES_BYTES_MAX) {
            step_refuse(s, 1, "too_many", "only what the service needs",
                        "%u files, %u MiB, are attached already", n,
                        (unsigned)(bytes / (1024 * 1024)));
            return;
        }
        memset(&f, 0, sizeof(f));
        f.id = step_fresh_id(s);
        f.object = l.o.id;
        f.lock = step_fresh_id(s);
        f.category = category;
        f.is_ours = 1;
        f.bytes = s->cmd->n_bytes;
        f.chunks = chunks_of(f.bytes);
        f.root = s->cmd->hash;
        f.made_ms = s->now;
        memcpy(f.name, s->cmd->file_name, sizeof(f.name) - 1);
        file_put(s->v, &f);
    }
    reply(s, &f, &l);
}

/* ---- fill ---- */

static bool
find_own(struct step *s, struct node_file *f, struct live *l)
{
    if (!file_get(s->v, &s->cmd->object, f) || !f->is_ours) {
        step_refuse(s, 66, "no_such_file", "handoff attach ID --file F",
                    "no file of ours with this id");
        return false;
    }
    return load(s, &f->object, l);
}

void
ask_attach_put(struct step *s)
{
    struct hf_bytes data = s->cmd->data;
    struct node_file f;
    struct live l;

    if (!find_own(s, &f, &l))
        return;
    if (s->cmd->offset != (uint64_t)f.have * FILE_CHUNK_BYTES ||
        data.n > FILE_PUT_BYTES) {
        reply(s, &f, &l); /* it says where to go on */
        return;
    }
    while (f.n == 0 && !file_is_whole(&f)) {
        const uint32_t n = file_chunk_bytes(&f, f.have);
        struct hf_hash hash;

        if (data.n < n)
            break;
        step_hash(s, FILE_CHUNK_LABEL, data.p, n, &hash);
        file_chunk_put(s, &f, f.have, (struct hf_bytes){data.p, n}, &hash);
        data.p += n;
        data.n -= n;
        f.have++;
    }
    file_put(s->v, &f);
    reply(s, &f, &l);
}

/* ---- announce ---- */

/* Head and hashes into the arena; false where they are not what was promised:
 * the file changed while it was read. */
static bool
describe(struct step *s, const struct node_file *f, struct hf_bytes *ret)
{
    const uint32_t data = file_data(f);
    const size_t n = FILE_HEAD_BYTES + (size_t)data * HF_HASH_BYTES;
    uint8_t *p = step_alloc(s, n);
    struct file_head head;
    struct hf_hash root;

    memset(&head, 0, sizeof(head));
    for (uint32_t i = 0; i < data; i++) {
        struct hf_hash h;

        if (!file_hash_get(s->v, &f->id, i, &h))
            return false;
        memcpy(p + FILE_HEAD_BYTES + (size_t)i * HF_HASH_BYTES, h.b,
               HF_HASH_BYTES);
    }
    step_hash(s, FILE_LABEL, p + FILE_HEAD_BYTES, n - FILE_HEAD_BYTES, &root);
    head.id = f->id;
    head.bytes = f->bytes;
    head.chunks = f->chunks;
    head.root = root;
    memcpy(head.name, f->name, sizeof(head.name));
    file_head_pack(&head, p);
    *ret = (struct hf_bytes){p, n};
    return hf_hash_eq(&root, &f->root);
}

/* The proof covers what was disclosed before, too: it takes the place of the
 * one before. */
static void
add_proof(struct step *s, const struct live *l, const struct node_case *c,
          uint32_t categories, struct body *b)
{
    const enum purpose purpose = l->o.kind == OBJECT_REFERRAL ? PURPOSE_REFERRAL
                                 : l->o.side == SIDE_FIRST    ? PURPOSE_TRANSFER
                                                           : PURPOSE_FEEDBACK;

    disclose_proof(s, l, c, purpose, categories, b);
}

static void
announce(struct step *s, struct live *l, struct node_file *f,
         struct hf_bytes part)
{
    struct draft d = {.event = event_for(s, l)};
    struct node_case c;
    const uint32_t cover = file_cover(s, &l->o, &c);

    if (l->o.kind != OBJECT_REFERRAL || l->o.side == SIDE_FIRST)
        add_proof(s, l, &c, cover & (l->o.sections | CATEGORY_BIT(f->category)),
                  &d.body);
    disclose_add(&d.body, PART_FILE, f->category, part);
    live_append(s, l, &d);
    f->n = l->o.n[l->o.side];
    file_put(s->v, f);
    live_settle(s, l);
}

void
ask_attach_done(struct step *s)
{
    struct hf_bytes part;
    struct node_file f;
    struct live l;

    if (!find_own(s, &f, &l))
        return;
    if (f.n == 0) {
        if (!file_is_whole(&f)) {
            step_refuse(s, 75, "not_whole", "handoff attach goes on",
                        "not all of the file is here yet");
            return;
        }
        if (!describe(s, &f, &part)) {
            file_del(s, &f);
            step_refuse(s, 65, "changed", "attach it again",
                        "the file changed while it was read");
            return;
        }
        if (!may_attach(s, &l, &f.category))
            return;
        announce(s, &l, &f, part);
    }
    reply(s, &f, &l);
}
