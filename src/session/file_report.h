/* Checking and describing a file as a whole, without a session: `openhyper verify`, `openhyper
 * info`. */
#ifndef HY_SESSION_FILE_REPORT_H
#define HY_SESSION_FILE_REPORT_H

#include "base/status.h"

/* Checks everything in the file; report is called per fault. A file that is no database at all
 * counts as one fault. Errors: 58P01 missing, 55006 in use, 58030. */
HyStatus hy_verify_file(const char *path, void (*report)(void *context, const char *fault),
    void *context, size_t *n_faults) HY_MUST_CHECK;
/* JSON text; free() it. */
HyStatus hy_describe_file(const char *path, char **json) HY_MUST_CHECK;

#endif
