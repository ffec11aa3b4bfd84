/* Bytes as a column block. The first three choose the type, the database version and the row count;
 * what opens is read, gathered, filtered and verified. */
#include "storage/chunk.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const HyTypeId type_ids[] = {HY_TYPE_BOOL, HY_TYPE_INT2, HY_TYPE_INT4, HY_TYPE_INT8,
    HY_TYPE_FLOAT4, HY_TYPE_FLOAT8, HY_TYPE_TEXT, HY_TYPE_CHAR1, HY_TYPE_DATE, HY_TYPE_TIMESTAMP,
    HY_TYPE_INTERVAL, HY_TYPE_UUID, HY_TYPE_OID, HY_TYPE_NUMERIC};

static void require_ok(HyStatus st)
{
    if (st)
        abort();
}

static void ignore_fault(void *ctx, const char *fault)
{
    (void)ctx;
    (void)fault;
}

static void filter(const HyChunk *chunk, const HyChunkInfo *info, const HyVector *v, uint32_t n)
{
    uint32_t sel[HY_VECTOR_SIZE];
    HyValue values[2] = {hy_vector_value(v, 0), hy_vector_value(v, n - 1)};
    for (int op = HY_CMP_EQ; op <= HY_CMP_GE; op++) {
        HyChunkTest test = {HY_CHUNK_COMPARE, (HyCompareOp)op, values, 1};
        uint32_t n_sel = n;
        uint32_t first = 0;
        uint32_t end = info->n_rows;
        (void)hy_chunk_match(chunk, &test);
        hy_chunk_narrow(chunk, &test, &first, &end);
        require_ok(hy_chunk_filter(chunk, &test, info->n_rows - n, true, sel, &n_sel));
        if (n_sel > n || first > end || end > info->n_rows)
            abort();
    }
    HyChunkTest in = {HY_CHUNK_IN, HY_CMP_EQ, values, 2};
    uint32_t n_sel = n;
    if (!values[0].is_null && !values[1].is_null && hy_compare_value(&values[0], &values[1]) < 0)
        require_ok(hy_chunk_filter(chunk, &in, 0, true, sel, &n_sel));
}

static void use(const HyChunk *chunk)
{
    HyArena *arena = hy_arena_create();
    HyChunkInfo info;
    HyVector v;
    hy_chunk_info(chunk, &info);
    for (uint32_t at = 0; at < info.n_rows; at += HY_VECTOR_SIZE) {
        uint32_t n = info.n_rows - at < HY_VECTOR_SIZE ? info.n_rows - at : HY_VECTOR_SIZE;
        uint32_t sel[] = {n / 3, n - 1};
        uint64_t hashes[HY_VECTOR_SIZE];
        require_ok(hy_chunk_read(chunk, at, n, arena, &v));
        require_ok(hy_vector_hash(&v, n, true, hashes));
        filter(chunk, &info, &v, n);
        require_ok(hy_chunk_gather(chunk, at, sel, n > 1 && n / 3 < n - 1 ? 2 : 1, arena, &v));
    }
    require_ok(hy_chunk_verify(chunk, ignore_fault, NULL));
    hy_arena_destroy(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4)
        return 0;
    HyType type = hy_type(type_ids[data[0] % HY_ARRAY_LEN(type_ids)]);
    if (type.id == HY_TYPE_NUMERIC)
        type = hy_type_numeric(38, 2);
    uint32_t n_rows = data[2] < 250 ? data[2] : (uint32_t)data[2] * 17;
    size_t len = size - 3;
    void *bytes = NULL;
    HyChunk *chunk = NULL;
    require_ok(hy_memory_alloc(NULL, len, &bytes));
    memcpy(bytes, data + 3, len);
    HyStatus st = hy_chunk_open(type, data[1] % 5, bytes, len, n_rows, NULL, &chunk);
    if (!st)
        use(chunk);
    hy_error_free(st);
    hy_chunk_destroy(chunk);
    return 0;
}
