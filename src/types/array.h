/* Array values. An array lies in a vector as an HyString of our own serialised form:
 *
 *     u32 count | u8 has_nulls | (count + 7) / 8 bytes of validity bits if has_nulls (1 = value)
 *     | elements: physical form each, back to back (null elements too, zeroed);
 *       for HY_PHYS_STRING elements: u32 length and bytes (nulls: length 0)
 *
 * Nothing is aligned. Reading:
 *
 *     HyArrayReader r;
 *     HY_TRY(hy_array_open(element_type, &string, &r));
 *     while (hy_array_next(&r))
 *         if (!r.is_null) use(&r.payload);
 */
#ifndef HY_TYPES_ARRAY_H
#define HY_TYPES_ARRAY_H

#include "types/text_style.h"
#include "types/value.h"

typedef struct HyArrayReader {
    HyType element;
    uint32_t count;
    uint32_t index; /* of the next element */
    bool is_null;   /* of the element last read */
    union {         /* payload of the element last read; strings are views into the array */
        uint8_t payload[16];
        HyString string;
        int64_t align;
    };
    const uint8_t *validity; /* NULL: no nulls */
    const char *elements;
    const char *next;
    const char *end;
    size_t element_size; /* 0: strings */
} HyArrayReader;

/* Errors: XX001 when the bytes are no array of this element type. `array` must outlive the reader.
 */
HyStatus hy_array_open(HyType element, const HyString *array, HyArrayReader *out) HY_MUST_CHECK;
/* Reads the next element; false at the end. */
bool hy_array_next(HyArrayReader *reader);
/* Reads element `index` (0-based, below count): O(1), for strings O(index). hy_array_next goes on
 * behind it. */
void hy_array_seek(HyArrayReader *reader, uint32_t index);
uint32_t hy_array_count(const HyString *array);

typedef struct HyArrayBuilder {
    HyType element;
    uint32_t count;
    bool has_nulls;
    HyBuffer validity; /* one byte per element until finished */
    HyBuffer data;
} HyArrayBuilder;

void hy_array_builder_init(HyArrayBuilder *builder, HyType element);
/* payload NULL: a null element. Errors: 53200, 54000 too large. */
HyStatus hy_array_builder_append(HyArrayBuilder *builder, const void *payload) HY_MUST_CHECK;
/* The serialised array in the arena; empties the builder for the next one. */
HyStatus hy_array_builder_finish(
    HyArrayBuilder *builder, HyArena *arena, HyString *out) HY_MUST_CHECK;
void hy_array_builder_destroy(HyArrayBuilder *builder);

/* "[1,NULL]"; strings, dates and whatever is no number or bool quoted: ["a b",NULL]. */
HyStatus hy_array_format(
    HyType element, const HyString *array, const HyTextStyle *style, HyBuffer *out) HY_MUST_CHECK;
/* Errors: 22P02. */
HyStatus hy_array_parse(HyArena *arena, HyType element, const HyTextStyle *style, const char *text,
    size_t len, HyString *out) HY_MUST_CHECK;

#endif
