/* The directory as a hash table in memory (spec/hyper-file-format.md, section 4). It has the shape
 * of the table in the file, so that a lookup finds exactly what the genuine server would find. */
#include "io/container_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

HyObjectKey hy_object_key_unpack(HyPackedKey packed)
{
    return (HyObjectKey){
        .kind = (uint16_t)(packed.k1 >> 48),
        .attribute = (uint32_t)packed.k1 & HY_OBJECT_MAX_ATTRIBUTE,
        .relation = (uint32_t)(packed.k2 >> 32),
        .block = (uint32_t)packed.k2,
    };
}

uint64_t hy_object_key_partition(const HyObjectKey *key, uint64_t partition_count)
{
    switch (key->kind) {
    case HY_OBJECT_ROWS:
    case HY_OBJECT_BLOCK:
    case HY_OBJECT_DELETES:
        return key->relation % partition_count;
    default: /* kinds are open-ended: files may hold more than we know */
        return 0;
    }
}

HyPackedKey hy_object_key_pack(const HyObjectKey *key, uint64_t partition_count)
{
    assert(key->attribute <= HY_OBJECT_MAX_ATTRIBUTE);
    uint64_t partition = hy_object_key_partition(key, partition_count);
    return (HyPackedKey){
        .k1 = (uint64_t)key->kind << 48 | partition << 24 | key->attribute,
        .k2 = (uint64_t)key->relation << 32 | key->block,
    };
}

const char *hy_object_key_text(const HyObjectKey *key, char text[HY_OBJECT_KEY_TEXT])
{
    static const char *const names[] = {[HY_OBJECT_ROOT] = "root",
        [HY_OBJECT_CATALOG] = "catalog",
        [HY_OBJECT_ROWS] = "rows",
        [HY_OBJECT_BLOCK] = "block",
        [HY_OBJECT_DELETES] = "deletes",
        [HY_OBJECT_SAMPLE] = "sample",
        [HY_OBJECT_INDEX] = "index"};
    size_t size = HY_OBJECT_KEY_TEXT;
    if (key->kind == HY_OBJECT_BLOCK)
        snprintf(text, size, "block %u attribute %u of relation %u", key->block, key->attribute,
            key->relation);
    else if (key->kind == HY_OBJECT_INDEX)
        snprintf(text, size, "index %u of relation %u", key->block, key->relation);
    else if (key->kind == HY_OBJECT_ROOT || key->kind == HY_OBJECT_CATALOG)
        snprintf(text, size, "%s", names[key->kind]);
    else if (key->kind < HY_ARRAY_LEN(names) && names[key->kind])
        snprintf(text, size, "%s of relation %u", names[key->kind], key->relation);
    else
        snprintf(text, size, "object of kind %u attribute %u relation %u block %u", key->kind,
            key->attribute, key->relation, key->block);
    return text;
}

HyStatus hy_directory_init(HyDirectory *directory, unsigned bits)
{
    size_t bytes = sizeof(HySlot) << bits;
    HySlot *slots = calloc((size_t)1 << bits, sizeof *slots);
    if (!slots)
        return hy_error_oom(bytes);
    *directory = (HyDirectory){.slots = slots, .bits = bits};
    return HY_OK;
}

void hy_directory_free(HyDirectory *directory)
{
    free(directory->slots);
    *directory = (HyDirectory){0};
}

unsigned hy_directory_bits_for(size_t count)
{
    unsigned bits = HY_MIN_DIRECTORY_BITS;
    while (bits < HY_MAX_DIRECTORY_BITS && ((size_t)1 << bits) / 2 < count)
        bits++;
    return bits;
}

static uint64_t key_hash(HyPackedKey key)
{
    const uint64_t factor = UINT64_C(0x9ddfea08eb382d69);
    uint64_t a = (key.k1 ^ key.k2) * factor;
    a ^= a >> 47;
    uint64_t h = (key.k1 ^ a) * factor;
    h ^= h >> 47;
    return h * factor;
}

size_t hy_directory_home(const HyDirectory *directory, HyPackedKey key)
{
    /* A table of one slot would need a shift by 64 bits, which C does not define. */
    return directory->bits ? (size_t)(key_hash(key) >> (64 - directory->bits)) : 0;
}

HySlot *hy_directory_find(const HyDirectory *directory, HyPackedKey key)
{
    size_t mask = hy_directory_slot_count(directory) - 1;
    size_t i = hy_directory_home(directory, key);
    /* A table of a foreign file may be full: look at each slot at most once. */
    for (size_t seen = 0; seen <= mask; seen++, i = (i + 1) & mask) {
        HySlot *slot = &directory->slots[i];
        if (slot->state == HY_SLOT_EMPTY)
            return NULL;
        if (slot->state == HY_SLOT_LIVE && slot->key.k1 == key.k1 && slot->key.k2 == key.k2)
            return slot;
    }
    return NULL;
}

void hy_directory_put(HyDirectory *directory, HyPackedKey key, const HyObjectRef *ref)
{
    HySlot *slot = hy_directory_find(directory, key);
    if (slot) {
        slot->ref = *ref;
        return;
    }
    size_t mask = hy_directory_slot_count(directory) - 1;
    size_t i = hy_directory_home(directory, key);
    while (directory->slots[i].state == HY_SLOT_LIVE)
        i = (i + 1) & mask;
    if (directory->slots[i].state == HY_SLOT_TOMBSTONE)
        directory->tombstone_count--;
    directory->slots[i] = (HySlot){.key = key, .ref = *ref, .state = HY_SLOT_LIVE};
    directory->live_count++;
}

void hy_directory_remove(HyDirectory *directory, HySlot *slot)
{
    assert(slot->state == HY_SLOT_LIVE);
    slot->state = HY_SLOT_TOMBSTONE;
    directory->live_count--;
    directory->tombstone_count++;
}

HyStatus hy_directory_copy(const HyDirectory *from, size_t extra, HyDirectory *out)
{
    HyDirectory copy;
    HY_TRY(hy_directory_init(&copy, hy_directory_bits_for(from->live_count + extra)));
    for (size_t i = 0; i < hy_directory_slot_count(from); i++) {
        if (from->slots[i].state == HY_SLOT_LIVE)
            hy_directory_put(&copy, from->slots[i].key, &from->slots[i].ref);
    }
    *out = copy;
    return HY_OK;
}
