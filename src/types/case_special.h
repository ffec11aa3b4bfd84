/* Changes of case that are not from one code point to one, for upper and lower. */
#ifndef HY_TYPES_CASE_SPECIAL_H
#define HY_TYPES_CASE_SPECIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HY_CASE_EXPANSION_MAX 3

/* The upper case of a code point that becomes several ("ß" -> "SS"): how many; 0 if it does not. */
size_t hy_case_special_upper(uint32_t code_point, uint32_t out[HY_CASE_EXPANSION_MAX]);
/* Whether the capital sigma (two bytes) at text[at] ends a word, so that its lower case is the
 * final form. */
bool hy_case_is_final_sigma(const char *text, size_t len, size_t at);

#endif
