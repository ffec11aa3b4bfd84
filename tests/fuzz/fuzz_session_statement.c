/* Any bytes as statements over a small schema: whatever is said, each ends with a result or an
 * error, and the database stays usable. Statements that name files are left out. */
#include "session/session.h"
#include "sql/parser.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static const char *const schema[] = {
    "CREATE TABLE a (i integer, b bigint, s smallint, n numeric(10,2), w numeric(38,10), f double "
    "precision, r real)",
    "CREATE TABLE t (i integer not null, t text, c char(3), v varchar(5), x text, y bytea)",
    "CREATE TABLE d (i integer, d date, t time, ts timestamp, tz timestamptz, iv interval, bo "
    "boolean, j json)",
    "INSERT INTO a SELECT i, i * 1000000007, i, i / 3.0, i, i / 7.0, i FROM "
    "generate_series(-3::bigint, 20) AS g(i)",
    "INSERT INTO t SELECT i, 'text ' || i % 4, 'c' || i, 'v', 'Xy' || i, NULL FROM "
    "generate_series(1, 20) AS g(i)",
    "INSERT INTO d SELECT i, date '2024-01-30' + i, NULL, timestamp '2024-02-29 12:00', NULL, "
    "interval '1 month', i % 2 = 0, "
    "'{\"a\": 1}' FROM generate_series(1, 20) AS g(i)",
};

static void run(HySession *session, const char *sql, size_t len, bool must_work)
{
    HyResult *result = NULL;
    HyStatus st = hy_session_execute(session, sql, len, &result);
    if (must_work && st)
        fprintf(stderr, "%.*s: %s\n", (int)len, sql, st->message);
    require(!must_work || !st);
    require(!st || st->position <= (int64_t)len);
    hy_error_free(st);
    hy_result_destroy(result);
}

/* Files, and what takes long on purpose. */
static bool is_left_out(const char *sql, size_t len)
{
    HyArena *arena = hy_arena_create();
    HyAstStmt *stmt = NULL;
    HyStatus st = hy_parse(arena, sql, len, &stmt);
    bool is_out =
        !st && stmt &&
        (stmt->kind == HY_AST_STMT_COPY || stmt->kind == HY_AST_STMT_CREATE_DATABASE ||
            stmt->kind == HY_AST_STMT_DROP_DATABASE || stmt->kind == HY_AST_STMT_ATTACH_DATABASE ||
            stmt->kind == HY_AST_STMT_CREATE_EXTERNAL_TABLE);
    hy_error_free(st);
    hy_arena_destroy(arena);
    return is_out || memmem(sql, len, "external", 8) || memmem(sql, len, "EXTERNAL", 8) ||
           memmem(sql, len, "DATABASE", 8) || memmem(sql, len, "timeout", 7);
}

static HyInstance *instance(void)
{
    static HyInstance *one;
    static const HyInstanceSetting settings[] = {{"threads", "1"}, {"memory_limit", "256m"}};
    if (!one)
        require(hy_instance_create(settings, 2, &one) == HY_OK);
    return one;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char limit[] = "SET query_timeout = '2s'";
    const char *sql = (const char *)data;
    HySession *session = NULL;
    require(hy_session_open(instance(), &session) == HY_OK);
    require(hy_session_attach(session, NULL, "m", HY_CREATE) == HY_OK);
    for (size_t i = 0; i < sizeof schema / sizeof *schema; i++)
        run(session, schema[i], strlen(schema[i]), true);
    run(session, limit, strlen(limit), true);
    while (size > 0) {
        size_t len = hy_split_statements(sql, size);
        len = len > 0 && len <= size ? len : size;
        if (!is_left_out(sql, len))
            run(session, sql, len, false);
        sql += len;
        size -= len;
    }
    run(session, "ROLLBACK", 8, false);
    run(session, "SELECT 1", 8, true);
    hy_error_free(hy_session_close(session));
    return 0;
}
