/* What the files of Parquet share: errors, page headers, decoders. */
#ifndef HY_IO_PARQUET_INTERNAL_H
#define HY_IO_PARQUET_INTERNAL_H

#include "base/bytes.h"
#include "base/utf8.h"
#include "io/parquet.h"
#include "types/datetime.h"

/* XX001 with the file's name. */
HyStatus hy_parquet_damaged(const HyParquetFile *file, const char *format, ...)
    HY_PRINTF(2, 3) HY_MUST_CHECK;

/* Bytes that every buffer of pages has behind its content, for reads and writes that overshoot. */
#define HY_PARQUET_SLACK 64

/* Encodings as numbered by the format. */
typedef enum HyParquetEncoding {
    HY_PARQUET_PLAIN = 0,
    HY_PARQUET_PLAIN_DICTIONARY = 2,
    HY_PARQUET_RLE = 3,
    HY_PARQUET_BIT_PACKED = 4,
    HY_PARQUET_DELTA_BINARY_PACKED = 5,
    HY_PARQUET_DELTA_LENGTH_BYTE_ARRAY = 6,
    HY_PARQUET_DELTA_BYTE_ARRAY = 7,
    HY_PARQUET_RLE_DICTIONARY = 8,
    HY_PARQUET_BYTE_STREAM_SPLIT = 9
} HyParquetEncoding;

/* ---- Compression: parquet_codec.c ---- */

typedef struct HyParquetInflater HyParquetInflater; /* state worth keeping between pages */
void hy_parquet_inflater_free(HyParquetInflater *inflater);
/* Decompresses into exactly `size` bytes with slack behind. False: damaged. */
bool hy_parquet_inflate(HyParquetInflater **inflater, HyParquetCodec codec, const void *src,
    size_t len, void *dst, size_t size);
/* Appends the compressed bytes. */
HyStatus hy_parquet_deflate(
    HyParquetCodec codec, const void *src, size_t len, HyBuffer *out) HY_MUST_CHECK;
bool hy_parquet_can_inflate(HyParquetCodec codec);
const char *hy_parquet_codec_name(HyParquetCodec codec);

/* ---- Encodings: parquet_encoding.c. Functions are false when the bytes end too early or make no
 * sense. ---- */

/* Runs of equal values and bit-packed groups, in turn. */
typedef struct HyParquetHybrid {
    const uint8_t *at;
    const uint8_t *end; /* readable HY_PARQUET_SLACK bytes behind */
    unsigned width;     /* bits of a value, 0..32 */
    uint64_t n_left;    /* values left of the run */
    bool is_packed;
    uint32_t value;      /* of a run of equal values */
    const uint8_t *bits; /* of a packed run */
    uint64_t bit;        /* the next value's */
} HyParquetHybrid;
void hy_parquet_hybrid_init(
    HyParquetHybrid *hybrid, const uint8_t *at, const uint8_t *end, unsigned width);
bool hy_parquet_hybrid_read(HyParquetHybrid *hybrid, uint32_t *out, size_t n);
/* Values of one bit as bits start .. start + n of a bitmap, whose bits from `start` on are zero;
 * *n_set grows by those that are one. */
bool hy_parquet_hybrid_read_bits(
    HyParquetHybrid *hybrid, uint64_t *map, size_t start, size_t n, size_t *n_set);

/* DELTA_BINARY_PACKED: how many values there are, then the values, wrapped to 64 bits. *at moves
 * behind them. */
bool hy_parquet_delta_count(const uint8_t *at, const uint8_t *end, uint64_t *out);
bool hy_parquet_delta_read(const uint8_t **at, const uint8_t *end, int64_t *out, size_t n);
/* BYTE_STREAM_SPLIT of n values of `size` bytes. */
void hy_parquet_unsplit(const uint8_t *src, size_t n, size_t size, uint8_t *dst);

/* ---- Values: parquet_convert.c ---- */

/* The size of a value as pages hold it, decoded: strings are HyStrings. */
size_t hy_parquet_raw_size(const HyParquetColumn *column);
/* n values from `raw` to the physical form of `type`; they may be the same memory when sizes are
 * equal. Errors: 22008, 22021, 22003. */
HyStatus hy_parquet_convert(const HyParquetFile *file, const HyParquetColumn *column, HyType type,
    const void *raw, size_t n, void *out) HY_MUST_CHECK;
/* Whether hy_parquet_convert has nothing to do. */
bool hy_parquet_is_direct(const HyParquetColumn *column, HyType type);

#endif
