/* Keys as SQL text: pg_get_constraintdef and pg_get_indexdef. */
#include "catalog/system_relations.h"
#include "session/names.h"

typedef struct Definition {
    HySession *session;
    HyArena *arena;
    HyBuffer text; /* empty: no such object */
    uint32_t oid;
    int64_t part; /* -1 a constraint, 0 an index, n its n-th column */
} Definition;

static HyStatus append_columns(
    Definition *d, const HyTable *table, const uint32_t *columns, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        HY_TRY(hy_buffer_append_str(&d->text, i ? ", " : "("));
        HY_TRY(hy_session_append_name(&d->text, table->columns[columns[i]].name));
    }
    return hy_buffer_append_char(&d->text, ')');
}

static uint32_t outer_oid(const HyTable *table, uint32_t oid)
{
    return table->is_temporary ? oid | HY_OID_FIRST_TEMPORARY : oid;
}

static HyStatus append_relation(Definition *d, const HyTable *table)
{
    const HyObjectNames *names = &d->session->names;
    return names->format_relation(names->session, outer_oid(table, table->oid), &d->text);
}

static HyStatus key_text(Definition *d, const HyTable *table, const HyTableKey *key)
{
    HY_TRY(
        hy_buffer_append_str(&d->text, key->kind == HY_KEY_PRIMARY ? "PRIMARY KEY " : "UNIQUE "));
    return append_columns(d, table, key->columns, key->n_columns);
}

static HyStatus index_text(Definition *d, const HyTable *table, const HyTableKey *key)
{
    if (d->part > (int64_t)key->n_columns)
        return HY_OK;
    if (d->part)
        return hy_session_append_name(&d->text, table->columns[key->columns[d->part - 1]].name);
    HY_TRY(hy_buffer_append_str(&d->text, "CREATE UNIQUE INDEX "));
    HY_TRY(hy_session_append_name(&d->text, key->name));
    HY_TRY(hy_buffer_append_str(&d->text, " ON "));
    HY_TRY(append_relation(d, table));
    HY_TRY(hy_buffer_append_char(&d->text, ' '));
    return append_columns(d, table, key->columns, key->n_columns);
}

static HyStatus foreign_key_text(Definition *d, const HyTable *table, const HyForeignKey *key)
{
    HyTable *target = hy_database_find_table_by_oid(table->database, key->referenced_oid);
    const uint32_t *columns = key->referenced_columns;
    HyStatus st = HY_OK;
    for (size_t k = 0; target && !columns && k < target->n_keys; k++)
        if (target->keys[k].kind == HY_KEY_PRIMARY && target->keys[k].n_columns == key->n_columns)
            columns = target->keys[k].columns;
    if (!target || !columns) /* it was dropped */
        goto done;
    HY_GO(hy_buffer_append_str(&d->text, "FOREIGN KEY "));
    HY_GO(append_columns(d, table, key->columns, key->n_columns));
    HY_GO(hy_buffer_append_str(&d->text, " REFERENCES "));
    HY_GO(append_relation(d, target));
    HY_GO(append_columns(d, target, columns, key->n_columns));
done:
    hy_table_unref(target);
    return st;
}

static HyStatus look_into(Definition *d, const HyTable *table)
{
    bool is_index = d->part >= 0;
    for (size_t k = 0; k < table->n_keys; k++) {
        const HyTableKey *key = &table->keys[k];
        uint32_t oid = is_index ? key->index_oid : key->oid;
        if (oid && outer_oid(table, oid) == d->oid)
            return is_index ? index_text(d, table, key) : key_text(d, table, key);
    }
    for (size_t k = 0; k < table->n_foreign_keys && !is_index; k++)
        if (outer_oid(table, table->foreign_keys[k].oid) == d->oid)
            return foreign_key_text(d, table, &table->foreign_keys[k]);
    return HY_OK;
}

HyStatus hy_session_define_key(
    void *session, uint32_t oid, int64_t part, HyArena *arena, const char **out)
{
    Definition d = {.session = session, .arena = arena, .oid = oid, .part = part};
    HyDatabase *database = oid >= HY_OID_FIRST_TEMPORARY
                               ? d.session->attachments.temporary
                               : hy_session_default_database(session, NULL);
    HyTable **tables;
    size_t n;
    HyStatus st = HY_OK;
    *out = NULL;
    if (!database)
        return HY_OK;
    HY_TRY(hy_database_tables(database, NULL, arena, &tables, &n));
    for (size_t i = 0; i < n; i++) {
        if (!st && !d.text.len)
            st = look_into(&d, tables[i]);
        hy_table_unref(tables[i]);
    }
    if (!st && d.text.len) {
        *out = hy_arena_strndup(arena, d.text.data, d.text.len);
        st = *out ? HY_OK : hy_error_oom(d.text.len);
    }
    hy_buffer_free(&d.text);
    return st;
}
