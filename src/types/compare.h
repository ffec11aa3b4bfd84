/* Order and equality of values of one type. spec/sql.md section 7, spec/hyper-file-blocks.md
 * section 7: NaN above infinity and equal to itself, -0.0 = 0.0, intervals by months, days,
 * microseconds, text by bytes or collation, false < true. */
#ifndef HY_TYPES_COMPARE_H
#define HY_TYPES_COMPARE_H

#include "types/value.h"
#include "types/vector.h"

/* < 0, 0, > 0. Both payloads in the physical form of `type`; not null. */
int hy_compare_payload(HyType type, const void *a, const void *b);
/* Values of equal types; nulls are refused (assert). */
int hy_compare_value(const HyValue *a, const HyValue *b);

typedef enum HyCompareOp {
    HY_CMP_EQ,
    HY_CMP_NE,
    HY_CMP_LT,
    HY_CMP_LE,
    HY_CMP_GT,
    HY_CMP_GE
} HyCompareOp;

/* out[i] = a[i] op b[i] as 0/1 for n rows of equal type, any vector form; null rows give any value
 * (the caller combines validity). Loops are vectorizable for fixed-width types. */
HyStatus hy_compare_vectors(
    HyCompareOp op, const HyVector *a, const HyVector *b, size_t n, uint8_t *out) HY_MUST_CHECK;

/* The same for two arrays as SQL compares them: a null element makes the outcome unknown (*is_known
 * false) unless other elements or the lengths decide. Errors: XX001 for damaged arrays. */
HyStatus hy_compare_arrays(HyCompareOp op, HyType element, const HyString *a, const HyString *b,
    bool *out, bool *is_known) HY_MUST_CHECK;

/* Appends a normalized sort key: memcmp order of keys = order of values, with the null placement
 * and direction applied. Text of a collation uses its sort key. */
HyStatus hy_sort_key_append(HyType type, const void *payload, bool is_null, bool descending,
    bool nulls_first, HyBuffer *key) HY_MUST_CHECK;

#endif
