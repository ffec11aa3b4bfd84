/* Parquet files: footer and schema, and readers that decode column chunks into vectors.
 * Format: github.com/apache/parquet-format.
 *
 *     HyParquetFile *file;
 *     HY_TRY(hy_parquet_open(path, &file));
 *     HyParquetColumnReader *reader;
 *     HY_TRY(hy_parquet_reader_create(memory, &reader));            // one per column and thread
 *     for (each row group g) {
 *         HY_TRY(hy_parquet_reader_start(reader, file, g, column, type));
 *         for (size_t left = file->groups[g].n_rows; left > 0; left -= n) {
 *             n = min(left, HY_VECTOR_SIZE);
 *             HY_TRY(hy_parquet_reader_next(reader, n, arena, &vector));
 *         }
 *     }
 *
 * Columns that are groups (lists, maps, structs) are known by name and refused when read. */
#ifndef HY_IO_PARQUET_H
#define HY_IO_PARQUET_H

#include "base/memory.h"
#include "io/os_file.h"
#include "types/vector.h"

typedef enum HyParquetPhysical {
    HY_PARQUET_BOOLEAN,
    HY_PARQUET_INT32,
    HY_PARQUET_INT64,
    HY_PARQUET_INT96,
    HY_PARQUET_FLOAT,
    HY_PARQUET_DOUBLE,
    HY_PARQUET_BYTE_ARRAY,
    HY_PARQUET_FIXED
} HyParquetPhysical;

typedef enum HyParquetCodec {
    HY_PARQUET_UNCOMPRESSED = 0,
    HY_PARQUET_SNAPPY = 1,
    HY_PARQUET_GZIP = 2,
    HY_PARQUET_LZO = 3,
    HY_PARQUET_BROTLI = 4,
    HY_PARQUET_LZ4 = 5,
    HY_PARQUET_ZSTD = 6,
    HY_PARQUET_LZ4_RAW = 7
} HyParquetCodec;

/* How values as they are stored become values of the SQL type. */
typedef enum HyParquetConversion {
    HY_PARQUET_AS_IS,        /* INT32, INT64, FLOAT, DOUBLE, BOOLEAN */
    HY_PARQUET_UNSIGNED,     /* to a wider type */
    HY_PARQUET_TO_DATE,      /* INT32 days since 1970 */
    HY_PARQUET_TO_TIME,      /* `units` a microsecond or `scale_up` microseconds a unit */
    HY_PARQUET_TO_TIMESTAMP, /* likewise, since 1970 */
    HY_PARQUET_TO_DECIMAL,   /* big-endian bytes */
    HY_PARQUET_TO_HALF,      /* FIXED(2) */
    HY_PARQUET_TO_UUID,
    HY_PARQUET_TO_TEXT, /* bytes that must be UTF-8 */
    HY_PARQUET_TO_BYTES
} HyParquetConversion;

typedef struct HyParquetColumn {
    const char *name;
    HyType type; /* what it is in SQL; id UNKNOWN: not to be read */
    bool is_group;
    bool is_optional;
    HyParquetPhysical physical;
    int32_t fixed_bytes; /* FIXED */
    HyParquetConversion conversion;
    int32_t scale_up;        /* microseconds a unit; 0: */
    int32_t units;           /* units a microsecond */
    size_t chunk;            /* index of its chunk in a row group */
    const char *description; /* of a type that cannot be read: as in the errors */
} HyParquetColumn;

typedef struct HyParquetChunk {
    HyParquetPhysical physical;
    HyParquetCodec codec;
    int64_t n_values;
    uint64_t offset; /* of the first page */
    uint64_t bytes;
} HyParquetChunk;

typedef struct HyParquetGroup {
    uint64_t n_rows;
    HyParquetChunk *chunks;
} HyParquetGroup;

typedef struct HyParquetFile {
    HyArena *arena; /* of all that follows */
    const char *path;
    HyOsFile file;
    uint64_t size;
    HyParquetColumn *columns; /* top level, in order */
    size_t n_columns;
    size_t n_chunks; /* leaves of the schema */
    HyParquetGroup *groups;
    size_t n_groups;
    uint64_t n_rows;
} HyParquetFile;

/* Reads the footer; the file stays open. Errors: 58P01, 58000 not to be read; XX001 damaged. */
HyStatus hy_parquet_open(const char *path, HyParquetFile **out) HY_MUST_CHECK;
void hy_parquet_close(HyParquetFile *file); /* NULL is fine */

/* The index of a column, or -1. */
int64_t hy_parquet_find_column(const HyParquetFile *file, const char *name);
/* Whether the column can be read as `type`: its own, a wider integer, more digits before the point,
 * a text of limited length.
 * Errors: 42804. */
HyStatus hy_parquet_check_type(
    const HyParquetFile *file, const HyParquetColumn *column, HyType type) HY_MUST_CHECK;
/* 42804 that lists all columns of a type that cannot be read, if there are any. */
HyStatus hy_parquet_check_columns(const HyParquetFile *file) HY_MUST_CHECK;

/* ---- Decoding ---- */

typedef struct HyParquetColumnReader HyParquetColumnReader;

HyStatus hy_parquet_reader_create(HyMemory *memory, HyParquetColumnReader **out) HY_MUST_CHECK;
void hy_parquet_reader_destroy(HyParquetColumnReader *reader); /* NULL is fine */

/* Begins a column of a row group; the file stays open meanwhile. `type` must have passed
 * hy_parquet_check_type. */
HyStatus hy_parquet_reader_start(HyParquetColumnReader *reader, const HyParquetFile *file,
    size_t group, size_t column, HyType type) HY_MUST_CHECK;
/* The next n rows (1 to HY_VECTOR_SIZE), of those that the row group has: a flat vector, or a
 * dictionary vector for values of variable length. Its memory is the arena's and the reader's,
 * there until the next call. Errors: XX001 damaged, 0A000 compressed or encoded in a way that is
 * not read, 22008 dates outside the range, 22021 text that is not UTF-8, 22003. */
HyStatus hy_parquet_reader_next(
    HyParquetColumnReader *reader, size_t n, HyArena *arena, HyVector *out) HY_MUST_CHECK;

#endif
