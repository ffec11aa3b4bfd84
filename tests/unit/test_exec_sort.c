/* Sorting by normalized keys against the order that comparing values gives, for keys that fit into
 * the entries and for those that do not, in one run and merged from several. */
#include "exec/sort_partition.h"
#include "types/compare.h"
#include "unit_test.h"
#include <math.h>

#define ROWS 30000 /* several buckets */

static uint32_t seed = 99;

static uint32_t next_random(void)
{
    seed = seed * 1664525 + 1013904223;
    return seed >> 8;
}

typedef struct Rows {
    HyVector keys[2];
    HySortColumn columns[2];
    size_t n_keys;
} Rows;

static void fill(HyArena *arena, HyVector *v)
{
    for (size_t i = 0; i < ROWS; i++) {
        uint32_t x = next_random() % 500;
        char text[32];
        switch (hy_type_physical(v->type)) {
        case HY_PHYS_I16:
            ((int16_t *)v->data)[i] = (int16_t)(x - 250);
            break;
        case HY_PHYS_I64:
            ((int64_t *)v->data)[i] = x == 0 ? INT64_MIN : x == 1 ? INT64_MAX : (int64_t)x - 250;
            break;
        case HY_PHYS_F64:
            ((double *)v->data)[i] = x == 0   ? (double)NAN
                                     : x == 1 ? -(double)INFINITY
                                     : x == 2 ? -0.0
                                              : ((double)x - 250) / 4;
            break;
        default: {
            int len = snprintf(text, sizeof text, "%.*s%u", (int)(x % 12), "abcdefghijkl", x % 37);
            ((HyString *)v->data)[i] =
                hy_string_view(hy_arena_strndup(arena, text, (size_t)len), (size_t)len);
            break;
        }
        }
        if (next_random() % 17 == 0) {
            assert_ok(hy_vector_need_validity(arena, v, ROWS));
            hy_bitmap_clear(v->validity, i);
        }
    }
}

static int compare_rows(const Rows *rows, size_t a, size_t b)
{
    for (size_t k = 0; k < rows->n_keys; k++) {
        const HyVector *v = &rows->keys[k];
        bool null_a = hy_vector_is_null(v, a), null_b = hy_vector_is_null(v, b);
        size_t width = hy_physical_size(hy_type_physical(v->type));
        int c;
        if (null_a || null_b)
            c = null_a == null_b ? 0 : null_a == rows->columns[k].nulls_first ? -1 : 1;
        else {
            c = hy_compare_payload(
                v->type, (char *)v->data + a * width, (char *)v->data + b * width);
            c = rows->columns[k].is_descending ? -c : c;
        }
        if (c)
            return c;
    }
    return 0;
}

/* In order, ties by reference (sorting is stable), and a permutation. */
static void check(const Rows *rows, const HySortEntry *entries)
{
    static uint8_t seen[ROWS];
    memset(seen, 0, sizeof seen);
    for (size_t i = 0; i < ROWS; i++) {
        assert_true(entries[i].ref < ROWS);
        assert_false(seen[entries[i].ref]);
        seen[entries[i].ref] = 1;
        if (i == 0)
            continue;
        int c = compare_rows(rows, entries[i - 1].ref, entries[i].ref);
        if (c > 0 || (c == 0 && entries[i - 1].ref > entries[i].ref))
            fail_msg("entries %zu and %zu", i - 1, i);
    }
}

static void add_rows(
    HySortRun *run, const Rows *rows, size_t first, size_t n, uint64_t ref, HyArena *arena)
{
    HyVector keys[2];
    for (size_t k = 0; k < rows->n_keys; k++) {
        keys[k] = rows->keys[k];
        keys[k].data =
            (char *)keys[k].data + first * hy_physical_size(hy_type_physical(keys[k].type));
        if (keys[k].validity)
            keys[k].validity += first / 64;
    }
    assert_ok(hy_sort_run_add(run, keys, n, ref, arena));
}

static void sort_in_one(const Rows *rows, const HySortSpec *spec, HyArena *arena)
{
    HySortRun run;
    assert_ok(hy_sort_run_open(&run, spec, NULL));
    add_rows(&run, rows, 0, ROWS, 0, arena);
    assert_ok(hy_sort_run_sort(&run, NULL));
    check(rows, hy_sort_run_entries(&run));
    hy_sort_run_close(&run);
}

static void sort_in_parts(const Rows *rows, const HySortSpec *spec, HyArena *arena)
{
    HySortRun runs[3];
    HySortInput inputs[3];
    static HySortEntry sorted[ROWS], window[ROWS];
    HyExecContext ctx = {0};
    HyExec exec = {.ctx = &ctx};
    size_t sizes[3] = {64, 1920, ROWS - 1984};
    uint64_t add[3] = {0, 64, 1984};
    for (size_t r = 0; r < 3; r++) {
        assert_ok(hy_sort_run_open(&runs[r], spec, NULL));
        add_rows(&runs[r], rows, add[r], sizes[r], 0, arena);
        inputs[r] = (HySortInput){hy_sort_run_entries(&runs[r]), runs[r].n, add[r]};
    }
    assert_ok(hy_sort_partition(&exec, spec, inputs, 3, 0, UINT64_MAX, sorted));
    check(rows, sorted);
    /* only rows 20,000 to 20,099 are wanted */
    assert_ok(hy_sort_partition(&exec, spec, inputs, 3, 20000, 20100, window));
    for (size_t i = 20000; i < 20100; i++)
        assert_int_equal(window[i].ref, sorted[i].ref);
    for (size_t r = 0; r < 3; r++)
        hy_sort_run_close(&runs[r]);
}

static void sort_by(HyTypeId first, HyTypeId second, size_t n_keys, bool is_fixed)
{
    for (int way = 0; way < 4; way++) {
        HyArena *arena = hy_arena_create();
        Rows rows = {.n_keys = n_keys};
        HyTypeId ids[2] = {first, second};
        HySortSpec spec;
        for (size_t k = 0; k < n_keys; k++) {
            assert_ok(hy_vector_alloc(arena, hy_type(ids[k]), ROWS, &rows.keys[k]));
            fill(arena, &rows.keys[k]);
            rows.columns[k] = (HySortColumn){.type = hy_type(ids[k]),
                .is_descending = (way & 1) != 0,
                .nulls_first = (way & 2) != 0};
        }
        hy_sort_spec_init(&spec, rows.columns, n_keys);
        assert_int_equal(spec.is_fixed, is_fixed);
        sort_in_one(&rows, &spec, arena);
        sort_in_parts(&rows, &spec, arena);
        hy_arena_destroy(arena);
    }
}

static void test_keys_in_entries(void **state)
{
    (void)state;
    sort_by(HY_TYPE_INT8, 0, 1, true);
    sort_by(HY_TYPE_FLOAT8, 0, 1, true);
    sort_by(HY_TYPE_INT2, HY_TYPE_FLOAT8, 2, true);
}

static void test_keys_beside_entries(void **state)
{
    (void)state;
    sort_by(HY_TYPE_TEXT, 0, 1, false);
    sort_by(HY_TYPE_TEXT, HY_TYPE_INT8, 2, false);
    sort_by(HY_TYPE_INT2, HY_TYPE_TEXT, 2, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_in_entries),
        cmocka_unit_test(test_keys_beside_entries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
