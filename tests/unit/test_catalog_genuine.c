/* The genuine server finds nothing wrong with files of ours: its `validate` decodes every block.
 * Needs the path of its program in GENUINE_HYPERD; skipped without it. */
#include "alter_table.h"
#include "catalog_fixture.h"
#include "types/cast.h"

/* A column of each type, filled with a value. */
static const struct {
    HyTypeId id;
    int precision, scale, min_version;
    const char *value;
} types[] = {
    {HY_TYPE_BOOL, 0, 0, 0, "true"},
    {HY_TYPE_INT2, 0, 0, 0, "-32768"},
    {HY_TYPE_INT4, 0, 0, 0, "2147483647"},
    {HY_TYPE_NUMERIC, 18, 4, 0, "-12345678901234.5678"},
    {HY_TYPE_NUMERIC, 38, 2, 3, "123456789012345678901234567890.12"},
    {HY_TYPE_FLOAT4, 0, 0, 4, "1.5"},
    {HY_TYPE_CHAR1, 0, 0, 0, "x"},
    {HY_TYPE_BYTEA, 0, 0, 0, "\\x00ff"},
    {HY_TYPE_DATE, 0, 0, 0, "0001-01-01"},
    {HY_TYPE_TIME, 0, 0, 0, "23:59:59.999999"},
    {HY_TYPE_TIMESTAMP, 0, 0, 0, "2262-04-11 23:47:16.854775"},
    {HY_TYPE_TIMESTAMPTZ, 0, 0, 0, "1970-01-01 00:00:00+00"},
    {HY_TYPE_INTERVAL, 0, 0, 0, "P1Y2M3DT4H5M6.7S"},
    {HY_TYPE_JSON, 0, 0, 0, "{\"a\": [1, 2]}"},
    {HY_TYPE_OID, 0, 0, 0, "4294967295"},
    {HY_TYPE_GEOGRAPHY, 0, 0, 0, "point(1 2)"},
};

static void add_columns(HyTable **table, int version)
{
    HyTextStyle style;
    hy_text_style_init(&style);
    HyArena *arena = hy_arena_create();
    for (size_t i = 0; i < HY_ARRAY_LEN(types); i++) {
        if (types[i].min_version > version)
            continue;
        char name[8];
        HyTable *next;
        snprintf(name, sizeof name, "c%zu", i);
        HyTableColumn column = {.name = name, .type = hy_type(types[i].id)};
        if (types[i].precision)
            column.type = hy_type_numeric(types[i].precision, types[i].scale);
        HyValue fill = hy_value_null(column.type);
        _Alignas(16) uint8_t payload[16] = {0};
        assert_ok(hy_value_parse(
            arena, column.type, &style, types[i].value, strlen(types[i].value), payload));
        memcpy(&fill.u8, payload, hy_physical_size(hy_type_physical(column.type)));
        fill.is_null = false;
        assert_ok(alter_add_column(*table, &column, &fill, &next));
        hy_table_unref(*table);
        *table = next;
    }
    hy_arena_destroy(arena);
}

static void test_validate(void **state)
{
    (void)state;
    const char *genuine = getenv("GENUINE_HYPERD");
    if (!genuine) {
        print_message("no genuine server: set GENUINE_HYPERD\n");
        skip();
    }
    for (int version = 0; version <= 4; version++) {
        Fixture f;
        size_t n;
        char command[1024];
        fixture_create(&f, "genuine", version, NULL);
        HyTable *table = create_table(f.database, "t");
        HyTransaction *t = begin(f.catalog);
        insert_keys(t, table, 0, 270000);
        assert_ok(delete_where(t, table, 3, 1, &n));
        assert_ok(hy_transaction_commit(t));
        add_columns(&table, version);
        hy_table_unref(table);
        table = create_table(f.database, "emptied");
        t = begin(f.catalog);
        insert_keys(t, table, 0, 100);
        assert_ok(hy_transaction_commit(t));
        t = begin(f.catalog);
        assert_ok(delete_where(t, table, 1, 0, &n));
        assert_ok(hy_transaction_commit(t));
        hy_table_unref(table);
        fixture_close(&f);
        snprintf(command, sizeof command, "cd \"%s\" && \"%s\" validate -d \"%s\" > /dev/null",
            getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", genuine, f.path);
        assert_int_equal(system(command), 0);
        fixture_destroy(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_validate)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
