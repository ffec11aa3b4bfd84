/* Arrays and JSON as rows: unnest, json_array_elements, json_each. */
#include "base/json.h"
#include "func/array_kernel.h"
#include "func/families.h"

/* Collects rows and hands them on in full pieces. */
typedef struct RowWriter {
    HyFuncEnv *env;
    HyRowset *out;
    HyVector *cols;
    size_t n_cols;
    size_t n;
} RowWriter;

static HyStatus open_rows(HyFuncEnv *env, const HyFuncCall *call, HyRowset *out, RowWriter *w)
{
    *w = (RowWriter){.env = env, .out = out, .n_cols = call->n_columns};
    HY_ARENA_NEW(env->arena, w->cols, w->n_cols);
    for (size_t c = 0; c < w->n_cols; c++) {
        HY_TRY(hy_vector_alloc(env->arena, call->columns[c], HY_VECTOR_SIZE, &w->cols[c]));
        HY_TRY(hy_vector_need_validity(env->arena, &w->cols[c], HY_VECTOR_SIZE));
    }
    return HY_OK;
}

static HyStatus flush_rows(RowWriter *w)
{
    HyBatch batch = {.n_rows = w->n, .n_cols = w->n_cols, .cols = w->cols};
    HY_TRY(hy_cancel_check(w->env->cancel));
    if (w->n)
        HY_TRY(hy_rowset_append(w->out, &batch));
    w->n = 0;
    return HY_OK;
}

/* Sets a value of the row being written; payload NULL: null. */
static void put_value(RowWriter *w, size_t col, const void *payload)
{
    HyVector *v = &w->cols[col];
    size_t width = hy_physical_size(hy_type_physical(v->type));
    char *at = (char *)v->data + w->n * width;
    if (payload) {
        memcpy(at, payload, width);
        hy_bitmap_set(v->validity, w->n);
    } else {
        memset(at, 0, width);
        hy_bitmap_clear(v->validity, w->n);
    }
}

static HyStatus end_row(RowWriter *w)
{
    return ++w->n == HY_VECTOR_SIZE ? flush_rows(w) : HY_OK;
}

/* ---- unnest ---- */

/* The numbers of an int2vector or oidvector as an array: "1 2". */
static HyStatus open_vector(
    HyFuncEnv *env, HyType element, const HyString *text, HyArrayReader *reader)
{
    HyArrayBuilder builder;
    HyString *array; /* the reader may look at the bytes in it */
    HyStatus st = HY_OK;
    const char *p = hy_string_data(text);
    const char *end = p + text->len;
    HY_ARENA_NEW(env->arena, array, 1);
    hy_array_builder_init(&builder, element);
    while (p < end && !st) {
        uint32_t number = 0;
        int16_t small;
        for (; p < end && *p >= '0' && *p <= '9'; p++)
            number = number * 10 + (uint32_t)(*p - '0');
        small = (int16_t)number;
        st = hy_array_builder_append(
            &builder, element.id == HY_TYPE_OID ? (const void *)&number : (const void *)&small);
        p += p < end; /* the blank */
    }
    if (!st)
        st = hy_array_builder_finish(&builder, env->arena, array);
    hy_array_builder_destroy(&builder);
    return st ? st : hy_array_open(element, array, reader);
}

static HyStatus open_list(HyFuncEnv *env, HyType type, const HyValue *value, HyArrayReader *reader)
{
    if (value->is_null)
        return HY_OK;
    return type.id == HY_TYPE_TEXT ? open_vector(env, *type.element, &value->string, reader)
                                   : hy_array_open(*type.element, &value->string, reader);
}

/* The arrays side by side; the shorter ones go on with nulls. */
static HyStatus run_unnest(
    HyFuncEnv *env, const HyFuncCall *call, const HyValue *args, HyRowset *out)
{
    RowWriter w;
    HyArrayReader *readers;
    HY_ARENA_NEW(env->arena, readers, call->n_args);
    for (size_t a = 0; a < call->n_args; a++)
        HY_TRY(open_list(env, call->arg_types[a], &args[a], &readers[a]));
    HY_TRY(open_rows(env, call, out, &w));
    for (;;) {
        bool any = false;
        for (size_t a = 0; a < call->n_args; a++) {
            bool has = hy_array_next(&readers[a]);
            put_value(&w, a, has ? hy_reader_payload(&readers[a]) : NULL);
            any |= has;
        }
        if (!any)
            return flush_rows(&w);
        HY_TRY(end_row(&w));
    }
}

static bool is_list(HyFuncCall *call, size_t index)
{
    return hy_call_takes_array(call, index, NULL) ||
           (call->arg_types[index].id == HY_TYPE_TEXT && call->arg_types[index].element);
}

static HyStatus set_columns(
    HyFuncCall *call, size_t n, const HyTableFunction *function, const char *const *names)
{
    HY_ARENA_NEW(call->arena, call->columns, n);
    HY_ARENA_NEW(call->arena, call->column_names, n);
    for (size_t i = 0; i < n; i++)
        call->column_names[i] = names ? names[i] : call->func->name;
    call->n_columns = n;
    call->table = function;
    call->can_fail = true;
    return HY_OK;
}

static HyStatus resolve_unnest(HyFuncCall *call)
{
    static const HyTableFunction function = {run_unnest};
    if (call->n_args == 0)
        return hy_error("42601", "\"unnest\" requires at least one argument");
    for (size_t i = 0; i < call->n_args; i++)
        if (!is_list(call, i))
            return hy_error("42601", "\"unnest\" requires all its arguments to be array-typed");
    HY_TRY(set_columns(call, call->n_args, &function, NULL));
    for (size_t i = 0; i < call->n_args; i++)
        call->columns[i] = hy_type_nullable(*call->arg_types[i].element, true);
    call->result = call->columns[0];
    return HY_OK;
}

/* In a select list the arrays of unnest come before: their elements stand next to the positions. */
static HyStatus run_subscripts(
    HyFuncEnv *env, const HyFuncCall *call, const HyValue *args, HyRowset *out)
{
    RowWriter w;
    HyArrayReader *readers;
    size_t last = call->n_args - 2; /* the array whose positions are asked for */
    HY_ARENA_NEW(env->arena, readers, call->n_args);
    if (args[last].is_null || args[last + 1].is_null || args[last + 1].i64 != 1)
        return HY_OK;
    for (size_t a = 0; a <= last; a++)
        HY_TRY(open_list(env, call->arg_types[a], &args[a], &readers[a]));
    HY_TRY(open_rows(env, call, out, &w));
    while (hy_array_next(&readers[last])) {
        int32_t position = (int32_t)readers[last].index;
        put_value(&w, last, &position);
        for (size_t a = 0; a < last; a++)
            put_value(&w, a, hy_array_next(&readers[a]) ? hy_reader_payload(&readers[a]) : NULL);
        HY_TRY(end_row(&w));
    }
    return flush_rows(&w);
}

static HyStatus resolve_subscripts(HyFuncCall *call)
{
    static const HyTableFunction function = {run_subscripts};
    size_t last = call->n_args - 2;
    for (size_t i = 0; i <= last; i++)
        if (!is_list(call, i))
            return hy_error(
                "42601", "\"generate_subscripts\" requires its first argument to be array-typed");
    call->arg_types[last + 1] =
        hy_type_nullable(hy_type(HY_TYPE_INT8), call->arg_types[last + 1].nullable);
    HY_TRY(set_columns(call, last + 1, &function, NULL));
    for (size_t i = 0; i < last; i++)
        call->columns[i] = hy_type_nullable(*call->arg_types[i].element, true);
    call->columns[last] = hy_type_nullable(hy_type(HY_TYPE_INT4), false);
    call->result = call->columns[last];
    return HY_OK;
}

/* Elements with their positions, as pairs. */
static HyStatus run_expand(
    HyFuncEnv *env, const HyFuncCall *call, const HyValue *args, HyRowset *out)
{
    RowWriter w;
    HyArrayReader reader = {0};
    HyArrayBuilder builder;
    HyStatus st = HY_OK;
    HY_TRY(open_list(env, call->arg_types[0], &args[0], &reader));
    HY_TRY(open_rows(env, call, out, &w));
    hy_array_builder_init(&builder, *call->columns[0].element);
    while (hy_array_next(&reader)) {
        HyString pair;
        int32_t position = (int32_t)reader.index;
        int32_t element;
        int16_t small;
        memcpy(&element, reader.payload, sizeof element);
        memcpy(&small, reader.payload, sizeof small);
        if (reader.element.id == HY_TYPE_INT2)
            element = small;
        HY_GO(hy_array_builder_append(&builder, reader.is_null ? NULL : &element));
        HY_GO(hy_array_builder_append(&builder, &position));
        HY_GO(hy_array_builder_finish(&builder, env->arena, &pair));
        put_value(&w, 0, &pair);
        HY_GO(end_row(&w));
    }
    HY_GO(flush_rows(&w));
done:
    hy_array_builder_destroy(&builder);
    return st;
}

static HyStatus resolve_expand(HyFuncCall *call)
{
    static const HyTableFunction function = {run_expand};
    static const HyType element = {.id = HY_TYPE_INT4, .nullable = true};
    bool is_possible = is_list(call, 0);
    HyTypeId id = is_possible ? call->arg_types[0].element->id : HY_TYPE_UNKNOWN;
    if (id != HY_TYPE_INT2 && id != HY_TYPE_INT4 && id != HY_TYPE_OID)
        return hy_call_requires(call, "an array of small integers");
    HY_TRY(set_columns(call, 1, &function, NULL));
    call->columns[0] = hy_type_nullable(hy_type(HY_TYPE_ARRAY), false);
    call->columns[0].element = &element;
    call->columns[0].length = HY_PAIR_LENGTH;
    call->result = call->columns[0];
    return HY_OK;
}

/* ---- JSON ---- */

static HyStatus parse(HyFuncEnv *env, const HyValue *value, HyJson **out)
{
    return hy_json_parse(env->arena, hy_string_data(&value->string), value->string.len, out);
}

static HyStatus run_json_elements(
    HyFuncEnv *env, const HyFuncCall *call, const HyValue *args, HyRowset *out)
{
    RowWriter w;
    HyJson *json;
    if (args[0].is_null)
        return HY_OK;
    HY_TRY(parse(env, &args[0], &json));
    if (json->kind != HY_JSON_ARRAY)
        return hy_error("22023", "cannot call json_array_elements on a non-array");
    HY_TRY(open_rows(env, call, out, &w));
    for (size_t i = 0; i < json->n_items; i++) {
        HyString s = hy_string_view(json->items[i]->source, json->items[i]->source_len);
        put_value(&w, 0, &s);
        HY_TRY(end_row(&w));
    }
    return flush_rows(&w);
}

static HyStatus run_json_each(
    HyFuncEnv *env, const HyFuncCall *call, const HyValue *args, HyRowset *out)
{
    RowWriter w;
    HyJson *json;
    if (args[0].is_null)
        return HY_OK;
    HY_TRY(parse(env, &args[0], &json));
    if (json->kind != HY_JSON_OBJECT)
        return hy_error("22023", "cannot call json_each on a non-object");
    HY_TRY(open_rows(env, call, out, &w));
    for (size_t i = 0; i < json->n_items; i++) {
        HyString key = hy_string_view(json->keys[i], strlen(json->keys[i]));
        HyString s = hy_string_view(json->items[i]->source, json->items[i]->source_len);
        put_value(&w, 0, &key);
        put_value(&w, 1, &s);
        HY_TRY(end_row(&w));
    }
    return flush_rows(&w);
}

static HyStatus check_json(HyFuncCall *call)
{
    if (call->n_args != 1)
        return hy_error("42601", "wrong number of arguments when calling \"%s\"", call->func->name);
    if (call->arg_types[0].id != HY_TYPE_JSON)
        return hy_call_requires(call, "a JSON argument");
    return HY_OK;
}

static HyStatus resolve_json_elements(HyFuncCall *call)
{
    static const HyTableFunction function = {run_json_elements};
    HY_TRY(check_json(call));
    HY_TRY(set_columns(call, 1, &function, NULL));
    call->columns[0] = hy_type_nullable(hy_type(HY_TYPE_JSON), false);
    call->result = call->columns[0];
    return HY_OK;
}

static HyStatus resolve_json_each(HyFuncCall *call)
{
    static const HyTableFunction function = {run_json_each};
    static const char *const names[] = {"key", "value"};
    HY_TRY(check_json(call));
    HY_TRY(set_columns(call, 2, &function, names));
    call->columns[0] = hy_type_nullable(hy_type(HY_TYPE_TEXT), false);
    call->columns[1] = hy_type_nullable(hy_type(HY_TYPE_JSON), false);
    call->result = call->columns[0];
    return HY_OK;
}

static const HyFunc functions[] = {
    {"unnest", HY_FUNC_TABLE, HY_IMMUTABLE, 0, 255, resolve_unnest, NULL,
        "unnest(array, ..) -> setof elements",
        "The elements as rows; several arrays side by side, filled up with nulls."},
    {"generate_subscripts", HY_FUNC_TABLE, HY_IMMUTABLE, 2, 255, resolve_subscripts, NULL,
        "generate_subscripts(array, dimension) -> setof integer",
        "The positions of the array's elements; arrays have one dimension. Calls of unnest before "
        "it in a select list go side by side with it."},
    {"_pg_expandarray", HY_FUNC_TABLE, HY_IMMUTABLE, 1, 1, resolve_expand, NULL,
        "_pg_expandarray(array) -> setof (x, n)",
        "The elements with their positions, for clients that read catalogs."},
    {"json_array_elements", HY_FUNC_TABLE, HY_IMMUTABLE, 0, 255, resolve_json_elements, NULL,
        "json_array_elements(json) -> setof json", "The elements of a JSON array as rows."},
    {"json_each", HY_FUNC_TABLE, HY_IMMUTABLE, 0, 255, resolve_json_each, NULL,
        "json_each(json) -> setof (key text, value json)", "The members of a JSON object as rows."},
};
HY_DEFINE_FAMILY(table_unnest, functions);
