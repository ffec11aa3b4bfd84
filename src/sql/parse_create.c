/* CREATE (spec/sql.md, section 9; what is refused: section 15). */
#include "sql/parser_internal.h"

/* ---- Columns
 * ------------------------------------------------------------------------------------- */

/* REFERENCES t [(columns)] */
static HyStatus parse_references(HyParser *p, HyAstConstraint *c)
{
    c->kind = HY_AST_CONSTRAINT_FOREIGN_KEY;
    HY_TRY(expect(p, HY_KW_REFERENCES));
    HY_TRY(hy_parse_table_name(p, &c->ref_table));
    if (peek(p) == HY_TOK_LPAREN)
        HY_TRY(hy_parse_column_list(p, &c->ref_columns));
    return HY_OK;
}

static HyStatus parse_check(HyParser *p, HyAstConstraint *c)
{
    c->kind = HY_AST_CONSTRAINT_CHECK;
    HY_TRY(expect(p, HY_TOK_LPAREN));
    HY_TRY(hy_parse_expr(p, &c->check));
    return expect(p, HY_TOK_RPAREN);
}

/* [ASSUMED] {PRIMARY KEY | UNIQUE | REFERENCES ..} | CHECK (..) behind a column */
static HyStatus parse_column_constraint(
    HyParser *p, const HyAstName *column, HyAstName name, HyAstConstraint *c)
{
    uint32_t start = next_offset(p);
    *c = (HyAstConstraint){.assumed = accept(p, HY_KW_ASSUMED), .name = name};
    HY_ARENA_NEW(p->arena, c->columns.items, 1);
    c->columns.items[0] = *column;
    c->columns.n = 1;
    if (accept(p, HY_KW_PRIMARY)) {
        c->kind = HY_AST_CONSTRAINT_PRIMARY_KEY;
        HY_TRY(expect(p, HY_KW_KEY));
    } else if (accept(p, HY_KW_UNIQUE)) {
        c->kind = HY_AST_CONSTRAINT_UNIQUE;
    } else if (!c->assumed && accept(p, HY_KW_CHECK)) {
        HY_TRY(parse_check(p, c));
    } else {
        HY_TRY(parse_references(p, c));
    }
    c->span = span_from(p, start);
    return HY_OK;
}

static HyStatus set_nullability(HyAstColumnDef *def, HyAstNullability nullability)
{
    if (def->nullability != HY_AST_NULLABLE_DEFAULT && def->nullability != nullability)
        def->has_null_conflict = true;
    def->nullability = nullability;
    return HY_OK;
}

/* One clause behind the type; *found is false when there is none. */
static HyStatus parse_column_clause(HyParser *p, HyAstColumnDef *def, bool *found)
{
    *found = true;
    if (accept(p, HY_KW_COLLATE))
        return hy_parse_any_name(p, &def->collation);
    if (accept(p, HY_KW_NOT)) {
        HY_TRY(expect(p, HY_KW_NULL));
        return set_nullability(def, HY_AST_NOT_NULL);
    }
    if (accept(p, HY_KW_NULL))
        return set_nullability(def, HY_AST_NULLABLE);
    if (accept(p, HY_KW_DEFAULT)) {
        if (def->default_value)
            return hy_error(
                "42601", "multiple default values specified for column '%s'", def->name.text);
        return hy_parse_expr(p, &def->default_value);
    }
    HyAstName name = {0};
    if (accept(p, HY_KW_CONSTRAINT)) {
        HY_TRY(hy_parse_name(p, &name));
        if (peek(p) == HY_KW_NOT || peek(p) == HY_KW_NULL || peek(p) == HY_KW_DEFAULT)
            return hy_error("0A000", "named constraints not implemented yet");
    }
    unsigned kind = peek(p);
    if (kind == HY_KW_ASSUMED || kind == HY_KW_PRIMARY || kind == HY_KW_UNIQUE ||
        kind == HY_KW_CHECK || kind == HY_KW_REFERENCES) {
        HyAstConstraint c;
        HY_TRY(parse_column_constraint(p, &def->name, name, &c));
        return list_push(p, &c, sizeof c);
    }
    hy_parser_note_expected(p, HY_KW_ASSUMED);
    hy_parser_note_expected(p, HY_KW_CHECK);
    hy_parser_note_expected(p, HY_KW_PRIMARY);
    hy_parser_note_expected(p, HY_KW_REFERENCES);
    hy_parser_note_expected(p, HY_KW_UNIQUE);
    *found = false;
    return name.text ? hy_parser_error(p) : HY_OK;
}

HyStatus hy_parse_column_def(HyParser *p, HyAstColumnDef *out)
{
    uint32_t start = next_offset(p);
    *out = (HyAstColumnDef){0};
    HY_TRY(hy_parse_name(p, &out->name));
    HY_TRY(hy_parse_type_name(p, &out->type));
    size_t mark = list_begin(p);
    bool found;
    do {
        HY_TRY(parse_column_clause(p, out, &found));
    } while (found);
    HY_TRY(hy_parser_list_end(
        p, mark, sizeof(HyAstConstraint), &out->constraints.items, &out->constraints.n));
    out->span = span_from(p, start);
    return HY_OK;
}

/* ---- Table constraints
 * --------------------------------------------------------------------------- */

bool hy_parser_at_table_constraint(const HyParser *p)
{
    switch (peek(p)) {
    case HY_KW_ASSUMED:
    case HY_KW_CHECK:
    case HY_KW_CONSTRAINT:
    case HY_KW_FOREIGN:
    case HY_KW_PRIMARY:
    case HY_KW_UNIQUE:
        return true;
    default:
        return false;
    }
}

HyStatus hy_parse_table_constraint(HyParser *p, HyAstConstraint *c)
{
    uint32_t start = next_offset(p);
    *c = (HyAstConstraint){0};
    if (accept(p, HY_KW_CONSTRAINT))
        HY_TRY(hy_parse_name(p, &c->name));
    c->assumed = accept(p, HY_KW_ASSUMED);
    if (!c->assumed && accept(p, HY_KW_CHECK)) {
        HY_TRY(parse_check(p, c));
    } else if (accept(p, HY_KW_FOREIGN)) {
        HY_TRY(expect(p, HY_KW_KEY));
        HY_TRY(hy_parse_column_list(p, &c->columns));
        HY_TRY(parse_references(p, c));
    } else if (accept(p, HY_KW_PRIMARY)) {
        c->kind = HY_AST_CONSTRAINT_PRIMARY_KEY;
        HY_TRY(expect(p, HY_KW_KEY));
        HY_TRY(hy_parse_column_list(p, &c->columns));
    } else {
        HY_TRY(expect(p, HY_KW_UNIQUE));
        c->kind = HY_AST_CONSTRAINT_UNIQUE;
        HY_TRY(hy_parse_column_list(p, &c->columns));
    }
    c->span = span_from(p, start);
    return HY_OK;
}

/* ---- CREATE TABLE
 * -------------------------------------------------------------------------------- */

/* Columns, constraints and LIKE between parentheses. The constraints are few: they wait in an arena
 * list while the columns are on the parser's stack. */
static HyStatus parse_table_elements(HyParser *p, HyAstCreateTable *create)
{
    size_t n_constraints = 0;
    size_t capacity = 0;
    HyAstConstraint *constraints = NULL;
    size_t mark = list_begin(p);
    HY_TRY(expect(p, HY_TOK_LPAREN));
    while (peek(p) != HY_TOK_RPAREN || n_constraints || list_begin(p) != mark) {
        if (hy_parser_at_table_constraint(p)) {
            if (n_constraints == capacity) {
                HyAstConstraint *old = constraints;
                capacity = capacity ? capacity * 2 : 4;
                HY_ARENA_NEW(p->arena, constraints, capacity);
                for (size_t i = 0; i < n_constraints; i++)
                    constraints[i] = old[i];
            }
            HY_TRY(hy_parse_table_constraint(p, &constraints[n_constraints++]));
        } else if (accept(p, HY_KW_LIKE)) {
            HY_TRY(hy_parse_table_name(p, &create->like));
        } else {
            HyAstColumnDef column;
            HY_TRY(hy_parse_column_def(p, &column));
            HY_TRY(list_push(p, &column, sizeof column));
        }
        if (!accept(p, HY_TOK_COMMA))
            break;
    }
    create->constraints = (HyAstConstraintList){.items = constraints, .n = n_constraints};
    HY_TRY(hy_parser_list_end(
        p, mark, sizeof(HyAstColumnDef), &create->columns.items, &create->columns.n));
    return expect(p, HY_TOK_RPAREN);
}

/* ON COMMIT {PRESERVE ROWS | DELETE ROWS | DROP} */
static HyStatus parse_on_commit(HyParser *p, HyAstPersistence persistence)
{
    if (!accept(p, HY_KW_ON))
        return HY_OK;
    HY_TRY(expect(p, HY_KW_COMMIT));
    unsigned word = peek(p);
    if (!accept(p, HY_KW_DROP)) {
        if (!accept(p, HY_KW_DELETE))
            HY_TRY(expect(p, HY_KW_PRESERVE));
        HY_TRY(expect(p, HY_KW_ROWS));
    }
    if (persistence != HY_AST_TEMPORARY)
        return hy_error("42P16", "ON COMMIT can only be used on temporary tables");
    if (word == HY_KW_DROP)
        return hy_error("0A000", "ON COMMIT DROP not supported");
    if (word == HY_KW_DELETE)
        return hy_error("0A000", "ON COMMIT DELETE ROWS not yet supported");
    return HY_OK;
}

/* query [WITH [NO] DATA] */
static HyStatus parse_create_as(HyParser *p, HyAstCreateTable *create)
{
    HY_TRY(hy_parse_query(p, &create->query));
    if (!accept(p, HY_KW_WITH))
        return HY_OK;
    create->with_no_data = accept(p, HY_KW_NO);
    return expect(p, HY_KW_DATA);
}

/* (a, b) without types can only be the column names of CREATE TABLE .. AS. */
static bool at_plain_names(const HyParser *p)
{
    unsigned behind_name = peek_at(p, 2);
    return peek(p) == HY_TOK_LPAREN && peek_at(p, 1) != HY_TOK_RPAREN &&
           (behind_name == HY_TOK_COMMA || behind_name == HY_TOK_RPAREN);
}

/* Optional IF NOT EXISTS. */
static HyStatus parse_if_not_exists(HyParser *p, bool *out)
{
    *out = false;
    if (peek(p) != HY_KW_IF || peek_at(p, 1) != HY_KW_NOT) /* IF can be a name */
        return HY_OK;
    p->pos += 2;
    *out = true;
    return expect(p, HY_KW_EXISTS);
}

HyStatus hy_parse_create_table(HyParser *p, HyAstPersistence persistence, HyAstStmt **out)
{
    HyAstCreateTable *create;
    HY_ARENA_NEW(p->arena, create, 1);
    HY_TRY(hy_parser_new_stmt(p, HY_AST_STMT_CREATE_TABLE, out));
    (*out)->create_table = create;
    create->persistence = persistence;
    HY_TRY(expect(p, HY_KW_TABLE));
    HY_TRY(parse_if_not_exists(p, &create->if_not_exists));
    HY_TRY(hy_parse_table_name(p, &create->table));
    bool has_elements = false;
    if (at_plain_names(p)) {
        HY_TRY(hy_parse_column_list(p, &create->names));
    } else if (peek(p) == HY_TOK_LPAREN) {
        HY_TRY(parse_table_elements(p, create));
        has_elements = true;
    } else {
        hy_parser_note_expected(p, HY_TOK_LPAREN);
    }
    if (accept(p, HY_KW_WITH))
        HY_TRY(hy_parse_options(p, &create->options));
    HY_TRY(parse_on_commit(p, persistence));
    if (has_elements)
        return HY_OK;
    HY_TRY(expect(p, HY_KW_AS));
    return parse_create_as(p, create);
}

/* ---- Schemas and databases
 * ----------------------------------------------------------------------- */

static HyStatus parse_create_schema(HyParser *p, HyAstStmt **out)
{
    HyAstSchema *schema;
    HY_ARENA_NEW(p->arena, schema, 1);
    HY_TRY(hy_parser_new_stmt(p, HY_AST_STMT_CREATE_SCHEMA, out));
    (*out)->schema = schema;
    p->pos++; /* SCHEMA */
    HY_TRY(parse_if_not_exists(p, &schema->if_not_exists));
    if (peek(p) == HY_KW_AUTHORIZATION)
        return hy_error("42601", "CREATE SCHEMA without schema name not implemented yet");
    return hy_parse_schema_name(p, &schema->name);
}

/* {VERSION | ..} [=] value, several after another, up to FROM or the end */
static HyStatus parse_database_options(HyParser *p, HyAstOptionList *out)
{
    size_t mark = list_begin(p);
    do {
        HyAstOption option = {0};
        HY_TRY(hy_parse_name(p, &option.name));
        (void)accept(p, HY_TOK_EQ);
        HY_TRY(hy_parse_option_value(p, &option.value));
        HY_TRY(list_push(p, &option, sizeof option));
    } while (hy_parser_at_name(p));
    return hy_parser_list_end(p, mark, sizeof(HyAstOption), &out->items, &out->n);
}

static HyStatus parse_create_database(HyParser *p, HyAstStmt **out)
{
    HyAstDatabase *database;
    HY_ARENA_NEW(p->arena, database, 1);
    HY_TRY(hy_parser_new_stmt(p, HY_AST_STMT_CREATE_DATABASE, out));
    (*out)->database = database;
    p->pos++; /* DATABASE */
    HY_TRY(parse_if_not_exists(p, &database->if_not_exists));
    HY_TRY(hy_parse_name(p, &database->path));
    if (accept(p, HY_KW_FROM))
        HY_TRY(hy_parse_name(p, &database->source));
    if (accept(p, HY_KW_WITH) || hy_parser_at_name(p))
        HY_TRY(parse_database_options(p, &database->options));
    if (!database->source.text && accept(p, HY_KW_FROM)) /* the options may stand first, too */
        HY_TRY(hy_parse_name(p, &database->source));
    return HY_OK;
}

/* ---- CREATE
 * -------------------------------------------------------------------------------------- */

const char *hy_parser_refused_object(unsigned word)
{
    switch (word) {
    case HY_KW_VIEW:
        return "Views are disabled.";
    case HY_KW_INDEX:
        return "Index support is disabled.";
    case HY_KW_SEQUENCE:
        return "Support for sequences is disabled.";
    case HY_KW_FUNCTION:
    case HY_KW_AGGREGATE:
        return "User-defined functions are disabled.";
    case HY_KW_TYPE:
    case HY_KW_DOMAIN:
        return "User-defined types are disabled.";
    case HY_KW_ROLE:
    case HY_KW_USER:
    case HY_KW_GROUP:
        return "Authorization support is disabled.";
    case HY_KW_OPERATOR:
        return "user-defined operators not implemented yet";
    case HY_KW_COLLATION:
        return "COLLATION not implemented yet";
    default:
        return NULL;
    }
}

static void note_objects(HyParser *p)
{
    static const uint16_t objects[] = {HY_KW_TABLE, HY_KW_GROUP, HY_KW_OR, HY_KW_AGGREGATE,
        HY_KW_COLLATION, HY_KW_DATABASE, HY_KW_DOMAIN, HY_KW_EXTERNAL, HY_KW_FUNCTION, HY_KW_GLOBAL,
        HY_KW_INDEX, HY_KW_LOCAL, HY_KW_OPERATOR, HY_KW_ROLE, HY_KW_SCHEMA, HY_KW_SEQUENCE,
        HY_KW_TEMP, HY_KW_TEMPORARY, HY_KW_TYPE, HY_KW_UNIQUE, HY_KW_UNLOGGED, HY_KW_USER,
        HY_KW_VIEW};
    for (size_t i = 0; i < HY_ARRAY_LEN(objects); i++)
        hy_parser_note_expected(p, objects[i]);
}

/* TEMP, TEMPORARY, LOCAL TEMP, GLOBAL TEMP, UNLOGGED */
static HyStatus parse_persistence(HyParser *p, HyAstPersistence *out)
{
    *out = HY_AST_PERMANENT;
    if (accept(p, HY_KW_UNLOGGED)) {
        *out = HY_AST_UNLOGGED;
        return HY_OK;
    }
    bool has_scope = accept(p, HY_KW_LOCAL) || accept(p, HY_KW_GLOBAL);
    if (accept(p, HY_KW_TEMP) || accept(p, HY_KW_TEMPORARY)) {
        *out = HY_AST_TEMPORARY;
        return HY_OK;
    }
    return has_scope ? hy_parser_error(p) : HY_OK;
}

/* CREATE OR REPLACE, which no table has */
static HyStatus parse_or_replace(HyParser *p)
{
    HY_TRY(expect(p, HY_KW_REPLACE));
    HyAstPersistence persistence;
    HY_TRY(parse_persistence(p, &persistence));
    if (peek(p) == HY_KW_RECURSIVE)
        p->pos++;
    if (peek(p) == HY_KW_FUNCTION || peek(p) == HY_KW_VIEW)
        return hy_error("0A000", "%s", hy_parser_refused_object(peek(p)));
    hy_parser_note_expected(p, HY_KW_FUNCTION);
    hy_parser_note_expected(p, HY_KW_RECURSIVE);
    hy_parser_note_expected(p, HY_KW_VIEW);
    return hy_parser_error(p);
}

HyStatus hy_parse_create(HyParser *p, HyAstStmt **out)
{
    HyAstPersistence persistence;
    p->pos++; /* CREATE */
    if (accept(p, HY_KW_OR))
        return parse_or_replace(p);
    HY_TRY(parse_persistence(p, &persistence));
    if (peek(p) == HY_KW_TABLE)
        return hy_parse_create_table(p, persistence, out);
    if (accept(p, HY_KW_EXTERNAL))
        return hy_parse_create_external(p, persistence, out);
    if (peek(p) == HY_KW_SCHEMA && persistence == HY_AST_PERMANENT)
        return parse_create_schema(p, out);
    if (peek(p) == HY_KW_DATABASE && persistence == HY_AST_PERMANENT)
        return parse_create_database(p, out);
    if (peek(p) == HY_KW_RECURSIVE || peek(p) == HY_KW_UNIQUE)
        p->pos++;
    const char *refusal = hy_parser_refused_object(peek(p));
    if (refusal)
        return hy_error("0A000", "%s", refusal);
    note_objects(p);
    return hy_parser_error(p);
}
