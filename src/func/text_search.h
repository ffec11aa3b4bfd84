/* Finding bytes in bytes, for LIKE, position, replace, split: short needles in short texts, where
 * the call itself is most of the cost. */
#ifndef HY_FUNC_TEXT_SEARCH_H
#define HY_FUNC_TEXT_SEARCH_H

#include <stddef.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* First occurrence from `text` to `last` (the last place where it may begin), byte by byte. */
static inline const char *hy_text_find_plain(
    const char *text, const char *last, const char *needle, size_t needle_len)
{
    while (text <= last) {
        const char *hit = memchr(text, needle[0], (size_t)(last - text) + 1);
        if (!hit)
            return NULL;
        if (memcmp(hit + 1, needle + 1, needle_len - 1) == 0)
            return hit;
        text = hit + 1;
    }
    return NULL;
}

#ifdef __SSE2__
/* Sixteen places at a time: those where both the first and the last byte of the needle fit are
 * compared in full ("generic SIMD" search, W. Mula 2018). The last window overlaps the one before.
 */
static inline const char *hy_text_find_wide(
    const char *text, const char *last, const char *needle, size_t needle_len)
{
    const __m128i first_byte = _mm_set1_epi8(needle[0]);
    const __m128i last_byte = _mm_set1_epi8(needle[needle_len - 1]);
    const char *end = last - 15; /* the last window begins here */
    for (const char *at = text;; at += 16) {
        if (at > end)
            at = end;
        const __m128i a = _mm_loadu_si128((const void *)at);
        const __m128i b = _mm_loadu_si128((const void *)(at + needle_len - 1));
        unsigned hits = (unsigned)_mm_movemask_epi8(
            _mm_and_si128(_mm_cmpeq_epi8(a, first_byte), _mm_cmpeq_epi8(b, last_byte)));
        for (; hits; hits &= hits - 1) {
            const char *hit = at + __builtin_ctz(hits);
            if (needle_len <= 2 || memcmp(hit + 1, needle + 1, needle_len - 2) == 0)
                return hit;
        }
        if (at == end)
            return NULL;
    }
}
#endif

/* First occurrence, or NULL. An empty needle is found at the start. */
static inline const char *hy_text_find(
    const char *text, size_t len, const char *needle, size_t needle_len)
{
    if (needle_len == 0)
        return text;
    if (needle_len > len)
        return NULL;
    const char *last = text + (len - needle_len);
#ifdef __SSE2__
    if (last - text >= 15)
        return hy_text_find_wide(text, last, needle, needle_len);
#endif
    return hy_text_find_plain(text, last, needle, needle_len);
}

#endif
