#include "types/compare.h"
#include "types/rowset.h"
#include "types_fixture.h"

static void assert_same(const HyVector *a, size_t row_a, const HyVector *b, size_t row_b)
{
    assert_int_equal(hy_vector_is_null(a, row_a), hy_vector_is_null(b, row_b));
    if (hy_vector_is_null(a, row_a))
        return;
    HyValue x = hy_vector_value(a, row_a), y = hy_vector_value(b, row_b);
    if (hy_compare_value(&x, &y) != 0)
        fail_msg("type %d: rows %zu and %zu differ", a->type.id, row_a, row_b);
}

static void gather_keeps_rows_and_form(void **state)
{
    (void)state;
    for (size_t t = 0; t < HY_ARRAY_LEN(sample_types); t++) {
        for (int kind = 0; kind < 3; kind++) {
            HyArena *arena = hy_arena_create();
            size_t n = 300, n_sel = random_below(200);
            uint32_t sel[200];
            HyVector v = random_vector(arena, sample_types[t], n, (HyVectorKind)kind, 3), out;
            for (size_t i = 0; i < n_sel; i++)
                sel[i] = (uint32_t)random_below(n);
            assert_ok(hy_vector_gather(arena, &v, sel, n_sel, &out));
            assert_int_equal(out.kind, kind);
            for (size_t i = 0; i < n_sel; i++)
                assert_same(&out, i, &v, sel[i]);
            hy_arena_destroy(arena);
        }
    }
}

static void copy_moves_ranges_with_nulls(void **state)
{
    (void)state;
    for (size_t t = 0; t < HY_ARRAY_LEN(sample_types); t++) {
        for (int kind = 0; kind < 3; kind++) {
            HyArena *arena = hy_arena_create(), *source = hy_arena_create();
            HyVector dst, src = random_vector(source, sample_types[t], 500, (HyVectorKind)kind, 3);
            HyVector kept = src;
            assert_ok(hy_vector_alloc(arena, sample_types[t], 1000, &dst));
            assert_ok(hy_vector_need_validity(arena, &dst, 1000));
            size_t from = random_below(200), to = random_below(500), n = random_below(300);
            if (random_below(2))
                from = to = 64;
            assert_ok(hy_vector_copy(&dst, to, &src, from, n, arena));
            for (size_t i = 0; i < n; i++)
                assert_same(&dst, to + i, &kept, from + i);
            for (size_t i = 0; i < to; i++)
                assert_true(hy_bitmap_get(dst.validity, i));
            assert_true(hy_bitmap_get(dst.validity, to + n));
            hy_arena_destroy(source);
            for (size_t i = 0; i < n; i++) /* the strings are its own now */
                if (hy_type_physical(dst.type) == HY_PHYS_STRING)
                    (void)hy_string_data(&((const HyString *)dst.data)[to + i])[0];
            hy_arena_destroy(arena);
        }
    }
}

/* Appends batches of all forms and sizes and keeps what was appended, to compare. */
static void fill(HyRowset *rowset, HyArena *arena, HyBatch *batches, size_t n_batches)
{
    for (size_t b = 0; b < n_batches; b++) {
        size_t n = random_below(3) ? random_below(40) : random_below(5000);
        batches[b].n_rows = n;
        batches[b].n_cols = HY_ARRAY_LEN(sample_types);
        batches[b].cols = hy_arena_alloc(arena, sizeof(HyVector) * batches[b].n_cols);
        assert_non_null(batches[b].cols);
        for (size_t c = 0; c < batches[b].n_cols; c++)
            batches[b].cols[c] = random_vector(arena, sample_types[c], n,
                n ? (HyVectorKind)random_below(3) : HY_VECTOR_FLAT, (unsigned)random_below(3) * 4);
        assert_ok(hy_rowset_append(rowset, &batches[b]));
    }
}

static void check_rows(const HyRowset *rowset, const HyBatch *batches, size_t n_batches)
{
    size_t piece = 0, row = 0, total = 0;
    for (size_t b = 0; b < n_batches; b++) {
        for (size_t i = 0; i < batches[b].n_rows; i++, row++, total++) {
            while (row == hy_rowset_piece(rowset, piece)->n_rows) {
                piece++;
                row = 0;
            }
            for (size_t c = 0; c < batches[b].n_cols; c++)
                assert_same(&hy_rowset_piece(rowset, piece)->cols[c], row, &batches[b].cols[c], i);
        }
    }
    assert_int_equal(hy_rowset_row_count(rowset), total);
}

static void rowsets_keep_and_splice_rows(void **state)
{
    (void)state;
    for (int round = 0; round < 10; round++) {
        HyArena *arena = hy_arena_create();
        HyMemory memory;
        hy_memory_init(&memory, NULL, SIZE_MAX);
        HyBatch batches[6];
        HyRowset *a = NULL, *b = NULL;
        bool shared = round % 2; /* one budget: pieces move; two: rows are copied */
        assert_ok(hy_rowset_create(sample_types, HY_ARRAY_LEN(sample_types), &memory, &a));
        assert_ok(hy_rowset_create(
            sample_types, HY_ARRAY_LEN(sample_types), shared ? &memory : NULL, &b));
        fill(a, arena, batches, 2);
        fill(b, arena, batches + 2, 2);
        assert_ok(hy_rowset_splice(a, b));
        assert_int_equal(hy_rowset_row_count(b), 0);
        assert_int_equal(hy_rowset_piece_count(b), 0);
        hy_rowset_destroy(b);
        fill(a, arena, batches + 4, 2);
        check_rows(a, batches, 6);
        hy_rowset_destroy(a);
        assert_int_equal(atomic_load(&memory.used_bytes), 0);
        hy_arena_destroy(arena);
    }
}

static void small_rowsets_are_small(void **state)
{
    (void)state;
    HyMemory memory;
    hy_memory_init(&memory, NULL, 64 * 1024);
    HyType types[10];
    HyVector cols[10];
    int64_t value = 7;
    HyRowset *rowset = NULL;
    for (size_t i = 0; i < 10; i++) {
        types[i] = hy_type(HY_TYPE_INT8);
        cols[i] = (HyVector){.type = types[i], .kind = HY_VECTOR_CONSTANT, .data = &value};
    }
    assert_ok(hy_rowset_create(types, 10, &memory, &rowset));
    assert_ok(hy_rowset_append(rowset, &(HyBatch){.n_rows = 1, .n_cols = 10, .cols = cols}));
    assert_true(atomic_load(&memory.used_bytes) < 4096);
    assert_fails(
        hy_rowset_append(rowset, &(HyBatch){.n_rows = 5000, .n_cols = 10, .cols = cols}), "53200");
    hy_rowset_destroy(rowset);
    assert_int_equal(atomic_load(&memory.used_bytes), 0);
}

static void failed_allocations_are_reported(void **state)
{
    (void)state;
    HyArena *arena = hy_arena_create();
    HyType types[2] = {hy_type(HY_TYPE_INT4), hy_type(HY_TYPE_TEXT)};
    HyVector cols[2] = {random_vector(arena, types[0], 3000, HY_VECTOR_FLAT, 4),
        random_vector(arena, types[1], 3000, HY_VECTOR_DICTIONARY, 4)};
    HyBatch batch = {.n_rows = 3000, .n_cols = 2, .cols = cols};
    int n = 0;
    bool failed = true;
    while (failed) {
        HyRowset *rowset = NULL;
        alloc_fault_arm(++n);
        HyStatus st = hy_rowset_create(types, 2, NULL, &rowset);
        if (!st)
            st = hy_rowset_append(rowset, &batch);
        failed = alloc_fault_disarm();
        assert_int_equal(st != NULL, failed);
        hy_error_free(st);
        hy_rowset_destroy(rowset);
    }
    assert_true(n > 4);
    hy_arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gather_keeps_rows_and_form),
        cmocka_unit_test(copy_moves_ranges_with_nulls),
        cmocka_unit_test(rowsets_keep_and_splice_rows),
        cmocka_unit_test(small_rowsets_are_small),
        cmocka_unit_test(failed_allocations_are_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
