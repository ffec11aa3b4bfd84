#include "base/json.h"
#include "unit_test.h"

static HyArena *arena;

static int make_arena(void **state)
{
    (void)state;
    arena = hy_arena_create();
    return arena ? 0 : -1;
}

static int free_arena(void **state)
{
    (void)state;
    hy_arena_destroy(arena);
    return 0;
}

static const HyJson *parse(const char *text)
{
    HyJson *root = NULL;
    assert_ok(hy_json_parse(arena, text, strlen(text), &root));
    assert_true(hy_json_is_valid(text, strlen(text)));
    return root;
}

static void tree_of_a_document(void **state)
{
    (void)state;
    const HyJson *root =
        parse(" {\"a\": [1, -2.5e3, true, null, {}], \"b\":{\"c\" :\"x\"},\"a\":[]}\n");
    assert_int_equal(root->kind, HY_JSON_OBJECT);
    assert_int_equal(root->n_items, 3);
    assert_string_equal(root->keys[0], "a");
    const HyJson *list = root->items[0];
    assert_int_equal(list->n_items, 5);
    assert_true(list->items[0]->is_integer);
    assert_int_equal(list->items[0]->integer, 1);
    assert_false(list->items[1]->is_integer);
    assert_true(list->items[1]->number == -2500.0);
    assert_string_equal(list->items[1]->text, "-2.5e3");
    assert_true(list->items[2]->boolean);
    assert_int_equal(list->items[3]->kind, HY_JSON_NULL);
    assert_int_equal(list->items[4]->n_items, 0);
    assert_string_equal(hy_json_get(hy_json_get(root, "b"), "c")->text, "x");
    assert_int_equal(hy_json_get(root, "a")->n_items, 0); /* the last of equal keys */
    assert_null(hy_json_get(root, "none"));
    assert_null(hy_json_get(NULL, "a"));
    assert_null(hy_json_get(list, "a"));
    assert_int_equal(list->source_len, strlen("[1, -2.5e3, true, null, {}]"));
    assert_memory_equal(list->source, "[1, -2.5e3, true, null, {}]", list->source_len);
}

static void integers_at_their_limits(void **state)
{
    (void)state;
    const HyJson *root = parse("[9223372036854775807,-9223372036854775808,9223372036854775808,-0]");
    assert_true(root->items[0]->integer == INT64_MAX);
    assert_true(root->items[1]->is_integer && root->items[1]->integer == INT64_MIN);
    assert_false(root->items[2]->is_integer);
    assert_true(root->items[2]->number == 9223372036854775808.0);
    assert_true(root->items[3]->is_integer);
}

static void strings_and_escapes(void **state)
{
    (void)state;
    const HyJson *s =
        parse("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20AC\\ud83d\\ude00\xc3\xa4\"");
    const char *expected = "\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xc3\xa4";
    assert_string_equal(s->text, expected);
    assert_int_equal(s->text_len, strlen(expected));
    const HyJson *nul = parse("\"a\\u0000b\"");
    assert_int_equal(nul->text_len, 3);
    assert_memory_equal(nul->text, "a\0b", 4);

    HyBuffer buf = {0};
    assert_ok(hy_json_append_string(&buf, expected, strlen(expected)));
    assert_ok(hy_json_append_string(&buf, "\x01", 1));
    char *text = hy_buffer_take(&buf);
    assert_string_equal(text,
        "\"\\\"\\\\/\\b\\f\\n\\r\\tA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xc3\xa4\""
        "\"\\u0001\"");
    free(text);
}

static void bad_documents_are_refused(void **state)
{
    (void)state;
    static const char *bad[] = {"", " ", "{", "{{", "[1,]", "[1 2]", "{\"a\"}", "{\"a\":}", "{a:1}",
        "{\"a\":1,}", "01", "-", "1.", ".5", "1e", "+1", "tru", "nulll", "\"", "\"\\\"", "\"a\nb\"",
        "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\ud800\"", "\"\\ud800\\u0041\"",
        "\"\\ude00\\ud83d\"", "\"\\ud83d\\n\"", "\"\xff\"", "\"\xc3\"", "\"\xed\xa0\x80\"",
        "\"\xc0\xaf\"", "[]]", "1 2", "'a'", "NaN"};
    for (size_t i = 0; i < HY_ARRAY_LEN(bad); i++) {
        HyJson *root;
        HyStatus st = hy_json_parse(arena, bad[i], strlen(bad[i]), &root);
        if (!st || hy_json_is_valid(bad[i], strlen(bad[i])))
            fail_msg("accepted: %s", bad[i]);
        assert_string_equal(st->sqlstate, "22P02");
        assert_string_equal(st->message, "invalid JSON document");
        hy_error_free(st);
    }
    HyJson *root;
    HyStatus st = hy_json_parse(arena, "[1, x]", 6, &root);
    assert_string_equal(st->detail, "unexpected byte 0x78 at byte offset 4");
    hy_error_free(st);
    assert_false(hy_json_is_valid("1\0", 2));
}

static void depth_is_limited(void **state)
{
    (void)state;
    char text[2100];
    for (size_t depth = 1000; depth <= 1001; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        HyJson *root;
        assert_int_equal(hy_json_is_valid(text, 2 * depth), depth == 1000);
        HyStatus st = hy_json_parse(arena, text, 2 * depth, &root);
        assert_int_equal(st == HY_OK, depth == 1000);
        if (st)
            assert_non_null(strstr(st->detail, "1000 nested levels"));
        hy_error_free(st);
    }
}

static void exhaustion_is_reported(void **state)
{
    (void)state;
    /* 100 elements: the stack of elements grows once. */
    char text[410] = "[";
    for (int i = 0; i < 100; i++)
        strncat(text, "\"a\",", 5);
    strncat(text, "0]", 3);
    bool has_failed = true;
    for (int n = 1; has_failed; n++) {
        HyArena *fresh = hy_arena_create();
        HyJson *root = NULL;
        alloc_fault_arm(n);
        HyStatus st = hy_json_parse(fresh, text, strlen(text), &root);
        has_failed = alloc_fault_disarm();
        assert_int_equal(st != HY_OK, has_failed);
        if (st)
            assert_string_equal(st->sqlstate, "53200");
        hy_error_free(st);
        hy_arena_destroy(fresh);
        assert_true(n < 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tree_of_a_document),
        cmocka_unit_test(integers_at_their_limits),
        cmocka_unit_test(strings_and_escapes),
        cmocka_unit_test(bad_documents_are_refused),
        cmocka_unit_test(depth_is_limited),
        cmocka_unit_test(exhaustion_is_reported),
    };
    return cmocka_run_group_tests(tests, make_arena, free_arena);
}
