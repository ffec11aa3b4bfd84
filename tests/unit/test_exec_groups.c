/* Group tables against counting by comparison: random keys of several types with nulls, looked up
 * with and without the shortcut of codes, must get the same numbers for the same values and only
 * then. */
#include "exec/group_table.h"
#include "types/compare.h"
#include "types/value.h"
#include "unit_test.h"
#include <math.h>

#define ROWS 2048

static uint32_t seed = 12345;

static uint32_t next_random(void)
{
    seed = seed * 1664525 + 1013904223;
    return seed >> 8;
}

static void fill(HyVector *v, size_t n, uint32_t range, HyArena *arena)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t x = next_random() % range;
        char text[40];
        switch (hy_type_physical(v->type)) {
        case HY_PHYS_I32:
            ((int32_t *)v->data)[i] = (int32_t)x - 7;
            break;
        case HY_PHYS_I64:
            ((int64_t *)v->data)[i] = (int64_t)x * 1000003;
            break;
        case HY_PHYS_F64:
            ((double *)v->data)[i] = x == 0 ? -0.0 : x == 1 ? 0.0 : x == 2 ? (double)NAN : x;
            break;
        default: {
            int len = snprintf(text, sizeof text, x % 2 ? "%u" : "a long text with number %u", x);
            char *copy = hy_arena_strndup(arena, text, (size_t)len);
            ((HyString *)v->data)[i] = hy_string_view(copy, (size_t)len);
            break;
        }
        }
        if (next_random() % 11 == 0) {
            assert_ok(hy_vector_need_validity(arena, v, n));
            hy_bitmap_clear(v->validity, i);
        }
    }
}

static bool same_key(const HyVector *a, size_t i, const HyVector *b, size_t k)
{
    bool null_a = hy_vector_is_null(a, i), null_b = hy_vector_is_null(b, k);
    if (null_a || null_b)
        return null_a == null_b;
    size_t width = hy_physical_size(hy_type_physical(a->type));
    return hy_compare_payload(a->type, (char *)a->data + i * width, (char *)b->data + k * width) ==
           0;
}

/* Equal numbers exactly for equal keys, over all pairs of rows. */
static void check(const HyVector *keys, size_t n_keys, size_t n, const uint32_t *groups)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++) {
            bool same = true;
            for (size_t key = 0; key < n_keys && same; key++)
                same = same_key(&keys[key], i, &keys[key], k);
            if (same != (groups[i] == groups[k]))
                fail_msg("rows %zu and %zu: groups %u and %u", i, k, groups[i], groups[k]);
        }
}

static void run(const HyType *types, size_t n_keys, uint32_t range, bool with_codes)
{
    HyArena *arena = hy_arena_create();
    HyGroupTable table;
    HyGroupCoder coder = {0};
    HyVector keys[3];
    HyMemory memory;
    static uint32_t groups[3 * ROWS];
    hy_memory_init(&memory, NULL, SIZE_MAX);
    assert_ok(hy_group_table_open(&table, types, n_keys, &memory));
    for (size_t k = 0; k < n_keys; k++) {
        assert_ok(hy_vector_alloc(arena, types[k], (size_t)3 * ROWS, &keys[k]));
        fill(&keys[k], (size_t)3 * ROWS, range, arena);
    }
    bool all_done = true;
    for (size_t first = 0; first < (size_t)3 * ROWS; first += ROWS) {
        HyVector part[3];
        uint64_t hashes[ROWS];
        bool done = false;
        for (size_t k = 0; k < n_keys; k++) {
            part[k] = keys[k];
            part[k].data =
                (char *)keys[k].data + first * hy_physical_size(hy_type_physical(types[k]));
            if (keys[k].validity)
                part[k].validity = keys[k].validity + first / 64;
        }
        if (with_codes)
            assert_ok(
                hy_group_coder_find(&coder, &table, part, ROWS, arena, groups + first, &done));
        all_done = all_done && done;
        if (done)
            continue;
        assert_ok(hy_group_hash(part, n_keys, ROWS, hashes));
        assert_ok(hy_group_table_find(&table, part, ROWS, hashes, arena, groups + first));
    }
    assert_int_equal(all_done, with_codes);
    check(keys, n_keys, (size_t)3 * ROWS, groups);
    for (uint32_t i = 0, seen = 0; i < 3 * ROWS; i++) { /* numbers are given without gaps */
        assert_true(groups[i] <= table.n_groups);
        seen = groups[i] >= seen ? groups[i] + 1 : seen;
        if (i == 3 * ROWS - 1)
            assert_int_equal(seen, table.n_groups);
    }
    hy_group_coder_close(&coder);
    hy_group_table_close(&table);
    assert_int_equal(atomic_load(&memory.used_bytes), 0);
    hy_arena_destroy(arena);
}

static void test_numbers_follow_keys(void **state)
{
    (void)state;
    HyType types[3] = {hy_type(HY_TYPE_TEXT), hy_type(HY_TYPE_FLOAT8), hy_type(HY_TYPE_INT8)};
    run(types, 1, 50, false);
    run(types, 1, 100000, false);
    run(types, 2, 9, false);
    run(types, 3, 5, false);
    run(types + 1, 1, 30, false); /* -0.0 and 0.0 are one group, NaN another */
}

static void test_codes_agree_with_table(void **state)
{
    (void)state;
    HyType types[2] = {hy_type(HY_TYPE_INT4), hy_type(HY_TYPE_INT4)};
    run(types, 1, 300, true);
    run(types, 2, 40, true);
}

/* A dictionary whose codes are new in each batch still means the same values. */
static void test_dictionaries_change(void **state)
{
    (void)state;
    HyArena *arena = hy_arena_create();
    HyType type = hy_type(HY_TYPE_TEXT);
    HyGroupTable table;
    HyGroupCoder coder = {0};
    HyString words[2][3];
    const char *texts[2][3] = {{"x", "y", "z"}, {"z", "x", "w"}};
    HyDictionary dicts[2];
    uint32_t codes[4] = {0, 1, 2, 0}, groups[2][4];
    uint64_t validity = 7;
    assert_ok(hy_group_table_open(&table, &type, 1, NULL));
    for (int d = 0; d < 2; d++) {
        for (int i = 0; i < 3; i++)
            words[d][i] = hy_string_view(texts[d][i], 1);
        dicts[d] = (HyDictionary){.values = words[d], .size = 3, .id = (uint64_t)d + 1};
        HyVector v = {.type = type,
            .kind = HY_VECTOR_DICTIONARY,
            .data = codes,
            .validity = &validity,
            .dict = &dicts[d]};
        bool done;
        assert_ok(hy_group_coder_find(&coder, &table, &v, 4, arena, groups[d], &done));
        assert_true(done);
    }
    assert_int_equal(groups[1][0], groups[0][2]); /* z */
    assert_int_equal(groups[1][1], groups[0][0]); /* x */
    assert_int_equal(groups[1][3], groups[0][3]); /* null */
    assert_int_equal(table.n_groups, 5);
    hy_group_coder_close(&coder);
    hy_group_table_close(&table);
    hy_arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_follow_keys),
        cmocka_unit_test(test_codes_agree_with_table),
        cmocka_unit_test(test_dictionaries_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
