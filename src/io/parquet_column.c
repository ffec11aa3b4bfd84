/* Column chunks: pages one after the other, their levels and values decoded a batch at a time. */
#include "io/parquet_internal.h"
#include "io/thrift.h"

#include <stdatomic.h>
#include <stdlib.h>

#define WINDOW_BYTES    ((size_t)256 << 10) /* read at once */
#define MAX_HEADER      ((size_t)1 << 20)   /* statistics of long texts stand in page headers */
#define MAX_PAGE_VALUES ((int64_t)1 << 31)

/* Memory in a budget that is used again and again. */
typedef struct Block {
    uint8_t *data;
    size_t capacity;
} Block;

/* How the values of the page at hand are read. */
typedef enum ValueForm {
    VALUES_FIXED,   /* raw values one behind the other */
    VALUES_BITS,    /* booleans, eight a byte */
    VALUES_HYBRID,  /* booleans as runs */
    VALUES_STRINGS, /* length, bytes, length, bytes .. */
    VALUES_CODES    /* of the dictionary */
} ValueForm;

typedef struct PageHeader {
    int type; /* 0 data, 2 dictionary, 3 data of version 2 */
    int64_t bytes, stored_bytes;
    int64_t n_values;
    int64_t encoding, level_encoding;
    int64_t level_bytes; /* version 2: of both kinds */
    int64_t repetition_bytes;
    bool is_compressed;
} PageHeader;

struct HyParquetColumnReader {
    HyMemory *memory;
    const HyParquetFile *file;
    const HyParquetColumn *column;
    const HyParquetChunk *chunk;
    HyType type;
    size_t size;     /* of a value of `type` */
    size_t raw_size; /* of a value in a page */

    Block window; /* part of the chunk, as it is in the file */
    size_t window_at, window_end;
    uint64_t next_offset; /* of the file: behind the window */
    uint64_t bytes_left;  /* of the chunk behind the window */

    Block page;   /* decompressed */
    Block values; /* of encodings that are undone as a whole */
    Block raw;    /* a batch before conversion */
    HyParquetInflater *inflater;
    int64_t page_left;  /* rows of the page */
    int64_t chunk_left; /* values that pages may still bring */
    HyParquetHybrid levels;
    ValueForm form;
    const uint8_t *at;
    const uint8_t *end;
    size_t bit;
    HyParquetHybrid codes;

    Block dictionary;       /* values of `type` */
    Block dictionary_bytes; /* of its strings */
    uint32_t dictionary_size;
    bool has_dictionary;
    HyDictionary vector_dictionary;
};

/* ---- Memory ---- */

static HyStatus reserve(HyParquetColumnReader *r, Block *block, size_t bytes)
{
    size_t need = bytes + HY_PARQUET_SLACK;
    if (need < bytes)
        return hy_error_oom(bytes);
    if (need <= block->capacity)
        return HY_OK;
    need += need / 4;
    hy_memory_free(r->memory, block->data, block->capacity);
    *block = (Block){0};
    void *data;
    HY_TRY(hy_memory_alloc(r->memory, need, &data));
    *block = (Block){data, need};
    return HY_OK;
}

static void release(HyParquetColumnReader *r, Block *block)
{
    hy_memory_free(r->memory, block->data, block->capacity);
    *block = (Block){0};
}

HyStatus hy_parquet_reader_create(HyMemory *memory, HyParquetColumnReader **out)
{
    HyParquetColumnReader *r = calloc(1, sizeof *r);
    if (!r)
        return hy_error_oom(sizeof *r);
    r->memory = memory;
    *out = r;
    return HY_OK;
}

void hy_parquet_reader_destroy(HyParquetColumnReader *r)
{
    if (!r)
        return;
    release(r, &r->window);
    release(r, &r->page);
    release(r, &r->values);
    release(r, &r->raw);
    release(r, &r->dictionary);
    release(r, &r->dictionary_bytes);
    hy_parquet_inflater_free(r->inflater);
    free(r);
}

static HyStatus damaged(const HyParquetColumnReader *r, const char *what)
{
    return hy_parquet_damaged(r->file, "Column '%s': %s", r->column->name, what);
}

HyStatus hy_parquet_reader_start(
    HyParquetColumnReader *r, const HyParquetFile *file, size_t group, size_t column, HyType type)
{
    r->file = file;
    r->column = &file->columns[column];
    r->chunk = &file->groups[group].chunks[r->column->chunk];
    r->type = type;
    r->size = hy_physical_size(hy_type_physical(type));
    r->raw_size = hy_parquet_raw_size(r->column);
    r->window_at = r->window_end = 0;
    r->next_offset = r->chunk->offset;
    r->bytes_left = r->chunk->bytes;
    r->page_left = 0;
    r->chunk_left = r->chunk->n_values;
    r->has_dictionary = false;
    if (r->chunk->physical != r->column->physical)
        return damaged(r, "The types in schema and row group differ.");
    if (r->chunk->offset > file->size || r->chunk->bytes > file->size - r->chunk->offset)
        return damaged(r, "The column chunk lies outside the file.");
    return HY_OK;
}

/* ---- The chunk's bytes ---- */

/* Makes `bytes` bytes, or all that are left, available from window_at on. */
static HyStatus fill_window(HyParquetColumnReader *r, size_t bytes)
{
    size_t have = r->window_end - r->window_at;
    if (have >= bytes || r->bytes_left == 0)
        return HY_OK;
    size_t want = bytes > WINDOW_BYTES ? bytes : WINDOW_BYTES;
    size_t more = want - have;
    if (more > r->bytes_left)
        more = (size_t)r->bytes_left;
    if (have + more + HY_PARQUET_SLACK > r->window.capacity) {
        Block larger = {0};
        HY_TRY(reserve(r, &larger, have + more));
        if (have)
            memcpy(larger.data, r->window.data + r->window_at, have);
        release(r, &r->window);
        r->window = larger;
    } else if (have) {
        memmove(r->window.data, r->window.data + r->window_at, have);
    }
    r->window_at = 0;
    r->window_end = have;
    HY_TRY(hy_os_file_read(&r->file->file, r->next_offset, r->window.data + have, more));
    r->window_end += more;
    r->next_offset += more;
    r->bytes_left -= more;
    return HY_OK;
}

static void read_data_header(HyThriftReader *t, PageHeader *header)
{
    int field = 0;
    int type;
    while (hy_thrift_field(t, &field, &type)) {
        if (type != HY_THRIFT_I32) {
            hy_thrift_skip(t, type);
            continue;
        }
        int64_t value = hy_thrift_int(t);
        if (field == 1)
            header->n_values = value;
        else if (field == 2)
            header->encoding = value;
        else if (field == 3)
            header->level_encoding = value;
    }
}

static void read_data_header_2(HyThriftReader *t, PageHeader *header)
{
    int field = 0;
    int type;
    int64_t definition_bytes = 0;
    while (hy_thrift_field(t, &field, &type)) {
        if (type == HY_THRIFT_FALSE && field == 7)
            header->is_compressed = false;
        if (type != HY_THRIFT_I32) {
            hy_thrift_skip(t, type);
            continue;
        }
        int64_t value = hy_thrift_int(t);
        if (field == 1)
            header->n_values = value;
        else if (field == 4)
            header->encoding = value;
        else if (field == 5)
            definition_bytes = value;
        else if (field == 6)
            header->repetition_bytes = value;
    }
    header->level_bytes = definition_bytes + header->repetition_bytes;
    header->level_encoding = HY_PARQUET_RLE;
}

static void parse_header(HyThriftReader *t, PageHeader *header)
{
    int field = 0;
    int type;
    *header = (PageHeader){.type = -1,
        .n_values = -1,
        .bytes = -1,
        .stored_bytes = -1,
        .level_encoding = HY_PARQUET_RLE,
        .is_compressed = true};
    while (hy_thrift_field(t, &field, &type)) {
        if (field == 1 && type == HY_THRIFT_I32)
            header->type = (int)hy_thrift_int(t);
        else if (field == 2 && type == HY_THRIFT_I32)
            header->bytes = hy_thrift_int(t);
        else if (field == 3 && type == HY_THRIFT_I32)
            header->stored_bytes = hy_thrift_int(t);
        else if ((field == 5 || field == 7) && type == HY_THRIFT_STRUCT)
            read_data_header(t, header);
        else if (field == 8 && type == HY_THRIFT_STRUCT)
            read_data_header_2(t, header);
        else
            hy_thrift_skip(t, type);
    }
}

static HyStatus read_header(HyParquetColumnReader *r, PageHeader *header)
{
    for (size_t want = 4096;; want *= 8) {
        HY_TRY(fill_window(r, want));
        if (r->window_at == r->window_end)
            return damaged(r, "The pages end too early.");
        HyThriftReader t = {
            .at = r->window.data + r->window_at, .end = r->window.data + r->window_end};
        parse_header(&t, header);
        if (!t.failed) {
            r->window_at = (size_t)(t.at - r->window.data);
            break;
        }
        if (r->bytes_left == 0 || want > MAX_HEADER)
            return damaged(r, "A page header cannot be read.");
    }
    if (header->bytes < 0 || header->stored_bytes < 0 || header->bytes > INT32_MAX ||
        header->stored_bytes > INT32_MAX || header->n_values > MAX_PAGE_VALUES ||
        header->repetition_bytes < 0 || header->level_bytes < header->repetition_bytes ||
        header->level_bytes > header->bytes || header->level_bytes > header->stored_bytes)
        return damaged(r, "A page header makes no sense.");
    return HY_OK;
}

/* ---- Pages ---- */

/* A claim of more than any compressor achieves is not believed, lest small files take much memory;
 * zstd and gzip may really reach a high ratio, but not without a limit. */
static bool is_plausible(const PageHeader *header)
{
    return header->bytes <= header->stored_bytes * 40000 + 65536;
}

/* The page's content, decompressed, in `into` or in the window: until the next page is read. */
static HyStatus read_page(
    HyParquetColumnReader *r, const PageHeader *header, Block *into, const uint8_t **out)
{
    size_t stored = (size_t)header->stored_bytes;
    size_t bytes = (size_t)header->bytes;
    size_t levels = (size_t)header->level_bytes;
    HY_TRY(fill_window(r, stored));
    if (r->window_end - r->window_at < stored)
        return damaged(r, "A page ends behind its column chunk.");
    const uint8_t *src = r->window.data + r->window_at;
    r->window_at += stored;
    bool is_plain = r->chunk->codec == HY_PARQUET_UNCOMPRESSED || !header->is_compressed;
    if (!is_plain && !hy_parquet_can_inflate(r->chunk->codec))
        return hy_error_detail(hy_error("0A000", "error while reading Parquet file"),
            "Error in %s\nColumn '%s': Unsupported compression codec '%s'", r->file->path,
            r->column->name, hy_parquet_codec_name(r->chunk->codec));
    if (is_plain ? bytes != stored : !is_plausible(header))
        return damaged(r, "The size of a page makes no sense.");
    HY_TRY(reserve(r, into, bytes));
    memcpy(into->data, src, is_plain ? bytes : levels);
    if (!is_plain && bytes > levels &&
        !hy_parquet_inflate(&r->inflater, r->chunk->codec, src + levels, stored - levels,
            into->data + levels, bytes - levels))
        return damaged(r, "A page cannot be decompressed.");
    *out = into->data;
    return HY_OK;
}

/* Walks over strings of PLAIN encoding. */
static bool next_string(const uint8_t **at, const uint8_t *end, HyString *out)
{
    if (end - *at < 4)
        return false;
    uint32_t len = hy_load_u32(*at);
    *at += 4;
    if (len > (size_t)(end - *at))
        return false;
    *out = hy_string_view((const char *)*at, len);
    *at += len;
    return true;
}

/* Bytes in one piece into aligned memory of `size` bytes a value. */
static HyStatus gather_raw(HyParquetColumnReader *r, size_t n, void **raw)
{
    HY_TRY(reserve(r, &r->raw, n * r->raw_size));
    *raw = r->raw.data;
    return HY_OK;
}

static HyStatus plain_values(HyParquetColumnReader *r, size_t n, void *raw)
{
    const uint8_t *at = r->at;
    if (r->column->physical == HY_PARQUET_BYTE_ARRAY) {
        HyString *strings = raw;
        for (size_t i = 0; i < n; i++) {
            if (!next_string(&at, r->end, &strings[i]))
                return damaged(r, "A page has too few values.");
        }
    } else {
        if (n > (size_t)(r->end - at) / r->raw_size)
            return damaged(r, "A page has too few values.");
        memcpy(raw, at, n * r->raw_size);
        at += n * r->raw_size;
    }
    r->at = at;
    return HY_OK;
}

/* Ids of dictionaries of files; those of stored chunks and of computed values are without this bit.
 */
static uint64_t next_dictionary_id(void)
{
    static atomic_uint_fast64_t next;
    return (UINT64_C(1) << 62) | (atomic_fetch_add_explicit(&next, 1, memory_order_relaxed) + 1);
}

static HyStatus read_dictionary(HyParquetColumnReader *r, const PageHeader *header)
{
    const uint8_t *page;
    if (r->has_dictionary || header->n_values < 0)
        return damaged(r, "The dictionary makes no sense.");
    if (header->encoding != HY_PARQUET_PLAIN && header->encoding != HY_PARQUET_PLAIN_DICTIONARY)
        return damaged(r, "The dictionary is encoded in an unknown way.");
    HY_TRY(read_page(r, header, &r->dictionary_bytes, &page));
    size_t n = (size_t)header->n_values;
    size_t least = r->column->physical == HY_PARQUET_BYTE_ARRAY ? 4 : r->raw_size;
    if (r->column->physical == HY_PARQUET_BOOLEAN || n > (size_t)header->bytes / least)
        return damaged(r, "The dictionary makes no sense.");
    void *raw;
    r->at = page;
    r->end = page + header->bytes;
    HY_TRY(gather_raw(r, n, &raw));
    HY_TRY(plain_values(r, n, raw));
    if (r->column->physical == HY_PARQUET_FIXED)
        raw = (void *)(uintptr_t)page; /* strings point to the page, which stays */
    HY_TRY(reserve(r, &r->dictionary, n * r->size));
    HY_TRY(hy_parquet_convert(r->file, r->column, r->type, raw, n, r->dictionary.data));
    r->dictionary_size = (uint32_t)n;
    r->has_dictionary = true;
    r->vector_dictionary = (HyDictionary){
        .values = r->dictionary.data, .size = (uint32_t)n, .id = next_dictionary_id()};
    return HY_OK;
}

/* ---- Encodings that are undone for a page at once ---- */

static HyStatus delta_integers(HyParquetColumnReader *r, size_t *n)
{
    uint64_t count;
    const uint8_t *at = r->at;
    if (!hy_parquet_delta_count(at, r->end, &count) || count > (uint64_t)r->page_left)
        return damaged(r, "A page of differences makes no sense.");
    HY_TRY(reserve(r, &r->values, count * 8));
    int64_t *values = (int64_t *)(void *)r->values.data;
    if (!hy_parquet_delta_read(&at, r->end, values, count))
        return damaged(r, "A page of differences ends too early.");
    if (r->raw_size == 4) {
        int32_t *narrow = (int32_t *)(void *)r->values.data;
        for (size_t i = 0; i < count; i++)
            narrow[i] = (int32_t)(uint64_t)values[i];
    }
    *n = count;
    return HY_OK;
}

static HyStatus delta_lengths(
    HyParquetColumnReader *r, const uint8_t **at, int64_t **out, size_t *n, uint64_t *sum)
{
    uint64_t count;
    if (!hy_parquet_delta_count(*at, r->end, &count) || count > (uint64_t)r->page_left)
        return damaged(r, "A page of lengths makes no sense.");
    int64_t *lengths = malloc((count + 1) * sizeof *lengths);
    if (!lengths)
        return hy_error_oom(count * sizeof *lengths);
    *out = lengths;
    *n = count;
    *sum = 0;
    if (!hy_parquet_delta_read(at, r->end, lengths, count))
        return damaged(r, "A page of lengths ends too early.");
    for (size_t i = 0; i < count; i++) {
        if (lengths[i] < 0 || lengths[i] > INT32_MAX)
            return damaged(r, "A length makes no sense.");
        *sum += (uint64_t)lengths[i];
    }
    return HY_OK;
}

/* Strings one behind the other, as raw values. */
static HyStatus put_value(HyParquetColumnReader *r, size_t i, const uint8_t *data, size_t len)
{
    if (r->column->physical == HY_PARQUET_BYTE_ARRAY)
        ((HyString *)(void *)r->values.data)[i] = hy_string_view((const char *)data, len);
    else if (len == r->raw_size)
        memcpy(r->values.data + i * r->raw_size, data, len);
    else
        return damaged(r, "A value has a wrong length.");
    return HY_OK;
}

static HyStatus delta_length_strings(HyParquetColumnReader *r, size_t *n)
{
    HyStatus st = HY_OK;
    int64_t *lengths = NULL;
    uint64_t sum;
    const uint8_t *at = r->at;
    HY_GO(delta_lengths(r, &at, &lengths, n, &sum));
    if (sum > (uint64_t)(r->end - at))
        HY_GO(damaged(r, "A page has too few values."));
    HY_GO(reserve(r, &r->values, *n * r->raw_size));
    for (size_t i = 0; i < *n; i++) {
        HY_GO(put_value(r, i, at, (size_t)lengths[i]));
        at += lengths[i];
    }
done:
    free(lengths);
    return st;
}

/* Each string begins with some bytes of the one before. The texts stand behind the values. */
static HyStatus delta_strings(HyParquetColumnReader *r, size_t *n)
{
    HyStatus st = HY_OK;
    int64_t *prefixes = NULL;
    int64_t *suffixes = NULL;
    size_t n_suffixes;
    uint64_t prefix_sum;
    uint64_t sum;
    const uint8_t *at = r->at;
    HY_GO(delta_lengths(r, &at, &prefixes, n, &prefix_sum));
    HY_GO(delta_lengths(r, &at, &suffixes, &n_suffixes, &sum));
    if (n_suffixes != *n || sum > (uint64_t)(r->end - at))
        HY_GO(damaged(r, "A page has too few values."));
    for (size_t i = 0, before = 0; i < *n; i++) {
        if ((size_t)prefixes[i] > before)
            HY_GO(damaged(r, "A prefix is longer than the value before."));
        before = (size_t)prefixes[i] + (size_t)suffixes[i];
    }
    size_t values_bytes = *n * r->raw_size;
    HY_GO(reserve(r, &r->values, values_bytes + sum + prefix_sum));
    uint8_t *to = r->values.data + values_bytes;
    const uint8_t *last = to;
    for (size_t i = 0; i < *n; i++) {
        size_t prefix = (size_t)prefixes[i];
        size_t suffix = (size_t)suffixes[i];
        memcpy(to, last, prefix);
        memcpy(to + prefix, at, suffix);
        at += suffix;
        last = to;
        to += prefix + suffix;
        HY_GO(put_value(r, i, last, prefix + suffix));
    }
done:
    free(prefixes);
    free(suffixes);
    return st;
}

static HyStatus split_values(HyParquetColumnReader *r, size_t *n)
{
    if (r->column->physical == HY_PARQUET_BYTE_ARRAY || r->column->physical == HY_PARQUET_BOOLEAN)
        return damaged(r, "Only numbers can be split by bytes.");
    *n = (size_t)(r->end - r->at) / r->raw_size;
    HY_TRY(reserve(r, &r->values, *n * r->raw_size));
    hy_parquet_unsplit(r->at, *n, r->raw_size, r->values.data);
    return HY_OK;
}

/* ---- Beginning a page ---- */

static HyStatus unknown_encoding(const HyParquetColumnReader *r, int64_t encoding)
{
    return hy_error_detail(hy_error("0A000", "error while reading Parquet file"),
        "Error in %s\nColumn '%s': Unsupported encoding %lld", r->file->path, r->column->name,
        (long long)encoding);
}

static HyStatus begin_whole(
    HyParquetColumnReader *r, HyStatus (*decode)(HyParquetColumnReader *, size_t *))
{
    size_t n = 0;
    HY_TRY(decode(r, &n));
    r->form = VALUES_FIXED;
    r->at = r->values.data;
    r->end = r->values.data + n * r->raw_size;
    return HY_OK;
}

static HyStatus begin_codes(HyParquetColumnReader *r)
{
    if (!r->has_dictionary)
        return damaged(r, "The dictionary is missing.");
    unsigned width = 0; /* a page without values may have no byte that says it */
    if (r->at < r->end)
        width = *r->at++;
    if (width > 32)
        return damaged(r, "Codes are wider than 32 bits.");
    hy_parquet_hybrid_init(&r->codes, r->at, r->end, width);
    r->form = VALUES_CODES;
    return HY_OK;
}

static HyStatus begin_runs(HyParquetColumnReader *r)
{
    if (r->column->physical != HY_PARQUET_BOOLEAN)
        return unknown_encoding(r, HY_PARQUET_RLE);
    if (r->end - r->at < 4 || hy_load_u32(r->at) > (size_t)(r->end - r->at) - 4)
        return damaged(r, "A page of runs makes no sense.");
    hy_parquet_hybrid_init(&r->codes, r->at + 4, r->at + 4 + hy_load_u32(r->at), 1);
    r->form = VALUES_HYBRID;
    return HY_OK;
}

static HyStatus begin_values(HyParquetColumnReader *r, int64_t encoding)
{
    HyParquetPhysical physical = r->column->physical;
    bool is_bytes = physical == HY_PARQUET_BYTE_ARRAY || physical == HY_PARQUET_FIXED;
    switch (encoding) {
    case HY_PARQUET_PLAIN:
        r->form = physical == HY_PARQUET_BOOLEAN      ? VALUES_BITS
                  : physical == HY_PARQUET_BYTE_ARRAY ? VALUES_STRINGS
                                                      : VALUES_FIXED;
        r->bit = 0;
        return HY_OK;
    case HY_PARQUET_PLAIN_DICTIONARY:
    case HY_PARQUET_RLE_DICTIONARY:
        return begin_codes(r);
    case HY_PARQUET_RLE:
        return begin_runs(r);
    case HY_PARQUET_DELTA_BINARY_PACKED:
        if (physical != HY_PARQUET_INT32 && physical != HY_PARQUET_INT64)
            break;
        return begin_whole(r, delta_integers);
    case HY_PARQUET_DELTA_LENGTH_BYTE_ARRAY:
        if (!is_bytes)
            break;
        return begin_whole(r, delta_length_strings);
    case HY_PARQUET_DELTA_BYTE_ARRAY:
        if (!is_bytes)
            break;
        return begin_whole(r, delta_strings);
    case HY_PARQUET_BYTE_STREAM_SPLIT:
        return begin_whole(r, split_values);
    default:
        break;
    }
    return unknown_encoding(r, encoding);
}

/* Definition levels: in version 1 in front of the values with their length, in version 2 apart. */
static HyStatus begin_levels(HyParquetColumnReader *r, const PageHeader *header)
{
    size_t bytes = (size_t)header->level_bytes;
    if (header->type == 3) {
        r->at += (size_t)header->repetition_bytes;
        bytes -= (size_t)header->repetition_bytes;
    } else if (r->column->is_optional) {
        if (header->level_encoding != HY_PARQUET_RLE)
            return unknown_encoding(r, header->level_encoding);
        if (r->end - r->at < 4)
            return damaged(r, "A page has no levels.");
        bytes = hy_load_u32(r->at);
        r->at += 4;
    }
    if (bytes > (size_t)(r->end - r->at))
        return damaged(r, "The levels of a page make no sense.");
    hy_parquet_hybrid_init(&r->levels, r->at, r->at + bytes, 1);
    r->at += bytes;
    return HY_OK;
}

static HyStatus next_page(HyParquetColumnReader *r)
{
    PageHeader header;
    const uint8_t *page;
    for (;;) {
        HY_TRY(read_header(r, &header));
        if (header.type == 2) {
            HY_TRY(read_dictionary(r, &header));
            continue;
        }
        if (header.type == 0 || header.type == 3)
            break;
        HY_TRY(fill_window(r, (size_t)header.stored_bytes)); /* index pages and what may come */
        if (r->window_end - r->window_at < (size_t)header.stored_bytes)
            return damaged(r, "A page ends behind its column chunk.");
        r->window_at += (size_t)header.stored_bytes;
    }
    if (header.n_values < 0 || header.n_values > r->chunk_left)
        return damaged(r, "A page has more values than its column chunk.");
    HY_TRY(read_page(r, &header, &r->page, &page));
    r->page_left = header.n_values;
    r->chunk_left -= header.n_values;
    r->at = page;
    r->end = page + header.bytes;
    HY_TRY(begin_levels(r, &header));
    return begin_values(r, header.encoding);
}

/* ---- Values ---- */

static void read_bits(HyParquetColumnReader *r, size_t n, uint8_t *out)
{
    for (size_t i = 0; i < n; i++, r->bit++)
        out[i] = r->at[r->bit >> 3] >> (r->bit & 7) & 1;
}

static HyStatus read_booleans(HyParquetColumnReader *r, HyArena *arena, size_t n, uint8_t *out)
{
    if (r->form == VALUES_BITS) {
        if (r->bit + n > (size_t)(r->end - r->at) * 8)
            return damaged(r, "A page has too few values.");
        read_bits(r, n, out);
        return HY_OK;
    }
    uint32_t *values = hy_arena_alloc(arena, n * sizeof *values);
    if (!values)
        return hy_error_oom(n * sizeof *values);
    if (!hy_parquet_hybrid_read(&r->codes, values, n))
        return damaged(r, "A page has too few values.");
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)values[i];
    return HY_OK;
}

static HyStatus read_codes(HyParquetColumnReader *r, size_t n, uint32_t *out)
{
    uint32_t top = 0;
    if (!hy_parquet_hybrid_read(&r->codes, out, n))
        return damaged(r, "A page has too few values.");
    for (size_t i = 0; i < n; i++)
        top = out[i] > top ? out[i] : top;
    if (n > 0 && top >= r->dictionary_size)
        return damaged(r, "A code is not in the dictionary.");
    return HY_OK;
}

#define DEFINE_LOOK_UP(name, T)                                                                    \
    static void name(const void *dictionary, const uint32_t *restrict codes, size_t n, void *out)  \
    {                                                                                              \
        const T *restrict from = dictionary;                                                       \
        T *restrict to = out;                                                                      \
        for (size_t i = 0; i < n; i++)                                                             \
            to[i] = from[codes[i]];                                                                \
    }
DEFINE_LOOK_UP(look_up_16, uint16_t)
DEFINE_LOOK_UP(look_up_32, uint32_t)
DEFINE_LOOK_UP(look_up_64, uint64_t)
DEFINE_LOOK_UP(look_up_128, HyString)

static void look_up(const HyParquetColumnReader *r, const uint32_t *codes, size_t n, void *out)
{
    const void *dictionary = r->dictionary.data;
    if (r->size == 16)
        look_up_128(dictionary, codes, n, out);
    else if (r->size == 8)
        look_up_64(dictionary, codes, n, out);
    else if (r->size == 4)
        look_up_32(dictionary, codes, n, out);
    else
        look_up_16(dictionary, codes, n, out);
}

/* n values that are there, as values of the type. */
static HyStatus read_values(HyParquetColumnReader *r, HyArena *arena, size_t n, void *out)
{
    void *raw = out;
    if (r->column->physical == HY_PARQUET_BOOLEAN)
        return read_booleans(r, arena, n, out);
    if (r->form == VALUES_CODES) {
        uint32_t *codes = hy_arena_alloc(arena, n * sizeof *codes);
        if (!codes)
            return hy_error_oom(n * sizeof *codes);
        HY_TRY(read_codes(r, n, codes));
        look_up(r, codes, n, out);
        return HY_OK;
    }
    if (!hy_parquet_is_direct(r->column, r->type))
        HY_TRY(gather_raw(r, n, &raw));
    if (r->form == VALUES_FIXED) {
        if (n > (size_t)(r->end - r->at) / r->raw_size)
            return damaged(r, "A page has too few values.");
        memcpy(raw, r->at, n * r->raw_size);
        r->at += n * r->raw_size;
    } else {
        HY_TRY(plain_values(r, n, raw));
    }
    if (r->column->physical == HY_PARQUET_FIXED && raw != out) {
        /* what FIXED strings point to must outlive the batch's conversions */
        if (r->column->conversion == HY_PARQUET_TO_BYTES)
            raw = (void *)(uintptr_t)(r->at - n * r->raw_size);
    }
    return hy_parquet_convert(r->file, r->column, r->type, raw, n, out);
}

/* ---- Nulls ---- */

#define DEFINE_SPREAD(name, T)                                                                     \
    static void name(const uint64_t *map, size_t start, size_t n, size_t n_set, void *data)        \
    {                                                                                              \
        T *values = (T *)data + start;                                                             \
        const T none = {0};                                                                        \
        for (size_t i = n; i-- > 0;)                                                               \
            values[i] = hy_bitmap_get(map, start + i) ? values[--n_set] : none;                    \
    }
DEFINE_SPREAD(spread_8, uint8_t)
DEFINE_SPREAD(spread_16, uint16_t)
DEFINE_SPREAD(spread_32, uint32_t)
DEFINE_SPREAD(spread_64, uint64_t)
DEFINE_SPREAD(spread_128, HyString)

/* Moves n_set values at `start` to the rows that have one. */
static void spread(
    size_t size, const uint64_t *map, size_t start, size_t n, size_t n_set, void *data)
{
    switch (size) {
    case 1:
        spread_8(map, start, n, n_set, data);
        return;
    case 2:
        spread_16(map, start, n, n_set, data);
        return;
    case 4:
        spread_32(map, start, n, n_set, data);
        return;
    case 8:
        spread_64(map, start, n, n_set, data);
        return;
    default:
        spread_128(map, start, n, n_set, data);
        return;
    }
}

static HyStatus read_levels(
    HyParquetColumnReader *r, uint64_t *map, size_t start, size_t n, size_t *n_set)
{
    *n_set = 0;
    if (!r->column->is_optional) {
        *n_set = n;
        return HY_OK;
    }
    if (!hy_parquet_hybrid_read_bits(&r->levels, map, start, n, n_set))
        return damaged(r, "A page has too few levels.");
    return HY_OK;
}

/* ---- Batches ---- */

static HyStatus need_page(HyParquetColumnReader *r)
{
    while (r->page_left == 0) {
        if (r->chunk_left <= 0)
            return damaged(r, "The column chunk has too few values.");
        HY_TRY(next_page(r));
    }
    return HY_OK;
}

/* Codes as they are, for a batch that lies in one page of them. */
static HyStatus next_codes(
    HyParquetColumnReader *r, size_t n, HyArena *arena, uint64_t *map, HyVector *out)
{
    size_t n_set;
    uint32_t *codes = hy_arena_alloc(arena, n * sizeof *codes);
    if (!codes)
        return hy_error_oom(n * sizeof *codes);
    HY_TRY(read_levels(r, map, 0, n, &n_set));
    HY_TRY(read_codes(r, n_set, codes));
    if (n_set < n)
        spread(sizeof *codes, map, 0, n, n_set, codes);
    r->page_left -= (int64_t)n;
    *out = (HyVector){.type = r->type,
        .kind = HY_VECTOR_DICTIONARY,
        .data = codes,
        .validity = n_set < n ? map : NULL,
        .dict = &r->vector_dictionary};
    return HY_OK;
}

/* Rows of one page, to data[start ..). */
static HyStatus next_rows(HyParquetColumnReader *r, size_t start, size_t n, HyArena *arena,
    uint64_t *map, char *data, bool *has_nulls)
{
    size_t n_set;
    HY_TRY(read_levels(r, map, start, n, &n_set));
    HY_TRY(read_values(r, arena, n_set, data + start * r->size));
    if (n_set < n) {
        *has_nulls = true;
        spread(r->size, map, start, n, n_set, data);
    }
    r->page_left -= (int64_t)n;
    return HY_OK;
}

/* Bytes behind long strings that would be lost when a further page begins. */
static HyStatus keep_strings(HyArena *arena, HyString *strings, size_t n)
{
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++)
        bytes += strings[i].len > HY_STRING_INLINE ? strings[i].len : 0;
    char *to = hy_arena_alloc(arena, bytes);
    if (!to)
        return hy_error_oom(bytes);
    for (size_t i = 0; i < n; i++) {
        if (strings[i].len > HY_STRING_INLINE) {
            memcpy(to, strings[i].ptr, strings[i].len);
            strings[i].ptr = to;
            to += strings[i].len;
        }
    }
    return HY_OK;
}

HyStatus hy_parquet_reader_next(HyParquetColumnReader *r, size_t n, HyArena *arena, HyVector *out)
{
    uint64_t *map = NULL;
    bool has_nulls = false;
    bool is_string = hy_type_physical(r->type) == HY_PHYS_STRING;
    HY_TRY(need_page(r));
    if (r->column->is_optional)
        HY_ARENA_NEW(arena, map, hy_bitmap_words(n) + 1);
    if (r->form == VALUES_CODES && is_string && r->dictionary_size > 0 &&
        (int64_t)n <= r->page_left)
        return next_codes(r, n, arena, map, out);
    HY_TRY(hy_vector_alloc(arena, r->type, n, out));
    for (size_t done = 0; done < n;) {
        if (r->page_left == 0) {
            if (is_string)
                HY_TRY(keep_strings(arena, out->data, done));
            HY_TRY(need_page(r));
        }
        size_t k = (int64_t)(n - done) < r->page_left ? n - done : (size_t)r->page_left;
        HY_TRY(next_rows(r, done, k, arena, map, out->data, &has_nulls));
        done += k;
    }
    out->validity = has_nulls ? map : NULL;
    return HY_OK;
}
