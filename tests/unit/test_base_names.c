#include "base/bitmap.h"
#include "base/hash.h"
#include "base/levenshtein.h"
#include "base/string_map.h"
#include "unit_test.h"

#define N_KEYS 2000

static size_t key_of(size_t i, char *key)
{
    return (size_t)snprintf(key, 32, "%zu%s", i, i % 3 ? "" : "_with_a_longer_tail");
}

/* Inserts, replaces and removes in a scrambled order, against an array as the model. */
static void check_map(HyArena *arena)
{
    static int values[2];
    static void *model[N_KEYS];
    memset(model, 0, sizeof model);
    HyStringMap map;
    hy_string_map_init(&map, arena);
    size_t count = 0;
    for (size_t step = 0; step < 20000; step++) {
        size_t i = hy_hash_u64(step) % N_KEYS;
        char key[32];
        size_t len = key_of(i, key);
        assert_ptr_equal(hy_string_map_get(&map, key, len), model[i]);
        if (hy_hash_u64(step + 77) % 3 == 0) {
            assert_ptr_equal(hy_string_map_remove(&map, key, len), model[i]);
            count -= model[i] != NULL;
            model[i] = NULL;
        } else {
            count += model[i] == NULL;
            model[i] = &values[step % 2];
            assert_ok(hy_string_map_put(&map, key, len, model[i]));
        }
        assert_int_equal(map.count, count);
    }
    size_t seen = 0;
    size_t pos = 0;
    const char *key;
    size_t len;
    void *value;
    while (hy_string_map_next(&map, &pos, &key, &len, &value)) {
        assert_int_equal(strlen(key), len);
        assert_ptr_equal(value, model[strtoul(key, NULL, 10)]);
        seen++;
    }
    assert_int_equal(seen, count);
    hy_string_map_free(&map);
    assert_null(hy_string_map_get(&map, "0", 1));
}

static void map_on_heap_and_in_arena(void **state)
{
    (void)state;
    check_map(NULL);
    HyArena *arena = hy_arena_create();
    check_map(arena);
    hy_arena_destroy(arena);
}

static void map_survives_exhaustion(void **state)
{
    (void)state;
    HyStringMap map = {0};
    for (int n = 1; n <= 2; n++) { /* the table, then the key */
        alloc_fault_arm(n);
        assert_fails(hy_string_map_put(&map, "k", 1, &map), "53200");
        assert_true(alloc_fault_disarm());
        assert_null(hy_string_map_get(&map, "k", 1));
        assert_int_equal(map.count, 0);
        hy_string_map_free(&map);
    }
}

static size_t distance(const char *a, const char *b, size_t limit)
{
    size_t forth = hy_edit_distance(a, strlen(a), b, strlen(b), limit);
    assert_int_equal(hy_edit_distance(b, strlen(b), a, strlen(a), limit), forth);
    return forth;
}

static void edit_distances(void **state)
{
    (void)state;
    assert_int_equal(distance("", "", 5), 0);
    assert_int_equal(distance("", "abc", 5), 3);
    assert_int_equal(distance("kitten", "sitting", 9), 3);
    assert_int_equal(distance("price", "PRICE", 9), 0);
    assert_int_equal(distance("price", "pirce", 9), 1); /* a swap */
    assert_int_equal(distance("ca", "abc", 9), 3);      /* optimal string alignment */
    assert_int_equal(distance("kitten", "sitting", 2), 3);
    assert_int_equal(distance("abcdefgh", "hgfedcba", 2), 3);
    char longer[66];
    memset(longer, 'x', sizeof longer);
    assert_int_equal(hy_edit_distance(longer, 65, longer, 65, 3), 4);
    assert_int_equal(hy_edit_distance(longer, 64, longer, 64, 3), 0);
}

static const char *nearest(const char *name)
{
    static const char *candidates[] = {"brand", "price", "power_ps", "x", "gearbox", "price_eur"};
    HyNameMatch match = hy_name_match(name, strlen(name));
    for (size_t i = 0; i < HY_ARRAY_LEN(candidates); i++)
        hy_name_match_offer(&match, candidates[i], strlen(candidates[i]));
    return match.best;
}

static void nearest_name(void **state)
{
    (void)state;
    assert_string_equal(nearest("pirce"), "price");
    assert_string_equal(nearest("powerps"), "power_ps");
    assert_string_equal(nearest("price_euro"), "price_eur");
    assert_null(nearest("mileage"));
    assert_null(nearest("y")); /* "x" has no letter in common */
}

static void bitmap_counts(void **state)
{
    (void)state;
    uint64_t map[5] = {0};
    hy_bitmap_fill(map, 320, true);
    size_t expected = 0;
    for (size_t i = 0; i < 320; i++) {
        hy_bitmap_put(map, i, i % 3 == 0);
        expected += i % 3 == 0;
        assert_int_equal(hy_bitmap_count(map, i + 1), expected);
        if (i + 1 < 320) /* what lies behind is set but was not counted */
            assert_true(hy_bitmap_get(map, i + 1));
    }
    assert_int_equal(hy_bitmap_count(map, 0), 0);
    hy_bitmap_clear(map, 0);
    hy_bitmap_set(map, 1);
    hy_bitmap_set(map, 2);
    assert_int_equal(hy_bitmap_count(map, 320), expected + 1);
}

static void hashes_differ(void **state)
{
    (void)state;
    char bytes[100] = {0};
    uint64_t seen[100];
    for (size_t len = 0; len < 100; len++) {
        seen[len] = hy_hash_bytes(bytes, len);
        for (size_t i = 0; i < len; i++)
            assert_true(seen[i] != seen[len]);
    }
    assert_true(hy_hash_combine(1, 2) != hy_hash_combine(2, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(map_on_heap_and_in_arena),
        cmocka_unit_test(map_survives_exhaustion),
        cmocka_unit_test(edit_distances),
        cmocka_unit_test(nearest_name),
        cmocka_unit_test(bitmap_counts),
        cmocka_unit_test(hashes_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
