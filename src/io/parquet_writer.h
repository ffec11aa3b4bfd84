/* Writes Parquet files: row groups are encoded by any number of threads and written one after the
 * other.
 *
 *     HyParquetWriter *writer;
 *     HY_TRY(hy_parquet_writer_create(names, types, n, codec, &writer));
 *     HY_TRY(hy_parquet_encode(writer, memory, slices, n_slices, &group));   // any thread
 *     HY_TRY(hy_parquet_write(writer, out, group));                          // in order
 *     HY_TRY(hy_parquet_write_footer(writer, out));
 *
 * Columns with few distinct values get a dictionary, others are PLAIN; pages are of version 1 and
 * hold PAGE_ROWS rows. */
#ifndef HY_IO_PARQUET_WRITER_H
#define HY_IO_PARQUET_WRITER_H

#include "io/byte_stream.h"
#include "io/parquet.h"

typedef struct HyParquetWriter HyParquetWriter;
typedef struct HyParquetEncoded HyParquetEncoded; /* a row group, ready to be written */

/* Rows start .. start + n of a batch of flat vectors. */
typedef struct HyParquetSlice {
    const HyBatch *batch;
    size_t start, n;
} HyParquetSlice;

/* "snappy", "zstd", "gzip", "lz4", "uncompressed" in any case. False: not known or not built in. */
bool hy_parquet_codec_from_name(const char *name, HyParquetCodec *out);

/* Names and types stay the caller's. Errors: 42804 for types that Parquet does not have. */
HyStatus hy_parquet_writer_create(const char *const *names, const HyType *types, size_t n,
    HyParquetCodec codec, HyParquetWriter **out) HY_MUST_CHECK;
void hy_parquet_writer_destroy(HyParquetWriter *writer); /* NULL is fine */

HyStatus hy_parquet_encode(const HyParquetWriter *writer, HyMemory *memory,
    const HyParquetSlice *slices, size_t n_slices, HyParquetEncoded **out) HY_MUST_CHECK;
void hy_parquet_encoded_destroy(HyParquetEncoded *group); /* NULL is fine */
/* Takes the group in any case. */
HyStatus hy_parquet_write(
    HyParquetWriter *writer, HyByteWriter *out, HyParquetEncoded *group) HY_MUST_CHECK;
HyStatus hy_parquet_write_footer(HyParquetWriter *writer, HyByteWriter *out) HY_MUST_CHECK;

#endif
