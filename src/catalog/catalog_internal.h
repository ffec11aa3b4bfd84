/* What the files of the catalog share.
 *
 * Locks, in the order in which they are taken:
 *   HyCatalog.lock          the registry of open databases
 *   HyDatabase.commit_lock  commits, DDL and everything that touches the file's catalog, one at a
 * time HyDatabase.lock         the current snapshot, and HyTableState but for its image; held
 * briefly
 */
#ifndef HY_CATALOG_CATALOG_INTERNAL_H
#define HY_CATALOG_CATALOG_INTERNAL_H

#include "base/json.h"
#include "catalog/database.h"
#include "io/log.h"
#include "storage/deletes.h"
#include "storage/relation_file.h"
#include <pthread.h>

#define HY_FIRST_OID 10001

/* What changes about a table; goes on from one HyTable to the next when it is altered. */
typedef struct HyTableState {
    atomic_uint n_refs;
    HyRelation *committed;
    HyRowSet claims;        /* rows deleted by transactions that are not committed */
    uint32_t n_writers;     /* transactions with changes to the table */
    bool is_changing;       /* DDL is under way: no new writers */
    HyRelationImage *image; /* NULL in memory; commit_lock */
} HyTableState;

/* A HyTable and what the catalog keeps with it. `table` is the first member. */
typedef struct HyTableObject {
    HyTable table;
    atomic_uint n_refs;
    HyArena *arena;    /* holds all of it */
    uint32_t owner;    /* index in the file's roles */
    const HyJson *raw; /* entry in the file it was read from, or NULL: for keys we do not know */
    const HyJson *const *raw_columns; /* likewise, per column, or NULL */
} HyTableObject;

typedef struct HySchema {
    atomic_uint n_refs;
    char *name;
    uint32_t oid;
    uint32_t owner;
    const HyJson *raw;
} HySchema;

typedef struct HySnapshotTable {
    HyTable *table;       /* NULL: the slot is free */
    HyRelation *relation; /* its committed version */
} HySnapshotTable;

/* A committed state of a database. Immutable, reference counted. */
typedef struct HySnapshot {
    atomic_uint n_refs;
    HySchema **schemas; /* by index in the file; NULL: dropped */
    size_t n_schemas;
    HySnapshotTable *tables; /* by slot */
    size_t n_tables;
} HySnapshot;

struct HyCatalog {
    HyCatalogOptions options;
    HyChunkCache *cache;
    pthread_mutex_t lock;
    HyDatabase **databases; /* open ones with a file */
    size_t n_databases, databases_capacity;
};

/* A commit that is under way to the disk; the next ones are based on it already. */
typedef struct HyPendingCommit {
    struct HyPendingCommit *next;
    HySnapshot *snapshot;
    HyLog *log; /* referenced; NULL: it is on the disk */
    uint64_t position;
} HyPendingCommit;

struct HyDatabase {
    HyCatalog *catalog;
    char *path;          /* as first given; "" in memory */
    char *real_path;     /* identity; NULL in memory */
    uint32_t n_sessions; /* catalog->lock */
    HyBlockStore *store;
    HyContainer *container; /* of the store; NULL in memory */
    HyDurability durability;
    uint32_t version;
    uint8_t uuid[16];
    bool is_temporary;
    pthread_mutex_t commit_lock;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* some table is not changing any more */
    HySnapshot *current;
    HyPendingCommit *pending_first; /* to become current in this order; added under both locks */
    HyPendingCommit *pending_last;
    /* commit_lock: */
    HyArena *json_arena; /* of `raw` */
    const HyJson *raw;   /* the catalog as read; NULL in memory */
    uint32_t next_oid;
    uint64_t next_lineage;
    bool is_dirty; /* committed changes are not in the file yet */
    HyLog *log;    /* or NULL */
    HyBuffer log_record;
    char *log_path;
    char *log_aside; /* where a log went that was found and not applied, or NULL */
    bool has_no_log; /* it could not be made */
};

static inline HyTableObject *hy_table_object(const HyTable *table)
{
    return (HyTableObject *)table;
}

/* table.c */

/* A table like `definition` with the given identity and a reference to `state`. Copies everything;
 * OIDs of keys are taken as they are. */
HyStatus hy_table_object_create(
    const HyTable *definition, HyTableState *state, HyTableObject **out) HY_MUST_CHECK;
HyStatus hy_table_state_create(HyRelation *committed, HyTableState **out) HY_MUST_CHECK;
HyTableState *hy_table_state_ref(HyTableState *state);
void hy_table_state_unref(HyTableState *state);
HyStatus hy_schema_create(const char *name, uint32_t oid, HySchema **out) HY_MUST_CHECK;
HySchema *hy_schema_ref(HySchema *schema);
void hy_schema_unref(HySchema *schema);

/* snapshot.c */

/* An empty one with room for so many entries. */
HyStatus hy_snapshot_create(size_t n_schemas, size_t n_tables, HySnapshot **out) HY_MUST_CHECK;
/* A copy with room for so many more entries at the end of both lists, for its maker to change. */
HyStatus hy_snapshot_copy(const HySnapshot *from, size_t more_schemas, size_t more_tables,
    HySnapshot **out) HY_MUST_CHECK;
HySnapshot *hy_snapshot_ref(HySnapshot *snapshot);
void hy_snapshot_unref(HySnapshot *snapshot);
/* Replaces an entry; takes references of its own. NULLs make it free. */
void hy_snapshot_set_table(HySnapshot *snapshot, size_t slot, HyTable *table, HyRelation *relation);
/* Index, or SIZE_MAX. */
size_t hy_snapshot_find_schema(const HySnapshot *snapshot, const char *name);
HyTable *hy_snapshot_find_table(const HySnapshot *snapshot, const char *schema, const char *name);
HyTable *hy_snapshot_find_oid(const HySnapshot *snapshot, uint32_t oid);
/* The current snapshot of a database, referenced. */
HySnapshot *hy_database_snapshot(HyDatabase *database);

/* database.c */

/* Opens the file and reads its content; real_path is copied. Without a wrapped error text. */
HyStatus hy_database_load(
    HyCatalog *catalog, const char *path, const char *real_path, HyDatabase **out) HY_MUST_CHECK;
/* For verification: tables that cannot be loaded for damage are told and left out. */
HyStatus hy_database_load_sound_tables(HyCatalog *catalog, const char *path, HyFaultFn report,
    void *context, HyDatabase **out) HY_MUST_CHECK;
/* An empty one; its container, if any, is taken over, also on failure. */
HyStatus hy_database_new(HyCatalog *catalog, const char *path, const char *real_path,
    HyContainer *container, HyDatabase **out) HY_MUST_CHECK;
void hy_database_destroy(HyDatabase *database);
HyContainerOptions hy_catalog_container_options(const HyCatalog *catalog);

/* commit.c */

/* Takes commit_lock when no commit is under way to the disk: `current` is the newest state. */
void hy_database_lock_commits(HyDatabase *database);

/* persist.c */

/* What a commit or DDL changed of one table. */
typedef struct HyPersistItem {
    HyTableState *state;
    HyRelation *version; /* NULL: the table is dropped */
    uint32_t slot;
    HyRelationSave *save; /* private */
} HyPersistItem;

/* Makes the state `next` of the database durable, as far as its durability asks for it. Called
 * under the commit lock; on failure the file is as before. The one function through which changes
 * reach the file. */
HyStatus hy_database_persist(HyDatabase *database, const HySnapshot *next, HyPersistItem *items,
    size_t n_items) HY_MUST_CHECK;
/* Writes whatever differs from the file. commit_lock. */
HyStatus hy_database_persist_all(HyDatabase *database) HY_MUST_CHECK;
/* Makes `next` the current snapshot; takes it over. Gives the former one, to be unreferenced
 * without locks. commit_lock and lock. */
HySnapshot *hy_database_install(HyDatabase *database, HySnapshot *next) HY_MUST_CHECK;

#endif
