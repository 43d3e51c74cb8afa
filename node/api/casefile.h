/*
 * casefile.h - a case file, as JSON: checked, taken apart, and its facts.
 *
 * Top level: number, stage, origin, host, and one key per data category. Known
 * fields are checked (FILES.md lists them); unknown ones are kept as they are
 * under their category; an unknown key at the top is refused. Facts are what
 * rules may look at: fixed words, never a name.
 *
 * Pure but for jansson. The node and the command line use it.
 */
#ifndef NODE_API_CASEFILE_H
#define NODE_API_CASEFILE_H

#include "facts.h"
#include "filecheck.h"

#define CASEFILE_SECTION_BYTES_MAX 40960u /* packed; 16 fit into a body */

/** A file that passed. Sections are borrowed from its JSON. */
struct casefile {
    struct hf_name number; /* empty: not given */
    enum stage stage;      /* STAGE_NONE: not given */
    uint32_t sections;     /* CATEGORY_BIT set of those given */
    json_t *section[CATEGORY_END];
    struct facts facts; /* of what is given, over @base */
};

/**
 * casefile_check: the form of a whole file.
 *
 * @root  borrowed; not changed
 * @base  the facts held of the case that is changed; NULL for a new case,
 *        which needs an origin
 *
 * false: *error says where and what, without any value.
 */
bool casefile_check(json_t *root, const struct facts *base,
                    struct casefile *ret, struct filecheck_error *error);

/** casefile_sections: the same for a map that holds only sections, as an
 * event carries; @ret->facts stays empty. */
bool casefile_sections(json_t *root, struct casefile *ret,
                       struct filecheck_error *error);

#endif /* NODE_API_CASEFILE_H */
