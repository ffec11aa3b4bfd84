/* UUIDs: 16 bytes in the order of the text. */
#ifndef HY_TYPES_UUID_TEXT_H
#define HY_TYPES_UUID_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HY_UUID_TEXT_MAX 36
/* Lower case with dashes; returns 36. */
size_t hy_uuid_format(const uint8_t *bytes, char out[HY_UUID_TEXT_MAX]);
/* 32 hexadecimal digits; dashes after every fourth digit, braces and blanks around are allowed. */
bool hy_uuid_parse(const char *text, size_t len, uint8_t out[16]);

#endif
