#include "types/array.h"
#include "types/cast.h"
#include "types/compare.h"
#include "types/timezone.h"
#include "types_fixture.h"

static HyTextStyle style;
static HyArena *arena;

static int set_up(void **state)
{
    (void)state;
    hy_text_style_init(&style);
    arena = hy_arena_create();
    return arena == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    hy_arena_destroy(arena);
    return 0;
}

static HyType type_of(const char *name, int a, int b)
{
    int64_t mods[2] = {a, b};
    HyType type = hy_type(HY_TYPE_UNKNOWN);
    static const HyType elements[] = {{.id = HY_TYPE_INT4, .nullable = true},
        {.id = HY_TYPE_TEXT, .nullable = true}, {.id = HY_TYPE_FLOAT8, .nullable = true}};
    if (strcmp(name, "int[]") == 0 || strcmp(name, "text[]") == 0 ||
        strcmp(name, "float8[]") == 0) {
        type = hy_type(HY_TYPE_ARRAY);
        type.element = &elements[name[0] == 'i' ? 0 : name[0] == 't' ? 1 : 2];
        return type;
    }
    assert_ok(hy_type_from_name(name, mods, a == 0 ? 0 : b < 0 ? 1 : 2, &type));
    return type;
}

/* text -> from -> to -> text as the server would print it, or the SQLSTATE. */
static void check_cast(const char *text, HyType from, HyType to, const char *expected)
{
    HyValue v = hy_value_null(hy_type(HY_TYPE_TEXT)), middle = v, out = v;
    v.is_null = false;
    v.string = hy_string_view(text, strlen(text));
    HyStatus st = hy_cast_value(arena, &style, &v, from, &middle);
    if (!st)
        st = hy_cast_value(arena, &style, &middle, to, &out);
    HyBuffer buf = {0};
    if (!st)
        st = hy_value_format(to, hy_value_payload(&out), &style, &buf);
    assert_ok(hy_buffer_append_char(&buf, 0));
    const char *got = st ? st->sqlstate : buf.data;
    if (strcmp(got, expected) != 0)
        fail_msg("'%s' type %d to %d: %s instead of %s", text, from.id, to.id, got, expected);
    hy_error_free(st);
    hy_buffer_free(&buf);
}

/* Answers of tests/sql/types/casts.slt, cast_matrix.slt, number_text.slt and of the genuine server.
 */
static void values_cast_as_in_the_corpus(void **state)
{
    (void)state;
    static const struct {
        const char *text, *from;
        int a, b;
        const char *to;
        int c, d;
        const char *expected;
    } cases[] = {{"2.5", "numeric", 10, 2, "int", 0, -1, "3"},
        {"-2.5", "numeric", 10, 2, "int", 0, -1, "-3"}, {"2.5", "float8", 0, -1, "int", 0, -1, "2"},
        {"-1.5", "float8", 0, -1, "bigint", 0, -1, "-2"},
        {"0.5", "real", 0, -1, "smallint", 0, -1, "0"},
        {"NaN", "float8", 0, -1, "int", 0, -1, "22003"},
        {"2147483647.5", "float8", 0, -1, "int", 0, -1, "22003"},
        {"1e300", "float8", 0, -1, "real", 0, -1, "22003"},
        {"inf", "float8", 0, -1, "real", 0, -1, "Infinity"},
        {"70000", "int", 0, -1, "smallint", 0, -1, "22003"},
        {"-7", "int", 0, -1, "oid", 0, -1, "4294967289"},
        {"7", "bigint", 0, -1, "oid", 0, -1, "42601"}, {"t", "bool", 0, -1, "int", 0, -1, "1"},
        {"t", "bool", 0, -1, "bigint", 0, -1, "42601"},
        {"1.5", "float8", 0, -1, "bool", 0, -1, "42601"}, {"0", "int", 0, -1, "bool", 0, -1, "f"},
        {"123.45", "numeric", 10, 2, "numeric", 4, 2, "22003"},
        {"123.45", "numeric", 10, 2, "numeric", 38, 20, "123.45000000000000000000"},
        {"123.455", "numeric", 38, 20, "numeric", 5, 2, "123.46"},
        {"12345678901234567890", "numeric", 38, 0, "bigint", 0, -1, "22003"},
        {"abcdef", "text", 0, -1, "varchar", 3, -1, "abc"},
        {"\xc3\xa4\xc3\xb6\xc3\xbc!", "text", 0, -1, "varchar", 3, -1, "\xc3\xa4\xc3\xb6\xc3\xbc"},
        {"ab   ", "char", 5, -1, "text", 0, -1, "ab"},
        {"ab", "text", 0, -1, "char", 5, -1, "ab   "},
        {"ab", "char", 4, -1, "bytea", 0, -1, "\\x61622020"},
        {"\xe2\x82\xacx", "text", 0, -1, "char", 0, -1, "\xe2\x82\xac"},
        {" ", "char", 0, -1, "text", 0, -1, ""}, {"12", "int", 0, -1, "char", 0, -1, "42601"},
        {"12:34:56", "time", 0, -1, "timestamp", 0, -1, "1900-01-01 12:34:56"},
        {"12:34:56", "time", 0, -1, "interval", 0, -1, "PT12H34M56S"},
        {"12:34:56", "time", 0, -1, "varchar", 5, -1, "12:34"},
        {"2020-02-29", "date", 0, -1, "timestamptz", 0, -1, "2020-02-29 00:00:00+00"},
        {"2020-02-29 12:34:56.789", "timestamp", 0, -1, "time", 0, -1, "12:34:56.789"},
        {"P1M", "interval", 0, -1, "time", 0, -1, "42601"},
        {"\\x00ff", "bytea", 0, -1, "varchar", 5, -1, "\\x00f"},
        {"{\"a\": [1, 2]}", "json", 0, -1, "char", 5, -1, "{\"a\":"},
        {"{{", "text", 0, -1, "json", 0, -1, "22P02"},
        {"550E8400e29b41d4a716446655440000", "uuid", 0, -1, "text", 0, -1,
            "550e8400-e29b-41d4-a716-446655440000"},
        {"int4", "regtype", 0, -1, "oid", 0, -1, "23"},
        {"23", "regtype", 0, -1, "text", 0, -1, "integer"},
        {"[ 1, null,3]", "int[]", 0, -1, "text[]", 0, -1, "[\"1\",NULL,\"3\"]"},
        {"[1.5,-0.5]", "float8[]", 0, -1, "int[]", 0, -1, "[2,0]"},
        {"[\"a b\",\"c\\\"d\\\\\", NULL, \"\"]", "text[]", 0, -1, "text", 0, -1,
            "[\"a b\",\"c\\\"d\\\\\",NULL,\"\"]"},
        {"{1}", "text", 0, -1, "int[]", 0, -1, "22P02"},
        {"[1,x]", "text", 0, -1, "int[]", 0, -1, "22P02"},
        {"point(1 2)", "geography", 0, -1, "text", 0, -1, "POINT(1.0000000 2.0000000)"}};
    for (size_t i = 0; i < HY_ARRAY_LEN(cases); i++)
        check_cast(cases[i].text, type_of(cases[i].from, cases[i].a, cases[i].b),
            type_of(cases[i].to, cases[i].c, cases[i].d), cases[i].expected);
}

static void messages_are_the_servers(void **state)
{
    (void)state;
    static const struct {
        const char *text, *type, *message, *detail;
    } cases[] = {{"abc", "int", "invalid input syntax for integer", "'abc'"},
        {"99999 ", "smallint", "numeric overflow",
            "\nline 1, column 1: 99999\n                  ^~~~~"},
        {"x", "float8", "invalid input syntax for double precision", "'x'"},
        {"xyz", "numeric", "invalid number format: invalid character in numeric string",
            "\nline 1, column 2: xyz\n                   ^"},
        {"maybe", "bool", "invalid input syntax for bool", "'maybe'"},
        {"2020-13-45", "date",
            "invalid timestamp literal '2020-13-45': Overflowing Date Unit. Parsed with lenient "
            "date style MDY.",
            NULL},
        {"\\xzz", "bytea", "invalid bytes format", NULL}};
    for (size_t i = 0; i < HY_ARRAY_LEN(cases); i++) {
        HyString payload;
        HyStatus st = hy_value_parse(arena, type_of(cases[i].type, 0, -1), &style, cases[i].text,
            strlen(cases[i].text), &payload);
        assert_non_null(st);
        assert_string_equal(st->message, cases[i].message);
        if (cases[i].detail)
            assert_string_equal(st->detail, cases[i].detail);
        hy_error_free(st);
    }
}

/* Whatever the form and the kernel, each row comes out as hy_cast_value has it. */
static void check_vector_cast(const HyVector *in, size_t n, HyType to)
{
    HyVector out;
    assert_ok(hy_cast_vector(arena, &style, in, n, to, true, &out));
    bool any_failed = false;
    for (size_t i = 0; i < n; i++) {
        HyValue v = hy_vector_value(in, i), expected;
        HyStatus st = hy_cast_value(arena, &style, &v, to, &expected);
        any_failed |= st != NULL;
        bool is_null = st != NULL || v.is_null;
        hy_error_free(st);
        if (hy_vector_is_null(&out, i) != is_null)
            fail_msg("type %d to %d row %zu: null", v.type.id, to.id, i);
        HyValue got = hy_vector_value(&out, i);
        if (!is_null && hy_compare_value(&got, &expected) != 0)
            fail_msg("type %d to %d row %zu", v.type.id, to.id, i);
    }
    HyStatus st = hy_cast_vector(arena, &style, in, n, to, false, &out);
    assert_int_equal(st != NULL, any_failed);
    hy_error_free(st);
}

static void vectors_cast_as_their_values(void **state)
{
    (void)state;
    static const HyType more[] = {{.id = HY_TYPE_NUMERIC, .precision = 18, .scale = 6},
        {.id = HY_TYPE_NUMERIC, .precision = 5, .scale = 0},
        {.id = HY_TYPE_NUMERIC, .precision = 20, .scale = 0}};
    enum { SAMPLES = HY_ARRAY_LEN(sample_types), ALL = SAMPLES + HY_ARRAY_LEN(more) };
    for (size_t f = 0; f < ALL; f++) {
        for (size_t t = 0; t < ALL; t++) {
            HyType from = f < SAMPLES ? sample_types[f] : more[f - SAMPLES];
            HyType to = t < SAMPLES ? sample_types[t] : more[t - SAMPLES];
            if (!hy_cast_exists(from, to))
                continue;
            for (int kind = 0; kind < 3; kind++) {
                HyVector v = random_vector(arena, from, 90, (HyVectorKind)kind, kind == 0 ? 0 : 6);
                check_vector_cast(&v, 90, to);
            }
        }
    }
}

/* A dictionary stays one, even with an entry that does not fit, as long as no row uses it. */
static void dictionaries_stay_dictionaries(void **state)
{
    (void)state;
    HyString values[3] = {hy_string_view("x", 1), hy_string_view("10", 2), hy_string_view("20", 2)};
    HyDictionary dict = {.values = values, .size = 3};
    uint32_t codes[4] = {1, 2, 2, 1};
    HyVector v = {
        .type = hy_type(HY_TYPE_TEXT), .kind = HY_VECTOR_DICTIONARY, .data = codes, .dict = &dict};
    HyVector out;
    assert_ok(hy_cast_vector(arena, &style, &v, 4, hy_type(HY_TYPE_INT4), false, &out));
    assert_int_equal(hy_vector_value(&out, 2).i32, 20);
    values[0] = values[1];
    assert_ok(hy_cast_vector(arena, &style, &v, 4, hy_type(HY_TYPE_INT4), false, &out));
    assert_int_equal(out.kind, HY_VECTOR_DICTIONARY);
    assert_int_equal(hy_vector_value(&out, 3).i32, 10);
}

static void text_of_values_reads_back(void **state)
{
    (void)state;
    HyBuffer buf = {0};
    for (int i = 0; i < 20000; i++) {
        HyType type = sample_types[i % (int)HY_ARRAY_LEN(sample_types)];
        if (type.id == HY_TYPE_FLOAT4 || type.id == HY_TYPE_FLOAT8 ||
            type.id == HY_TYPE_INTERVAL) /* printed with fewer digits; signs of mixed parts */
            continue;
        HyValue v = random_value(arena, type), back = v;
        buf.len = 0;
        assert_ok(hy_value_format(type, hy_value_payload(&v), &style, &buf));
        const char *text = hy_arena_strndup(arena, buf.data ? buf.data : "", buf.len);
        memset(&back.string, 0, sizeof back.string);
        assert_ok(hy_value_parse(arena, type, &style, text, buf.len, &back.string));
        bool blank = type.id == HY_TYPE_CHAR1 && v.u32 == ' '; /* read as 0 */
        if (!blank && hy_compare_value(&v, &back) != 0)
            fail_msg("type %d: %s", type.id, text);
    }
    hy_buffer_free(&buf);
}

static void types_have_names_and_numbers(void **state)
{
    (void)state;
    HyBuffer buf = {0};
    HyType type;
    for (size_t i = 0; i < HY_ARRAY_LEN(sample_types); i++) {
        HyType back =
            hy_type_from_oid(hy_type_oid(sample_types[i]), hy_type_typmod(sample_types[i]));
        assert_true(hy_type_equal(back, sample_types[i]));
    }
    assert_ok(hy_type_format(hy_type_from_oid(1007, -1), &buf));
    assert_ok(hy_type_format(hy_type_numeric(10, 2), &buf));
    assert_int_equal(buf.len, strlen("array(integer)numeric(10,2)"));
    assert_memory_equal(buf.data, "array(integer)numeric(10,2)", buf.len);
    hy_buffer_free(&buf);
    assert_int_equal(hy_type_typmod(hy_type_numeric(10, 2)), 655366);
    assert_fails(hy_type_from_name("double", NULL, 0, &type), "42704");
    assert_fails(hy_type_from_name("bit", (int64_t[]){3}, 1, &type), "0A000");
    assert_fails(hy_type_from_name("numeric", (int64_t[]){39, 1}, 2, &type), "42601");
    assert_int_equal(type_of("float", 24, -1).id, HY_TYPE_FLOAT4);
    assert_int_equal(type_of("CHAR", 1, -1).id, HY_TYPE_CHAR1);
}

static void common_types_follow_the_rules(void **state)
{
    (void)state;
    static const struct {
        const char *a;
        int a1, a2;
        const char *b;
        int b1, b2;
        const char *out; /* NULL: none */
        int o1, o2;
    } cases[] = {{"varchar", 3, -1, "varchar", 5, -1, "varchar", 5, -1},
        {"varchar", 3, -1, "char", 3, -1, "text", 0, -1},
        {"numeric", 10, 2, "bigint", 0, -1, "numeric", 21, 2},
        {"numeric", 38, 0, "numeric", 38, 20, "numeric", 38, 20},
        {"bigint", 0, -1, "real", 0, -1, "real", 0, -1},
        {"numeric", 5, 2, "float8", 0, -1, "float8", 0, -1},
        {"date", 0, -1, "timestamptz", 0, -1, "timestamptz", 0, -1},
        {"char", 0, -1, "text", 0, -1, NULL, 0, -1}, {"int", 0, -1, "text", 0, -1, NULL, 0, -1},
        {"date", 0, -1, "time", 0, -1, NULL, 0, -1}, {"oid", 0, -1, "int", 0, -1, "oid", 0, -1}};
    for (size_t i = 0; i < HY_ARRAY_LEN(cases); i++) {
        HyType out, a = type_of(cases[i].a, cases[i].a1, cases[i].a2),
                    b = type_of(cases[i].b, cases[i].b1, cases[i].b2);
        bool found = hy_type_common(a, b, &out);
        assert_int_equal(found, cases[i].out != NULL);
        if (found)
            assert_true(hy_type_equal(out, type_of(cases[i].out, cases[i].o1, cases[i].o2)));
    }
    HyType out;
    assert_true(hy_type_comparable(type_of("char", 0, -1), type_of("text", 0, -1), &out));
    assert_false(hy_type_comparable(type_of("oid", 0, -1), type_of("numeric", 5, 2), &out));
}

#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(values_cast_as_in_the_corpus),
        WITH_ARENA(messages_are_the_servers),
        WITH_ARENA(vectors_cast_as_their_values),
        WITH_ARENA(dictionaries_stay_dictionaries),
        WITH_ARENA(text_of_values_reads_back),
        WITH_ARENA(types_have_names_and_numbers),
        WITH_ARENA(common_types_follow_the_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
