/* Checking a database: hy_container_verify for the container, then what its objects mean. */
#include "catalog/catalog_internal.h"
#include "storage/relation_change.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

/* Where a fault is, for the text of its report. */
typedef struct VerifyPlace {
    HyFaultFn report;
    void *context;
    const HyTable *table;
    size_t block;
    size_t column;
} VerifyPlace;

static void report_chunk(void *context, const char *fault)
{
    const VerifyPlace *place = context;
    char text[512];
    snprintf(text, sizeof text, "table \"%s\".\"%s\", column \"%s\", block %zu: %s",
        place->table->schema_name, place->table->name, place->table->columns[place->column].name,
        place->block, fault);
    place->report(place->context, text);
}

/* A failure to read is a fault of the file; others stop the check. */
static HyStatus take_failure(VerifyPlace *place, HyStatus st)
{
    if (strncmp(st->sqlstate, "XX", 2) != 0)
        return st;
    char text[400];
    snprintf(text, sizeof text, "%s%s%s%s", st->message, st->detail ? " (" : "",
        st->detail ? st->detail : "", st->detail ? ")" : "");
    report_chunk(place, text);
    hy_error_free(st);
    return HY_OK;
}

static HyStatus verify_chunk(VerifyPlace *place, HyRelation *relation)
{
    HyChunkPin pin = {0};
    HyStatus st =
        hy_relation_chunk_unordered(relation, place->block, (uint32_t)place->column, &pin);
    if (st)
        return take_failure(place, st);
    HyChunkInfo info;
    hy_chunk_info(pin.chunk, &info);
    if (info.n_rows < hy_relation_block_rows(relation, place->block))
        report_chunk(place, "has fewer rows than its block");
    st = hy_chunk_verify(pin.chunk, report_chunk, place);
    hy_chunk_unpin(&pin);
    return st ? take_failure(place, st) : HY_OK;
}

/* A count of 0 makes readers overlook nulls; it ought to be exact. */
static HyStatus verify_null_count(VerifyPlace *place, HyRelation *relation)
{
    const HyRelationImage *image = place->table->state->image;
    const int64_t *counts = image ? hy_relation_image_null_counts(image) : NULL;
    if (!counts || !hy_relation_image_is(image, relation))
        return HY_OK;
    int64_t total = 0;
    for (size_t b = 0; b < hy_relation_block_count(relation); b++) {
        int64_t n;
        HyStatus st = hy_relation_count_nulls(relation, b, (uint32_t)place->column, &n);
        if (st) {
            place->block = b;
            return take_failure(place, st);
        }
        total += n;
    }
    if (counts[place->column] == total)
        return HY_OK;
    char text[400];
    snprintf(text, sizeof text,
        "table \"%s\".\"%s\", column \"%s\": the catalog says %lld nulls, there are %lld",
        place->table->schema_name, place->table->name, place->table->columns[place->column].name,
        (long long)counts[place->column], (long long)total);
    place->report(place->context, text);
    return HY_OK;
}

static void report_relation(void *context, const char *fault)
{
    const VerifyPlace *place = context;
    char text[512];
    snprintf(text, sizeof text, "table \"%s\".\"%s\", %s", place->table->schema_name,
        place->table->name, fault);
    place->report(place->context, text);
}

static HyStatus verify_table(VerifyPlace *place, HyRelation *relation)
{
    if (place->table->state->image)
        HY_TRY(hy_relation_image_verify(place->table->state->image, report_relation, place));
    for (size_t c = 0; c < place->table->n_columns; c++) {
        place->column = c;
        for (size_t b = 0; b < hy_relation_block_count(relation); b++) {
            place->block = b;
            if (hy_relation_block_live_rows(relation, b) > 0)
                HY_TRY(verify_chunk(place, relation));
        }
        HY_TRY(verify_null_count(place, relation));
    }
    return HY_OK;
}

HyStatus hy_database_verify(HyDatabase *database, HyFaultFn report, void *context)
{
    HyStatus st = HY_OK;
    VerifyPlace place = {.report = report, .context = context};
    HySnapshot *snapshot = NULL;
    hy_database_lock_commits(database); /* images and file stay as they are */
    if (database->container)
        HY_GO(hy_container_verify(
            database->container, database->catalog->options.memory, report, context));
    snapshot = hy_database_snapshot(database);
    for (size_t i = 0; i < snapshot->n_tables; i++) {
        place.table = snapshot->tables[i].table;
        if (place.table)
            HY_GO(verify_table(&place, snapshot->tables[i].relation));
    }

done:
    pthread_mutex_unlock(&database->commit_lock);
    hy_snapshot_unref(snapshot);
    return st;
}

HyStatus hy_catalog_verify_file(
    HyCatalog *catalog, const char *path, HyFaultFn report, void *context)
{
    HyDatabase *database = NULL;
    HyStatus st = hy_database_load_sound_tables(catalog, path, report, context, &database);
    if (!st) {
        st = hy_database_verify(database, report, context);
        hy_database_destroy(database);
        return st;
    }
    if (strncmp(st->sqlstate, "XX", 2) != 0 && strcmp(st->sqlstate, "42809") != 0)
        return st;
    /* It does not open: tell why, and what else is wrong with the container. */
    char text[512];
    snprintf(text, sizeof text, "%s%s%s%s", st->message, st->detail ? " (" : "",
        st->detail ? st->detail : "", st->detail ? ")" : "");
    report(context, text);
    hy_error_free(st);
    return hy_container_verify_file(path, catalog->options.memory, report, context);
}
