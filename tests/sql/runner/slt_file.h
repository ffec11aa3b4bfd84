/* Reads sqllogictest files in the form of ../shared/tools/slt.py: records separated by a blank
 * line. */
#ifndef SLT_FILE_H
#define SLT_FILE_H

#include <stdbool.h>
#include <stddef.h>

typedef enum SltKind { SLT_STATEMENT, SLT_QUERY, SLT_CONNECTION, SLT_RECONNECT } SltKind;
typedef enum SltSort { SLT_NOSORT, SLT_ROWSORT, SLT_VALUESORT } SltSort;

typedef struct SltRecord {
    SltKind kind;
    size_t line;       /* of the record's head, from 1 */
    const char *error; /* wanted SQLSTATE, or NULL */
    const char *types; /* QUERY: a letter for each column; CONNECTION: the name */
    SltSort sort;
    const char *sql;   /* variables replaced */
    const char **want; /* QUERY: wanted lines */
    size_t n_want;
} SltRecord;

typedef struct SltFile {
    char *text; /* owns everything that records point to, with `strings` */
    char **strings;
    size_t n_strings;
    SltRecord *records;
    size_t n_records;
} SltFile;

/* ${tmp}, ${db} and ${data} in SQL are replaced. False when the file cannot be read. */
bool slt_file_read(const char *path, const char *tmp, const char *db, SltFile *out);
void slt_file_free(SltFile *file);

#endif
