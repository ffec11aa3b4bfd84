/* Any bytes: what parses is bound, without tables, to algebra or to an error whose place lies in
 * the text. */
#include "sql/binder.h"
#include "sql/parser.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *sql = (const char *)data;
    HyArena *arena = hy_arena_create();
    HyAstStmt *stmt = NULL;
    HyBoundQuery *query = NULL;
    HyTextStyle style;
    hy_text_style_init(&style);
    HyBindContext ctx = {.arena = arena, .style = &style, .n_params = 3};
    HyStatus st = hy_parse(arena, sql, size, &stmt);
    if (!st && stmt)
        st = hy_bind_statement(&ctx, stmt, &query);
    if (st && st->position > (int64_t)size)
        abort();
    hy_error_free(st);
    hy_arena_destroy(arena);
    return 0;
}
