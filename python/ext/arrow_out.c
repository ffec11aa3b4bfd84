/* Results as a stream of the Arrow C data interface. The stream owns the result and needs neither
 * the GIL nor the connection. Values that have the same form in Arrow are copied as blocks of
 * memory, many chunks of the engine into one record batch: readers of Arrow do badly on batches of
 * 2,048 rows, and the copy runs at the speed of memory. */
#include "arrow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORD_BATCH_ROWS 131072
#define TEXT_BATCH_BYTES  (INT32_MAX / 2) /* a batch whose texts reach this ends */

/* ---- Schema ---- */

typedef struct SchemaMemory {
    struct ArrowSchema *children;
    struct ArrowSchema **pointers;
} SchemaMemory;

/* The children hold nothing of their own but format and name, and metadata that is static. */
static void release_child(struct ArrowSchema *schema)
{
    free(schema->private_data);
    schema->release = NULL;
}

static void release_schema(struct ArrowSchema *schema)
{
    SchemaMemory *memory = schema->private_data;
    for (int64_t i = 0; i < schema->n_children; i++)
        if (schema->children[i]->release)
            schema->children[i]->release(schema->children[i]);
    free(memory->children);
    free(memory->pointers);
    free(memory);
    schema->release = NULL;
}

static const char uuid_metadata[] = /* one pair: ARROW:extension:name = arrow.uuid */
    "\x01\0\0\0\x14\0\0\0"
    "ARROW:extension:name\x0a\0\0\0arrow.uuid";

static void write_format(openhyper_type type, char *out, size_t room)
{
    static const char *const formats[] = {[KIND_BOOL] = "b",
        [KIND_INT2] = "s",
        [KIND_INT4] = "i",
        [KIND_INT8] = "l",
        [KIND_OID] = "I",
        [KIND_FLOAT4] = "f",
        [KIND_FLOAT8] = "g",
        [KIND_TEXT] = "u",
        [KIND_CHAR] = "u",
        [KIND_CHAR1] = "u",
        [KIND_BYTES] = "z",
        [KIND_DATE] = "tdD",
        [KIND_TIME] = "ttu",
        [KIND_TIMESTAMP] = "tsu:",
        [KIND_TIMESTAMPTZ] = "tsu:UTC",
        [KIND_INTERVAL] = "tin",
        [KIND_UUID] = "w:16",
        [KIND_ARRAY] = "z"};
    ValueKind kind = value_kind(type);
    if (kind != KIND_NUMERIC_SHORT && kind != KIND_NUMERIC_LONG) {
        snprintf(out, room, "%s", formats[kind]);
        return;
    }
    int widest = kind == KIND_NUMERIC_SHORT ? MAX_NUMERIC_SHORT : 38;
    int precision = type.typmod >= 4 ? (type.typmod - 4) >> 16 : widest;
    snprintf(out, room, "d:%d,%d", precision, type.typmod >= 4 ? (type.typmod - 4) & 0xFFFF : 0);
}

static int make_child(const openhyper_result *result, size_t i, struct ArrowSchema *out)
{
    openhyper_type type = openhyper_result_column_type(result, i);
    const char *name = openhyper_result_column_name(result, i);
    size_t len = strlen(name);
    char *memory = malloc(32 + len + 24);
    if (!memory)
        return ENOMEM;
    write_format(type, memory, 32);
    memcpy(memory + 32, name, len + 1);
    if (!len)
        snprintf(memory + 32, 24, "%zu", i + 1); /* as in ResultSchema */
    *out = (struct ArrowSchema){.format = memory,
        .name = memory + 32,
        .metadata = value_kind(type) == KIND_UUID ? uuid_metadata : NULL,
        .flags = ARROW_FLAG_NULLABLE,
        .release = release_child,
        .private_data = memory};
    return 0;
}

static int make_schema(const openhyper_result *result, struct ArrowSchema *out)
{
    size_t n = openhyper_result_column_count(result);
    SchemaMemory *memory = calloc(1, sizeof *memory);
    if (!memory)
        return ENOMEM;
    memory->children = calloc(n + 1, sizeof *memory->children);
    memory->pointers = calloc(n + 1, sizeof(struct ArrowSchema *));
    struct ArrowSchema schema = {.format = "+s",
        .name = "",
        .n_children = 0,
        .children = memory->pointers,
        .release = release_schema,
        .private_data = memory};
    int failed = memory->children && memory->pointers ? 0 : ENOMEM;
    for (size_t i = 0; i < n && !failed; i++) {
        failed = make_child(result, i, &memory->children[i]);
        memory->pointers[i] = &memory->children[i];
        schema.n_children += !failed;
    }
    if (failed)
        release_schema(&schema);
    else
        *out = schema;
    return failed;
}

/* ---- Arrays ---- */

/* One column of the batch that is being filled. */
typedef struct OutColumn {
    void *data;        /* values, or offsets */
    uint8_t *validity; /* NULL: no nulls so far */
    char *text;
    size_t text_len;
    size_t text_room;
    int64_t n_nulls;
} OutColumn;

typedef struct OutBatch {
    size_t n_columns;
    OutColumn columns[];
} OutBatch;

typedef struct OutSource {
    ValueKind kind;
    size_t size; /* of the engine's value */
    int length;  /* char(n) */
} OutSource;

typedef struct OutStream {
    openhyper_result *result;
    const openhyper_column *chunk;
    size_t row;
    size_t n_rows; /* in the chunk */
    size_t n_columns;
    char message[160];
    OutSource sources[];
} OutStream;

static void free_batch(OutBatch *batch)
{
    if (!batch)
        return;
    for (size_t i = 0; i < batch->n_columns; i++) {
        free(batch->columns[i].data);
        free(batch->columns[i].validity);
        free(batch->columns[i].text);
    }
    free(batch);
}

/* A child may have been moved away by its reader, so each frees what is its own. */
static void release_column(struct ArrowArray *array)
{
    for (int64_t i = 0; i < array->n_buffers; i++)
        free((void *)(uintptr_t)array->buffers[i]);
    free(array->private_data);
    array->release = NULL;
}

static void release_batch(struct ArrowArray *array)
{
    for (int64_t i = 0; i < array->n_children; i++) {
        if (array->children[i]->release)
            array->children[i]->release(array->children[i]);
        free(array->children[i]);
    }
    free(array->private_data);
    array->release = NULL;
}

static bool is_string(ValueKind kind)
{
    return kind == KIND_TEXT || kind == KIND_CHAR || kind == KIND_CHAR1 || kind == KIND_BYTES ||
           kind == KIND_ARRAY;
}

static size_t arrow_size(const OutSource *source)
{
    if (is_string(source->kind))
        return sizeof(int32_t);
    return source->kind == KIND_NUMERIC_SHORT ? 16 : source->size;
}

static OutBatch *new_batch(const OutStream *stream, size_t n_rows)
{
    OutBatch *batch = calloc(1, sizeof *batch + stream->n_columns * sizeof batch->columns[0]);
    if (!batch)
        return NULL;
    batch->n_columns = stream->n_columns;
    for (size_t i = 0; i < stream->n_columns; i++) {
        const OutSource *source = &stream->sources[i];
        size_t bytes = source->kind == KIND_BOOL ? (n_rows + 63) / 64 * 8 + 8
                                                 : (n_rows + 1) * arrow_size(source);
        batch->columns[i].data = source->kind == KIND_BOOL ? calloc(1, bytes) : malloc(bytes);
        if (!batch->columns[i].data) {
            free_batch(batch);
            return NULL;
        }
        if (is_string(source->kind))
            memset(batch->columns[i].data, 0, sizeof(int32_t));
    }
    return batch;
}

static int out_of_memory(OutStream *stream)
{
    snprintf(stream->message, sizeof stream->message, "out of memory");
    return ENOMEM;
}

static bool is_set(const uint64_t *bits, size_t i)
{
    return !bits || bits[i / 64] >> (i % 64) & 1;
}

/* Copies the validity of n rows; `row`: where they go in the batch. */
static int put_validity(
    OutColumn *out, const uint64_t *from, size_t first, size_t n, size_t row, size_t batch_rows)
{
    if (!from)
        return 0;
    size_t n_nulls = 0;
    for (size_t i = 0; i < n; i++)
        n_nulls += !is_set(from, first + i);
    if (!n_nulls)
        return 0;
    if (!out->validity) {
        out->validity = malloc((batch_rows + 63) / 64 * 8);
        if (!out->validity)
            return -1;
        memset(out->validity, 0xFF, (batch_rows + 63) / 64 * 8);
    }
    out->n_nulls += (int64_t)n_nulls;
    for (size_t i = 0; i < n; i++)
        if (!is_set(from, first + i))
            out->validity[(row + i) / 8] &= (uint8_t) ~(1U << ((row + i) % 8));
    return 0;
}

static int more_text(OutColumn *out, size_t bytes)
{
    if (out->text_len + bytes <= out->text_room)
        return 0;
    size_t room = (out->text_len + bytes) * 2;
    if (room < 65536)
        room = 65536;
    char *text = realloc(out->text, room);
    if (!text)
        return -1;
    out->text = text;
    out->text_room = room;
    return 0;
}

static size_t utf8_of_code_point(uint32_t code, char *out)
{
    if (code < 0x80) {
        out[0] = (char)(code ? code : ' ');
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | (code >> 18 & 7));
    out[1] = (char)(0x80 | (code >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

/* Blanks that char(n) is padded with, which are not stored. */
static size_t missing_blanks(const OutSource *source, const char *data, size_t len)
{
    size_t characters = 0;
    for (size_t i = 0; i < len; i++)
        characters += (data[i] & 0xC0) != 0x80;
    return (size_t)source->length > characters ? (size_t)source->length - characters : 0;
}

static int put_strings(OutColumn *out, const OutSource *source, const openhyper_column *from,
    size_t first, size_t n, size_t row)
{
    const openhyper_string *strings = from->data;
    int32_t *offsets = out->data;
    size_t total = 0;
    for (size_t i = first; i < first + n; i++)
        if (is_set(from->validity, i))
            total += strings[i].len;
    total += source->kind == KIND_CHAR ? n * (size_t)source->length : 0;
    if (more_text(out, total + 16) < 0)
        return -1;
    size_t at = out->text_len;
    for (size_t i = 0; i < n; i++) {
        const openhyper_string *s = &strings[first + i];
        if (is_set(from->validity, first + i)) {
            if (s->len <= 12)
                memcpy(out->text + at, s->prefix, 12); /* there is room for 16 more */
            else
                memcpy(out->text + at, s->ptr, s->len);
            at += s->len;
            if (source->kind == KIND_CHAR) {
                size_t blanks = missing_blanks(source, openhyper_string_data(s), s->len);
                memset(out->text + at, ' ', blanks);
                at += blanks;
            }
        }
        offsets[row + i + 1] = (int32_t)at;
    }
    out->text_len = at;
    return 0;
}

static int put_code_points(
    OutColumn *out, const openhyper_column *from, size_t first, size_t n, size_t row)
{
    const uint32_t *codes = from->data;
    int32_t *offsets = out->data;
    if (more_text(out, 4 * n) < 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (is_set(from->validity, first + i))
            out->text_len += utf8_of_code_point(codes[first + i], out->text + out->text_len);
        offsets[row + i + 1] = (int32_t)out->text_len;
    }
    return 0;
}

static void put_bools(uint8_t *bits, const uint8_t *from, size_t n, size_t row)
{
    for (size_t i = 0; i < n; i++)
        bits[(row + i) / 8] |= (uint8_t)((from[i] & 1) << ((row + i) % 8));
}

/* Months, days and nanoseconds; what does not fit is saturated. */
static void put_intervals(char *out, const IntervalValue *from, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int64_t nanos;
        if (__builtin_mul_overflow(from[i].micros, INT64_C(1000), &nanos))
            nanos = from[i].micros < 0 ? INT64_MIN : INT64_MAX;
        memcpy(out + 16 * i, &from[i].months, 4);
        memcpy(out + 16 * i + 4, &from[i].days, 4);
        memcpy(out + 16 * i + 8, &nanos, 8);
    }
}

static int put_values(OutColumn *out, const OutSource *source, const openhyper_column *from,
    size_t first, size_t n, size_t row)
{
    const char *data = (const char *)from->data + first * source->size;
    char *to = (char *)out->data + row * arrow_size(source);
    switch (source->kind) {
    case KIND_BOOL:
        put_bools(out->data, (const uint8_t *)data, n, row);
        return 0;
    case KIND_DATE:
        for (size_t i = 0; i < n; i++)
            ((int32_t *)to)[i] =
                (int32_t)((uint32_t)((const int32_t *)data)[i] - (uint32_t)UNIX_EPOCH_JULIAN);
        return 0;
    case KIND_TIMESTAMP:
    case KIND_TIMESTAMPTZ:
        for (size_t i = 0; i < n; i++)
            ((int64_t *)to)[i] =
                (int64_t)(((const uint64_t *)data)[i] - (uint64_t)UNIX_EPOCH_MICROS);
        return 0;
    case KIND_NUMERIC_SHORT:
        for (size_t i = 0; i < n; i++) {
            ((int64_t *)to)[2 * i] = ((const int64_t *)data)[i];
            ((int64_t *)to)[2 * i + 1] = ((const int64_t *)data)[i] >> 63;
        }
        return 0;
    case KIND_INTERVAL:
        put_intervals(to, (const IntervalValue *)data, n);
        return 0;
    case KIND_TEXT:
    case KIND_CHAR:
    case KIND_BYTES:
    case KIND_ARRAY:
        return put_strings(out, source, from, first, n, row);
    case KIND_CHAR1:
        return put_code_points(out, from, first, n, row);
    case KIND_INT2:
    case KIND_INT4:
    case KIND_INT8:
    case KIND_OID:
    case KIND_FLOAT4:
    case KIND_FLOAT8:
    case KIND_NUMERIC_LONG:
    case KIND_TIME:
    case KIND_UUID:
        break;
    }
    memcpy(to, data, n * source->size);
    return 0;
}

/* ---- The stream ---- */

/* The bytes that the texts of the chunk's next n rows need at most. */
static size_t most_text(const OutStream *stream, size_t n)
{
    size_t most = 0;
    for (size_t c = 0; c < stream->n_columns; c++) {
        const OutSource *source = &stream->sources[c];
        const openhyper_column *column = &stream->chunk[c];
        size_t total = 0;
        if (source->size != sizeof(openhyper_string) || !is_string(source->kind))
            continue;
        for (size_t i = stream->row; i < stream->row + n; i++)
            if (is_set(column->validity, i))
                total += ((const openhyper_string *)column->data)[i].len;
        total += source->kind == KIND_CHAR ? n * (size_t)source->length : 0;
        most = total > most ? total : most;
    }
    return most;
}

/* How many of the next n rows have texts that fit `room` bytes. */
static size_t rows_that_fit(const OutStream *stream, size_t n, size_t room)
{
    while (n && most_text(stream, n) > room)
        n /= 2;
    return n;
}

static int next_chunk(OutStream *stream)
{
    openhyper_error *error =
        openhyper_result_fetch(stream->result, &stream->chunk, &stream->n_rows);
    stream->row = 0;
    if (!error)
        return 0;
    snprintf(stream->message, sizeof stream->message, "%s", openhyper_error_message(error));
    openhyper_error_free(error);
    return EIO;
}

static int fill_batch(OutStream *stream, OutBatch *batch, size_t room, size_t *n_rows)
{
    size_t text = 0, row = 0;
    while (row < room) {
        if (stream->row == stream->n_rows && next_chunk(stream) != 0)
            return EIO;
        size_t n = stream->n_rows - stream->row;
        n = n < room - row ? n : room - row;
        if (!n)
            break;
        size_t fits = rows_that_fit(stream, n, TEXT_BATCH_BYTES - text);
        if (!fits && row)
            break;
        if (!fits) {
            if (most_text(stream, 1) > INT32_MAX - 16) {
                snprintf(stream->message, sizeof stream->message, "a text is too long for Arrow");
                return EINVAL;
            }
            fits = 1;
        }
        text += most_text(stream, fits);
        for (size_t c = 0; c < stream->n_columns; c++) {
            const openhyper_column *from = &stream->chunk[c];
            if (put_values(&batch->columns[c], &stream->sources[c], from, stream->row, fits, row) <
                    0 ||
                put_validity(&batch->columns[c], from->validity, stream->row, fits, row, room) < 0)
                return out_of_memory(stream);
        }
        stream->row += fits;
        row += fits;
        if (text >= TEXT_BATCH_BYTES)
            break;
    }
    *n_rows = row;
    return 0;
}

/* Hands a column over to an array of its own. */
static int finish_column(OutColumn *column, ValueKind kind, size_t n_rows, struct ArrowArray *out)
{
    const void **buffers = calloc(3, sizeof *buffers);
    if (!buffers)
        return -1;
    buffers[0] = column->validity;
    buffers[1] = column->data;
    if (is_string(kind) && !column->text)
        column->text = calloc(1, 8); /* some readers want an address */
    buffers[2] = column->text;
    *out = (struct ArrowArray){.length = (int64_t)n_rows,
        .null_count = column->n_nulls,
        .n_buffers = is_string(kind) ? 3 : 2,
        .buffers = buffers,
        .release = release_column,
        .private_data = buffers};
    column->validity = NULL;
    column->data = NULL;
    column->text = NULL;
    return 0;
}

static int finish_batch(
    const OutStream *stream, OutBatch *batch, size_t n_rows, struct ArrowArray *out)
{
    const void **buffers = calloc(1 + stream->n_columns, sizeof *buffers + sizeof(void *));
    if (!buffers)
        return -1;
    /* one block: the buffer of the struct, which is NULL, and behind it the children */
    *out = (struct ArrowArray){.length = (int64_t)n_rows,
        .n_buffers = 1,
        .n_children = 0,
        .buffers = buffers,
        .children = (struct ArrowArray **)(buffers + 1),
        .release = release_batch,
        .private_data = buffers};
    for (size_t c = 0; c < stream->n_columns; c++) {
        struct ArrowArray *child = calloc(1, sizeof *child);
        if (!child ||
            finish_column(&batch->columns[c], stream->sources[c].kind, n_rows, child) < 0) {
            free(child);
            release_batch(out);
            return -1;
        }
        out->children[out->n_children++] = child;
    }
    return 0;
}

static int stream_next(struct ArrowArrayStream *handle, struct ArrowArray *out)
{
    OutStream *stream = handle->private_data;
    *out = (struct ArrowArray){0};
    if (stream->row == stream->n_rows && next_chunk(stream) != 0)
        return EIO;
    if (!stream->n_rows)
        return 0; /* the end: an array that is released */
    int64_t known = openhyper_result_row_count(stream->result);
    size_t room = known >= 0 && known < RECORD_BATCH_ROWS ? (size_t)known : RECORD_BATCH_ROWS;
    size_t n_rows = 0;
    OutBatch *batch = new_batch(stream, room);
    if (!batch)
        return out_of_memory(stream);
    int failed = fill_batch(stream, batch, room, &n_rows);
    if (!failed && finish_batch(stream, batch, n_rows, out) < 0)
        failed = out_of_memory(stream);
    free_batch(batch);
    return failed;
}

static int stream_schema(struct ArrowArrayStream *handle, struct ArrowSchema *out)
{
    OutStream *stream = handle->private_data;
    int failed = make_schema(stream->result, out);
    return failed ? out_of_memory(stream) : 0;
}

static const char *stream_error(struct ArrowArrayStream *handle)
{
    const OutStream *stream = handle->private_data;
    return stream->message[0] ? stream->message : NULL;
}

static void stream_release(struct ArrowArrayStream *handle)
{
    OutStream *stream = handle->private_data;
    openhyper_result_destroy(stream->result);
    free(stream);
    handle->release = NULL;
}

static void free_capsule(PyObject *capsule)
{
    struct ArrowArrayStream *handle = PyCapsule_GetPointer(capsule, "arrow_array_stream");
    if (handle && handle->release)
        handle->release(handle);
    free(handle);
}

PyObject *arrow_stream_capsule(
    openhyper_result *result, const openhyper_column *chunk, size_t first_row, size_t n_rows)
{
    size_t n = openhyper_result_column_count(result);
    OutStream *stream = calloc(1, sizeof *stream + n * sizeof stream->sources[0]);
    struct ArrowArrayStream *handle = malloc(sizeof *handle);
    if (!stream || !handle) {
        free(stream);
        free(handle);
        openhyper_result_destroy(result);
        return PyErr_NoMemory();
    }
    stream->result = result;
    stream->chunk = chunk;
    stream->row = chunk ? first_row : 0;
    stream->n_rows = chunk ? n_rows : 0;
    stream->n_columns = n;
    for (size_t i = 0; i < n; i++) {
        openhyper_type type = openhyper_result_column_type(result, i);
        stream->sources[i] = (OutSource){.kind = value_kind(type),
            .size = physical_size(type.physical),
            .length = type.typmod >= 4 ? type.typmod - 4 : 0};
    }
    *handle = (struct ArrowArrayStream){.get_schema = stream_schema,
        .get_next = stream_next,
        .get_last_error = stream_error,
        .release = stream_release,
        .private_data = stream};
    PyObject *capsule = PyCapsule_New(handle, "arrow_array_stream", free_capsule);
    if (!capsule) {
        stream_release(handle);
        free(handle);
    }
    return capsule;
}
