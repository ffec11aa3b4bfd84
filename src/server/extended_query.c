/* Parse, Bind, Describe, Execute, Close, Sync: statements with parameters, portals that give their
 * rows in portions. spec/wire-protocol.md, section 2.6. */
#include "server/connection.h"
#include "server/row_format.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct HyPreparedText {
    char *sql;
    size_t sql_len;
    uint32_t *oids; /* as declared; 0: to be inferred */
    HyStatementShape shape;
    size_t references; /* portals that use it, and the name */
} HyPreparedText;

typedef struct HyPortal {
    HyPreparedText *statement;
    HyArena *arena; /* of all that follows */
    HyType *types;  /* of the values */
    HyValue *values;
    uint16_t *given_codes; /* as Bind has them */
    size_t n_given_codes;
    uint16_t *codes;  /* per column; NULL until they are known to fit */
    HyResult *result; /* once it has run */
    size_t piece;     /* and the row that comes next */
    size_t row;
} HyPortal;

static void release_statement(HyPreparedText *statement)
{
    if (!statement || --statement->references)
        return;
    hy_statement_shape_free(&statement->shape);
    free(statement->oids);
    free(statement->sql);
    free(statement);
}

static void destroy_portal(HyPortal *portal)
{
    if (!portal)
        return;
    hy_result_destroy(portal->result);
    release_statement(portal->statement);
    hy_arena_destroy(portal->arena);
    free(portal);
}

void hy_connection_drop_statements(HyConnection *connection)
{
    size_t pos = 0;
    void *value;
    while (hy_string_map_next(&connection->statements, &pos, NULL, NULL, &value))
        release_statement(value);
    hy_string_map_free(&connection->statements);
}

void hy_connection_drop_portals(HyConnection *connection)
{
    size_t pos = 0;
    void *value;
    while (hy_string_map_next(&connection->portals, &pos, NULL, NULL, &value))
        destroy_portal(value);
    hy_string_map_free(&connection->portals);
}

static void drop_portal(HyConnection *connection, const char *name)
{
    destroy_portal(hy_string_map_remove(&connection->portals, name, strlen(name)));
}

static HyStatus bad_message(void)
{
    return hy_error("08P01", "invalid message format");
}

/* ---- Parse ---- */

static HyStatus describe(HyConnection *connection, const HyPreparedText *statement,
    const HyType *types, size_t n, HyStatementShape *out)
{
    HyStatus st =
        hy_session_describe(connection->session, statement->sql, statement->sql_len, types, n, out);
    return st;
}

static HyStatus parse_types(HyPreparedText *statement, HyFields *fields, size_t n, HyType *types)
{
    for (size_t i = 0; i < n; i++) {
        statement->oids[i] = hy_fields_u32(fields);
        types[i] = hy_type_from_oid(statement->oids[i], -1);
        /* Without modifiers it takes those of the values; until then it has room for most. */
        if (types[i].id == HY_TYPE_NUMERIC)
            types[i] = hy_type_numeric(HY_NUMERIC_MAX_PRECISION, 10);
    }
    return fields->failed ? bad_message() : HY_OK;
}

/* Clients that declared none are told what was found. */
static HyStatus tell_inferred_types(HyPreparedText *statement)
{
    size_t n = statement->shape.n_params;
    uint32_t *oids = calloc(n, sizeof *oids);
    if (!oids)
        return hy_error_oom(n);
    for (size_t i = 0; i < n; i++)
        oids[i] = hy_type_oid(statement->shape.param_types[i]);
    free(statement->oids);
    statement->oids = oids;
    return HY_OK;
}

static HyStatus make_statement(
    HyConnection *connection, const char *sql, HyFields *fields, HyPreparedText *out)
{
    size_t n = hy_fields_u16(fields);
    HyStatus st = HY_OK;
    HyType *types = calloc(n + 1, sizeof *types);
    out->oids = calloc(n + 1, sizeof *out->oids);
    out->sql = strdup(sql);
    out->sql_len = strlen(sql);
    if (!types || !out->oids || !out->sql)
        HY_GO(hy_error_oom(n));
    HY_GO(parse_types(out, fields, n, types));
    HY_GO(describe(connection, out, types, n, &out->shape));
    if (out->shape.n_params > n)
        HY_GO(tell_inferred_types(out));
done:
    free(types);
    return st;
}

static HyStatus handle_parse(HyConnection *connection, HyFields *fields)
{
    const char *name = hy_fields_text(fields);
    const char *sql = hy_fields_text(fields);
    if (fields->failed)
        return bad_message();
    if (*name && hy_string_map_get(&connection->statements, name, strlen(name)))
        return hy_error("42P05", "prepared statement '%s' statement already exists", name);
    HyPreparedText *statement = calloc(1, sizeof *statement);
    if (!statement)
        return hy_error_oom(sizeof *statement);
    statement->references = 1;
    HyStatus st = make_statement(connection, sql, fields, statement);
    if (!st) {
        release_statement(hy_string_map_remove(&connection->statements, name, strlen(name)));
        st = hy_string_map_put(&connection->statements, name, strlen(name), statement);
    }
    if (st) {
        release_statement(statement);
        return st;
    }
    hy_peer_put_empty(&connection->peer, '1');
    return HY_OK;
}

/* ---- Bind ---- */

static HyStatus read_codes(HyArena *arena, HyFields *fields, uint16_t **codes, size_t *n)
{
    *n = hy_fields_u16(fields);
    HY_ARENA_NEW(arena, *codes, *n + 1);
    for (size_t i = 0; i < *n; i++) {
        (*codes)[i] = hy_fields_u16(fields);
        if (!fields->failed && (*codes)[i] > HY_FORMAT_CODE_HYPER)
            return hy_error("08P01", "unexpected format code: %u", (*codes)[i]);
    }
    return fields->failed ? bad_message() : HY_OK;
}

/* Format i of a list that has none (text), one for all, or one each. */
static uint16_t code_of(const uint16_t *codes, size_t n, size_t i)
{
    return n == 0 ? HY_FORMAT_CODE_TEXT : codes[n == 1 ? 0 : i];
}

/* Drivers know no other text of arrays than PostgreSQL's, and work in this way. */
static HyTextStyle drivers_style(const HyConnection *connection)
{
    HyTextStyle style = *hy_settings_style(connection->session->settings);
    style.postgres_arrays = true;
    return style;
}

static HyStatus read_value(
    HyConnection *connection, HyPortal *portal, HyFields *fields, HyFormatCode code, size_t i)
{
    uint32_t len = hy_fields_u32(fields);
    portal->types[i] = portal->statement->shape.param_types[i];
    if (fields->failed)
        return bad_message();
    if (len == UINT32_MAX) {
        portal->values[i] = hy_value_null(portal->types[i]);
        return HY_OK;
    }
    const uint8_t *bytes = hy_fields_bytes(fields, len);
    if (!bytes)
        return bad_message();
    char *copy = hy_arena_alloc(portal->arena, (size_t)len + 1);
    if (!copy)
        return hy_error_oom(len);
    memcpy(copy, bytes, len);
    copy[len] = 0;
    HyTextStyle style = drivers_style(connection);
    return hy_parse_parameter(
        portal->arena, &portal->types[i], code, copy, len, &style, &portal->values[i]);
}

static HyStatus read_values(HyConnection *connection, HyPortal *portal, HyFields *fields)
{
    uint16_t *codes;
    size_t n_codes;
    HY_TRY(read_codes(portal->arena, fields, &codes, &n_codes));
    size_t n = hy_fields_u16(fields);
    if (!fields->failed && n != portal->statement->shape.n_params)
        return hy_error("42601", "wrong number of parameters");
    if (n_codes > 1 && n_codes != n)
        return hy_error("42601", "wrong number of parameter format codes");
    HY_ARENA_NEW(portal->arena, portal->types, n);
    HY_ARENA_NEW(portal->arena, portal->values, n);
    for (size_t i = 0; i < n; i++)
        HY_TRY(read_value(connection, portal, fields, (HyFormatCode)code_of(codes, n_codes, i), i));
    return read_codes(portal->arena, fields, &portal->given_codes, &portal->n_given_codes);
}

static HyStatus handle_bind(HyConnection *connection, HyFields *fields)
{
    const char *name = hy_fields_text(fields);
    const char *statement_name = hy_fields_text(fields);
    if (fields->failed)
        return bad_message();
    HyPreparedText *statement =
        hy_string_map_get(&connection->statements, statement_name, strlen(statement_name));
    if (!statement)
        return hy_error("42601", "unrecognized prepared statement '%s'", statement_name);
    HyPortal *portal = calloc(1, sizeof *portal);
    if (!portal)
        return hy_error_oom(sizeof *portal);
    portal->statement = statement;
    statement->references++;
    portal->arena = hy_arena_create();
    HyStatus st = portal->arena ? read_values(connection, portal, fields) : hy_error_oom(0);
    if (!st) {
        drop_portal(connection, name);
        st = hy_string_map_put(&connection->portals, name, strlen(name), portal);
    }
    if (st) {
        destroy_portal(portal);
        return st;
    }
    hy_peer_put_empty(&connection->peer, '2');
    return HY_OK;
}

/* ---- Describe ---- */

static HyStatus fit_codes(HyPortal *portal, size_t n_columns)
{
    if (portal->n_given_codes > 1 && portal->n_given_codes != n_columns)
        return hy_error("42601", "wrong number of result format codes");
    HY_ARENA_NEW(portal->arena, portal->codes, n_columns + 1);
    for (size_t i = 0; i < n_columns; i++)
        portal->codes[i] = code_of(portal->given_codes, portal->n_given_codes, i);
    return HY_OK;
}

/* Plain PostgreSQL clients are told the true format; Hyper's know what they asked for. */
static const uint16_t *shown_codes(const HyConnection *connection, HyPortal *portal, size_t n)
{
    if (connection->wants_hyper_binary)
        return NULL;
    HyStatus st = fit_codes(portal, n);
    if (st) { /* told when it is executed */
        hy_error_free(st);
        return NULL;
    }
    return portal->codes;
}

static bool has_numeric_parameter(const HyPreparedText *statement)
{
    for (size_t i = 0; i < statement->shape.n_params; i++)
        if (statement->shape.param_types[i].id == HY_TYPE_NUMERIC)
            return true;
    return false;
}

static void send_shape(HyPeer *peer, const HyStatementShape *shape, const uint16_t *codes)
{
    if (shape->has_rows)
        hy_send_row_description(
            peer, shape->column_names, shape->column_types, shape->n_columns, codes);
    else
        hy_peer_put_empty(peer, 'n');
}

/* What DECLARE made is a portal as well. */
static HyStatus describe_cursor(HyConnection *connection, const char *name)
{
    const HyResult *rows = hy_session_find_cursor(connection->session, name);
    if (!rows)
        return hy_error("42601", "unrecognized portal 1 '%s'", name);
    hy_send_row_description(
        &connection->peer, rows->column_names, rows->column_types, rows->n_columns, NULL);
    return HY_OK;
}

static HyStatus describe_portal(HyConnection *connection, const char *name)
{
    HyPortal *portal = hy_string_map_get(&connection->portals, name, strlen(name));
    if (!portal)
        return describe_cursor(connection, name);
    const HyStatementShape *shape = &portal->statement->shape;
    const uint16_t *codes = shown_codes(connection, portal, shape->n_columns);
    if (!has_numeric_parameter(portal->statement)) {
        send_shape(&connection->peer, shape, codes);
        return HY_OK;
    }
    HyStatementShape exact; /* with the modifiers that the values have */
    HY_TRY(describe(connection, portal->statement, portal->types, shape->n_params, &exact));
    send_shape(&connection->peer, &exact, codes);
    hy_statement_shape_free(&exact);
    return HY_OK;
}

static HyStatus describe_statement(HyConnection *connection, const char *name)
{
    HyPeer *peer = &connection->peer;
    const HyPreparedText *statement =
        hy_string_map_get(&connection->statements, name, strlen(name));
    if (!statement)
        return hy_error("42601", "unrecognized statement '%s'", name);
    hy_peer_begin(peer, 't');
    hy_peer_put_u16(peer, (uint16_t)statement->shape.n_params);
    for (size_t i = 0; i < statement->shape.n_params; i++)
        hy_peer_put_u32(peer, statement->oids[i]);
    hy_peer_end(peer);
    send_shape(peer, &statement->shape, NULL);
    return HY_OK;
}

static HyStatus handle_describe(HyConnection *connection, HyFields *fields)
{
    uint8_t kind = hy_fields_u8(fields);
    const char *name = hy_fields_text(fields);
    if (fields->failed || (kind != 'S' && kind != 'P'))
        return bad_message();
    return kind == 'S' ? describe_statement(connection, name) : describe_portal(connection, name);
}

/* ---- Execute ---- */

static HyStatus run_portal(HyConnection *connection, HyPortal *portal)
{
    const HyPreparedText *statement = portal->statement;
    HyParameters parameters = {
        .n = statement->shape.n_params, .types = portal->types, .values = portal->values};
    if (statement->shape.has_rows)
        HY_TRY(fit_codes(portal, statement->shape.n_columns));
    HY_TRY(hy_connection_execute(connection, statement->sql, statement->sql_len,
        parameters.n ? &parameters : NULL, &portal->result));
    if (!portal->result->has_rows)
        return HY_OK;
    HY_TRY(fit_codes(portal, portal->result->n_columns));
    for (size_t i = 0; i < portal->result->n_columns; i++)
        HY_TRY(hy_format_check(portal->result->column_types[i], (HyFormatCode)portal->codes[i]));
    return HY_OK;
}

/* "SELECT 7" with the rows of this Execute only, when there were several. */
static void send_end(HyPeer *peer, const HyResult *result, bool was_suspended, uint64_t n)
{
    char tag[64];
    if (was_suspended && strncmp(result->tag, "SELECT ", 7) == 0) {
        (void)snprintf(tag, sizeof tag, "SELECT %llu", (unsigned long long)n);
        hy_send_tag(peer, tag);
        return;
    }
    hy_send_notices(peer, result);
    if (*result->tag)
        hy_send_tag(peer, result->tag);
    else
        hy_peer_put_empty(peer, 'I');
}

static HyStatus handle_execute(HyConnection *connection, HyFields *fields, bool *sent_error)
{
    HyPeer *peer = &connection->peer;
    const char *name = hy_fields_text(fields);
    uint32_t limit = hy_fields_u32(fields);
    if (fields->failed)
        return bad_message();
    HyPortal *portal = hy_string_map_get(&connection->portals, name, strlen(name));
    if (!portal)
        return hy_error("42601", "unrecognized portal '%s'", name);
    bool was_suspended = portal->result != NULL;
    if (!was_suspended) {
        /* The input buffer, in which the name lies, may move while the statement runs. */
        char *own_name = hy_arena_strndup(portal->arena, name, strlen(name));
        if (!own_name)
            return hy_error_oom(strlen(name));
        name = own_name;
        HY_TRY(run_portal(connection, portal));
    }
    const HyResult *result = portal->result;
    HyTextStyle style = drivers_style(connection);
    uint64_t n = 0;
    if (result->has_rows && !hy_send_rows(peer, result, portal->codes, &style, &portal->piece,
                                &portal->row, limit ? limit : UINT64_MAX, &n)) {
        *sent_error = true;
        return HY_OK;
    }
    bool is_at_end = !result->rows || portal->piece == hy_rowset_piece_count(result->rows);
    if (is_at_end && !(limit && n == limit)) {
        send_end(peer, result, was_suspended, n);
        drop_portal(connection, name);
    } else {
        hy_peer_put_empty(peer, 's');
    }
    return HY_OK;
}

/* ---- Close, and all together ---- */

static HyStatus handle_close(HyConnection *connection, HyFields *fields)
{
    uint8_t kind = hy_fields_u8(fields);
    const char *name = hy_fields_text(fields);
    if (fields->failed || (kind != 'S' && kind != 'P'))
        return bad_message();
    if (kind == 'S')
        release_statement(hy_string_map_remove(&connection->statements, name, strlen(name)));
    else
        drop_portal(connection, name);
    hy_peer_put_empty(&connection->peer, '3');
    return HY_OK;
}

static HyStatus dispatch(HyConnection *connection, uint8_t type, HyFields *fields, bool *sent_error)
{
    switch (type) {
    case 'P':
        return handle_parse(connection, fields);
    case 'B':
        return handle_bind(connection, fields);
    case 'D':
        return handle_describe(connection, fields);
    case 'E':
        return handle_execute(connection, fields, sent_error);
    default:
        return handle_close(connection, fields);
    }
}

bool hy_handle_extended(HyConnection *connection, uint8_t type, HyFields fields)
{
    bool sent_error = false;
    if (type == 'S') {
        connection->is_skipping = false;
        hy_send_ready(connection);
        return true;
    }
    if (connection->is_skipping)
        return true;
    HyStatus st = dispatch(connection, type, &fields, &sent_error);
    if (connection->peer.is_broken) {
        hy_error_free(st);
        return false;
    }
    connection->is_skipping = st || sent_error;
    if (st) {
        hy_send_error(&connection->peer, st);
        hy_session_fail_transaction(connection->session);
    }
    return true;
}
