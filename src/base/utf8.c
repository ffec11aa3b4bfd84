#include "base/utf8.h"
#include "base/bytes.h"
#include <utf8proc.h>

#define HIGH_BITS UINT64_C(0x8080808080808080)
#define LOW_BITS  UINT64_C(0x0101010101010101)

/* Length of the start of `text` that is surely ASCII: a multiple of 8, found 32 bytes at a time. */
static size_t ascii_words(const char *text, size_t len)
{
    size_t i = 0;
    for (; len - i >= 32; i += 32) {
        uint64_t all = hy_load_u64(text + i) | hy_load_u64(text + i + 8) |
                       hy_load_u64(text + i + 16) | hy_load_u64(text + i + 24);
        if (all & HIGH_BITS)
            break;
    }
    while (len - i >= 8 && !(hy_load_u64(text + i) & HIGH_BITS))
        i += 8;
    return i;
}

bool hy_utf8_is_ascii(const char *text, size_t len)
{
    size_t i = ascii_words(text, len);
    if (len - i >= 8)
        return false;
    for (; i < len; i++)
        if ((unsigned char)text[i] >= 0x80)
            return false;
    return true;
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

size_t hy_utf8_decode(const char *text, size_t len, uint32_t *code_point)
{
    if (len == 0)
        return 0;
    const unsigned char *p = (const unsigned char *)text;
    if (p[0] < 0x80) {
        *code_point = p[0];
        return 1;
    }
    if (p[0] < 0xC2 || p[0] > 0xF4 || len < 2 || !is_continuation(text[1]))
        return 0;
    if (p[0] < 0xE0) {
        *code_point = (uint32_t)(p[0] & 0x1F) << 6 | (p[1] & 0x3F);
        return 2;
    }
    if (len < 3 || !is_continuation(text[2]))
        return 0;
    uint32_t cp = (uint32_t)(p[1] & 0x3F) << 6 | (p[2] & 0x3F);
    if (p[0] < 0xF0) {
        cp |= (uint32_t)(p[0] & 0x0F) << 12;
        if (cp < 0x800 || (cp >= 0xD800 && cp <= 0xDFFF))
            return 0;
        *code_point = cp;
        return 3;
    }
    if (len < 4 || !is_continuation(text[3]))
        return 0;
    cp = (uint32_t)(p[0] & 0x07) << 18 | cp << 6 | (p[3] & 0x3F);
    if (cp < 0x10000 || cp > 0x10FFFF)
        return 0;
    *code_point = cp;
    return 4;
}

bool hy_utf8_validate(const char *text, size_t len, size_t *valid_len)
{
    size_t i = 0;
    while (i < len) {
        i += ascii_words(text + i, len - i);
        /* At least one byte and up to eight sequences before ASCII is tried again. */
        for (int tries = 0; tries < 8 && i < len; tries++) {
            uint32_t cp;
            size_t n = hy_utf8_decode(text + i, len - i, &cp);
            if (n == 0) {
                if (valid_len)
                    *valid_len = i;
                return false;
            }
            i += n;
        }
    }
    if (valid_len)
        *valid_len = len;
    return true;
}

/* Code points that start in the 8 bytes: all bytes but those of the form 10xxxxxx. */
static uint64_t starts_in_word(uint64_t word)
{
    return LOW_BITS & ~((word >> 7) & ~(word >> 6));
}

size_t hy_utf8_length(const char *text, size_t len)
{
    size_t count = 0;
    size_t i = 0;
    for (; len - i >= 8 && i < 64; i += 8)
        count += (size_t)((starts_in_word(hy_load_u64(text + i)) * LOW_BITS) >> 56);
    while (len - i >= 8) {
        /* One counter per byte, added up before any can exceed 255. */
        uint64_t counters = 0;
        for (int n = 0; n < 255 && len - i >= 8; n++, i += 8)
            counters += starts_in_word(hy_load_u64(text + i));
        uint64_t pairs = (counters & UINT64_C(0x00FF00FF00FF00FF)) +
                         ((counters >> 8) & UINT64_C(0x00FF00FF00FF00FF));
        count += (size_t)((pairs * UINT64_C(0x0001000100010001)) >> 48);
    }
    if (i < len && len >= 8) { /* the last bytes of a word that ends with the text */
        uint64_t rest = starts_in_word(hy_load_u64(text + len - 8)) >> (8 * (8 - (len - i)));
        return count + (size_t)((rest * LOW_BITS) >> 56);
    }
    for (; i < len; i++)
        count += !is_continuation(text[i]);
    return count;
}

size_t hy_utf8_offset(const char *text, size_t len, size_t n)
{
    size_t i = 0;
    for (; len - i >= 8; i += 8) {
        size_t starts = (size_t)((starts_in_word(hy_load_u64(text + i)) * LOW_BITS) >> 56);
        if (starts > n)
            break;
        n -= starts;
    }
    for (; i < len; i++)
        if (!is_continuation(text[i]) && n-- == 0)
            return i;
    return len;
}

size_t hy_utf8_encode(uint32_t cp, char out[HY_UTF8_MAX_BYTES])
{
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    if (cp < 0x800) {
        out[0] = (char)(0xC0 | cp >> 6);
        out[1] = (char)(0x80 | (cp & 0x3F));
        return 2;
    }
    if (cp < 0x10000) {
        if (cp >= 0xD800 && cp <= 0xDFFF)
            return 0;
        out[0] = (char)(0xE0 | cp >> 12);
        out[1] = (char)(0x80 | (cp >> 6 & 0x3F));
        out[2] = (char)(0x80 | (cp & 0x3F));
        return 3;
    }
    if (cp > 0x10FFFF)
        return 0;
    out[0] = (char)(0xF0 | cp >> 18);
    out[1] = (char)(0x80 | (cp >> 12 & 0x3F));
    out[2] = (char)(0x80 | (cp >> 6 & 0x3F));
    out[3] = (char)(0x80 | (cp & 0x3F));
    return 4;
}

size_t hy_utf8_width(const char *text, size_t len)
{
    size_t width = 0;
    for (size_t i = 0; i < len;) {
        uint32_t cp = 0xFFFD;
        size_t n = hy_utf8_decode(text + i, len - i, &cp);
        int columns = utf8proc_charwidth((utf8proc_int32_t)cp);
        width += columns > 0 ? (size_t)columns : 0;
        i += n ? n : 1;
    }
    return width;
}
