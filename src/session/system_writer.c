#include "session/system_writer.h"

#include "catalog/system_relations.h"
#include "types/array.h"

#include <assert.h>
#include <string.h>

/* What a column holds that the row says nothing about. */
static void clear_value(HyValue *v)
{
    HyType type = v->type;
    *v = hy_value_null(type);
    v->is_null = type.nullable;
    if (hy_type_physical(type) == HY_PHYS_STRING)
        v->string = hy_string_view("", 0);
}

HyStatus hy_system_writer_open(HySystemWriter *w, HyMemory *memory)
{
    HyType *types;
    w->n_columns = hy_system_relation_column_count(w->id);
    HY_ARENA_NEW(w->arena, types, w->n_columns);
    HY_ARENA_NEW(w->arena, w->row, w->n_columns);
    for (size_t i = 0; i < w->n_columns; i++) {
        types[i] = hy_system_relation_column_type(w->id, i);
        w->row[i].type = types[i];
        clear_value(&w->row[i]);
    }
    return hy_rowset_create(types, w->n_columns, memory, &w->rows);
}

static HyValue *value_of(HySystemWriter *w, const char *column)
{
    size_t i = 0;
    while (i < w->n_columns && strcmp(hy_system_relation_column_name(w->id, i), column) != 0)
        i++;
    assert(i < w->n_columns);
    w->row[i].is_null = false;
    return &w->row[i];
}

void hy_system_put_string(HySystemWriter *w, const char *column, HyString text)
{
    value_of(w, column)->string = text;
}

void hy_system_put_text(HySystemWriter *w, const char *column, const char *text)
{
    value_of(w, column)->string = hy_string_view(text, strlen(text));
}

void hy_system_put(HySystemWriter *w, const char *column, int64_t value)
{
    HyValue *v = value_of(w, column);
    switch (hy_type_physical(v->type)) {
    case HY_PHYS_U8:
        v->u8 = value != 0;
        break;
    case HY_PHYS_I16:
        v->i16 = (int16_t)value;
        break;
    case HY_PHYS_I32:
        v->i32 = (int32_t)value;
        break;
    case HY_PHYS_U32:
        v->u32 = (uint32_t)value;
        break;
    default:
        v->i64 = value;
        break;
    }
}

void hy_system_put_double(HySystemWriter *w, const char *column, double value)
{
    value_of(w, column)->f64 = value;
}

HyStatus hy_system_put_array(HySystemWriter *w, const char *column, const uint32_t *items, size_t n)
{
    HyValue *v = value_of(w, column);
    HyArrayBuilder builder;
    HyStatus st = HY_OK;
    hy_array_builder_init(&builder, *v->type.element);
    for (size_t i = 0; i < n && !st; i++) {
        int16_t small = (int16_t)items[i];
        bool is_small = v->type.element->id == HY_TYPE_INT2;
        st = hy_array_builder_append(
            &builder, is_small ? (const void *)&small : (const void *)&items[i]);
    }
    if (!st)
        st = hy_array_builder_finish(&builder, w->arena, &v->string);
    hy_array_builder_destroy(&builder);
    return st;
}

HyStatus hy_system_end_row(HySystemWriter *w)
{
    HyVector *columns;
    HY_ARENA_NEW(w->arena, columns, w->n_columns);
    for (size_t i = 0; i < w->n_columns; i++) {
        HY_TRY(hy_vector_constant(w->arena, &w->row[i], &columns[i]));
        clear_value(&w->row[i]);
    }
    HyBatch batch = {.n_rows = 1, .n_cols = w->n_columns, .cols = columns};
    return hy_rowset_append(w->rows, &batch);
}
