/* Printing of statements on tables, schemas and databases, and of option lists. */
#include "sql/ast_print_internal.h"
#include "sql/lexer.h"

/* ---- Options
 * ------------------------------------------------------------------------------------- */

/* A bare word: keywords stay bare, because ON, CSV and the like mean something as such. */
static void print_word(HyAstPrinter *pr, const HyAstName *name)
{
    if (!name->quoted && hy_keyword_find(name->text, name->len) != HY_TOK_IDENT)
        hy_print_text(pr, name->text);
    else
        hy_print_name(pr, name);
}

static void print_option_value(HyAstPrinter *pr, const HyAstExpr *value)
{
    if (value->kind == HY_AST_COLUMN && value->column.parts.n == 1)
        print_word(pr, &value->column.parts.items[0]);
    else
        hy_print_expr(pr, value);
}

/* name (a, b) */
static void print_value_list(HyAstPrinter *pr, const HyAstExprList *list)
{
    for (size_t i = 0; i < list->n; i++) {
        hy_print_text(pr, i == 0 ? " (" : ", ");
        print_option_value(pr, list->items[i]);
    }
    hy_print_text(pr, list->n ? ")" : "");
}

static bool is_number(const HyAstExpr *value)
{
    return value->kind == HY_AST_INTEGER || value->kind == HY_AST_NUMERIC ||
           value->kind == HY_AST_DOUBLE;
}

/* What the style without arrows can say: constants, signed numbers, words. */
static bool is_simple_value(const HyAstExpr *value)
{
    switch (value->kind) {
    case HY_AST_STRING:
    case HY_AST_BOOL:
    case HY_AST_STAR:
        return true;
    case HY_AST_COLUMN:
        return value->column.parts.n == 1;
    case HY_AST_UNARY:
        return value->unary.op == HY_AST_OP_SUB && is_number(value->unary.operand);
    default:
        return is_number(value);
    }
}

static bool needs_arrows(const HyAstOptionList *options)
{
    for (size_t i = 0; i < options->n; i++) {
        if (options->items[i].value && !is_simple_value(options->items[i].value))
            return true;
    }
    return false;
}

void hy_print_options(HyAstPrinter *pr, const char *word, const HyAstOptionList *options)
{
    bool has_arrows = needs_arrows(options);
    for (size_t i = 0; i < options->n; i++) {
        const HyAstOption *o = &options->items[i];
        hy_print_text(pr, i == 0 ? word : ", ");
        hy_print_text(pr, i == 0 ? "(" : "");
        if (has_arrows)
            hy_print_name(pr, &o->name);
        else
            print_word(pr, &o->name);
        if (o->value) {
            hy_print_text(pr, has_arrows ? " => " : " ");
            if (has_arrows)
                hy_print_expr(pr, o->value);
            else
                print_option_value(pr, o->value);
        }
        print_value_list(pr, &o->list);
    }
    hy_print_text(pr, options->n ? ")" : "");
}

/* ---- Tables
 * -------------------------------------------------------------------------------------- */

static void print_constraint(HyAstPrinter *pr, const HyAstConstraint *c, bool of_table)
{
    if (c->name.text) {
        hy_print_text(pr, "CONSTRAINT ");
        hy_print_name(pr, &c->name);
        hy_print_text(pr, " ");
    }
    hy_print_text(pr, c->assumed ? "ASSUMED " : "");
    switch (c->kind) {
    case HY_AST_CONSTRAINT_PRIMARY_KEY:
        hy_print_text(pr, "PRIMARY KEY");
        break;
    case HY_AST_CONSTRAINT_UNIQUE:
        hy_print_text(pr, "UNIQUE");
        break;
    case HY_AST_CONSTRAINT_FOREIGN_KEY:
        hy_print_text(pr, of_table ? "FOREIGN KEY" : "");
        break;
    case HY_AST_CONSTRAINT_CHECK:
        hy_print_text(pr, "CHECK (");
        hy_print_expr(pr, c->check);
        hy_print_text(pr, ")");
        return;
    }
    if (of_table)
        hy_print_columns(pr, &c->columns);
    if (c->kind == HY_AST_CONSTRAINT_FOREIGN_KEY) {
        hy_print_text(pr, of_table ? " REFERENCES " : "REFERENCES ");
        hy_print_qname(pr, &c->ref_table);
        hy_print_columns(pr, &c->ref_columns);
    }
}

static void print_column_def(HyAstPrinter *pr, const HyAstColumnDef *def)
{
    hy_print_name(pr, &def->name);
    hy_print_text(pr, " ");
    hy_print_type(pr, def->type);
    if (def->collation.parts.n) {
        hy_print_text(pr, " COLLATE ");
        hy_print_qname(pr, &def->collation);
    }
    if (def->has_null_conflict)
        hy_print_text(pr, def->nullability == HY_AST_NOT_NULL ? " NULL" : " NOT NULL");
    if (def->nullability != HY_AST_NULLABLE_DEFAULT)
        hy_print_text(pr, def->nullability == HY_AST_NOT_NULL ? " NOT NULL" : " NULL");
    if (def->default_value) {
        hy_print_text(pr, " DEFAULT (");
        hy_print_expr(pr, def->default_value);
        hy_print_text(pr, ")");
    }
    for (size_t i = 0; i < def->constraints.n; i++) {
        hy_print_text(pr, " ");
        print_constraint(pr, &def->constraints.items[i], false);
    }
}

static void print_column_defs(HyAstPrinter *pr, const HyAstColumnDefList *columns)
{
    for (size_t i = 0; i < columns->n; i++) {
        hy_print_text(pr, i > 0 ? ", " : "");
        print_column_def(pr, &columns->items[i]);
    }
}

static void print_elements(HyAstPrinter *pr, const HyAstCreateTable *create)
{
    hy_print_text(pr, " (");
    print_column_defs(pr, &create->columns);
    const char *separator = create->columns.n ? ", " : "";
    for (size_t i = 0; i < create->constraints.n; i++) {
        hy_print_text(pr, separator);
        print_constraint(pr, &create->constraints.items[i], true);
        separator = ", ";
    }
    if (create->like.parts.n) {
        hy_print_text(pr, separator);
        hy_print_text(pr, "LIKE ");
        hy_print_qname(pr, &create->like);
    }
    hy_print_text(pr, ")");
}

static void print_create_start(HyAstPrinter *pr, HyAstPersistence persistence, const char *what,
    bool if_not_exists, const HyAstQName *name)
{
    static const char *const words[] = {"", "TEMPORARY ", "UNLOGGED "};
    hy_print_text(pr, "CREATE ");
    hy_print_text(pr, words[persistence]);
    hy_print_text(pr, what);
    hy_print_text(pr, if_not_exists ? "IF NOT EXISTS " : "");
    hy_print_qname(pr, name);
}

static void print_create_table(HyAstPrinter *pr, const HyAstCreateTable *create)
{
    print_create_start(pr, create->persistence, "TABLE ", create->if_not_exists, &create->table);
    if (create->query)
        hy_print_columns(pr, &create->names);
    else
        print_elements(pr, create);
    hy_print_options(pr, " WITH ", &create->options);
    if (create->query) {
        hy_print_text(pr, " AS ");
        hy_print_query(pr, create->query);
        hy_print_text(pr, create->with_no_data ? " WITH NO DATA" : "");
    }
}

static void print_create_external(HyAstPrinter *pr, const HyAstCreateExternalTable *create)
{
    print_create_start(
        pr, create->persistence, "EXTERNAL TABLE ", create->if_not_exists, &create->table);
    if (create->columns.n) {
        hy_print_text(pr, " (");
        print_column_defs(pr, &create->columns);
        hy_print_text(pr, ")");
    }
    hy_print_text(pr, " FOR ");
    hy_print_expr(pr, create->location);
    hy_print_options(pr, " WITH ", &create->options);
}

static void print_alter_action(HyAstPrinter *pr, const HyAstAlterAction *a)
{
    switch (a->kind) {
    case HY_AST_ALTER_RENAME_TABLE:
        hy_print_text(pr, " RENAME TO ");
        hy_print_name(pr, &a->new_name);
        break;
    case HY_AST_ALTER_RENAME_COLUMN:
        hy_print_text(pr, " RENAME COLUMN ");
        hy_print_name(pr, &a->name);
        hy_print_text(pr, " TO ");
        hy_print_name(pr, &a->new_name);
        break;
    case HY_AST_ALTER_ADD_COLUMN:
        hy_print_text(pr, a->if_not_exists ? " ADD COLUMN IF NOT EXISTS " : " ADD COLUMN ");
        print_column_def(pr, &a->column);
        break;
    case HY_AST_ALTER_DROP_COLUMN:
        hy_print_text(pr, " DROP COLUMN ");
        hy_print_name(pr, &a->name);
        break;
    case HY_AST_ALTER_ADD_CONSTRAINT:
        hy_print_text(pr, " ADD ");
        print_constraint(pr, &a->constraint, true);
        break;
    }
}

static void print_alter_table(HyAstPrinter *pr, const HyAstAlterTable *alter)
{
    hy_print_text(pr, "ALTER TABLE ");
    hy_print_text(pr, alter->if_exists ? "IF EXISTS " : "");
    hy_print_text(pr, alter->only ? "ONLY " : "");
    hy_print_qname(pr, &alter->table);
    for (size_t i = 0; i < alter->n_actions; i++) {
        hy_print_text(pr, i > 0 ? "," : "");
        print_alter_action(pr, &alter->actions[i]);
    }
}

static void print_drop(HyAstPrinter *pr, const char *word, const HyAstDrop *drop)
{
    static const char *const behaviors[] = {"", " CASCADE", " RESTRICT"};
    hy_print_text(pr, word);
    hy_print_text(pr, drop->if_exists ? " IF EXISTS" : "");
    for (size_t i = 0; i < drop->names.n; i++) {
        hy_print_text(pr, i == 0 ? " " : ", ");
        hy_print_qname(pr, &drop->names.items[i]);
    }
    hy_print_text(pr, behaviors[drop->behavior]);
}

static void print_truncate(HyAstPrinter *pr, const HyAstTruncate *truncate)
{
    hy_print_text(pr, truncate->only ? "TRUNCATE TABLE ONLY " : "TRUNCATE TABLE ");
    hy_print_qname(pr, &truncate->tables.items[0]);
}

/* ---- Schemas and databases
 * ----------------------------------------------------------------------- */

static void print_schema(HyAstPrinter *pr, const HyAstSchema *schema)
{
    bool is_alter = schema->new_name.text != NULL;
    hy_print_text(pr, is_alter ? "ALTER SCHEMA " : "CREATE SCHEMA ");
    hy_print_text(pr, schema->if_not_exists ? "IF NOT EXISTS " : "");
    hy_print_qname(pr, &schema->name);
    if (is_alter) {
        hy_print_text(pr, " RENAME TO ");
        hy_print_name(pr, &schema->new_name);
    }
}

static void print_create_database(HyAstPrinter *pr, const HyAstDatabase *database)
{
    hy_print_text(pr, "CREATE DATABASE ");
    hy_print_text(pr, database->if_not_exists ? "IF NOT EXISTS " : "");
    hy_print_name(pr, &database->path);
    if (database->source.text) {
        hy_print_text(pr, " FROM ");
        hy_print_name(pr, &database->source);
    }
    for (size_t i = 0; i < database->options.n; i++) {
        hy_print_text(pr, i == 0 ? " WITH " : " ");
        print_word(pr, &database->options.items[i].name);
        hy_print_text(pr, " = ");
        print_option_value(pr, database->options.items[i].value);
    }
}

static void print_attach(HyAstPrinter *pr, const HyAstDatabase *database)
{
    hy_print_text(pr, "ATTACH DATABASE ");
    hy_print_name(pr, &database->path);
    hy_print_text(pr, " AS ");
    hy_print_name(pr, &database->alias);
    hy_print_options(pr, " WITH ", &database->options);
}

bool hy_print_ddl(HyAstPrinter *pr, const HyAstStmt *stmt)
{
    switch (stmt->kind) {
    case HY_AST_STMT_CREATE_TABLE:
        print_create_table(pr, stmt->create_table);
        return true;
    case HY_AST_STMT_CREATE_EXTERNAL_TABLE:
        print_create_external(pr, stmt->create_external);
        return true;
    case HY_AST_STMT_ALTER_TABLE:
        print_alter_table(pr, stmt->alter_table);
        return true;
    case HY_AST_STMT_DROP_TABLE:
        print_drop(pr, stmt->drop->external ? "DROP EXTERNAL TABLE" : "DROP TABLE", stmt->drop);
        return true;
    case HY_AST_STMT_DROP_SCHEMA:
        print_drop(pr, "DROP SCHEMA", stmt->drop);
        return true;
    case HY_AST_STMT_ANALYZE:
        print_drop(pr, "ANALYZE", stmt->drop);
        return true;
    case HY_AST_STMT_TRUNCATE:
        print_truncate(pr, stmt->truncate);
        return true;
    case HY_AST_STMT_CREATE_SCHEMA:
    case HY_AST_STMT_ALTER_SCHEMA:
        print_schema(pr, stmt->schema);
        return true;
    case HY_AST_STMT_CREATE_DATABASE:
        print_create_database(pr, stmt->database);
        return true;
    case HY_AST_STMT_DROP_DATABASE:
        hy_print_text(pr, "DROP DATABASE ");
        hy_print_text(pr, stmt->database->if_exists ? "IF EXISTS " : "");
        hy_print_name(pr, &stmt->database->path);
        return true;
    case HY_AST_STMT_ATTACH_DATABASE:
        print_attach(pr, stmt->database);
        return true;
    case HY_AST_STMT_DETACH_DATABASE:
        hy_print_text(pr, "DETACH DATABASE ");
        hy_print_names(pr, &stmt->database->aliases);
        return true;
    default:
        return false;
    }
}
