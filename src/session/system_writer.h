/* Writes rows of a system relation by the names of its columns. What a row does not say is null,
 * or zero in a column that cannot be null. Shared by the files that make the rows. */
#ifndef HY_SESSION_SYSTEM_WRITER_H
#define HY_SESSION_SYSTEM_WRITER_H

#include "session/session.h"

typedef struct HySystemWriter {
    int id; /* catalog/system_relations.h */
    HySession *session;
    HyDatabase *database; /* whose relations are asked for; NULL: undecided */
    const char *alias;    /* of the database */
    HyArena *arena;       /* freed when all rows are there */
    HyRowset *rows;
    HyValue *row; /* the row being filled, one value per column */
    size_t n_columns;
} HySystemWriter;

HyStatus hy_system_writer_open(HySystemWriter *writer, HyMemory *memory) HY_MUST_CHECK;

/* The columns must be there and of such a type. Texts must live until the end of the row. */
void hy_system_put_text(HySystemWriter *writer, const char *column, const char *text);
void hy_system_put_string(HySystemWriter *writer, const char *column, HyString text);
/* Of any type of integers: boolean, oid, a character's code, timestamps. */
void hy_system_put(HySystemWriter *writer, const char *column, int64_t value);
void hy_system_put_double(HySystemWriter *writer, const char *column, double value);
/* An array of small integers or numbers of objects, as the column has them. */
HyStatus hy_system_put_array(
    HySystemWriter *writer, const char *column, const uint32_t *items, size_t n) HY_MUST_CHECK;
/* Adds the row and begins the next one. */
HyStatus hy_system_end_row(HySystemWriter *writer) HY_MUST_CHECK;

/* The makers of rows; each knows the relations in its file. */
HyStatus hy_system_namespace_rows(HySystemWriter *writer) HY_MUST_CHECK; /* system_rows_tables.c */
HyStatus hy_system_class_rows(HySystemWriter *writer) HY_MUST_CHECK;
HyStatus hy_system_attribute_rows(HySystemWriter *writer) HY_MUST_CHECK;
HyStatus hy_system_default_rows(HySystemWriter *writer) HY_MUST_CHECK;
HyStatus hy_system_constraint_rows(HySystemWriter *writer) HY_MUST_CHECK;
HyStatus hy_system_index_rows(HySystemWriter *writer) HY_MUST_CHECK;
HyStatus hy_system_tables_rows(HySystemWriter *writer) HY_MUST_CHECK;
HyStatus hy_system_table_stat_rows(HySystemWriter *writer) HY_MUST_CHECK;
/* Calls row for each table of the session's temporary store and of the database. */
HyStatus hy_system_each_table(
    HySystemWriter *writer, HyStatus (*row)(HySystemWriter *writer, HyTable *table)) HY_MUST_CHECK;
/* information_schema: system_rows_standard.c */
HyStatus hy_system_standard_schema_rows(HySystemWriter *writer) HY_MUST_CHECK;
HyStatus hy_system_standard_table_rows(HySystemWriter *writer) HY_MUST_CHECK;
HyStatus hy_system_standard_column_rows(HySystemWriter *writer) HY_MUST_CHECK;
HyStatus hy_system_standard_constraint_rows(HySystemWriter *writer) HY_MUST_CHECK;
HyStatus hy_system_standard_key_rows(HySystemWriter *writer) HY_MUST_CHECK;
HyStatus hy_system_standard_reference_rows(HySystemWriter *writer) HY_MUST_CHECK;
HyStatus hy_system_type_rows(HySystemWriter *writer) HY_MUST_CHECK; /* system_rows_types.c */
HyStatus hy_system_function_rows(HySystemWriter *writer) HY_MUST_CHECK;
HyStatus hy_system_collation_rows(HySystemWriter *writer) HY_MUST_CHECK;
HyStatus hy_system_access_rows(HySystemWriter *writer) HY_MUST_CHECK;
HyStatus hy_system_tablespace_rows(HySystemWriter *writer) HY_MUST_CHECK;
HyStatus hy_system_user_rows(HySystemWriter *writer) HY_MUST_CHECK; /* system_rows_state.c */
HyStatus hy_system_database_rows(HySystemWriter *writer) HY_MUST_CHECK;
HyStatus hy_system_setting_rows(HySystemWriter *writer) HY_MUST_CHECK;
HyStatus hy_system_attached_rows(HySystemWriter *writer) HY_MUST_CHECK;
HyStatus hy_system_file_rows(HySystemWriter *writer) HY_MUST_CHECK;
HyStatus hy_system_load_rows(HySystemWriter *writer) HY_MUST_CHECK;
HyStatus hy_system_memory_rows(HySystemWriter *writer) HY_MUST_CHECK;
HyStatus hy_system_thread_rows(HySystemWriter *writer) HY_MUST_CHECK;
HyStatus hy_system_thread_usage_rows(HySystemWriter *writer) HY_MUST_CHECK;
HyStatus hy_system_activity_rows(HySystemWriter *writer) HY_MUST_CHECK;

/* The number under which pg_collation lists a collation; 100 for the binary order of text, 0 for
 * types without order of text. */
uint32_t hy_system_collation_oid(HyType type);
/* Bytes of a value of the type; -1: of any length. */
int hy_system_type_length(uint32_t type_oid);

#endif
