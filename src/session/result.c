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

HyStatus hy_columns_copy(HyArena *arena, const char *const *names, const HyType *types, size_t n,
    const char ***out_names, HyType **out_types)
{
    const char **name_copies;
    HyType *type_copies;
    HY_ARENA_NEW(arena, name_copies, n);
    HY_ARENA_NEW(arena, type_copies, n);
    for (size_t i = 0; i < n; i++) {
        name_copies[i] = hy_arena_strndup(arena, names[i], strlen(names[i]));
        if (!name_copies[i])
            return hy_error_oom(strlen(names[i]));
        HY_TRY(hy_type_copy(arena, types[i], &type_copies[i]));
    }
    *out_names = name_copies;
    *out_types = type_copies;
    return HY_OK;
}

HyStatus hy_result_set_columns(
    HyResult *result, const char *const *names, const HyType *types, size_t n)
{
    HY_TRY(hy_columns_copy(
        result->arena, names, types, n, &result->column_names, &result->column_types));
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
