/* ALTER, DROP, TRUNCATE, ATTACH, DETACH and other statements on existing objects (spec/sql.md,
 * section 9). */
#include "sql/parser_internal.h"

HyStatus hy_parse_schema_name(HyParser *p, HyAstQName *out)
{
    HY_TRY(hy_parse_any_name(p, out));
    if (out->parts.n <= 2)
        return HY_OK;
    const HyAstName *n = out->parts.items;
    HyStatus err = hy_error("42601", "invalid schema name, too many dots");
    return hy_error_detail(err, "after \"%s\".\"%s\"", n[0].text, n[1].text);
}

static HyStatus parse_rename_to(HyParser *p, HyAstName *out)
{
    HY_TRY(expect(p, HY_KW_RENAME));
    HY_TRY(expect(p, HY_KW_TO));
    return hy_parse_name(p, out);
}

/* ---- ALTER
 * --------------------------------------------------------------------------------------- */

/* RENAME TO t | RENAME [COLUMN] a TO b; RENAME was read */
static HyStatus parse_rename(HyParser *p, HyAstAlterAction *a)
{
    a->kind = HY_AST_ALTER_RENAME_TABLE;
    if (!accept(p, HY_KW_TO)) {
        a->kind = HY_AST_ALTER_RENAME_COLUMN;
        if (peek(p) == HY_KW_COLUMN)
            p->pos++;
        HY_TRY(hy_parse_name(p, &a->name));
        HY_TRY(expect(p, HY_KW_TO));
    }
    return hy_parse_name(p, &a->new_name);
}

/* ADD {constraint | [COLUMN] [IF NOT EXISTS] column}; ADD was read */
static HyStatus parse_add(HyParser *p, HyAstAlterAction *a)
{
    if (hy_parser_at_table_constraint(p)) {
        a->kind = HY_AST_ALTER_ADD_CONSTRAINT;
        return hy_parse_table_constraint(p, &a->constraint);
    }
    a->kind = HY_AST_ALTER_ADD_COLUMN;
    (void)accept(p, HY_KW_COLUMN);
    if (peek(p) == HY_KW_IF && peek_at(p, 1) == HY_KW_NOT) {
        p->pos += 2;
        HY_TRY(expect(p, HY_KW_EXISTS));
        a->if_not_exists = true;
    }
    return hy_parse_column_def(p, &a->column);
}

static HyStatus parse_alter_action(HyParser *p, HyAstAlterAction *a)
{
    uint32_t start = next_offset(p);
    *a = (HyAstAlterAction){0};
    if (accept(p, HY_KW_ADD)) {
        HY_TRY(parse_add(p, a));
    } else {
        HY_TRY(expect(p, HY_KW_DROP));
        a->kind = HY_AST_ALTER_DROP_COLUMN;
        if (accept(p, HY_KW_CONSTRAINT)) {
            HY_TRY(hy_parse_name(p, &a->name));
            return hy_error("0A000", "DROP CONSTRAINT is not supported");
        }
        (void)accept(p, HY_KW_COLUMN);
        HY_TRY(hy_parse_name(p, &a->name));
    }
    a->span = span_from(p, start);
    return HY_OK;
}

/* RENAME stands alone, ADD and DROP may be several. */
static HyStatus parse_alter_actions(HyParser *p, HyAstAlterTable *alter)
{
    size_t mark = list_begin(p);
    HyAstAlterAction action = {0};
    uint32_t start = next_offset(p);
    if (accept(p, HY_KW_RENAME)) {
        HY_TRY(parse_rename(p, &action));
        action.span = span_from(p, start);
        HY_TRY(list_push(p, &action, sizeof action));
    } else {
        do {
            HY_TRY(parse_alter_action(p, &action));
            HY_TRY(list_push(p, &action, sizeof action));
        } while (accept(p, HY_TOK_COMMA));
    }
    return hy_parser_list_end(
        p, mark, sizeof(HyAstAlterAction), &alter->actions, &alter->n_actions);
}

static HyStatus parse_alter_table(HyParser *p, HyAstStmt **out)
{
    HyAstAlterTable *alter;
    HY_ARENA_NEW(p->arena, alter, 1);
    HY_TRY(hy_parser_new_stmt(p, HY_AST_STMT_ALTER_TABLE, out));
    (*out)->alter_table = alter;
    p->pos++; /* TABLE */
    alter->if_exists = hy_parser_accept2(p, HY_KW_IF, HY_KW_EXISTS);
    alter->only = accept(p, HY_KW_ONLY);
    HY_TRY(hy_parse_table_name(p, &alter->table));
    (void)accept(p, HY_TOK_STAR);
    return parse_alter_actions(p, alter);
}

HyStatus hy_parse_alter(HyParser *p, HyAstStmt **out)
{
    p->pos++; /* ALTER */
    if (peek(p) == HY_KW_TABLE)
        return parse_alter_table(p, out);
    if (accept(p, HY_KW_SCHEMA)) {
        HyAstSchema *schema;
        HY_ARENA_NEW(p->arena, schema, 1);
        HY_TRY(hy_parser_new_stmt(p, HY_AST_STMT_ALTER_SCHEMA, out));
        (*out)->schema = schema;
        HY_TRY(hy_parse_schema_name(p, &schema->name));
        return parse_rename_to(p, &schema->new_name);
    }
    if (accept(p, HY_KW_DATABASE)) {
        HyAstName name;
        HY_TRY(hy_parse_name(p, &name));
        HY_TRY(parse_rename_to(p, &name));
        return hy_error("0A000", "ALTER DATABASE ... RENAME TO ... not implemented yet");
    }
    const char *refusal = hy_parser_refused_object(peek(p));
    if (refusal)
        return hy_error("0A000", "%s", refusal);
    hy_parser_note_expected(p, HY_KW_TABLE);
    return hy_parser_error(p);
}

/* ---- DROP
 * ---------------------------------------------------------------------------------------- */

static HyStatus parse_drop_behavior(HyParser *p, HyAstDropBehavior *out)
{
    if (accept(p, HY_KW_CASCADE))
        *out = HY_AST_DROP_CASCADE;
    else if (accept(p, HY_KW_RESTRICT))
        *out = HY_AST_DROP_RESTRICT;
    return HY_OK;
}

/* [IF EXISTS] name [, ..] [CASCADE | RESTRICT] */
static HyStatus parse_drop_names(HyParser *p, HyAstStmtKind kind, bool external, HyAstStmt **out)
{
    HyAstDrop *drop;
    HY_ARENA_NEW(p->arena, drop, 1);
    HY_TRY(hy_parser_new_stmt(p, kind, out));
    (*out)->drop = drop;
    drop->external = external;
    drop->if_exists = hy_parser_accept2(p, HY_KW_IF, HY_KW_EXISTS);
    size_t mark = list_begin(p);
    do {
        HyAstQName name;
        if (kind == HY_AST_STMT_DROP_SCHEMA)
            HY_TRY(hy_parse_schema_name(p, &name));
        else
            HY_TRY(hy_parse_table_name(p, &name));
        HY_TRY(list_push(p, &name, sizeof name));
    } while (accept(p, HY_TOK_COMMA));
    HY_TRY(hy_parser_list_end(p, mark, sizeof(HyAstQName), &drop->names.items, &drop->names.n));
    return parse_drop_behavior(p, &drop->behavior);
}

static HyStatus parse_drop_database(HyParser *p, HyAstStmt **out)
{
    HyAstDatabase *database;
    HY_ARENA_NEW(p->arena, database, 1);
    HY_TRY(hy_parser_new_stmt(p, HY_AST_STMT_DROP_DATABASE, out));
    (*out)->database = database;
    database->if_exists = hy_parser_accept2(p, HY_KW_IF, HY_KW_EXISTS);
    return hy_parse_name(p, &database->path);
}

/* Views, indexes and the like cannot exist, so none can be dropped. */
static HyStatus refuse_drop(HyParser *p, unsigned word)
{
    HyAstQName name;
    p->pos++;
    if (word == HY_KW_ROLE || word == HY_KW_USER || word == HY_KW_GROUP ||
        hy_parser_accept2(p, HY_KW_IF, HY_KW_EXISTS))
        return hy_error("0A000", "%s", hy_parser_refused_object(word));
    HY_TRY(hy_parse_any_name(p, &name));
    const char *last = name.parts.items[name.parts.n - 1].text;
    const char *what = word == HY_KW_DOMAIN ? "type" : hy_keyword_text(word);
    return hy_error_at(
        hy_error(word == HY_KW_VIEW ? "42P01" : "42704", "%s \"%s\" does not exist", what, last),
        name.span.offset);
}

HyStatus hy_parse_drop(HyParser *p, HyAstStmt **out)
{
    p->pos++; /* DROP */
    if (accept(p, HY_KW_TABLE))
        return parse_drop_names(p, HY_AST_STMT_DROP_TABLE, false, out);
    if (accept(p, HY_KW_SCHEMA))
        return parse_drop_names(p, HY_AST_STMT_DROP_SCHEMA, false, out);
    if (accept(p, HY_KW_DATABASE))
        return parse_drop_database(p, out);
    if (accept(p, HY_KW_EXTERNAL)) {
        HY_TRY(expect(p, HY_KW_TABLE));
        return parse_drop_names(p, HY_AST_STMT_DROP_TABLE, true, out);
    }
    if (hy_parser_refused_object(peek(p)))
        return refuse_drop(p, peek(p));
    if (hy_parser_accept2(p, HY_KW_MATERIALIZED, HY_KW_VIEW))
        return hy_error("0A000", "materialized view support not implemented yet");
    return hy_parser_error(p);
}

/* ---- TRUNCATE, ATTACH, DETACH
 * -------------------------------------------------------------------- */

HyStatus hy_parse_truncate(HyParser *p, HyAstStmt **out)
{
    HyAstTruncate *truncate;
    HY_ARENA_NEW(p->arena, truncate, 1);
    HY_TRY(hy_parser_new_stmt(p, HY_AST_STMT_TRUNCATE, out));
    (*out)->truncate = truncate;
    p->pos++; /* TRUNCATE */
    (void)accept(p, HY_KW_TABLE);
    truncate->only = accept(p, HY_KW_ONLY);
    HY_ARENA_NEW(p->arena, truncate->tables.items, 1);
    truncate->tables.n = 1;
    HY_TRY(hy_parse_table_name(p, truncate->tables.items));
    (void)accept(p, HY_TOK_STAR);
    if (accept(p, HY_TOK_COMMA))
        return hy_error_at(hy_error("0A000", "only one table supported in TRUNCATE"),
            truncate->tables.items[0].span.offset);
    if (accept(p, HY_KW_CONTINUE)) {
        HY_TRY(expect(p, HY_KW_IDENTITY));
    } else if (accept(p, HY_KW_RESTART)) {
        p->pos--;
        return hy_parser_refuse(p, "restarting sequences in truncate not implemented yet");
    }
    if (accept(p, HY_KW_CASCADE)) {
        p->pos--;
        return hy_parser_refuse(p, "CASCADE in truncate not implemented yet");
    }
    (void)accept(p, HY_KW_RESTRICT);
    return HY_OK;
}

/* ATTACH DATABASE "path" AS alias [WITH (name = value, ..)] */
HyStatus hy_parse_attach(HyParser *p, HyAstStmt **out)
{
    HyAstDatabase *database;
    HY_ARENA_NEW(p->arena, database, 1);
    HY_TRY(hy_parser_new_stmt(p, HY_AST_STMT_ATTACH_DATABASE, out));
    (*out)->database = database;
    p->pos++; /* ATTACH */
    HY_TRY(expect(p, HY_KW_DATABASE));
    HY_TRY(hy_parse_name(p, &database->path));
    HY_TRY(expect(p, HY_KW_AS));
    HY_TRY(hy_parse_name(p, &database->alias));
    return accept(p, HY_KW_WITH) ? hy_parse_options(p, &database->options) : HY_OK;
}

HyStatus hy_parse_detach(HyParser *p, HyAstStmt **out)
{
    HyAstDatabase *database;
    HY_ARENA_NEW(p->arena, database, 1);
    HY_TRY(hy_parser_new_stmt(p, HY_AST_STMT_DETACH_DATABASE, out));
    (*out)->database = database;
    p->pos++; /* DETACH */
    HY_TRY(expect(p, HY_KW_DATABASE));
    if (accept(p, HY_TOK_STAR)) /* all: what the Hyper API sends */
        return HY_OK;
    HY_TRY(hy_parse_name_list(p, &database->aliases));
    database->path = database->aliases.items[0];
    return HY_OK;
}

/* ---- COMMENT, ANALYZE
 * ---------------------------------------------------------------------------- */

/* COMMENT ON COLUMN t.c IS {'text' | NULL} */
HyStatus hy_parse_comment(HyParser *p, HyAstStmt **out)
{
    HY_TRY(hy_parser_new_stmt(p, HY_AST_STMT_COMMENT_COLUMN, out));
    p->pos++; /* COMMENT */
    HY_TRY(expect(p, HY_KW_ON));
    HY_TRY(expect(p, HY_KW_COLUMN));
    HY_TRY(hy_parse_any_name(p, &(*out)->comment.column));
    HY_TRY(expect(p, HY_KW_IS));
    if (accept(p, HY_KW_NULL))
        return HY_OK;
    return hy_parse_string(p, &(*out)->comment.text);
}

/* ANALYZE [t [(columns)]] */
HyStatus hy_parse_analyze(HyParser *p, HyAstStmt **out)
{
    HyAstDrop *names;
    HyAstNameList columns;
    HY_ARENA_NEW(p->arena, names, 1);
    HY_TRY(hy_parser_new_stmt(p, HY_AST_STMT_ANALYZE, out));
    (*out)->drop = names;
    p->pos++; /* ANALYZE */
    if (accept(p, HY_KW_VERBOSE))
        return hy_error("0A000", "analyze verbose not implemented yet");
    if (!hy_parser_at_name(p)) {
        hy_parser_note_expected(p, HY_TOK_IDENT);
        return HY_OK;
    }
    HY_ARENA_NEW(p->arena, names->names.items, 1);
    names->names.n = 1;
    HY_TRY(hy_parse_table_name(p, names->names.items));
    return peek(p) == HY_TOK_LPAREN ? hy_parse_column_list(p, &columns) : HY_OK;
}
