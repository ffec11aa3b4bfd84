/* EXPLAIN: the plan of a statement, with ANALYZE after having run it. */
#include "plan/explain.h"

#include "session/statement.h"

#include <string.h>

typedef struct Options {
    HyExplainOptions plan;
    bool is_json;
    bool expand_views; /* there are none; the server asks for it with ANALYZE and JSON */
} Options;

static HyStatus unknown_option(const HyAstOption *option)
{
    return hy_error_at(hy_error("42601", "unknown explain option '%s'", option->name.text),
        option->name.span.offset);
}

/* The word behind an option, or NULL. */
static const char *option_word(const HyAstOption *option)
{
    const HyAstExpr *value = option->value;
    if (value && value->kind == HY_AST_COLUMN && value->column.parts.n == 1)
        return value->column.parts.items[0].text;
    if (value && value->kind == HY_AST_STRING)
        return value->text.data;
    return NULL;
}

/* An option alone is on. */
static HyStatus switch_value(HyStatement *statement, const HyAstOption *option, bool *out)
{
    const HyType type = hy_type(HY_TYPE_BOOL);
    const char *word = option_word(option);
    HyValue value;
    *out = true;
    if (!option->value)
        return HY_OK;
    if (word) {
        *out = strcmp(word, "on") == 0 || strcmp(word, "true") == 0;
        return *out || strcmp(word, "off") == 0 || strcmp(word, "false") == 0
                   ? HY_OK
                   : unknown_option(option);
    }
    HY_TRY(hy_bind_constant(&statement->bind, option->value, &type, &value));
    *out = !value.is_null && value.u8;
    return HY_OK;
}

static HyStatus read_format(const HyAstOption *option, Options *out)
{
    const char *word = option_word(option);
    if (!word || strcmp(word, "json") != 0)
        return hy_error_at(hy_error("42601", "unknown FORMAT value '%s'", word ? word : ""),
            option->name.span.offset);
    out->is_json = true;
    return HY_OK;
}

static HyStatus read_options(HyStatement *statement, const HyAstExplain *ast, Options *out)
{
    *out = (Options){.plan = {.costs = true, .analyze = ast->analyze, .verbose = ast->verbose}};
    for (size_t i = 0; i < ast->options.n; i++) {
        const HyAstOption *option = &ast->options.items[i];
        const char *name = option->name.text;
        if (strcmp(name, "format") == 0)
            HY_TRY(read_format(option, out));
        else if (strcmp(name, "analyze") == 0)
            HY_TRY(switch_value(statement, option, &out->plan.analyze));
        else if (strcmp(name, "costs") == 0)
            HY_TRY(switch_value(statement, option, &out->plan.costs));
        else if (strcmp(name, "expand_views") == 0)
            HY_TRY(switch_value(statement, option, &out->expand_views));
        else
            return unknown_option(option);
    }
    if (out->is_json && out->plan.analyze && !out->expand_views)
        return hy_error_at(hy_error("42601", "EXPAND_VIEWS false is not supported with ANALYZE."),
            ast->statement->span.offset);
    return HY_OK;
}

/* Only queries and changes of rows have plans. */
static HyStatus check_statement(const HyAstStmt *stmt, const Options *options)
{
    switch (stmt->kind) {
    case HY_AST_STMT_QUERY:
        return HY_OK;
    case HY_AST_STMT_INSERT:
    case HY_AST_STMT_UPDATE:
    case HY_AST_STMT_DELETE:
    case HY_AST_STMT_MERGE:
    case HY_AST_STMT_COPY:
        return options->is_json
                   ? hy_error("0A000", "EXPLAIN (FORMAT JSON) is only supported for queries")
                   : HY_OK;
    case HY_AST_STMT_EXECUTE:
        return hy_error("0A000", "EXPLAIN EXECUTE not implemented yet");
    default:
        return hy_error_at(
            hy_error("42601", "there is no plan for this statement"), stmt->span.offset);
    }
}

HyStatus hy_execute_explain(HyStatement *statement, const HyAstExplain *ast, HyResult *result)
{
    const HyType text = hy_type(HY_TYPE_TEXT);
    Options options;
    HyBoundQuery *query;
    HyBuffer plan = {0};
    HyStatus st = HY_OK;
    HY_TRY(read_options(statement, ast, &options));
    HY_TRY(check_statement(ast->statement, &options));
    HY_TRY(hy_bind_statement(&statement->bind, ast->statement, &query));
    if (options.plan.analyze)
        HY_TRY(hy_statement_analyze(statement, query));
    else
        HY_TRY(hy_statement_plan(statement, query));
    HY_GO(options.is_json ? hy_explain_json(query, &options.plan, &plan)
                          : hy_explain_text(query, &options.plan, &plan));
    HY_GO(hy_buffer_append_char(&plan, 0));
    HY_GO(hy_result_set_columns(result, (const char *const[]){"plan"}, &text, 1));
    HY_GO(hy_result_add_text_row(result, (const char *const[]){plan.data}, 1));
    HY_GO(hy_result_set_tag(result, "EXPLAIN"));
done:
    hy_buffer_free(&plan);
    return st;
}
