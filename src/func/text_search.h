/* Finding bytes in bytes, for LIKE, position, replace, split: short needles in short texts, where
 * the call itself is most of the cost. */
#ifndef HY_FUNC_TEXT_SEARCH_H
#define HY_FUNC_TEXT_SEARCH_H

#include <stddef.h>
#include <string.h>

/* First occurrence, or NULL. An empty needle is found at the start. */
static inline const char *hy_text_find(
    const char *text, size_t len, const char *needle, size_t needle_len)
{
    if (needle_len == 0)
        return text;
    if (needle_len > len)
        return NULL;
    const char *last = text + (len - needle_len);
    while (text <= last) {
        const char *hit = memchr(text, needle[0], (size_t)(last - text) + 1);
        if (!hit)
            return NULL;
        if (needle_len == 1 || memcmp(hit + 1, needle + 1, needle_len - 1) == 0)
            return hit;
        text = hit + 1;
    }
    return NULL;
}

#endif
