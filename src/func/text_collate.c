#include "func/text_collate.h"

#include "base/utf8.h"

HyStatus hy_resolve_search(HyFuncCall *call)
{
    HY_TRY(hy_resolve_signatures(call));
    const HyCollation *collation = hy_call_collation(call);
    if (collation && !hy_collation_is_exact(collation))
        call->bind_data = collation;
    return HY_OK;
}

static int compare(
    const HyCollation *collation, const char *a, size_t len_a, const char *b, size_t len_b)
{
    HyString left = hy_string_view(a, len_a);
    HyString right = hy_string_view(b, len_b);
    return hy_collation_compare(collation, &left, &right);
}

static size_t step_at(const char *text, size_t len)
{
    uint32_t c;
    size_t step = hy_utf8_decode(text, len, &c);
    return step ? step : 1;
}

/* Longer starts of a text are never smaller, so the search ends at the first one that is greater
 * than the part. A character of the part corresponds to at most two of the text and a combining
 * mark. */
size_t hy_collated_prefix(
    const HyCollation *collation, const char *text, size_t len, const char *part, size_t part_len)
{
    size_t found = SIZE_MAX;
    size_t longest = 3 * hy_utf8_length(part, part_len) + 1;
    if (part_len == 0)
        return 0;
    for (size_t n = 0, end = 0; n < longest && end < len; n++) {
        end += step_at(text + end, len - end);
        int c = compare(collation, text, end, part, part_len);
        if (c == 0)
            found = end;
        else if (c > 0)
            break;
    }
    return found;
}

const char *hy_collated_find(const HyCollation *collation, const char *text, size_t len,
    const char *part, size_t part_len, size_t *match_len)
{
    for (size_t at = 0; at <= len;) {
        *match_len = hy_collated_prefix(collation, text + at, len - at, part, part_len);
        if (*match_len != SIZE_MAX)
            return text + at;
        if (at == len)
            break;
        at += step_at(text + at, len - at);
    }
    return NULL;
}
