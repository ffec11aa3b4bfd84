/* Files of the genuine server: all open, nothing is wrong with them, their rows are those that the
 * server gave. Each is then changed and read again. Needs the folder of samples; skipped without
 * it. */
#include "unit_test.h"

#include "base/json.h"
#include "catalog/transaction.h"
#include "types/cast.h"
#include "types/collation.h"
#include <unistd.h>

static const char *samples_folder(void)
{
    static char folder[512];
    const char *given = getenv("OH_HYPER_SAMPLES");
    const char *root = getenv("OH_SOURCE_ROOT");
    if (given)
        snprintf(folder, sizeof folder, "%s", given);
    else
        snprintf(folder, sizeof folder, "%s/../shared/data/hyper-samples", root ? root : ".");
    return access(folder, R_OK) == 0 ? folder : NULL;
}

static char *read_file(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *len = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(*len + 1);
    assert_int_equal(fread(bytes, 1, *len, file), *len);
    fclose(file);
    return bytes;
}

static void copy_file(const char *from, const char *to)
{
    size_t len;
    char *bytes = read_file(from, &len);
    FILE *file = fopen(to, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    fclose(file);
    free(bytes);
}

static void fail_on_fault(void *context, const char *text)
{
    fail_msg("%s: %s", (const char *)context, text);
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Live rows as text, sorted. */
typedef struct Lines {
    char **items;
    size_t n;
} Lines;

static void append_value(HyBuffer *line, const HyVector *v, size_t row)
{
    HyTextStyle style;
    hy_text_style_init(&style);
    if (hy_vector_is_null(v, row)) {
        assert_ok(hy_buffer_append_str(line, "\\N"));
    } else {
        const char *value =
            (const char *)v->data + row * hy_physical_size(hy_type_physical(v->type));
        assert_ok(hy_value_format(v->type, value, &style, line));
    }
}

static Lines read_lines(HyRelation *relation)
{
    size_t n_cols = hy_relation_column_count(relation);
    uint32_t columns[400];
    Lines lines = {.items = calloc((size_t)hy_relation_live_count(relation) + 1, sizeof(char *))};
    HyArena *arena = hy_arena_create();
    assert_true(n_cols < HY_ARRAY_LEN(columns));
    for (size_t c = 0; c < n_cols; c++)
        columns[c] = (uint32_t)c;
    for (size_t b = 0; b < hy_relation_block_count(relation); b++) {
        uint32_t n_rows = hy_relation_block_rows(relation, b);
        for (uint32_t first = 0; hy_relation_block_live_rows(relation, b) > 0 && first < n_rows;
             first += HY_VECTOR_SIZE) {
            uint32_t n = n_rows - first < HY_VECTOR_SIZE ? n_rows - first : HY_VECTOR_SIZE;
            HyBatch batch;
            hy_arena_reset(arena);
            assert_ok(
                hy_relation_read(relation, b, first, n, columns, n_cols, arena, &batch, NULL));
            for (size_t i = 0; i < batch.n_rows; i++) {
                HyBuffer line = {0};
                for (size_t c = 0; c < n_cols; c++) {
                    append_value(&line, &batch.cols[c], i);
                    assert_ok(hy_buffer_append_char(&line, '\x1f'));
                }
                lines.items[lines.n++] = hy_buffer_take(&line);
            }
        }
    }
    assert_int_equal(lines.n, hy_relation_live_count(relation));
    hy_arena_destroy(arena);
    qsort(lines.items, lines.n, sizeof(char *), compare_lines);
    return lines;
}

static void free_lines(Lines *lines)
{
    for (size_t i = 0; i < lines->n; i++)
        free(lines->items[i]);
    free(lines->items);
}

/* The manifest's rows in the same form. */
static Lines expected_lines(const HyJson *rows)
{
    Lines lines = {.items = calloc(rows->n_items + 1, sizeof(char *)), .n = rows->n_items};
    for (size_t i = 0; i < rows->n_items; i++) {
        HyBuffer line = {0};
        for (size_t c = 0; c < rows->items[i]->n_items; c++) {
            const HyJson *value = rows->items[i]->items[c];
            assert_ok(
                hy_buffer_append_str(&line, value->kind == HY_JSON_NULL ? "\\N" : value->text));
            assert_ok(hy_buffer_append_char(&line, '\x1f'));
        }
        lines.items[i] = hy_buffer_take(&line);
    }
    qsort(lines.items, lines.n, sizeof(char *), compare_lines);
    return lines;
}

static void compare_rows(const char *file, const Lines *got, const Lines *expected)
{
    assert_int_equal(got->n, expected->n);
    for (size_t i = 0; i < got->n; i++) {
        if (strcmp(got->items[i], expected->items[i]) != 0)
            fail_msg("%s: got %s, expected %s", file, got->items[i], expected->items[i]);
    }
}

static void check_table(const char *file, HyDatabase *database, const HyJson *json)
{
    HyTable *table = hy_database_find_table(
        database, hy_json_get(json, "schema")->text, hy_json_get(json, "table")->text);
    assert_non_null(table);
    const HyJson *columns = hy_json_get(json, "columns");
    assert_int_equal(table->n_columns, columns->n_items);
    for (size_t c = 0; c < columns->n_items; c++)
        assert_string_equal(table->columns[c].name, columns->items[c]->text);
    HyRelation *relation = hy_table_committed(table);
    assert_int_equal(hy_relation_live_count(relation), hy_json_get(json, "row_count")->integer);
    const HyJson *rows = hy_json_get(json, "rows");
    if (rows) {
        Lines got = read_lines(relation);
        Lines expected = expected_lines(rows);
        compare_rows(file, &got, &expected);
        free_lines(&got);
        free_lines(&expected);
    }
    hy_relation_unref(relation);
    hy_table_unref(table);
}

/* Copies the table's rows behind themselves, deletes every second row of the result. */
static Lines change_table(HyCatalog *catalog, HyTable *table)
{
    HyTransaction *t;
    HyChange *change;
    HyRelation *relation;
    HyArena *arena = hy_arena_create();
    uint32_t columns[400];
    size_t n;
    for (size_t c = 0; c < table->n_columns; c++)
        columns[c] = (uint32_t)c;
    assert_ok(hy_transaction_begin(catalog, &t));
    assert_ok(hy_transaction_relation(t, table, &relation));
    assert_ok(hy_transaction_change(t, table, NULL, &change));
    for (size_t b = 0; b < hy_relation_block_count(relation); b++) {
        uint32_t n_rows = hy_relation_block_rows(relation, b);
        for (uint32_t first = 0; hy_relation_block_live_rows(relation, b) > 0 && first < n_rows;
             first += HY_VECTOR_SIZE) {
            uint32_t count = n_rows - first < HY_VECTOR_SIZE ? n_rows - first : HY_VECTOR_SIZE;
            HyBatch batch;
            int64_t row_ids[HY_VECTOR_SIZE];
            size_t n_odd = 0;
            hy_arena_reset(arena);
            assert_ok(hy_relation_read(
                relation, b, first, count, columns, table->n_columns, arena, &batch, row_ids));
            if (batch.n_rows == 0)
                continue;
            assert_ok(hy_change_append(change, &batch));
            for (size_t i = 0; i < batch.n_rows; i++) {
                if (row_ids[i] % 2)
                    row_ids[n_odd++] = row_ids[i];
            }
            assert_ok(hy_change_delete(change, row_ids, n_odd, NULL, &n));
            assert_int_equal(n, n_odd);
        }
    }
    hy_relation_unref(relation);
    assert_ok(hy_change_finish(change));
    assert_ok(hy_transaction_relation(t, table, &relation));
    Lines lines = read_lines(relation);
    hy_relation_unref(relation);
    assert_ok(hy_transaction_commit(t));
    hy_arena_destroy(arena);
    return lines;
}

static void check_file(const HyJson *json, const char *folder, HyTaskPool *pool)
{
    const char *name = hy_json_get(json, "file")->text;
    char source[768];
    char path[256];
    const HyCollation *collation;
    HyStatus st = hy_collation_find("de_DE", &collation);
    if (st && strcmp(name, "collations.hyper") == 0) {
        print_message("%s: skipped, %s\n", name, st->message);
        hy_error_free(st);
        return;
    }
    hy_error_free(st);
    const char *temp = getenv("TMPDIR");
    snprintf(source, sizeof source, "%s/%s", folder, name);
    snprintf(path, sizeof path, "%s/hy_sample_%d.hyper", temp ? temp : "/tmp", (int)getpid());
    copy_file(source, path);
    HyCatalogOptions options = {.pool = pool, .durability = HY_DURABILITY_WRITE};
    HyCatalog *catalog;
    HyDatabase *database;
    Lines expected[16];
    const HyJson *tables = hy_json_get(json, "tables");
    assert_ok(hy_catalog_create(&options, &catalog));
    assert_ok(hy_catalog_open(catalog, path, &database));
    assert_int_equal(hy_database_version(database), hy_json_get(json, "database_version")->integer);
    for (size_t i = 0; i < tables->n_items; i++)
        check_table(name, database, tables->items[i]);
    assert_ok(hy_database_verify(database, fail_on_fault, (void *)name));
    assert_true(tables->n_items <= HY_ARRAY_LEN(expected));
    for (size_t i = 0; i < tables->n_items; i++) {
        HyTable *table =
            hy_database_find_table(database, hy_json_get(tables->items[i], "schema")->text,
                hy_json_get(tables->items[i], "table")->text);
        expected[i] = change_table(catalog, table);
        hy_table_unref(table);
    }
    assert_ok(hy_database_release(database));
    assert_ok(hy_catalog_open(catalog, path, &database));
    assert_ok(hy_database_verify(database, fail_on_fault, (void *)name));
    for (size_t i = 0; i < tables->n_items; i++) {
        HyTable *table =
            hy_database_find_table(database, hy_json_get(tables->items[i], "schema")->text,
                hy_json_get(tables->items[i], "table")->text);
        HyRelation *relation = hy_table_committed(table);
        Lines got = read_lines(relation);
        compare_rows(name, &got, &expected[i]);
        free_lines(&got);
        free_lines(&expected[i]);
        hy_relation_unref(relation);
        hy_table_unref(table);
    }
    assert_ok(hy_database_release(database));
    hy_catalog_destroy(catalog);
    unlink(path);
}

static void test_samples(void **state)
{
    (void)state;
    const char *folder = samples_folder();
    if (!folder) {
        print_message("no folder of samples: set OH_HYPER_SAMPLES\n");
        skip();
    }
    char path[768];
    size_t len;
    snprintf(path, sizeof path, "%s/manifest.json", folder);
    char *text = read_file(path, &len);
    HyArena *arena = hy_arena_create();
    HyTaskPool *pool;
    HyJson *manifest;
    assert_ok(hy_task_pool_create(2, &pool));
    assert_ok(hy_json_parse(arena, text, len, &manifest));
    const HyJson *files = hy_json_get(manifest, "files");
    assert_true(files->n_items > 20);
    for (size_t i = 0; i < files->n_items; i++)
        check_file(files->items[i], folder, pool);
    hy_task_pool_destroy(pool);
    hy_arena_destroy(arena);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_samples)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
