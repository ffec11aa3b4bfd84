/* The stored form of geography values (spec/hyper-file-blocks.md section 11) to and from WKT. */
#ifndef HY_TYPES_GEOGRAPHY_H
#define HY_TYPES_GEOGRAPHY_H

#include "base/buffer.h"
#include "types/string.h"

/* Appends WKT with seven decimals: "POINT(1.0000000 2.0000000)". Errors: XX001 damaged value. */
HyStatus hy_geography_format(const char *stored, size_t len, HyBuffer *out) HY_MUST_CHECK;
/* Appends the stored form of a WKT text (longitude latitude in degrees). Errors: 22P02. */
HyStatus hy_geography_parse(const char *text, size_t len, HyBuffer *out) HY_MUST_CHECK;

#endif
