#include "base/utf8.h"
#include "unit_test.h"

static void every_code_point_round_trips(void **state)
{
    (void)state;
    for (uint32_t cp = 0; cp <= 0x110010; cp++) {
        char bytes[HY_UTF8_MAX_BYTES];
        size_t n = hy_utf8_encode(cp, bytes);
        bool is_scalar = cp <= 0x10FFFF && (cp < 0xD800 || cp > 0xDFFF);
        if ((n != 0) != is_scalar)
            fail_msg("U+%04X: length %zu", cp, n);
        if (n == 0)
            continue;
        uint32_t back = 0;
        if (hy_utf8_decode(bytes, n, &back) != n || back != cp)
            fail_msg("U+%04X became U+%04X", cp, back);
        if (hy_utf8_decode(bytes, n - 1, &back) != 0)
            fail_msg("U+%04X: accepted when cut", cp);
    }
}

static void malformed_text_is_found_at_any_place(void **state)
{
    (void)state;
    static const char *bad[] = {"\x80", "\xbf", "\xc0\xaf", "\xc1\xbf", "\xc3", "\xe0\x9f\xbf",
        "\xed\xa0\x80", "\xed\xbf\xbf", "\xe2\x82", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80", "\xff", "\xe2\x28\xa1", "\xf0\x9f\x98"};
    for (size_t i = 0; i < HY_ARRAY_LEN(bad); i++) {
        for (size_t before = 0; before < 70; before++) {
            char text[160];
            memset(text, 'a', sizeof text);
            memcpy(text + before, bad[i], strlen(bad[i]));
            size_t valid_len = 0;
            assert_false(hy_utf8_validate(text, sizeof text, &valid_len));
            assert_int_equal(valid_len, before);
            assert_false(hy_utf8_validate(text, before + strlen(bad[i]), NULL));
            assert_true(hy_utf8_validate(text, before, &valid_len));
            assert_int_equal(valid_len, before);
            assert_false(hy_utf8_is_ascii(text, sizeof text));
            assert_true(hy_utf8_is_ascii(text, before));
        }
    }
}

/* 1,200 characters of all lengths, against a plain walk over them. */
static void counting_and_stepping_agree(void **state)
{
    (void)state;
    static const uint32_t points[] = {'x', 0xE4, 0x20AC, 0x1F600, 'y'};
    char text[5000];
    size_t len = 0;
    size_t starts[1201];
    for (size_t i = 0; i < 1200; i++) {
        starts[i] = len;
        len += hy_utf8_encode(points[(i * i + i / 7) % 5], text + len);
        assert_int_equal(hy_utf8_length(text, len), i + 1);
    }
    starts[1200] = len;
    assert_true(hy_utf8_validate(text, len, NULL));
    for (size_t i = 0; i <= 1200; i++)
        assert_int_equal(hy_utf8_offset(text, len, i), starts[i]);
    assert_int_equal(hy_utf8_offset(text, len, 99999), len);
    assert_int_equal(hy_utf8_length(NULL, 0), 0);
}

static void width_on_a_terminal(void **state)
{
    (void)state;
    assert_int_equal(hy_utf8_width("abc", 3), 3);
    assert_int_equal(hy_utf8_width("\xe4\xb8\xad\xe6\x96\x87", 6), 4); /* two wide ones */
    assert_int_equal(hy_utf8_width("e\xcc\x81", 3), 1);                /* combining accent */
    assert_int_equal(hy_utf8_width("\t", 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point_round_trips),
        cmocka_unit_test(malformed_text_is_found_at_any_place),
        cmocka_unit_test(counting_and_stepping_agree),
        cmocka_unit_test(width_on_a_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
