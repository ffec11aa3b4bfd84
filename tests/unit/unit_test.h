/* What every unit test includes: cmocka, and checks of a HyStatus. */
#ifndef HY_TESTS_UNIT_TEST_H
#define HY_TESTS_UNIT_TEST_H

#include "alloc_fault.h"
#include "base/status.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Fails the test, with the error's text, unless the status is success. */
#define assert_ok(expr)                                                                            \
    do {                                                                                           \
        HyStatus st_ = (expr);                                                                     \
        if (st_)                                                                                   \
            fail_msg("%s: %s %s", #expr, st_->sqlstate, st_->message);                             \
    } while (0)

/* The status must be a failure with this SQLSTATE; it is freed. */
#define assert_fails(expr, expected_sqlstate)                                                      \
    do {                                                                                           \
        HyStatus st_ = (expr);                                                                     \
        if (!st_)                                                                                  \
            fail_msg("%s: expected %s, but it succeeded", #expr, expected_sqlstate);               \
        assert_string_equal(st_->sqlstate, expected_sqlstate);                                     \
        hy_error_free(st_);                                                                        \
    } while (0)

#endif
