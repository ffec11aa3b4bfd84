/* Any bytes behind a valid frame as a stored geography: an error or text, and that text is well
 * known text. */
#include "types/geography.h"
#include "types/geography_internal.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char stored[4096];
    if (size < 2 || size > sizeof stored - 8)
        return 0;
    memcpy(stored, hy_geo_magic, 3);
    uint32_t crc = hy_geo_crc32(data + 1, size - 1);
    hy_store_u32(stored + 3, __builtin_bswap32(crc));
    stored[7] = 1;
    memcpy(stored + 8, data, size);
    HyBuffer text = {0}, again = {0};
    HyStatus st = hy_geography_format(stored, size + 8, &text);
    if (!st) {
        st = hy_geography_parse(text.data, text.len, &again);
        /* Damaged shapes may print what no shape can be: too few points, latitudes beyond the
         * poles. */
        if (st && strcmp(st->sqlstate, "22P02") != 0)
            abort();
    }
    hy_error_free(st);
    hy_buffer_free(&text);
    hy_buffer_free(&again);
    return 0;
}
