/* Runs one sqllogictest file on a database of its own. */
#ifndef SLT_RUN_H
#define SLT_RUN_H

#include <stddef.h>

typedef struct SltCounts {
    size_t n_passed;
    size_t n_failed;
} SltCounts;

/* `show`: how many failures are printed. `tmp` is an empty folder for the file's database.
 * `progress` is told the counts after each record. */
void slt_run_file(const char *path, const char *tmp, size_t show,
    void (*progress)(void *ctx, const SltCounts *counts), void *ctx);
/* Records of a file that count, for one that could not be run. */
size_t slt_count_records(const char *path);

#endif
