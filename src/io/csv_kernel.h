/* Finds records and fields in CSV and text, 64 bytes at a time; once per instruction set. Inside io
 * only (and the micro benchmark).
 *
 * Quotes work as in the genuine server, and in PostgreSQL: a quote switches quoting on or off
 * wherever in a field it stands; inside quotes a doubled quote, or the escape character and
 * whatever follows, stands for that character. In the text format a backslash takes the next byte
 * out of consideration. Lines end with LF or CR LF; a CR without LF outside of quotes is an error.
 */
#ifndef HY_IO_CSV_KERNEL_H
#define HY_IO_CSV_KERNEL_H

#include "base/kernel.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum HyCsvMode {
    HY_CSV_PLAIN,   /* no quotes */
    HY_CSV_DOUBLED, /* the quote is its own escape character */
    HY_CSV_ESCAPED, /* another character escapes inside quotes */
    HY_CSV_TEXT     /* backslash escapes, no quotes */
} HyCsvMode;

typedef struct HyCsvDialect {
    HyCsvMode mode;
    char delimiter;
    char quote;
    char escape;
} HyCsvDialect;

/* Where a scan stands between two bytes. */
typedef struct HyCsvState {
    bool in_quotes;
    bool is_escaped; /* the next byte has no meaning */
} HyCsvState;

/* Both functions read whole blocks of this size, so that as many bytes behind the data must exist
 * and be initialised. */
#define HY_CSV_PADDING 64

typedef struct HyCsvSplit {
    HyCsvState state;   /* in and out */
    uint64_t n_records; /* added to: record ends seen */
    size_t last_end;    /* set to the offset behind the last record end, if there is one */
} HyCsvSplit;

void hy_csv_split_baseline(
    const HyCsvDialect *dialect, const char *data, size_t begin, size_t end, HyCsvSplit *split);
void hy_csv_split_avx2(
    const HyCsvDialect *dialect, const char *data, size_t begin, size_t end, HyCsvSplit *split);
void hy_csv_split_avx512(
    const HyCsvDialect *dialect, const char *data, size_t begin, size_t end, HyCsvSplit *split);

/* An end of a field: its offset, and whether quotes or escapes stand in the field. */
#define HY_CSV_SPECIAL UINT32_C(0x80000000)
#define HY_CSV_OFFSET  UINT32_C(0x7FFFFFFF)

typedef enum HyCsvFault { HY_CSV_FINE, HY_CSV_TOO_FEW, HY_CSV_TOO_MANY, HY_CSV_BARE_CR } HyCsvFault;

typedef struct HyCsvIndex {
    uint32_t *ends;  /* room for max_rows * n_fields + n_fields + 129 */
    size_t n_fields; /* of a record */
    size_t max_rows;
    /* Set: */
    size_t n_rows;    /* good records; field f of record r ends at ends[1 + r * n_fields + f] and
                         begins behind ends[r * n_fields + f] */
    HyCsvFault fault; /* of the record behind them */
    bool has_high;    /* bytes from 0x80 on were seen */
    bool has_cr;      /* some line ends with CR LF: the last field's end may have to be moved */
} HyCsvIndex;

/* Finds the fields of the records in data[begin .. end), which begins and ends with a record; stops
 * at max_rows and before a faulty record. begin > 0; end < 2^31. */
void hy_csv_index_baseline(
    const HyCsvDialect *dialect, const char *data, size_t begin, size_t end, HyCsvIndex *index);
void hy_csv_index_avx2(
    const HyCsvDialect *dialect, const char *data, size_t begin, size_t end, HyCsvIndex *index);
void hy_csv_index_avx512(
    const HyCsvDialect *dialect, const char *data, size_t begin, size_t end, HyCsvIndex *index);

#endif
