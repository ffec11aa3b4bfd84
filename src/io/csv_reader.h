/* Reads CSV and text files into batches: spec/sql.md section 10.
 *
 * A HyCsvReader goes through the files in order and cuts them into pieces of whole records, about a
 * megabyte each; any number of HyCsvParsers, one per worker, take a piece at a time and turn it
 * into typed vectors. Only the cutting is serial (at the speed of memory):
 *
 *     HyCsvReader *reader;
 *     HY_TRY(hy_csv_reader_open(&options, paths, n_paths, NULL, &reader));
 *     HyCsvParser *parser;                                        // per worker
 *     HY_TRY(hy_csv_parser_create(reader, &parser));
 *     while (hy_csv_parser_take(parser, &number, &has_piece) == HY_OK && has_piece)
 *         while (hy_csv_parser_next(parser, &batch) == HY_OK && batch.n_rows > 0)
 *             use(&batch);
 *
 * Piece numbers count from 0 without gaps and follow the order of the rows. */
#ifndef HY_IO_CSV_READER_H
#define HY_IO_CSV_READER_H

#include "base/memory.h"
#include "io/byte_stream.h"
#include "io/csv_rejects.h"
#include "types/text_style.h"
#include "types/vector.h"

typedef struct HyCsvColumn {
    const char *name;
    HyType type;         /* NULL in a column that is not nullable is 23502 */
    bool force_null;     /* quoted text that equals null_text is NULL too */
    bool force_not_null; /* unquoted text that equals null_text is no NULL */
} HyCsvColumn;

/* All memory belongs to the caller and outlives the reader. */
typedef struct HyCsvOptions {
    bool is_text; /* the text format of PostgreSQL: backslash escapes, no quotes */
    char delimiter;
    char quote;  /* 0: none */
    char escape; /* 0: the quote */
    bool has_header;
    const char *null_text; /* NULL: as the format has it */
    const char *encoding;  /* NULL: UTF-8; io/charset.h */
    HyStreamCompression compression;
    bool sanitize;              /* bad bytes become U+FFFD instead of 22021 */
    bool null_on_cast_failure;  /* values that do not convert become NULL */
    bool has_guessed_types;     /* errors of values say how to name them */
    bool skip_bad_rows;         /* records that cannot be read are left out */
    int64_t reject_limit;       /* of them; -1: none */
    HyCsvRejects *rejects;      /* gets them; or NULL */
    bool pad_with_nulls;        /* records with too few fields; empty lines are left out then */
    bool ignore_extra_fields;   /* behind the last column */
    const HyCsvColumn *columns; /* of the file */
    size_t n_columns;           /* at least 1 */
    const uint32_t *wanted;     /* indexes of the columns that are read; the batch's columns */
    size_t n_wanted;
    HyTextStyle style;
    HyMemory *memory;   /* or NULL */
    size_t piece_bytes; /* 0: default */
} HyCsvOptions;

typedef struct HyCsvReader HyCsvReader;
typedef struct HyCsvParser HyCsvParser;

/* `client` is read for the path "-" and stays the caller's. Errors: 58P01 and 58000 for files that
 * are not there, 42601 unknown encoding. */
HyStatus hy_csv_reader_open(const HyCsvOptions *options, const char *const *paths, size_t n_paths,
    HyByteReader *client, HyCsvReader **out) HY_MUST_CHECK;
/* All parsers are gone. NULL is fine. */
void hy_csv_reader_close(HyCsvReader *reader);
/* Pieces that there will be, roughly; 0 when not known. */
size_t hy_csv_reader_piece_estimate(const HyCsvReader *reader);
/* Records left out so far. */
uint64_t hy_csv_reader_rejected_count(const HyCsvReader *reader);

HyStatus hy_csv_parser_create(HyCsvReader *reader, HyCsvParser **out) HY_MUST_CHECK;
void hy_csv_parser_destroy(HyCsvParser *parser); /* NULL is fine */

/* Takes the next piece; the one before must have been read to its end. *has_piece false: there is
 * none left, or another parser failed. */
HyStatus hy_csv_parser_take(HyCsvParser *parser, uint64_t *number, bool *has_piece) HY_MUST_CHECK;
/* The next rows of the piece, at most HY_VECTOR_SIZE; n_rows 0: it is read to the end. Flat vectors
 * that live until the next call.
 *
 * Of several faulty records the first one of the input decides the error: a parser that meets an
 * error while others are still at earlier pieces ends as if there were nothing more to read, and
 * the last parser to finish returns the error. Errors: 22P02, 22003 .. of values and for wrong
 * numbers of fields, 22021, 23502, 54000; the detail says file, record and column. */
HyStatus hy_csv_parser_next(HyCsvParser *parser, HyBatch *out) HY_MUST_CHECK;

#endif
