#include "session/system_rows.h"

#include "catalog/system_relations.h"
#include "session/names.h"
#include "session/system_writer.h"

#include <string.h>

static HyStatus write_rows(HySystemWriter *w)
{
    static const struct {
        const char *name;
        HyStatus (*write)(HySystemWriter *w);
    } makers[] = {
        {"columns", hy_system_standard_column_rows},
        {"hyper_attached_database", hy_system_attached_rows},
        {"hyper_database", hy_system_file_rows},
        {"hyper_load", hy_system_load_rows},
        {"hyper_memory_usage", hy_system_memory_rows},
        {"hyper_thread_usage", hy_system_thread_usage_rows},
        {"hyper_threads", hy_system_thread_rows},
        {"key_column_usage", hy_system_standard_key_rows},
        {"pg_am", hy_system_access_rows},
        {"pg_attrdef", hy_system_default_rows},
        {"pg_attribute", hy_system_attribute_rows},
        {"pg_authid", hy_system_user_rows},
        {"pg_class", hy_system_class_rows},
        {"pg_collation", hy_system_collation_rows},
        {"pg_constraint", hy_system_constraint_rows},
        {"pg_database", hy_system_database_rows},
        {"pg_index", hy_system_index_rows},
        {"pg_namespace", hy_system_namespace_rows},
        {"pg_proc", hy_system_function_rows},
        {"pg_roles", hy_system_user_rows},
        {"pg_settings", hy_system_setting_rows},
        {"pg_stat_activity", hy_system_activity_rows},
        {"pg_stat_all_tables", hy_system_table_stat_rows},
        {"pg_tables", hy_system_tables_rows},
        {"pg_tablespace", hy_system_tablespace_rows},
        {"pg_type", hy_system_type_rows},
        {"pg_user", hy_system_user_rows},
        {"referential_constraints", hy_system_standard_reference_rows},
        {"schemata", hy_system_standard_schema_rows},
        {"table_constraints", hy_system_standard_constraint_rows},
        {"tables", hy_system_standard_table_rows},
    };
    const char *name = hy_system_relation_name(w->id);
    if (strcmp(name, "hyper_event_logs") == 0)
        return hy_error("0A000", "The dynamic management view `hyper_event_logs` is disabled.");
    for (size_t i = 0; i < HY_ARRAY_LEN(makers); i++)
        if (strcmp(makers[i].name, name) == 0)
            return makers[i].write(w);
    return HY_OK; /* PostgreSQL's other relations are empty */
}

HyStatus hy_session_system_rows(
    void *session, int system_id, const char *database, HyMemory *memory, HyRowset **out)
{
    HySystemWriter w = {.id = system_id, .session = session, .alias = database};
    HyStatus st = HY_OK;
    w.database = database ? hy_attachments_find(&w.session->attachments, database)
                          : hy_session_default_database(session, &w.alias);
    w.arena = hy_arena_create();
    if (!w.arena)
        return hy_error_oom(0);
    HY_GO(hy_system_writer_open(&w, memory));
    HY_GO(write_rows(&w));
    *out = w.rows;
    w.rows = NULL;
done:
    hy_rowset_destroy(w.rows);
    hy_arena_destroy(w.arena);
    return st;
}
