#include "catalog/catalog_internal.h"
#include "catalog/catalog_json.h"
#include "catalog/commit_log.h"
#include "catalog/database_copy.h"
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_CACHE_BYTES ((size_t)256 << 20)
#define DEFAULT_USER        "tableau_internal_user"

HyStatus hy_catalog_create(const HyCatalogOptions *options, HyCatalog **out)
{
    HyCatalog *catalog = calloc(1, sizeof *catalog);
    if (!catalog)
        return hy_error_oom(sizeof *catalog);
    catalog->options = *options;
    if (!catalog->options.user_name)
        catalog->options.user_name = DEFAULT_USER;
    size_t quarter = hy_memory_limit(options->memory) / 4;
    HyStatus st = hy_chunk_cache_create(options->cache_bytes            ? options->cache_bytes
                                        : quarter < DEFAULT_CACHE_BYTES ? quarter
                                                                        : DEFAULT_CACHE_BYTES,
        options->memory, &catalog->cache);
    if (st) {
        free(catalog);
        return st;
    }
    pthread_mutex_init(&catalog->lock, NULL);
    *out = catalog;
    return HY_OK;
}

void hy_catalog_destroy(HyCatalog *catalog)
{
    if (!catalog)
        return;
    assert(catalog->n_databases == 0);
    free(catalog->databases);
    hy_chunk_cache_destroy(catalog->cache);
    pthread_mutex_destroy(&catalog->lock);
    free(catalog);
}

HyTaskPool *hy_catalog_pool(const HyCatalog *catalog)
{
    return catalog->options.pool;
}

HyChunkCache *hy_catalog_cache(const HyCatalog *catalog)
{
    return catalog->cache;
}

void hy_catalog_set_durability(HyCatalog *catalog, HyDurability durability)
{
    pthread_mutex_lock(&catalog->lock);
    catalog->options.durability = durability;
    pthread_mutex_unlock(&catalog->lock);
}

/* Adds the genuine server's name of a database to an error's detail. */
static HyStatus name_database(HyStatus st, const char *path)
{
    if (st->detail)
        return hy_error_detail(st, "DatabaseId: \"hyper.file:%s\"\n%s", path, st->detail);
    return hy_error_detail(st, "DatabaseId: \"hyper.file:%s\"", path);
}

static HyStatus load_error(HyStatus reason, const char *path)
{
    HyStatus st = hy_error(reason->sqlstate, "could not load database: %s", reason->message);
    if (reason->detail)
        st = hy_error_detail(st, "%s", reason->detail);
    if (reason->hint)
        st = hy_error_hint(st, "%s", reason->hint);
    hy_error_free(reason);
    return name_database(st, path);
}

static HyDatabase *find_open(HyCatalog *catalog, const char *real_path)
{
    for (size_t i = 0; i < catalog->n_databases; i++) {
        if (strcmp(catalog->databases[i]->real_path, real_path) == 0)
            return catalog->databases[i];
    }
    return NULL;
}

static HyStatus reserve_entry(HyCatalog *catalog)
{
    if (catalog->n_databases < catalog->databases_capacity)
        return HY_OK;
    size_t capacity = catalog->databases_capacity ? catalog->databases_capacity * 2 : 8;
    HyDatabase **grown = realloc(catalog->databases, capacity * sizeof *grown);
    if (!grown)
        return hy_error_oom(capacity * sizeof *grown);
    catalog->databases = grown;
    catalog->databases_capacity = capacity;
    return HY_OK;
}

/* catalog->lock */
static HyStatus open_locked(HyCatalog *catalog, const char *path, HyDatabase **out)
{
    char real_path[PATH_MAX];
    bool is_there = realpath(path, real_path) != NULL;
    HyDatabase *database = is_there ? find_open(catalog, real_path) : NULL;
    if (database) {
        database->n_sessions++;
        *out = database;
        return HY_OK;
    }
    HY_TRY(reserve_entry(catalog));
    HY_TRY(hy_database_load(catalog, path, is_there ? real_path : path, &database));
    database->n_sessions = 1;
    catalog->databases[catalog->n_databases++] = database;
    *out = database;
    return HY_OK;
}

HyStatus hy_catalog_open(HyCatalog *catalog, const char *path, HyDatabase **out)
{
    pthread_mutex_lock(&catalog->lock);
    HyStatus st = open_locked(catalog, path, out);
    pthread_mutex_unlock(&catalog->lock);
    return st ? load_error(st, path) : HY_OK;
}

HyStatus hy_database_release(HyDatabase *database)
{
    if (!database)
        return HY_OK;
    HyCatalog *catalog = database->catalog;
    HyStatus st = HY_OK;
    pthread_mutex_lock(&catalog->lock);
    if (--database->n_sessions > 0) {
        pthread_mutex_unlock(&catalog->lock);
        return HY_OK;
    }
    for (size_t i = 0; i < catalog->n_databases; i++) {
        if (catalog->databases[i] == database) {
            catalog->databases[i] = catalog->databases[--catalog->n_databases];
            break;
        }
    }
    /* Still under the lock, so that nobody opens the file before it is whole and unlocked. */
    st = hy_database_checkpoint(database);
    hy_commit_log_close(database, st == HY_OK);
    hy_database_destroy(database);
    pthread_mutex_unlock(&catalog->lock);
    return st;
}

static HyStatus check_version(int64_t version, uint32_t *out)
{
    if (version > HY_DATABASE_MAX_VERSION || version < -1)
        return hy_error("42P12",
            "unsupported database version %lld; maximum supported version is %d",
            (long long)version, HY_DATABASE_MAX_VERSION);
    *out = version < 0 ? HY_DATABASE_DEFAULT_VERSION : (uint32_t)version;
    return HY_OK;
}

static HyStatus create_file(
    HyCatalog *catalog, const char *path, uint32_t version, HyContainer **out)
{
    HyBuffer text = {0};
    HyContainerOptions options = hy_catalog_container_options(catalog);
    HyStatus st = hy_catalog_json_new(catalog->options.user_name, &text);
    if (!st) {
        HyContainerTemplate tmpl = {
            .version = version, .catalog = text.data, .catalog_len = text.len};
        st = hy_container_create(path, &tmpl, &options, out);
    }
    hy_buffer_free(&text);
    return st;
}

HyStatus hy_catalog_create_database(HyCatalog *catalog, const char *path, int64_t version)
{
    uint32_t number;
    HyContainer *container;
    HY_TRY(check_version(version, &number));
    HyStatus st = create_file(catalog, path, number, &container);
    if (st)
        return strcmp(st->sqlstate, "42P04") == 0 ? name_database(st, path) : st;
    hy_container_close(container);
    return HY_OK;
}

/* Errors of CREATE DATABASE .. FROM. */
static HyStatus copy_error(HyStatus reason, const char *path, const char *source, bool of_source)
{
    HyStatus st;
    if (of_source)
        st = hy_error(reason->sqlstate,
            "The database \"hyper.file:%s\" could not be created from the database "
            "\"hyper.file:%s\": the source database \"hyper.file:%s\" could not be accessed: %s",
            path, source, source, reason->message);
    else
        st = hy_error(reason->sqlstate, "%s", reason->message);
    if (reason->detail)
        st = hy_error_detail(st, "%s", reason->detail);
    if (reason->hint)
        st = hy_error_hint(st, "%s", reason->hint);
    hy_error_free(reason);
    return st;
}

HyStatus hy_catalog_copy_database(
    HyCatalog *catalog, const char *path, const char *source, int64_t version)
{
    uint32_t number;
    HyDatabase *from = NULL;
    HyContainer *container = NULL;
    HyDatabase *to = NULL;
    HY_TRY(check_version(version, &number));
    HyStatus st = hy_catalog_open(catalog, source, &from);
    if (st)
        return copy_error(st, path, source, true);
    if (version < 0)
        number = hy_database_version(from);
    bool is_created = false;
    HY_GO(create_file(catalog, path, number, &container));
    is_created = true;
    hy_container_close(container);
    HY_GO(hy_catalog_open(catalog, path, &to));
    HY_GO(hy_database_copy(from, to));

done:
    if (to) {
        HyStatus end = hy_database_release(to);
        if (st)
            hy_error_free(end);
        else
            st = end;
    }
    if (st && is_created)
        (void)unlink(path);
    HyStatus end = hy_database_release(from);
    if (st)
        hy_error_free(end);
    else
        st = end;
    return st ? copy_error(st, path, source, false) : HY_OK;
}

/* What a crash left. */
static HyStatus remove_log(const char *real_path)
{
    char *path;
    HY_TRY(hy_log_path(real_path, &path));
    (void)unlink(path);
    free(path);
    return HY_OK;
}

/* catalog->lock */
static HyStatus drop_locked(HyCatalog *catalog, const char *path)
{
    char real_path[PATH_MAX];
    struct stat info;
    if (!realpath(path, real_path) || stat(path, &info) != 0)
        return hy_error("58S01", "could not drop database: the database does not exist");
    if (!S_ISREG(info.st_mode))
        return hy_error("58S01",
            "could not drop database: unable to resolve the database path: the "
            "path does not refer to a file");
    if (find_open(catalog, real_path))
        return hy_error("55006", "the database cannot be dropped, as it is currently in use");
    HyOsFile file = HY_OS_FILE_CLOSED;
    HyStatus st = HY_OK;
    bool is_locked = false;
    HY_GO(hy_os_file_open(path, HY_OS_READ, NULL, NULL, &file));
    HY_GO(hy_os_file_lock(&file, HY_OS_LOCK_EXCLUSIVE, &is_locked));
    if (!is_locked) {
        st = hy_error(
            "55006", "could not drop database: The database file is locked by another process");
        goto done;
    }
    if (unlink(real_path) != 0)
        st = hy_error_errno(errno, "could not drop database \"%s\"", path);
    else
        st = remove_log(real_path);

done:
    hy_os_file_close(&file);
    return st;
}

HyStatus hy_catalog_drop_database(HyCatalog *catalog, const char *path)
{
    pthread_mutex_lock(&catalog->lock);
    HyStatus st = drop_locked(catalog, path);
    pthread_mutex_unlock(&catalog->lock);
    return st ? name_database(st, path) : HY_OK;
}

bool hy_catalog_database_exists(HyCatalog *catalog, const char *path)
{
    struct stat info;
    (void)catalog;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}
