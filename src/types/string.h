/* Variable-length values (text, bytea, json, ...) as 16-byte views: length, prefix, and either the
 * rest of a short string or a pointer. The bytes behind a pointer belong to whoever made the view:
 * a chunk's heap, a batch's arena, a rowset. Layout as in Umbra (Neumann & Freitag, CIDR 2020). */
#ifndef HY_TYPES_STRING_H
#define HY_TYPES_STRING_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define HY_STRING_INLINE 12

typedef struct HyString {
    uint32_t len;   /* bytes */
    char prefix[4]; /* the first bytes, zero padded; continues in `rest` when len <= 12 */
    union {
        char rest[8];
        const char *ptr; /* len > 12: all bytes */
    };
} HyString;
_Static_assert(sizeof(HyString) == 16, "HyString must be 16 bytes");

static inline const char *hy_string_data(const HyString *s)
{
    return s->len <= HY_STRING_INLINE ? s->prefix : s->ptr;
}

/* A view of bytes that must live as long as the view when len > 12. */
static inline HyString hy_string_view(const char *data, size_t len)
{
    HyString s;
    memset(&s, 0, sizeof s);
    s.len = (uint32_t)len;
    if (len <= HY_STRING_INLINE) {
        if (len)
            memcpy((char *)&s + 4, data, len);
    } else {
        memcpy(s.prefix, data, 4);
        s.ptr = data;
    }
    return s;
}

static inline bool hy_string_equal(const HyString *a, const HyString *b)
{
    uint64_t head_a, head_b;
    memcpy(&head_a, a, 8);
    memcpy(&head_b, b, 8);
    if (head_a != head_b)
        return false;
    if (a->len <= HY_STRING_INLINE)
        return memcmp(a->rest, b->rest, 8) == 0;
    return memcmp(a->ptr, b->ptr, a->len) == 0;
}

/* Binary order of the bytes: < 0, 0, > 0. */
static inline int hy_string_compare(const HyString *a, const HyString *b)
{
    uint32_t len = a->len < b->len ? a->len : b->len;
    int c = memcmp(a->prefix, b->prefix, 4); /* both zero padded */
    if (c != 0)
        return c;
    if (len > 4)
        c = memcmp(hy_string_data(a) + 4, hy_string_data(b) + 4, len - 4);
    if (c != 0)
        return c;
    return (a->len > b->len) - (a->len < b->len);
}

#endif
