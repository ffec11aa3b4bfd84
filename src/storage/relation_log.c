/* Layout of a difference, little-endian:
 *   u32 columns, u32 flags (1: all former rows are gone), u64 row count before,
 *   u32 rows appended, u32 rows deleted,
 *   per column: u8 1 if there are nulls, then a bit per row (1: value);
 *               values of fixed size as in memory, or u32 lengths and all bytes,
 *   u64 row ids deleted. */
#include "storage/relation_log.h"
#include "storage/appender.h"
#include "storage/chunk_internal.h"
#include "storage/relation_change.h"
#include "storage/relation_internal.h"
#include <stdlib.h>

#define HEAD_BYTES 24
#define FLAG_RESET UINT32_C(1)

/* ---- Writing ---- */

static HyStatus format_strings(const HyString *strings, uint32_t n, HyBuffer *out)
{
    for (uint32_t i = 0; i < n; i++)
        HY_TRY(hy_buffer_append_u32(out, strings[i].len));
    for (uint32_t i = 0; i < n; i++)
        HY_TRY(hy_buffer_append(out, hy_string_data(&strings[i]), strings[i].len));
    return HY_OK;
}

static HyStatus format_column(
    const HyRelationParts *parts, size_t column, uint32_t first, uint32_t n, HyBuffer *out)
{
    HyPhysical physical = hy_type_physical(parts->layout->types[column]);
    size_t width = hy_physical_size(physical);
    size_t validity_bytes = (n + 7) / 8;
    HY_TRY(hy_buffer_reserve(out, 1 + validity_bytes));
    bool has_null =
        hy_tail_validity_bytes(parts->tail, column, first, n, (uint8_t *)out->data + out->len + 1);
    out->data[out->len] = has_null;
    out->len += has_null ? 1 + validity_bytes : 1;
    const char *values = (const char *)hy_tail_data(parts->tail, column) + first * width;
    if (physical == HY_PHYS_STRING)
        return format_strings((const HyString *)(const void *)values, n, out);
    return hy_buffer_append(out, values, n * width);
}

/* Rows deleted in `to` and not in `from` (NULL: nothing was). */
static HyStatus format_deletes(
    const HyRelation *from, const HyRelation *to, HyBuffer *out, uint32_t *n)
{
    *n = 0;
    for (size_t b = 0; b < hy_relation_block_count(to); b++) {
        const uint64_t *now = hy_delete_map_block(to->parts.deletes, b);
        const uint64_t *before = from ? hy_delete_map_block(from->parts.deletes, b) : NULL;
        for (size_t w = 0; now && now != before && w < HY_ROW_SET_WORDS; w++) {
            uint64_t word = now[w] & ~(before ? before[w] : 0);
            for (; word; word &= word - 1, (*n)++) {
                uint32_t position = (uint32_t)(w * 64) + (uint32_t)__builtin_ctzll(word);
                HY_TRY(hy_buffer_append_u64(out, (uint64_t)HY_ROW_ID(b, position)));
            }
        }
    }
    return HY_OK;
}

/* Whether the rows of `to` from `first` on are in its tail. */
static bool are_in_tail(const HyRelation *to, int64_t first)
{
    return first == to->parts.row_count ||
           (to->parts.tail && first >= (int64_t)to->parts.blocks->n * HY_BLOCK_ROWS);
}

static HyStatus format_difference(
    const HyRelation *from, HyRelation *to, int64_t first, HyBuffer *out)
{
    const HyRelationParts *parts = &to->parts;
    size_t head = out->len;
    uint32_t n_rows = (uint32_t)(parts->row_count - first);
    uint32_t n_deletes;
    HY_TRY(hy_buffer_append_u32(out, (uint32_t)parts->layout->n_cols));
    HY_TRY(hy_buffer_append_u32(out, from ? 0 : FLAG_RESET));
    HY_TRY(hy_buffer_append_u64(out, (uint64_t)first));
    HY_TRY(hy_buffer_append_u32(out, n_rows));
    HY_TRY(hy_buffer_append_u32(out, 0));
    for (size_t c = 0; n_rows > 0 && c < parts->layout->n_cols; c++)
        HY_TRY(format_column(parts, c, HY_ROW_POSITION(first), n_rows, out));
    HY_TRY(format_deletes(from, to, out, &n_deletes));
    hy_store_u32(out->data + head + HEAD_BYTES - 4, n_deletes);
    return HY_OK;
}

HyStatus hy_relation_log_format(
    const HyRelation *from, HyRelation *to, size_t max_bytes, HyBuffer *out, bool *is_loggable)
{
    size_t start = out->len;
    *is_loggable = false;
    if (from->parts.lineage != to->parts.lineage)
        from = NULL;
    else if (from->parts.layout->n_cols != to->parts.layout->n_cols)
        return HY_OK;
    int64_t first = from ? from->parts.row_count : 0;
    int64_t n_deletes = hy_delete_map_total(to->parts.deletes) -
                        (from ? hy_delete_map_total(from->parts.deletes) : 0);
    int64_t n_rows = to->parts.row_count - first;
    size_t row_bytes = 8 + 4 * to->parts.layout->n_cols;
    if (n_rows < 0 || n_deletes < 0 || !are_in_tail(to, first) ||
        (uint64_t)n_deletes > max_bytes / 8 || (uint64_t)n_rows > max_bytes / row_bytes)
        return HY_OK;
    HyStatus st = format_difference(from, to, first, out);
    *is_loggable = !st && out->len - start <= max_bytes;
    if (!*is_loggable)
        out->len = start;
    return st;
}

/* ---- Reading ---- */

typedef struct LogReader {
    const uint8_t *bytes;
    size_t len;
    size_t at;
} LogReader;

static HyStatus bad_record(const char *fault)
{
    return hy_error("XX001", "invalid record in the log: %s", fault);
}

static HyStatus take(LogReader *reader, uint64_t n, const uint8_t **out)
{
    if (n > reader->len - reader->at)
        return bad_record("it is too short");
    *out = reader->bytes + reader->at;
    reader->at += (size_t)n;
    return HY_OK;
}

static HyStatus read_validity(LogReader *reader, HyArena *arena, uint32_t n, HyVector *v)
{
    const uint8_t *bytes;
    HY_TRY(take(reader, 1, &bytes));
    if (bytes[0] == 0)
        return HY_OK;
    HY_TRY(take(reader, (n + 7) / 8, &bytes));
    v->validity = hy_arena_zalloc(arena, hy_bitmap_words(n) * 8);
    if (!v->validity)
        return hy_error_oom(n / 8);
    memcpy(v->validity, bytes, (n + 7) / 8);
    return HY_OK;
}

static HyStatus read_strings(LogReader *reader, uint32_t n, HyString *out)
{
    const uint8_t *lengths;
    HY_TRY(take(reader, (uint64_t)n * 4, &lengths));
    for (uint32_t i = 0; i < n; i++) {
        const uint8_t *bytes;
        uint32_t len = hy_load_u32(lengths + 4 * (size_t)i);
        HY_TRY(take(reader, len, &bytes));
        out[i] = hy_string_view((const char *)bytes, len);
    }
    return HY_OK;
}

/* What kernels rely on: the log may come from anywhere. */
static HyStatus check_values(const HyVector *v, uint32_t n)
{
    size_t width = hy_physical_size(hy_type_physical(v->type));
    for (uint32_t i = 0; i < n; i++) {
        HyPayload value = {.bytes = {0}};
        char *bytes = (char *)v->data + i * width;
        if (v->type.id == HY_TYPE_BOOL)
            *bytes = *bytes != 0;
        memcpy(value.bytes, bytes, width);
        if (hy_vector_is_null(v, i))
            continue;
        const char *fault = hy_chunk_value_fault(v->type, &value);
        if (fault)
            return bad_record(fault);
    }
    return HY_OK;
}

static HyStatus read_column(
    LogReader *reader, HyArena *arena, HyType type, uint32_t n, HyVector *out)
{
    HY_TRY(hy_vector_alloc(arena, type, n, out));
    HY_TRY(read_validity(reader, arena, n, out));
    HyPhysical physical = hy_type_physical(type);
    if (physical == HY_PHYS_STRING) {
        HY_TRY(read_strings(reader, n, out->data));
    } else {
        const uint8_t *values;
        size_t bytes = n * hy_physical_size(physical);
        HY_TRY(take(reader, bytes, &values));
        memcpy(out->data, values, bytes);
    }
    return check_values(out, n);
}

static HyStatus append_rows(HyRelation *to, LogReader *reader, uint32_t n, HyBlockStore *store,
    HyTaskPool *pool, HyRelation **out)
{
    HyAppender *appender = NULL;
    HyStatus st = HY_OK;
    HyAppenderOptions options = {.store = store, .pool = pool};
    HyBatch batch = {.n_rows = n, .n_cols = hy_relation_column_count(to)};
    HyArena *arena = hy_arena_create();
    if (!arena)
        return hy_error_oom(0);
    batch.cols = hy_arena_zalloc(arena, (batch.n_cols + 1) * sizeof *batch.cols);
    if (!batch.cols) {
        st = hy_error_oom(batch.n_cols * sizeof *batch.cols);
        goto done;
    }
    for (size_t c = 0; c < batch.n_cols; c++)
        HY_GO(read_column(reader, arena, hy_relation_types(to)[c], n, &batch.cols[c]));
    HY_GO(hy_appender_create(to, &options, &appender));
    HY_GO(hy_appender_append(appender, &batch));
    st = hy_appender_finish(appender, out);
    appender = NULL;

done:
    hy_appender_abort(appender);
    hy_arena_destroy(arena);
    return st;
}

static HyStatus delete_rows(HyRelation *from, LogReader *reader, uint32_t n, int64_t loaded_rows,
    int64_t gap, HyRelation **out)
{
    HyRowSet set = {0};
    const uint8_t *ids;
    HyStatus st = HY_OK;
    HY_TRY(take(reader, (uint64_t)n * 8, &ids));
    for (uint32_t i = 0; i < n; i++) {
        bool was_added;
        int64_t row = hy_load_i64(ids + 8 * (size_t)i);
        if (row >= loaded_rows) /* one behind rows that the file does not count */
            row = row < loaded_rows + gap ? -1 : row - gap;
        if (row < 0 || row >= hy_relation_row_count(from)) {
            st = bad_record("a deleted row does not exist");
            goto done;
        }
        HY_GO(hy_row_set_add(&set, row, &was_added));
    }
    st = hy_relation_with_deletes(from, &set, out);

done:
    hy_row_set_free(&set);
    return st;
}

/* What the difference begins with; `first` is checked against the version that it follows. */
typedef struct LogHead {
    bool is_reset;
    uint32_t n_rows, n_deletes;
    int64_t first;
} LogHead;

static HyStatus read_head(LogReader *reader, const HyRelation *version, LogHead *out)
{
    const uint8_t *head;
    HY_TRY(take(reader, HEAD_BYTES, &head));
    *out = (LogHead){.is_reset = (hy_load_u32(head + 4) & FLAG_RESET) != 0,
        .first = hy_load_i64(head + 8),
        .n_rows = hy_load_u32(head + 16),
        .n_deletes = hy_load_u32(head + 20)};
    if (hy_load_u32(head) != hy_relation_column_count(version))
        return bad_record("the table has other columns");
    int64_t rows = out->is_reset ? 0 : hy_relation_row_count(version);
    if (out->first < rows || (out->is_reset && out->first != 0) || out->first > INT64_MAX / 4)
        return bad_record("the table has other rows");
    return out->n_rows <= HY_BLOCK_ROWS ? HY_OK : bad_record("too many rows");
}

HyStatus hy_relation_log_apply(HyRelationReplay *replay, const uint8_t *bytes, size_t len,
    HyBlockStore *store, HyTaskPool *pool, bool *is_reset)
{
    LogReader reader = {.bytes = bytes, .len = len};
    LogHead head;
    HyRelation *version = NULL;
    HyStatus st = HY_OK;
    HY_TRY(read_head(&reader, replay->version, &head));
    if (head.is_reset)
        HY_TRY(hy_relation_create(hy_relation_types(replay->version),
            hy_relation_column_count(replay->version), &version));
    else
        version = hy_relation_ref(replay->version);
    int64_t gap = head.first - hy_relation_row_count(version);
    int64_t loaded_rows = head.is_reset ? 0 : replay->loaded_rows;
    HyRelation *next = NULL;
    if (head.n_rows > 0) {
        HY_GO(append_rows(version, &reader, head.n_rows, store, pool, &next));
        hy_relation_unref(version);
        version = next;
    }
    if (head.n_deletes > 0) {
        HY_GO(delete_rows(version, &reader, head.n_deletes, loaded_rows, gap, &next));
        hy_relation_unref(version);
        version = next;
    }
    if (reader.at != reader.len) {
        st = bad_record("it is too long");
        goto done;
    }
    hy_relation_unref(replay->version);
    replay->version = version;
    replay->loaded_rows = loaded_rows;
    *is_reset = head.is_reset;
    version = NULL;

done:
    hy_relation_unref(version);
    return st;
}
