#include "catalog/catalog_json.h"
#include "catalog/commit_log.h"
#include "storage/relation_change.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#define GENUINE_BUILD 26359

HyContainerOptions hy_catalog_container_options(const HyCatalog *catalog)
{
    const HyCatalogOptions *options = &catalog->options;
    return (HyContainerOptions){.mode = HY_CONTAINER_READ_WRITE,
        .is_relaxed = options->durability == HY_DURABILITY_WRITE,
        .build_number = options->build_number ? options->build_number : GENUINE_BUILD,
        .file_ops = options->file_ops};
}

static HyBlockStoreOptions store_options(const HyCatalog *catalog, uint32_t version)
{
    const HyCatalogOptions *options = &catalog->options;
    HyBlockStoreOptions store = {.version = (uint16_t)version,
        .compression = {.method = HY_COMPRESS_LZ4_HC, .level = 3},
        .load_compression = {.method = HY_COMPRESS_LZ4},
        .effort = options->effort,
        .memory = options->memory};
    if (options->has_compression) {
        store.compression = options->compression;
        store.load_compression = options->load_compression;
    }
    return store;
}

static HyStatus copy_path(const char *path, char **out)
{
    *out = strdup(path);
    return *out ? HY_OK : hy_error_oom(strlen(path));
}

HyStatus hy_database_new(HyCatalog *catalog, const char *path, const char *real_path,
    HyContainer *container, HyDatabase **out)
{
    HyDatabase *database = calloc(1, sizeof *database);
    if (!database) {
        hy_container_close(container);
        return hy_error_oom(sizeof *database);
    }
    HyStatus st = HY_OK;
    pthread_mutex_init(&database->commit_lock, NULL);
    pthread_mutex_init(&database->lock, NULL);
    pthread_cond_init(&database->changed, NULL);
    database->catalog = catalog;
    database->durability = catalog->options.durability;
    database->version = container ? hy_container_version(container) : HY_DATABASE_MAX_VERSION;
    database->next_oid = HY_FIRST_OID;
    HyBlockStoreOptions options = store_options(catalog, database->version);
    HY_GO(hy_block_store_create(container, catalog->cache, &options, &database->store));
    database->container = container;
    container = NULL; /* the store's */
    HY_GO(copy_path(path, &database->path));
    if (real_path)
        HY_GO(copy_path(real_path, &database->real_path));
    if (database->container)
        memcpy(database->uuid, hy_container_uuid(database->container), 16);
    database->json_arena = hy_arena_create();
    if (!database->json_arena) {
        st = hy_error_oom(0);
        goto done;
    }
    *out = database;
    database = NULL;

done:
    hy_container_close(container);
    hy_database_destroy(database);
    return st;
}

void hy_database_destroy(HyDatabase *database)
{
    if (!database)
        return;
    hy_commit_log_close(database, false);
    hy_snapshot_unref(database->current);
    hy_block_store_unref(database->store);
    hy_arena_destroy(database->json_arena);
    pthread_cond_destroy(&database->changed);
    pthread_mutex_destroy(&database->lock);
    pthread_mutex_destroy(&database->commit_lock);
    free(database->path);
    free(database->real_path);
    free(database->log_path);
    free(database->log_aside);
    hy_buffer_free(&database->log_record);
    free(database);
}

/* The catalog's text in the arena. */
static HyStatus read_catalog(HyDatabase *database, const char **text, size_t *len)
{
    HyObjectKey key = {.kind = HY_OBJECT_CATALOG};
    HyObjectRef ref;
    HyObjectBytes bytes;
    if (!hy_container_find(database->container, &key, &ref))
        return hy_error(
            "XXS01", "Schema not present. The database is corrupt and needs to be re-created.");
    HY_TRY(hy_container_read(database->container, &key, &ref, HY_CHECKSUM_VERIFY, NULL, &bytes));
    *text = hy_arena_strndup(database->json_arena, (const char *)bytes.data, bytes.size);
    *len = bytes.size;
    hy_object_bytes_free(&bytes);
    return *text ? HY_OK : hy_error_oom(*len);
}

static HyStatus load_schemas(const HyCatalogContent *content, HySnapshot *snapshot)
{
    for (size_t i = 0; i < content->n_namespaces; i++) {
        const HyCatalogNamespace *entry = &content->namespaces[i];
        if (entry->is_dropped)
            continue;
        HY_TRY(hy_schema_create(entry->name, entry->oid, &snapshot->schemas[i]));
        snapshot->schemas[i]->owner = entry->owner;
        snapshot->schemas[i]->raw = entry->raw;
    }
    return HY_OK;
}

static HyStatus load_table(HyDatabase *database, const HyCatalogRelation *relation,
    const HyType *types, HySnapshot *snapshot)
{
    HyStatus st = HY_OK;
    HyRelationImage *image = NULL;
    HyRelation *version = NULL;
    HyTableState *state = NULL;
    HyTableObject *object = NULL;
    HyTable definition = {.database = database,
        .schema_name = relation->definition.schema_name,
        .name = relation->definition.name,
        .oid = relation->definition.oid,
        .schema_oid = relation->definition.schema_oid,
        .slot = relation->definition.slot,
        .columns = relation->definition.columns,
        .n_columns = relation->definition.n_columns,
        .keys = relation->definition.keys,
        .n_keys = relation->definition.n_keys,
        .foreign_keys = relation->definition.foreign_keys,
        .n_foreign_keys = relation->definition.n_foreign_keys};
    HY_GO(hy_relation_load(database->store, definition.slot, types, definition.n_columns,
        relation->null_counts, &image, &version));
    hy_relation_set_lineage(version, ++database->next_lineage);
    HY_GO(hy_table_state_create(version, &state));
    state->image = image;
    image = NULL;
    HY_GO(hy_table_object_create(&definition, state, &object));
    object->owner = relation->owner;
    object->raw = relation->raw;
    object->raw_columns = relation->raw_columns;
    hy_snapshot_set_table(snapshot, definition.slot, &object->table, version);

done:
    if (st && !st->detail)
        st = hy_error_detail(st, "relation \"%s\"", relation->definition.name);
    if (object)
        hy_table_unref(&object->table);
    hy_table_state_unref(state);
    hy_relation_unref(version);
    hy_relation_image_destroy(image);
    return st;
}

/* Told of a table that cannot be loaded; the others are. NULL: the first one ends the loading. */
typedef struct FaultSink {
    HyFaultFn report;
    void *context;
} FaultSink;

static HyStatus report_table(const FaultSink *sink, const HyCatalogRelation *relation, HyStatus st)
{
    if (!sink || strncmp(st->sqlstate, "XX", 2) != 0)
        return st;
    char text[512];
    snprintf(text, sizeof text, "table \"%s\".\"%s\": %s (%s)", relation->definition.schema_name,
        relation->definition.name, st->message, st->detail ? st->detail : "");
    sink->report(sink->context, text);
    hy_error_free(st);
    return HY_OK;
}

static HyStatus load_tables(HyDatabase *database, const HyCatalogContent *content,
    const FaultSink *sink, HySnapshot *snapshot)
{
    for (size_t i = 0; i < content->n_relations; i++) {
        const HyCatalogRelation *relation = &content->relations[i];
        if (relation->is_dropped)
            continue;
        size_t n = relation->definition.n_columns;
        HyType *types = calloc(n + 1, sizeof *types);
        if (!types)
            return hy_error_oom(n * sizeof *types);
        for (size_t c = 0; c < n; c++)
            types[c] = relation->definition.columns[c].type;
        HyStatus st = load_table(database, relation, types, snapshot);
        free(types);
        if (st)
            HY_TRY(report_table(sink, relation, st));
    }
    return HY_OK;
}

static HyStatus load(HyCatalog *catalog, const char *path, const char *real_path,
    const FaultSink *sink, HyDatabase **out)
{
    HyStatus st = HY_OK;
    HyDatabase *database = NULL;
    HySnapshot *snapshot = NULL;
    HyContainer *container;
    HyContainerOptions options = hy_catalog_container_options(catalog);
    HyCatalogContent content;
    const char *text;
    size_t len;
    HY_TRY(hy_container_open(path, &options, &container));
    HY_TRY(hy_database_new(catalog, path, real_path, container, &database));
    HY_GO(read_catalog(database, &text, &len));
    HY_GO(hy_catalog_json_parse(database->json_arena, text, len, &content));
    database->raw = content.root;
    database->next_oid = content.max_oid + 1;
    HY_GO(hy_snapshot_create(content.n_namespaces, content.n_relations, &snapshot));
    HY_GO(load_schemas(&content, snapshot));
    HY_GO(load_tables(database, &content, sink, snapshot));
    if (sink)
        HY_GO(hy_commit_log_inspect(database, snapshot, sink->report, sink->context));
    else
        HY_GO(hy_commit_log_open(database, snapshot));
    database->current = snapshot;
    snapshot = NULL;
    *out = database;
    database = NULL;

done:
    hy_snapshot_unref(snapshot);
    hy_database_destroy(database);
    return st;
}

HyStatus hy_database_load(
    HyCatalog *catalog, const char *path, const char *real_path, HyDatabase **out)
{
    return load(catalog, path, real_path, NULL, out);
}

HyStatus hy_database_load_sound_tables(
    HyCatalog *catalog, const char *path, HyFaultFn report, void *context, HyDatabase **out)
{
    FaultSink sink = {.report = report, .context = context};
    return load(catalog, path, path, &sink, out);
}

HyStatus hy_database_in_memory(HyCatalog *catalog, bool is_temporary, HyDatabase **out)
{
    HyDatabase *database = NULL;
    HY_TRY(hy_database_new(catalog, "", NULL, NULL, &database));
    HyStatus st = HY_OK;
    database->is_temporary = is_temporary;
    HY_GO(hy_snapshot_create(1, 0, &database->current));
    HY_GO(hy_schema_create(
        is_temporary ? "pg_temp" : "public", database->next_oid++, &database->current->schemas[0]));
    if (getrandom(database->uuid, sizeof database->uuid, 0) != (ssize_t)sizeof database->uuid)
        memset(database->uuid, 0, sizeof database->uuid);
    database->n_sessions = 1;
    *out = database;
    database = NULL;

done:
    hy_database_destroy(database);
    return st;
}

const char *hy_database_path(const HyDatabase *database)
{
    return database->path;
}

uint32_t hy_database_version(const HyDatabase *database)
{
    return database->version;
}

bool hy_database_is_temporary(const HyDatabase *database)
{
    return database->is_temporary;
}

bool hy_database_is_in_memory(const HyDatabase *database)
{
    return !database->container;
}

const uint8_t *hy_database_uuid(const HyDatabase *database)
{
    return database->uuid;
}

const char *hy_database_log_aside(const HyDatabase *database)
{
    return database->log_aside;
}

HyCatalog *hy_database_catalog(const HyDatabase *database)
{
    return database->catalog;
}

HyStatus hy_database_checkpoint(HyDatabase *database)
{
    hy_database_lock_commits(database);
    HyStatus st = hy_database_persist_all(database);
    pthread_mutex_unlock(&database->commit_lock);
    return st;
}

/* Lookup. */

HyStatus hy_database_schemas(HyDatabase *database, HyArena *arena, HySchemaInfo **out, size_t *n)
{
    HyStatus st = HY_OK;
    HySnapshot *snapshot = hy_database_snapshot(database);
    size_t count = 0;
    HySchemaInfo *infos = hy_arena_zalloc(arena, (snapshot->n_schemas + 1) * sizeof *infos);
    if (!infos) {
        st = hy_error_oom(snapshot->n_schemas * sizeof *infos);
        goto done;
    }
    for (size_t i = 0; i < snapshot->n_schemas; i++) {
        const HySchema *schema = snapshot->schemas[i];
        if (!schema)
            continue;
        infos[count].oid = schema->oid;
        infos[count].name = hy_arena_strndup(arena, schema->name, strlen(schema->name));
        if (!infos[count++].name) {
            st = hy_error_oom(strlen(schema->name));
            goto done;
        }
    }
    *out = infos;
    *n = count;

done:
    hy_snapshot_unref(snapshot);
    return st;
}

bool hy_database_has_schema(HyDatabase *database, const char *schema)
{
    pthread_mutex_lock(&database->lock);
    bool is_there = hy_snapshot_find_schema(database->current, schema) != SIZE_MAX;
    pthread_mutex_unlock(&database->lock);
    return is_there;
}

static HyTable *ref_or_null(HyTable *table)
{
    return table ? hy_table_ref(table) : NULL;
}

HyTable *hy_database_find_table(HyDatabase *database, const char *schema, const char *name)
{
    pthread_mutex_lock(&database->lock);
    HyTable *table = ref_or_null(hy_snapshot_find_table(database->current, schema, name));
    pthread_mutex_unlock(&database->lock);
    return table;
}

HyTable *hy_database_find_table_by_oid(HyDatabase *database, uint32_t oid)
{
    pthread_mutex_lock(&database->lock);
    HyTable *table = ref_or_null(hy_snapshot_find_oid(database->current, oid));
    pthread_mutex_unlock(&database->lock);
    return table;
}

HyStatus hy_database_tables(
    HyDatabase *database, const char *schema, HyArena *arena, HyTable ***out, size_t *n)
{
    HySnapshot *snapshot = hy_database_snapshot(database);
    size_t count = 0;
    HyTable **tables = hy_arena_zalloc(arena, (snapshot->n_tables + 1) * sizeof(HyTable *));
    if (!tables) {
        hy_snapshot_unref(snapshot);
        return hy_error_oom(0);
    }
    for (size_t i = 0; i < snapshot->n_tables; i++) {
        HyTable *table = snapshot->tables[i].table;
        if (table && (!schema || strcmp(table->schema_name, schema) == 0))
            tables[count++] = hy_table_ref(table);
    }
    hy_snapshot_unref(snapshot);
    *out = tables;
    *n = count;
    return HY_OK;
}
