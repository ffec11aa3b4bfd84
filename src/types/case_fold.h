/* Upper and lower case of UTF-8 text as Unicode has it, independent of locales. */
#ifndef HY_TYPES_CASE_FOLD_H
#define HY_TYPES_CASE_FOLD_H

#include "base/arena.h"

/* Each gives the changed text in the arena; the input itself when nothing changes. */
HyStatus hy_text_upper(
    HyArena *arena, const char *text, size_t len, const char **out, size_t *out_len) HY_MUST_CHECK;
HyStatus hy_text_lower(
    HyArena *arena, const char *text, size_t len, const char **out, size_t *out_len) HY_MUST_CHECK;
/* For comparing without regard to case. */
HyStatus hy_text_fold_case(
    HyArena *arena, const char *text, size_t len, const char **out, size_t *out_len) HY_MUST_CHECK;

#endif
