/* Databases: `.hyper` files that are open, databases in memory, their schemas and tables, and DDL.
 *
 * HyCatalog is the registry of an instance: a file that several sessions use is one HyDatabase,
 * opened for the first and flushed, closed and unlocked with the last. Names are compared exactly
 * as they are given.
 *
 * DDL is not transactional, as in the genuine server: it takes effect at once, in the file too, for
 * all sessions, and ROLLBACK does not undo it. On a table with uncommitted changes of any
 * transaction it fails with 40001. All functions are thread-safe. */
#ifndef HY_CATALOG_DATABASE_H
#define HY_CATALOG_DATABASE_H

#include "base/task_pool.h"
#include "catalog/table.h"
#include "storage/block_store.h"

typedef struct HyCatalog HyCatalog;

/* When a commit is on the disk. */
typedef enum HyDurability {
    HY_DURABILITY_SYNC,    /* once it is acknowledged, also after a power failure */
    HY_DURABILITY_WRITE,   /* once it is acknowledged, but the system may still hold it in memory */
    HY_DURABILITY_AT_CLOSE /* when the last session leaves or at hy_database_checkpoint, as the
                              genuine server does it */
} HyDurability;

/* Zero-initialise, then set what shall differ from the defaults. */
typedef struct HyCatalogOptions {
    HyTaskPool *pool;   /* NULL: no parallel encoding */
    HyMemory *memory;   /* or NULL */
    size_t cache_bytes; /* for chunks; 0: a quarter of the budget, at most 256 MiB */
    HyDurability durability;
    bool has_compression; /* else LZ4-HC level 3, and LZ4 while loading */
    HyCompression compression;
    HyCompression load_compression;
    HyChunkEffort effort;
    const char *user_name;       /* owner noted in new files; NULL: "tableau_internal_user" */
    uint32_t build_number;       /* noted in files written; 0: 26359 */
    const HyOsFileOps *file_ops; /* for fault injection; NULL: the system's */
} HyCatalogOptions;

/* Copies `options`; what it points to must outlive the catalog. */
HyStatus hy_catalog_create(const HyCatalogOptions *options, HyCatalog **out) HY_MUST_CHECK;
/* All databases must have been released. NULL is fine. */
void hy_catalog_destroy(HyCatalog *catalog);
HyTaskPool *hy_catalog_pool(const HyCatalog *catalog);
HyChunkCache *hy_catalog_cache(const HyCatalog *catalog);
/* For databases that are opened from now on. */
void hy_catalog_set_durability(HyCatalog *catalog, HyDurability durability);

/* ---- Files. Paths are relative to the process's folder. Texts and codes are the genuine ones.
 * ---- */

#define HY_DATABASE_MAX_VERSION     4
#define HY_DATABASE_DEFAULT_VERSION 2

/* Opens a database, or gives another reference to it when it is open already; for one session to
 * attach. Errors: 58S01 missing, 42809 no database, XX001 damaged, 55006 locked ("could not load
 * database: .."). */
HyStatus hy_catalog_open(HyCatalog *catalog, const char *path, HyDatabase **out) HY_MUST_CHECK;
/* The session leaves. The last one flushes, closes and unlocks the file; its failure to do so is
 * told, but the database is closed all the same. NULL is fine. */
HyStatus hy_database_release(HyDatabase *database) HY_MUST_CHECK;

/* Creates a file and leaves it closed. version -1: the default. Errors: 42P04 exists, 58S01 no such
 * folder, 58P01, 42P12 version. */
HyStatus hy_catalog_create_database(
    HyCatalog *catalog, const char *path, int64_t version) HY_MUST_CHECK;
/* CREATE DATABASE path FROM source: a compact copy with a new UUID, converted to `version` (-1: the
 * source's). The source may be in use; its committed state is copied. 0A000 when it has a type that
 * the version does not allow. */
HyStatus hy_catalog_copy_database(
    HyCatalog *catalog, const char *path, const char *source, int64_t version) HY_MUST_CHECK;
/* Errors: 58S01 missing, 55006 in use by any session or process. */
HyStatus hy_catalog_drop_database(HyCatalog *catalog, const char *path) HY_MUST_CHECK;
bool hy_catalog_database_exists(HyCatalog *catalog, const char *path);

/* A database without file: for a shell without one and for temporary tables. It is released like
 * the others and then gone. temporary: its only schema is pg_temp. Every type is allowed in it. */
HyStatus hy_database_in_memory(
    HyCatalog *catalog, bool is_temporary, HyDatabase **out) HY_MUST_CHECK;

const char *hy_database_path(const HyDatabase *database); /* as first given; "" in memory */
uint32_t hy_database_version(const HyDatabase *database);
bool hy_database_is_temporary(const HyDatabase *database);
bool hy_database_is_in_memory(const HyDatabase *database);
const uint8_t *hy_database_uuid(const HyDatabase *database); /* 16 bytes */
/* Where a write-ahead log went that lay beside the file but is not of its present state (somebody
 * changed or replaced the file after a crash), and was not applied. NULL: there was none. */
const char *hy_database_log_aside(const HyDatabase *database);
HyCatalog *hy_database_catalog(const HyDatabase *database);
/* Writes everything committed to the file (HY_DURABILITY_AT_CLOSE; else nothing is left to do). */
HyStatus hy_database_checkpoint(HyDatabase *database) HY_MUST_CHECK;

/* ---- Lookup ---- */

typedef struct HySchemaInfo {
    const char *name; /* in the arena */
    uint32_t oid;
} HySchemaInfo;
/* All schemas, in the file's order ("public" first). */
HyStatus hy_database_schemas(
    HyDatabase *database, HyArena *arena, HySchemaInfo **out, size_t *n) HY_MUST_CHECK;
bool hy_database_has_schema(HyDatabase *database, const char *schema);
/* The table, with a reference for the caller; NULL when there is none. */
HyTable *hy_database_find_table(HyDatabase *database, const char *schema, const char *name);
HyTable *hy_database_find_table_by_oid(HyDatabase *database, uint32_t oid);
/* All tables (of one schema, or with NULL of all) in the file's order; the array lies in the arena,
 * the caller owns one reference to each table (hy_table_unref). */
HyStatus hy_database_tables(HyDatabase *database, const char *schema, HyArena *arena,
    HyTable ***out, size_t *n) HY_MUST_CHECK;

/* ---- DDL ---- */

/* Errors: 42710 exists, 42939 name begins with pg_. */
HyStatus hy_database_create_schema(HyDatabase *database, const char *name) HY_MUST_CHECK;
/* Errors: 3F000 unknown, 42939 pg_catalog.., 2BP01 not empty, or public. */
HyStatus hy_database_drop_schema(
    HyDatabase *database, const char *name, bool is_cascade) HY_MUST_CHECK;
HyStatus hy_database_rename_schema(
    HyDatabase *database, const char *name, const char *new_name) HY_MUST_CHECK;

/* out may be NULL; else the caller gets a reference. Errors: 3F000, 42P07 exists, 42701 column
 * twice, 0A000 type not allowed in this version, 42601 key column unknown or two primary keys. */
HyStatus hy_database_create_table(
    HyDatabase *database, const HyTableDefinition *definition, HyTable **out) HY_MUST_CHECK;
/* Whether a permanent table of this database can have a column of this type: 0A000 otherwise. */
HyStatus hy_database_check_type(const HyDatabase *database, HyType type) HY_MUST_CHECK;

/* The table must be current (else 40001) and is not afterwards. */
HyStatus hy_table_drop(HyTable *table) HY_MUST_CHECK;

/* ALTER TABLE: changes of one table, one upon the other, that become visible and durable together
 * or not at all. From begin to end no other transaction commits. Errors of begin: 40001 when the
 * table is not current or a transaction has changes to it. */
typedef struct HyAlteration HyAlteration;
HyStatus hy_alteration_begin(HyTable *table, HyAlteration **out) HY_MUST_CHECK;
/* As the changes so far leave it; valid until the next one. */
HyTable *hy_alteration_table(const HyAlteration *alteration);
HyStatus hy_alteration_rename(HyAlteration *alteration, const char *new_name) HY_MUST_CHECK;
HyStatus hy_alteration_rename_column(
    HyAlteration *alteration, const char *name, const char *new_name) HY_MUST_CHECK;
/* `fill`: value for the rows that are there (NULL: null). Errors: 42701, 0A000, 23502 "column 'x'
 * contains null values" (fill null, not nullable, rows present). */
HyStatus hy_alteration_add_column(
    HyAlteration *alteration, const HyTableColumn *column, const HyValue *fill) HY_MUST_CHECK;
/* Errors: 42703. */
HyStatus hy_alteration_drop_column(HyAlteration *alteration, const char *name) HY_MUST_CHECK;
/* ADD ASSUMED .. : exactly one of key and foreign_key. Errors: 23502 primary key over a nullable
 * column. */
HyStatus hy_alteration_add_constraint(
    HyAlteration *alteration, const HyTableKey *key, const HyForeignKey *foreign_key) HY_MUST_CHECK;
/* Publishes the changes, or with an error in `st` forgets them and gives it back. The new table,
 * with a reference, goes into *out unless out is NULL. Ends the alteration in any case. */
HyStatus hy_alteration_end(HyAlteration *alteration, HyStatus st, HyTable **out) HY_MUST_CHECK;

/* ---- Inspection ---- */

/* Checks the whole file: container, catalog, rows and deletes, every chunk. Each fault is told to
 * `report`; the status is for failures of the check itself. */
HyStatus hy_database_verify(HyDatabase *database, HyFaultFn report, void *context) HY_MUST_CHECK;
/* The same for a file that need not open; one that is in use by this or another process is 55006.
 */
HyStatus hy_catalog_verify_file(
    HyCatalog *catalog, const char *path, HyFaultFn report, void *context) HY_MUST_CHECK;

/* Text for `openhyper info`: version, UUID, size, schemas, tables, rows, and with is_verbose for
 * each column and block the encoding and bytes. */
HyStatus hy_database_info(HyDatabase *database, bool is_verbose, HyBuffer *out) HY_MUST_CHECK;

#endif
