/* Array constructors, and the functions over arrays that take a lambda: its body runs as a block
 * over the elements of all rows at once, with the outer columns gathered to them. */
#include "exec/program_internal.h"
#include "types/array.h"

HyStatus hy_eval_array(
    HyFuncEnv *env, const HyExpr *expr, const HyVector *args, size_t n, HyVector *out)
{
    HyType element = expr->type.element ? *expr->type.element : expr->args[0]->type;
    HyArrayBuilder builder;
    HyStatus st = HY_OK;
    size_t width = hy_physical_size(hy_type_physical(element));
    hy_array_builder_init(&builder, element);
    HyVector result;
    HY_GO(hy_vector_alloc(env->arena, expr->type, n, &result));
    HyString *arrays = result.data;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < expr->n_args; k++) {
            const char *payload = hy_vector_values(&args[k]);
            bool is_null = hy_vector_is_null(&args[k], i);
            HY_GO(hy_array_builder_append(
                &builder, is_null ? NULL : payload + hy_vector_index(&args[k], i) * width));
        }
        HY_GO(hy_array_builder_finish(&builder, env->arena, &arrays[i]));
    }
    *out = result;
done:
    hy_array_builder_destroy(&builder);
    return st;
}

/* All elements of all rows, one after the other. */
typedef struct Elements {
    HyVector values; /* flat */
    uint32_t *rows;  /* row of each element */
    size_t n;
} Elements;

static HyStatus count_elements(const HyVector *arrays, size_t n_rows, size_t *out)
{
    const HyString *strings = hy_vector_values(arrays);
    size_t total = 0;
    for (size_t i = 0; i < n_rows; i++)
        if (!hy_vector_is_null(arrays, i))
            total += hy_array_count(&strings[hy_vector_index(arrays, i)]);
    *out = total;
    return HY_OK;
}

static HyStatus unnest(
    HyArena *arena, const HyVector *arrays, HyType element, size_t n_rows, Elements *out)
{
    size_t total, width = hy_physical_size(hy_type_physical(element));
    HY_TRY(count_elements(arrays, n_rows, &total));
    HY_TRY(hy_vector_alloc(arena, element, total, &out->values));
    out->rows = hy_arena_alloc(arena, total * sizeof *out->rows);
    if (!out->rows)
        return hy_error_oom(total * sizeof *out->rows);
    const HyString *strings = hy_vector_values(arrays);
    char *data = out->values.data;
    out->n = 0;
    for (size_t i = 0; i < n_rows; i++) {
        if (hy_vector_is_null(arrays, i))
            continue;
        HyArrayReader reader;
        HY_TRY(hy_array_open(element, &strings[hy_vector_index(arrays, i)], &reader));
        while (out->n < total && hy_array_next(&reader)) {
            memset(data + out->n * width, 0, width);
            if (reader.is_null) {
                HY_TRY(hy_vector_need_validity(arena, &out->values, total));
                hy_bitmap_clear(out->values.validity, out->n);
            } else {
                memcpy(data + out->n * width, reader.payload, width);
            }
            out->rows[out->n++] = (uint32_t)i;
        }
    }
    return HY_OK;
}

/* The body's value for every element, in one flat vector. */
static HyStatus run_body(
    HyFrame *frame, const HyInstr *instr, const Elements *elements, HyVector *out)
{
    HyArena *arena = frame->env->arena;
    const HyBlock *body = &instr->blocks[0];
    size_t width = hy_physical_size(hy_type_physical(elements->values.type));
    bool first_time = true;
    for (size_t first = 0; first < elements->n; first += HY_VECTOR_SIZE) {
        size_t n = elements->n - first < HY_VECTOR_SIZE ? elements->n - first : HY_VECTOR_SIZE;
        HyFrame inner;
        HY_TRY(hy_frame_open(frame, elements->rows + first, n, &inner));
        HyVector *variable = &inner.registers[instr->lambda_register];
        *variable = elements->values;
        variable->data = (char *)variable->data + first * width;
        if (variable->validity)
            variable->validity += first / 64;
        inner.has[instr->lambda_register] = true;
        HyVector piece;
        HY_TRY(hy_block_run(&inner, body, &piece));
        if (first_time) {
            HY_TRY(hy_vector_alloc(arena, piece.type, elements->n, out));
            HY_TRY(hy_vector_need_validity(arena, out, elements->n));
            first_time = false;
        }
        HY_TRY(hy_vector_copy(out, first, &piece, 0, n, NULL));
    }
    return HY_OK;
}

static HyStatus rebuild(HyFuncEnv *env, const HyVector *arrays, const Elements *elements,
    const HyVector *body, bool is_filter, HyType element, size_t n_rows, HyVector *out)
{
    HyArrayBuilder builder;
    HyStatus st = HY_OK;
    const HyVector *values = is_filter ? &elements->values : body;
    size_t width = hy_physical_size(hy_type_physical(element));
    HyString *strings = out->data;
    hy_array_builder_init(&builder, element);
    size_t next = 0;
    for (size_t i = 0; i < n_rows; i++) {
        for (; next < elements->n && elements->rows[next] == i; next++) {
            if (is_filter && (hy_vector_is_null(body, next) || !((uint8_t *)body->data)[next]))
                continue;
            HY_GO(hy_array_builder_append(&builder,
                hy_vector_is_null(values, next) ? NULL
                                                : (const char *)values->data + next * width));
        }
        if (hy_vector_is_null(arrays, i))
            hy_bitmap_clear(out->validity, i);
        HY_GO(hy_array_builder_finish(&builder, env->arena, &strings[i]));
    }
done:
    hy_array_builder_destroy(&builder);
    return st;
}

HyStatus hy_eval_lambda_call(HyFrame *frame, const HyInstr *instr, HyVector *out)
{
    HyArena *arena = frame->env->arena;
    HyVector arrays, body = {.kind = HY_VECTOR_FLAT};
    HY_TRY(hy_frame_get(frame, instr->args[0], &arrays));
    if (!arrays.type.element || !instr->expr->type.element)
        return hy_error("XX000", "internal error: a lambda over a value that is no array");
    Elements elements;
    HY_TRY(unnest(arena, &arrays, *arrays.type.element, frame->n, &elements));
    if (elements.n)
        HY_TRY(run_body(frame, instr, &elements, &body));
    HyVector result;
    HY_TRY(hy_vector_alloc(arena, instr->expr->type, frame->n, &result));
    HY_TRY(hy_vector_need_validity(arena, &result, frame->n));
    bool is_filter = strcmp(instr->expr->call->func->name, "array_filter") == 0;
    HY_TRY(rebuild(frame->env, &arrays, &elements, &body, is_filter, *instr->expr->type.element,
        frame->n, &result));
    *out = result;
    return HY_OK;
}
