#include "base/arena.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "unit_test.h"

static void arena_gives_aligned_disjoint_memory(void **state)
{
    (void)state;
    HyArena *arena = hy_arena_create();
    unsigned char *pieces[300];
    for (size_t i = 0; i < 300; i++) {
        size_t size = i * i; /* up to 89 KB: regular chunks and chunks of their own */
        pieces[i] = hy_arena_alloc(arena, size);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % 16, 0);
        memset(pieces[i], (int)(i & 0xff), size);
    }
    for (size_t i = 0; i < 300; i++)
        for (size_t j = 0; j < i * i; j++)
            if (pieces[i][j] != (i & 0xff))
                fail_msg("piece %zu was overwritten at %zu", i, j);
    assert_true(hy_arena_used_bytes(arena) >= 300ul * 299 * 599 / 6);

    unsigned char *zeroed = hy_arena_zalloc(arena, 5000);
    for (size_t i = 0; i < 5000; i++)
        assert_int_equal(zeroed[i], 0);
    assert_string_equal(hy_arena_strndup(arena, "abcdef", 3), "abc");
    assert_string_equal(hy_arena_printf(arena, "%d-%s", 42, "x"), "42-x");
    hy_arena_destroy(arena);
    hy_arena_destroy(NULL);
}

static void note_release(void *object)
{
    static int order;
    *(int *)object = ++order;
}

static void arena_releases_what_is_deferred_in_reverse(void **state)
{
    (void)state;
    int first = 0, second = 0, third = 0;
    HyArena *arena = hy_arena_create();
    assert_true(hy_arena_defer(arena, note_release, &first));
    assert_true(hy_arena_defer(arena, note_release, &second));
    hy_arena_reset(arena);
    assert_int_equal(second, 1);
    assert_int_equal(first, 2);
    assert_true(hy_arena_defer(arena, note_release, &third));
    hy_arena_destroy(arena);
    assert_int_equal(third, 3);
    assert_int_equal(first, 2); /* once */
}

static void arena_serves_rounds_from_the_same_memory(void **state)
{
    (void)state;
    HyArena *arena = hy_arena_create();
    hy_arena_reset(arena); /* before the first use */
    for (int round = 0; round < 5; round++) {
        alloc_fault_arm(round < 2 ? 0 : 1);
        for (int i = 0; i < 100; i++) {
            void *piece = hy_arena_alloc(arena, 1000);
            assert_non_null(piece);
            memset(piece, round, 1000);
        }
        assert_false(alloc_fault_disarm()); /* from the third round on nothing is allocated */
        assert_in_range(hy_arena_used_bytes(arena), 100000, 110000);
        hy_arena_reset(arena);
        assert_int_equal(hy_arena_used_bytes(arena), 0);
    }
    hy_arena_destroy(arena);
}

static HyStatus new_elements(HyArena *arena, size_t count)
{
    uint64_t *elements = NULL;
    HY_ARENA_NEW(arena, elements, count);
    return elements[count - 1] == 0 ? HY_OK : hy_error("XX000", "not zeroed");
}

static void arena_reports_exhaustion(void **state)
{
    (void)state;
    alloc_fault_arm(1);
    assert_null(hy_arena_create());
    assert_true(alloc_fault_disarm());

    HyArena *arena = hy_arena_create();
    alloc_fault_arm(1);
    assert_null(hy_arena_alloc(arena, 1)); /* the first chunk */
    assert_true(alloc_fault_disarm());
    assert_ok(new_elements(arena, 10));
    alloc_fault_arm(1);
    assert_fails(new_elements(arena, 1000000), "53200");
    assert_true(alloc_fault_disarm());
    assert_fails(new_elements(arena, SIZE_MAX / 8 + 2), "53200"); /* would wrap to 8 bytes */
    assert_null(hy_arena_alloc(arena, SIZE_MAX));
    assert_null(hy_arena_strndup(arena, "", SIZE_MAX));
    assert_ok(new_elements(arena, 10)); /* still usable */
    hy_arena_destroy(arena);
}

static void buffer_grows_and_hands_over(void **state)
{
    (void)state;
    HyBuffer buf = {0};
    for (int i = 0; i < 1000; i++) {
        assert_ok(hy_buffer_printf(&buf, "%d,", i));
        assert_ok(hy_buffer_append_char(&buf, ' '));
    }
    assert_int_equal(buf.len, 10 * 3 + 90 * 4 + 900 * 5);
    assert_memory_equal(buf.data, "0, 1, 2, ", 9);
    assert_memory_equal(buf.data + buf.len - 10, "998, 999, ", 10);
    char *text = hy_buffer_take(&buf);
    assert_int_equal(strlen(text), 4890);
    free(text);
    assert_null(buf.data);

    assert_ok(hy_buffer_append_u32(&buf, 0x04030201));
    assert_ok(hy_buffer_append_u64(&buf, 0x0807060504030201));
    assert_ok(hy_buffer_append(&buf, NULL, 0));
    assert_memory_equal(buf.data, "\1\2\3\4\1\2\3\4\5\6\7\10", 12);
    assert_fails(hy_buffer_reserve(&buf, SIZE_MAX), "53200");
    assert_int_equal(buf.len, 12);
    hy_buffer_free(&buf);

    text = hy_buffer_take(&buf); /* of an empty one */
    assert_string_equal(text, "");
    free(text);
}

static void buffer_survives_failed_growth(void **state)
{
    (void)state;
    HyBuffer buf = {0};
    assert_ok(hy_buffer_append_str(&buf, "kept"));
    alloc_fault_arm(1);
    char big[200];
    memset(big, 'x', sizeof big);
    assert_fails(hy_buffer_append(&buf, big, sizeof big), "53200");
    assert_true(alloc_fault_disarm());
    assert_int_equal(buf.len, 4);
    assert_memory_equal(buf.data, "kept", 4);
    hy_buffer_free(&buf);
}

static void budgets_count_through_the_chain(void **state)
{
    (void)state;
    HyMemory session;
    HyMemory statement;
    hy_memory_init(&session, NULL, 1000);
    hy_memory_init(&statement, &session, 600);
    void *a = NULL;
    void *b = NULL;
    assert_ok(hy_memory_zalloc(&statement, 600, &a));
    assert_int_equal((uintptr_t)a % 64, 0);
    assert_fails(hy_memory_alloc(&statement, 1, &b), "53200"); /* own limit */
    assert_fails(hy_memory_alloc(&session, 401, &b), "53200");
    assert_ok(hy_memory_alloc(&session, 400, &b));
    hy_memory_free(&statement, a, 600);
    assert_int_equal(session.used_bytes, 400);
    assert_int_equal(statement.used_bytes, 0);
    assert_int_equal(session.peak_bytes, 1000);
    statement.limit_bytes = SIZE_MAX;
    assert_fails(hy_memory_alloc(&statement, 601, &a), "53200"); /* the parent's limit */
    assert_int_equal(statement.used_bytes, 0);
    assert_int_equal(session.used_bytes, 400);
    hy_memory_free(&session, b, 400);

    alloc_fault_arm(1);
    assert_fails(hy_memory_alloc(&session, 100, &a), "53200");
    assert_true(alloc_fault_disarm());
    assert_int_equal(session.used_bytes, 0);
    hy_memory_free(&session, NULL, 0);
}

static void memory_grows_across_the_mapping_threshold(void **state)
{
    (void)state;
    HyMemory memory;
    hy_memory_init(&memory, NULL, SIZE_MAX);
    static const size_t sizes[] = {100, 5000, 20u << 20, 70u << 20, 30u << 20, 1000};
    void *p = NULL;
    size_t old_size = 0;
    for (size_t i = 0; i < HY_ARRAY_LEN(sizes); i++) {
        assert_ok(hy_memory_grow(&memory, &p, old_size, sizes[i]));
        assert_int_equal(memory.used_bytes, sizes[i]);
        if (i == 0)
            memset(p, 'k', 100);
        assert_memory_equal(p, "kkkkkkkkkkkkkkkkkkkk", 20);
        ((char *)p)[sizes[i] - 1] = 'k';
        old_size = sizes[i];
    }
    memory.limit_bytes = 2000;
    assert_fails(
        hy_memory_grow(&memory, &p, old_size, 1500), "53200"); /* needs both for a moment */
    assert_int_equal(memory.used_bytes, 1000);
    hy_memory_free(&memory, p, old_size);
    assert_int_equal(memory.used_bytes, 0);

    uint64_t *zeroed = NULL;
    assert_ok(hy_memory_zalloc(NULL, 17u << 20, (void **)&zeroed));
    for (size_t i = 0; i < (17u << 20) / 8; i += 511)
        assert_int_equal(zeroed[i], 0);
    hy_memory_free(NULL, zeroed, 17u << 20);
    assert_fails(hy_memory_alloc(NULL, SIZE_MAX - 10, &p), "53200");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_gives_aligned_disjoint_memory),
        cmocka_unit_test(arena_releases_what_is_deferred_in_reverse),
        cmocka_unit_test(arena_serves_rounds_from_the_same_memory),
        cmocka_unit_test(arena_reports_exhaustion),
        cmocka_unit_test(buffer_grows_and_hands_over),
        cmocka_unit_test(buffer_survives_failed_growth),
        cmocka_unit_test(budgets_count_through_the_chain),
        cmocka_unit_test(memory_grows_across_the_mapping_threshold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
