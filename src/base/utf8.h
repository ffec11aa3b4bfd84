/* UTF-8: checking, counting and stepping. All text inside the engine is valid UTF-8; it is checked
 * once, where it enters. Functions other than validate and decode expect valid text, and on invalid
 * text give some answer without reading outside of it. */
#ifndef HY_BASE_UTF8_H
#define HY_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HY_UTF8_MAX_BYTES 4

/* True when all bytes are below 0x80. */
bool hy_utf8_is_ascii(const char *text, size_t len);

/* True when `text` is well-formed UTF-8 (no surrogates, no overlong forms, nothing above U+10FFFF).
 * The length of the valid start is stored in *valid_len when that is not NULL. */
bool hy_utf8_validate(const char *text, size_t len, size_t *valid_len);

/* Number of code points. */
size_t hy_utf8_length(const char *text, size_t len);

/* Byte offset of the code point with index n (from 0); `len` when there are not so many. */
size_t hy_utf8_offset(const char *text, size_t len, size_t n);

/* Reads one code point from the start of `text`; returns the number of bytes it takes, or 0 when
 * len is 0 or the bytes are not well-formed. */
size_t hy_utf8_decode(const char *text, size_t len, uint32_t *code_point);

/* Writes one code point; returns the number of bytes (1 to 4), or 0 for surrogates and values above
 * U+10FFFF. */
size_t hy_utf8_encode(uint32_t code_point, char out[HY_UTF8_MAX_BYTES]);

/* Columns that the text takes on a terminal: 2 for wide characters, 0 for combining and control
 * ones. */
size_t hy_utf8_width(const char *text, size_t len);

#endif
