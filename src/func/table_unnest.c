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

/* The arrays side by side; the shorter ones go on with nulls. */
static HyStatus run_unnest(
    HyFuncEnv *env, const HyFuncCall *call, const HyValue *args, HyRowset *out)
{
    RowWriter w;
    HyArrayReader *readers;
    HY_ARENA_NEW(env->arena, readers, call->n_args);
    for (size_t a = 0; a < call->n_args; a++)
        if (!args[a].is_null)
            HY_TRY(hy_array_open(*call->arg_types[a].element, &args[a].string, &readers[a]));
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
        if (!hy_call_takes_array(call, i, NULL))
            return hy_error("42601", "\"unnest\" requires all its arguments to be array-typed");
    HY_TRY(set_columns(call, call->n_args, &function, NULL));
    for (size_t i = 0; i < call->n_args; i++)
        call->columns[i] = hy_type_nullable(*call->arg_types[i].element, true);
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
    {"json_array_elements", HY_FUNC_TABLE, HY_IMMUTABLE, 0, 255, resolve_json_elements, NULL,
        "json_array_elements(json) -> setof json", "The elements of a JSON array as rows."},
    {"json_each", HY_FUNC_TABLE, HY_IMMUTABLE, 0, 255, resolve_json_each, NULL,
        "json_each(json) -> setof (key text, value json)", "The members of a JSON object as rows."},
};
HY_DEFINE_FAMILY(table_unnest, functions);
