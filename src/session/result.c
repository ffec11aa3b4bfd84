#include "session/result.h"

#include "types/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

HyStatus hy_result_create(HyResult **out)
{
    HyResult *result = calloc(1, sizeof *result);
    if (!result)
        return hy_error_oom(sizeof *result);
    result->arena = hy_arena_create();
    if (!result->arena) {
        free(result);
        return hy_error_oom(0);
    }
    result->tag = "";
    result->affected = -1;
    *out = result;
    return HY_OK;
}

void hy_result_destroy(HyResult *result)
{
    if (!result)
        return;
    hy_rowset_destroy(result->rows);
    hy_arena_destroy(result->arena);
    free(result);
}

/* The element types of arrays move into the result's arena. */
static HyStatus copy_type(HyArena *arena, HyType type, HyType *out)
{
    if (type.element) {
        HyType *element;
        HY_ARENA_NEW(arena, element, 1);
        HY_TRY(copy_type(arena, *type.element, element));
        type.element = element;
    }
    *out = type;
    return HY_OK;
}

HyStatus hy_result_set_columns(
    HyResult *result, const char *const *names, const HyType *types, size_t n)
{
    HY_ARENA_NEW(result->arena, result->column_names, n);
    HY_ARENA_NEW(result->arena, result->column_types, n);
    for (size_t i = 0; i < n; i++) {
        result->column_names[i] = hy_arena_strndup(result->arena, names[i], strlen(names[i]));
        if (!result->column_names[i])
            return hy_error_oom(strlen(names[i]));
        HY_TRY(copy_type(result->arena, types[i], &result->column_types[i]));
    }
    result->n_columns = n;
    result->has_rows = true;
    return HY_OK;
}

HyStatus hy_result_set_tag(HyResult *result, const char *format, ...)
{
    char text[128];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    result->tag = hy_arena_strndup(result->arena, text, strlen(text));
    return result->tag ? HY_OK : hy_error_oom(strlen(text));
}

HyStatus hy_result_add_notice(HyResult *result, const char *text)
{
    const char **notices;
    HY_ARENA_NEW(result->arena, notices, result->n_notices + 1);
    if (result->n_notices)
        memcpy(notices, result->notices, result->n_notices * sizeof *notices);
    notices[result->n_notices] = hy_arena_strndup(result->arena, text, strlen(text));
    if (!notices[result->n_notices])
        return hy_error_oom(strlen(text));
    result->notices = notices;
    result->n_notices++;
    return HY_OK;
}

HyStatus hy_result_add_text_row(HyResult *result, const char *const *values, size_t n)
{
    if (!result->rows)
        HY_TRY(hy_rowset_create(result->column_types, n, NULL, &result->rows));
    HyVector *columns;
    HY_ARENA_NEW(result->arena, columns, n);
    for (size_t i = 0; i < n; i++) {
        HyValue value = hy_value_null(hy_type(HY_TYPE_TEXT));
        if (values[i]) {
            value.is_null = false;
            value.string = hy_string_view(values[i], strlen(values[i]));
        }
        HY_TRY(hy_vector_constant(result->arena, &value, &columns[i]));
    }
    HyBatch batch = {.n_rows = 1, .n_cols = n, .cols = columns};
    return hy_rowset_append(result->rows, &batch);
}
