/* The rows of system relations (catalog/system_relations.h) as a session sees them. */
#ifndef HY_SESSION_SYSTEM_ROWS_H
#define HY_SESSION_SYSTEM_ROWS_H

#include "types/rowset.h"

/* For HyExecContext.system_rows: all columns of the relation; `database` is an attached alias, or
 * NULL for the default. The caller destroys *out. */
HyStatus hy_session_system_rows(void *session, int system_id, const char *database,
    HyMemory *memory, HyRowset **out) HY_MUST_CHECK;

#endif
