#include "io/parquet_writer.h"

#include "base/hash.h"
#include "io/parquet_internal.h"
#include "io/thrift.h"

#include <stdlib.h>

#define PAGE_ROWS        20480u
#define DICTIONARY_BYTES ((size_t)1 << 20) /* larger ones are not worth it */
#define CREATED_BY       "openhyper"

/* The form of values before they become pages. */
typedef enum RawForm { RAW_BOOL, RAW_4, RAW_8, RAW_16, RAW_STRING } RawForm;

typedef struct WriteColumn {
    const char *name;
    HyType type;
    HyParquetPhysical physical;
    RawForm form;
} WriteColumn;

/* Where a column of a row group lies and what its metadata say. */
typedef struct EncodedColumn {
    uint64_t offset;           /* in the group */
    uint64_t dictionary_bytes; /* of the dictionary page; 0: none */
    uint64_t bytes, plain_bytes;
    uint64_t n_nulls;
    bool has_range;
    uint8_t least[8], greatest[8];
} EncodedColumn;

struct HyParquetEncoded {
    HyParquetEncoded *next; /* of the writer's list, once it is written */
    HyBuffer bytes;
    uint64_t n_rows;
    uint64_t offset; /* in the file */
    EncodedColumn columns[];
};

struct HyParquetWriter {
    HyParquetCodec codec;
    size_t n_columns;
    WriteColumn *columns;
    uint64_t offset; /* bytes written */
    uint64_t n_rows;
    size_t n_groups;
    HyParquetEncoded *first; /* written groups, without their bytes */
    HyParquetEncoded **last;
};

/* ---- Types ---- */

static bool choose_form(WriteColumn *column)
{
    static const struct {
        uint8_t physical, form;
    } forms[HY_TYPE_COUNT] = {
        [HY_TYPE_BOOL] = {HY_PARQUET_BOOLEAN, RAW_BOOL},
        [HY_TYPE_INT2] = {HY_PARQUET_INT32, RAW_4},
        [HY_TYPE_INT4] = {HY_PARQUET_INT32, RAW_4},
        [HY_TYPE_INT8] = {HY_PARQUET_INT64, RAW_8},
        [HY_TYPE_FLOAT4] = {HY_PARQUET_FLOAT, RAW_4},
        [HY_TYPE_FLOAT8] = {HY_PARQUET_DOUBLE, RAW_8},
        [HY_TYPE_NUMERIC] = {HY_PARQUET_FIXED, RAW_16},
        [HY_TYPE_TEXT] = {HY_PARQUET_BYTE_ARRAY, RAW_STRING},
        [HY_TYPE_VARCHAR] = {HY_PARQUET_BYTE_ARRAY, RAW_STRING},
        [HY_TYPE_CHAR] = {HY_PARQUET_BYTE_ARRAY, RAW_STRING},
        [HY_TYPE_BYTEA] = {HY_PARQUET_BYTE_ARRAY, RAW_STRING},
        [HY_TYPE_JSON] = {HY_PARQUET_BYTE_ARRAY, RAW_STRING},
        [HY_TYPE_DATE] = {HY_PARQUET_INT32, RAW_4},
        [HY_TYPE_TIME] = {HY_PARQUET_INT64, RAW_8},
        [HY_TYPE_TIMESTAMP] = {HY_PARQUET_INT64, RAW_8},
        [HY_TYPE_TIMESTAMPTZ] = {HY_PARQUET_INT64, RAW_8},
        [HY_TYPE_UUID] = {HY_PARQUET_FIXED, RAW_16},
    };
    column->physical = (HyParquetPhysical)forms[column->type.id].physical;
    column->form = (RawForm)forms[column->type.id].form;
    if (column->type.id == HY_TYPE_NUMERIC && column->type.precision <= 9) {
        column->physical = HY_PARQUET_INT32;
        column->form = RAW_4;
    } else if (column->type.id == HY_TYPE_NUMERIC &&
               column->type.precision <= HY_NUMERIC_MAX_SHORT_PRECISION) {
        column->physical = HY_PARQUET_INT64;
        column->form = RAW_8;
    }
    return column->type.id == HY_TYPE_BOOL || column->form != RAW_BOOL;
}

static HyStatus not_in_parquet(const WriteColumn *column)
{
    HyBuffer text = {0};
    HyStatus st = hy_type_format(column->type, &text);
    if (!st)
        st = hy_buffer_append_char(&text, 0);
    if (!st)
        st = hy_error("42804", "SQL type '%s' of column '%s' cannot be used in a Parquet file",
            text.data, column->name);
    hy_buffer_free(&text);
    return st;
}

HyStatus hy_parquet_writer_create(const char *const *names, const HyType *types, size_t n,
    HyParquetCodec codec, HyParquetWriter **out)
{
    HyParquetWriter *writer = calloc(1, sizeof *writer + (n + 1) * sizeof *writer->columns);
    if (!writer)
        return hy_error_oom(sizeof *writer);
    writer->columns = (WriteColumn *)(writer + 1);
    writer->n_columns = n;
    writer->codec = codec;
    writer->last = &writer->first;
    for (size_t i = 0; i < n; i++) {
        writer->columns[i] = (WriteColumn){.name = names[i], .type = types[i]};
        if (!choose_form(&writer->columns[i])) {
            HyStatus st = not_in_parquet(&writer->columns[i]);
            hy_parquet_writer_destroy(writer);
            return st;
        }
    }
    *out = writer;
    return HY_OK;
}

void hy_parquet_encoded_destroy(HyParquetEncoded *group)
{
    if (!group)
        return;
    hy_buffer_free(&group->bytes);
    free(group);
}

void hy_parquet_writer_destroy(HyParquetWriter *writer)
{
    if (!writer)
        return;
    while (writer->first) {
        HyParquetEncoded *group = writer->first;
        writer->first = group->next;
        hy_parquet_encoded_destroy(group);
    }
    free(writer);
}

/* ---- Values of a column, in one piece ---- */

typedef struct Values {
    const WriteColumn *column;
    HyArena *arena;
    size_t n_rows;
    size_t n;           /* that are no null */
    uint64_t *validity; /* by row */
    void *raw;          /* n values */
    size_t raw_size;
    /* With a dictionary: */
    uint32_t *codes;
    uint32_t *distinct; /* code -> place in raw */
    uint32_t n_distinct;
} Values;

/* The physical values of SQL in those of Parquet. */
static void put_value(const WriteColumn *column, const void *data, size_t row, void *raw, size_t at)
{
    switch (column->type.id) {
    case HY_TYPE_BOOL:
        ((uint8_t *)raw)[at] = ((const uint8_t *)data)[row];
        return;
    case HY_TYPE_INT2:
        ((int32_t *)raw)[at] = ((const int16_t *)data)[row];
        return;
    case HY_TYPE_DATE:
        ((int32_t *)raw)[at] = ((const int32_t *)data)[row] - HY_JULIAN_EPOCH;
        return;
    case HY_TYPE_INT4:
    case HY_TYPE_FLOAT4:
        ((uint32_t *)raw)[at] = ((const uint32_t *)data)[row];
        return;
    case HY_TYPE_TIMESTAMP:
    case HY_TYPE_TIMESTAMPTZ:
        ((uint64_t *)raw)[at] =
            ((const uint64_t *)data)[row] - (uint64_t)HY_JULIAN_EPOCH * (uint64_t)HY_MICROS_PER_DAY;
        return;
    case HY_TYPE_NUMERIC:
        if (column->form == RAW_4) {
            ((int32_t *)raw)[at] = (int32_t)((const int64_t *)data)[row];
            return;
        }
        if (column->form == RAW_16) { /* big-endian */
            const uint8_t *from = (const uint8_t *)data + row * 16;
            uint64_t halves[2] = {
                __builtin_bswap64(hy_load_u64(from + 8)), __builtin_bswap64(hy_load_u64(from))};
            memcpy((uint8_t *)raw + at * 16, halves, 16);
            return;
        }
        ((int64_t *)raw)[at] = ((const int64_t *)data)[row];
        return;
    case HY_TYPE_UUID:
        memcpy((uint8_t *)raw + at * 16, (const uint8_t *)data + row * 16, 16);
        return;
    default:
        if (column->form == RAW_STRING)
            ((HyString *)raw)[at] = ((const HyString *)data)[row];
        else
            ((uint64_t *)raw)[at] = ((const uint64_t *)data)[row];
        return;
    }
}

static void gather_slice(Values *v, const HyVector *vector, size_t start, size_t n, size_t row)
{
    for (size_t i = 0; i < n; i++) {
        if (hy_vector_is_null(vector, start + i))
            continue;
        hy_bitmap_set(v->validity, row + i);
        put_value(v->column, hy_vector_values(vector), hy_vector_index(vector, start + i), v->raw,
            v->n++);
    }
}

static HyStatus gather(
    Values *v, const HyParquetSlice *slices, size_t n_slices, size_t column, size_t n_rows)
{
    static const uint8_t sizes[] = {
        [RAW_BOOL] = 1, [RAW_4] = 4, [RAW_8] = 8, [RAW_16] = 16, [RAW_STRING] = 16};
    size_t row = 0;
    v->n_rows = n_rows;
    v->raw_size = sizes[v->column->form];
    HY_ARENA_NEW(v->arena, v->validity, hy_bitmap_words(n_rows) + 1);
    v->raw = hy_arena_alloc(v->arena, hy_array_bytes(v->raw_size, n_rows + 1));
    if (!v->raw)
        return hy_error_oom(n_rows * v->raw_size);
    for (size_t i = 0; i < n_slices; i++) {
        gather_slice(v, &slices[i].batch->cols[column], slices[i].start, slices[i].n, row);
        row += slices[i].n;
    }
    return HY_OK;
}

/* ---- Dictionary ---- */

static uint64_t hash_value(const Values *v, size_t i)
{
    const uint8_t *raw = v->raw;
    switch (v->column->form) {
    case RAW_4:
        return hy_hash_u64(hy_load_u32(raw + i * 4));
    case RAW_8:
        return hy_hash_u64(hy_load_u64(raw + i * 8));
    case RAW_STRING: {
        const HyString *s = (const HyString *)v->raw + i;
        return hy_hash_bytes(hy_string_data(s), s->len);
    }
    case RAW_16:
    case RAW_BOOL:
        break;
    }
    return hy_hash_bytes(raw + i * v->raw_size, v->raw_size);
}

static bool equal_values(const Values *v, size_t a, size_t b)
{
    const uint8_t *raw = v->raw;
    if (v->column->form == RAW_STRING)
        return hy_string_equal((const HyString *)v->raw + a, (const HyString *)v->raw + b);
    return memcmp(raw + a * v->raw_size, raw + b * v->raw_size, v->raw_size) == 0;
}

/* Numbers the values; gives up (codes NULL) when too many are distinct. */
static HyStatus build_dictionary(Values *v)
{
    size_t limit = v->n / 2 < 65536 ? v->n / 2 : 65536;
    size_t n_slots = 1024;
    size_t bytes = 0;
    uint32_t *slots;
    uint32_t *codes;
    if (v->column->form == RAW_BOOL || v->n < 16)
        return HY_OK;
    while (n_slots < limit * 2)
        n_slots *= 2;
    HY_ARENA_NEW(v->arena, slots, n_slots); /* code + 1 */
    HY_ARENA_NEW(v->arena, codes, v->n);
    HY_ARENA_NEW(v->arena, v->distinct, limit + 1);
    for (size_t i = 0; i < v->n; i++) {
        size_t slot = hash_value(v, i) >> 20 & (n_slots - 1);
        while (slots[slot] && !equal_values(v, v->distinct[slots[slot] - 1], i))
            slot = (slot + 1) & (n_slots - 1);
        if (!slots[slot]) {
            bytes +=
                v->column->form == RAW_STRING ? 4 + ((const HyString *)v->raw)[i].len : v->raw_size;
            if (v->n_distinct >= limit || bytes > DICTIONARY_BYTES)
                return HY_OK;
            v->distinct[v->n_distinct] = (uint32_t)i;
            slots[slot] = ++v->n_distinct;
        }
        codes[i] = slots[slot] - 1;
    }
    v->codes = codes;
    return HY_OK;
}

/* ---- Pages ---- */

static HyStatus append_varint(HyBuffer *out, uint64_t value)
{
    while (value >= 0x80) {
        HY_TRY(hy_buffer_append_char(out, (char)(value | 0x80)));
        value >>= 7;
    }
    return hy_buffer_append_char(out, (char)value);
}

/* One bit-packed run of all codes, or a run of one value. */
static HyStatus append_codes(HyBuffer *out, const uint32_t *codes, size_t n, unsigned width)
{
    bool is_constant = true;
    for (size_t i = 1; i < n && is_constant; i++)
        is_constant = codes[i] == codes[0];
    if (n == 0)
        return HY_OK;
    if (is_constant) {
        HY_TRY(append_varint(out, (uint64_t)n << 1));
        return hy_buffer_append(out, &codes[0], (width + 7) / 8);
    }
    size_t n_groups = (n + 7) / 8;
    size_t bytes = n_groups * width;
    HY_TRY(append_varint(out, (uint64_t)n_groups << 1 | 1));
    HY_TRY(hy_buffer_reserve(out, bytes + 8));
    char *to = out->data + out->len;
    uint64_t word = 0;
    unsigned used = 0;
    for (size_t i = 0; i < n; i++) {
        word |= (uint64_t)codes[i] << used;
        used += width;
        while (used >= 32) {
            hy_store_u32(to, (uint32_t)word);
            to += 4;
            word >>= 32;
            used -= 32;
        }
    }
    hy_store_u64(to, word);
    size_t written = (size_t)(to - (out->data + out->len)) + 8;
    if (written < bytes)
        memset(out->data + out->len + written, 0, bytes - written);
    out->len += bytes;
    return HY_OK;
}

/* Levels of rows [start, start + n): with their length in front. */
static HyStatus append_levels(HyBuffer *out, const Values *v, size_t start, size_t n, size_t n_set)
{
    size_t length_at = out->len;
    HY_TRY(hy_buffer_append_u32(out, 0));
    if (n_set == n || n_set == 0) {
        HY_TRY(append_varint(out, (uint64_t)n << 1));
        HY_TRY(hy_buffer_append_char(out, n_set != 0));
    } else {
        size_t bytes = (n + 7) / 8;
        HY_TRY(append_varint(out, (uint64_t)bytes << 1 | 1));
        HY_TRY(hy_buffer_reserve(out, bytes));
        memcpy(out->data + out->len, (const char *)v->validity + start / 8, bytes);
        if (n % 8)
            out->data[out->len + bytes - 1] &= (char)((1 << n % 8) - 1);
        out->len += bytes;
    }
    hy_store_u32(out->data + length_at, (uint32_t)(out->len - length_at - 4));
    return HY_OK;
}

static HyStatus append_strings(HyBuffer *out, const HyString *strings, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const HyString *s = &strings[i];
        HY_TRY(hy_buffer_reserve(out, 4 + (size_t)s->len));
        hy_store_u32(out->data + out->len, s->len);
        memcpy(out->data + out->len + 4, hy_string_data(s), s->len);
        out->len += 4 + (size_t)s->len;
    }
    return HY_OK;
}

static HyStatus append_bits(HyBuffer *out, const uint8_t *values, size_t n)
{
    HY_TRY(hy_buffer_reserve(out, (n + 7) / 8));
    for (size_t i = 0; i < n; i += 8) {
        unsigned byte = 0;
        for (size_t k = 0; k < 8 && i + k < n; k++)
            byte |= (unsigned)values[i + k] << k;
        out->data[out->len++] = (char)byte;
    }
    return HY_OK;
}

/* Values [at, at + n) in PLAIN encoding. */
static HyStatus append_plain(HyBuffer *out, const Values *v, size_t at, size_t n)
{
    if (v->column->form == RAW_STRING)
        return append_strings(out, (const HyString *)v->raw + at, n);
    if (v->column->form == RAW_BOOL)
        return append_bits(out, (const uint8_t *)v->raw + at, n);
    return hy_buffer_append(out, (const char *)v->raw + at * v->raw_size, n * v->raw_size);
}

/* At least 1: not all readers take codes of no bits. */
static unsigned code_width(const Values *v)
{
    return v->n_distinct > 1 ? 32 - (unsigned)__builtin_clz(v->n_distinct - 1) : 1;
}

typedef struct PageOut {
    const HyParquetWriter *writer;
    HyBuffer page;
    HyBuffer *out; /* of the group */
    EncodedColumn *column;
} PageOut;

/* page type 0: data, 2: dictionary */
static HyStatus append_page(PageOut *p, int type, size_t n_values, HyParquetEncoding encoding)
{
    HyBuffer *out = p->out;
    size_t start = out->len;
    const char *stored = p->page.data;
    size_t stored_bytes = p->page.len;
    HyBuffer packed = {0};
    HyStatus st = HY_OK;
    int last = 0;
    int inner = 0;
    if (p->writer->codec != HY_PARQUET_UNCOMPRESSED) {
        HY_GO(hy_parquet_deflate(p->writer->codec, p->page.data, p->page.len, &packed));
        stored = packed.data;
        stored_bytes = packed.len;
    }
    if (p->page.len > INT32_MAX || stored_bytes > INT32_MAX)
        HY_GO(hy_error("54000", "values are too long for a page of a Parquet file"));
    HY_GO(hy_thrift_put_int(out, &last, 1, HY_THRIFT_I32, type));
    HY_GO(hy_thrift_put_int(out, &last, 2, HY_THRIFT_I32, (int64_t)p->page.len));
    HY_GO(hy_thrift_put_int(out, &last, 3, HY_THRIFT_I32, (int64_t)stored_bytes));
    HY_GO(hy_thrift_put_field(out, &last, type == 2 ? 7 : 5, HY_THRIFT_STRUCT));
    HY_GO(hy_thrift_put_int(out, &inner, 1, HY_THRIFT_I32, (int64_t)n_values));
    HY_GO(hy_thrift_put_int(out, &inner, 2, HY_THRIFT_I32, encoding));
    if (type == 0) {
        HY_GO(hy_thrift_put_int(out, &inner, 3, HY_THRIFT_I32, HY_PARQUET_RLE));
        HY_GO(hy_thrift_put_int(out, &inner, 4, HY_THRIFT_I32, HY_PARQUET_RLE));
    }
    HY_GO(hy_thrift_put_stop(out));
    HY_GO(hy_thrift_put_stop(out));
    p->column->plain_bytes += out->len - start + p->page.len;
    HY_GO(hy_buffer_append(out, stored, stored_bytes));
    p->page.len = 0;
done:
    hy_buffer_free(&packed);
    return st;
}

static HyStatus append_dictionary(PageOut *p, const Values *v)
{
    for (uint32_t i = 0; i < v->n_distinct; i++)
        HY_TRY(append_plain(&p->page, v, v->distinct[i], 1));
    return append_page(p, 2, v->n_distinct, HY_PARQUET_PLAIN);
}

/* PAGE_ROWS is a multiple of 64: pages begin at words of the validity. */
static HyStatus append_data(PageOut *p, const Values *v)
{
    size_t at = 0;
    for (size_t row = 0; row < v->n_rows || row == 0; row += PAGE_ROWS) {
        size_t n = v->n_rows - row < PAGE_ROWS ? v->n_rows - row : PAGE_ROWS;
        size_t n_set = hy_bitmap_count(v->validity + row / 64, n);
        if (v->column->type.nullable)
            HY_TRY(append_levels(&p->page, v, row, n, n_set));
        if (v->codes) {
            HY_TRY(hy_buffer_append_char(&p->page, (char)code_width(v)));
            HY_TRY(append_codes(&p->page, v->codes + at, n_set, code_width(v)));
        } else {
            HY_TRY(append_plain(&p->page, v, at, n_set));
        }
        HY_TRY(append_page(p, 0, n, v->codes ? HY_PARQUET_RLE_DICTIONARY : HY_PARQUET_PLAIN));
        at += n_set;
    }
    return HY_OK;
}

/* ---- Statistics ---- */

static void note_range(const Values *v, EncodedColumn *column)
{
    HyParquetPhysical physical = v->column->physical;
    if (v->n == 0 || (physical != HY_PARQUET_INT32 && physical != HY_PARQUET_INT64))
        return;
    int64_t least = INT64_MAX;
    int64_t greatest = INT64_MIN;
    for (size_t i = 0; i < v->n; i++) {
        int64_t value = physical == HY_PARQUET_INT32 ? ((const int32_t *)v->raw)[i]
                                                     : ((const int64_t *)v->raw)[i];
        least = value < least ? value : least;
        greatest = value > greatest ? value : greatest;
    }
    hy_store_i64(column->least, least);
    hy_store_i64(column->greatest, greatest);
    column->has_range = true;
}

/* ---- Row groups ---- */

static HyStatus encode_column(PageOut *p, HyMemory *memory, const HyParquetSlice *slices,
    size_t n_slices, size_t column, size_t n_rows)
{
    HyStatus st = HY_OK;
    Values v = {.column = &p->writer->columns[column]};
    v.arena = hy_arena_create_in(memory);
    if (!v.arena)
        return hy_error_oom(0);
    p->column->offset = p->out->len;
    HY_GO(gather(&v, slices, n_slices, column, n_rows));
    HY_GO(build_dictionary(&v));
    p->column->n_nulls = n_rows - v.n;
    note_range(&v, p->column);
    if (v.codes) {
        HY_GO(append_dictionary(p, &v));
        p->column->dictionary_bytes = p->out->len - p->column->offset;
    }
    HY_GO(append_data(p, &v));
    p->column->bytes = p->out->len - p->column->offset;
done:
    hy_arena_destroy(v.arena);
    return st;
}

HyStatus hy_parquet_encode(const HyParquetWriter *writer, HyMemory *memory,
    const HyParquetSlice *slices, size_t n_slices, HyParquetEncoded **out)
{
    HyStatus st = HY_OK;
    HyParquetEncoded *group =
        calloc(1, sizeof *group + (writer->n_columns + 1) * sizeof *group->columns);
    if (!group)
        return hy_error_oom(sizeof *group);
    PageOut p = {.writer = writer, .out = &group->bytes};
    for (size_t i = 0; i < n_slices; i++)
        group->n_rows += slices[i].n;
    for (size_t i = 0; i < writer->n_columns; i++) {
        p.column = &group->columns[i];
        HY_GO(encode_column(&p, memory, slices, n_slices, i, group->n_rows));
    }
    *out = group;
    group = NULL;
done:
    hy_buffer_free(&p.page);
    hy_parquet_encoded_destroy(group);
    return st;
}

static HyStatus put_bytes(HyParquetWriter *writer, HyByteWriter *out, const void *data, size_t len)
{
    if (len)
        HY_TRY(out->write(out, data, len));
    writer->offset += len;
    return HY_OK;
}

HyStatus hy_parquet_write(HyParquetWriter *writer, HyByteWriter *out, HyParquetEncoded *group)
{
    HyStatus st = HY_OK;
    if (writer->offset == 0)
        HY_GO(put_bytes(writer, out, "PAR1", 4));
    group->offset = writer->offset;
    HY_GO(put_bytes(writer, out, group->bytes.data, group->bytes.len));
    hy_buffer_free(&group->bytes);
    writer->n_rows += group->n_rows;
    writer->n_groups++;
    *writer->last = group;
    writer->last = &group->next;
    group = NULL;
done:
    hy_parquet_encoded_destroy(group);
    return st;
}

/* ---- Footer ---- */

static HyStatus put_time_type(HyBuffer *out, int *last, int field, bool is_adjusted)
{
    int inner = 0;
    int unit = 0;
    HY_TRY(hy_thrift_put_field(out, last, field, HY_THRIFT_STRUCT));
    HY_TRY(hy_thrift_put_field(out, &inner, 1, is_adjusted ? HY_THRIFT_TRUE : HY_THRIFT_FALSE));
    HY_TRY(hy_thrift_put_field(out, &inner, 2, HY_THRIFT_STRUCT));
    HY_TRY(hy_thrift_put_field(out, &unit, 2, HY_THRIFT_STRUCT)); /* MICROS, an empty struct */
    HY_TRY(hy_thrift_put_stop(out));
    HY_TRY(hy_thrift_put_stop(out));
    return hy_thrift_put_stop(out);
}

static HyStatus put_empty_type(HyBuffer *out, int *last, int field)
{
    HY_TRY(hy_thrift_put_field(out, last, field, HY_THRIFT_STRUCT));
    return hy_thrift_put_stop(out);
}

static HyStatus put_logical_type(HyBuffer *out, HyType type)
{
    int last = 0;
    int inner = 0;
    switch (type.id) {
    case HY_TYPE_TEXT:
    case HY_TYPE_VARCHAR:
    case HY_TYPE_CHAR:
        HY_TRY(put_empty_type(out, &last, 1));
        break;
    case HY_TYPE_DATE:
        HY_TRY(put_empty_type(out, &last, 6));
        break;
    case HY_TYPE_JSON:
        HY_TRY(put_empty_type(out, &last, 12));
        break;
    case HY_TYPE_UUID:
        HY_TRY(put_empty_type(out, &last, 14));
        break;
    case HY_TYPE_TIME:
        HY_TRY(put_time_type(out, &last, 7, false));
        break;
    case HY_TYPE_TIMESTAMP:
    case HY_TYPE_TIMESTAMPTZ:
        HY_TRY(put_time_type(out, &last, 8, type.id == HY_TYPE_TIMESTAMPTZ));
        break;
    case HY_TYPE_NUMERIC:
        HY_TRY(hy_thrift_put_field(out, &last, 5, HY_THRIFT_STRUCT));
        HY_TRY(hy_thrift_put_int(out, &inner, 1, HY_THRIFT_I32, type.scale));
        HY_TRY(hy_thrift_put_int(out, &inner, 2, HY_THRIFT_I32, type.precision));
        HY_TRY(hy_thrift_put_stop(out));
        break;
    case HY_TYPE_INT2:
        HY_TRY(hy_thrift_put_field(out, &last, 10, HY_THRIFT_STRUCT));
        HY_TRY(hy_thrift_put_int(out, &inner, 1, HY_THRIFT_I8, 16));
        HY_TRY(hy_thrift_put_field(out, &inner, 2, HY_THRIFT_TRUE));
        HY_TRY(hy_thrift_put_stop(out));
        break;
    default:
        break;
    }
    return hy_thrift_put_stop(out);
}

/* The older name of the type, for readers that know no others; -1: none. */
static int converted_type(HyTypeId id)
{
    switch (id) {
    case HY_TYPE_TEXT:
    case HY_TYPE_VARCHAR:
    case HY_TYPE_CHAR:
        return 0;
    case HY_TYPE_NUMERIC:
        return 5;
    case HY_TYPE_DATE:
        return 6;
    case HY_TYPE_TIMESTAMPTZ:
        return 10;
    case HY_TYPE_INT2:
        return 16;
    case HY_TYPE_JSON:
        return 19;
    default:
        return -1;
    }
}

static HyStatus put_schema_column(HyBuffer *out, const WriteColumn *column)
{
    int last = 0;
    int converted = converted_type(column->type.id);
    HY_TRY(hy_thrift_put_int(out, &last, 1, HY_THRIFT_I32, column->physical));
    if (column->physical == HY_PARQUET_FIXED)
        HY_TRY(hy_thrift_put_int(out, &last, 2, HY_THRIFT_I32, 16));
    HY_TRY(hy_thrift_put_int(out, &last, 3, HY_THRIFT_I32, column->type.nullable ? 1 : 0));
    HY_TRY(hy_thrift_put_binary(out, &last, 4, column->name, strlen(column->name)));
    if (converted >= 0)
        HY_TRY(hy_thrift_put_int(out, &last, 6, HY_THRIFT_I32, converted));
    if (column->type.id == HY_TYPE_NUMERIC) {
        HY_TRY(hy_thrift_put_int(out, &last, 7, HY_THRIFT_I32, column->type.scale));
        HY_TRY(hy_thrift_put_int(out, &last, 8, HY_THRIFT_I32, column->type.precision));
    }
    bool has_logical = converted >= 0 || column->type.id == HY_TYPE_UUID ||
                       column->type.id == HY_TYPE_TIME || column->type.id == HY_TYPE_TIMESTAMP;
    if (has_logical) {
        HY_TRY(hy_thrift_put_field(out, &last, 10, HY_THRIFT_STRUCT));
        HY_TRY(put_logical_type(out, column->type));
    }
    return hy_thrift_put_stop(out);
}

static HyStatus put_schema(HyBuffer *out, int *last, const HyParquetWriter *writer)
{
    int root = 0;
    HY_TRY(hy_thrift_put_list(out, last, 2, HY_THRIFT_STRUCT, writer->n_columns + 1));
    HY_TRY(hy_thrift_put_binary(out, &root, 4, "schema", 6));
    HY_TRY(hy_thrift_put_int(out, &root, 5, HY_THRIFT_I32, (int64_t)writer->n_columns));
    HY_TRY(hy_thrift_put_stop(out));
    for (size_t i = 0; i < writer->n_columns; i++)
        HY_TRY(put_schema_column(out, &writer->columns[i]));
    return HY_OK;
}

static HyStatus put_statistics(
    HyBuffer *out, int *last, const WriteColumn *column, const EncodedColumn *encoded)
{
    int inner = 0;
    size_t size = column->form == RAW_4 ? 4 : 8;
    HY_TRY(hy_thrift_put_field(out, last, 12, HY_THRIFT_STRUCT));
    HY_TRY(hy_thrift_put_int(out, &inner, 3, HY_THRIFT_I64, (int64_t)encoded->n_nulls));
    if (encoded->has_range) {
        HY_TRY(hy_thrift_put_binary(out, &inner, 5, encoded->greatest, size));
        HY_TRY(hy_thrift_put_binary(out, &inner, 6, encoded->least, size));
    }
    return hy_thrift_put_stop(out);
}

static HyStatus put_column_metadata(HyBuffer *out, const HyParquetWriter *writer, size_t i,
    const EncodedColumn *encoded, uint64_t offset, uint64_t n_rows)
{
    const WriteColumn *column = &writer->columns[i];
    int last = 0;
    bool has_dictionary = encoded->dictionary_bytes > 0;
    HY_TRY(hy_thrift_put_int(out, &last, 1, HY_THRIFT_I32, column->physical));
    HY_TRY(hy_thrift_put_list(out, &last, 2, HY_THRIFT_I32, has_dictionary ? 3 : 2));
    HY_TRY(hy_thrift_put_zigzag(out, HY_PARQUET_PLAIN));
    HY_TRY(hy_thrift_put_zigzag(out, HY_PARQUET_RLE));
    if (has_dictionary)
        HY_TRY(hy_thrift_put_zigzag(out, HY_PARQUET_RLE_DICTIONARY));
    HY_TRY(hy_thrift_put_list(out, &last, 3, HY_THRIFT_BINARY, 1));
    HY_TRY(hy_thrift_put_bytes(out, column->name, strlen(column->name)));
    HY_TRY(hy_thrift_put_int(out, &last, 4, HY_THRIFT_I32, writer->codec));
    HY_TRY(hy_thrift_put_int(out, &last, 5, HY_THRIFT_I64, (int64_t)n_rows));
    HY_TRY(hy_thrift_put_int(out, &last, 6, HY_THRIFT_I64, (int64_t)encoded->plain_bytes));
    HY_TRY(hy_thrift_put_int(out, &last, 7, HY_THRIFT_I64, (int64_t)encoded->bytes));
    HY_TRY(hy_thrift_put_int(
        out, &last, 9, HY_THRIFT_I64, (int64_t)(offset + encoded->dictionary_bytes)));
    if (has_dictionary)
        HY_TRY(hy_thrift_put_int(out, &last, 11, HY_THRIFT_I64, (int64_t)offset));
    HY_TRY(put_statistics(out, &last, column, encoded));
    return hy_thrift_put_stop(out);
}

static HyStatus put_group(
    HyBuffer *out, const HyParquetWriter *writer, const HyParquetEncoded *group)
{
    int last = 0;
    uint64_t plain_bytes = 0;
    uint64_t bytes = 0;
    HY_TRY(hy_thrift_put_list(out, &last, 1, HY_THRIFT_STRUCT, writer->n_columns));
    for (size_t i = 0; i < writer->n_columns; i++) {
        const EncodedColumn *column = &group->columns[i];
        uint64_t offset = group->offset + column->offset;
        int inner = 0;
        HY_TRY(hy_thrift_put_int(out, &inner, 2, HY_THRIFT_I64, (int64_t)offset));
        HY_TRY(hy_thrift_put_field(out, &inner, 3, HY_THRIFT_STRUCT));
        HY_TRY(put_column_metadata(out, writer, i, column, offset, group->n_rows));
        HY_TRY(hy_thrift_put_stop(out));
        plain_bytes += column->plain_bytes;
        bytes += column->bytes;
    }
    HY_TRY(hy_thrift_put_int(out, &last, 2, HY_THRIFT_I64, (int64_t)plain_bytes));
    HY_TRY(hy_thrift_put_int(out, &last, 3, HY_THRIFT_I64, (int64_t)group->n_rows));
    HY_TRY(hy_thrift_put_int(out, &last, 5, HY_THRIFT_I64, (int64_t)group->offset));
    HY_TRY(hy_thrift_put_int(out, &last, 6, HY_THRIFT_I64, (int64_t)bytes));
    return hy_thrift_put_stop(out);
}

/* How each column's minimum and maximum are ordered: by its type. */
static HyStatus put_orders(HyBuffer *out, int *last, size_t n)
{
    HY_TRY(hy_thrift_put_list(out, last, 7, HY_THRIFT_STRUCT, n));
    for (size_t i = 0; i < n; i++) {
        int inner = 0;
        HY_TRY(put_empty_type(out, &inner, 1));
        HY_TRY(hy_thrift_put_stop(out));
    }
    return HY_OK;
}

static HyStatus make_footer(HyBuffer *out, const HyParquetWriter *writer)
{
    int last = 0;
    HY_TRY(hy_thrift_put_int(out, &last, 1, HY_THRIFT_I32, 2));
    HY_TRY(put_schema(out, &last, writer));
    HY_TRY(hy_thrift_put_int(out, &last, 3, HY_THRIFT_I64, (int64_t)writer->n_rows));
    HY_TRY(hy_thrift_put_list(out, &last, 4, HY_THRIFT_STRUCT, writer->n_groups));
    for (const HyParquetEncoded *group = writer->first; group; group = group->next)
        HY_TRY(put_group(out, writer, group));
    HY_TRY(hy_thrift_put_binary(out, &last, 6, CREATED_BY, strlen(CREATED_BY)));
    HY_TRY(put_orders(out, &last, writer->n_columns));
    HY_TRY(hy_thrift_put_stop(out));
    HY_TRY(hy_buffer_append_u32(out, (uint32_t)out->len));
    return hy_buffer_append(out, "PAR1", 4);
}

HyStatus hy_parquet_write_footer(HyParquetWriter *writer, HyByteWriter *out)
{
    HyBuffer footer = {0};
    HyStatus st = HY_OK;
    if (writer->offset == 0)
        HY_GO(put_bytes(writer, out, "PAR1", 4));
    HY_GO(make_footer(&footer, writer));
    HY_GO(put_bytes(writer, out, footer.data, footer.len));
done:
    hy_buffer_free(&footer);
    return st;
}
