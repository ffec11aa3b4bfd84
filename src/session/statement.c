#include "session/statement.h"

#include "exec/external.h"
#include "plan/planner.h"
#include "session/copy_stream.h"
#include "session/names.h"
#include "session/rejected_rows.h"
#include "session/system_rows.h"
#include "types/datetime.h"

#include <stdlib.h>

static const char *read_setting(void *session, const char *name)
{
    return hy_settings_get(((HySession *)session)->settings, name);
}

static void init_env(HyStatement *statement)
{
    HySession *session = statement->session;
    const char *database = NULL;
    (void)hy_session_default_database(session, &database);
    statement->env = (HyFuncEnv){
        .arena = statement->arena,
        .style = hy_settings_style(session->settings),
        .cancel = &session->cancel,
        .memory = &session->memory,
        .statement_time = session->in_transaction ? session->transaction_time : hy_timestamp_now(),
        .database_name = database,
        .setting = read_setting,
        .session = session,
        .questions = &hy_session_questions,
        .start_time = session->instance->start_time,
        .random_state = {session->random_state[0]++, session->random_state[1]},
    };
}

HyStatus hy_statement_open(HySession *session, const char *sql, size_t len, HyStatement *out)
{
    *out = (HyStatement){.session = session, .sql = sql, .sql_len = len};
    out->arena = hy_arena_create();
    if (!out->arena)
        return hy_error_oom(0);
    HY_TRY(hy_session_read_search_path(session));
    init_env(out);
    hy_statement_init_resolver(out);
    out->bind = (HyBindContext){
        .arena = out->arena, .style = out->env.style, .resolver = &out->resolver, .env = &out->env};
    return HY_OK;
}

void hy_statement_close(HyStatement *statement)
{
    if (statement->owns_transaction)
        hy_transaction_rollback(statement->transaction);
    for (size_t i = 0; i < statement->n_tables; i++)
        hy_table_unref(statement->tables[i]);
    free(statement->tables);
    hy_arena_destroy(statement->arena);
}

HyStatus hy_statement_transaction(HyStatement *statement)
{
    HySession *session = statement->session;
    if (statement->transaction)
        return HY_OK;
    if (session->in_transaction) {
        if (!session->transaction)
            HY_TRY(hy_transaction_begin(session->instance->catalog, &session->transaction));
        statement->transaction = session->transaction;
        return HY_OK;
    }
    HY_TRY(hy_transaction_begin(session->instance->catalog, &statement->transaction));
    statement->owns_transaction = true;
    return HY_OK;
}

HyStatus hy_statement_commit(HyStatement *statement)
{
    if (!statement->owns_transaction)
        return HY_OK;
    HyTransaction *transaction = statement->transaction;
    statement->transaction = NULL;
    statement->owns_transaction = false;
    return hy_transaction_commit(transaction);
}

static void show_running(HySession *session, HyExecContext *context)
{
    pthread_mutex_lock(&session->running_lock);
    session->running = context;
    pthread_mutex_unlock(&session->running_lock);
}

static HyStatus set_tag(HyResult *result, const char *verb, int64_t count)
{
    return hy_result_set_tag(result, "%s %lld", verb, (long long)count);
}

HyStatus hy_statement_plan(HyStatement *statement, HyBoundQuery *query)
{
    HY_TRY(hy_statement_transaction(statement));
    HyPlanContext plan = {.arena = statement->arena,
        .style = statement->env.style,
        .env = &statement->env,
        .transaction = statement->transaction};
    return hy_plan(query, &plan);
}

/* rows NULL: they are thrown away. */
static HyStatus run_planned(
    HyStatement *statement, HyBoundQuery *query, bool analyze, HyRowset **rows, int64_t *affected)
{
    HySession *session = statement->session;
    HyExecContext exec;
    hy_exec_context_init(&exec, session->instance->pool, &session->memory, &session->cancel,
        &statement->env, statement->transaction);
    exec.analyze = analyze;
    exec.temp_directory = session->instance->temp_directory;
    exec.session = session;
    exec.system_rows = hy_session_system_rows;
    if (session->client) {
        hy_exec_set_client(&exec, session->client->input, session->client->output);
        HY_TRY(hy_copy_client_start(session->client, query));
    }
    HyRejectedRows *rejected;
    HY_TRY(hy_rejected_rows_open(statement, query, &rejected));
    show_running(session, &exec);
    HyStatus st = hy_exec_run(&exec, query, statement->arena, rows, affected);
    show_running(session, NULL);
    if (!st && rejected)
        st = hy_rejected_rows_store(rejected);
    hy_rejected_rows_close(rejected);
    HY_TRY(st);
    return hy_statement_commit(statement);
}

HyStatus hy_statement_analyze(HyStatement *statement, HyBoundQuery *query)
{
    int64_t affected = 0;
    HY_TRY(hy_statement_plan(statement, query));
    return run_planned(statement, query, true, NULL, &affected);
}

HyStatus hy_statement_run(
    HyStatement *statement, HyBoundQuery *query, HyResult *result, const char *verb)
{
    int64_t affected = 0;
    bool gives_rows = query->column_names != NULL;
    HY_TRY(hy_statement_plan(statement, query));
    if (gives_rows)
        HY_TRY(hy_result_set_columns(
            result, query->column_names, query->column_types, query->n_columns));
    HY_TRY(run_planned(statement, query, false, gives_rows ? &result->rows : NULL, &affected));
    bool is_query = query->root->kind != HY_ALG_INSERT && query->root->kind != HY_ALG_UPDATE &&
                    query->root->kind != HY_ALG_DELETE && query->root->kind != HY_ALG_MERGE &&
                    query->root->kind != HY_ALG_COPY_TO;
    if (!is_query)
        result->affected = affected;
    return set_tag(result, verb, affected);
}
