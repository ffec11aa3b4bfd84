/* Errors that show the text which could not be read, as the server does: the message, and a detail
 * with line, column, the text and a caret under the place. */
#ifndef HY_TYPES_ERROR_TEXT_H
#define HY_TYPES_ERROR_TEXT_H

#include "base/status.h"

/* `column` from 1; `width` characters are marked (^~~~). Long texts are cut. */
HyStatus hy_error_in_text(const char *sqlstate, const char *message, const char *text, size_t len,
    size_t column, size_t width) HY_MUST_CHECK;
/* "invalid input syntax for <type>" with the quoted text as detail (22P02). */
HyStatus hy_error_syntax_of(const char *type, const char *text, size_t len) HY_MUST_CHECK;

#endif
