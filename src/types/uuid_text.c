#include "types/uuid_text.h"
#include <string.h>

size_t hy_uuid_format(const uint8_t *bytes, char out[HY_UUID_TEXT_MAX])
{
    static const char digits[] = "0123456789abcdef";
    char *p = out;
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *p++ = '-';
        *p++ = digits[bytes[i] >> 4];
        *p++ = digits[bytes[i] & 15];
    }
    return HY_UUID_TEXT_MAX;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool hy_uuid_parse(const char *text, size_t len, uint8_t out[16])
{
    while (len && *text == ' ') {
        text++;
        len--;
    }
    while (len && text[len - 1] == ' ')
        len--;
    if (len >= 2 && text[0] == '{' && text[len - 1] == '}') {
        text++;
        len -= 2;
    }
    uint8_t bytes[16];
    size_t n = 0;
    for (size_t i = 0; i < len;) {
        if (text[i] == '-' && n > 0 && n < 16 && n % 2 == 0 && text[i - 1] != '-') {
            i++;
            continue;
        }
        if (n == 16 || i + 1 >= len)
            return false;
        int high = hex_value(text[i]), low = hex_value(text[i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[n++] = (uint8_t)(high << 4 | low);
        i += 2;
    }
    if (n != 16)
        return false;
    memcpy(out, bytes, 16);
    return true;
}
