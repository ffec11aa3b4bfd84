/* Finding text in text under a collation that takes different strings for equal ("a" and "A", "ss"
 * and "ß"), so that what is found may have another length than what was looked for. */
#ifndef HY_FUNC_TEXT_COLLATE_H
#define HY_FUNC_TEXT_COLLATE_H

#include "func/signature.h"
#include "func/text_search.h"
#include "types/collation.h"

/* Resolves by the signatures in func->data, and puts the collation of the arguments into bind_data
 * if searching must heed it. */
HyStatus hy_resolve_search(HyFuncCall *call) HY_MUST_CHECK;
/* The collation for searching, NULL if bytes decide. */
static inline const HyCollation *hy_call_search_collation(const HyFuncCall *call)
{
    return call->bind_data;
}

/* Bytes of the longest start of `text` that equals `part`, SIZE_MAX without one. */
size_t hy_collated_prefix(
    const HyCollation *collation, const char *text, size_t len, const char *part, size_t part_len);
/* The first part of `text` that equals `part`, its length in *match_len; NULL without one. */
const char *hy_collated_find(const HyCollation *collation, const char *text, size_t len,
    const char *part, size_t part_len, size_t *match_len);

/* By bytes when collation is NULL. */
static inline const char *hy_text_search(const HyCollation *collation, const char *text, size_t len,
    const char *part, size_t part_len, size_t *match_len)
{
    if (collation)
        return hy_collated_find(collation, text, len, part, part_len, match_len);
    *match_len = part_len;
    return hy_text_find(text, len, part, part_len);
}

#endif
