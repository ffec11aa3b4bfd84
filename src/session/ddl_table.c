/* CREATE, ALTER, DROP and TRUNCATE TABLE. */
#include "session/statement.h"

#include <string.h>

/* ---- Definitions ---- */

/* Keys that would have to be kept are refused; assumed ones are noted. */
static HyStatus check_assumed(const HyAstConstraint *c)
{
    if (c->name.text)
        return hy_error_at(
            hy_error("0A000", "named constraints not implemented yet"), c->span.offset);
    if (c->assumed)
        return HY_OK;
    const char *what = c->kind == HY_AST_CONSTRAINT_PRIMARY_KEY ? "Primary keys"
                       : c->kind == HY_AST_CONSTRAINT_UNIQUE    ? "Unique columns"
                                                                : "Foreign keys";
    return hy_error_hint(
        hy_error_at(hy_error("0A000", "Index support is disabled."), c->span.offset),
        "%s would require indices. Maybe use ASSUMED constraint instead?", what);
}

static HyStatus column_type(HyStatement *statement, const HyAstColumnDef *def, HyType *out)
{
    if (def->has_null_conflict)
        return hy_error_at(
            hy_error("42601", "conflicting NULL/NOT NULL declarations for column \"%s\"",
                def->name.text),
            def->name.span.offset);
    HY_TRY(hy_bind_type(&statement->bind, def->type, &def->collation, out));
    out->nullable = def->nullability != HY_AST_NOT_NULL;
    for (size_t i = 0; i < def->constraints.n; i++)
        if (def->constraints.items[i].kind == HY_AST_CONSTRAINT_PRIMARY_KEY)
            out->nullable = false;
    return HY_OK;
}

/* The default as text, which is how it is stored; it is checked now and evaluated at each insert.
 */
static HyStatus default_text(HyStatement *statement, const HyAstColumnDef *def, const char **out)
{
    *out = NULL;
    if (!def->default_value)
        return HY_OK;
    HyExpr *checked;
    HY_TRY(hy_bind_default(&statement->bind, def->default_value, &checked));
    const HyAstSpan *span = &def->default_value->span;
    *out = hy_arena_strndup(statement->arena, statement->sql + span->offset, span->length);
    return *out ? HY_OK : hy_error_oom(span->length);
}

static HyStatus column_definition(
    HyStatement *statement, const HyAstColumnDef *def, HyTableColumn *out)
{
    out->name = def->name.text;
    HY_TRY(column_type(statement, def, &out->type));
    return default_text(statement, def, &out->default_sql);
}

/* Indexes of columns by name. referenced: the name of the other table of a foreign key, else NULL.
 */
static HyStatus key_columns(HyStatement *statement, const HyTableDefinition *table,
    const HyAstNameList *names, const char *referenced, const uint32_t **out)
{
    uint32_t *columns;
    HY_ARENA_NEW(statement->arena, columns, names->n);
    for (size_t i = 0; i < names->n; i++) {
        const HyAstName *name = &names->items[i];
        size_t c = 0;
        while (c < table->n_columns && strcmp(table->columns[c].name, name->text) != 0)
            c++;
        if (c == table->n_columns && referenced)
            return hy_error_at(hy_error("42703", "unknown column '%s' referenced in \"%s\"",
                                   name->text, referenced),
                name->span.offset);
        if (c == table->n_columns)
            return hy_error_at(
                hy_error("42601", "unknown key column '%s'", name->text), name->span.offset);
        columns[i] = (uint32_t)c;
    }
    *out = columns;
    return HY_OK;
}

static bool has_primary_key(const HyTable *table)
{
    for (size_t k = 0; k < table->n_keys; k++)
        if (table->keys[k].kind == HY_KEY_PRIMARY)
            return true;
    return false;
}

static HyStatus foreign_key(HyStatement *statement, const HyTableDefinition *table,
    const HyAstConstraint *c, HyForeignKey *out)
{
    HyTable *referenced;
    HY_TRY(hy_statement_find_table(statement, &c->ref_table, !c->assumed, &referenced));
    const char *name = c->ref_table.parts.items[c->ref_table.parts.n - 1].text;
    if (!referenced)
        return hy_error_at(
            hy_error("42P01", "unknown table \"%s\"", name), c->ref_table.span.offset);
    if (!c->assumed && !has_primary_key(referenced))
        return hy_error("42601", "no primary key defined in referenced table \"%s\"", name);
    HY_TRY(key_columns(statement, table, &c->columns, NULL, &out->columns));
    out->n_columns = c->columns.n;
    out->referenced_oid = referenced->oid;
    if (c->ref_columns.n) {
        HyTableDefinition target = {
            .columns = referenced->columns, .n_columns = referenced->n_columns};
        HY_TRY(key_columns(
            statement, &target, &c->ref_columns, referenced->name, &out->referenced_columns));
    }
    return check_assumed(c);
}

/* Adds one constraint to the definition, whose arrays have room for it. */
static HyStatus add_constraint(HyStatement *statement, HyTableDefinition *table, HyTableKey *keys,
    HyForeignKey *foreign_keys, const HyAstConstraint *c)
{
    if (c->kind == HY_AST_CONSTRAINT_CHECK)
        return hy_error_at(
            hy_error("0A000", "check constraints not implemented yet"), c->span.offset);
    if (c->kind == HY_AST_CONSTRAINT_FOREIGN_KEY)
        return foreign_key(statement, table, c, &foreign_keys[table->n_foreign_keys++]);
    HyTableKey *key = &keys[table->n_keys++];
    key->kind = c->kind == HY_AST_CONSTRAINT_PRIMARY_KEY ? HY_KEY_PRIMARY : HY_KEY_UNIQUE;
    key->n_columns = c->columns.n;
    HY_TRY(key_columns(statement, table, &c->columns, NULL, &key->columns));
    return check_assumed(c);
}

static size_t count_constraints(const HyAstCreateTable *create)
{
    size_t n = create->constraints.n;
    for (size_t i = 0; i < create->columns.n; i++)
        n += create->columns.items[i].constraints.n;
    return n;
}

/* CREATE TABLE makes the columns of a primary key NOT NULL. */
static void apply_primary_key(HyTableColumn *columns, const HyTableKey *keys, size_t n_keys)
{
    for (size_t k = 0; k < n_keys; k++)
        for (size_t i = 0; keys[k].kind == HY_KEY_PRIMARY && i < keys[k].n_columns; i++)
            columns[keys[k].columns[i]].type.nullable = false;
}

static HyStatus define_table(
    HyStatement *statement, const HyAstCreateTable *create, HyTableDefinition *out)
{
    HyTableColumn *columns;
    HyTableKey *keys;
    HyForeignKey *foreign_keys;
    size_t n_constraints = count_constraints(create);
    HY_ARENA_NEW(statement->arena, columns, create->columns.n);
    HY_ARENA_NEW(statement->arena, keys, n_constraints);
    HY_ARENA_NEW(statement->arena, foreign_keys, n_constraints);
    out->columns = columns;
    out->n_columns = create->columns.n;
    out->keys = keys;
    out->foreign_keys = foreign_keys;
    for (size_t i = 0; i < create->columns.n; i++)
        HY_TRY(column_definition(statement, &create->columns.items[i], &columns[i]));
    for (size_t i = 0; i < create->columns.n; i++)
        for (size_t k = 0; k < create->columns.items[i].constraints.n; k++)
            HY_TRY(add_constraint(statement, out, keys, foreign_keys,
                &create->columns.items[i].constraints.items[k]));
    for (size_t k = 0; k < create->constraints.n; k++)
        HY_TRY(add_constraint(statement, out, keys, foreign_keys, &create->constraints.items[k]));
    apply_primary_key(columns, keys, out->n_keys);
    return HY_OK;
}

/* ---- CREATE TABLE ---- */

static HyStatus columns_of_query(
    HyStatement *statement, const HyBoundQuery *query, HyTableDefinition *out)
{
    HyTableColumn *columns;
    HY_ARENA_NEW(statement->arena, columns, query->n_columns);
    for (size_t i = 0; i < query->n_columns;
         i++) /* a table made of a query may always hold nulls */
        columns[i] = (HyTableColumn){
            .name = query->column_names[i], .type = hy_type_nullable(query->column_types[i], true)};
    out->columns = columns;
    out->n_columns = query->n_columns;
    return HY_OK;
}

static HyStatus load_from_query(HyStatement *statement, const HyAstCreateTable *create,
    HyBoundQuery *query, HyTable *table, HyResult *result)
{
    if (create->with_no_data)
        return hy_result_set_tag(result, "CREATE TABLE AS");
    HY_TRY(hy_bound_query_insert_into(&statement->bind, query, table));
    HY_TRY(hy_statement_run(statement, query, result, "SELECT"));
    result->affected = -1;
    return HY_OK;
}

static HyStatus create_table_at(HyStatement *statement, const HyAstCreateTable *create,
    HyDatabase *database, HyTableDefinition *definition, HyResult *result)
{
    HyBoundQuery *query = NULL;
    if (create->query) {
        HY_TRY(hy_bind_create_table_as(&statement->bind, create, &query));
        HY_TRY(columns_of_query(statement, query, definition));
    } else {
        HY_TRY(define_table(statement, create, definition));
    }
    HyTable *table = NULL;
    HY_TRY(hy_error_at(
        hy_database_create_table(database, definition, &table), create->table.span.offset));
    HyStatus st = query ? load_from_query(statement, create, query, table, result)
                        : hy_result_set_tag(result, "CREATE TABLE");
    if (st && query && !statement->session->in_transaction)
        hy_error_free(hy_table_drop(table)); /* a table that could not be loaded does not stay */
    hy_table_unref(table);
    return st;
}

HyStatus hy_execute_create_table(
    HyStatement *statement, const HyAstCreateTable *create, HyResult *result)
{
    const HyAstNameList *parts = &create->table.parts;
    HyTableDefinition definition = {.name = parts->items[parts->n - 1].text};
    HyDatabase *database;
    if (create->like.parts.n)
        return hy_error_at(hy_error("0A000", "LIKE not implemented yet"), create->like.span.offset);
    if (create->options.n)
        return hy_error("0A000", "Support for storage options is disabled.");
    HY_TRY(hy_error_at(
        hy_statement_place(statement, parts->items, parts->n - 1,
            create->persistence == HY_AST_TEMPORARY, &database, &definition.schema_name),
        create->table.span.offset));
    HY_TRY(hy_statement_check_ddl(statement));
    HyTable *existing = hy_database_find_table(database, definition.schema_name, definition.name);
    hy_table_unref(existing);
    if (existing && create->if_not_exists) {
        HY_TRY(hy_result_add_notice(result, "table already exists, skipping"));
        return hy_result_set_tag(result, "CREATE TABLE");
    }
    return create_table_at(statement, create, database, &definition, result);
}

/* ---- ALTER TABLE ---- */

static HyStatus add_column(
    HyStatement *statement, HyAlteration *alteration, const HyAstAlterAction *action)
{
    const HyTable *table = hy_alteration_table(alteration);
    if (action->if_not_exists && hy_table_find_column(table, action->column.name.text) >= 0)
        return HY_OK;
    HyTableColumn column;
    HY_TRY(column_definition(statement, &action->column, &column));
    HyValue fill = hy_value_null(column.type);
    if (action->column.default_value)
        HY_TRY(
            hy_bind_constant(&statement->bind, action->column.default_value, &column.type, &fill));
    return hy_alteration_add_column(alteration, &column, fill.is_null ? NULL : &fill);
}

static HyStatus add_table_constraint(
    HyStatement *statement, HyAlteration *alteration, const HyAstConstraint *constraint)
{
    const HyTable *table = hy_alteration_table(alteration);
    HyTableDefinition definition = {.columns = table->columns, .n_columns = table->n_columns};
    HyTableKey key = {0};
    HyForeignKey foreign = {0};
    HY_TRY(add_constraint(statement, &definition, &key, &foreign, constraint));
    bool is_foreign = constraint->kind == HY_AST_CONSTRAINT_FOREIGN_KEY;
    return hy_alteration_add_constraint(
        alteration, is_foreign ? NULL : &key, is_foreign ? &foreign : NULL);
}

static HyStatus alter_once(
    HyStatement *statement, HyAlteration *alteration, const HyAstAlterAction *action)
{
    switch (action->kind) {
    case HY_AST_ALTER_RENAME_TABLE:
        return hy_alteration_rename(alteration, action->new_name.text);
    case HY_AST_ALTER_RENAME_COLUMN:
        return hy_alteration_rename_column(alteration, action->name.text, action->new_name.text);
    case HY_AST_ALTER_ADD_COLUMN:
        return add_column(statement, alteration, action);
    case HY_AST_ALTER_DROP_COLUMN:
        return hy_alteration_drop_column(alteration, action->name.text);
    case HY_AST_ALTER_ADD_CONSTRAINT:
        return add_table_constraint(statement, alteration, &action->constraint);
    }
    return HY_OK;
}

/* The server says differently for each statement that a system relation is no table. */
static HyStatus reword_no_table(
    HyStatus st, const HyAstQName *name, const char *sqlstate, const char *format)
{
    if (!st || strcmp(st->sqlstate, "42804") != 0)
        return st;
    hy_error_free(st);
    return hy_error(sqlstate, format, name->parts.items[name->parts.n - 1].text);
}

HyStatus hy_execute_alter_table(
    HyStatement *statement, const HyAstAlterTable *alter, HyResult *result)
{
    HyTable *table;
    HyStatus st = hy_statement_find_table(statement, &alter->table, alter->if_exists, &table);
    HY_TRY(reword_no_table(st, &alter->table, "42601", "'\"%s\"' is not a table"));
    st = HY_OK;
    if (!table)
        return hy_result_set_tag(result, "ALTER TABLE");
    HY_TRY(hy_statement_check_ddl(statement));
    HyAlteration *alteration;
    HY_TRY(hy_alteration_begin(table, &alteration));
    for (size_t i = 0; i < alter->n_actions && !st; i++)
        st = hy_error_at(
            alter_once(statement, alteration, &alter->actions[i]), alter->actions[i].span.offset);
    HY_TRY(hy_alteration_end(alteration, st, NULL));
    return hy_result_set_tag(result, "ALTER TABLE");
}

/* ---- DROP, TRUNCATE ---- */

/* All names are looked up before the first table goes; one that is named twice goes once. */
HyStatus hy_execute_drop_table(HyStatement *statement, const HyAstDrop *drop, HyResult *result)
{
    size_t n = drop->names.n;
    HyTable **tables;
    HY_ARENA_NEW(statement->arena, tables, n);
    for (size_t i = 0; i < n; i++) {
        HY_TRY(
            hy_statement_find_table(statement, &drop->names.items[i], drop->if_exists, &tables[i]));
        for (size_t j = 0; j < i; j++)
            tables[i] = tables[i] == tables[j] ? NULL : tables[i];
        if (tables[i])
            HY_TRY(hy_statement_check_ddl(statement));
    }
    for (size_t i = 0; i < n; i++) {
        if (tables[i])
            HY_TRY(hy_error_at(hy_table_drop(tables[i]), drop->names.items[i].span.offset));
    }
    return hy_result_set_tag(result, "DROP TABLE");
}

HyStatus hy_execute_truncate(
    HyStatement *statement, const HyAstTruncate *truncate, HyResult *result)
{
    HyTable *table;
    HyChange *change;
    if (truncate->tables.n > 1)
        return hy_error("0A000", "TRUNCATE of multiple tables not implemented yet");
    const HyAstQName *name = &truncate->tables.items[0];
    HY_TRY(reword_no_table(hy_statement_find_table(statement, name, false, &table), name, "42501",
        "permission denied to truncate \"%s\""));
    HY_TRY(hy_statement_transaction(statement));
    HY_TRY(
        hy_transaction_change(statement->transaction, table, &statement->session->cancel, &change));
    HyStatus st = hy_change_truncate(change);
    if (st) {
        hy_change_abort(change);
        return st;
    }
    HY_TRY(hy_change_finish(change));
    HY_TRY(hy_statement_commit(statement));
    return hy_result_set_tag(result, "TRUNCATE TABLE");
}

/* ---- COMMENT ---- */

HyStatus hy_execute_comment(HyStatement *statement, const HyAstQName *column, HyResult *result)
{
    size_t n = column->parts.n;
    const HyAstName *name = &column->parts.items[n - 1];
    HyTable *table;
    if (n < 2)
        return hy_error_at(
            hy_error(
                "42601", "Invalid column '%s'. Expected <table_name>.<column_name>", name->text),
            column->span.offset);
    const HyAstQName table_name = {
        .parts = {.items = column->parts.items, .n = n - 1}, .span = column->span};
    HY_TRY(hy_statement_find_table(statement, &table_name, false, &table));
    if (hy_table_find_column(table, name->text) < 0)
        return hy_error_at(
            hy_error("42703", "column '%s' does not exist", name->text), name->span.offset);
    return hy_result_set_tag(result, "COMMENT");
}
