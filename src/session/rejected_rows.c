#include "session/rejected_rows.h"

#include "io/csv_rejects.h"

#include <string.h>

enum { FILE_NAME, LINE, COLUMN_NAME, REASON, RECORD, N_COLUMNS };

static const struct {
    const char *name;
    HyTypeId type;
} columns[N_COLUMNS] = {
    [FILE_NAME] = {"file", HY_TYPE_TEXT},
    [LINE] = {"line", HY_TYPE_INT8},
    [COLUMN_NAME] = {"column_name", HY_TYPE_TEXT},
    [REASON] = {"reason", HY_TYPE_TEXT},
    [RECORD] = {"raw", HY_TYPE_TEXT},
};

/* One file that is read, or list of files. */
typedef struct Source Source;
struct Source {
    HyExternal *external;
    HyTable *table;
    Source *next;
};

struct HyRejectedRows {
    HyStatement *statement;
    Source *first;
};

/* ---- Tables ---- */

static HyStatus check_columns(const HyTable *table)
{
    bool fits = table->n_columns == N_COLUMNS;
    for (size_t i = 0; fits && i < N_COLUMNS; i++)
        fits = table->columns[i].type.id == columns[i].type &&
               strcmp(table->columns[i].name, columns[i].name) == 0;
    if (fits)
        return HY_OK;
    return hy_error_detail(
        hy_error("42804", "table '%s' cannot receive rejected rows", table->name),
        "Its columns must be file text, line bigint, column_name text, reason text, raw text.");
}

static HyStatus create_table(HyStatement *statement, const char *name)
{
    HyDatabase *database;
    HyTableColumn list[N_COLUMNS] = {0};
    HyTableDefinition definition = {.name = name, .columns = list, .n_columns = N_COLUMNS};
    for (size_t i = 0; i < N_COLUMNS; i++) {
        list[i].name = columns[i].name;
        list[i].type = hy_type_nullable(hy_type(columns[i].type), true);
    }
    HY_TRY(hy_statement_place(statement, NULL, 0, true, &database, &definition.schema_name));
    HY_TRY(hy_error_hint(hy_statement_check_ddl(statement),
        "create the table '%s' before the transaction changes rows", name));
    HyTable *table = NULL;
    HY_TRY(hy_database_create_table(database, &definition, &table));
    hy_table_unref(table);
    return HY_OK;
}

static HyStatus find_table(HyStatement *statement, const char *name, HyTable **out)
{
    HyAstName part = {.text = name, .len = (uint32_t)strlen(name), .quoted = true};
    HyAstQName qname = {.parts = {.items = &part, .n = 1}};
    HY_TRY(hy_statement_find_table(statement, &qname, true, out));
    if (!*out) {
        HY_TRY(create_table(statement, name));
        HY_TRY(hy_statement_find_table(statement, &qname, false, out));
    }
    return check_columns(*out);
}

/* ---- Files ---- */

static HyStatus add_source(HyRejectedRows *rejected, HyExternal *external)
{
    HyStatement *statement = rejected->statement;
    Source *source;
    for (source = rejected->first; source; source = source->next)
        if (source->external == external)
            return HY_OK;
    HY_ARENA_NEW(statement->arena, source, 1);
    HY_TRY(find_table(statement, external->rejects_table, &source->table));
    HY_TRY(hy_csv_rejects_create(&statement->session->memory, &external->rejects));
    source->external = external;
    source->next = rejected->first;
    rejected->first = source;
    return HY_OK;
}

static HyStatus add_sources(HyRejectedRows *rejected, const HyAlg *alg)
{
    if (alg->kind == HY_ALG_EXTERNAL && alg->external->rejects_table)
        HY_TRY(add_source(rejected, alg->external));
    for (size_t i = 0; i < alg->n_inputs; i++)
        HY_TRY(add_sources(rejected, alg->inputs[i]));
    return HY_OK;
}

HyStatus hy_rejected_rows_open(HyStatement *statement, HyBoundQuery *query, HyRejectedRows **out)
{
    HyRejectedRows *rejected;
    HyStatus st = HY_OK;
    *out = NULL;
    HY_ARENA_NEW(statement->arena, rejected, 1);
    rejected->statement = statement;
    HY_GO(add_sources(rejected, query->root));
    for (size_t i = 0; i < query->n_ctes; i++)
        if (query->ctes[i]->query)
            HY_GO(add_sources(rejected, query->ctes[i]->query));
    if (rejected->first)
        *out = rejected;
    return HY_OK;
done:
    hy_rejected_rows_close(rejected);
    return st;
}

void hy_rejected_rows_close(HyRejectedRows *rejected)
{
    for (Source *source = rejected ? rejected->first : NULL; source; source = source->next) {
        hy_csv_rejects_destroy(source->external->rejects);
        source->external->rejects = NULL;
    }
}

/* ---- Rows ---- */

static void put_text(HyVector *v, size_t row, const char *text, size_t len)
{
    ((HyString *)v->data)[row] = hy_string_view(text, len);
}

static HyStatus fill_batch(
    HyArena *arena, const HyCsvReject *const *items, size_t n, HyVector *vectors)
{
    for (size_t c = 0; c < N_COLUMNS; c++)
        HY_TRY(hy_vector_alloc(arena, hy_type(columns[c].type), n, &vectors[c]));
    HY_TRY(hy_vector_need_validity(arena, &vectors[COLUMN_NAME], n));
    for (size_t i = 0; i < n; i++) {
        const HyCsvReject *item = items[i];
        const char *column = item->column ? item->column : "";
        put_text(&vectors[FILE_NAME], i, item->file, strlen(item->file));
        ((int64_t *)vectors[LINE].data)[i] = (int64_t)item->line;
        put_text(&vectors[COLUMN_NAME], i, column, strlen(column));
        if (!item->column)
            hy_bitmap_clear(vectors[COLUMN_NAME].validity, i);
        put_text(&vectors[REASON], i, item->reason, strlen(item->reason));
        put_text(&vectors[RECORD], i, item->record, item->record_len);
    }
    return HY_OK;
}

static HyStatus append_rows(
    HyChange *change, HyArena *arena, const HyCsvReject *const *items, size_t n)
{
    for (size_t first = 0; first < n; first += HY_VECTOR_SIZE) {
        HyVector vectors[N_COLUMNS];
        size_t count = n - first < HY_VECTOR_SIZE ? n - first : HY_VECTOR_SIZE;
        HY_TRY(fill_batch(arena, items + first, count, vectors));
        HyBatch batch = {.n_rows = count, .n_cols = N_COLUMNS, .cols = vectors};
        HY_TRY(hy_change_append(change, &batch));
    }
    return HY_OK;
}

static HyStatus store_source(HyStatement *statement, const Source *source)
{
    const HyCsvReject *const *items;
    size_t n;
    HyChange *change;
    HY_TRY(hy_csv_rejects_list(source->external->rejects, &items, &n));
    if (n == 0)
        return HY_OK;
    HY_TRY(hy_transaction_change(
        statement->transaction, source->table, &statement->session->cancel, &change));
    HyStatus st = append_rows(change, statement->arena, items, n);
    if (!st)
        return hy_change_finish(change);
    hy_change_abort(change);
    return st;
}

HyStatus hy_rejected_rows_store(HyRejectedRows *rejected)
{
    for (const Source *source = rejected->first; source; source = source->next)
        HY_TRY(store_source(rejected->statement, source));
    return HY_OK;
}
