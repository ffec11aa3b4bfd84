/* Rows from the wire: DataRow messages in HyperBinary into flat vectors, and these into the result.
 */
#include "client/remote.h"

#include "base/utf8.h"
#include "types/array.h"

#include <stdlib.h>

struct HyRowReader {
    HyResult *result;
    HyArena *arena;   /* of types and vectors */
    HyArena *strings; /* of the rows in the vectors */
    HyType *types;
    HyVector *columns;
    size_t n_columns;
    size_t n_rows; /* in the vectors */
};

static HyStatus bad_row(void)
{
    return hy_error("08P01", "the server sent a row that is not what it described");
}

/* ---- Describing ---- */

/* What we do not know comes as bytes. */
static HyType type_of(uint32_t oid, int32_t typmod)
{
    HyType type = hy_type_from_oid(oid, typmod);
    if (type.id == HY_TYPE_UNKNOWN)
        type = hy_type(HY_TYPE_BYTEA);
    type.nullable = true;
    return type;
}

static HyStatus read_columns(HyRowReader *reader, HyFields *fields)
{
    const char **names;
    reader->n_columns = hy_fields_u16(fields);
    HY_ARENA_NEW(reader->arena, names, reader->n_columns);
    HY_ARENA_NEW(reader->arena, reader->types, reader->n_columns);
    for (size_t i = 0; i < reader->n_columns; i++) {
        names[i] = hy_fields_text(fields);
        (void)hy_fields_bytes(fields, 6); /* table and column */
        uint32_t oid = hy_fields_u32(fields);
        (void)hy_fields_u16(fields);
        int32_t typmod = (int32_t)hy_fields_u32(fields);
        (void)hy_fields_u16(fields);
        reader->types[i] = type_of(oid, typmod);
    }
    if (fields->failed)
        return hy_error("08P01", "the server sent a broken description of its rows");
    return hy_result_set_columns(reader->result, names, reader->types, reader->n_columns);
}

static HyStatus make_vectors(HyRowReader *reader)
{
    HY_ARENA_NEW(reader->arena, reader->columns, reader->n_columns);
    for (size_t i = 0; i < reader->n_columns; i++) {
        HyVector *v = &reader->columns[i];
        HY_TRY(hy_vector_alloc(reader->arena, reader->types[i], HY_VECTOR_SIZE, v));
        HY_TRY(hy_vector_need_validity(reader->arena, v, HY_VECTOR_SIZE));
    }
    hy_rowset_destroy(reader->result->rows);
    reader->result->rows = NULL;
    return hy_rowset_create(reader->types, reader->n_columns, NULL, &reader->result->rows);
}

HyStatus hy_row_reader_create(HyFields fields, HyResult *result, HyRowReader **out)
{
    HyStatus st = HY_OK;
    HyRowReader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return hy_error_oom(sizeof *reader);
    reader->result = result;
    reader->arena = hy_arena_create();
    reader->strings = hy_arena_create();
    if (!reader->arena || !reader->strings)
        HY_GO(hy_error_oom(0));
    HY_GO(read_columns(reader, &fields));
    HY_GO(make_vectors(reader));
    *out = reader;
    reader = NULL;
done:
    hy_row_reader_destroy(reader);
    return st;
}

void hy_row_reader_destroy(HyRowReader *reader)
{
    if (!reader)
        return;
    hy_arena_destroy(reader->arena);
    hy_arena_destroy(reader->strings);
    free(reader);
}

/* ---- Values ---- */

static bool has_fixed_size(HyType type)
{
    return hy_type_physical(type) != HY_PHYS_STRING && type.id != HY_TYPE_CHAR1;
}

static HyStatus read_array(
    HyRowReader *reader, HyType element, const uint8_t *bytes, size_t len, HyString *out);

/* One value of `len` bytes, which stay where they are, into memory form. */
static HyStatus read_value(
    HyRowReader *reader, HyType type, const uint8_t *bytes, size_t len, void *to)
{
    if (has_fixed_size(type)) {
        if (len != hy_physical_size(hy_type_physical(type)))
            return bad_row();
        memcpy(to, bytes, len);
        if (type.id == HY_TYPE_BOOL)
            *(uint8_t *)to = *bytes != 0;
        return HY_OK;
    }
    if (type.id == HY_TYPE_CHAR1) {
        uint32_t code_point = 0;
        if (len && !hy_utf8_decode((const char *)bytes, len, &code_point))
            return bad_row();
        code_point = code_point == ' ' ? 0 : code_point;
        memcpy(to, &code_point, sizeof code_point);
        return HY_OK;
    }
    HyString s;
    if (type.id == HY_TYPE_ARRAY) {
        HY_TRY(read_array(reader, *type.element, bytes, len, &s));
    } else {
        if (type.id == HY_TYPE_CHAR) /* stored without the blanks that fill it up */
            while (len && bytes[len - 1] == ' ')
                len--;
        s = hy_string_view((const char *)bytes, len);
    }
    memcpy(to, &s, sizeof s);
    return HY_OK;
}

/* Count and ends of an array's elements; 0 bytes: an empty one. */
typedef struct ArrayLayout {
    size_t count;
    size_t element_size; /* 0: the ends tell */
    const uint8_t *ends;
    const uint8_t *nulls;
    const uint8_t *values;
    size_t values_len;
} ArrayLayout;

/* n values of s bytes and then a bit for each: n is the largest for which that fits. */
static bool fixed_layout(const uint8_t *bytes, size_t len, size_t size, ArrayLayout *out)
{
    size_t n = len * 8 / (size * 8 + 1);
    while (n * size + (n + 7) / 8 < len && (n + 1) * size + (n + 8) / 8 <= len)
        n++;
    *out = (ArrayLayout){.count = n,
        .element_size = size,
        .nulls = bytes + n * size,
        .values = bytes,
        .values_len = n * size};
    return n * size + (n + 7) / 8 == len;
}

static bool varied_layout(const uint8_t *bytes, size_t len, ArrayLayout *out)
{
    if (len < 4)
        return false;
    size_t n = hy_load_u32(bytes);
    size_t fixed = 4 + n * 4 + (n + 7) / 8;
    if (fixed > len)
        return false;
    *out = (ArrayLayout){.count = n,
        .ends = bytes + 4,
        .nulls = bytes + 4 + n * 4,
        .values = bytes + fixed,
        .values_len = len - fixed};
    return true;
}

static HyStatus append_elements(
    HyRowReader *reader, HyType element, const ArrayLayout *layout, HyArrayBuilder *builder)
{
    size_t start = 0;
    for (size_t i = 0; i < layout->count; i++) {
        union {
            uint8_t bytes[16];
            int64_t align;
        } payload = {{0}};
        size_t end =
            layout->element_size ? start + layout->element_size : hy_load_u32(layout->ends + i * 4);
        if (end < start || end > layout->values_len)
            return bad_row();
        bool is_null = layout->nulls[i / 8] >> (i % 8) & 1;
        if (!is_null)
            HY_TRY(read_value(reader, element, layout->values + start, end - start, payload.bytes));
        HY_TRY(hy_array_builder_append(builder, is_null ? NULL : payload.bytes));
        start = end;
    }
    return HY_OK;
}

static HyStatus read_array(
    HyRowReader *reader, HyType element, const uint8_t *bytes, size_t len, HyString *out)
{
    ArrayLayout layout = {0};
    if (len && !(has_fixed_size(element) ? fixed_layout(bytes, len,
                                               hy_physical_size(hy_type_physical(element)), &layout)
                                         : varied_layout(bytes, len, &layout)))
        return bad_row();
    HyArrayBuilder builder;
    hy_array_builder_init(&builder, element);
    HyStatus st = append_elements(reader, element, &layout, &builder);
    if (!st)
        st = hy_array_builder_finish(&builder, reader->strings, out);
    hy_array_builder_destroy(&builder);
    return st;
}

/* ---- Rows ---- */

static HyStatus flush(HyRowReader *reader)
{
    HyBatch batch = {
        .n_rows = reader->n_rows, .n_cols = reader->n_columns, .cols = reader->columns};
    HyStatus st = reader->n_rows ? hy_rowset_append(reader->result->rows, &batch) : HY_OK;
    reader->n_rows = 0;
    hy_arena_reset(reader->strings);
    return st;
}

static HyStatus add_field(HyRowReader *reader, size_t column, HyFields *fields)
{
    HyVector *v = &reader->columns[column];
    size_t size = hy_physical_size(hy_type_physical(v->type));
    uint8_t *to = (uint8_t *)v->data + reader->n_rows * size;
    uint32_t len = hy_fields_u32(fields);
    if (len == UINT32_MAX) {
        hy_bitmap_clear(v->validity, reader->n_rows);
        memset(to, 0, size);
        return fields->failed ? bad_row() : HY_OK;
    }
    const uint8_t *bytes = hy_fields_bytes(fields, len);
    if (!bytes)
        return bad_row();
    hy_bitmap_set(v->validity, reader->n_rows);
    if (!has_fixed_size(v->type) && len > HY_STRING_INLINE) { /* the message goes away */
        uint8_t *copy = hy_arena_alloc(reader->strings, len);
        if (!copy)
            return hy_error_oom(len);
        memcpy(copy, bytes, len);
        bytes = copy;
    }
    return read_value(reader, v->type, bytes, len, to);
}

HyStatus hy_row_reader_add(HyRowReader *reader, HyFields fields)
{
    if (hy_fields_u16(&fields) != reader->n_columns || fields.failed)
        return bad_row();
    for (size_t i = 0; i < reader->n_columns; i++)
        HY_TRY(add_field(reader, i, &fields));
    return ++reader->n_rows == HY_VECTOR_SIZE ? flush(reader) : HY_OK;
}

HyStatus hy_row_reader_finish(HyRowReader *reader)
{
    return flush(reader);
}
