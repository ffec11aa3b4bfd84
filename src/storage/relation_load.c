/* Loading relations from the file, and checking their objects of rows and deletes. */
#include "storage/relation_file.h"
#include "storage/relation_internal.h"
#include <stdio.h>
#include <stdlib.h>

static HyStatus corrupt(const char *record, const HyObjectKey *key, const char *fault)
{
    char text[HY_OBJECT_KEY_TEXT];
    return hy_error_detail(
        hy_error("XX001",
            "The Hyper database is physically corrupted: Hyper detected an invalid `%s` record.",
            record),
        "%s: %s", hy_object_key_text(key, text), fault);
}

typedef struct RowsObject {
    int64_t row_count;
    size_t n_blocks; /* that row_count needs */
    uint32_t *states;
    bool has_surplus; /* bytes behind what row_count needs */
} RowsObject;

static HyStatus read_rows(HyContainer *container, uint32_t slot, RowsObject *out)
{
    HyObjectKey key = {.kind = HY_OBJECT_ROWS, .relation = slot};
    HyObjectRef ref;
    if (!hy_container_find(container, &key, &ref))
        return corrupt("ObjectStore.Chunk.Length", &key, "is missing");
    HyObjectBytes bytes;
    HY_TRY(hy_container_read(container, &key, &ref, HY_CHECKSUM_VERIFY, NULL, &bytes));
    HyStatus st = HY_OK;
    uint32_t *states = NULL;
    if (bytes.size < 8) {
        st = corrupt("ObjectStore.Chunk.Length", &key, "is too short");
        goto done;
    }
    uint64_t row_count = hy_load_u64(bytes.data);
    size_t n_states = (bytes.size - 8) / 4;
    if (row_count > (uint64_t)n_states * HY_BLOCK_ROWS) {
        st = corrupt("ObjectStore.Chunk.Length", &key, "states of blocks are missing");
        goto done;
    }
    size_t n_blocks = (size_t)((row_count + HY_BLOCK_ROWS - 1) / HY_BLOCK_ROWS);
    states = malloc((n_blocks + 1) * sizeof *states);
    if (!states) {
        st = hy_error_oom(n_blocks * sizeof *states);
        goto done;
    }
    for (size_t i = 0; i < n_blocks; i++) {
        states[i] = hy_load_u32(bytes.data + 8 + 4 * i);
        if (states[i] > HY_BLOCK_COLUMNS) {
            st = corrupt("ObjectStore.BlockPartition", &key, "unknown state of a block");
            goto done;
        }
    }
    *out = (RowsObject){.row_count = (int64_t)row_count,
        .n_blocks = n_blocks,
        .states = states,
        .has_surplus = bytes.size != 8 + 4 * n_blocks};
    states = NULL;

done:
    free(states);
    hy_object_bytes_free(&bytes);
    return st;
}

/* Rows of the last block as its attribute 0 says: at least those of the relation. */
static HyStatus read_block_rows(
    HyContainer *container, const HyObjectKey *key, uint32_t needed, uint32_t *out)
{
    HyObjectRef ref;
    if (!hy_container_find(container, key, &ref))
        return corrupt("ObjectStore.Chunk.Length", key, "is missing");
    HyObjectBytes bytes;
    HY_TRY(hy_container_read(container, key, &ref, HY_CHECKSUM_VERIFY, NULL, &bytes));
    uint64_t rows = bytes.size >= 8 ? hy_load_u64(bytes.data) : 0;
    hy_object_bytes_free(&bytes);
    if (rows < needed || rows > HY_BLOCK_ROWS)
        return corrupt("ObjectStore.Chunk.Length", key, "wrong number of rows");
    *out = (uint32_t)rows;
    return HY_OK;
}

static HyStatus open_columns(HyBlockStore *store, uint32_t slot, size_t b, const HyType *types,
    size_t n_cols, uint32_t n_rows, HyBlock **out)
{
    HyStatus st = HY_OK;
    HyContainer *container = hy_block_store_container(store);
    HyStoredChunk **columns = calloc(n_cols + 1, sizeof *columns);
    if (!columns)
        return hy_error_oom(n_cols * sizeof *columns);
    for (size_t i = 0; i < n_cols; i++) {
        HyObjectKey key = {.kind = HY_OBJECT_BLOCK,
            .attribute = (uint32_t)i + 1,
            .relation = slot,
            .block = (uint32_t)b};
        HyObjectRef ref;
        bool is_there = hy_container_find(container, &key, &ref);
        HY_GO(hy_stored_chunk_open(
            store, types[i], n_rows, &key, is_there ? &ref : NULL, &columns[i]));
    }
    st = hy_block_create(n_rows, columns, n_cols, out);
    free(columns);
    return st;

done:
    for (size_t i = 0; i < n_cols; i++)
        hy_stored_chunk_unref(columns[i]);
    free(columns);
    return st;
}

static HyStatus open_block(HyBlockStore *store, uint32_t slot, const RowsObject *rows, size_t b,
    const HyType *types, size_t n_cols, HyBlock **out)
{
    HyContainer *container = hy_block_store_container(store);
    int64_t rest = rows->row_count - (int64_t)b * HY_BLOCK_ROWS;
    uint32_t n_rows = rest < HY_BLOCK_ROWS ? (uint32_t)rest : HY_BLOCK_ROWS;
    HyObjectKey key = {.kind = HY_OBJECT_BLOCK, .relation = slot, .block = (uint32_t)b};
    if (rows->states[b] == HY_BLOCK_ABSENT)
        return hy_block_create_absent(n_rows, n_cols, out);
    if (rows->states[b] == HY_BLOCK_COLUMNS) {
        if (b + 1 == rows->n_blocks)
            HY_TRY(read_block_rows(container, &key, n_rows, &n_rows));
        return open_columns(store, slot, b, types, n_cols, n_rows, out);
    }
    HyObjectRef ref;
    if (!hy_container_find(container, &key, &ref))
        return corrupt("ObjectStore.Chunk.Length", &key, "is missing");
    return hy_block_open_plain(store, types, n_cols, n_rows, &key, &ref, out);
}

static HyStatus read_deletes(
    HyContainer *container, uint32_t slot, const RowsObject *rows, HyDeleteMap **out)
{
    HyStatus st = HY_OK;
    HyRowSet set = {0};
    HyObjectBytes bytes = {0};
    HyObjectKey key = {.kind = HY_OBJECT_DELETES, .relation = slot};
    HyObjectRef ref;
    *out = NULL;
    if (hy_container_find(container, &key, &ref)) { /* files of the genuine server can lack it */
        HY_GO(hy_container_read(container, &key, &ref, HY_CHECKSUM_VERIFY, NULL, &bytes));
        HY_GO(hy_deletes_parse(bytes.data, bytes.size, rows->row_count, &set));
    }
    for (size_t b = 0; b < rows->n_blocks; b++) { /* listed already in sound files */
        for (int64_t row = (int64_t)b * HY_BLOCK_ROWS;
             rows->states[b] == HY_BLOCK_ABSENT && row < rows->row_count && HY_ROW_BLOCK(row) == b;
             row++) {
            bool was_added;
            HY_GO(hy_row_set_add(&set, row, &was_added));
        }
    }
    if (set.count > 0) {
        int64_t n_new;
        HY_GO(hy_delete_map_add(NULL, &set, out, &n_new));
    }

done:
    hy_object_bytes_free(&bytes);
    hy_row_set_free(&set);
    return st;
}

static HyStatus load_version(HyBlockStore *store, uint32_t slot, const HyType *types, size_t n_cols,
    const RowsObject *rows, HyRelation **out)
{
    HyStatus st = HY_OK;
    HyRelationParts parts = {.row_count = rows->row_count};
    size_t n_opened = 0;
    HyBlock **blocks = calloc(rows->n_blocks + 1, sizeof *blocks);
    if (!blocks)
        return hy_error_oom(rows->n_blocks * sizeof *blocks);
    for (; n_opened < rows->n_blocks; n_opened++)
        HY_GO(open_block(store, slot, rows, n_opened, types, n_cols, &blocks[n_opened]));
    HY_GO(read_deletes(hy_block_store_container(store), slot, rows, &parts.deletes));
    HY_GO(hy_layout_create(types, n_cols, &parts.layout));
    size_t n_blocks = n_opened;
    n_opened = 0;
    HY_GO(hy_block_list_create(NULL, 0, blocks, n_blocks, &parts.blocks));
    st = hy_relation_assemble(&parts, out);
    parts = (HyRelationParts){0};

done:
    for (size_t i = 0; i < n_opened; i++)
        hy_block_unref(blocks[i]);
    free(blocks);
    hy_relation_parts_release(&parts);
    return st;
}

HyStatus hy_relation_load(HyBlockStore *store, uint32_t slot, const HyType *types, size_t n_cols,
    const int64_t *null_counts, HyRelationImage **out, HyRelation **version)
{
    HyStatus st = HY_OK;
    HyRelationImage *image = NULL;
    HyRelation *loaded = NULL;
    RowsObject rows = {0};
    HY_GO(hy_relation_image_create(store, slot, &image));
    HY_GO(read_rows(hy_block_store_container(store), slot, &rows));
    HY_GO(load_version(store, slot, types, n_cols, &rows, &loaded));
    image->version = hy_relation_ref(loaded);
    image->blocks = calloc(rows.n_blocks + 1, sizeof *image->blocks);
    image->null_counts = malloc((n_cols + 1) * sizeof *image->null_counts);
    if (!image->blocks || !image->null_counts) {
        st = hy_error_oom(rows.n_blocks * sizeof *image->blocks);
        goto done;
    }
    for (; image->n_blocks < rows.n_blocks; image->n_blocks++)
        image->blocks[image->n_blocks] =
            hy_block_ref(loaded->parts.blocks->blocks[image->n_blocks]);
    if (null_counts) {
        memcpy(image->null_counts, null_counts, n_cols * sizeof *null_counts);
    } else if (hy_relation_live_count(loaded) == 0) {
        memset(image->null_counts, 0, n_cols * sizeof *null_counts);
    } else {
        free(image->null_counts);
        image->null_counts = NULL;
    }
    *out = image;
    *version = loaded;
    image = NULL;
    loaded = NULL;

done:
    free(rows.states);
    hy_relation_unref(loaded);
    hy_relation_image_destroy(image);
    return st;
}

/* Verification. */

typedef struct RelationFaults {
    const HyRelationImage *image;
    HyFaultFn report;
    void *context;
} RelationFaults;

static void tell(const RelationFaults *faults, const char *what, uint64_t number)
{
    char text[160];
    snprintf(text, sizeof text, "relation %u: %s %llu", faults->image->slot, what,
        (unsigned long long)number);
    faults->report(faults->context, text);
}

static void tell_deletes(void *context, const char *fault)
{
    const RelationFaults *faults = context;
    char text[256];
    snprintf(text, sizeof text, "relation %u: %s", faults->image->slot, fault);
    faults->report(faults->context, text);
}

/* Absent blocks have no rows that live; the row count ends with a row that does. */
static void verify_deletes(
    const RelationFaults *faults, const RowsObject *rows, const HyRowSet *deleted)
{
    for (size_t b = 0; b < rows->n_blocks; b++) {
        int64_t row = (int64_t)b * HY_BLOCK_ROWS;
        if (rows->states[b] != HY_BLOCK_ABSENT)
            continue;
        while (row < rows->row_count && HY_ROW_BLOCK(row) == b && hy_row_set_has(deleted, row))
            row++;
        if (row < rows->row_count && HY_ROW_BLOCK(row) == b)
            tell(faults, "an absent block has a row that is not deleted, row", (uint64_t)row);
    }
    if (rows->row_count > 0 && hy_row_set_has(deleted, rows->row_count - 1))
        tell(faults, "the row count does not end with a row that is not deleted:",
            (uint64_t)rows->row_count);
}

static HyStatus verify_objects(const RelationFaults *faults)
{
    const HyRelationImage *image = faults->image;
    HyContainer *container = hy_block_store_container(image->store);
    HyStatus st = HY_OK;
    RowsObject rows = {0};
    HyRowSet deleted = {0};
    HyObjectBytes bytes = {0};
    HyObjectKey key = {.kind = HY_OBJECT_DELETES, .relation = image->slot};
    HyObjectRef ref;
    HY_GO(read_rows(container, image->slot, &rows));
    if (rows.has_surplus)
        tell(faults, "the list of block states is too long for rows", (uint64_t)rows.row_count);
    if (hy_container_find(container, &key, &ref)) {
        HY_GO(hy_container_read(container, &key, &ref, HY_CHECKSUM_VERIFY, NULL, &bytes));
        HY_GO(hy_deletes_verify(bytes.data, bytes.size, rows.row_count, &deleted, tell_deletes,
            (void *)(uintptr_t)faults));
    }
    verify_deletes(faults, &rows, &deleted);

done:
    free(rows.states);
    hy_object_bytes_free(&bytes);
    hy_row_set_free(&deleted);
    return st;
}

HyStatus hy_relation_image_verify(const HyRelationImage *image, HyFaultFn report, void *context)
{
    RelationFaults faults = {.image = image, .report = report, .context = context};
    HyStatus st = image->version ? verify_objects(&faults) : HY_OK;
    if (!st || strncmp(st->sqlstate, "XX", 2) != 0)
        return st;
    tell_deletes(&faults, st->message);
    hy_error_free(st);
    return HY_OK;
}
