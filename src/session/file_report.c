#include "session/file_report.h"

#include "base/json.h"
#include "catalog/database.h"

#include <string.h>

/* ---- Checking ---- */

typedef struct FaultCount {
    void (*report)(void *context, const char *fault);
    void *context;
    size_t n;
} FaultCount;

static void count_fault(void *context, const char *fault)
{
    FaultCount *count = context;
    count->n++;
    if (count->report)
        count->report(count->context, fault);
}

HyStatus hy_verify_file(const char *path, void (*report)(void *context, const char *fault),
    void *context, size_t *n_faults)
{
    HyCatalog *catalog;
    const HyCatalogOptions options = {0};
    FaultCount count = {.report = report, .context = context};
    HY_TRY(hy_catalog_create(&options, &catalog));
    HyStatus st = hy_catalog_verify_file(catalog, path, count_fault, &count);
    hy_catalog_destroy(catalog);
    if (!st)
        *n_faults = count.n;
    return st;
}

/* ---- Describing ---- */

static HyStatus append_text(HyBuffer *out, const char *key, const char *text)
{
    HY_TRY(hy_buffer_printf(out, "\"%s\": ", key));
    return hy_json_append_string(out, text, strlen(text));
}

/* What the blocks of one column add up to. */
typedef struct ColumnSummary {
    uint64_t file_bytes;
    uint64_t memory_bytes;
    uint64_t n_nulls;
    size_t n_blocks;
    const char *encodings[16]; /* distinct, in order of appearance; static texts */
    size_t n_encodings;
} ColumnSummary;

static void note_encoding(ColumnSummary *sum, const char *encoding)
{
    for (size_t i = 0; i < sum->n_encodings; i++)
        if (strcmp(sum->encodings[i], encoding) == 0)
            return;
    if (sum->n_encodings < HY_ARRAY_LEN(sum->encodings))
        sum->encodings[sum->n_encodings++] = encoding;
}

static HyStatus summarize_column(HyRelation *relation, uint32_t column, ColumnSummary *sum)
{
    for (size_t b = 0; b < hy_relation_block_count(relation); b++) {
        HyChunkPin pin;
        HyChunkInfo info;
        if (hy_relation_block_live_rows(relation, b) == 0)
            continue;
        HY_TRY(hy_relation_chunk_unordered(relation, b, column, &pin));
        hy_chunk_info(pin.chunk, &info);
        sum->file_bytes += hy_relation_chunk_file_bytes(relation, b, column);
        sum->memory_bytes += info.memory_bytes;
        sum->n_nulls += info.n_nulls;
        sum->n_blocks++;
        note_encoding(sum, info.encoding);
        hy_chunk_unpin(&pin);
    }
    return HY_OK;
}

static HyStatus describe_column(
    HyRelation *relation, const HyTableColumn *column, uint32_t index, HyBuffer *out)
{
    ColumnSummary sum = {0};
    HY_TRY(summarize_column(relation, index, &sum));
    HY_TRY(hy_buffer_append_char(out, '{'));
    HY_TRY(append_text(out, "name", column->name));
    HY_TRY(hy_buffer_append_str(out, ", \"type\": \""));
    HY_TRY(hy_type_format(column->type, out));
    HY_TRY(hy_buffer_printf(out,
        "\", \"nullable\": %s, \"blocks\": %zu, \"nulls\": %llu, \"file_bytes\": %llu, "
        "\"decompressed_bytes\": %llu, \"encodings\": [",
        column->type.nullable ? "true" : "false", sum.n_blocks, (unsigned long long)sum.n_nulls,
        (unsigned long long)sum.file_bytes, (unsigned long long)sum.memory_bytes));
    for (size_t i = 0; i < sum.n_encodings; i++) {
        HY_TRY(hy_buffer_append_str(out, i ? ", " : ""));
        HY_TRY(hy_json_append_string(out, sum.encodings[i], strlen(sum.encodings[i])));
    }
    return hy_buffer_append_str(out, "]}");
}

static HyStatus describe_table(HyTable *table, HyBuffer *out)
{
    HyRelation *relation = hy_table_committed(table);
    HyStatus st = HY_OK;
    HY_GO(hy_buffer_append_char(out, '{'));
    HY_GO(append_text(out, "schema", table->schema_name));
    HY_GO(hy_buffer_append_str(out, ", "));
    HY_GO(append_text(out, "name", table->name));
    HY_GO(hy_buffer_printf(out, ", \"rows\": %lld, \"deleted\": %lld, \"columns\": [",
        (long long)hy_relation_live_count(relation),
        (long long)(hy_relation_row_count(relation) - hy_relation_live_count(relation))));
    for (size_t c = 0; c < table->n_columns; c++) {
        HY_GO(hy_buffer_append_str(out, c ? ", " : ""));
        HY_GO(describe_column(relation, &table->columns[c], (uint32_t)c, out));
    }
    HY_GO(hy_buffer_append_str(out, "]}"));
done:
    hy_relation_unref(relation);
    return st;
}

static HyStatus describe_uuid(const uint8_t *uuid, HyBuffer *out)
{
    HY_TRY(hy_buffer_append_str(out, "\"uuid\": \""));
    for (size_t i = 0; i < 16; i++)
        HY_TRY(hy_buffer_printf(
            out, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", uuid[i]));
    return hy_buffer_append_str(out, "\"");
}

static HyStatus describe_schemas(HyDatabase *database, HyArena *arena, HyBuffer *out)
{
    HySchemaInfo *schemas;
    size_t n;
    HY_TRY(hy_database_schemas(database, arena, &schemas, &n));
    HY_TRY(hy_buffer_append_str(out, ", \"schemas\": ["));
    for (size_t i = 0; i < n; i++) {
        HY_TRY(hy_buffer_append_str(out, i ? ", " : ""));
        HY_TRY(hy_json_append_string(out, schemas[i].name, strlen(schemas[i].name)));
    }
    return hy_buffer_append_str(out, "]");
}

static HyStatus describe_tables(HyDatabase *database, HyArena *arena, HyBuffer *out)
{
    HyTable **tables;
    size_t n;
    HyStatus st = HY_OK;
    HY_TRY(hy_database_tables(database, NULL, arena, &tables, &n));
    HY_GO(hy_buffer_append_str(out, ", \"tables\": ["));
    for (size_t i = 0; i < n; i++) {
        HY_GO(hy_buffer_append_str(out, i ? ", " : ""));
        HY_GO(describe_table(tables[i], out));
    }
    HY_GO(hy_buffer_append_str(out, "]"));
done:
    for (size_t i = 0; i < n; i++)
        hy_table_unref(tables[i]);
    return st;
}

static HyStatus describe_database(HyDatabase *database, const char *path, HyBuffer *out)
{
    HyArena *arena = hy_arena_create();
    HyStatus st = HY_OK;
    if (!arena)
        return hy_error_oom(0);
    HY_GO(hy_buffer_append_char(out, '{'));
    HY_GO(append_text(out, "path", path));
    HY_GO(hy_buffer_printf(out, ", \"version\": %u, ", hy_database_version(database)));
    HY_GO(describe_uuid(hy_database_uuid(database), out));
    HY_GO(describe_schemas(database, arena, out));
    HY_GO(describe_tables(database, arena, out));
    HY_GO(hy_buffer_append_str(out, "}"));
done:
    hy_arena_destroy(arena);
    return st;
}

HyStatus hy_describe_file(const char *path, char **json)
{
    HyCatalog *catalog;
    HyDatabase *database = NULL;
    HyBuffer out = {0};
    HyStatus st = HY_OK;
    const HyCatalogOptions options = {0};
    HY_TRY(hy_catalog_create(&options, &catalog));
    HY_GO(hy_catalog_open(catalog, path, &database));
    HY_GO(describe_database(database, path, &out));
    *json = hy_buffer_take(&out);
    if (!*json)
        st = hy_error_oom(0);
done:
    hy_buffer_free(&out);
    hy_error_free(hy_database_release(database));
    hy_catalog_destroy(catalog);
    return st;
}
