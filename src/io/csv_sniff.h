/* What a CSV file without a schema holds: delimiter, header, names and types of its columns, from
 * the records in its first 256 KB.
 *
 * A type is taken when every value of the sample has it: boolean (true, false, t, f), bigint,
 * double precision, date, timestamp; everything else is text. So are numbers that would lose digits
 * as those types: 007, integers beyond bigint. A later value that does not fit is the reader's
 * error.
 */
#ifndef HY_IO_CSV_SNIFF_H
#define HY_IO_CSV_SNIFF_H

#include "io/csv_reader.h"

typedef struct HyCsvSniff {
    /* In: */
    const char *path;
    HyStreamCompression compression;
    char quote;            /* 0: none */
    char escape;           /* 0: the quote */
    const char *null_text; /* unquoted: NULL, has every type */
    const HyTextStyle *style;
    bool has_delimiter; /* `delimiter` is given */
    bool knows_header;  /* `has_header` is given */
    bool is_ragged;     /* records may differ in their number of fields: .. */
    bool pads;          /* .. and the longest one has them all, else the first one */
    /* In and out: */
    char delimiter;
    bool has_header;
    /* Out, in the arena; without a header the columns are column0, column1 .. */
    const char **names;
    HyType *types;
    size_t n_columns; /* 0: the file is empty */
} HyCsvSniff;

/* Errors: as hy_byte_reader_open. */
HyStatus hy_csv_sniff(HyArena *arena, HyCsvSniff *sniff) HY_MUST_CHECK;

#endif
