/* Commit by shadow paging (spec/hyper-file-format.md, section 9).
 *
 * Objects and the new directory go to areas that the live state does not use; after a sync the
 * header page that is not live gets the next sequence number; after another sync the new state
 * counts. Until then the live page and all that it points to are untouched, so that a crash at any
 * point leaves the old or the new state. Only after the second sync is the space of replaced
 * objects given back. */
#include "io/container_internal.h"

#include "base/crc32c.h"
#include <assert.h>
#include <stdlib.h>

typedef enum OperationKind {
    OPERATION_PUT,
    OPERATION_REMOVE,
    OPERATION_REMOVE_RELATION,
    OPERATION_MOVE,
} OperationKind;

typedef struct Operation {
    OperationKind kind;
    HyObjectKey key; /* what is changed; the source of a move; the relation of a removal */
    HyObjectKey to;  /* move */
    HyObjectRef ref; /* put */
} Operation;

struct HyContainerCommit {
    HyContainer *container;
    Operation *operations;
    size_t count;
    size_t capacity;
    size_t growing_count;      /* operations that may need a slot more */
    HyCommitWitnessFn witness; /* or NULL */
    void *witness_context;
};

/* What a commit prepares before it touches the header. */
typedef struct Preparation {
    HyDirectory directory;
    HyExtentList used;
    HyContainerHeader header;
    uint8_t *bytes; /* the directory as it goes into the file */
    bool has_space; /* header.directory is reserved */
} Preparation;

HyStatus hy_container_begin(HyContainer *container, HyContainerCommit **out)
{
    HyContainerCommit *commit = calloc(1, sizeof *commit);
    if (!commit)
        return hy_error_oom(sizeof *commit);
    commit->container = container;
    *out = commit;
    return HY_OK;
}

void hy_commit_abandon(HyContainerCommit *commit)
{
    if (!commit)
        return;
    free(commit->operations);
    free(commit);
}

void hy_commit_set_witness(HyContainerCommit *commit, HyCommitWitnessFn witness, void *context)
{
    commit->witness = witness;
    commit->witness_context = context;
}

static HyStatus add_operation(HyContainerCommit *commit, const Operation *operation)
{
    if (commit->count == commit->capacity) {
        size_t capacity = commit->capacity ? commit->capacity * 2 : 32;
        Operation *grown = realloc(commit->operations, capacity * sizeof *grown);
        if (!grown)
            return hy_error_oom(capacity * sizeof *grown);
        commit->operations = grown;
        commit->capacity = capacity;
    }
    commit->operations[commit->count++] = *operation;
    if (operation->kind == OPERATION_PUT || operation->kind == OPERATION_MOVE)
        commit->growing_count++;
    return HY_OK;
}

HyStatus hy_commit_put(HyContainerCommit *commit, const HyObjectKey *key, const HyObjectRef *ref)
{
    return add_operation(commit, &(Operation){.kind = OPERATION_PUT, .key = *key, .ref = *ref});
}

HyStatus hy_commit_remove(HyContainerCommit *commit, const HyObjectKey *key)
{
    return add_operation(commit, &(Operation){.kind = OPERATION_REMOVE, .key = *key});
}

HyStatus hy_commit_remove_relation(HyContainerCommit *commit, uint32_t relation)
{
    return add_operation(
        commit, &(Operation){.kind = OPERATION_REMOVE_RELATION, .key.relation = relation});
}

HyStatus hy_commit_move(HyContainerCommit *commit, const HyObjectKey *from, const HyObjectKey *to)
{
    return add_operation(commit, &(Operation){.kind = OPERATION_MOVE, .key = *from, .to = *to});
}

/* Applying the operations to a copy of the directory. */

static void apply_remove(HyDirectory *directory, HyPackedKey key)
{
    HySlot *slot = hy_directory_find(directory, key);
    if (slot)
        hy_directory_remove(directory, slot);
}

static void apply_remove_relation(HyDirectory *directory, uint32_t relation)
{
    for (size_t i = 0; i < hy_directory_slot_count(directory); i++) {
        HySlot *slot = &directory->slots[i];
        if (slot->state != HY_SLOT_LIVE)
            continue;
        HyObjectKey key = hy_object_key_unpack(slot->key);
        if (key.relation == relation && key.kind >= HY_OBJECT_ROWS)
            hy_directory_remove(directory, slot);
    }
}

static HyStatus apply_move(HyDirectory *directory, HyPackedKey from, HyPackedKey to)
{
    HySlot *slot = hy_directory_find(directory, from);
    if (!slot) {
        char text[HY_OBJECT_KEY_TEXT];
        HyObjectKey key = hy_object_key_unpack(from);
        return hy_error(
            "XX000", "%s does not exist in the database file", hy_object_key_text(&key, text));
    }
    HyObjectRef ref = slot->ref;
    hy_directory_remove(directory, slot);
    hy_directory_put(directory, to, &ref);
    return HY_OK;
}

static HyStatus apply_operation(
    HyDirectory *directory, const Operation *operation, uint64_t partition_count)
{
    HyPackedKey key = hy_object_key_pack(&operation->key, partition_count);
    switch (operation->kind) {
    case OPERATION_PUT:
        hy_directory_put(directory, key, &operation->ref);
        break;
    case OPERATION_REMOVE:
        apply_remove(directory, key);
        break;
    case OPERATION_REMOVE_RELATION:
        apply_remove_relation(directory, operation->key.relation);
        break;
    case OPERATION_MOVE:
        return apply_move(directory, key, hy_object_key_pack(&operation->to, partition_count));
    }
    return HY_OK;
}

/* The directory after the commit, of fitting size and without tombstones. */
static HyStatus apply_operations(const HyContainerCommit *commit, HyDirectory *out)
{
    HyContainer *c = commit->container;
    HyDirectory next;
    HY_TRY(hy_directory_copy(&c->directory, commit->growing_count, &next));
    HyStatus st = HY_OK;
    for (size_t i = 0; i < commit->count; i++)
        HY_GO(apply_operation(&next, &commit->operations[i], c->partition_count));
    if (next.tombstone_count > 0 || next.bits != hy_directory_bits_for(next.live_count)) {
        HyDirectory compact;
        HY_GO(hy_directory_copy(&next, 0, &compact));
        hy_directory_free(&next);
        next = compact;
    }
    *out = next;
    return HY_OK;

done:
    hy_directory_free(&next);
    return st;
}

/* Preparing the new state. */

/* Reserves space for the directory object: its free list may get two more areas than there are
 * without it, because the directory may split one and because the file may grow. */
static HyStatus reserve_directory(HyContainer *c, Preparation *prep)
{
    HyObjectRef none = {0};
    HyExtentList areas;
    uint64_t file_size = hy_container_file_size(c);
    HY_TRY(hy_directory_extents(&prep->directory, &none, file_size, &prep->used));
    HY_TRY(hy_extents_complement(&prep->used, file_size, &areas));
    size_t size = hy_directory_format_size(&prep->directory, areas.count + 2);
    hy_extents_free(&areas);
    hy_extents_free(&prep->used);
    HY_TRY(hy_container_allocate(c, size, &prep->header.directory));
    prep->has_space = true;
    return HY_OK;
}

static HyStatus format_directory(HyContainer *c, Preparation *prep)
{
    HyExtentList areas = {0};
    size_t len = (size_t)prep->header.directory.length;
    prep->header.file_size = hy_container_file_size(c);
    HY_TRY(hy_directory_extents(
        &prep->directory, &prep->header.directory, prep->header.file_size, &prep->used));
    prep->bytes = malloc(len);
    if (!prep->bytes)
        return hy_error_oom(len);
    HY_TRY(hy_extents_complement(&prep->used, prep->header.file_size, &areas));
    assert(hy_directory_format_size(&prep->directory, areas.count) <= len);
    hy_directory_format(&prep->directory, &areas, prep->bytes, len);
    hy_extents_free(&areas);
    return HY_OK;
}

static HyStatus prepare(const HyContainerCommit *commit, Preparation *prep)
{
    HyContainer *c = commit->container;
    HY_TRY(apply_operations(commit, &prep->directory));
    HY_TRY(reserve_directory(c, prep));
    HY_TRY(format_directory(c, prep));
    return hy_container_write_at(c, &prep->header.directory, prep->bytes);
}

/* Switching to it. */

/* Writes the page that is not live. If that or the sync fails, the page's former content is put
 * back as well as possible: the caller is going to be told that the commit failed. */
static HyStatus switch_header(const HyContainerCommit *commit, HyContainerHeader *header)
{
    HyContainer *c = commit->container;
    uint64_t offset = c->live_page == 0 ? HY_HEADER_BYTES : 0;
    uint8_t page[HY_HEADER_BYTES];
    uint8_t former[HY_HEADER_BYTES];
    HY_TRY(hy_os_file_read(&c->file, offset, former, sizeof former));
    hy_container_header_format(header, page);
    if (commit->witness) {
        HyContainerState next = {.sequence = header->sequence, .checksum = header->checksum};
        HY_TRY(commit->witness(commit->witness_context, &next));
    }
    HyStatus st;
    HY_GO(hy_os_file_write(&c->file, offset, page, sizeof page));
    HY_GO(hy_container_sync(c));

done:
    if (st) {
        HyStatus undo = hy_os_file_write(&c->file, offset, former, sizeof former);
        if (!undo)
            undo = hy_os_file_sync(&c->file);
        if (undo)
            atomic_store(&c->is_failed, true);
        hy_error_free(undo);
    }
    return st;
}

static bool is_used(const HyExtentList *used, uint64_t offset)
{
    size_t low = 0;
    size_t high = used->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (used->items[mid].offset < offset)
            low = mid + 1;
        else
            high = mid;
    }
    return low < used->count && used->items[low].offset == offset;
}

/* Makes the new state the one in memory and gives back what only the old one used. */
static void install(HyContainerCommit *commit, Preparation *prep)
{
    HyContainer *c = commit->container;
    pthread_mutex_lock(&c->lock);
    HyDirectory old = c->directory;
    HyObjectRef old_directory = c->live.directory;
    c->directory = prep->directory;
    c->live = prep->header;
    c->live_page = 1 - c->live_page;
    for (size_t i = 0; i < hy_directory_slot_count(&old); i++) {
        const HySlot *slot = &old.slots[i];
        if (slot->state == HY_SLOT_LIVE && !is_used(&prep->used, slot->ref.offset))
            hy_container_release(c, &slot->ref);
    }
    /* Objects that were put and replaced or removed again within the same commit. */
    for (size_t i = 0; i < commit->count; i++) {
        const Operation *operation = &commit->operations[i];
        if (operation->kind == OPERATION_PUT && !is_used(&prep->used, operation->ref.offset))
            hy_container_release(c, &operation->ref);
    }
    hy_container_release(c, &old_directory);
    pthread_mutex_unlock(&c->lock);
    prep->directory = (HyDirectory){0};
    prep->has_space = false;
    hy_directory_free(&old);
}

HyStatus hy_container_commit(HyContainerCommit *commit)
{
    HyContainer *c = commit->container;
    Preparation prep = {0};
    HyStatus st = HY_OK;
    pthread_mutex_lock(&c->commit_lock);
    if (commit->count == 0)
        goto done;
    HY_GO(hy_container_check_writable(c));
    prep.header = c->live; /* changed by commits only */
    prep.header.sequence++;
    prep.header.writer_build = c->build_number;
    HY_GO(prepare(commit, &prep));
    HY_GO(hy_container_sync(c));
    HY_GO(switch_header(commit, &prep.header));
    install(commit, &prep);

done:
    if (prep.has_space && !atomic_load(&c->is_failed))
        hy_container_free_ref(c, &prep.header.directory);
    pthread_mutex_unlock(&c->commit_lock);
    free(prep.bytes);
    hy_extents_free(&prep.used);
    hy_directory_free(&prep.directory);
    hy_commit_abandon(commit);
    return st;
}
