/* Versions of relations in memory: appending vectors of every form, sharing of the tail between
 * versions, and the lists of deleted rows. */
#include "unit_test.h"

#include "base/bytes.h"
#include "storage/appender.h"
#include "storage/deletes.h"
#include "storage/relation_change.h"

static HyBlockStore *create_store(void)
{
    HyBlockStoreOptions options = {.version = 2};
    HyBlockStore *store;
    assert_ok(hy_block_store_create(NULL, NULL, &options, &store));
    return store;
}

static HyRelation *append(HyRelation *from, HyBlockStore *store, const HyVector *vector, size_t n)
{
    HyAppenderOptions options = {.store = store};
    HyVector copy = *vector;
    HyBatch batch = {.n_rows = n, .n_cols = 1, .cols = &copy};
    HyAppender *appender;
    HyRelation *out;
    assert_ok(hy_appender_create(from, &options, &appender));
    assert_ok(hy_appender_append(appender, &batch));
    assert_int_equal(hy_appender_row_count(appender), n);
    assert_ok(hy_appender_finish(appender, &out));
    return out;
}

/* The text of a row: NULL for null. Static storage. */
static const char *text_at(HyRelation *relation, int64_t row_id)
{
    static char text[128];
    HyArena *arena = hy_arena_create();
    HyBatch batch;
    uint32_t column = 0;
    assert_ok(hy_relation_read(relation, HY_ROW_BLOCK(row_id), HY_ROW_POSITION(row_id), 1, &column,
        1, arena, &batch, NULL));
    assert_int_equal(batch.n_rows, 1);
    bool is_null = hy_vector_is_null(&batch.cols[0], 0);
    const HyString *s = batch.cols[0].data;
    snprintf(text, sizeof text, "%.*s", (int)s->len, hy_string_data(s));
    hy_arena_destroy(arena);
    return is_null ? NULL : text;
}

static void test_vector_forms(void **state)
{
    (void)state;
    HyBlockStore *store = create_store();
    HyType type = hy_type(HY_TYPE_TEXT);
    HyRelation *empty;
    assert_ok(hy_relation_create(&type, 1, &empty));
    HyString values[] = {hy_string_view("", 0), hy_string_view("short", 5),
        hy_string_view("longer than twelve bytes", 24)};
    HyDictionary dictionary = {.values = values, .size = 3};
    enum { N = 200000 };
    uint32_t *codes = calloc(N, sizeof *codes);
    uint64_t *validity = calloc(hy_bitmap_words(N), 8);
    for (size_t i = 0; i < N; i++) {
        codes[i] = (uint32_t)(i % 3);
        hy_bitmap_put(validity, i, i % 7 != 0);
    }
    HyVector vector = {.type = type,
        .kind = HY_VECTOR_DICTIONARY,
        .data = codes,
        .validity = validity,
        .dict = &dictionary};
    HyRelation *first = append(empty, store, &vector, N); /* more than a block */
    assert_int_equal(hy_relation_block_count(first), 2);
    HyVector constant = {.type = type, .kind = HY_VECTOR_CONSTANT, .data = &values[2]};
    HyRelation *second = append(first, store, &constant, 70000);
    uint64_t none = 0;
    constant.validity = &none;
    HyRelation *third = append(second, store, &constant, 70000);
    memset(values, 0xee, sizeof values); /* everything was copied */

    assert_int_equal(hy_relation_row_count(first), N);
    assert_int_equal(hy_relation_row_count(third), N + 140000);
    for (int64_t i = 0; i < N; i += 331) {
        static const char *const texts[] = {"", "short", "longer than twelve bytes"};
        const char *expected = i % 7 == 0 ? NULL : texts[i % 3];
        const char *got = text_at(third, i);
        assert_true(expected ? got && strcmp(expected, got) == 0 : !got);
    }
    assert_string_equal(text_at(third, N + 69999), "longer than twelve bytes");
    assert_null(text_at(third, N + 70000));
    int64_t n_nulls = 0;
    for (size_t b = 0; b < hy_relation_block_count(third); b++) {
        int64_t n;
        assert_ok(hy_relation_count_nulls(third, b, 0, &n));
        n_nulls += n;
    }
    assert_int_equal(n_nulls, (N + 6) / 7 + 70000);
    hy_relation_unref(third);
    hy_relation_unref(second);
    hy_relation_unref(first);
    hy_relation_unref(empty);
    hy_block_store_unref(store);
    free(codes);
    free(validity);
}

/* Two versions made from the same one: the first shares its tail, the second copies it. */
static void test_branches(void **state)
{
    (void)state;
    HyBlockStore *store = create_store();
    HyType type = hy_type(HY_TYPE_TEXT);
    HyRelation *base;
    assert_ok(hy_relation_create(&type, 1, &base));
    HyString a = hy_string_view("the base's own text", 19);
    HyString b = hy_string_view("text of the first branch", 24);
    HyString c = hy_string_view("text of the second branch", 25);
    HyVector va = {.type = type, .kind = HY_VECTOR_CONSTANT, .data = &a};
    HyVector vb = {.type = type, .kind = HY_VECTOR_CONSTANT, .data = &b};
    HyVector vc = {.type = type, .kind = HY_VECTOR_CONSTANT, .data = &c};
    HyRelation *root = append(base, store, &va, 10);
    HyRelation *left = append(root, store, &vb, 30);
    HyRelation *right = append(root, store, &vc, 1000);
    HyRelation *longer = append(left, store, &va, 100); /* grows, while `left` stays */
    hy_relation_unref(base);
    hy_relation_unref(root);
    for (int64_t i = 0; i < 1010; i++) {
        if (i < 40)
            assert_string_equal(
                text_at(left, i), i < 10 ? "the base's own text" : "text of the first branch");
        if (i < 140)
            assert_string_equal(text_at(longer, i),
                i < 10 || i >= 40 ? "the base's own text" : "text of the first branch");
        assert_string_equal(
            text_at(right, i), i < 10 ? "the base's own text" : "text of the second branch");
    }
    hy_relation_unref(left);
    assert_string_equal(text_at(longer, 20), "text of the first branch");
    hy_relation_unref(longer);
    hy_relation_unref(right);
    hy_block_store_unref(store);
}

static uint64_t random_state = 1234567;

static uint64_t next_random(void)
{
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return random_state >> 33;
}

/* Node by node: at most 100 ranges in a leaf, at most 64 keys in an inner node, keys as specified.
 */
static size_t check_node(const uint8_t **at, uint64_t *last_first)
{
    uint8_t is_leaf = (*at)[0];
    uint32_t n = hy_load_u32(*at + 1);
    *at += 5;
    if (is_leaf) {
        assert_in_range(n, 1, 100);
        *last_first = hy_load_u64(*at + 16 * (n - 1));
        *at += 16 * (size_t)n;
        return n;
    }
    assert_in_range(n, 1, 64);
    const uint8_t *keys = *at;
    size_t total = 0;
    *at += 8 * (size_t)n;
    for (uint32_t i = 0; i <= n; i++) {
        total += check_node(at, last_first);
        if (i < n)
            assert_int_equal(hy_load_u64(keys + 8 * (size_t)i), *last_first);
    }
    return total;
}

static void round_trip(int64_t row_count, uint64_t one_in)
{
    HyRowSet set = {0};
    HyDeleteMap *map;
    int64_t n_new;
    bool was_added;
    for (int64_t row = 0; row < row_count; row++) {
        if (next_random() % one_in == 0)
            assert_ok(hy_row_set_add(&set, row, &was_added));
    }
    assert_ok(hy_row_set_add(&set, row_count - 1, &was_added));
    assert_ok(hy_delete_map_add(NULL, &set, &map, &n_new));
    assert_int_equal(n_new, set.count);
    HyBuffer bytes = {0};
    assert_ok(hy_deletes_format(map, row_count, &bytes));
    const uint8_t *at = (const uint8_t *)bytes.data + 2;
    uint64_t last_first;
    check_node(&at, &last_first);
    assert_ptr_equal(at, bytes.data + bytes.len);
    HyRowSet parsed = {0};
    assert_ok(hy_deletes_parse((const uint8_t *)bytes.data, bytes.len, row_count, &parsed));
    assert_int_equal(parsed.count, set.count);
    for (int64_t row = 0; row < row_count; row++)
        assert_int_equal(hy_row_set_has(&parsed, row), hy_row_set_has(&set, row));

    /* Cut off anywhere: an error or fewer rows, never a crash. */
    for (size_t len = 0; len < bytes.len && len < 3000; len++) {
        HyRowSet part = {0};
        uint8_t *copy = malloc(len + 1);
        memcpy(copy, bytes.data, len);
        HyStatus st = hy_deletes_parse(copy, len, row_count, &part);
        assert_true(st || part.count == 0);
        hy_error_free(st);
        hy_row_set_free(&part);
        free(copy);
    }
    hy_row_set_free(&parsed);
    hy_row_set_free(&set);
    hy_delete_map_unref(map);
    hy_buffer_free(&bytes);
}

static void test_deletes_tree(void **state)
{
    (void)state;
    round_trip(1, 1);
    round_trip(150, 2);
    round_trip(300000, 1);  /* one range over blocks */
    round_trip(300000, 50); /* two levels */
    round_trip(2000000, 3); /* three levels */
    HyBuffer bytes = {0};
    assert_ok(hy_deletes_format(NULL, 100, &bytes));
    assert_int_equal(bytes.len, 1);
    assert_int_equal(bytes.data[0], 0);
    hy_buffer_free(&bytes);
}

static void test_row_sets(void **state)
{
    (void)state;
    HyRowSet a = {0};
    HyRowSet b = {0};
    bool was_added;
    for (int64_t row = 0; row < 400000; row += 3)
        assert_ok(hy_row_set_add(&a, row, &was_added));
    for (int64_t row = 0; row < 400000; row += 6) {
        assert_ok(hy_row_set_add(&b, row, &was_added));
        assert_true(was_added);
        assert_ok(hy_row_set_add(&b, row, &was_added));
        assert_false(was_added);
    }
    int64_t n = a.count;
    hy_row_set_subtract(&a, &b);
    assert_int_equal(a.count, n - b.count);
    assert_true(hy_row_set_has(&a, 3) && !hy_row_set_has(&a, 6) && !hy_row_set_has(&a, 900000));
    n = a.count;
    assert_ok(hy_row_set_add_word(&a, 0, 0, 0xFF)); /* 3 is there */
    assert_ok(hy_row_set_add_word(&a, 7, 2, 5));
    assert_int_equal(a.count, n + 9);
    assert_true(hy_row_set_has(&a, 7 * HY_BLOCK_ROWS + 130));
    hy_row_set_free(&a);
    hy_row_set_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vector_forms),
        cmocka_unit_test(test_branches),
        cmocka_unit_test(test_deletes_tree),
        cmocka_unit_test(test_row_sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
