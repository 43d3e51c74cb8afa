/*
 * opening.h - from an envelope that a broker delivered to an event for the
 * core: who sent it, is it for us, does it open, is every signature good.
 *
 * What the core is told is verified; what is not, is taken out here. Durable
 * nothing: reads the registry and the prekeys.
 */
#ifndef NODE_SHELL_OPENING_H
#define NODE_SHELL_OPENING_H

#include "node.h"
#include "prekeys.h"

enum opening_verdict {
    OPENING_EVENT, /* *ret_ev is filled; its content is borrowed from @o */
    OPENING_DROP,  /* nothing that anybody here may act on */
    OPENING_WAIT   /* made under a newer registry than ours, or ours is
                    * stale: not yet */
};

/* Its sender has given it up by then, and seals again what it still owes. */
#define OPENING_LATE_MS (24ull * 3600 * 1000)

struct opening {
    const struct hf_org *self;
    const struct prekeys *prekeys;
    struct hf_buf plain;
    struct content content;
    bool is_registry_stale; /* then only what a person is owed is opened */
    uint64_t now_ms;        /* 0: in doubt, nothing is too old */
    bool is_known;  /* a key of its sender that we know signed the last one */
    uint32_t n_taken_out; /* entries and bodies of the last one */
    const char *why;      /* of DROP, UNOPENABLE: a word for the log */
};

void opening_init(struct opening *o, const struct hf_org *self,
                  const struct prekeys *prekeys);
/** opening_wipe: forget the plain text of the last envelope. */
void opening_wipe(struct opening *o);
void opening_clear(struct opening *o);

/** opening_is_said: the same of bytes under @label that @org signed at @at_ms.
 */
bool opening_is_said(const struct registry *r, const struct hf_org *org,
                     uint64_t at_ms, const char *label, struct hf_bytes bytes,
                     const uint8_t sig[static HF_SIG_BYTES]);
/** opening_is_signed: whether @sig is @e's author's over @bytes, by a key that
 * counted when it was made, whoever sent it. */
bool opening_is_signed(const struct registry *r, const struct entry *e,
                       struct hf_bytes bytes,
                       const uint8_t sig[static HF_SIG_BYTES]);
/** opening_open: fills type, header, content and broker of *ret_ev. */
enum opening_verdict opening_open(struct opening *o, const struct registry *r,
                                  struct hf_bytes envelope,
                                  struct node_event *ret_ev);

#endif /* NODE_SHELL_OPENING_H */
