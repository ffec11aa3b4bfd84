/* Records of CSV files that were left out, kept for the table that shows them. */
#ifndef HY_IO_CSV_REJECTS_H
#define HY_IO_CSV_REJECTS_H

#include "base/memory.h"
#include <stdint.h>

typedef struct HyCsvReject {
    const char *file;
    uint64_t line;      /* the record's number in the file, from 1 */
    const char *column; /* NULL: the record as a whole */
    const char *reason;
    const char *record; /* as it stands in the file, without its end; valid UTF-8 */
    size_t record_len;
} HyCsvReject;

typedef struct HyCsvRejects HyCsvRejects;

/* `memory` may be NULL. */
HyStatus hy_csv_rejects_create(HyMemory *memory, HyCsvRejects **out) HY_MUST_CHECK;
void hy_csv_rejects_destroy(HyCsvRejects *rejects); /* NULL is fine */
/* Thread-safe. Copies reason and record; file and column must outlive the rejects. */
HyStatus hy_csv_rejects_add(HyCsvRejects *rejects, const HyCsvReject *reject) HY_MUST_CHECK;
/* All of them by file and line, each record once; *items belongs to the rejects, which take no
 * further ones. */
HyStatus hy_csv_rejects_list(
    HyCsvRejects *rejects, const HyCsvReject *const **items, size_t *n) HY_MUST_CHECK;

#endif
