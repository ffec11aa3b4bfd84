#include "unit_test.h"
#include <errno.h>

static void error_carries_all_fields(void **state)
{
    (void)state;
    HyStatus st =
        hy_error_hint(hy_error("42703", "unknown column '%s'", "x"), "did you mean '%s'?", "y");
    st = hy_error_detail(st, "first");
    st = hy_error_detail(st, "second %d", 2);
    st = hy_error_at(st, 17);
    st = hy_error_at(st, 3); /* the innermost place stays */
    assert_string_equal(st->sqlstate, "42703");
    assert_string_equal(st->message, "unknown column 'x'");
    assert_string_equal(st->hint, "did you mean 'y'?");
    assert_string_equal(st->detail, "second 2");
    assert_int_equal(st->position, 17);
    hy_error_free(st);
    assert_null(hy_error_at(hy_error_hint(HY_OK, "unused"), 1));
    hy_error_free(NULL);
}

static void errno_becomes_sqlstate_and_text(void **state)
{
    (void)state;
    HyStatus st = hy_error_errno(ENOENT, "could not open file \"%s\"", "a.hyper");
    assert_string_equal(st->sqlstate, "58P01");
    assert_string_equal(st->message, "could not open file \"a.hyper\": No such file or directory");
    hy_error_free(st);
    assert_fails(hy_error_errno(ENOSPC, "x"), "53100");
    assert_fails(hy_error_errno(EIO, "x"), "58030");
}

static void no_memory_for_an_error_is_still_an_error(void **state)
{
    (void)state;
    alloc_fault_arm(1);
    HyStatus st = hy_error("42601", "syntax error");
    assert_true(alloc_fault_disarm());
    assert_non_null(st);
    assert_string_equal(st->sqlstate, "53200");
    st = hy_error_at(hy_error_hint(hy_error_detail(st, "d"), "h"), 5);
    assert_null(st->detail);
    assert_null(st->hint);
    assert_int_equal(st->position, -1);
    hy_error_free(st);
    hy_error_free(st); /* static: freeing is nothing */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(error_carries_all_fields),
        cmocka_unit_test(errno_becomes_sqlstate_and_text),
        cmocka_unit_test(no_memory_for_an_error_is_still_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
