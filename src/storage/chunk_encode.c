/* Encoding: from flat values to the bytes of a column block. The two ways part by type:
 * chunk_encode_fixed.c and chunk_text.c; here is what they share. */
#include "storage/chunk_encode_internal.h"

/* ---- Scratch ---- */

#define SCRATCH_BYTES_PER_ROW 72

void hy_scratch_init(HyScratch *scratch, HyMemory *memory, size_t n_rows)
{
    memset(scratch, 0, sizeof *scratch);
    scratch->memory = memory;
    scratch->block_bytes = SCRATCH_BYTES_PER_ROW * n_rows + 4096;
}

HyStatus hy_scratch_take(HyScratch *scratch, size_t bytes, void **out)
{
    bytes = hy_align_up(bytes, 64);
    if (bytes > scratch->left) {
        void *block = NULL;
        size_t len = bytes > scratch->block_bytes ? bytes : scratch->block_bytes;
        if (scratch->n_blocks == HY_ARRAY_LEN(scratch->blocks))
            return hy_error("XX000", "too many blocks of scratch memory");
        HY_TRY(hy_memory_alloc(scratch->memory, len, &block));
        scratch->blocks[scratch->n_blocks] = block;
        scratch->lens[scratch->n_blocks++] = len;
        scratch->at = block;
        scratch->left = len;
    }
    *out = scratch->at;
    scratch->at += bytes;
    scratch->left -= bytes;
    return HY_OK;
}

void hy_scratch_free(HyScratch *scratch)
{
    while (scratch->n_blocks) {
        scratch->n_blocks--;
        hy_memory_free(
            scratch->memory, scratch->blocks[scratch->n_blocks], scratch->lens[scratch->n_blocks]);
    }
}

/* ---- Block ---- */

HyStatus hy_encode_refused(const HyEncodeJob *job, const char *why)
{
    return hy_error(
        "0A000", "encoding 0x%02x is not possible: %s", job->wanted ? job->wanted->id : 0u, why);
}

static void put_header(uint8_t *out, uint64_t n, uint64_t a, uint64_t b, uint64_t id, uint64_t c)
{
    hy_store_u64(out, n);
    hy_store_u64(out + 8, a);
    hy_store_u64(out + 16, b);
    hy_store_u64(out + 24, id);
    hy_store_u64(out + 32, c);
    hy_store_u64(out + 40, 0);
}

static HyStatus allocate(HyEncodeJob *job, size_t len)
{
    void *out = NULL;
    HY_TRY(hy_memory_alloc(job->memory, len, &out));
    job->out = out;
    job->out_len = len;
    return HY_OK;
}

/* Zeroes from the end of a section to the next. */
static void pad(uint8_t *block, size_t from, size_t to)
{
    memset(block + from, 0, to - from);
}

HyStatus hy_block_begin(
    HyEncodeJob *job, const HyChunkEncoding *encoding, HyBlockSizes sizes, HyBlockParts *out)
{
    *out = (HyBlockParts){NULL, NULL, NULL, NULL, NULL, NULL, NULL};
    if (encoding->shape == HY_SHAPE_SINGLE) {
        size_t end = hy_align_up(HY_CHUNK_HEADER + 16 + sizes.heap, 16);
        HY_TRY(allocate(job, end));
        put_header(job->out, job->n_rows, 0, 0, encoding->id, 16);
        pad(job->out, HY_CHUNK_HEADER, HY_CHUNK_HEADER + 16);
        pad(job->out, HY_CHUNK_HEADER + 16 + sizes.heap, end);
        out->bounds = job->out + HY_CHUNK_HEADER;
        out->heap = job->out + HY_CHUNK_HEADER + 16;
        return HY_OK;
    }
    HyChunkFrame frame = hy_chunk_frame(job->physical, encoding);
    bool is_dict = encoding->shape == HY_SHAPE_DICT;
    size_t values_end = frame.values + sizes.values;
    size_t codes = is_dict ? hy_align_up(values_end, 16) : frame.values;
    size_t codes_end = is_dict ? codes + sizes.codes : values_end;
    size_t heap = hy_align_up(codes_end, 16);
    size_t end = hy_align_up(heap + sizes.heap, 16);
    HY_TRY(allocate(job, end));
    uint8_t *block = job->out;
    put_header(block, job->n_rows, frame.values - HY_CHUNK_HEADER, codes - HY_CHUNK_HEADER,
        encoding->id, heap - HY_CHUNK_HEADER);
    pad(block, HY_CHUNK_HEADER, frame.values);
    if (is_dict)
        pad(block, values_end, codes);
    pad(block, codes_end, heap);
    pad(block, heap + sizes.heap, end);
    *out = (HyBlockParts){
        .bounds = block + HY_CHUNK_HEADER,
        .psma = (uint32_t *)(void *)(block + frame.psma),
        .null_range = block + frame.null_range,
        .mark = block + frame.mark,
        .values = block + frame.values,
        .codes = block + codes,
        .heap = block + heap,
    };
    return HY_OK;
}

HyStatus hy_block_put_codes(
    HyEncodeJob *job, const HyChunkEncoding *encoding, HyBlockParts *parts, const uint32_t *codes)
{
    const HyChunkKernels *kernels = hy_chunk_kernels();
    unsigned bits = encoding->bits;
    if (bits >= 8) {
        kernels->narrow[0][hy_width_index(bits / 8)](parts->codes, codes, job->mask, job->n_rows);
        return HY_OK;
    }
    if (job->mask) {
        uint32_t *shifted;
        HY_SCRATCH(&job->scratch, shifted, job->n_rows);
        kernels->narrow[0][2](shifted, codes, job->mask, job->n_rows);
        codes = shifted;
    }
    kernels->pack[bits / 2](parts->codes, codes, job->n_rows);
    return HY_OK;
}

/* ---- Entry ---- */

static HyStatus encode_all_null(HyEncodeJob *job)
{
    if (job->wanted && job->wanted->shape != HY_SHAPE_ALL_NULL)
        return hy_encode_refused(job, "every value is null");
    const HyChunkEncoding *encoding = hy_chunk_encoding_find(HY_SHAPE_ALL_NULL, 0, true, false);
    HY_TRY(allocate(job, HY_CHUNK_HEADER));
    put_header(job->out, job->n_rows, 0, 0, encoding->id, 0);
    return HY_OK;
}

static HyStatus prepare_nulls(HyEncodeJob *job, const uint64_t *validity)
{
    if (validity)
        job->n_nulls = job->n_rows - (uint32_t)hy_bitmap_count(validity, job->n_rows);
    if (job->n_nulls == 0 || job->n_nulls == job->n_rows)
        return HY_OK;
    uint8_t *mask;
    HY_SCRATCH(&job->scratch, mask, job->n_rows);
    hy_chunk_kernels()->bits_to_mask(mask, validity, 0, job->n_rows);
    while (!mask[job->first_valid])
        job->first_valid++;
    job->mask = mask;
    return HY_OK;
}

static HyStatus encode(HyEncodeJob *job, const uint64_t *validity)
{
    HY_TRY(prepare_nulls(job, validity));
    if (job->n_nulls == job->n_rows)
        return encode_all_null(job);
    if (job->wanted && job->wanted->shape == HY_SHAPE_ALL_NULL)
        return hy_encode_refused(job, "not every value is null");
    if (job->wanted && job->wanted->nulls != (job->mask != NULL))
        return hy_encode_refused(job, job->mask ? "there are nulls" : "there are no nulls");
    if (job->physical == HY_PHYS_STRING)
        return hy_encode_text(job);
    return hy_encode_fixed(job);
}

static HyStatus run(HyEncodeJob *job, const uint64_t *validity, uint8_t **out, size_t *out_len)
{
    if (job->n_rows == 0 || job->n_rows > HY_BLOCK_ROWS)
        return hy_error("XX000", "a block of %u rows cannot be encoded", job->n_rows);
    job->physical = hy_type_physical(job->type);
    job->width = hy_physical_size(job->physical);
    hy_scratch_init(&job->scratch, job->memory, job->n_rows);
    HyStatus st = encode(job, validity);
    hy_scratch_free(&job->scratch);
    if (st) {
        hy_memory_free(job->memory, job->out, job->out_len);
        return st;
    }
    *out = job->out;
    *out_len = job->out_len;
    return HY_OK;
}

HyStatus hy_chunk_encode(HyType type, uint16_t database_version, const void *data,
    const uint64_t *validity, uint32_t n_rows, HyChunkEffort effort, HyMemory *memory,
    uint8_t **out, size_t *out_len)
{
    HyEncodeJob job = {.type = type,
        .version = database_version,
        .data = data,
        .n_rows = n_rows,
        .effort = effort,
        .memory = memory};
    return run(&job, validity, out, out_len);
}

HyStatus hy_chunk_encode_as(HyType type, uint16_t database_version, const void *data,
    const uint64_t *validity, uint32_t n_rows, uint8_t encoding_id, HyMemory *memory, uint8_t **out,
    size_t *out_len)
{
    const HyChunkEncoding *encoding = hy_chunk_encoding(encoding_id);
    if (!encoding || !hy_chunk_encoding_fits(type, encoding))
        return hy_error("0A000", "encoding 0x%02x does not go with the type", encoding_id);
    HyEncodeJob job = {.type = type,
        .version = database_version,
        .data = data,
        .n_rows = n_rows,
        .effort = HY_EFFORT_GENUINE,
        .wanted = encoding,
        .memory = memory};
    return run(&job, validity, out, out_len);
}
