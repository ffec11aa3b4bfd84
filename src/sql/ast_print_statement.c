/* Printing of statements: DML, settings, transactions, prepared statements. */
#include "sql/ast_print_internal.h"

#include <string.h>

/* ---- DML
 * ----------------------------------------------------------------------------------------- */

static void print_returning(HyAstPrinter *pr, const HyAstSelectItemList *items)
{
    if (items->n) {
        hy_print_text(pr, " RETURNING");
        hy_print_select_items(pr, items);
    }
}

static void print_where(HyAstPrinter *pr, const HyAstExpr *where)
{
    if (where) {
        hy_print_text(pr, " WHERE ");
        hy_print_expr(pr, where);
    }
}

/* ROW (..) and (..) of several values are the same here. */
static void print_multiple_source(HyAstPrinter *pr, const HyAstExpr *value)
{
    if (value->kind == HY_AST_ROW) {
        hy_print_text(pr, "ROW (");
        hy_print_exprs(pr, &value->list);
        hy_print_text(pr, ")");
    } else {
        hy_print_expr(pr, value);
    }
}

static void print_assignments(HyAstPrinter *pr, const HyAstAssignmentList *list)
{
    for (size_t i = 0; i < list->n; i++) {
        const HyAstAssignment *a = &list->items[i];
        hy_print_text(pr, i == 0 ? " SET" : ",");
        if (a->is_multiple) {
            hy_print_columns(pr, &a->columns);
            hy_print_text(pr, " = ");
            print_multiple_source(pr, a->value);
        } else {
            hy_print_text(pr, " ");
            hy_print_name(pr, &a->columns.items[0]);
            hy_print_text(pr, " = ");
            hy_print_expr(pr, a->value);
        }
    }
}

static void print_target(
    HyAstPrinter *pr, bool only, const HyAstQName *table, const HyAstName *alias)
{
    hy_print_text(pr, only ? "ONLY " : "");
    hy_print_qname(pr, table);
    if (alias->text) {
        hy_print_text(pr, " AS ");
        hy_print_name(pr, alias);
    }
}

static void print_on_conflict(HyAstPrinter *pr, const HyAstOnConflict *c)
{
    if (!c)
        return;
    hy_print_text(pr, " ON CONFLICT");
    hy_print_columns(pr, &c->columns);
    if (c->constraint.text) {
        hy_print_text(pr, " ON CONSTRAINT ");
        hy_print_name(pr, &c->constraint);
    }
    if (c->action == HY_AST_CONFLICT_NOTHING) {
        hy_print_text(pr, " DO NOTHING");
        return;
    }
    hy_print_text(pr, " DO UPDATE");
    print_assignments(pr, &c->set);
    print_where(pr, c->where);
}

static void print_insert(HyAstPrinter *pr, const HyAstInsert *insert)
{
    hy_print_ctes(pr, insert->ctes, insert->n_ctes, insert->recursive);
    hy_print_text(pr, "INSERT INTO ");
    hy_print_qname(pr, &insert->table);
    hy_print_columns(pr, &insert->columns);
    if (insert->source) {
        hy_print_text(pr, " ");
        hy_print_query(pr, insert->source);
    } else {
        hy_print_text(pr, " DEFAULT VALUES");
    }
    print_on_conflict(pr, insert->on_conflict);
    print_returning(pr, &insert->returning);
}

static void print_update(HyAstPrinter *pr, const HyAstUpdate *update)
{
    hy_print_ctes(pr, update->ctes, update->n_ctes, update->recursive);
    hy_print_text(pr, "UPDATE ");
    print_target(pr, update->only, &update->table, &update->alias);
    print_assignments(pr, &update->set);
    hy_print_from_list(pr, " FROM ", &update->from);
    print_where(pr, update->where);
    print_returning(pr, &update->returning);
}

static void print_delete(HyAstPrinter *pr, const HyAstDelete *del)
{
    hy_print_ctes(pr, del->ctes, del->n_ctes, del->recursive);
    hy_print_text(pr, "DELETE FROM ");
    print_target(pr, del->only, &del->table, &del->alias);
    hy_print_from_list(pr, " USING ", &del->from);
    print_where(pr, del->where);
    print_returning(pr, &del->returning);
}

static void print_merge_when(HyAstPrinter *pr, const HyAstMergeWhen *when)
{
    static const char *const matches[] = {
        " WHEN MATCHED", " WHEN NOT MATCHED", " WHEN NOT MATCHED BY SOURCE"};
    static const char *const actions[] = {"UPDATE", "DELETE", "INSERT", "DO NOTHING"};
    hy_print_text(pr, matches[when->match]);
    if (when->condition) {
        hy_print_text(pr, " AND ");
        hy_print_expr(pr, when->condition);
    }
    hy_print_text(pr, " THEN ");
    hy_print_text(pr, actions[when->action]);
    if (when->action == HY_AST_MERGE_UPDATE)
        print_assignments(pr, &when->set);
    if (when->action != HY_AST_MERGE_INSERT)
        return;
    hy_print_columns(pr, &when->columns);
    if (when->values.n == 0) {
        hy_print_text(pr, " DEFAULT VALUES");
        return;
    }
    hy_print_text(pr, " VALUES (");
    hy_print_exprs(pr, &when->values);
    hy_print_text(pr, ")");
}

static void print_merge(HyAstPrinter *pr, const HyAstMerge *merge)
{
    hy_print_ctes(pr, merge->ctes, merge->n_ctes, merge->recursive);
    hy_print_text(pr, "MERGE INTO ");
    print_target(pr, false, &merge->table, &merge->alias);
    hy_print_text(pr, " USING ");
    hy_print_from(pr, merge->source);
    hy_print_text(pr, " ON ");
    hy_print_expr(pr, merge->on);
    for (size_t i = 0; i < merge->n_whens; i++)
        print_merge_when(pr, &merge->whens[i]);
    print_returning(pr, &merge->returning);
}

/* ---- COPY
 * ---------------------------------------------------------------------------------------- */

static void print_copy(HyAstPrinter *pr, const HyAstCopy *copy)
{
    hy_print_text(pr, "COPY ");
    if (copy->query) {
        hy_print_text(pr, "(");
        hy_print_query(pr, copy->query);
        hy_print_text(pr, ")");
    } else {
        hy_print_qname(pr, &copy->table);
        hy_print_columns(pr, &copy->columns);
    }
    hy_print_text(pr, copy->to ? " TO " : " FROM ");
    hy_print_text(pr, copy->program ? "PROGRAM " : "");
    if (copy->location)
        hy_print_expr(pr, copy->location);
    else
        hy_print_text(pr, copy->to ? "STDOUT" : "STDIN");
    hy_print_options(pr, " WITH ", &copy->options);
}

/* ---- Sessions
 * ------------------------------------------------------------------------------------ */

static void print_transaction(HyAstPrinter *pr, const HyAstTransaction *tx)
{
    static const char *const words[] = {
        "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT ", "RELEASE ", "ROLLBACK TO ", "SET TRANSACTION"};
    hy_print_text(pr, words[tx->kind]);
    if (tx->name.text)
        hy_print_name(pr, &tx->name);
    if (tx->read_only)
        hy_print_text(pr, " READ ONLY");
    else if (tx->kind == HY_AST_TX_SET)
        hy_print_text(pr, " READ WRITE");
}

/* a.b was one name with a point. */
static void print_setting_name(HyAstPrinter *pr, const HyAstName *name)
{
    const char *dot = name->quoted ? NULL : memchr(name->text, '.', name->len);
    if (!dot) {
        hy_print_name(pr, name);
        return;
    }
    HyAstName first = *name;
    HyAstName rest = *name;
    first.len = (uint32_t)(dot - name->text);
    rest.text = dot + 1;
    rest.len = name->len - first.len - 1;
    hy_print_name(pr, &first);
    hy_print_text(pr, ".");
    print_setting_name(pr, &rest);
}

static void print_set(HyAstPrinter *pr, const HyAstSet *set)
{
    if (set->kind == HY_AST_RESET_ALL) {
        hy_print_text(pr, "RESET ALL");
        return;
    }
    /* only SET TIME ZONE takes an interval */
    bool is_interval = set->values.n == 1 && set->values.items[0]->kind == HY_AST_TYPED_LITERAL;
    hy_print_text(pr, set->is_reset ? "RESET " : is_interval ? "SET TIME ZONE " : "SET ");
    if (!is_interval)
        print_setting_name(pr, &set->name);
    if (set->is_reset)
        return;
    if (!is_interval)
        hy_print_text(pr, " = ");
    if (set->kind == HY_AST_SET_DEFAULT)
        hy_print_text(pr, "DEFAULT");
    else
        hy_print_exprs(pr, &set->values);
}

static void print_prepare(HyAstPrinter *pr, const HyAstPrepare *prepare)
{
    hy_print_text(pr, "PREPARE ");
    hy_print_name(pr, &prepare->name);
    for (size_t i = 0; i < prepare->types.n; i++) {
        hy_print_text(pr, i == 0 ? " (" : ", ");
        hy_print_type(pr, prepare->types.items[i]);
    }
    hy_print_text(pr, prepare->types.n ? ") AS " : " AS ");
    hy_print_statement(pr, prepare->statement);
}

static void print_execute(HyAstPrinter *pr, const HyAstExecute *execute)
{
    hy_print_text(pr, "EXECUTE ");
    hy_print_name(pr, &execute->name);
    if (execute->args.n) {
        hy_print_text(pr, " (");
        hy_print_exprs(pr, &execute->args);
        hy_print_text(pr, ")");
    }
}

static void print_named(HyAstPrinter *pr, const char *word, const HyAstName *name)
{
    hy_print_text(pr, word);
    if (name->text)
        hy_print_name(pr, name);
    else
        hy_print_text(pr, "ALL");
}

static void print_cursor(HyAstPrinter *pr, const HyAstCursor *cursor)
{
    switch (cursor->kind) {
    case HY_AST_CURSOR_DECLARE:
        print_named(pr, "DECLARE ", &cursor->name);
        hy_print_text(pr, cursor->with_hold ? " CURSOR WITH HOLD FOR " : " CURSOR FOR ");
        hy_print_query(pr, cursor->query);
        break;
    case HY_AST_CURSOR_CLOSE:
        print_named(pr, "CLOSE ", &cursor->name);
        break;
    case HY_AST_CURSOR_FETCH:
    case HY_AST_CURSOR_MOVE:
        hy_print_text(pr, cursor->kind == HY_AST_CURSOR_MOVE ? "MOVE " : "FETCH ");
        if (cursor->all)
            hy_print_text(pr, "ALL ");
        else if (cursor->count)
            hy_print_expr(pr, cursor->count);
        print_named(pr, " FROM ", &cursor->name);
        break;
    }
}

static void print_comment(HyAstPrinter *pr, const HyAstStmt *stmt)
{
    hy_print_text(pr, "COMMENT ON COLUMN ");
    hy_print_qname(pr, &stmt->comment.column);
    hy_print_text(pr, " IS ");
    if (stmt->comment.text.data)
        hy_print_string(pr, &stmt->comment.text);
    else
        hy_print_text(pr, "NULL");
}

static void print_explain(HyAstPrinter *pr, const HyAstExplain *explain)
{
    hy_print_text(pr, "EXPLAIN");
    hy_print_options(pr, " ", &explain->options);
    hy_print_text(pr, " ");
    hy_print_statement(pr, explain->statement);
}

static void print_other(HyAstPrinter *pr, const HyAstStmt *stmt)
{
    switch (stmt->kind) {
    case HY_AST_STMT_TRANSACTION:
        print_transaction(pr, stmt->transaction);
        break;
    case HY_AST_STMT_SET:
        print_set(pr, stmt->set);
        break;
    case HY_AST_STMT_SHOW:
        print_named(pr, "SHOW ", &stmt->show->name);
        break;
    case HY_AST_STMT_PREPARE:
        print_prepare(pr, stmt->prepare);
        break;
    case HY_AST_STMT_EXECUTE:
        print_execute(pr, stmt->execute);
        break;
    case HY_AST_STMT_DEALLOCATE:
        print_named(pr, "DEALLOCATE ", &stmt->deallocate->name);
        break;
    case HY_AST_STMT_EXPLAIN:
        print_explain(pr, stmt->explain);
        break;
    case HY_AST_STMT_CALL:
        hy_print_text(pr, "CALL ");
        hy_print_expr(pr, stmt->call);
        break;
    case HY_AST_STMT_COMMENT_COLUMN:
        print_comment(pr, stmt);
        break;
    case HY_AST_STMT_CURSOR:
        print_cursor(pr, stmt->cursor);
        break;
    default:
        break;
    }
}

void hy_print_statement(HyAstPrinter *pr, const HyAstStmt *stmt)
{
    if (hy_print_ddl(pr, stmt))
        return;
    switch (stmt->kind) {
    case HY_AST_STMT_QUERY:
        hy_print_query(pr, stmt->query);
        break;
    case HY_AST_STMT_INSERT:
        print_insert(pr, stmt->insert);
        break;
    case HY_AST_STMT_UPDATE:
        print_update(pr, stmt->update);
        break;
    case HY_AST_STMT_DELETE:
        print_delete(pr, stmt->delete_);
        break;
    case HY_AST_STMT_MERGE:
        print_merge(pr, stmt->merge);
        break;
    case HY_AST_STMT_COPY:
        print_copy(pr, stmt->copy);
        break;
    default:
        print_other(pr, stmt);
        break;
    }
}
