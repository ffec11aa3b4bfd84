/* Schemas, tables, columns and keys, their errors, and what of them is in the file; copies and
 * drops of databases; databases in memory. */
#include "alter_table.h"
#include "catalog/attachment.h"
#include "catalog_fixture.h"
#include "io/container.h"
#include "types/cast.h"

static void test_schemas(void **state)
{
    (void)state;
    Fixture f;
    fixture_create(&f, "schemas", 2, NULL);
    assert_ok(hy_database_create_schema(f.database, "Extract"));
    assert_fails(hy_database_create_schema(f.database, "Extract"), "42710");
    assert_fails(hy_database_create_schema(f.database, "information_schema"), "42710");
    assert_fails(hy_database_create_schema(f.database, "pg_mine"), "42939");
    assert_fails(hy_database_drop_schema(f.database, "nope", false), "3F000");
    assert_fails(hy_database_drop_schema(f.database, "pg_catalog", false), "42939");
    HyTableDefinition definition = {.schema_name = "Extract", .name = "Extract"};
    HyTable *table;
    assert_ok(hy_database_create_table(f.database, &definition, &table));
    assert_fails(hy_database_create_table(f.database, &definition, NULL), "42P07");
    assert_fails(hy_database_drop_schema(f.database, "Extract", false), "2BP01");
    assert_fails(hy_database_rename_schema(f.database, "Extract", "public"), "42710");
    assert_ok(hy_database_rename_schema(f.database, "Extract", "e2"));
    assert_false(hy_table_is_current(table));
    assert_null(hy_database_find_table(f.database, "Extract", "Extract"));
    hy_table_unref(table);
    fixture_close(&f);
    fixture_open(&f, NULL);
    table = hy_database_find_table(f.database, "e2", "Extract");
    assert_non_null(table);
    assert_int_equal(table->n_columns, 0);
    assert_ok(hy_database_drop_schema(f.database, "e2", true));
    assert_false(hy_table_is_current(table));
    assert_fails(hy_table_drop(table), "40001");
    hy_table_unref(table);
    assert_false(hy_database_has_schema(f.database, "e2"));
    fixture_destroy(&f);
}

static void check_column(HyDatabase *database, const char *name, uint32_t column, double expected)
{
    HyTable *table = find_table(database, name);
    HyRelation *relation = hy_table_committed(table);
    HyArena *arena = hy_arena_create();
    for (size_t b = 0; b < hy_relation_block_count(relation); b++) {
        HyBatch batch;
        uint32_t n = hy_relation_block_rows(relation, b);
        uint32_t first = n > 1000 ? n - 1000 : 0;
        assert_ok(hy_relation_read(relation, b, first, n - first, &column, 1, arena, &batch, NULL));
        for (size_t i = 0; i < batch.n_rows; i++) {
            assert_false(hy_vector_is_null(&batch.cols[0], i));
            assert_true(((double *)batch.cols[0].data)[i] == expected);
        }
    }
    hy_arena_destroy(arena);
    hy_relation_unref(relation);
    hy_table_unref(table);
}

static void test_columns(void **state)
{
    (void)state;
    Fixture f;
    fixture_create(&f, "columns", 2, NULL);
    HyTable *table = create_table(f.database, "t");
    HyTransaction *t = begin(f.catalog);
    insert_keys(t, table, 0, 140000);
    assert_ok(hy_transaction_commit(t));
    t = begin(f.catalog); /* an older snapshot of the table */
    assert_int_equal(count_rows(t, table), 140000);
    HyTableColumn d = {.name = "d", .type = hy_type(HY_TYPE_FLOAT8)};
    HyValue fill = {.type = d.type, .f64 = 2.5};
    HyTable *next;
    HyTableColumn strict = {.name = "n", .type = hy_type_nullable(hy_type(HY_TYPE_INT4), false)};
    HyTableColumn twice = {.name = "k", .type = hy_type(HY_TYPE_INT4)};
    assert_fails(alter_add_column(table, &strict, NULL, NULL), "23502");
    assert_fails(alter_add_column(table, &twice, NULL, NULL), "42701");
    assert_true(hy_table_is_current(table));
    assert_ok(alter_add_column(table, &d, &fill, &next));
    assert_false(hy_table_is_current(table));
    assert_int_equal(next->n_columns, 4);
    check_column(f.database, "t", 3, 2.5);

    /* Columns in front of it go; the ones behind keep their values. */
    HyTable *again;
    assert_fails(alter_drop_column(next, "nope", NULL), "42703");
    assert_ok(alter_drop_column(next, "s", &again));
    hy_table_unref(next);
    assert_ok(alter_drop_column(again, "x", &next));
    hy_table_unref(again);
    check_column(f.database, "t", 1, 2.5);
    assert_fails(alter_rename_column(next, "d", "k", NULL), "42710");
    assert_fails(alter_rename_column(next, "x", "y", NULL), "42703");
    assert_ok(alter_rename_column(next, "d", "dd", &again));
    hy_table_unref(next);
    assert_ok(alter_rename(again, "t2", NULL));
    hy_table_unref(again);
    assert_ok(hy_database_verify(f.database, fail_on_fault, NULL));

    Keys keys = read_table(t, table); /* still what it was */
    assert_int_equal(keys.n, 140000);
    keys_free(&keys);
    hy_transaction_rollback(t);
    hy_table_unref(table);
    fixture_close(&f);
    fixture_open(&f, NULL);
    assert_ok(hy_database_verify(f.database, fail_on_fault, NULL));
    check_column(f.database, "t2", 1, 2.5);
    table = find_table(f.database, "t2");
    assert_string_equal(table->columns[1].name, "dd");
    hy_table_unref(table);
    fixture_destroy(&f);
}

static void test_keys(void **state)
{
    (void)state;
    Fixture f;
    fixture_create(&f, "keys", 2, NULL);
    HyTableColumn columns[] = {{.name = "a", .type = hy_type(HY_TYPE_INT4)},
        {.name = "b", .type = hy_type(HY_TYPE_TEXT), .default_sql = "'x\"y'"}};
    uint32_t first[] = {0};
    uint32_t both[] = {0, 1};
    uint32_t wrong[] = {5};
    HyTableKey keys[] = {{.kind = HY_KEY_PRIMARY, .columns = first, .n_columns = 1},
        {.kind = HY_KEY_UNIQUE, .columns = both, .n_columns = 2}};
    HyTableDefinition definition = {.schema_name = "public",
        .name = "p",
        .columns = columns,
        .n_columns = 2,
        .keys = keys,
        .n_keys = 2};
    HyTable *parent;
    HyTable *child;
    assert_ok(hy_database_create_table(f.database, &definition, &parent));
    assert_false(parent->columns[0].type.nullable); /* the primary key's doing */
    HyForeignKey foreign = {.columns = first,
        .n_columns = 1,
        .referenced_oid = parent->oid,
        .referenced_columns = first};
    HyTableDefinition referencing = {.schema_name = "public",
        .name = "c",
        .columns = columns,
        .n_columns = 2,
        .foreign_keys = &foreign,
        .n_foreign_keys = 1};
    assert_ok(hy_database_create_table(f.database, &referencing, &child));
    assert_fails(hy_table_drop(parent), "2BP01");
    assert_fails(alter_drop_column(child, "a", NULL), "0A000");
    assert_fails(alter_add_constraint(child, &keys[0], NULL, NULL), "23502");
    HyTableKey bad = {.kind = HY_KEY_UNIQUE, .columns = wrong, .n_columns = 1};
    assert_fails(alter_add_constraint(child, &bad, NULL, NULL), "42601");
    referencing.name = "c2";
    foreign.referenced_oid = child->oid;
    assert_fails(hy_database_create_table(f.database, &referencing, NULL), "42601");
    HyTable *altered;
    assert_ok(alter_add_constraint(child, &keys[1], NULL, &altered));
    assert_int_equal(altered->n_keys, 1);
    assert_string_equal(altered->keys[0].name, "c_a_b_key");
    hy_table_unref(altered);
    hy_table_unref(child);
    hy_table_unref(parent);
    fixture_close(&f);
    fixture_open(&f, NULL);
    parent = find_table(f.database, "p");
    child = find_table(f.database, "c");
    assert_int_equal(parent->n_keys, 2);
    assert_int_equal(parent->keys[0].kind, HY_KEY_PRIMARY);
    assert_int_equal(parent->keys[1].n_columns, 2);
    assert_int_equal(child->n_foreign_keys, 1);
    assert_int_equal(child->foreign_keys[0].referenced_oid, parent->oid);
    assert_string_equal(parent->columns[1].default_sql, "'x\"y'");
    assert_ok(hy_table_drop(child));
    assert_ok(hy_table_drop(parent));
    hy_table_unref(child);
    hy_table_unref(parent);
    fixture_destroy(&f);
}

static void test_types_by_version(void **state)
{
    (void)state;
    const HyType element = hy_type(HY_TYPE_INT4);
    HyType array = hy_type(HY_TYPE_ARRAY);
    array.element = &element;
    for (int version = 0; version <= 4; version++) {
        Fixture f;
        fixture_create(&f, "types", version, NULL);
        assert_int_equal(hy_database_version(f.database), version);
        HyStatus wide = hy_database_check_type(f.database, hy_type_numeric(19, 2));
        HyStatus real = hy_database_check_type(f.database, hy_type(HY_TYPE_FLOAT4));
        assert_int_equal(wide == NULL, version >= 3);
        assert_int_equal(real == NULL, version >= 4);
        hy_error_free(wide);
        hy_error_free(real);
        assert_ok(hy_database_check_type(f.database, hy_type_numeric(18, 2)));
        assert_fails(hy_database_check_type(f.database, array), "0A000");
        fixture_destroy(&f);
    }
}

static void test_copy_and_drop(void **state)
{
    (void)state;
    Fixture f;
    char copy[256];
    size_t n;
    fixture_create(&f, "source", 3, NULL);
    make_path(copy, "copy");
    HyTable *table = create_table(f.database, "t");
    hy_table_unref(create_table(f.database, "gone"));
    HyTransaction *t = begin(f.catalog);
    insert_keys(t, table, 0, 200000);
    assert_ok(delete_where(t, table, 3, 1, &n));
    assert_ok(hy_transaction_commit(t));
    HyTable *gone = find_table(f.database, "gone");
    assert_ok(hy_table_drop(gone));
    hy_table_unref(gone);
    hy_table_unref(table);
    assert_fails(hy_catalog_create_database(f.catalog, f.path, 2), "42P04");
    assert_fails(hy_catalog_create_database(f.catalog, copy, 5), "42P12");
    assert_fails(hy_catalog_copy_database(f.catalog, copy, "/nonexistent/x.hyper", -1), "58S01");
    assert_false(hy_catalog_database_exists(f.catalog, copy));
    assert_ok(hy_catalog_copy_database(f.catalog, copy, f.path, 0));
    HyDatabase *database;
    assert_ok(hy_catalog_open(f.catalog, copy, &database));
    assert_int_equal(hy_database_version(database), 0);
    assert_memory_not_equal(hy_database_uuid(database), hy_database_uuid(f.database), 16);
    assert_ok(hy_database_verify(database, fail_on_fault, NULL));
    table = find_table(database, "t");
    t = begin(f.catalog);
    Keys keys = read_table(t, table);
    assert_int_equal(keys.n, 200000 - n);
    keys_free(&keys);
    hy_transaction_rollback(t);
    hy_table_unref(table);
    assert_fails(hy_catalog_drop_database(f.catalog, copy), "55006");
    assert_ok(hy_database_release(database));
    assert_ok(hy_catalog_drop_database(f.catalog, copy));
    assert_fails(hy_catalog_drop_database(f.catalog, copy), "58S01");

    /* A type that the version does not have: no file is left. */
    HyTableColumn wide = {.name = "w", .type = hy_type_numeric(30, 2)};
    HyTableDefinition definition = {
        .schema_name = "public", .name = "w", .columns = &wide, .n_columns = 1};
    assert_ok(hy_database_create_table(f.database, &definition, NULL));
    assert_fails(hy_catalog_copy_database(f.catalog, copy, f.path, 2), "0A000");
    assert_false(hy_catalog_database_exists(f.catalog, copy));
    fixture_destroy(&f);
}

/* Keys of the catalog that we do not know survive a change of the table. */
static void test_unknown_keys(void **state)
{
    (void)state;
    static const char text[] =
        "{\"compressionMethod\": \"lz4\", \"newThing\": [1, {\"a\": null}], \"databases\": "
        "{\"dropped\": true}, \"namespaces\": [{\"oid\": 10001, \"name\": \"public\", \"owner\": "
        "1, "
        "\"dependencies\": [], \"reverseDependencies\": [], \"color\": \"red\"}], \"roles\": [], "
        "\"relations\": [{\"dropped\": true}, {\"oid\": 10007, \"name\": \"t\", \"owner\": 0, "
        "\"dependencies\": [], \"reverseDependencies\": [], \"parent\": 32, \"flavour\": 3.50, "
        "\"attributes\": [{\"name\": \"k\", \"type\": [\"BigInt\"], \"hidden\": true}], "
        "\"partitionKey\": 4294967295, \"partitionedRelation\": false, \"type\": \"block\"}]}";
    Fixture f;
    memset(&f, 0, sizeof f);
    make_path(f.path, "unknown");
    assert_ok(hy_task_pool_create(1, &f.pool));
    HyContainerTemplate tmpl = {
        .version = 2, .catalog = text, .catalog_len = sizeof text - 1, .partition_count = 3};
    HyContainer *container;
    HyContainerCommit *commit;
    HyObjectRef ref;
    HyObjectKey key = {.kind = HY_OBJECT_ROWS, .relation = 1};
    assert_ok(hy_container_create(f.path, &tmpl, NULL, &container));
    assert_ok(hy_container_begin(container, &commit));
    assert_ok(hy_container_write(
        container, "\0\0\0\0\0\0\0\0", 8, (HyCompression){.method = HY_COMPRESS_NONE}, NULL, &ref));
    assert_ok(hy_commit_put(commit, &key, &ref));
    assert_ok(hy_container_commit(commit));
    hy_container_close(container);

    fixture_open(&f, NULL);
    HyTable *table = find_table(f.database, "t");
    HyTableColumn more = {.name = "more", .type = hy_type(HY_TYPE_TEXT)};
    assert_ok(alter_add_column(table, &more, NULL, NULL));
    assert_true(table->oid == 10007 && table->slot == 1);
    hy_table_unref(table);
    table = create_table(f.database, "other");
    assert_int_equal(table->slot, 0); /* takes over the dropped entry */
    assert_true(table->oid > 10007);
    hy_table_unref(table);
    fixture_close(&f);

    assert_ok(hy_container_open(f.path, NULL, &container));
    assert_int_equal(hy_container_partition_count(container), 3);
    HyObjectBytes bytes;
    key = (HyObjectKey){.kind = HY_OBJECT_CATALOG};
    assert_true(hy_container_find(container, &key, &ref));
    assert_ok(hy_container_read(container, &key, &ref, HY_CHECKSUM_VERIFY, NULL, &bytes));
    const char *json = (const char *)bytes.data;
    assert_non_null(strstr(json, "\"newThing\": [1, {\"a\": null}]"));
    assert_non_null(strstr(json, "\"color\": \"red\""));
    assert_non_null(strstr(json, "\"flavour\": 3.50"));
    assert_non_null(strstr(
        json, "{\"name\": \"k\", \"type\": [\"BigInt\"], \"hidden\": true}, {\"name\": \"more\""));
    hy_object_bytes_free(&bytes);
    hy_container_close(container);
    hy_task_pool_destroy(f.pool);
    unlink(f.path);
}

static void test_in_memory(void **state)
{
    (void)state;
    HyCatalog *catalog;
    HyDatabase *temporary;
    size_t n;
    HyCatalogOptions options = {0};
    assert_ok(hy_catalog_create(&options, &catalog));
    HyAttachments list = {.catalog = catalog};
    HyDatabase *memory;
    assert_ok(hy_database_in_memory(catalog, false, &memory));
    assert_ok(hy_attachments_add_database(&list, memory, "m"));
    assert_ptr_equal(hy_attachments_single(&list), memory);
    assert_ok(hy_attachments_temporary(&list, &temporary));
    HyTable *table = create_table(temporary, "t");
    assert_true(table->is_temporary);
    assert_string_equal(table->schema_name, "pg_temp");
    HyTransaction *t = begin(catalog);
    insert_keys(t, table, 0, 300000);
    assert_ok(delete_where(t, table, 2, 0, &n));
    assert_ok(hy_transaction_commit(t));
    t = begin(catalog);
    Keys keys = read_table(t, table);
    assert_int_equal(keys.n, 150000);
    keys_free(&keys);
    hy_transaction_rollback(t);
    hy_table_unref(table);
    assert_fails(hy_attachments_remove(&list, "x"), "3D000");
    assert_fails(hy_attachments_add(&list, "/nonexistent/a.hyper", "m"), "42710");
    assert_fails(hy_attachments_add(&list, "/nonexistent/a.hyper", "n"), "58S01");
    assert_ok(hy_attachments_clear(&list));
    hy_catalog_destroy(catalog);
}

/* Every allocation of a transaction and of DDL fails once; nothing leaks, the database stays whole.
 */
static void test_allocations(void **state)
{
    (void)state;
    Fixture f;
    fixture_create(&f, "alloc", 2, NULL);
    hy_task_pool_destroy(f.pool);
    f.pool = NULL;
    fixture_close(&f);
    fixture_open(&f, NULL);
    HyTable *table = create_table(f.database, "t");
    HyTransaction *t = begin(f.catalog);
    insert_keys(t, table, 0, 100);
    assert_ok(hy_transaction_commit(t));
    HyArena *arena = hy_arena_create();
    int64_t keys[] = {1000, 1001};
    HyBatch batch = batch_of_keys(arena, keys, 2);
    bool failed = true;
    size_t expected = 100;
    for (int n = 1; failed; n++) {
        HyChange *change = NULL;
        size_t n_deleted = 0;
        alloc_fault_arm(n);
        t = NULL;
        HyStatus st = hy_transaction_begin(f.catalog, &t);
        if (!st)
            st = hy_transaction_change(t, table, NULL, &change);
        if (!st)
            st = hy_change_append(change, &batch);
        int64_t row_id = (int64_t)n - 1;
        if (!st)
            st = hy_change_delete(change, &row_id, 1, NULL, &n_deleted);
        if (!st)
            st = hy_change_finish(change);
        else
            hy_change_abort(change);
        if (!st)
            st = hy_transaction_commit(t);
        else
            hy_transaction_rollback(t);
        failed = alloc_fault_disarm();
        if (!st)
            expected += 1;
        else
            assert_true(failed);
        hy_error_free(st);
        t = begin(f.catalog);
        assert_int_equal(count_rows(t, table), expected);
        hy_transaction_rollback(t);
        assert_true(n < 100);
    }
    failed = true;
    for (int n = 1; failed; n++) {
        HyTableColumn column = {.name = "c", .type = hy_type(HY_TYPE_INT4)};
        HyTableDefinition definition = {
            .schema_name = "public", .name = "u", .columns = &column, .n_columns = 1};
        HyTable *made = NULL;
        alloc_fault_arm(n);
        HyStatus st = hy_database_create_table(f.database, &definition, &made);
        if (!st)
            st = hy_table_drop(made);
        failed = alloc_fault_disarm();
        if (st)
            assert_true(failed);
        hy_error_free(st);
        if (made && hy_table_is_current(made))
            assert_ok(hy_table_drop(made));
        hy_table_unref(made);
    }
    hy_arena_destroy(arena);
    hy_table_unref(table);
    assert_ok(hy_database_verify(f.database, fail_on_fault, NULL));
    fixture_destroy(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schemas),
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_types_by_version),
        cmocka_unit_test(test_copy_and_drop),
        cmocka_unit_test(test_unknown_keys),
        cmocka_unit_test(test_in_memory),
        cmocka_unit_test(test_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
