#include "catalog/commit_log.h"
#include "base/bytes.h"
#include "storage/relation_change.h"
#include "storage/relation_log.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_RECORD_BYTES ((size_t)4 << 20)    /* larger commits go into the file */
#define MAX_LOG_BYTES    ((uint64_t)32 << 20) /* then a checkpoint is made */

static HyLogOptions log_options(const HyDatabase *database)
{
    HyLogOptions options = {.state = hy_container_state(database->container),
        .is_relaxed = database->durability == HY_DURABILITY_WRITE,
        .file_ops = database->catalog->options.file_ops};
    memcpy(options.uuid, database->uuid, sizeof options.uuid);
    return options;
}

/* ---- Replay ---- */

typedef struct Replay {
    HyDatabase *database;
    HySnapshot *snapshot;
    HyRelationReplay *tables; /* by slot; version NULL: not met yet */
} Replay;

static HyStatus bad_record(const char *fault)
{
    return hy_error("XX001", "invalid record in the log: %s", fault);
}

static HyStatus apply_table(
    Replay *replay, uint32_t slot, uint32_t oid, const uint8_t *bytes, size_t len)
{
    HyDatabase *database = replay->database;
    if (slot >= replay->snapshot->n_tables || !replay->snapshot->tables[slot].table ||
        replay->snapshot->tables[slot].table->oid != oid)
        return bad_record("there is no such table");
    HyRelationReplay *table = &replay->tables[slot];
    if (!table->version) {
        table->version = hy_relation_ref(replay->snapshot->tables[slot].relation);
        table->loaded_rows = hy_relation_row_count(table->version);
    }
    bool is_reset = false;
    HY_TRY(hy_relation_log_apply(
        table, bytes, len, database->store, database->catalog->options.pool, &is_reset));
    if (is_reset)
        hy_relation_set_lineage(table->version, ++database->next_lineage);
    return HY_OK;
}

static HyStatus apply_record(void *context, const uint8_t *payload, size_t len)
{
    if (len < 4)
        return bad_record("it is too short");
    size_t at = 4;
    for (uint32_t n = hy_load_u32(payload); n > 0; n--) {
        if (len - at < 12)
            return bad_record("it is too short");
        const uint8_t *head = payload + at;
        size_t bytes = hy_load_u32(head + 8);
        at += 12;
        if (bytes > len - at)
            return bad_record("it is too short");
        HY_TRY(apply_table(context, hy_load_u32(head), hy_load_u32(head + 4), payload + at, bytes));
        at += bytes;
    }
    return at == len ? HY_OK : bad_record("it is too long");
}

/* What has been replayed becomes the committed state. */
static void install(Replay *replay)
{
    for (size_t i = 0; i < replay->snapshot->n_tables; i++) {
        HyRelation *version = replay->tables[i].version;
        HyTable *table = replay->snapshot->tables[i].table;
        if (!version)
            continue;
        hy_snapshot_set_table(replay->snapshot, i, table, version);
        hy_relation_unref(table->state->committed);
        table->state->committed = hy_relation_ref(version);
        replay->database->is_dirty = true;
    }
}

static HyStatus replay_log(HyDatabase *database, HySnapshot *snapshot, HyLog *log)
{
    Replay replay = {.database = database,
        .snapshot = snapshot,
        .tables = calloc(snapshot->n_tables + 1, sizeof(HyRelationReplay))};
    if (!replay.tables)
        return hy_error_oom(snapshot->n_tables * sizeof *replay.tables);
    HyStatus st = hy_log_read(log, apply_record, &replay);
    if (!st)
        install(&replay);
    for (size_t i = 0; i < snapshot->n_tables; i++)
        hy_relation_unref(replay.tables[i].version);
    free(replay.tables);
    return st;
}

/* Puts a log away that says something, but not about this state of the file. The number keeps it
 * apart from others that were put away. */
static HyStatus put_aside(HyDatabase *database)
{
    size_t size = strlen(database->log_path) + 32;
    char *path = malloc(size);
    if (!path)
        return hy_error_oom(size);
    unsigned n = 1;
    do
        (void)snprintf(path, size, "%s.unused-%u", database->log_path, n);
    while (access(path, F_OK) == 0 && ++n < 1000);
    if (rename(database->log_path, path) != 0) {
        free(path);
        return hy_error_hint(hy_error("58030",
                                 "the log \"%s\" does not belong to this state of the database, "
                                 "and cannot be renamed",
                                 database->log_path),
            "Move it away to open the database without it.");
    }
    database->log_aside = path;
    return HY_OK;
}

static HyStatus load_log(
    HyDatabase *database, HySnapshot *snapshot, bool is_read_only, HyLogStanding *standing)
{
    HyLogOptions options = log_options(database);
    HyLog *log = NULL;
    options.is_read_only = is_read_only;
    HY_TRY(hy_log_path(database->real_path, &database->log_path));
    HY_TRY(hy_log_open(database->log_path, &options, standing, &log));
    if (!log)
        return HY_OK;
    HyStatus st = replay_log(database, snapshot, log);
    if (st || is_read_only)
        hy_log_unref(log);
    else
        database->log = log;
    return st;
}

HyStatus hy_commit_log_open(HyDatabase *database, HySnapshot *snapshot)
{
    HyLogStanding standing;
    HyStatus st = load_log(database, snapshot, false, &standing);
    if (st)
        return hy_error_hint(hy_error_detail(st, "log \"%s\"", database->log_path),
            "Move the log away to open the database as its last checkpoint left it.");
    switch (standing) {
    case HY_LOG_MISSING:
    case HY_LOG_CURRENT:
        break;
    case HY_LOG_CONTAINED:
        (void)unlink(database->log_path); /* else it is found again next time */
        break;
    case HY_LOG_FOREIGN:
    case HY_LOG_DAMAGED:
        return put_aside(database);
    }
    return HY_OK;
}

HyStatus hy_commit_log_inspect(
    HyDatabase *database, HySnapshot *snapshot, HyFaultFn report, void *context)
{
    HyLogStanding standing = HY_LOG_MISSING;
    char text[512];
    HyStatus st = load_log(database, snapshot, true, &standing);
    if (!st && standing != HY_LOG_FOREIGN && standing != HY_LOG_DAMAGED)
        return HY_OK;
    if (!st) {
        snprintf(text, sizeof text, "log \"%s\": %s", database->log_path,
            standing == HY_LOG_DAMAGED
                ? "no valid header"
                : "its commits are not of this file in this state, and are not applied");
    } else if (strncmp(st->sqlstate, "XX", 2) == 0) {
        snprintf(text, sizeof text, "log \"%s\": %s", database->log_path, st->message);
        hy_error_free(st);
    } else {
        return st;
    }
    report(context, text);
    return HY_OK;
}

/* ---- Writing ---- */

static void drop_log(HyDatabase *database)
{
    if (database->log)
        (void)unlink(database->log_path); /* else it is found not to be of the file's state */
    hy_log_unref(database->log);
    database->log = NULL;
}

/* Whether there is a log to write to; makes one if need be. Where none can be made (no permission
 * for the folder, no space) commits go into the file. */
static bool need_log(HyDatabase *database)
{
    if (!database->container || database->durability == HY_DURABILITY_AT_CLOSE)
        return false;
    if (database->log)
        return !hy_log_is_failed(database->log) && hy_log_bytes(database->log) < MAX_LOG_BYTES;
    if (database->has_no_log)
        return false;
    HyLogOptions options = log_options(database);
    HyStatus st = hy_log_create(database->log_path, &options, &database->log);
    struct stat info; /* who may read the file may read the log, nobody else */
    if (!st && (stat(database->real_path, &info) != 0 ||
                   chmod(database->log_path, info.st_mode & 0777) != 0))
        drop_log(database);
    database->has_no_log = !database->log;
    hy_error_free(st);
    return database->log != NULL;
}

static HyStatus format_item(
    const HySnapshot *head, const HyPersistItem *item, HyBuffer *out, bool *is_loggable)
{
    const HySnapshotTable *entry = &head->tables[item->slot];
    size_t start = out->len;
    HY_TRY(hy_buffer_append_u32(out, item->slot));
    HY_TRY(hy_buffer_append_u32(out, entry->table->oid));
    HY_TRY(hy_buffer_append_u32(out, 0));
    size_t rest = MAX_RECORD_BYTES > out->len ? MAX_RECORD_BYTES - out->len : 0;
    HY_TRY(hy_relation_log_format(entry->relation, item->version, rest, out, is_loggable));
    hy_store_u32(out->data + start + 8, (uint32_t)(out->len - start - 12));
    return HY_OK;
}

HyStatus hy_commit_log_write(HyDatabase *database, const HySnapshot *head,
    const HyPersistItem *items, size_t n_items, HyLog **log, uint64_t *position)
{
    HyBuffer *record = &database->log_record;
    HyStatus st = HY_OK;
    bool is_loggable = true;
    *log = NULL;
    record->len = 0;
    if (!database->container || database->durability == HY_DURABILITY_AT_CLOSE)
        return HY_OK;
    HY_TRY(hy_buffer_append_u32(record, (uint32_t)n_items));
    for (size_t i = 0; i < n_items && is_loggable; i++) {
        is_loggable = items[i].version && items[i].state->image;
        if (is_loggable)
            HY_TRY(format_item(head, &items[i], record, &is_loggable));
    }
    if (!is_loggable || !need_log(database))
        return HY_OK;
    st = hy_log_append(database->log, record->data, record->len, position);
    if (st) { /* the file may do */
        hy_error_free(st);
        return HY_OK;
    }
    database->is_dirty = true;
    *log = hy_log_ref(database->log);
    return HY_OK;
}

/* ---- Checkpoints ---- */

static HyStatus announce(void *context, const HyContainerState *next)
{
    return hy_log_announce(context, next);
}

void hy_commit_log_join(HyDatabase *database, HyContainerCommit *commit)
{
    HyLog *log = database->log;
    if (log && hy_log_bytes(log) > 0 && !hy_log_is_failed(log))
        hy_commit_set_witness(commit, announce, log);
}

void hy_commit_log_restart(HyDatabase *database)
{
    HyLog *log = database->log;
    database->has_no_log = false;
    if (!log)
        return;
    HyContainerState state = hy_container_state(database->container);
    hy_error_free(hy_log_restart(log, &state));
    if (hy_log_is_failed(log))
        drop_log(database);
}

void hy_commit_log_close(HyDatabase *database, bool is_complete)
{
    if (is_complete)
        drop_log(database);
    hy_log_unref(database->log);
    database->log = NULL;
}
