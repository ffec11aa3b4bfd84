#include "session/session.h"

#include "base/clock.h"
#include "session/extended.h"
#include "session/names.h"
#include "session/statement.h"
#include "sql/error_context.h"
#include "sql/parser.h"

#include <stdlib.h>
#include <string.h>

static void link_session(HySession *session)
{
    HyInstance *instance = session->instance;
    pthread_mutex_lock(&instance->lock);
    session->next = instance->sessions;
    if (session->next)
        session->next->previous = session;
    instance->sessions = session;
    pthread_mutex_unlock(&instance->lock);
}

static void unlink_session(HySession *session)
{
    HyInstance *instance = session->instance;
    pthread_mutex_lock(&instance->lock);
    if (session->previous)
        session->previous->next = session->next;
    else
        instance->sessions = session->next;
    if (session->next)
        session->next->previous = session->previous;
    pthread_mutex_unlock(&instance->lock);
}

HyStatus hy_session_open(HyInstance *instance, HySession **out)
{
    HySession *session = calloc(1, sizeof *session);
    if (!session)
        return hy_error_oom(sizeof *session);
    HyStatus st = hy_settings_create(instance->defaults, &session->settings);
    if (st) {
        free(session);
        return st;
    }
    session->instance = instance;
    hy_session_init_names(session);
    session->attachments.catalog = instance->catalog;
    hy_memory_init(&session->memory, &instance->memory, SIZE_MAX);
    pthread_mutex_init(&session->running_lock, NULL);
    /* Different for every session; random() promises no more than that. */
    session->random_state[0] = (uint64_t)hy_clock_us() * UINT64_C(0x9E3779B97F4A7C15);
    session->random_state[1] = (uint64_t)(uintptr_t)session ^ UINT64_C(0xD1B54A32D192ED03);
    link_session(session);
    *out = session;
    return HY_OK;
}

HyStatus hy_session_close(HySession *session)
{
    unlink_session(session);
    hy_transaction_rollback(session->transaction);
    hy_session_drop_prepared(session);
    hy_session_drop_cursors(session);
    hy_session_drop_externals(session);
    HyStatus st = hy_attachments_clear(&session->attachments);
    hy_settings_destroy(session->settings);
    hy_session_free_search_path(session);
    free(session->notice);
    pthread_mutex_destroy(&session->running_lock);
    free(session);
    return st;
}

/* "dir/cars.2016.hyper" -> "cars.2016". */
static char *path_stem(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    const char *dot = strrchr(base, '.');
    size_t len = dot && dot != base ? (size_t)(dot - base) : strlen(base);
    return strndup(base, len);
}

static HyStatus create_by_mode(HySession *session, const char *path, HyCreateMode mode)
{
    HyCatalog *catalog = session->instance->catalog;
    bool exists = hy_catalog_database_exists(catalog, path);
    if (mode == HY_CREATE_NONE || (mode == HY_CREATE_IF_NOT_EXISTS && exists))
        return HY_OK;
    if (mode == HY_CREATE_AND_REPLACE && exists)
        HY_TRY(hy_catalog_drop_database(catalog, path));
    return hy_catalog_create_database(catalog, path, session->instance->default_database_version);
}

HyStatus hy_session_attach(
    HySession *session, const char *path, const char *alias, HyCreateMode mode)
{
    HyStatus st = HY_OK;
    char *stem = NULL;
    if (!alias) {
        stem = path_stem(path ? path : "memory");
        if (!stem)
            return hy_error_oom(0);
        alias = stem;
    }
    if (!path) {
        HyDatabase *database;
        HY_GO(hy_database_in_memory(session->instance->catalog, false, &database));
        HY_GO(hy_attachments_add_database(&session->attachments, database, alias));
    } else {
        HY_GO(create_by_mode(session, path, mode));
        HY_GO(hy_attachments_add(&session->attachments, path, alias));
        HY_GO(hy_session_note_database(session, alias));
    }
done:
    free(stem);
    return st;
}

HyStatus hy_session_note_database(HySession *session, const char *alias)
{
    const HyDatabase *database = hy_attachments_find(&session->attachments, alias);
    const char *aside = database ? hy_database_log_aside(database) : NULL;
    if (!aside)
        return HY_OK;
    HyBuffer text = {0};
    HyStatus st = hy_buffer_printf(&text,
        "database file \"%s\" was changed or replaced after a crash: the commits of its "
        "write-ahead log were not applied; the log is kept as \"%s\"",
        hy_database_path(database), aside);
    free(session->notice);
    session->notice = st ? NULL : hy_buffer_take(&text);
    hy_buffer_free(&text);
    return st;
}

static HyStatus deliver_notice(HySession *session, HyResult *result)
{
    if (!session->notice)
        return HY_OK;
    HyStatus st = hy_result_add_notice(result, session->notice);
    free(session->notice);
    session->notice = NULL;
    return st;
}

/* An error inside BEGIN .. COMMIT undoes the transaction's work at once; the session then waits for
 * its end. */
void hy_session_fail_transaction(HySession *session)
{
    if (!session->in_transaction)
        return;
    hy_transaction_rollback(session->transaction);
    session->transaction = NULL;
    session->is_aborted = true;
    hy_session_end_cursors(session, false);
}

static HyStatus parse_and_execute(HyStatement *statement, HyResult *result)
{
    HyAstStmt *stmt;
    HY_TRY(hy_parse(statement->arena, statement->sql, statement->sql_len, &stmt));
    if (!stmt)
        return HY_OK; /* nothing but blanks and comments */
    if (statement->session->is_aborted && stmt->kind != HY_AST_STMT_TRANSACTION)
        return hy_error("25P02",
            "current transaction is aborted, commands ignored until end of transaction block");
    const HyParameters *parameters = statement->session->parameters;
    if (parameters) {
        statement->bind.n_params = parameters->n;
        statement->bind.param_types = parameters->types;
        statement->bind.param_values = parameters->values;
    }
    return hy_statement_execute(statement, stmt, result);
}

/* Within query_timeout. */
static HyStatus execute_in_time(HyStatement *statement, HyResult *result)
{
    HySession *session = statement->session;
    HyWatchdog *watchdog = session->instance->watchdog;
    int64_t limit_ms = hy_settings_query_timeout_ms(session->settings);
    if (!limit_ms)
        return parse_and_execute(statement, result);
    hy_watchdog_arm(watchdog, &session->watch, &session->cancel,
        limit_ms < INT64_MAX / 1000 ? limit_ms * 1000 : INT64_MAX);
    HyStatus st = parse_and_execute(statement, result);
    hy_watchdog_disarm(watchdog, &session->watch);
    if (!st || !session->watch.has_expired || strcmp(st->sqlstate, "57014") != 0)
        return st;
    hy_error_free(st);
    return hy_error(
        "53S01", "The query exceeded the time limit of %lld milliseconds.", (long long)limit_ms);
}

HyStatus hy_session_execute(HySession *session, const char *sql, size_t len, HyResult **out)
{
    if (session->is_busy)
        return hy_error_hint(hy_error("55006", "the connection is not ready"),
            "finish or close the open bulk insert first");
    HyStatement statement;
    HyResult *result = NULL;
    HyStatus st = hy_result_create(&result);
    if (st)
        return st;
    atomic_store(&session->cancel.requested, false);
    st = hy_statement_open(session, sql, len, &statement);
    if (!st)
        st = execute_in_time(&statement, result);
    if (!st)
        st = deliver_notice(session, result);
    hy_statement_close(&statement);
    if (st) {
        hy_result_destroy(result);
        hy_session_fail_transaction(session);
        return hy_error_add_sql_context(st, sql, len);
    }
    /* The caller may keep it for longer than the session lives. */
    if (result->rows)
        hy_rowset_leave_budget(result->rows);
    *out = result;
    return HY_OK;
}

void hy_session_cancel(HySession *session)
{
    atomic_store(&session->cancel.requested, true);
}

double hy_session_progress(HySession *session)
{
    pthread_mutex_lock(&session->running_lock);
    double progress = session->running ? hy_exec_progress(session->running) : -1;
    pthread_mutex_unlock(&session->running_lock);
    return progress;
}
