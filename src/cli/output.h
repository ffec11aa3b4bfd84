/* Results as text, in the shell's output modes. */
#ifndef HY_CLI_OUTPUT_H
#define HY_CLI_OUTPUT_H

#include "base/buffer.h"
#include "openhyper.h"

#include <stdbool.h>
#include <stdio.h>

typedef enum HyOutputMode {
    HY_OUTPUT_TABLE,
    HY_OUTPUT_BOX,
    HY_OUTPUT_MARKDOWN,
    HY_OUTPUT_CSV,
    HY_OUTPUT_TSV,
    HY_OUTPUT_JSON,
    HY_OUTPUT_JSONL,
    HY_OUTPUT_LINE,
    HY_OUTPUT_QUIET
} HyOutputMode;

typedef struct HyOutputOptions {
    HyOutputMode mode;
    bool has_headers;
    const char *null_text; /* shown for NULL in table, box, markdown, line, csv, tsv */
    int max_width;         /* of a line in table and box mode; 0: no limit */
    FILE *file;
} HyOutputOptions;

/* The mode of a name ("csv"), or -1. */
int hy_output_mode_find(const char *name);
const char *hy_output_mode_name(HyOutputMode mode);
/* Bytes of one value of a column. */
size_t hy_output_value_size(openhyper_physical physical);

/* Prints all rows. *n_rows (may be NULL) gets their number. An error of fetching is returned. */
openhyper_error *hy_output_result(const HyOutputOptions *options,
    const openhyper_connection *connection, openhyper_result *result, size_t *n_rows);

#endif
