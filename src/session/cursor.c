/* DECLARE, FETCH, MOVE and CLOSE. A cursor's query runs when it is declared; what is fetched are
 * rows that are there already, of the snapshot of the declaration. Cursors end with their
 * transaction, unless they were declared WITH HOLD and it committed. */
#include "session/statement.h"

#include <stdlib.h>
#include <string.h>

typedef struct HyCursor {
    HyResult *result;
    size_t piece; /* of the rows, and the row in it, that come next */
    size_t row;
    bool with_hold;
    bool is_new; /* declared in the open transaction */
} HyCursor;

static void destroy_cursor(HyCursor *cursor)
{
    if (!cursor)
        return;
    hy_result_destroy(cursor->result);
    free(cursor);
}

void hy_session_drop_cursors(HySession *session)
{
    size_t pos = 0;
    void *value;
    while (hy_string_map_next(&session->cursors, &pos, NULL, NULL, &value))
        destroy_cursor(value);
    hy_string_map_free(&session->cursors);
}

/* One that ends with the transaction; false: there is none any more. */
static bool drop_one(HySession *session, bool is_committed)
{
    size_t pos = 0;
    const char *name;
    size_t len;
    void *value;
    while (hy_string_map_next(&session->cursors, &pos, &name, &len, &value)) {
        HyCursor *cursor = value;
        if (is_committed ? cursor->with_hold : !cursor->is_new && cursor->with_hold)
            continue;
        (void)hy_string_map_remove(&session->cursors, name, len);
        destroy_cursor(cursor);
        return true;
    }
    return false;
}

void hy_session_end_cursors(HySession *session, bool is_committed)
{
    size_t pos = 0;
    void *value;
    while (drop_one(session, is_committed))
        continue;
    while (hy_string_map_next(&session->cursors, &pos, NULL, NULL, &value))
        ((HyCursor *)value)->is_new = false;
}

static HyStatus run_query(HyStatement *statement, const HyAstCursor *ast, HyCursor *cursor)
{
    HyBoundQuery *query;
    HY_TRY(hy_bind_query(&statement->bind, ast->query, &query));
    HY_TRY(hy_result_create(&cursor->result));
    return hy_statement_run(statement, query, cursor->result, "SELECT");
}

static HyStatus declare(HyStatement *statement, const HyAstCursor *ast, HyResult *result)
{
    HySession *session = statement->session;
    HyStatus st = HY_OK;
    if (hy_string_map_get(&session->cursors, ast->name.text, ast->name.len))
        return hy_error("42710", "cursor '%s' already exists", ast->name.text);
    HyCursor *cursor = calloc(1, sizeof *cursor);
    if (!cursor)
        return hy_error_oom(sizeof *cursor);
    cursor->with_hold = ast->with_hold;
    cursor->is_new = session->in_transaction;
    HY_GO(run_query(statement, ast, cursor));
    HY_GO(hy_result_set_tag(result, "DECLARE CURSOR"));
    if (session->in_transaction || cursor->with_hold) {
        HY_GO(hy_string_map_put(&session->cursors, ast->name.text, ast->name.len, cursor));
        cursor = NULL;
    }
done:
    destroy_cursor(cursor);
    return st;
}

/* Rows [from, from + n) of a piece, behind the rows that `out` has. NULL: they are skipped. */
static HyStatus copy_rows(
    HyArena *arena, const HyBatch *piece, size_t from, size_t n, HyRowset *out)
{
    uint32_t *rows;
    HyVector *columns;
    if (!out)
        return HY_OK;
    HY_ARENA_NEW(arena, rows, n);
    HY_ARENA_NEW(arena, columns, piece->n_cols);
    for (size_t i = 0; i < n; i++)
        rows[i] = (uint32_t)(from + i);
    for (size_t c = 0; c < piece->n_cols; c++)
        HY_TRY(hy_vector_gather(arena, &piece->cols[c], rows, n, &columns[c]));
    HyBatch batch = {.n_rows = n, .n_cols = piece->n_cols, .cols = columns};
    return hy_rowset_append(out, &batch);
}

/* Moves the cursor over up to `wanted` rows. */
static HyStatus advance(
    HyArena *arena, HyCursor *cursor, uint64_t wanted, HyRowset *out, uint64_t *n_moved)
{
    const HyRowset *rows = cursor->result->rows;
    *n_moved = 0;
    while (*n_moved < wanted && cursor->piece < hy_rowset_piece_count(rows)) {
        const HyBatch *piece = hy_rowset_piece(rows, cursor->piece);
        size_t n = piece->n_rows - cursor->row;
        if (n > wanted - *n_moved)
            n = (size_t)(wanted - *n_moved);
        HY_TRY(copy_rows(arena, piece, cursor->row, n, out));
        cursor->row += n;
        *n_moved += n;
        if (cursor->row == piece->n_rows) {
            cursor->piece++;
            cursor->row = 0;
        }
    }
    return HY_OK;
}

static HyStatus count_wanted(HyStatement *statement, const HyAstCursor *ast, uint64_t *out)
{
    const HyType int8 = hy_type(HY_TYPE_INT8);
    HyValue value;
    *out = ast->all ? UINT64_MAX : 1;
    if (!ast->count)
        return HY_OK;
    HY_TRY(hy_bind_constant(&statement->bind, ast->count, &int8, &value));
    if (value.is_null || value.i64 < 0)
        return hy_error_at(hy_error("0A000", "cursors can only be moved forward"), ast->count->pos);
    *out = (uint64_t)value.i64;
    return HY_OK;
}

const HyResult *hy_session_cursor_rows(const HySession *session, const HyAstName *name)
{
    const HyCursor *cursor = hy_string_map_get(&session->cursors, name->text, name->len);
    return cursor ? cursor->result : NULL;
}

static HyStatus find_cursor(HyStatement *statement, const HyAstCursor *ast, HyCursor **out)
{
    *out = hy_string_map_get(&statement->session->cursors, ast->name.text, ast->name.len);
    return *out ? HY_OK : hy_error("42704", "unknown cursor '%s'", ast->name.text);
}

static HyStatus fetch(HyStatement *statement, const HyAstCursor *ast, HyResult *result)
{
    HyCursor *cursor;
    uint64_t wanted;
    uint64_t n;
    HY_TRY(find_cursor(statement, ast, &cursor));
    HY_TRY(count_wanted(statement, ast, &wanted));
    const HyResult *from = cursor->result;
    if (ast->kind == HY_AST_CURSOR_FETCH) {
        HY_TRY(
            hy_result_set_columns(result, from->column_names, from->column_types, from->n_columns));
        HY_TRY(hy_rowset_create(result->column_types, result->n_columns, NULL, &result->rows));
    }
    HY_TRY(advance(statement->arena, cursor, wanted, result->rows, &n));
    return hy_result_set_tag(result, "%s %llu", ast->kind == HY_AST_CURSOR_FETCH ? "FETCH" : "MOVE",
        (unsigned long long)n);
}

static HyStatus close_cursor(HyStatement *statement, const HyAstCursor *ast, HyResult *result)
{
    HySession *session = statement->session;
    HyCursor *cursor;
    if (!ast->name.text) {
        hy_session_drop_cursors(session);
        return hy_result_set_tag(result, "CLOSE CURSOR ALL");
    }
    HY_TRY(find_cursor(statement, ast, &cursor));
    (void)hy_string_map_remove(&session->cursors, ast->name.text, ast->name.len);
    destroy_cursor(cursor);
    return hy_result_set_tag(result, "CLOSE CURSOR");
}

HyStatus hy_execute_cursor(HyStatement *statement, const HyAstCursor *ast, HyResult *result)
{
    switch (ast->kind) {
    case HY_AST_CURSOR_DECLARE:
        return declare(statement, ast, result);
    case HY_AST_CURSOR_FETCH:
    case HY_AST_CURSOR_MOVE:
        return fetch(statement, ast, result);
    case HY_AST_CURSOR_CLOSE:
        return close_cursor(statement, ast, result);
    }
    return HY_OK;
}
