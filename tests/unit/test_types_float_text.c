#include "types/float_text.h"
#include "types_fixture.h"
#include <locale.h>

/* Doubles of all kinds: any bits, cents, small and large decimals, integers. */
static double any_double(int i)
{
    double d;
    uint64_t r = random_u64();
    char text[64];
    switch (i % 6) {
    case 0:
        memcpy(&d, &r, 8);
        return d - d == 0 ? d : 1.0;
    case 1:
        return (double)(r % 2000000) / 100;
    case 2:
        return (double)(r >> 11) * 0x1p-53;
    case 3:
        return (double)(r % 1000000007) / 1000.0 * 1e-6;
    case 4:
        return (double)(int64_t)r;
    default:
        snprintf(text, sizeof text, "%u.%08ue%d", (unsigned)(r % 1000),
            (unsigned)random_below(100000000), (int)random_below(60) - 30);
        return strtod(text, NULL);
    }
}

static void output_equals_printf(void **state)
{
    (void)state;
    for (int i = 0; i < 1000000; i++) {
        double v = any_double(i);
        int extra = i % 3 ? 0 : (int)random_below(19) - 15;
        char ours[HY_FLOAT_TEXT_MAX + 1], theirs[64];
        ours[hy_double_format(v, extra, ours)] = 0;
        snprintf(theirs, sizeof theirs, "%.*g", 15 + extra < 1 ? 1 : 15 + extra, v);
        assert_string_equal(ours, theirs);
        float f = (float)v;
        if (f - f != 0)
            continue;
        ours[hy_float_format(f, 0, ours)] = 0;
        snprintf(theirs, sizeof theirs, "%.6g", (double)f);
        assert_string_equal(ours, theirs);
    }
}

static void input_equals_strtod(void **state)
{
    (void)state;
    for (int i = 0; i < 1000000; i++) {
        char text[64];
        int len = snprintf(text, sizeof text, "%.*g", (int)(1 + random_below(25)), any_double(i));
        double ours = 0, theirs = strtod(text, NULL);
        assert_true(hy_double_parse(text, (size_t)len, &ours));
        if (memcmp(&ours, &theirs, 8) != 0)
            fail_msg("%s: %.17g instead of %.17g", text, ours, theirs);
        float f = 0, f_theirs = strtof(text, NULL);
        assert_true(hy_float_parse(text, (size_t)len, &f));
        if (memcmp(&f, &f_theirs, 4) != 0)
            fail_msg("%s: %.9g instead of %.9g", text, (double)f, (double)f_theirs);
    }
}

static void shortest_text_reads_back(void **state)
{
    (void)state;
    for (int i = 0; i < 100000; i++) {
        double v = any_double(i);
        char text[HY_FLOAT_TEXT_MAX + 1];
        text[hy_double_format_shortest(v, text)] = 0;
        assert_true(strtod(text, NULL) == v);
    }
    char text[HY_FLOAT_TEXT_MAX + 1];
    text[hy_double_format_shortest(0.1, text)] = 0;
    assert_string_equal(text, "0.1");
}

static void only_numbers_are_read(void **state)
{
    (void)state;
    static const char *good[] = {" 1 ", "1.", ".5", "+5", "1e+5", "-1E-5", "nan", "NaN", "inf",
        "-Infinity", "infinity ", "1e400", "0e999999"};
    static const char *bad[] = {"", " ", ".", "1e", "0x10", "1_000", "--5", "1,5", "1d", "1 2",
        "infini", "nan1", "e5", "+", "1e+"};
    double v = 0;
    for (size_t i = 0; i < HY_ARRAY_LEN(good); i++)
        if (!hy_double_parse(good[i], strlen(good[i]), &v))
            fail_msg("refused '%s'", good[i]);
    for (size_t i = 0; i < HY_ARRAY_LEN(bad); i++)
        if (hy_double_parse(bad[i], strlen(bad[i]), &v))
            fail_msg("accepted '%s'", bad[i]);
    char many[400];
    memset(many, '9', sizeof many);
    assert_true(hy_double_parse(many, sizeof many, &v) && isinf(v));
    assert_true(hy_double_parse(many, 300, &v) && v == 1e300);
}

/* A comma as decimal point must not matter, on the exact paths and those through the C library. */
static void locale_does_not_matter(void **state)
{
    (void)state;
    if (!setlocale(LC_ALL, "de_DE.UTF-8") && !setlocale(LC_ALL, "fr_FR.UTF-8"))
        return; /* the machine has no such locale */
    char text[HY_FLOAT_TEXT_MAX + 1];
    text[hy_double_format(1.5e-300, 0, text)] = 0;
    assert_string_equal(text, "1.5e-300");
    double v = 0;
    assert_true(hy_double_parse("1.5e-300", 8, &v) && v == 1.5e-300);
    setlocale(LC_ALL, "C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(output_equals_printf),
        cmocka_unit_test(input_equals_strtod),
        cmocka_unit_test(shortest_text_reads_back),
        cmocka_unit_test(only_numbers_are_read),
        cmocka_unit_test(locale_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
