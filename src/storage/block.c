#include "storage/block.h"
#include "storage/chunk_cache_internal.h"
#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

/* What the bytes in the file are to the container. Guarded by the database's commit lock, and by
 * nothing when the last reference goes. */
typedef enum FileLife {
    LIFE_NONE,    /* no object of its own */
    LIFE_WRITTEN, /* for a commit to come: the space is ours to give back */
    LIFE_LIVE,    /* the container's */
    LIFE_LEFT     /* pinned */
} FileLife;

typedef struct FileObject {
    HyObjectKey key; /* for messages */
    HyObjectRef ref;
    FileLife life;
} FileObject;

/* The one object of a plain block. */
typedef struct PlainObject {
    FileObject file;
    HyType *types;
    size_t n_cols;
    HyStoredChunk **members; /* the block's columns; they keep this alive through the block */
} PlainObject;

struct HyStoredChunk {
    atomic_uint n_refs;
    HyBlockStore *store;
    HyType type;
    uint32_t n_rows;
    FileObject file;
    bool has_file;      /* an object of its own */
    int64_t n_nulls;    /* -1: not known */
    HyChunk *resident;  /* in memory for good: no file */
    PlainObject *plain; /* or NULL */
    uint32_t plain_index;
    HyCacheEntry cached; /* chunks with a file */
};

struct HyBlock {
    atomic_uint n_refs;
    uint32_t n_rows;
    HyBlockState state;
    PlainObject *plain;  /* owned; state 1 */
    HyBlockStore *store; /* state 1 */
    size_t n_cols;
    HyStoredChunk *columns[]; /* not set when absent */
};

static void release_file(HyBlockStore *store, FileObject *file)
{
    HyContainer *container = hy_block_store_container(store);
    if (file->life == LIFE_WRITTEN)
        hy_container_free_ref(container, &file->ref);
    else if (file->life == LIFE_LEFT)
        hy_container_unpin(container, &file->ref);
    file->life = LIFE_NONE;
}

static HyStatus leave_file(HyBlockStore *store, FileObject *file)
{
    if (file->life != LIFE_LIVE)
        return HY_OK;
    HY_TRY(hy_container_pin(hy_block_store_container(store), &file->ref));
    file->life = LIFE_LEFT;
    return HY_OK;
}

static void undo_leave_file(HyBlockStore *store, FileObject *file)
{
    if (file->life != LIFE_LEFT)
        return;
    hy_container_unpin(hy_block_store_container(store), &file->ref);
    file->life = LIFE_LIVE;
}

static HyStatus new_stored_chunk(
    HyBlockStore *store, HyType type, uint32_t n_rows, HyStoredChunk **out)
{
    HyStoredChunk *chunk = calloc(1, sizeof *chunk);
    if (!chunk)
        return hy_error_oom(sizeof *chunk);
    atomic_init(&chunk->n_refs, 1);
    chunk->store = hy_block_store_ref(store);
    chunk->type = type;
    chunk->n_rows = n_rows;
    chunk->n_nulls = type.nullable ? -1 : 0;
    *out = chunk;
    return HY_OK;
}

HyStatus hy_stored_chunk_open(HyBlockStore *store, HyType type, uint32_t n_rows,
    const HyObjectKey *key, const HyObjectRef *ref, HyStoredChunk **out)
{
    HyStoredChunk *chunk = NULL;
    HY_TRY(new_stored_chunk(store, type, n_rows, &chunk));
    chunk->file = (FileObject){.key = *key};
    if (ref) {
        chunk->file.ref = *ref;
        chunk->file.life = LIFE_LIVE;
        chunk->has_file = true;
    }
    *out = chunk;
    return HY_OK;
}

HyStatus hy_stored_chunk_encode(HyBlockStore *store, HyType type, const void *data,
    const uint64_t *validity, uint32_t n_rows, HyCompression compression, HyStoredChunk **out)
{
    const HyBlockStoreOptions *options = hy_block_store_options(store);
    HyContainer *container = hy_block_store_container(store);
    HyStatus st = HY_OK;
    HyStoredChunk *chunk = NULL;
    uint8_t *bytes = NULL;
    size_t len = 0;
    HY_GO(new_stored_chunk(store, type, n_rows, &chunk));
    HY_GO(hy_chunk_encode(type, options->version, data, validity, n_rows, options->effort,
        options->memory, &bytes, &len));
    if (container) {
        HY_GO(hy_container_write(
            container, bytes, len, compression, options->memory, &chunk->file.ref));
        chunk->file.life = LIFE_WRITTEN;
        chunk->has_file = true;
    } else {
        uint8_t *given = bytes;
        bytes = NULL; /* taken over, also on failure */
        HY_GO(hy_chunk_open(
            type, options->version, given, len, n_rows, options->memory, &chunk->resident));
    }
    chunk->n_nulls = validity ? (int64_t)(n_rows - hy_bitmap_count(validity, n_rows)) : 0;
    *out = chunk;
    chunk = NULL;

done:
    if (bytes)
        hy_memory_free(options->memory, bytes, len);
    hy_stored_chunk_unref(chunk);
    return st;
}

HyStoredChunk *hy_stored_chunk_ref(HyStoredChunk *chunk)
{
    atomic_fetch_add_explicit(&chunk->n_refs, 1, memory_order_relaxed);
    return chunk;
}

void hy_stored_chunk_unref(HyStoredChunk *chunk)
{
    if (!chunk || atomic_fetch_sub_explicit(&chunk->n_refs, 1, memory_order_acq_rel) != 1)
        return;
    HyChunkCache *cache = hy_block_store_cache(chunk->store);
    if (cache)
        hy_chunk_cache_forget(cache, &chunk->cached);
    hy_chunk_destroy(chunk->resident);
    release_file(chunk->store, &chunk->file);
    hy_block_store_unref(chunk->store);
    free(chunk);
}

HyType hy_stored_chunk_type(const HyStoredChunk *chunk)
{
    return chunk->type;
}

/* Bytes of objects are allocated outside of any budget: the cache has its own. */
/* A fault within an object gets the name and place of the object. */
static HyStatus name_object(HyStatus st, const HyObjectKey *key, const HyObjectRef *ref)
{
    char text[HY_OBJECT_KEY_TEXT];
    char within[256];
    if (!st || strncmp(st->sqlstate, "XX", 2) != 0)
        return st;
    snprintf(within, sizeof within, "%s%s", st->detail ? st->detail : "", st->detail ? ", " : "");
    return hy_error_detail(st, "%s%s at offset %llu", within, hy_object_key_text(key, text),
        (unsigned long long)ref->offset);
}

static HyStatus load_column(HyStoredChunk *chunk, HyChunk **out)
{
    HyObjectBytes bytes;
    if (!chunk->has_file) {
        char text[HY_OBJECT_KEY_TEXT];
        return hy_error_detail(hy_error("XX001", "Cannot load compressed attribute."),
            "%s is missing", hy_object_key_text(&chunk->file.key, text));
    }
    HY_TRY(hy_container_read(hy_block_store_container(chunk->store), &chunk->file.key,
        &chunk->file.ref, HY_CHECKSUM_VERIFY, NULL, &bytes));
    HyStatus st = hy_chunk_open_object(
        chunk->type, hy_block_store_options(chunk->store)->version, &bytes, chunk->n_rows, out);
    return name_object(st, &chunk->file.key, &chunk->file.ref);
}

/* Decodes the whole block; the other columns go to the cache as well. */
static HyStatus load_plain(HyStoredChunk *chunk, HyChunk **out)
{
    PlainObject *plain = chunk->plain;
    HyChunk **chunks = calloc(plain->n_cols, sizeof *chunks);
    if (!chunks)
        return hy_error_oom(plain->n_cols * sizeof *chunks);
    HyStatus st = HY_OK;
    HyObjectBytes bytes;
    HY_GO(hy_container_read(hy_block_store_container(chunk->store), &plain->file.key,
        &plain->file.ref, HY_CHECKSUM_VERIFY, NULL, &bytes));
    HY_GO(name_object(hy_plain_block_open(plain->types, plain->n_cols, bytes.data, bytes.size,
                          chunk->n_rows, NULL, chunks),
        &plain->file.key, &plain->file.ref));
    for (size_t i = 0; i < plain->n_cols; i++) {
        if (i == chunk->plain_index)
            *out = chunks[i];
        else
            hy_chunk_cache_offer(
                hy_block_store_cache(chunk->store), &plain->members[i]->cached, chunks[i]);
    }

done:
    free(chunks);
    return st;
}

static HyStatus load_chunk(void *context, HyChunk **out)
{
    HyStoredChunk *chunk = context;
    return chunk->plain ? load_plain(chunk, out) : load_column(chunk, out);
}

int64_t hy_stored_chunk_null_count(const HyStoredChunk *chunk, uint32_t n_rows)
{
    if (chunk->n_nulls == 0 || chunk->n_rows == n_rows)
        return chunk->n_nulls;
    return -1;
}

HyStatus hy_stored_chunk_pin(HyStoredChunk *chunk, const HyChunk **out)
{
    if (chunk->resident) {
        *out = chunk->resident;
        return HY_OK;
    }
    return hy_chunk_cache_pin(
        hy_block_store_cache(chunk->store), &chunk->cached, load_chunk, chunk, out);
}

bool hy_stored_chunk_pin_resident(HyStoredChunk *chunk, const HyChunk **out)
{
    if (!chunk->resident)
        return hy_chunk_cache_pin_resident(hy_block_store_cache(chunk->store), &chunk->cached, out);
    *out = chunk->resident;
    return true;
}

void hy_stored_chunk_unpin(HyStoredChunk *chunk)
{
    if (!chunk->resident)
        hy_chunk_cache_unpin(hy_block_store_cache(chunk->store), &chunk->cached);
}

const HyObjectRef *hy_stored_chunk_file_ref(const HyStoredChunk *chunk)
{
    return chunk->has_file ? &chunk->file.ref : NULL;
}

void hy_stored_chunk_set_live(HyStoredChunk *chunk)
{
    if (chunk->file.life == LIFE_WRITTEN)
        chunk->file.life = LIFE_LIVE;
}

HyStatus hy_stored_chunk_leave(HyStoredChunk *chunk)
{
    return leave_file(chunk->store, &chunk->file);
}

void hy_stored_chunk_undo_leave(HyStoredChunk *chunk)
{
    undo_leave_file(chunk->store, &chunk->file);
}

static HyStatus new_block(uint32_t n_rows, HyBlockState state, size_t n_cols, HyBlock **out)
{
    HyBlock *block = calloc(1, sizeof *block + n_cols * sizeof(HyStoredChunk *));
    if (!block)
        return hy_error_oom(sizeof *block);
    atomic_init(&block->n_refs, 1);
    block->n_rows = n_rows;
    block->state = state;
    block->n_cols = n_cols;
    *out = block;
    return HY_OK;
}

HyStatus hy_block_create(
    uint32_t n_rows, HyStoredChunk *const *columns, size_t n_cols, HyBlock **out)
{
    HyBlock *block = NULL;
    HyStatus st = new_block(n_rows, HY_BLOCK_COLUMNS, n_cols, &block);
    if (st) {
        for (size_t i = 0; i < n_cols; i++)
            hy_stored_chunk_unref(columns[i]);
        return st;
    }
    for (size_t i = 0; i < n_cols; i++)
        block->columns[i] = columns[i];
    *out = block;
    return HY_OK;
}

HyStatus hy_block_create_absent(uint32_t n_rows, size_t n_cols, HyBlock **out)
{
    return new_block(n_rows, HY_BLOCK_ABSENT, n_cols, out);
}

HyStatus hy_block_open_plain(HyBlockStore *store, const HyType *types, size_t n_cols,
    uint32_t n_rows, const HyObjectKey *key, const HyObjectRef *ref, HyBlock **out)
{
    HyBlock *block = NULL;
    HY_TRY(new_block(n_rows, HY_BLOCK_PLAIN, n_cols, &block));
    HyStatus st = HY_OK;
    PlainObject *plain = calloc(1, sizeof *plain + n_cols * sizeof(HyType));
    if (!plain) {
        st = hy_error_oom(sizeof *plain);
        goto done;
    }
    block->plain = plain;
    block->store = hy_block_store_ref(store);
    plain->file = (FileObject){.key = *key, .ref = *ref, .life = LIFE_LIVE};
    plain->n_cols = n_cols;
    plain->types = (HyType *)(void *)(plain + 1);
    plain->members = block->columns;
    for (size_t i = 0; i < n_cols; i++) {
        plain->types[i] = types[i];
        HY_GO(new_stored_chunk(store, types[i], n_rows, &block->columns[i]));
        block->columns[i]->plain = plain;
        block->columns[i]->plain_index = (uint32_t)i;
    }
    *out = block;
    block = NULL;

done:
    hy_block_unref(block);
    return st;
}

HyBlock *hy_block_ref(HyBlock *block)
{
    atomic_fetch_add_explicit(&block->n_refs, 1, memory_order_relaxed);
    return block;
}

void hy_block_unref(HyBlock *block)
{
    if (!block || atomic_fetch_sub_explicit(&block->n_refs, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < block->n_cols; i++)
        hy_stored_chunk_unref(block->columns[i]);
    if (block->plain) {
        if (block->store)
            release_file(block->store, &block->plain->file);
        free(block->plain);
    }
    hy_block_store_unref(block->store);
    free(block);
}

HyBlockState hy_block_state(const HyBlock *block)
{
    return block->state;
}

uint32_t hy_block_rows(const HyBlock *block)
{
    return block->n_rows;
}

size_t hy_block_column_count(const HyBlock *block)
{
    return block->n_cols;
}

HyStoredChunk *hy_block_column(const HyBlock *block, size_t column)
{
    assert(block->state != HY_BLOCK_ABSENT && column < block->n_cols);
    return block->columns[column];
}

HyStatus hy_block_leave_plain(HyBlock *block)
{
    return block->plain ? leave_file(block->store, &block->plain->file) : HY_OK;
}

void hy_block_undo_leave_plain(HyBlock *block)
{
    if (block->plain)
        undo_leave_file(block->store, &block->plain->file);
}

HyStatus hy_chunk_decode(const HyChunk *chunk, HyType type, uint32_t first, uint32_t n,
    HyArena *strings, void *data, uint64_t *validity)
{
    HyArena *arena = hy_arena_create();
    if (!arena)
        return hy_error_oom(0);
    HyStatus st = HY_OK;
    HyVector out = {.type = type, .kind = HY_VECTOR_FLAT, .data = data, .validity = validity};
    for (uint32_t done_rows = 0; done_rows < n;) {
        uint32_t count = n - done_rows < HY_VECTOR_SIZE ? n - done_rows : HY_VECTOR_SIZE;
        HyVector piece;
        hy_arena_reset(arena);
        HY_GO(hy_chunk_read(chunk, first + done_rows, count, arena, &piece));
        HY_GO(hy_vector_copy(&out, done_rows, &piece, 0, count, strings));
        done_rows += count;
    }

done:
    hy_arena_destroy(arena);
    return st;
}
