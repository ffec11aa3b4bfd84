/* Bytes as the log of a database. The first byte says how: as the log file itself, or as the
 * payloads of whole records (u16 length each), which random changes to a file would never be. The
 * database must open or be refused, and what opens must verify and take another commit. */
#include "catalog/transaction.h"

#include "base/bytes.h"
#include "io/log.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MEMORY_LIMIT ((size_t)256 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[] = "/tmp/fuzz_catalog_log_XXXXXX";
static char original[64], copy[64], copy_log[64];
static HyLogOptions log_options;

static void must(HyStatus st)
{
    if (!st)
        return;
    fprintf(stderr, "%s: %s\n", st->sqlstate, st->message);
    abort();
}

/* One column of every physical form. */
static void fill(HyCatalog *catalog, HyDatabase *database)
{
    static const HyTypeId ids[] = {HY_TYPE_BOOL, HY_TYPE_INT2, HY_TYPE_INT4, HY_TYPE_INT8,
        HY_TYPE_TEXT, HY_TYPE_FLOAT8, HY_TYPE_DATE, HY_TYPE_TIME, HY_TYPE_INTERVAL, HY_TYPE_CHAR1};
    enum { N = sizeof ids / sizeof *ids, ROWS = 100 };
    HyTableColumn columns[N];
    static const char *const names[N] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
    HyTableDefinition definition = {
        .schema_name = "public", .name = "t", .columns = columns, .n_columns = N};
    HyTable *table;
    HyTransaction *transaction;
    HyChange *change;
    HyArena *arena = hy_arena_create();
    HyVector vectors[N];
    HyBatch batch = {.n_rows = ROWS, .n_cols = N, .cols = vectors};
    for (size_t i = 0; i < N; i++) {
        columns[i] = (HyTableColumn){.name = names[i], .type = hy_type(ids[i])};
        must(hy_vector_alloc(arena, columns[i].type, ROWS, &vectors[i]));
        memset(vectors[i].data, 0, ROWS * hy_physical_size(hy_type_physical(columns[i].type)));
    }
    must(hy_database_create_table(database, &definition, &table));
    must(hy_transaction_begin(catalog, &transaction));
    must(hy_transaction_change(transaction, table, NULL, &change));
    must(hy_change_append(change, &batch));
    must(hy_change_finish(change));
    must(hy_transaction_commit(transaction));
    hy_table_unref(table);
    hy_arena_destroy(arena);
}

static void remove_all(void)
{
    unlink(original);
    unlink(copy);
    unlink(copy_log);
    rmdir(folder);
}

static void make_original(void)
{
    HyCatalog *catalog;
    HyDatabase *database;
    HyContainer *container;
    if (!mkdtemp(folder))
        abort();
    snprintf(original, sizeof original, "%s/a.hyper", folder);
    snprintf(copy, sizeof copy, "%s/b.hyper", folder);
    snprintf(copy_log, sizeof copy_log, "%s.wal", copy);
    must(hy_catalog_create(&(HyCatalogOptions){.durability = HY_DURABILITY_WRITE}, &catalog));
    must(hy_catalog_create_database(catalog, original, 2));
    must(hy_catalog_open(catalog, original, &database));
    fill(catalog, database);
    must(hy_database_release(database));
    hy_catalog_destroy(catalog);
    must(hy_container_open(original, NULL, &container));
    log_options = (HyLogOptions){.state = hy_container_state(container), .is_relaxed = true};
    memcpy(log_options.uuid, hy_container_uuid(container), 16);
    hy_container_close(container);
    atexit(remove_all);
}

static void write_file(const char *path, const void *bytes, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || write(fd, bytes, len) != (ssize_t)len)
        abort();
    close(fd);
}

static void copy_original(void)
{
    static char bytes[1 << 20];
    int fd = open(original, O_RDONLY);
    ssize_t n = fd < 0 ? -1 : read(fd, bytes, sizeof bytes);
    if (n < 0)
        abort();
    close(fd);
    write_file(copy, bytes, (size_t)n);
}

static void write_records(const uint8_t *data, size_t size)
{
    HyLog *log;
    uint64_t position;
    unlink(copy_log);
    must(hy_log_create(copy_log, &log_options, &log));
    while (size > 2) {
        size_t len = hy_load_u16(data);
        data += 2;
        size -= 2;
        if (len > size)
            len = size;
        if (len > 0)
            must(hy_log_append(log, data, len, &position));
        data += len;
        size -= len;
    }
    hy_log_unref(log);
}

static void abort_on_fault(void *context, const char *text)
{
    (void)context;
    fprintf(stderr, "fault: %s\n", text);
    abort();
}

static void ignore_fault(void *context, const char *text)
{
    *(size_t *)context += strlen(text);
}

static void use(void)
{
    HyCatalog *catalog;
    HyDatabase *database;
    HyMemory memory;
    size_t told = 0;
    hy_memory_init(&memory, NULL, MEMORY_LIMIT);
    HyCatalogOptions options = {.durability = HY_DURABILITY_WRITE, .memory = &memory};
    must(hy_catalog_create(&options, &catalog));
    hy_error_free(hy_catalog_verify_file(catalog, copy, ignore_fault, &told));
    HyStatus st = hy_catalog_open(catalog, copy, &database);
    if (!st) {
        HyTable *table = hy_database_find_table(database, "public", "t");
        HyTransaction *transaction;
        HyChange *change;
        must(hy_database_verify(database, abort_on_fault, NULL));
        must(hy_transaction_begin(catalog, &transaction));
        must(hy_transaction_change(transaction, table, NULL, &change));
        must(hy_change_truncate(change));
        must(hy_change_finish(change));
        must(hy_transaction_commit(transaction));
        hy_table_unref(table);
        must(hy_database_release(database));
        if (access(copy_log, F_OK) == 0)
            abort();
    }
    hy_error_free(st);
    hy_catalog_destroy(catalog);
    char aside[96];
    snprintf(aside, sizeof aside, "%s.unused-1", copy_log);
    unlink(aside);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > (size_t)1 << 20)
        return 0;
    if (!original[0])
        make_original();
    copy_original();
    if (data[0] & 1)
        write_file(copy_log, data + 1, size - 1);
    else
        write_records(data + 1, size - 1);
    use();
    return 0;
}
