/* Aggregates that keep values of their rows: payloads in the heap that lives as long as the states.
 */
#ifndef HY_FUNC_AGGREGATE_VALUES_H
#define HY_FUNC_AGGREGATE_VALUES_H

#include "func/aggregate.h"

/* Values of one type, one behind the other in physical form, in the order in which they came.
 * Zeroed: none. */
typedef struct HyValueList {
    char *data; /* in the heap of the states */
    uint64_t n;
    uint64_t capacity;
} HyValueList;

/* Room for `more` further values of `size` bytes. */
HyStatus hy_value_list_reserve(
    HyValueList *list, uint64_t more, size_t size, HyArena *heap) HY_MUST_CHECK;
/* Appends a value; long string bytes are copied. */
HyStatus hy_value_list_push(
    HyValueList *list, HyType type, const void *value, HyArena *heap) HY_MUST_CHECK;
/* Appends n fixed-width values without nulls. */
HyStatus hy_value_list_push_all(
    HyValueList *list, size_t size, const void *values, size_t n, HyArena *heap) HY_MUST_CHECK;
/* Appends the values of another worker's list, whose heap lives on. */
HyStatus hy_value_list_append(
    HyValueList *into, const HyValueList *from, size_t size, HyArena *heap) HY_MUST_CHECK;

/* Copies a payload; long string bytes move into the heap. */
HyStatus hy_payload_keep(HyType type, const void *value, HyArena *heap, void *out) HY_MUST_CHECK;

#endif
