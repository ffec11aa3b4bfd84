/* Any bytes: the parser ends with a tree or an error whose place lies in the text; what is printed
 * from a tree parses to a tree that prints the same. */
#include "sql/ast_print.h"
#include "sql/error_context.h"
#include "sql/parser.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_printed(HyArena *arena, const HyAstStmt *stmt)
{
    HyBuffer first = {0};
    HyBuffer second = {0};
    HyAstStmt *again = NULL;
    require(hy_ast_print_statement(&first, stmt) == HY_OK);
    HyStatus st = hy_parse(arena, first.data, first.len, &again);
    if (st) /* parentheses that the printer adds may exceed the depth limit */
        require(strcmp(st->sqlstate, "54001") == 0);
    else
        require(hy_ast_print_statement(&second, again) == HY_OK && first.len == second.len &&
                memcmp(first.data, second.data, first.len) == 0);
    hy_error_free(st);
    hy_buffer_free(&first);
    hy_buffer_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *sql = (const char *)data;
    HyArena *arena = hy_arena_create();
    HyAstStmt *stmt = NULL;
    HyStatus st = hy_parse(arena, sql, size, &stmt);
    require(hy_split_statements(sql, size) <= size);
    if (st)
        require(st->position <= (int64_t)size);
    else if (stmt)
        check_printed(arena, stmt);
    hy_error_free(hy_error_add_sql_context(st, sql, size));
    hy_arena_destroy(arena);
    return 0;
}
