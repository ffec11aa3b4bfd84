/* Aggregates that want their rows in order: a made-up one that writes the digits it gets one behind
 * the other shows in which order they came, what DISTINCT left, and what update() is given. */
#include "exec/exec.h"
#include "unit_test.h"

/* Result: the arguments as decimal digits; each call also checks the sort expression behind it. */
static HyStatus digits_update(HyFuncEnv *env, const HyFuncCall *call, const HyVector *args,
    size_t n, const uint32_t *groups, void *states, HyArena *heap)
{
    (void)env;
    (void)heap;
    const int32_t *values = args[0].data, *order = args[call->n_args].data;
    int64_t *all = states;
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(order[i], values[i] % 5);
        all[groups[i]] = all[groups[i]] * 10 + values[i];
    }
    return HY_OK;
}

static HyStatus digits_combine(
    HyFuncEnv *env, const HyFuncCall *call, void *into, const void *from, HyArena *heap)
{
    (void)env, (void)call, (void)into, (void)from, (void)heap;
    return hy_error("XX000", "ordered states are not combined");
}

static HyStatus digits_finalize(
    HyFuncEnv *env, const HyFuncCall *call, void *states, size_t n, HyVector *out)
{
    (void)env, (void)call;
    memcpy(out->data, states, n * sizeof(int64_t));
    return HY_OK;
}

static HyStatus mod5_kernel(
    HyFuncEnv *env, const HyFuncCall *call, const HyVector *args, size_t n, HyVector *out)
{
    (void)env, (void)call;
    const int32_t *values = hy_vector_values(&args[0]);
    for (size_t i = 0; i < n; i++)
        ((int32_t *)out->data)[i] = values[hy_vector_index(&args[0], i)] % 5;
    return HY_OK;
}

static const HyAggregate digits = {.state_size = 8,
    .update = digits_update,
    .combine = digits_combine,
    .finalize = digits_finalize};
static const HyFunc digits_func = {.name = "digits", .kind = HY_FUNC_AGGREGATE};
static const HyFunc mod5_func = {.name = "mod5", .kind = HY_FUNC_SCALAR};

static HyExpr *column(HyArena *arena, HyColumnId id)
{
    HyExpr *expr;
    assert_ok(hy_expr_column(arena, id, hy_type(HY_TYPE_INT4), &expr));
    return expr;
}

/* VALUES (group, value); columns 1 and 2. */
static HyAlg *values(HyArena *arena, const int32_t (*rows)[2], size_t n)
{
    HyAlg *alg;
    assert_ok(hy_alg_new(arena, HY_ALG_VALUES, &alg));
    alg->n_rows = n;
    alg->n_columns = 2;
    alg->rows = hy_arena_alloc(arena, n * sizeof *alg->rows);
    alg->columns = hy_arena_alloc(arena, 2 * sizeof *alg->columns);
    alg->types = hy_arena_alloc(arena, 2 * sizeof *alg->types);
    for (size_t c = 0; c < 2; c++) {
        alg->columns[c] = (HyColumnId)c + 1;
        alg->types[c] = hy_type(HY_TYPE_INT4);
    }
    for (size_t r = 0; r < n; r++) {
        alg->rows[r] = hy_arena_alloc(arena, 2 * sizeof *alg->rows[r]);
        for (size_t c = 0; c < 2; c++) {
            HyValue value = hy_value_null(hy_type(HY_TYPE_INT4));
            value.is_null = false;
            value.i32 = rows[r][c];
            assert_ok(hy_expr_const(arena, &value, &alg->rows[r][c]));
        }
    }
    return alg;
}

/* digits(value ORDER BY value % 5 [DESC]) grouped by the first column, for groups 1 and 2. */
static void run(bool is_distinct, bool is_descending, int64_t expected_1, int64_t expected_2)
{
    static const int32_t rows[][2] = {
        {1, 3}, {2, 9}, {1, 1}, {1, 3}, {2, 5}, {1, 2}, {2, 5}, {2, 1}};
    HyArena *arena = hy_arena_create();
    HyAlg *alg;
    HyTextStyle style;
    hy_text_style_init(&style);
    HyFuncEnv env = {.arena = arena, .style = &style};
    HyType int4 = hy_type(HY_TYPE_INT4);
    HyFuncCall call = {.func = &digits_func,
        .n_args = 1,
        .arg_types = &int4,
        .result = hy_type(HY_TYPE_INT8),
        .aggregate = &digits};
    HyFuncCall mod5 = {.func = &mod5_func,
        .n_args = 1,
        .arg_types = &int4,
        .result = int4,
        .is_strict = true,
        .kernel = mod5_kernel};
    HyExpr *order, *argument = column(arena, 2);
    assert_ok(hy_expr_new(arena, HY_EXPR_CALL, int4, -1, 1, &order));
    order->call = &mod5;
    order->args[0] = column(arena, 2);
    HySortKey key = {.expr = order, .is_descending = is_descending};
    HyAggregateItem item = {.id = 4,
        .call = &call,
        .args = &argument,
        .is_distinct = is_distinct,
        .order = &key,
        .n_order = 1};
    HyNamedExpr group = {.id = 3, .expr = column(arena, 1)};
    assert_ok(hy_alg_unary(arena, HY_ALG_AGGREGATE, values(arena, rows, HY_ARRAY_LEN(rows)), &alg));
    alg->groups = &group;
    alg->n_groups = 1;
    alg->aggregates = &item;
    alg->n_aggregates = 1;
    HyColumnId ids[2] = {3, 4};
    HyType types[2] = {int4, call.result};
    const char *names[2] = {"g", "d"};
    HyBoundQuery query = {.root = alg,
        .column_names = names,
        .column_ids = ids,
        .column_types = types,
        .n_columns = 2,
        .next_column_id = 5};
    HyExecContext ctx;
    HyRowset *result;
    hy_exec_context_init(&ctx, NULL, NULL, NULL, &env, NULL);
    assert_ok(hy_exec_run(&ctx, &query, arena, &result, NULL));
    assert_int_equal(hy_rowset_row_count(result), 2);
    const HyBatch *piece = hy_rowset_piece(result, 0);
    const int32_t *groups = piece->cols[0].data;
    const int64_t *texts = piece->cols[1].data;
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(texts[i], groups[i] == 1 ? expected_1 : expected_2);
    hy_rowset_destroy(result);
    hy_arena_destroy(arena);
}

static void test_rows_come_in_order(void **state)
{
    (void)state;
    run(false, false, 1233, 5519);
    run(false, true, 3321, 9155);
}

static void test_distinct_keeps_the_first(void **state)
{
    (void)state;
    run(true, false, 123, 519);
    run(true, true, 321, 915);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_come_in_order),
        cmocka_unit_test(test_distinct_keeps_the_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
