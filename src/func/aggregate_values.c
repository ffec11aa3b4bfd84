#include "func/aggregate_values.h"

HyStatus hy_payload_keep(HyType type, const void *value, HyArena *heap, void *out)
{
    memcpy(out, value, hy_physical_size(hy_type_physical(type)));
    if (hy_type_physical(type) != HY_PHYS_STRING)
        return HY_OK;
    HyString *s = out;
    if (s->len <= HY_STRING_INLINE)
        return HY_OK;
    char *copy = hy_arena_strndup(heap, s->ptr, s->len);
    if (!copy)
        return hy_error_oom(s->len);
    s->ptr = copy;
    return HY_OK;
}

HyStatus hy_value_list_reserve(HyValueList *list, uint64_t more, size_t size, HyArena *heap)
{
    if (list->n + more <= list->capacity)
        return HY_OK;
    uint64_t capacity = list->capacity ? list->capacity * 2 : 8;
    while (capacity < list->n + more)
        capacity *= 2;
    char *grown = hy_arena_alloc(heap, capacity * size);
    if (!grown)
        return hy_error_oom(capacity * size);
    if (list->n)
        memcpy(grown, list->data, list->n * size);
    list->data = grown;
    list->capacity = capacity;
    return HY_OK;
}

HyStatus hy_value_list_push(HyValueList *list, HyType type, const void *value, HyArena *heap)
{
    size_t size = hy_physical_size(hy_type_physical(type));
    HY_TRY(hy_value_list_reserve(list, 1, size, heap));
    HY_TRY(hy_payload_keep(type, value, heap, list->data + list->n * size));
    list->n++;
    return HY_OK;
}

HyStatus hy_value_list_push_all(
    HyValueList *list, size_t size, const void *values, size_t n, HyArena *heap)
{
    HY_TRY(hy_value_list_reserve(list, n, size, heap));
    memcpy(list->data + list->n * size, values, n * size);
    list->n += n;
    return HY_OK;
}

HyStatus hy_value_list_append(
    HyValueList *into, const HyValueList *from, size_t size, HyArena *heap)
{
    if (from->n == 0)
        return HY_OK;
    HY_TRY(hy_value_list_reserve(into, from->n, size, heap));
    memcpy(into->data + into->n * size, from->data, from->n * size);
    into->n += from->n;
    return HY_OK;
}
