#include "exec/spill.h"
#include "exec/rows.h"
#include "io/codec.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MIN_QUOTA     ((size_t)64 << 10)
#define MAX_QUOTA     ((size_t)16 << 20)
#define STAGING_BYTES ((size_t)256 << 10)
#define SECTION       16 /* columns of a block start at multiples of this */

static const HyCompression compression = {.method = HY_COMPRESS_LZ4};

size_t hy_spill_quota(const HyExec *exec)
{
    size_t quota = hy_memory_limit(exec->ctx->memory) / 32 / exec->n_workers;
    return quota < MIN_QUOTA ? MIN_QUOTA : quota > MAX_QUOTA ? MAX_QUOTA : quota;
}

/* ---- The file ---- */

struct HySpillSet {
    HyExec *exec;
    HyAlg *alg;
    const HyType *types;
    size_t n_cols;
    const char *directory;
    int fd;
    pthread_mutex_t lock; /* of what follows */
    uint64_t file_bytes;
    HySpillPart *parts;
    size_t n_parts;
};

static const char *choose_directory(const HyExec *exec)
{
    const char *directory = exec->ctx->temp_directory;
    if (!directory || !directory[0])
        directory = getenv("TMPDIR");
    if (!directory || !directory[0])
        directory = access("/var/tmp", W_OK) == 0 ? "/var/tmp" : "/tmp";
    return directory;
}

static HyStatus file_error(const HySpillSet *set, const char *what)
{
    bool is_full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
    HyStatus st = hy_error(is_full ? "53100" : "58030",
        "could not %s a temporary file in \"%s\": %s", what, set->directory, strerror(errno));
    return is_full ? hy_error_hint(st, "set temp_directory to a disk with more room") : st;
}

static HyStatus open_file(HySpillSet *set)
{
    set->fd = open(set->directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (set->fd >= 0)
        return HY_OK;
    if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)
        return file_error(set, "create");
    char *path; /* a file system without files that have no name */
    if (asprintf(&path, "%s/openhyper.XXXXXX", set->directory) < 0)
        return hy_error_oom(0);
    set->fd = mkostemp(path, O_CLOEXEC);
    if (set->fd >= 0)
        (void)unlink(path);
    free(path);
    return set->fd >= 0 ? HY_OK : file_error(set, "create");
}

HyStatus hy_spill_create(
    HyExec *exec, HyAlg *alg, const HyType *types, size_t n_cols, size_t n_parts, HySpillSet **out)
{
    HySpillSet *set = calloc(1, sizeof *set);
    if (!set)
        return hy_error_oom(sizeof *set);
    *set = (HySpillSet){.exec = exec, .alg = alg, .types = types, .n_cols = n_cols, .fd = -1};
    set->directory = choose_directory(exec);
    set->n_parts = n_parts;
    pthread_mutex_init(&set->lock, NULL);
    set->parts = calloc(n_parts + 1, sizeof *set->parts);
    HyStatus st = set->parts ? open_file(set) : hy_error_oom(n_parts * sizeof *set->parts);
    if (st)
        hy_spill_destroy(set);
    else
        *out = set;
    return st;
}

void hy_spill_destroy(HySpillSet *set)
{
    if (!set)
        return;
    if (set->fd >= 0)
        (void)close(set->fd);
    for (size_t i = 0; i < set->n_parts && set->parts; i++)
        free(set->parts[i].blocks);
    free(set->parts);
    pthread_mutex_destroy(&set->lock);
    free(set);
}

HyStatus hy_spill_add_part(HySpillSet *set, size_t *part)
{
    pthread_mutex_lock(&set->lock);
    HySpillPart *parts = realloc(set->parts, (set->n_parts + 2) * sizeof *parts);
    if (parts) {
        set->parts = parts;
        *part = set->n_parts++;
        parts[*part] = (HySpillPart){0};
    }
    pthread_mutex_unlock(&set->lock);
    return parts ? HY_OK : hy_error_oom(sizeof *parts);
}

size_t hy_spill_part_count(const HySpillSet *set)
{
    return set->n_parts;
}

const HySpillPart *hy_spill_part(const HySpillSet *set, size_t part)
{
    return &set->parts[part];
}

uint64_t hy_spill_row_count(const HySpillSet *set)
{
    uint64_t n = 0;
    for (size_t i = 0; set && i < set->n_parts; i++)
        n += set->parts[i].n_rows;
    return n;
}

void hy_spill_drop_part(HySpillSet *set, size_t part)
{
    HySpillPart *dropped = &set->parts[part];
    for (size_t i = 0; i < dropped->n_blocks; i++)
        (void)fallocate(set->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
            (off_t)dropped->blocks[i].offset, dropped->blocks[i].stored_bytes);
    free(dropped->blocks);
    *dropped = (HySpillPart){0};
}

/* ---- Writing ---- */

typedef struct Pending {
    size_t part;
    HySpillBlock block; /* its offset is within the staging memory */
} Pending;

struct HySpillWriter {
    HySpillSet *set;
    HyMemory *memory;
    HyGrowing staging, raw, pending;
    size_t n_staged, n_pending;
};

HyStatus hy_spill_writer_open(HySpillSet *set, HySpillWriter **out)
{
    HySpillWriter *writer = calloc(1, sizeof *writer);
    if (!writer)
        return hy_error_oom(sizeof *writer);
    writer->set = set;
    writer->memory = set->exec->ctx->memory;
    *out = writer;
    return HY_OK;
}

void hy_spill_writer_close(HySpillWriter *writer)
{
    if (!writer)
        return;
    hy_growing_free(&writer->staging, writer->memory);
    hy_growing_free(&writer->raw, writer->memory);
    hy_growing_free(&writer->pending, writer->memory);
    free(writer);
}

static size_t padded(size_t bytes)
{
    return (bytes + SECTION - 1) / SECTION * SECTION;
}

/* A block: a word per column that tells the bytes of its strings (low 63 bits) and whether it has
 * nulls; then for each column its values, the validity bitmap and the strings. */
static size_t column_bytes(const HyVector *v, size_t n, uint64_t *header)
{
    size_t bytes = padded(hy_physical_size(hy_type_physical(v->type)) * n), heap = 0;
    if (v->validity)
        bytes += padded(hy_bitmap_words(n) * 8);
    if (hy_type_physical(v->type) == HY_PHYS_STRING) {
        const HyString *s = v->data;
        for (size_t i = 0; i < n; i++)
            heap += s[i].len > HY_STRING_INLINE ? s[i].len : 0;
    }
    *header = heap | (uint64_t)(v->validity != NULL) << 63;
    return bytes + padded(heap);
}

/* Pointers become 0: the reader finds the bytes by their lengths. */
static char *put_strings(const HyVector *v, size_t n, HyString *out, char *heap)
{
    const HyString *s = v->data;
    char *at = heap;
    for (size_t i = 0; i < n; i++) {
        out[i] = s[i];
        if (s[i].len <= HY_STRING_INLINE)
            continue;
        memcpy(at, s[i].ptr, s[i].len);
        at += s[i].len;
        memset(out[i].rest, 0, sizeof out[i].rest);
    }
    return heap + padded((size_t)(at - heap));
}

static char *put_column(const HyVector *v, size_t n, char *at)
{
    size_t bytes = hy_physical_size(hy_type_physical(v->type)) * n;
    char *values = at;
    at += padded(bytes);
    if (v->validity) {
        memcpy(at, v->validity, hy_bitmap_words(n) * 8);
        at += padded(hy_bitmap_words(n) * 8);
    }
    if (hy_type_physical(v->type) == HY_PHYS_STRING)
        return put_strings(v, n, (HyString *)(void *)values, at);
    memcpy(values, v->data, bytes);
    return at;
}

static HyStatus serialise(HySpillWriter *writer, const HyBatch *batch, HyArena *arena, size_t *out)
{
    size_t n_cols = writer->set->n_cols, n = batch->n_rows;
    HyVector *flat = hy_arena_alloc(arena, n_cols * sizeof *flat);
    uint64_t *headers = hy_arena_alloc(arena, n_cols * sizeof *headers);
    if (!flat || !headers)
        return hy_error_oom(n_cols * sizeof *flat);
    size_t bytes = padded(n_cols * 8);
    for (size_t i = 0; i < n_cols; i++) {
        HY_TRY(hy_vector_flatten(arena, &batch->cols[i], n, &flat[i]));
        bytes += column_bytes(&flat[i], n, &headers[i]);
    }
    if (bytes > INT32_MAX)
        return hy_error("54000", "rows are too large for a temporary file");
    size_t room = bytes > writer->raw.bytes ? bytes + bytes / 4 : bytes;
    HY_TRY(hy_growing_reserve(&writer->raw, writer->memory, room));
    char *at = writer->raw.data;
    if (n_cols)
        memcpy(at, headers, n_cols * 8);
    at += padded(n_cols * 8);
    for (size_t i = 0; i < n_cols; i++)
        at = put_column(&flat[i], n, at);
    *out = bytes;
    return HY_OK;
}

static HyStatus write_all(const HySpillSet *set, const char *data, size_t len, uint64_t offset)
{
    while (len > 0) {
        ssize_t n = pwrite(set->fd, data, len, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = ENOSPC;
        if (n <= 0)
            return file_error(set, "write");
        data += n;
        len -= (size_t)n;
        offset += (uint64_t)n;
    }
    return HY_OK;
}

static HyStatus add_block(HySpillPart *part, const HySpillBlock *block)
{
    if (part->n_blocks == part->capacity) {
        size_t capacity = part->capacity ? part->capacity * 2 : 4;
        HySpillBlock *blocks = realloc(part->blocks, capacity * sizeof *blocks);
        if (!blocks)
            return hy_error_oom(capacity * sizeof *blocks);
        part->blocks = blocks;
        part->capacity = capacity;
    }
    part->blocks[part->n_blocks++] = *block;
    part->n_rows += block->n_rows;
    return HY_OK;
}

HyStatus hy_spill_writer_flush(HySpillWriter *writer)
{
    HySpillSet *set = writer->set;
    size_t len = writer->n_staged;
    if (writer->n_pending == 0)
        return HY_OK;
    HY_TRY(hy_cancel_check(set->exec->ctx->cancel));
    pthread_mutex_lock(&set->lock);
    uint64_t offset = set->file_bytes;
    set->file_bytes += len;
    pthread_mutex_unlock(&set->lock);
    HY_TRY(write_all(set, writer->staging.data, len, offset));
    HyStatus st = HY_OK;
    pthread_mutex_lock(&set->lock);
    for (size_t i = 0; i < writer->n_pending && !st; i++) {
        Pending *pending = (Pending *)writer->pending.data + i;
        pending->block.offset += offset;
        st = add_block(&set->parts[pending->part], &pending->block);
    }
    if (set->alg)
        __atomic_fetch_add(&set->alg->spilled_bytes, len, __ATOMIC_RELAXED); /* of several sets */
    pthread_mutex_unlock(&set->lock);
    writer->n_staged = writer->n_pending = 0;
    return st;
}

/* Puts the serialised block behind those that are staged. */
static HyStatus stage(HySpillWriter *writer, size_t part, size_t raw_bytes, size_t n_rows)
{
    size_t stored;
    HyStoredCompression form;
    size_t room = writer->n_staged + raw_bytes;
    HY_TRY(hy_growing_reserve(&writer->staging, writer->memory, hy_align_up(room, MIN_QUOTA)));
    HY_TRY(hy_growing_reserve(
        &writer->pending, writer->memory, (writer->n_pending + 1) * sizeof(Pending) * 2));
    char *at = (char *)writer->staging.data + writer->n_staged;
    HY_TRY(hy_codec_compress(
        compression, writer->raw.data, raw_bytes, at, raw_bytes - 1, &stored, &form));
    if (stored == 0 || form != HY_STORED_LZ4) {
        memcpy(at, writer->raw.data, raw_bytes);
        stored = raw_bytes;
    }
    ((Pending *)writer->pending.data)[writer->n_pending++] = (Pending){.part = part,
        .block = {.offset = writer->n_staged,
            .stored_bytes = (uint32_t)stored,
            .raw_bytes = (uint32_t)raw_bytes,
            .n_rows = (uint32_t)n_rows}};
    writer->n_staged += stored;
    return HY_OK;
}

HyStatus hy_spill_write(HySpillWriter *writer, size_t part, const HyBatch *batch)
{
    size_t raw_bytes = 0;
    HyArena *arena = hy_arena_create();
    if (!arena)
        return hy_error_oom(0);
    HyStatus st = serialise(writer, batch, arena, &raw_bytes);
    hy_arena_destroy(arena);
    HY_TRY(st);
    if (writer->n_staged + raw_bytes > STAGING_BYTES)
        HY_TRY(hy_spill_writer_flush(writer));
    return stage(writer, part, raw_bytes, batch->n_rows);
}

/* ---- Writing by partitions ---- */

struct HySpillBuffer {
    HySpillSet *set;
    HySpillWriter *writer;
    unsigned level;
    HyRowset *rows;
    HyGrowing parts; /* uint8_t by row */
    HyGrowing refs;  /* HyRowRef, when they are written */
    size_t quota;
};

HyStatus hy_spill_buffer_open(HySpillSet *set, unsigned level, HySpillBuffer **out)
{
    HySpillBuffer *buffer = calloc(1, sizeof *buffer);
    if (!buffer)
        return hy_error_oom(sizeof *buffer);
    *buffer = (HySpillBuffer){
        .set = set, .level = level, .quota = hy_spill_quota(set->exec) / (level ? 2 : 1)};
    HyStatus st = hy_spill_writer_open(set, &buffer->writer);
    if (st)
        hy_spill_buffer_close(buffer);
    else
        *out = buffer;
    return st;
}

void hy_spill_buffer_close(HySpillBuffer *buffer)
{
    if (!buffer)
        return;
    HyMemory *memory = buffer->set->exec->ctx->memory;
    hy_spill_writer_close(buffer->writer);
    hy_rowset_destroy(buffer->rows);
    hy_growing_free(&buffer->parts, memory);
    hy_growing_free(&buffer->refs, memory);
    free(buffer);
}

/* References of the rows, those of a partition behind each other; ends[p]: where it ends. */
static HyStatus order_rows(HySpillBuffer *buffer, size_t n, size_t ends[HY_SPILL_PARTS])
{
    size_t next[HY_SPILL_PARTS] = {0};
    const uint8_t *parts = buffer->parts.data;
    HY_TRY(hy_growing_reserve(&buffer->refs, buffer->set->exec->ctx->memory, n * sizeof(HyRowRef)));
    for (size_t i = 0; i < n; i++)
        next[parts[i]]++;
    for (size_t p = 0, at = 0; p < HY_SPILL_PARTS; p++) {
        ends[p] = at + next[p];
        next[p] = at;
        at = ends[p];
    }
    HyRowRef *refs = buffer->refs.data;
    for (size_t i = 0; i < n; i++)
        refs[next[parts[i]]++] = i; /* all pieces but the last are full */
    return HY_OK;
}

static HyStatus write_rows(HySpillBuffer *buffer, size_t part, const HyRowAccess *access,
    const HyRowRef *refs, size_t n, HyArena *arena)
{
    for (size_t first = 0; first < n; first += HY_VECTOR_SIZE) {
        size_t n_cols = access->n_cols;
        size_t count = n - first < HY_VECTOR_SIZE ? n - first : HY_VECTOR_SIZE;
        HyBatch batch = {.n_rows = count, .n_cols = n_cols};
        HY_ARENA_NEW(arena, batch.cols, n_cols);
        for (size_t i = 0; i < n_cols; i++)
            HY_TRY(hy_row_access_gather(access, i, refs + first, count, arena, &batch.cols[i]));
        HY_TRY(hy_spill_write(buffer->writer, part, &batch));
        hy_arena_reset(arena);
    }
    return HY_OK;
}

HyStatus hy_spill_buffer_flush(HySpillBuffer *buffer)
{
    size_t n = buffer->rows ? hy_rowset_row_count(buffer->rows) : 0;
    size_t ends[HY_SPILL_PARTS];
    HyRowAccess access = {0};
    HyArena *arena = NULL;
    HyStatus st = HY_OK;
    if (n == 0)
        return HY_OK;
    arena = hy_arena_create();
    if (!arena)
        return hy_error_oom(0);
    HY_GO(hy_row_access_open(buffer->rows, &access));
    HY_GO(order_rows(buffer, n, ends));
    for (size_t p = 0, first = 0; p < HY_SPILL_PARTS; first = ends[p++])
        HY_GO(write_rows(buffer, p, &access, (const HyRowRef *)buffer->refs.data + first,
            ends[p] - first, arena));
    HY_GO(hy_spill_writer_flush(buffer->writer));
    hy_rowset_destroy(buffer->rows);
    buffer->rows = NULL;
done:
    hy_row_access_close(&access);
    hy_arena_destroy(arena);
    return st;
}

HyStatus hy_spill_buffer_push(HySpillBuffer *buffer, const HyBatch *batch, const uint64_t *hashes)
{
    HyMemory *memory = buffer->set->exec->ctx->memory;
    if (!buffer->rows)
        HY_TRY(hy_rowset_create(buffer->set->types, buffer->set->n_cols, memory, &buffer->rows));
    size_t first = hy_rowset_row_count(buffer->rows), end = first + batch->n_rows;
    if (end > buffer->parts.bytes)
        HY_TRY(hy_growing_reserve(&buffer->parts, memory, 2 * end));
    uint8_t *parts = (uint8_t *)buffer->parts.data + first;
    for (size_t i = 0; i < batch->n_rows; i++)
        parts[i] = hashes ? (uint8_t)hy_spill_part_of(hashes[i], buffer->level) : 0;
    HyBatch rows = {.n_rows = batch->n_rows, .n_cols = buffer->set->n_cols, .cols = batch->cols};
    HY_TRY(hy_rowset_append(buffer->rows, &rows));
    if (hy_rowset_memory_bytes(buffer->rows) + end < buffer->quota)
        return HY_OK;
    return hy_spill_buffer_flush(buffer);
}

/* ---- Reading ---- */

struct HySpillReader {
    const HySpillSet *set;
    HyMemory *memory;
    HyGrowing stored, raw;
    HyVector *cols;
};

HyStatus hy_spill_reader_open(const HySpillSet *set, HySpillReader **out)
{
    HySpillReader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return hy_error_oom(sizeof *reader);
    *reader = (HySpillReader){.set = set, .memory = set->exec->ctx->memory};
    reader->cols = calloc(set->n_cols + 1, sizeof *reader->cols);
    if (!reader->cols) {
        free(reader);
        return hy_error_oom(set->n_cols * sizeof *reader->cols);
    }
    *out = reader;
    return HY_OK;
}

void hy_spill_reader_close(HySpillReader *reader)
{
    if (!reader)
        return;
    hy_growing_free(&reader->stored, reader->memory);
    hy_growing_free(&reader->raw, reader->memory);
    free(reader->cols);
    free(reader);
}

static HyStatus read_all(const HySpillSet *set, char *data, size_t len, uint64_t offset)
{
    while (len > 0) {
        ssize_t n = pread(set->fd, data, len, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = EIO;
        if (n <= 0)
            return file_error(set, "read");
        data += n;
        len -= (size_t)n;
        offset += (uint64_t)n;
    }
    return HY_OK;
}

static HyStatus load_block(HySpillReader *reader, const HySpillBlock *block)
{
    HyGrowing *into = block->stored_bytes == block->raw_bytes ? &reader->raw : &reader->stored;
    HY_TRY(hy_growing_reserve(into, reader->memory, block->stored_bytes));
    HY_TRY(read_all(reader->set, into->data, block->stored_bytes, block->offset));
    if (into == &reader->raw)
        return HY_OK;
    HY_TRY(hy_growing_reserve(&reader->raw, reader->memory, block->raw_bytes));
    return hy_codec_decompress(HY_STORED_LZ4, reader->stored.data, block->stored_bytes,
        reader->raw.data, block->raw_bytes);
}

static void find_strings(HyString *s, size_t n, const char *heap)
{
    for (size_t i = 0; i < n; i++)
        if (s[i].len > HY_STRING_INLINE) {
            s[i].ptr = heap;
            heap += s[i].len;
        }
}

HyStatus hy_spill_read(HySpillReader *reader, size_t part, size_t block, HyBatch *out)
{
    const HySpillSet *set = reader->set;
    const HySpillBlock *b = &set->parts[part].blocks[block];
    size_t n = b->n_rows;
    HY_TRY(hy_cancel_check(set->exec->ctx->cancel));
    HY_TRY(load_block(reader, b));
    const uint64_t *headers = reader->raw.data;
    char *at = (char *)reader->raw.data + padded(set->n_cols * 8);
    for (size_t i = 0; i < set->n_cols; i++) {
        HyVector *v = &reader->cols[i];
        *v = (HyVector){.type = set->types[i], .kind = HY_VECTOR_FLAT, .data = at};
        at += padded(hy_physical_size(hy_type_physical(v->type)) * n);
        if (headers[i] >> 63) {
            v->validity = (uint64_t *)(void *)at;
            at += padded(hy_bitmap_words(n) * 8);
        }
        size_t heap = (size_t)(headers[i] & (UINT64_MAX >> 1));
        if (hy_type_physical(v->type) == HY_PHYS_STRING)
            find_strings(v->data, n, at);
        at += padded(heap);
    }
    *out = (HyBatch){.n_rows = n, .n_cols = set->n_cols, .cols = reader->cols};
    return HY_OK;
}
