/* The text of `openhyper info`. */
#include "catalog/catalog_internal.h"
#include <stdlib.h>

static HyStatus append_uuid(const uint8_t *uuid, HyBuffer *out)
{
    for (size_t i = 0; i < 16; i++) {
        bool has_dash = i == 4 || i == 6 || i == 8 || i == 10;
        HY_TRY(hy_buffer_printf(out, "%s%02x", has_dash ? "-" : "", uuid[i]));
    }
    return hy_buffer_append_char(out, '\n');
}

static HyStatus append_header(HyDatabase *database, HyBuffer *out)
{
    HY_TRY(hy_buffer_printf(
        out, "database  %s\n", database->container ? database->path : "(in memory)"));
    HY_TRY(hy_buffer_printf(out, "version   %u\nuuid      ", database->version));
    HY_TRY(append_uuid(database->uuid, out));
    if (!database->container)
        return HY_OK;
    return hy_buffer_printf(out,
        "size      %llu bytes, %llu of them free\nsequence  %llu\nwriter    build %u, created by "
        "build %u\n",
        (unsigned long long)hy_container_file_size(database->container),
        (unsigned long long)hy_container_free_bytes(database->container),
        (unsigned long long)hy_container_sequence(database->container),
        hy_container_writer_build(database->container),
        hy_container_creator_build(database->container));
}

static uint64_t column_bytes(const HyRelation *relation, uint32_t column)
{
    uint64_t bytes = 0;
    for (size_t b = 0; b < hy_relation_block_count(relation); b++)
        bytes += hy_relation_chunk_file_bytes(relation, b, column);
    return bytes;
}

static HyStatus append_chunk(HyRelation *relation, size_t block, uint32_t column, HyBuffer *out)
{
    HyChunkPin pin;
    HyChunkInfo info;
    if (hy_relation_block_live_rows(relation, block) == 0)
        return hy_buffer_printf(out, "      block %zu: all rows deleted\n", block);
    HY_TRY(hy_relation_chunk_unordered(relation, block, column, &pin));
    hy_chunk_info(pin.chunk, &info);
    HyStatus st = hy_buffer_printf(out,
        "      block %zu: %u rows, %u nulls, %s, %llu bytes in the file, %zu in memory\n", block,
        info.n_rows, info.n_nulls, info.encoding,
        (unsigned long long)hy_relation_chunk_file_bytes(relation, block, column),
        info.memory_bytes);
    hy_chunk_unpin(&pin);
    return st;
}

static HyStatus append_table(
    const HyTable *table, HyRelation *relation, bool is_verbose, HyBuffer *out)
{
    int64_t rows = hy_relation_row_count(relation);
    int64_t live = hy_relation_live_count(relation);
    HY_TRY(hy_buffer_printf(
        out, "\ntable \"%s\".\"%s\": %lld rows", table->schema_name, table->name, (long long)live));
    if (rows > live)
        HY_TRY(hy_buffer_printf(out, " (and %lld deleted)", (long long)(rows - live)));
    HY_TRY(hy_buffer_printf(out, " in %zu blocks\n", hy_relation_block_count(relation)));
    for (size_t c = 0; c < table->n_columns; c++) {
        HY_TRY(hy_buffer_printf(out, "    \"%s\" ", table->columns[c].name));
        HY_TRY(hy_type_format(table->columns[c].type, out));
        HY_TRY(hy_buffer_printf(out, "%s, %llu bytes\n",
            table->columns[c].type.nullable ? "" : " not null",
            (unsigned long long)column_bytes(relation, (uint32_t)c)));
        for (size_t b = 0; is_verbose && b < hy_relation_block_count(relation); b++)
            HY_TRY(append_chunk(relation, b, (uint32_t)c, out));
    }
    return HY_OK;
}

HyStatus hy_database_info(HyDatabase *database, bool is_verbose, HyBuffer *out)
{
    HyStatus st = HY_OK;
    HySnapshot *snapshot = hy_database_snapshot(database);
    HY_GO(append_header(database, out));
    HY_GO(hy_buffer_append_str(out, "schemas  "));
    for (size_t i = 0; i < snapshot->n_schemas; i++) {
        if (snapshot->schemas[i])
            HY_GO(hy_buffer_printf(out, " \"%s\"", snapshot->schemas[i]->name));
    }
    HY_GO(hy_buffer_append_char(out, '\n'));
    for (size_t i = 0; i < snapshot->n_tables; i++) {
        if (snapshot->tables[i].table)
            HY_GO(append_table(
                snapshot->tables[i].table, snapshot->tables[i].relation, is_verbose, out));
    }

done:
    hy_snapshot_unref(snapshot);
    return st;
}
