/* Conversion between types, and values to and from text. spec/sql.md sections 4 and 5. */
#ifndef HY_TYPES_CAST_H
#define HY_TYPES_CAST_H

#include "types/text_style.h"
#include "types/value.h"
#include "types/vector.h"

/* Whether CAST(from AS to) exists. Modifiers do not matter. Unknown casts to everything. */
bool hy_cast_exists(HyType from, HyType to);
/* Whether values need no change at all (same physical form and no length, scale or blank rule). */
bool hy_cast_is_noop(HyType from, HyType to);

/* Casts n values; out is a new vector in the arena (or shares `in` for a no-op). Null stays null.
 * try_cast: a value that does not fit becomes NULL; else 22P02, 22003 .. for the first such row.
 * A constant gives a constant; a dictionary vector may give a dictionary vector. */
HyStatus hy_cast_vector(HyArena *arena, const HyTextStyle *style, const HyVector *in, size_t n,
    HyType to, bool try_cast, HyVector *out) HY_MUST_CHECK;
HyStatus hy_cast_value(HyArena *arena, const HyTextStyle *style, const HyValue *in, HyType to,
    HyValue *out) HY_MUST_CHECK;

/* The text of a value of a type whose values have a fixed width, but for regtype; returns its
 * length, 0 for other types. */
#define HY_FIXED_TEXT_MAX 128
size_t hy_value_format_fixed(
    HyType type, const void *value, const HyTextStyle *style, char out[HY_FIXED_TEXT_MAX]);
/* Appends the text of a value as the server sends it (text format, spec/sql.md section 4). `value`
 * points to the payload in its physical form. */
HyStatus hy_value_format(
    HyType type, const void *value, const HyTextStyle *style, HyBuffer *out) HY_MUST_CHECK;

/* Parses one value of `type` from text into *payload (16 bytes room). Strings are views of the
 * input unless they must change; what is new goes to the arena. Used by COPY, casts and literals.
 */
HyStatus hy_value_parse(HyArena *arena, HyType type, const HyTextStyle *style, const char *text,
    size_t len, void *payload) HY_MUST_CHECK;

#endif
