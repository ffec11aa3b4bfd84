#include "types_fixture.h"

static HyInt128 number(const char *text)
{
    HyInt128 v = 0;
    assert_ok(hy_numeric_parse(text, strlen(text), 38, 0, &v));
    return v;
}

static void assert_number(HyInt128 v, int scale, const char *expected)
{
    char text[HY_NUMERIC_TEXT_MAX + 1];
    text[hy_numeric_format(v, scale, text)] = 0;
    assert_string_equal(text, expected);
}

static void text_round_trips_up_to_38_digits(void **state)
{
    (void)state;
    for (int i = 0; i < 200000; i++) {
        int scale = (int)random_below(39);
        HyInt128 v = ((HyInt128)(int64_t)random_u64() * INT64_MAX ^ (HyInt128)random_u64()) %
                     hy_numeric_pow10[1 + random_below(38)];
        char text[HY_NUMERIC_TEXT_MAX];
        size_t len = hy_numeric_format(v, scale, text);
        HyInt128 back = 0;
        assert_ok(hy_numeric_parse(text, len, 38, scale, &back));
        assert_true(back == v);
    }
}

/* Answers of tests/sql/types/number_text.slt and of the genuine server. */
static void text_is_rounded_and_checked(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int precision, scale;
        const char *expected; /* five characters in capitals or digits: an SQLSTATE */
    } cases[] = {{"0.1e-6", 20, 5, "0.00000"}, {"-2.5e-10", 38, 20, "-0.00000000025000000000"},
        {"33.333333333333336", 38, 20, "33.33333333333333600000"}, {".", 20, 5, "0.00000"},
        {" +5. ", 20, 5, "5.00000"}, {"2.5", 5, 0, "3"}, {"-2.5", 5, 0, "-3"},
        {"99999999999999999999999999999999999999", 38, 0, "99999999999999999999999999999999999999"},
        {"0.99999999999999999999999999999999999999999", 38, 38, "22003"},
        {"999999999999999999999999999999999999999", 38, 0, "22003"}, {"1e16", 20, 5, "22003"},
        {"1e39", 38, 0, "22P02"}, {"1e19", 5, 0, "22P02"}, {"1e400", 20, 5, "22P02"},
        {"", 5, 2, "22P02"}, {"-", 5, 2, "22P02"}, {"1.5.5", 5, 2, "22P02"},
        {"NaN", 20, 5, "22P02"}, {"999.995", 5, 2, "22003"}, {"-999.994", 5, 2, "-999.99"}};
    for (size_t i = 0; i < HY_ARRAY_LEN(cases); i++) {
        HyInt128 v = 0;
        HyStatus st = hy_numeric_parse(
            cases[i].text, strlen(cases[i].text), cases[i].precision, cases[i].scale, &v);
        if (st) {
            assert_string_equal(st->sqlstate, cases[i].expected);
            hy_error_free(st);
        } else {
            assert_number(v, cases[i].scale, cases[i].expected);
        }
    }
}

/* The tables of spec/sql.md section 6. */
static void result_types_follow_the_rules(void **state)
{
    (void)state;
    static const struct {
        HyNumericOp op;
        int p1, s1, p2, s2, p, s;
    } cases[] = {{HY_NUMERIC_DIV, 5, 0, 7, 3, 16, 8}, {HY_NUMERIC_DIV, 19, 0, 20, 0, 38, 19},
        {HY_NUMERIC_DIV, 10, 0, 38, 5, 38, 23}, {HY_NUMERIC_DIV, 7, 3, 38, 5, 38, 29},
        {HY_NUMERIC_DIV, 38, 5, 38, 5, 38, 6}, {HY_NUMERIC_DIV, 20, 0, 19, 0, 38, 18},
        {HY_NUMERIC_DIV, 7, 3, 7, 3, 18, 11}, {HY_NUMERIC_ADD, 7, 3, 1, 0, 8, 3},
        {HY_NUMERIC_ADD, 7, 3, 10, 0, 14, 3}, {HY_NUMERIC_MUL, 7, 3, 7, 3, 14, 6},
        {HY_NUMERIC_MUL, 38, 10, 38, 10, 38, 6}, {HY_NUMERIC_MOD, 7, 3, 10, 0, 7, 3}};
    for (size_t i = 0; i < HY_ARRAY_LEN(cases); i++) {
        HyType type = hy_numeric_result_type(cases[i].op, hy_type_numeric(cases[i].p1, cases[i].s1),
            hy_type_numeric(cases[i].p2, cases[i].s2));
        assert_int_equal(type.precision, cases[i].p);
        assert_int_equal(type.scale, cases[i].s);
    }
    assert_int_equal(hy_numeric_type_of_constant(INT64_MIN).precision, 19);
    assert_int_equal(hy_numeric_type_of_constant(0).precision, 1);
}

static HyInt128 rounded_quotient(HyInt128 a, HyInt128 b)
{
    HyInt128 q = a / b, r = a % b;
    HyInt128 abs_r = r < 0 ? -r : r, abs_b = b < 0 ? -b : b;
    if (abs_r >= abs_b - abs_r)
        q += (a < 0) == (b < 0) ? 1 : -1;
    return q;
}

/* Against plain 128-bit arithmetic where that suffices. */
static void arithmetic_is_exactly_rounded(void **state)
{
    (void)state;
    for (int i = 0; i < 300000; i++) {
        HyInt128 a = (int64_t)random_u64() >> random_below(63);
        HyInt128 b = (int64_t)random_u64() >> random_below(63);
        int sa = (int)random_below(10), sb = (int)random_below(10), scale = (int)random_below(10);
        HyInt128 out = 0;
        if (b == 0)
            continue;
        int top = sa > sb ? sa : sb;
        HyInt128 wa = a * hy_numeric_pow10[top - sa], wb = b * hy_numeric_pow10[top - sb];
        assert_true(hy_numeric_compute(HY_NUMERIC_ADD, a, sa, b, sb, 38, top, &out));
        assert_true(out == wa + wb);
        assert_true(hy_numeric_compute(HY_NUMERIC_MOD, a, sa, b, sb, 38, top, &out));
        assert_true(out == wa % wb);
        HyInt128 product = a * b;
        bool ok = hy_numeric_compute(HY_NUMERIC_MUL, a, sa, b, sb, 38, 0, &out);
        HyInt128 expected = product / hy_numeric_pow10[sa + sb]; /* cut, not rounded */
        assert_true(ok == hy_numeric_fits(expected, 38));
        assert_true(!ok || out == expected);
        int shift = scale + sb - sa;
        if (shift >= 0 && shift <= 18) {
            expected = rounded_quotient(a * hy_numeric_pow10[shift], b);
            ok = hy_numeric_compute(HY_NUMERIC_DIV, a, sa, b, sb, 38, scale, &out);
            assert_true(ok == hy_numeric_fits(expected, 38));
            assert_true(!ok || out == expected);
        }
    }
}

/* Products and quotients of 256 bits; expected values by Python's integers. */
static void wide_arithmetic_is_exact(void **state)
{
    (void)state;
    HyInt128 a = number("12345678901234567890123456789012345678");
    HyInt128 b = number("98765432109876543210987654321098765432");
    HyInt128 big = number("99999999999999999999999999999999999999"), out = 0;
    assert_true(hy_numeric_compute(HY_NUMERIC_MUL, a, 38, b, 38, 38, 38, &out));
    assert_number(out, 38, "0.12193263113702179522618503273386678858");
    assert_true(hy_numeric_compute(HY_NUMERIC_MUL, -a, 37, b, 37, 38, 36, &out));
    assert_number(out, 36, "-12.193263113702179522618503273386678858");
    assert_true(hy_numeric_compute(HY_NUMERIC_DIV, a, 0, b, 0, 38, 38, &out));
    assert_number(out, 38, "0.12499999886093750001423828124982202148");
    assert_true(hy_numeric_compute(HY_NUMERIC_DIV, big, 38, 7, 0, 38, 37, &out));
    assert_number(out, 37, "0.1428571428571428571428571428571428571");
    assert_true(hy_numeric_compute(HY_NUMERIC_MOD, a, 0, b, 38, 38, 38, &out));
    assert_number(out, 38, "0.53247281302809103131562355625640217496");
    assert_true(hy_numeric_compute(HY_NUMERIC_MOD, a, 38, b, 0, 38, 38, &out));
    assert_true(out == a);
    assert_false(hy_numeric_compute(HY_NUMERIC_MUL, big, 0, 2, 0, 38, 0, &out));
    assert_false(hy_numeric_compute(HY_NUMERIC_MUL, big, 0, big, 0, 38, 0, &out));
    assert_false(hy_numeric_compute(HY_NUMERIC_ADD, big, 0, 1, 0, 38, 0, &out));
    assert_false(hy_numeric_compute(HY_NUMERIC_DIV, big, 0, 1, 38, 38, 6, &out));
    assert_int_equal(hy_numeric_compare(a, 0, b, 38), 1);
    assert_int_equal(hy_numeric_compare(-a, 0, b, 38), -1);
    assert_int_equal(hy_numeric_compare(150, 2, 15, 1), 0);
}

static void doubles_convert_as_the_server_does(void **state)
{
    (void)state;
    static const struct {
        double d;
        int precision, scale;
        const char *expected;
    } cases[] = {{2.5, 38, 0, "3"}, {-0.5, 38, 0, "-1"}, {0.1, 38, 20, "0.10000000000000000555"},
        {1.115, 10, 2, "1.11"}, {123456789.123456789, 18, 4, "123456789.1235"},
        {1e22, 38, 0, "10000000000000000000000"}};
    HyInt128 v = 0;
    for (size_t i = 0; i < HY_ARRAY_LEN(cases); i++) {
        assert_true(hy_numeric_from_double(cases[i].d, cases[i].precision, cases[i].scale, &v));
        assert_number(v, cases[i].scale, cases[i].expected);
    }
    assert_false(hy_numeric_from_double((double)NAN, 38, 0, &v));
    assert_false(hy_numeric_from_double((double)INFINITY, 38, 0, &v));
    assert_false(hy_numeric_from_double(1e10, 10, 2, &v));
    assert_true(hy_numeric_to_double(123456, 3) == 123.456);
    assert_true(hy_numeric_to_double(-number("10000000000000000000000"), 2) == -1e20);
}

static void literals_carry_their_digits(void **state)
{
    (void)state;
    HyInt128 v = 0;
    int precision = 0, scale = 0;
    assert_true(hy_numeric_literal("1.50", 4, &v, &precision, &scale));
    assert_true(v == 150 && precision == 3 && scale == 2);
    assert_true(hy_numeric_literal(".5", 2, &v, &precision, &scale));
    assert_true(v == 5 && precision == 1 && scale == 1);
    assert_false(hy_numeric_literal(".", 1, &v, &precision, &scale));
    assert_false(hy_numeric_literal("1.5e3", 5, &v, &precision, &scale));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_round_trips_up_to_38_digits),
        cmocka_unit_test(text_is_rounded_and_checked),
        cmocka_unit_test(result_types_follow_the_rules),
        cmocka_unit_test(arithmetic_is_exactly_rounded),
        cmocka_unit_test(wide_arithmetic_is_exact),
        cmocka_unit_test(doubles_convert_as_the_server_does),
        cmocka_unit_test(literals_carry_their_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
