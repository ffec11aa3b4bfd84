/* What clients ask about schemas and tables, without SQL: behind openhyper_list_schemas,
 * openhyper_list_tables and openhyper_describe_table of the public interface, whose structs these
 * are. All that is given out is one block of memory, to be freed with free(). */
#ifndef HY_SESSION_DESCRIBE_H
#define HY_SESSION_DESCRIBE_H

#include "openhyper.h"
#include "session/session.h"

HyStatus hy_session_list_schemas(
    HySession *session, const char *database, char ***names) HY_MUST_CHECK;
HyStatus hy_session_list_tables(
    HySession *session, const char *database, const char *schema, char ***names) HY_MUST_CHECK;
HyStatus hy_session_describe_table(HySession *session, const char *database, const char *schema,
    const char *table, openhyper_table_info **out) HY_MUST_CHECK;

/* Copies in one block: for others who know tables. */
HyStatus hy_name_list_create(const char *const *names, size_t n, char ***out) HY_MUST_CHECK;
HyStatus hy_table_info_copy(
    const openhyper_table_info *info, openhyper_table_info **out) HY_MUST_CHECK;

openhyper_type hy_public_type(HyType type);

#endif
