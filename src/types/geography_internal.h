/* What reader and writer of geography values share. */
#ifndef HY_TYPES_GEOGRAPHY_INTERNAL_H
#define HY_TYPES_GEOGRAPHY_INTERNAL_H

#include "base/bytes.h"
#include <stddef.h>

enum {
    HY_GEO_POINT = 1,
    HY_GEO_LINESTRING,
    HY_GEO_POLYGON,
    HY_GEO_MULTIPOINT,
    HY_GEO_MULTILINESTRING,
    HY_GEO_MULTIPOLYGON,
    HY_GEO_COLLECTION
};

#define HY_GEO_MAX_DEPTH 100
#define HY_GEO_DEGREES   57.29577951308232 /* of a radian */

extern const char *const hy_geo_names[8]; /* by kind */
extern const uint8_t hy_geo_magic[3];
/* CRC-32 of zlib. */
uint32_t hy_geo_crc32(const uint8_t *data, size_t len);

#endif
