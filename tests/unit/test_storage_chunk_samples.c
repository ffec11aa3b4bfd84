/* Column blocks of the genuine server: all open, state nothing wrong about themselves, and encoded
 * again with the same id give the same bytes. Needs the folder of samples; skipped without it. */
#include "base/json.h"
#include "io/container.h"
#include "storage_chunk_fixture.h"
#include <dirent.h>
#include <unistd.h>

typedef struct Totals {
    unsigned blocks, plain, equal, collated, tables;
    unsigned reached[256]; /* blocks by encoding */
} Totals;

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

/* ---- Types of the catalog ---- */

static HyTypeId type_of_name(const char *name)
{
    static const struct {
        const char *name;
        HyTypeId id;
    } names[] = {{"Bool", HY_TYPE_BOOL}, {"SmallInt", HY_TYPE_INT2}, {"Integer", HY_TYPE_INT4},
        {"BigInt", HY_TYPE_INT8}, {"Oid", HY_TYPE_OID}, {"Char1", HY_TYPE_CHAR1},
        {"Float", HY_TYPE_FLOAT4}, {"Double", HY_TYPE_FLOAT8}, {"Numeric", HY_TYPE_NUMERIC},
        {"BigNumeric", HY_TYPE_NUMERIC}, {"Date", HY_TYPE_DATE}, {"Time", HY_TYPE_TIME},
        {"Timestamp", HY_TYPE_TIMESTAMP}, {"TimestampTZ", HY_TYPE_TIMESTAMPTZ},
        {"Interval", HY_TYPE_INTERVAL}, {"Varchar", HY_TYPE_VARCHAR}, {"Char", HY_TYPE_CHAR},
        {"Text", HY_TYPE_TEXT}, {"JSON", HY_TYPE_JSON}, {"Bytea", HY_TYPE_BYTEA},
        {"Geography", HY_TYPE_GEOGRAPHY}, {"UUID", HY_TYPE_UUID}};
    for (size_t i = 0; i < HY_ARRAY_LEN(names); i++)
        if (strcmp(names[i].name, name) == 0)
            return names[i].id;
    fail_msg("unknown type %s", name);
    return HY_TYPE_UNKNOWN;
}

/* False: the column's collation is not at hand. */
static bool catalog_type(const HyJson *attribute, HyType *out)
{
    const HyJson *json = hy_json_get(attribute, "type");
    const HyJson *collate = hy_json_get(attribute, "collate");
    *out = hy_type_nullable(hy_type(type_of_name(json->items[0]->text)), false);
    if (json->n_items > 1 && json->items[1]->kind == HY_JSON_NUMBER)
        out->precision = (uint8_t)json->items[1]->integer;
    for (size_t i = 1; i < json->n_items; i++)
        out->nullable |=
            json->items[i]->kind == HY_JSON_STRING && strcmp(json->items[i]->text, "nullable") == 0;
    if (!collate || strcmp(collate->text, "binary") == 0)
        return true;
    HyStatus st = hy_collation_find(collate->text, &out->collation);
    bool found = !st;
    hy_error_free(st);
    return found;
}

/* ---- Blocks ---- */

static void encode_again(const char *where, const HyChunk *chunk, const uint8_t *genuine,
    size_t len, uint16_t version, Totals *totals)
{
    HyChunkInfo info;
    hy_chunk_info(chunk, &info);
    size_t width = hy_physical_size(hy_type_physical(info.type));
    uint8_t *data = aligned_alloc(64, (info.n_rows * width + 63) & ~(size_t)63);
    uint64_t *validity = calloc(hy_bitmap_words(info.n_rows), 8);
    HyArena *arena = hy_arena_create();
    for (uint32_t at = 0; at < info.n_rows; at += HY_VECTOR_SIZE) {
        uint32_t n = info.n_rows - at < HY_VECTOR_SIZE ? info.n_rows - at : HY_VECTOR_SIZE;
        HyVector v;
        assert_ok(hy_chunk_read(chunk, at, n, arena, &v));
        for (uint32_t i = 0; i < n; i++) {
            const uint8_t *values = hy_vector_values(&v);
            memcpy(data + (at + i) * width, values + hy_vector_index(&v, i) * width, width);
            hy_bitmap_put(validity, at + i, !hy_vector_is_null(&v, i));
        }
    }
    uint8_t *bytes = NULL;
    size_t bytes_len = 0;
    assert_ok(hy_chunk_encode_as(info.type, version, data, validity, info.n_rows, info.encoding_id,
        NULL, &bytes, &bytes_len));
    bool is_equal = bytes_len == len && memcmp(bytes, genuine, len) == 0;
    if (!is_equal && !info.type.collation)
        fail_msg("%s: encoding 0x%02x differs from the genuine block", where, info.encoding_id);
    totals->equal += is_equal;
    hy_memory_free(NULL, bytes, bytes_len);
    /* and it is the encoding that we hold to be the genuine choice */
    assert_ok(hy_chunk_encode(info.type, version, data, validity, info.n_rows, HY_EFFORT_GENUINE,
        NULL, &bytes, &bytes_len));
    if (bytes[24] != info.encoding_id)
        fail_msg("%s: encoding 0x%02x, the choice was 0x%02x", where, info.encoding_id, bytes[24]);
    hy_memory_free(NULL, bytes, bytes_len);
    hy_arena_destroy(arena);
    free(data);
    free(validity);
}

static void check_column(HyContainer *container, HyObjectKey key, const HyJson *attribute,
    uint32_t n_rows, const char *where, Totals *totals)
{
    HyObjectRef ref;
    HyObjectBytes bytes;
    HyType type;
    if (!catalog_type(attribute, &type)) {
        totals->collated++;
        return;
    }
    assert_true(hy_container_find(container, &key, &ref));
    assert_ok(hy_container_read(container, &key, &ref, HY_CHECKSUM_VERIFY, NULL, &bytes));
    uint8_t *copy = malloc(bytes.size);
    size_t len = bytes.size;
    memcpy(copy, bytes.data, len);
    HyChunk *chunk = NULL;
    uint16_t version = (uint16_t)hy_container_version(container);
    assert_ok(hy_chunk_open_object(type, version, &bytes, n_rows, &chunk));
    assert_null(bytes.data);
    char text[1200];
    snprintf(text, sizeof text, "%s attribute %u", where, key.attribute);
    assert_ok(hy_chunk_verify(chunk, fail_fault, text));
    encode_again(text, chunk, copy, len, version, totals);
    totals->blocks++;
    totals->reached[copy[24]]++;
    hy_chunk_destroy(chunk);
    free(copy);
}

static void check_plain(HyContainer *container, HyObjectKey key, const HyJson *attributes,
    uint32_t n_rows, Totals *totals)
{
    HyObjectRef ref;
    HyObjectBytes bytes;
    HyType types[64];
    HyChunk *chunks[64];
    assert_in_range(attributes->n_items, 1, 64);
    for (size_t c = 0; c < attributes->n_items; c++)
        (void)catalog_type(attributes->items[c], &types[c]);
    assert_true(hy_container_find(container, &key, &ref));
    assert_ok(hy_container_read(container, &key, &ref, HY_CHECKSUM_VERIFY, NULL, &bytes));
    void *own = NULL;
    assert_ok(hy_memory_alloc(NULL, bytes.size, &own));
    memcpy(own, bytes.data, bytes.size);
    assert_ok(
        hy_plain_block_open(types, attributes->n_items, own, bytes.size, n_rows, NULL, chunks));
    hy_object_bytes_free(&bytes);
    for (size_t c = 0; c < attributes->n_items; c++)
        hy_chunk_destroy(chunks[c]);
    totals->plain++;
}

static void check_relation(
    HyContainer *container, uint32_t slot, const HyJson *relation, const char *file, Totals *totals)
{
    HyObjectKey key = {.kind = HY_OBJECT_ROWS, .relation = slot};
    HyObjectRef ref;
    HyObjectBytes rows;
    const HyJson *attributes = hy_json_get(relation, "attributes");
    assert_true(hy_container_find(container, &key, &ref));
    assert_ok(hy_container_read(container, &key, &ref, HY_CHECKSUM_VERIFY, NULL, &rows));
    uint64_t n_rows = hy_load_u64(rows.data);
    for (uint32_t b = 0; 8 + 4 * (size_t)b < rows.size; b++) {
        uint32_t state = hy_load_u32(rows.data + 8 + 4 * (size_t)b);
        HyObjectKey block = {.kind = HY_OBJECT_BLOCK, .relation = slot, .block = b};
        char where[1100];
        snprintf(where, sizeof where, "%s relation %u block %u", file, slot, b);
        if (state == 1)
            check_plain(container, block, attributes,
                (uint32_t)(n_rows - (uint64_t)b * HY_BLOCK_ROWS), totals);
        if (state != 2)
            continue;
        HyObjectBytes count;
        assert_true(hy_container_find(container, &block, &ref));
        assert_ok(hy_container_read(container, &block, &ref, HY_CHECKSUM_VERIFY, NULL, &count));
        uint32_t n = (uint32_t)hy_load_u64(count.data);
        hy_object_bytes_free(&count);
        for (size_t c = 0; c < attributes->n_items; c++) {
            block.attribute = (uint32_t)c + 1;
            check_column(container, block, attributes->items[c], n, where, totals);
        }
    }
    hy_object_bytes_free(&rows);
    totals->tables++;
}

static void check_file(const char *path, Totals *totals)
{
    HyContainer *container = NULL;
    HyContainerOptions options = {.mode = HY_CONTAINER_READ_ONLY};
    HyObjectKey key = {.kind = HY_OBJECT_CATALOG};
    HyObjectRef ref;
    HyObjectBytes bytes;
    HyJson *catalog = NULL;
    HyArena *arena = hy_arena_create();
    assert_ok(hy_container_open(path, &options, &container));
    assert_true(hy_container_find(container, &key, &ref));
    assert_ok(hy_container_read(container, &key, &ref, HY_CHECKSUM_VERIFY, NULL, &bytes));
    assert_ok(hy_json_parse(arena, (const char *)bytes.data, bytes.size, &catalog));
    const HyJson *relations = hy_json_get(catalog, "relations");
    for (uint32_t r = 0; r < relations->n_items; r++)
        if (!hy_json_get(relations->items[r], "dropped"))
            check_relation(container, r, relations->items[r], path, totals);
    hy_object_bytes_free(&bytes);
    hy_container_close(container);
    hy_arena_destroy(arena);
}

static void test_samples(void **state)
{
    (void)state;
    const char *folder = samples_folder();
    if (!folder) {
        print_message("skipped: no folder of samples\n");
        skip();
    }
    Totals totals = {0};
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    unsigned n_files = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        size_t len = strlen(entry->d_name);
        if (len < 6 || strcmp(entry->d_name + len - 6, ".hyper") != 0)
            continue;
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        check_file(path, &totals);
        n_files++;
    }
    closedir(dir);
    unsigned n_encodings = 0;
    for (size_t i = 0; i < HY_ARRAY_LEN(totals.reached); i++)
        n_encodings += totals.reached[i] > 0;
    print_message("%u files, %u tables, %u column blocks of %u encodings, %u identical, %u plain "
                  "blocks, %u columns without their collation\n",
        n_files, totals.tables, totals.blocks, n_encodings, totals.equal, totals.plain,
        totals.collated);
    assert_true(n_files == 0 || totals.blocks > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_samples)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
