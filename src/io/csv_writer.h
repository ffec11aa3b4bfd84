/* Writes batches as CSV or text into a buffer: spec/sql.md section 10.
 *
 * A writer only formats, so that each worker may have one of its own; where the bytes go is for the
 * caller to decide (io/byte_stream.h). */
#ifndef HY_IO_CSV_WRITER_H
#define HY_IO_CSV_WRITER_H

#include "base/buffer.h"
#include "types/text_style.h"
#include "types/vector.h"

/* Copied, apart from null_text. */
typedef struct HyCsvFormat {
    bool is_text;
    char delimiter;
    char quote;            /* 0: fields are never quoted */
    char escape;           /* 0: the quote */
    const char *null_text; /* NULL: as the format has it; lives as long as the writer */
    HyTextStyle style;
} HyCsvFormat;

typedef struct HyCsvWriter HyCsvWriter;

HyStatus hy_csv_writer_create(const HyCsvFormat *format, HyCsvWriter **out) HY_MUST_CHECK;
void hy_csv_writer_destroy(HyCsvWriter *writer); /* NULL is fine */

/* Appends a line with the names, quoted where they must be. */
HyStatus hy_csv_writer_header(
    HyCsvWriter *writer, const char *const *names, size_t n, HyBuffer *out) HY_MUST_CHECK;
/* Appends the rows of a batch of any length and form. */
HyStatus hy_csv_writer_rows(HyCsvWriter *writer, const HyBatch *batch, HyBuffer *out) HY_MUST_CHECK;

#endif
