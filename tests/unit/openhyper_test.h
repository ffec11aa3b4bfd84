/* Calls of openhyper.h that must work, or fail in one way. */
#ifndef HY_TESTS_OPENHYPER_TEST_H
#define HY_TESTS_OPENHYPER_TEST_H

#include "openhyper.h"
#include "unit_test.h"

static inline void must(openhyper_error *error)
{
    if (error)
        fail_msg("%s %s", openhyper_error_sqlstate(error), openhyper_error_message(error));
}

static inline void must_fail(openhyper_error *error, const char *sqlstate)
{
    assert_non_null(error);
    assert_string_equal(openhyper_error_sqlstate(error), sqlstate);
    openhyper_error_free(error);
}

#endif
