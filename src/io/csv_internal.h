/* What the parts of the CSV reader share. */
#ifndef HY_IO_CSV_INTERNAL_H
#define HY_IO_CSV_INTERNAL_H

#include "io/charset.h"
#include "io/csv_kernel.h"
#include "io/csv_reader.h"
#include <pthread.h>
#include <stdatomic.h>

/* Whole records of one file in a buffer: [HY_CSV_PADDING bytes][data][HY_CSV_PADDING bytes].
 * Offsets count from the start of the buffer. */
typedef struct HyCsvPiece {
    char *buffer;
    size_t capacity;
    size_t begin;
    size_t end;
    uint64_t number;
    uint64_t first_record; /* of the file; counted from 1 */
    size_t n_header;       /* records at the start that are no rows: 0 or 1 */
    bool is_unterminated;  /* a quoted field that does not end follows */
    const char *name;      /* of the file */
} HyCsvPiece;

struct HyCsvReader {
    HyCsvOptions options;
    HyCsvDialect dialect;
    HyCharset *charset;
    const char *null_text;
    size_t null_len;
    const char *const *paths;
    size_t n_paths;
    struct {
        HyByteReader reader; /* without destroy, for streams that own what they read */
        HyByteReader *client;
    } borrowed;
    uint64_t size_bytes; /* of all files; 0: not known */

    pthread_mutex_t lock; /* of all below */
    size_t next_path;
    HyByteReader *source; /* NULL: the next one is to be opened */
    const char *source_name;
    HyCsvState state;   /* at the end of the tail */
    uint64_t n_records; /* of the file, given out */
    char *tail;         /* what was read of the record that the last piece did not take */
    size_t tail_len;
    size_t tail_capacity;
    uint64_t n_pieces;
    size_t n_active; /* pieces given out and not ended */
    bool is_ended;
    HyStatus failure; /* of the earliest piece that failed */
    uint64_t failed_piece;

    atomic_uint_fast64_t n_rejected;
};

/* csv_reader.c */
/* Fills the piece; *has_piece false at the end. */
HyStatus hy_csv_reader_take(HyCsvReader *reader, HyCsvPiece *piece, bool *has_piece) HY_MUST_CHECK;
/* The piece is read, or `failure` (taken) ended it. */
HyStatus hy_csv_reader_give_back(
    HyCsvReader *reader, const HyCsvPiece *piece, HyStatus failure) HY_MUST_CHECK;
void hy_csv_piece_free(const HyCsvReader *reader, HyCsvPiece *piece);

/* How a column's texts become values. */
typedef enum HyCsvConvert {
    HY_CSV_CONVERT_ANY, /* hy_value_parse */
    HY_CSV_CONVERT_INT2,
    HY_CSV_CONVERT_INT4,
    HY_CSV_CONVERT_INT8,
    HY_CSV_CONVERT_FLOAT4,
    HY_CSV_CONVERT_FLOAT8,
    HY_CSV_CONVERT_NUMERIC_SHORT,
    HY_CSV_CONVERT_NUMERIC_LONG,
    HY_CSV_CONVERT_BOOL,
    HY_CSV_CONVERT_DATE,
    HY_CSV_CONVERT_TIMESTAMP,
    HY_CSV_CONVERT_TIMESTAMPTZ,
    HY_CSV_CONVERT_TEXT
} HyCsvConvert;

/* A column of the batch. */
typedef struct HyCsvTarget {
    const HyCsvColumn *column;
    uint32_t field;
    HyCsvConvert convert;
    size_t value_bytes;
    char *data;         /* HY_VECTOR_SIZE values */
    uint64_t *validity; /* HY_VECTOR_SIZE bits */
    bool has_nulls;
} HyCsvTarget;

/* Records that were written anew because they had too few or too many fields. */
typedef struct HyCsvRagged {
    bool is_on; /* the index is about `text`, else about the piece */
    char *text; /* as a piece's buffer: [HY_CSV_PADDING bytes][data][HY_CSV_PADDING bytes] */
    size_t len; /* with the padding in front */
    size_t capacity;
    size_t *ends; /* by record: offset behind it in the piece */
} HyCsvRagged;

struct HyCsvParser {
    HyCsvReader *reader;
    HyCsvPiece piece;
    bool has_piece;
    size_t at;       /* offset of the next record */
    uint64_t record; /* its number in the file */
    HyCsvIndex index;
    HyCsvRagged ragged;
    HyArena *arena; /* of the batch: texts that had to change */
    HyCsvTarget *targets;
    HyVector *vectors;

    /* While a batch is converted: */
    bool check_text;    /* texts with bytes from 0x80 on need a look, or a change */
    size_t n_rows;      /* rows behind an error are not looked at any more */
    HyStatus failure;   /* of row n_rows */
    uint64_t *bad_rows; /* skip_bad_rows: 1 = to be left out */
    bool has_bad_rows;
    bool is_raising; /* the error of a row that cannot be left out any more is looked for */
};

/* What the index is about. */
static inline const char *hy_csv_data(const HyCsvParser *parser)
{
    return parser->ragged.is_on ? parser->ragged.text : parser->piece.buffer;
}

/* csv_parser.c: keeps the record that was left out because of `reason`, if anyone wants it. */
HyStatus hy_csv_keep_reject(HyCsvParser *parser, uint64_t line, const char *column,
    const HyError *reason, const char *text, size_t len) HY_MUST_CHECK;
/* The record of the row of the index as it stands in the piece, without its line end. */
const char *hy_csv_row_text(const HyCsvParser *parser, size_t row, size_t *len);

/* csv_ragged.c */
/* The offset of the next delimiter or line end outside of quotes; `end` when there is none. */
size_t hy_csv_next_end(const HyCsvDialect *dialect, const char *data, size_t at, size_t end);
/* The offset behind the record that begins at `at`. */
size_t hy_csv_record_end(const HyCsvDialect *dialect, const char *data, size_t at, size_t end);
/* The fault that the index stopped at is one that the caller takes. */
bool hy_csv_is_curable(const HyCsvParser *parser);
/* Steps over the record at parser->at if it is an empty line. */
bool hy_csv_skip_empty_line(HyCsvParser *parser);
/* Writes the records from parser->at on anew. */
HyStatus hy_csv_straighten(HyCsvParser *parser) HY_MUST_CHECK;
void hy_csv_ragged_free(HyCsvRagged *ragged);

/* csv_convert.c */
void hy_csv_target_init(
    HyCsvTarget *target, const HyCsvColumn *column, const HyCsvOptions *options);
/* Converts one column of the records in parser->index; an error goes to parser->failure, and ends
 * the rows there. */
void hy_csv_convert(HyCsvParser *parser, HyCsvTarget *target);
/* The same for one row, in the general way. */
void hy_csv_convert_row(HyCsvParser *parser, HyCsvTarget *target, size_t row);

/* csv_value.c: the general way for one field, when the fast ones do not apply. `text` is the field
 * as it stands in the file; is_special: it contains quotes or escapes. */
void hy_csv_convert_field(HyCsvParser *parser, HyCsvTarget *target, size_t row, const char *text,
    size_t len, bool is_special);

/* csv_field.c */
/* A field that is no plain text: `raw` holds quotes or escapes. The text without them is written to
 * `out` (room for raw_len) and its length returned. *has_bytes: escapes made bytes from 0x80 on. */
size_t hy_csv_unquote(const HyCsvDialect *dialect, const char *raw, size_t raw_len, char *out);
size_t hy_csv_unescape(const char *raw, size_t raw_len, char *out, bool *has_bytes);
/* The place of the wrong value for errors: sets detail and, when the message does not show the
 * value, a hint. */
HyStatus hy_csv_error_at_field(HyStatus st, const HyCsvPiece *piece, uint64_t record,
    uint32_t field, const char *text, size_t len) HY_MUST_CHECK;
HyStatus hy_csv_error_at_record(
    HyStatus st, const HyCsvPiece *piece, uint64_t record) HY_MUST_CHECK;

#endif
