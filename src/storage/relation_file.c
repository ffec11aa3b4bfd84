#include "storage/relation_file.h"
#include "storage/relation_change.h"
#include "storage/relation_internal.h"
#include <assert.h>
#include <stdlib.h>

struct HyRelationSave {
    HyRelationImage *image;
    HyRelation *version; /* NULL: dropped */
    HyBlock **blocks;    /* the image's next ones */
    size_t n_blocks;
    int64_t *null_counts;
    HyObjectRef *refs; /* objects of ours that are no chunks: given back when the commit fails */
    size_t n_refs, refs_capacity;
    HyStoredChunk **leaving; /* chunks that the commit unbinds; referenced */
    size_t n_leaving, leaving_capacity;
    HyBlock **leaving_blocks; /* plain blocks, likewise */
    size_t n_leaving_blocks;
};

HyStatus hy_relation_image_create(HyBlockStore *store, uint32_t slot, HyRelationImage **out)
{
    HyRelationImage *image = calloc(1, sizeof *image);
    if (!image)
        return hy_error_oom(sizeof *image);
    image->store = hy_block_store_ref(store);
    image->slot = slot;
    *out = image;
    return HY_OK;
}

static void release_blocks(HyBlock **blocks, size_t n)
{
    for (size_t i = 0; i < n && blocks; i++)
        hy_block_unref(blocks[i]);
    free(blocks);
}

void hy_relation_image_destroy(HyRelationImage *image)
{
    if (!image)
        return;
    release_blocks(image->blocks, image->n_blocks);
    hy_tail_unref(image->tail);
    hy_relation_unref(image->version);
    free(image->null_counts);
    hy_block_store_unref(image->store);
    free(image);
}

bool hy_relation_image_is(const HyRelationImage *image, const HyRelation *version)
{
    return image->version == version;
}

const int64_t *hy_relation_image_null_counts(const HyRelationImage *image)
{
    return image->null_counts;
}

/* Saving. */

/* The commit succeeded: the image becomes what was saved. */
static void adopt_save(HyRelationSave *save)
{
    HyRelationImage *image = save->image;
    for (size_t b = 0; b < save->n_blocks; b++) {
        HyBlock *block = save->blocks[b];
        for (size_t i = 0;
             hy_block_state(block) == HY_BLOCK_COLUMNS && i < hy_block_column_count(block); i++)
            hy_stored_chunk_set_live(hy_block_column(block, i));
    }
    release_blocks(image->blocks, image->n_blocks);
    image->blocks = save->blocks;
    image->n_blocks = save->n_blocks;
    hy_tail_unref(image->tail);
    image->tail = NULL;
    hy_relation_unref(image->version);
    image->version = save->version;
    if (save->version && save->version->parts.tail) {
        image->tail = hy_tail_ref(save->version->parts.tail);
        image->tail_rows = save->version->parts.tail_rows;
    }
    free(image->null_counts);
    image->null_counts = save->null_counts;
}

/* It failed, or was not even tried: the image stays as it is. */
static void discard_save(HyRelationSave *save)
{
    HyContainer *container = hy_block_store_container(save->image->store);
    for (size_t i = 0; i < save->n_refs; i++)
        hy_container_free_ref(container, &save->refs[i]);
    for (size_t i = 0; i < save->n_leaving; i++)
        hy_stored_chunk_undo_leave(save->leaving[i]);
    for (size_t i = 0; i < save->n_leaving_blocks; i++)
        hy_block_undo_leave_plain(save->leaving_blocks[i]);
    release_blocks(save->blocks, save->n_blocks);
    hy_relation_unref(save->version);
    free(save->null_counts);
}

void hy_relation_save_end(HyRelationSave *save, bool is_committed)
{
    if (!save)
        return;
    if (is_committed)
        adopt_save(save);
    else
        discard_save(save);
    for (size_t i = 0; i < save->n_leaving; i++)
        hy_stored_chunk_unref(save->leaving[i]);
    release_blocks(save->leaving_blocks, save->n_leaving_blocks);
    free(save->leaving);
    free(save->refs);
    free(save);
}

/* Writes an object that is no chunk and binds it. */
static HyStatus put_bytes(HyRelationSave *save, HyContainerCommit *commit, const HyObjectKey *key,
    const void *bytes, size_t len)
{
    if (save->n_refs == save->refs_capacity) {
        size_t capacity = save->refs_capacity ? save->refs_capacity * 2 : 8;
        HyObjectRef *grown = realloc(save->refs, capacity * sizeof *grown);
        if (!grown)
            return hy_error_oom(capacity * sizeof *grown);
        save->refs = grown;
        save->refs_capacity = capacity;
    }
    HyCompression none = {.method = HY_COMPRESS_NONE};
    HyObjectRef *ref = &save->refs[save->n_refs];
    HY_TRY(hy_container_write(
        hy_block_store_container(save->image->store), bytes, len, none, NULL, ref));
    save->n_refs++;
    return hy_commit_put(commit, key, ref);
}

static HyStatus add_leaving(HyRelationSave *save, HyStoredChunk *chunk)
{
    if (save->n_leaving == save->leaving_capacity) {
        size_t capacity = save->leaving_capacity ? save->leaving_capacity * 2 : 32;
        HyStoredChunk **grown = realloc(save->leaving, capacity * sizeof(HyStoredChunk *));
        if (!grown)
            return hy_error_oom(capacity * sizeof *grown);
        save->leaving = grown;
        save->leaving_capacity = capacity;
    }
    HY_TRY(hy_stored_chunk_leave(chunk));
    save->leaving[save->n_leaving++] = hy_stored_chunk_ref(chunk);
    return HY_OK;
}

static bool has_column(const HyBlock *block, const HyStoredChunk *chunk)
{
    if (!block || hy_block_state(block) == HY_BLOCK_ABSENT)
        return false;
    for (size_t i = 0; i < hy_block_column_count(block); i++) {
        if (hy_block_column(block, i) == chunk)
            return true;
    }
    return false;
}

/* What of the old block is not part of the new one (NULL: nothing is) stays readable for older
 * versions. */
static HyStatus leave_block(HyRelationSave *save, HyBlock *old, const HyBlock *block)
{
    if (!old || hy_block_state(old) == HY_BLOCK_ABSENT)
        return HY_OK;
    if (hy_block_state(old) == HY_BLOCK_PLAIN) {
        HY_TRY(hy_block_leave_plain(old));
        save->leaving_blocks[save->n_leaving_blocks++] = hy_block_ref(old);
        return HY_OK;
    }
    for (size_t i = 0; i < hy_block_column_count(old); i++) {
        if (!has_column(block, hy_block_column(old, i)))
            HY_TRY(add_leaving(save, hy_block_column(old, i)));
    }
    return HY_OK;
}

static HyStoredChunk *column_or_null(const HyBlock *block, size_t column)
{
    if (!block || hy_block_state(block) != HY_BLOCK_COLUMNS ||
        column >= hy_block_column_count(block))
        return NULL;
    return hy_block_column(block, column);
}

/* Adds the difference between a block in the file and the one that shall be there to the commit. */
static HyStatus commit_block(
    HyRelationSave *save, HyContainerCommit *commit, size_t b, HyBlock *old, HyBlock *block)
{
    if (old == block)
        return HY_OK;
    HY_TRY(leave_block(save, old, block));
    HyObjectKey key = {
        .kind = HY_OBJECT_BLOCK, .relation = save->image->slot, .block = (uint32_t)b};
    HyBlockState old_state = old ? hy_block_state(old) : HY_BLOCK_ABSENT;
    HyBlockState state = block ? hy_block_state(block) : HY_BLOCK_ABSENT;
    assert(state != HY_BLOCK_PLAIN); /* they never move */
    size_t n_old = old ? hy_block_column_count(old) : 0;
    size_t n_new = block ? hy_block_column_count(block) : 0;
    for (size_t i = 0; i < n_old || i < n_new; i++) {
        HyStoredChunk *from = column_or_null(old, i);
        HyStoredChunk *to = column_or_null(block, i);
        key.attribute = (uint32_t)i + 1;
        if (from == to)
            continue;
        const HyObjectRef *ref = to ? hy_stored_chunk_file_ref(to) : NULL;
        HY_TRY(ref ? hy_commit_put(commit, &key, ref) : hy_commit_remove(commit, &key));
    }
    key.attribute = 0;
    if (state == HY_BLOCK_ABSENT)
        return old_state == HY_BLOCK_ABSENT ? HY_OK : hy_commit_remove(commit, &key);
    if (old_state == HY_BLOCK_COLUMNS && hy_block_rows(old) == hy_block_rows(block))
        return HY_OK;
    uint8_t rows[8];
    hy_store_u64(rows, hy_block_rows(block));
    return put_bytes(save, commit, &key, rows, sizeof rows);
}

typedef struct TailEncoding {
    HyBlockStore *store;
    HyRelation *version;
    HyStoredChunk **columns;
} TailEncoding;

static HyStatus encode_tail_column(void *context, size_t i)
{
    TailEncoding *encoding = context;
    const HyRelationParts *parts = &encoding->version->parts;
    uint64_t *validity = NULL;
    HY_TRY(hy_tail_validity(parts->tail, i, parts->tail_rows, &validity));
    HyStatus st = hy_stored_chunk_encode(encoding->store, parts->layout->types[i],
        hy_tail_data(parts->tail, i), validity, parts->tail_rows,
        hy_block_store_options(encoding->store)->compression, &encoding->columns[i]);
    free(validity);
    return st;
}

static HyStatus encode_tail(
    HyRelationImage *image, HyRelation *version, HyTaskPool *pool, HyBlock **out)
{
    size_t n_cols = version->parts.layout->n_cols;
    TailEncoding encoding = {.store = image->store,
        .version = version,
        .columns = calloc(n_cols + 1, sizeof(HyStoredChunk *))};
    if (!encoding.columns)
        return hy_error_oom(n_cols * sizeof(HyStoredChunk *));
    HyStatus st = HY_OK;
    if (pool) {
        HY_GO(hy_task_pool_run(pool, n_cols, encode_tail_column, &encoding));
    } else {
        for (size_t i = 0; i < n_cols; i++)
            HY_GO(encode_tail_column(&encoding, i));
    }
    st = hy_block_create(version->parts.tail_rows, encoding.columns, n_cols, out);
    free(encoding.columns);
    return st;

done:
    for (size_t i = 0; i < n_cols; i++)
        hy_stored_chunk_unref(encoding.columns[i]);
    free(encoding.columns);
    return st;
}

/* The block of a version as the file shall have it, with a reference. */
static HyStatus file_block(
    HyRelationImage *image, HyRelation *version, size_t b, HyTaskPool *pool, HyBlock **out)
{
    const HyRelationParts *parts = &version->parts;
    if (hy_relation_block_live_rows(version, b) == 0)
        return hy_block_create_absent(
            hy_relation_block_rows(version, b), parts->layout->n_cols, out);
    if (b < parts->blocks->n) {
        *out = hy_block_ref(parts->blocks->blocks[b]);
        return HY_OK;
    }
    if (image->tail == parts->tail && image->tail_rows == parts->tail_rows && b < image->n_blocks &&
        hy_block_state(image->blocks[b]) == HY_BLOCK_COLUMNS) {
        *out = hy_block_ref(image->blocks[b]);
        return HY_OK;
    }
    return encode_tail(image, version, pool, out);
}

/* The row count of the file ends with the last live row. */
static int64_t trimmed_row_count(const HyRelation *version)
{
    for (size_t b = hy_relation_block_count(version); b > 0; b--) {
        if (hy_relation_block_live_rows(version, b - 1) == 0)
            continue;
        const uint64_t *deletes = hy_relation_block_deletes(version, b - 1);
        uint32_t n = hy_relation_block_rows(version, b - 1);
        while (deletes && hy_bitmap_get(deletes, n - 1))
            n--;
        return HY_ROW_ID(b - 1, n);
    }
    return 0;
}

static HyStatus put_rows_and_deletes(
    HyRelationSave *save, HyContainerCommit *commit, int64_t row_count)
{
    HyStatus st = HY_OK;
    HyBuffer buf = {0};
    HyObjectKey key = {.kind = HY_OBJECT_ROWS, .relation = save->image->slot};
    HY_GO(hy_buffer_append_u64(&buf, (uint64_t)row_count));
    for (size_t b = 0; b < save->n_blocks; b++)
        HY_GO(hy_buffer_append_u32(&buf, (uint32_t)hy_block_state(save->blocks[b])));
    HY_GO(put_bytes(save, commit, &key, buf.data, buf.len));
    buf.len = 0;
    HY_GO(hy_deletes_format(save->version->parts.deletes, row_count, &buf));
    key.kind = HY_OBJECT_DELETES;
    HY_GO(put_bytes(save, commit, &key, buf.data, buf.len));
    key.kind = HY_OBJECT_SAMPLE; /* it would describe other rows */
    HY_GO(hy_commit_remove(commit, &key));

done:
    hy_buffer_free(&buf);
    return st;
}

/* The column of `old` that column `column` of the version is: they share the chunk of some block.
 * SIZE_MAX: there is none, or nothing but a tail to tell by. */
static size_t find_source(const HyRelation *old, const HyRelation *version, size_t column)
{
    const HyBlockList *blocks = version->parts.blocks;
    if (old->parts.layout == version->parts.layout)
        return column;
    for (size_t b = 0; b < blocks->n && b < old->parts.blocks->n; b++) {
        HyStoredChunk *chunk = column_or_null(blocks->blocks[b], column);
        for (size_t i = 0; chunk && i < old->parts.layout->n_cols; i++) {
            if (column_or_null(old->parts.blocks->blocks[b], i) == chunk)
                return i;
        }
    }
    return SIZE_MAX;
}

/* Whether the live rows of a block have the same values in a column of both versions, as far as the
 * objects tell. */
static bool is_same_column(
    const HyRelation *a, size_t column_a, const HyRelation *b, size_t column_b, size_t block)
{
    if (block >= hy_relation_block_count(a) || block >= hy_relation_block_count(b) ||
        hy_relation_block_rows(a, block) != hy_relation_block_rows(b, block) ||
        hy_relation_block_deletes(a, block) != hy_relation_block_deletes(b, block))
        return false;
    size_t n_a = a->parts.blocks->n;
    size_t n_b = b->parts.blocks->n;
    if (block >= n_a || block >= n_b)
        return block >= n_a && block >= n_b && a->parts.tail == b->parts.tail;
    const HyBlock *block_a = a->parts.blocks->blocks[block];
    const HyBlock *block_b = b->parts.blocks->blocks[block];
    return block_a == block_b ||
           (column_or_null(block_a, column_a) &&
               column_or_null(block_a, column_a) == column_or_null(block_b, column_b));
}

/* Nulls of one column: those of the image, and what changed blocks add and take. */
static HyStatus count_column_nulls(HyRelationSave *save, uint32_t column, int64_t *out)
{
    const HyRelationImage *image = save->image;
    HyRelation *version = save->version;
    HyRelation *old = image->null_counts ? image->version : NULL;
    size_t source = old ? find_source(old, version, column) : SIZE_MAX;
    if (source == SIZE_MAX)
        old = NULL; /* count from scratch */
    size_t n_old = old ? hy_relation_block_count(old) : 0;
    size_t n_new = hy_relation_block_count(version);
    int64_t total = old ? image->null_counts[source] : 0;
    bool had_nulls = total > 0;
    for (size_t b = 0; b < n_old || b < n_new; b++) {
        int64_t n;
        if (old && is_same_column(old, source, version, column, b))
            continue;
        if (b < n_old && had_nulls) {
            HY_TRY(hy_relation_count_nulls(old, b, (uint32_t)source, &n));
            total -= n;
        }
        if (b < n_new) {
            HY_TRY(hy_relation_count_nulls(version, b, column, &n));
            total += n;
        }
    }
    *out = total < 0 ? 0 : total;
    return HY_OK;
}

static HyStatus count_nulls(HyRelationSave *save)
{
    const HyLayout *layout = save->version->parts.layout;
    save->null_counts = calloc(layout->n_cols + 1, sizeof *save->null_counts);
    if (!save->null_counts)
        return hy_error_oom(layout->n_cols * sizeof *save->null_counts);
    for (size_t i = 0; i < layout->n_cols; i++) {
        if (layout->types[i].nullable)
            HY_TRY(count_column_nulls(save, (uint32_t)i, &save->null_counts[i]));
    }
    return HY_OK;
}

static HyStatus new_save(HyRelationImage *image, HyRelationSave **out)
{
    HyRelationSave *save = calloc(1, sizeof *save);
    if (!save)
        return hy_error_oom(sizeof *save);
    save->image = image;
    save->leaving_blocks = calloc(image->n_blocks + 1, sizeof *save->leaving_blocks);
    if (!save->leaving_blocks) {
        free(save);
        return hy_error_oom(image->n_blocks * sizeof *save->leaving_blocks);
    }
    *out = save;
    return HY_OK;
}

HyStatus hy_relation_save(HyRelationImage *image, HyRelation *version, HyTaskPool *pool,
    HyContainerCommit *commit, HyRelationSave **out)
{
    HyRelationSave *save = NULL;
    HY_TRY(new_save(image, &save));
    HyStatus st = HY_OK;
    save->version = hy_relation_ref(version);
    int64_t row_count = trimmed_row_count(version);
    size_t n_blocks = (size_t)((row_count + HY_BLOCK_ROWS - 1) / HY_BLOCK_ROWS);
    save->blocks = calloc(n_blocks + 1, sizeof *save->blocks);
    if (!save->blocks) {
        st = hy_error_oom(n_blocks * sizeof *save->blocks);
        goto done;
    }
    for (; save->n_blocks < n_blocks; save->n_blocks++)
        HY_GO(file_block(image, version, save->n_blocks, pool, &save->blocks[save->n_blocks]));
    HY_GO(count_nulls(save));
    for (size_t b = 0; b < n_blocks || b < image->n_blocks; b++)
        HY_GO(commit_block(save, commit, b, b < image->n_blocks ? image->blocks[b] : NULL,
            b < n_blocks ? save->blocks[b] : NULL));
    HY_GO(put_rows_and_deletes(save, commit, row_count));
    *out = save;
    save = NULL;

done:
    hy_relation_save_end(save, false);
    return st;
}

HyStatus hy_relation_save_drop(
    HyRelationImage *image, HyContainerCommit *commit, HyRelationSave **out)
{
    HyRelationSave *save = NULL;
    HY_TRY(new_save(image, &save));
    HyStatus st = HY_OK;
    for (size_t b = 0; b < image->n_blocks; b++)
        HY_GO(leave_block(save, image->blocks[b], NULL));
    HY_GO(hy_commit_remove_relation(commit, image->slot));
    *out = save;
    save = NULL;

done:
    hy_relation_save_end(save, false);
    return st;
}

const int64_t *hy_relation_save_null_counts(const HyRelationSave *save)
{
    return save->null_counts;
}
