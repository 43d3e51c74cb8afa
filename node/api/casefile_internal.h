/* casefile_internal.h - between casefile.c and casefile_fields.c only. */
#ifndef NODE_API_CASEFILE_INTERNAL_H
#define NODE_API_CASEFILE_INTERNAL_H

#include "casefile.h"

/** casefile_rule: the check of one category's section. */
bool casefile_rule(struct filecheck *at, enum category category,
                   json_t *section);

#endif /* NODE_API_CASEFILE_INTERNAL_H */
