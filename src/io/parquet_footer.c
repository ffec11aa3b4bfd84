/* The footer of a Parquet file: schema, row groups and where their columns lie. */
#include "io/byte_stream.h"
#include "io/parquet_internal.h"
#include "io/thrift.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX_FOOTER_BYTES (16u << 20) /* as the genuine server has it */

/* A node of the schema as it is stored, before it becomes a column. */
typedef struct SchemaNode {
    const char *name;
    size_t name_len;
    int physical; /* -1: a group */
    int32_t fixed_bytes;
    int repetition; /* 0 required, 1 optional, 2 repeated */
    int64_t n_children;
    int converted; /* -1: none */
    int64_t scale, precision;
    int logical; /* field of the union; 0: none */
    bool is_adjusted;
    int unit; /* 1 ms, 2 us, 3 ns */
    int bit_width;
    bool is_signed;
} SchemaNode;

/* Fields of the LogicalType union. */
enum {
    LOGICAL_STRING = 1,
    LOGICAL_ENUM = 4,
    LOGICAL_DECIMAL = 5,
    LOGICAL_DATE = 6,
    LOGICAL_TIME = 7,
    LOGICAL_TIMESTAMP = 8,
    LOGICAL_INTEGER = 10,
    LOGICAL_UNKNOWN = 11,
    LOGICAL_JSON = 12,
    LOGICAL_BSON = 13,
    LOGICAL_UUID = 14,
    LOGICAL_FLOAT16 = 15
};

/* ConvertedType, from the time before. */
enum {
    CONVERTED_UTF8 = 0,
    CONVERTED_ENUM = 4,
    CONVERTED_DECIMAL = 5,
    CONVERTED_DATE = 6,
    CONVERTED_TIME_MILLIS = 7,
    CONVERTED_TIME_MICROS = 8,
    CONVERTED_TIMESTAMP_MILLIS = 9,
    CONVERTED_TIMESTAMP_MICROS = 10,
    CONVERTED_UINT_8 = 11,
    CONVERTED_UINT_64 = 14,
    CONVERTED_INT_8 = 15,
    CONVERTED_INT_64 = 18,
    CONVERTED_JSON = 19,
    CONVERTED_INTERVAL = 21
};

HyStatus hy_parquet_damaged(const HyParquetFile *file, const char *format, ...)
{
    char what[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return hy_error_hint(hy_error_detail(hy_error("XX001", "error while reading Parquet file"),
                             "Error in %s\n%s", file->path, what),
        "The file is probably corrupt.");
}

/* ---- Logical types ---- */

static void read_unit(HyThriftReader *r, SchemaNode *node)
{
    int field = 0;
    int type;
    while (hy_thrift_field(r, &field, &type)) {
        node->unit = field;
        hy_thrift_skip(r, type);
    }
}

static void read_time(HyThriftReader *r, SchemaNode *node)
{
    int field = 0;
    int type;
    while (hy_thrift_field(r, &field, &type)) {
        if (field == 1)
            node->is_adjusted = type == HY_THRIFT_TRUE;
        else if (field == 2 && type == HY_THRIFT_STRUCT)
            read_unit(r, node);
        else
            hy_thrift_skip(r, type);
    }
}

static void read_decimal(HyThriftReader *r, SchemaNode *node)
{
    int field = 0;
    int type;
    while (hy_thrift_field(r, &field, &type)) {
        if (field == 1)
            node->scale = hy_thrift_int(r);
        else if (field == 2)
            node->precision = hy_thrift_int(r);
        else
            hy_thrift_skip(r, type);
    }
}

static void read_integer(HyThriftReader *r, SchemaNode *node)
{
    int field = 0;
    int type;
    while (hy_thrift_field(r, &field, &type)) {
        if (field == 1)
            node->bit_width = hy_thrift_byte(r);
        else if (field == 2)
            node->is_signed = type == HY_THRIFT_TRUE;
        else
            hy_thrift_skip(r, type);
    }
}

static void read_logical(HyThriftReader *r, SchemaNode *node)
{
    int field = 0;
    int type;
    while (hy_thrift_field(r, &field, &type)) {
        node->logical = field;
        if (field == LOGICAL_DECIMAL)
            read_decimal(r, node);
        else if (field == LOGICAL_TIME || field == LOGICAL_TIMESTAMP)
            read_time(r, node);
        else if (field == LOGICAL_INTEGER)
            read_integer(r, node);
        else
            hy_thrift_skip(r, type);
    }
}

/* What a converted type says in today's terms. */
static void apply_converted(SchemaNode *node)
{
    static const uint8_t by_converted[] = {[CONVERTED_UTF8] = LOGICAL_STRING,
        [CONVERTED_ENUM] = LOGICAL_ENUM,
        [CONVERTED_DECIMAL] = LOGICAL_DECIMAL,
        [CONVERTED_DATE] = LOGICAL_DATE,
        [CONVERTED_TIME_MILLIS] = LOGICAL_TIME,
        [CONVERTED_TIME_MICROS] = LOGICAL_TIME,
        [CONVERTED_TIMESTAMP_MILLIS] = LOGICAL_TIMESTAMP,
        [CONVERTED_TIMESTAMP_MICROS] = LOGICAL_TIMESTAMP,
        [CONVERTED_JSON] = LOGICAL_JSON,
        [20] = LOGICAL_BSON};
    int c = node->converted;
    if (node->logical || c < 0)
        return;
    if (c >= CONVERTED_UINT_8 && c <= CONVERTED_INT_64) {
        node->logical = LOGICAL_INTEGER;
        node->is_signed = c >= CONVERTED_INT_8;
        node->bit_width = 8 << (c - (node->is_signed ? CONVERTED_INT_8 : CONVERTED_UINT_8));
        return;
    }
    if (c < (int)HY_ARRAY_LEN(by_converted))
        node->logical = by_converted[c];
    node->is_adjusted = true;
    node->unit = c == CONVERTED_TIME_MILLIS || c == CONVERTED_TIMESTAMP_MILLIS ? 1 : 2;
}

static void read_node(HyThriftReader *r, SchemaNode *node)
{
    int field = 0;
    int type;
    *node = (SchemaNode){.physical = -1, .converted = -1};
    while (hy_thrift_field(r, &field, &type)) {
        if (field == 4 && type == HY_THRIFT_BINARY)
            node->name = hy_thrift_binary(r, &node->name_len);
        else if (field == 10 && type == HY_THRIFT_STRUCT)
            read_logical(r, node);
        else if (type != HY_THRIFT_I32)
            hy_thrift_skip(r, type);
        else {
            int64_t value = hy_thrift_int(r);
            switch (field) {
            case 1:
                node->physical = value >= 0 && value <= HY_PARQUET_FIXED ? (int)value : 99;
                break;
            case 2:
                node->fixed_bytes = (int32_t)value;
                break;
            case 3:
                node->repetition = (int)value;
                break;
            case 5:
                node->n_children = value;
                break;
            case 6:
                node->converted = (int)value;
                break;
            case 7:
                if (!node->scale)
                    node->scale = value;
                break;
            case 8:
                if (!node->precision)
                    node->precision = value;
                break;
            default:
                break;
            }
        }
    }
    apply_converted(node);
}

/* ---- Types ---- */

static bool decimal_type(const SchemaNode *node, HyParquetColumn *column)
{
    static const int8_t by_int[] = {[HY_PARQUET_INT32] = 9, [HY_PARQUET_INT64] = 18};
    bool is_int = column->physical == HY_PARQUET_INT32 || column->physical == HY_PARQUET_INT64;
    bool is_bytes =
        column->physical == HY_PARQUET_FIXED || column->physical == HY_PARQUET_BYTE_ARRAY;
    if ((!is_int && !is_bytes) || node->precision < 1 ||
        node->precision > HY_NUMERIC_MAX_PRECISION || node->scale < 0 ||
        node->scale > node->precision || (is_int && node->precision > by_int[column->physical]))
        return false;
    column->conversion = is_int ? HY_PARQUET_AS_IS : HY_PARQUET_TO_DECIMAL;
    column->type = hy_type_numeric((int)node->precision, (int)node->scale);
    return true;
}

static bool set_type(HyParquetColumn *column, HyTypeId id, HyParquetConversion conversion)
{
    column->type = hy_type(id);
    column->conversion = conversion;
    return true;
}

static bool set_unit(const SchemaNode *node, HyParquetColumn *column)
{
    column->scale_up = node->unit == 1 ? 1000 : node->unit == 2 ? 1 : 0;
    column->units = node->unit == 3 ? 1000 : 1;
    bool is_int32 = column->physical == HY_PARQUET_INT32;
    return node->unit >= 1 && node->unit <= 3 &&
           (column->physical == HY_PARQUET_INT64 || (is_int32 && node->unit == 1));
}

static bool integer_type(const SchemaNode *node, HyParquetColumn *column)
{
    int bits = node->bit_width;
    bool is_64 = column->physical == HY_PARQUET_INT64;
    if (column->physical != HY_PARQUET_INT32 && !is_64)
        return false;
    if (is_64 != (bits == 64))
        return false;
    if (node->is_signed || bits < 32)
        return set_type(column,
            is_64                                            ? HY_TYPE_INT8
            : bits == 32 || (bits == 16 && !node->is_signed) ? HY_TYPE_INT4
                                                             : HY_TYPE_INT2,
            HY_PARQUET_AS_IS);
    set_type(column, HY_TYPE_INT8, HY_PARQUET_UNSIGNED);
    if (is_64)
        column->type = hy_type_numeric(20, 0);
    return true;
}

static bool plain_type(HyParquetColumn *column)
{
    switch (column->physical) {
    case HY_PARQUET_BOOLEAN:
        return set_type(column, HY_TYPE_BOOL, HY_PARQUET_AS_IS);
    case HY_PARQUET_INT32:
        return set_type(column, HY_TYPE_INT4, HY_PARQUET_AS_IS);
    case HY_PARQUET_INT64:
        return set_type(column, HY_TYPE_INT8, HY_PARQUET_AS_IS);
    case HY_PARQUET_INT96:
        return set_type(column, HY_TYPE_TIMESTAMPTZ, HY_PARQUET_TO_TIMESTAMP);
    case HY_PARQUET_FLOAT:
        return set_type(column, HY_TYPE_FLOAT4, HY_PARQUET_AS_IS);
    case HY_PARQUET_DOUBLE:
        return set_type(column, HY_TYPE_FLOAT8, HY_PARQUET_AS_IS);
    case HY_PARQUET_BYTE_ARRAY:
    case HY_PARQUET_FIXED:
        return set_type(column, HY_TYPE_BYTEA, HY_PARQUET_TO_BYTES);
    }
    return false;
}

/* False: there is no such type here. */
static bool logical_type(const SchemaNode *node, HyParquetColumn *column)
{
    HyParquetPhysical physical = column->physical;
    bool is_bytes = physical == HY_PARQUET_BYTE_ARRAY;
    switch (node->logical) {
    case LOGICAL_STRING:
    case LOGICAL_ENUM:
        return is_bytes && set_type(column, HY_TYPE_TEXT, HY_PARQUET_TO_TEXT);
    case LOGICAL_JSON:
        return is_bytes && set_type(column, HY_TYPE_JSON, HY_PARQUET_TO_TEXT);
    case LOGICAL_DECIMAL:
        return decimal_type(node, column);
    case LOGICAL_DATE:
        return physical == HY_PARQUET_INT32 && set_type(column, HY_TYPE_DATE, HY_PARQUET_TO_DATE);
    case LOGICAL_TIME:
        return set_unit(node, column) && set_type(column, HY_TYPE_TIME, HY_PARQUET_TO_TIME);
    case LOGICAL_TIMESTAMP:
        return physical == HY_PARQUET_INT64 && set_unit(node, column) &&
               set_type(column, node->is_adjusted ? HY_TYPE_TIMESTAMPTZ : HY_TYPE_TIMESTAMP,
                   HY_PARQUET_TO_TIMESTAMP);
    case LOGICAL_INTEGER:
        return integer_type(node, column);
    case LOGICAL_UUID:
        return physical == HY_PARQUET_FIXED && node->fixed_bytes == 16 &&
               set_type(column, HY_TYPE_UUID, HY_PARQUET_TO_UUID);
    case LOGICAL_FLOAT16:
        return physical == HY_PARQUET_FIXED && node->fixed_bytes == 2 &&
               set_type(column, HY_TYPE_FLOAT4, HY_PARQUET_TO_HALF);
    case LOGICAL_BSON:
    case LOGICAL_UNKNOWN:
        return false;
    default: /* newer than this code: what the values are without it */
        return node->converted != CONVERTED_INTERVAL && plain_type(column);
    }
}

static HyStatus describe(HyArena *arena, const SchemaNode *node, HyParquetColumn *column)
{
    static const char *const physicals[] = {"BOOLEAN", "INT32", "INT64", "INT96", "FLOAT", "DOUBLE",
        "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"};
    static const char *const logicals[] = {"", "STRING", "MAP", "LIST", "ENUM", "DECIMAL", "DATE",
        "TIME", "TIMESTAMP", "", "INTEGER", "UNKNOWN", "JSON", "BSON", "UUID", "FLOAT16"};
    const char *physical = node->physical <= HY_PARQUET_FIXED ? physicals[node->physical] : "?";
    bool is_known = node->logical > 0 && node->logical < (int)HY_ARRAY_LEN(logicals);
    char length[24] = "";
    if (node->physical == HY_PARQUET_FIXED)
        (void)snprintf(length, sizeof length, "(%d)", node->fixed_bytes);
    column->description = hy_arena_printf(arena, "physical type %s%s, logical type %s", physical,
        length, is_known ? logicals[node->logical] : "NONE");
    return column->description ? HY_OK : hy_error_oom(0);
}

/* ---- Schema ---- */

static HyStatus leaf_column(HyArena *arena, const SchemaNode *node, HyParquetColumn *column)
{
    bool is_readable = node->physical <= HY_PARQUET_FIXED;
    column->physical = is_readable ? (HyParquetPhysical)node->physical : HY_PARQUET_BOOLEAN;
    column->fixed_bytes = node->fixed_bytes;
    column->units = 1000; /* of INT96 */
    if (column->physical == HY_PARQUET_FIXED && node->fixed_bytes < 1)
        is_readable = false;
    if (is_readable)
        is_readable = node->logical ? logical_type(node, column) : plain_type(column);
    if (node->converted == CONVERTED_INTERVAL)
        is_readable = false;
    if (!is_readable)
        column->type = hy_type(HY_TYPE_UNKNOWN);
    column->type.nullable = column->is_optional;
    return is_readable ? HY_OK : describe(arena, node, column);
}

/* Counts the leaves below a group of the schema, whose nodes follow in depth-first order. */
static bool skip_children(const SchemaNode *nodes, size_t n, size_t *at, size_t *n_leaves)
{
    int64_t pending = 1; /* nodes that must still come, the next one included */
    while (pending > 0) {
        if (*at >= n)
            return false;
        const SchemaNode *node = &nodes[(*at)++];
        pending--;
        if (node->physical < 0) {
            if (node->n_children < 0 || node->n_children > (int64_t)n)
                return false;
            pending += node->n_children;
        } else {
            (*n_leaves)++;
        }
    }
    return true;
}

static HyStatus check_name(const HyParquetFile *file, size_t i)
{
    const char *name = file->columns[i].name;
    if (!hy_utf8_validate(name, strlen(name), NULL))
        return hy_parquet_damaged(file, "The name of column %zu is not valid UTF-8.", i);
    if (hy_parquet_find_column(file, name) < (int64_t)i)
        return hy_parquet_damaged(
            file, "Inconsistent schema: The schema contains two columns named %s.", name);
    return HY_OK;
}

static HyStatus make_columns(HyParquetFile *file, const SchemaNode *nodes, size_t n)
{
    if (n == 0 || nodes[0].physical >= 0 || nodes[0].n_children < 0 ||
        nodes[0].n_children > (int64_t)n - 1)
        return hy_parquet_damaged(file, "Inconsistent schema.");
    size_t n_columns = (size_t)nodes[0].n_children;
    size_t at = 1;
    HY_ARENA_NEW(file->arena, file->columns, n_columns + 1);
    for (size_t i = 0; i < n_columns; i++) {
        if (at >= n)
            return hy_parquet_damaged(file, "Inconsistent schema.");
        const SchemaNode *node = &nodes[at];
        HyParquetColumn *column = &file->columns[i];
        column->name = hy_arena_strndup(file->arena, node->name ? node->name : "", node->name_len);
        if (!column->name)
            return hy_error_oom(node->name_len);
        column->is_group = node->physical < 0 || node->repetition == 2;
        column->is_optional = node->repetition != 0;
        column->chunk = file->n_chunks;
        if (!skip_children(nodes, n, &at, &file->n_chunks))
            return hy_parquet_damaged(file, "Inconsistent schema.");
        if (column->is_group)
            column->type = hy_type(HY_TYPE_JSON);
        else
            HY_TRY(leaf_column(file->arena, node, column));
        file->n_columns = i + 1;
        HY_TRY(check_name(file, i));
    }
    return at == n ? HY_OK : hy_parquet_damaged(file, "Inconsistent schema.");
}

static HyStatus read_schema(HyParquetFile *file, HyThriftReader *r)
{
    int type;
    size_t n = hy_thrift_list(r, &type);
    SchemaNode *nodes = calloc(n + 1, sizeof *nodes);
    if (!nodes)
        return hy_error_oom(n * sizeof *nodes);
    for (size_t i = 0; i < n && !r->failed; i++)
        read_node(r, &nodes[i]);
    HyStatus st = r->failed ? HY_OK : make_columns(file, nodes, n);
    free(nodes);
    return st;
}

/* ---- Row groups ---- */

static void read_chunk_metadata(HyThriftReader *r, HyParquetChunk *chunk)
{
    int field = 0;
    int type;
    int64_t first_data = 0;
    int64_t dictionary = 0;
    while (hy_thrift_field(r, &field, &type)) {
        if (type != HY_THRIFT_I32 && type != HY_THRIFT_I64) {
            hy_thrift_skip(r, type);
            continue;
        }
        int64_t value = hy_thrift_int(r);
        switch (field) {
        case 1:
            chunk->physical = (HyParquetPhysical)(value & 15);
            break;
        case 4:
            chunk->codec = (HyParquetCodec)(value & 127);
            break;
        case 5:
            chunk->n_values = value;
            break;
        case 7:
            chunk->bytes = value > 0 ? (uint64_t)value : 0;
            break;
        case 9:
            first_data = value;
            break;
        case 11:
            dictionary = value;
            break;
        default:
            break;
        }
    }
    /* Some writers give a dictionary offset of 0 when there is none. */
    int64_t first = dictionary > 0 && dictionary < first_data ? dictionary : first_data;
    chunk->offset = first > 0 ? (uint64_t)first : 0;
}

static HyStatus read_chunk(HyThriftReader *r, HyParquetChunk *chunk)
{
    int field = 0;
    int type;
    bool is_elsewhere = false;
    while (hy_thrift_field(r, &field, &type)) {
        if (field == 3 && type == HY_THRIFT_STRUCT)
            read_chunk_metadata(r, chunk);
        else
            hy_thrift_skip(r, type);
        is_elsewhere |= field == 1;
    }
    if (is_elsewhere)
        return hy_error(
            "0A000", "Parquet files whose columns lie in other files are not supported");
    return HY_OK;
}

static HyStatus read_chunks(HyParquetFile *file, HyThriftReader *r, HyParquetGroup *group)
{
    int type;
    size_t n = hy_thrift_list(r, &type);
    if (r->failed)
        return HY_OK;
    if (n != file->n_chunks || type != HY_THRIFT_STRUCT)
        return hy_parquet_damaged(
            file, "A row group has %zu columns instead of %zu.", n, file->n_chunks);
    HY_ARENA_NEW(file->arena, group->chunks, n + 1);
    for (size_t i = 0; i < n && !r->failed; i++)
        HY_TRY(read_chunk(r, &group->chunks[i]));
    return HY_OK;
}

static HyStatus read_group(HyParquetFile *file, HyThriftReader *r, HyParquetGroup *group)
{
    int field = 0;
    int type;
    int64_t n_rows = -1;
    while (hy_thrift_field(r, &field, &type)) {
        if (field == 1 && type == HY_THRIFT_LIST)
            HY_TRY(read_chunks(file, r, group));
        else if (field == 3 && type == HY_THRIFT_I64)
            n_rows = hy_thrift_int(r);
        else
            hy_thrift_skip(r, type);
    }
    if (!r->failed && (n_rows < 0 || !group->chunks))
        return hy_parquet_damaged(file, "A row group is incomplete.");
    group->n_rows = n_rows > 0 ? (uint64_t)n_rows : 0;
    file->n_rows += group->n_rows;
    return HY_OK;
}

static HyStatus read_groups(HyParquetFile *file, HyThriftReader *r)
{
    int type;
    size_t n = hy_thrift_list(r, &type);
    if (!file->columns && !r->failed)
        return hy_parquet_damaged(file, "The schema is missing.");
    HY_ARENA_NEW(file->arena, file->groups, n + 1);
    for (size_t i = 0; i < n && !r->failed; i++) {
        HY_TRY(read_group(file, r, &file->groups[i]));
        file->n_groups++;
    }
    return HY_OK;
}

static HyStatus read_metadata(HyParquetFile *file, const uint8_t *data, size_t len)
{
    HyThriftReader r = {.at = data, .end = data + len};
    int field = 0;
    int type;
    while (hy_thrift_field(&r, &field, &type)) {
        if (field == 2 && type == HY_THRIFT_LIST && !file->columns)
            HY_TRY(read_schema(file, &r));
        else if (field == 4 && type == HY_THRIFT_LIST && !file->groups)
            HY_TRY(read_groups(file, &r));
        else
            hy_thrift_skip(&r, type);
    }
    if (r.failed || !file->columns || !file->groups)
        return hy_parquet_damaged(file, "The footer cannot be read.");
    return HY_OK;
}

static HyStatus read_footer(HyParquetFile *file)
{
    uint8_t tail[8];
    if (file->size < 8)
        return hy_error_detail(hy_error("XX001", "file is not a Parquet file"),
            "File %s\nFile size is less than 8 bytes", file->path);
    HY_TRY(hy_os_file_read(&file->file, file->size - 8, tail, 8));
    if (memcmp(tail + 4, "PARE", 4) == 0)
        return hy_error("0A000", "encrypted Parquet files are not supported");
    if (memcmp(tail + 4, "PAR1", 4) != 0)
        return hy_error_detail(hy_error("XX001", "file is not a Parquet file"),
            "File %s\nThe file does not end in the magic number", file->path);
    uint32_t len = hy_load_u32(tail);
    if (len > MAX_FOOTER_BYTES)
        return hy_parquet_damaged(file,
            "The footer size %u of the Parquet file exceeds the maximum allowed footer size which "
            "is %u",
            len, MAX_FOOTER_BYTES);
    if (len > file->size - 8)
        return hy_parquet_damaged(file, "The footer is larger than the file.");
    uint8_t *data = malloc(len + 1);
    if (!data)
        return hy_error_oom(len);
    HyStatus st = hy_os_file_read(&file->file, file->size - 8 - len, data, len);
    if (!st)
        st = read_metadata(file, data, len);
    free(data);
    return st;
}

/* ---- The file ---- */

HyStatus hy_parquet_open(const char *path, HyParquetFile **out)
{
    HyStatus st = HY_OK;
    uint64_t size;
    HY_TRY(hy_byte_source_size(path, &size)); /* words the errors as for other sources */
    if (size == 0)
        return hy_error_detail(
            hy_error("58000", "could not read from external source"), "Source: \"%s\"", path);
    HyArena *arena = hy_arena_create();
    HyParquetFile *file = arena ? hy_arena_zalloc(arena, sizeof *file) : NULL;
    if (!file) {
        hy_arena_destroy(arena);
        return hy_error_oom(sizeof *file);
    }
    file->arena = arena;
    file->file = HY_OS_FILE_CLOSED;
    file->path = hy_arena_strndup(arena, path, strlen(path));
    if (!file->path)
        HY_GO(hy_error_oom(strlen(path)));
    HY_GO(hy_os_file_open(path, HY_OS_READ, NULL, NULL, &file->file));
    HY_GO(hy_os_file_size(&file->file, &file->size));
    HY_GO(read_footer(file));
    *out = file;
    file = NULL;
done:
    hy_parquet_close(file);
    return st;
}

void hy_parquet_close(HyParquetFile *file)
{
    if (!file)
        return;
    hy_os_file_close(&file->file);
    hy_arena_destroy(file->arena);
}

int64_t hy_parquet_find_column(const HyParquetFile *file, const char *name)
{
    for (size_t i = 0; i < file->n_columns; i++) {
        if (strcmp(file->columns[i].name, name) == 0)
            return (int64_t)i;
    }
    return -1;
}

/* ---- What may be read as what ---- */

static bool is_readable_as(HyType from, HyType to)
{
    if (hy_type_is_integer(from) && hy_type_is_integer(to))
        return from.id <= to.id;
    if (from.id == HY_TYPE_NUMERIC && to.id == HY_TYPE_NUMERIC)
        return from.scale == to.scale && from.precision <= to.precision;
    if (from.id == HY_TYPE_TEXT && (to.id == HY_TYPE_VARCHAR || to.id == HY_TYPE_CHAR))
        return true;
    return from.id == to.id;
}

static HyStatus mismatch(const HyParquetFile *file, const HyParquetColumn *column, HyType type)
{
    HyBuffer wanted = {0};
    HyBuffer given = {0};
    HyStatus st = hy_type_format(type, &wanted);
    if (!st)
        st = hy_type_format(column->type, &given);
    if (!st)
        st = hy_buffer_append_char(&wanted, 0);
    if (!st)
        st = hy_buffer_append_char(&given, 0);
    if (!st)
        st = hy_error_detail(
            hy_error("42804",
                "Type '%s' is incompatible to type '%s%s' of column '%s' in Parquet "
                "file.",
                wanted.data, given.data, column->is_group ? "" : " not null", column->name),
            "Parquet file %s", file->path);
    hy_buffer_free(&wanted);
    hy_buffer_free(&given);
    return st;
}

HyStatus hy_parquet_check_type(
    const HyParquetFile *file, const HyParquetColumn *column, HyType type)
{
    if (!column->is_group && column->type.id == HY_TYPE_UNKNOWN)
        return hy_error_hint(
            hy_error_detail(hy_error("42804",
                                "Column '%s' in Parquet file cannot be scanned by Hyper due to its "
                                "data type.",
                                column->name),
                "The Parquet data type (%s) of the column is either not supported by Hyper or it "
                "is inconsistent and the file is possibly corrupt.\nParquet file %s",
                column->description, file->path),
            "Check whether the Parquet data type makes sense.");
    if (!is_readable_as(column->type, type))
        return mismatch(file, column, type);
    if (column->is_group)
        return hy_error_hint(
            hy_error("0A000", "Scanning of nested columns in Parquet files is disabled."),
            "Do not select group column %s when scanning the file", column->name);
    if (column->is_optional && !type.nullable)
        return hy_error_hint(
            hy_error_detail(hy_error("42804",
                                "column '%s' is defined NOT NULL, but is defined to be "
                                "optional/repeated in Parquet file",
                                column->name),
                "Parquet file %s", file->path),
            "Do not use a NOT NULL data type for this column.");
    return HY_OK;
}

HyStatus hy_parquet_check_columns(const HyParquetFile *file)
{
    HyBuffer list = {0};
    HyStatus st = HY_OK;
    for (size_t i = 0; i < file->n_columns; i++) {
        const HyParquetColumn *column = &file->columns[i];
        if (column->type.id == HY_TYPE_UNKNOWN)
            HY_GO(
                hy_buffer_printf(&list, "\nColumn %s with %s", column->name, column->description));
    }
    if (list.len)
        st = hy_error_hint(
            hy_error_detail(hy_error("42804",
                                "There are columns in the Parquet file that have a data type that "
                                "cannot be read by Hyper, either because the data type is "
                                "unsupported or it is inconsistent, hinting at a corrupted file."),
                "Parquet file: %s\nOffending columns: %.*s", file->path, (int)list.len, list.data),
            "Specify schema explicitly, leaving out the offending columns.");
done:
    hy_buffer_free(&list);
    return st;
}
