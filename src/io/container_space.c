/* Free space of the file and pinned extents. All functions run under the container's `lock`. */
#include "io/container_internal.h"

#include "base/bytes.h"
#include "base/hash.h"
#include <assert.h>
#include <stdlib.h>

/* Free extents. */

static bool is_smaller(HyExtent a, HyExtent b)
{
    return a.length != b.length ? a.length < b.length : a.offset < b.offset;
}

/* Index of the first extent by size that is not smaller than `e`. */
static size_t find_by_size(const HySpace *space, HyExtent e)
{
    size_t low = 0;
    size_t high = space->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (is_smaller(space->by_size[mid], e))
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* Index of the first extent that begins at `offset` or behind. */
static size_t find_by_offset(const HySpace *space, uint64_t offset)
{
    size_t low = 0;
    size_t high = space->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (space->by_offset[mid].offset < offset)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static void array_insert(HyExtent *items, size_t count, size_t at, HyExtent e)
{
    memmove(items + at + 1, items + at, (count - at) * sizeof *items);
    items[at] = e;
}

static void array_remove(HyExtent *items, size_t count, size_t at)
{
    memmove(items + at, items + at + 1, (count - at - 1) * sizeof *items);
}

static void insert_extent(HySpace *space, HyExtent e)
{
    assert(space->count < space->capacity);
    array_insert(space->by_offset, space->count, find_by_offset(space, e.offset), e);
    array_insert(space->by_size, space->count, find_by_size(space, e), e);
    space->count++;
    space->free_bytes += e.length;
}

/* Removes the extent at index `at` of the order by offset. */
static void remove_extent(HySpace *space, size_t at)
{
    HyExtent e = space->by_offset[at];
    array_remove(space->by_offset, space->count, at);
    array_remove(space->by_size, space->count, find_by_size(space, e));
    space->count--;
    space->free_bytes -= e.length;
}

static bool reserve_extents(HySpace *space, size_t capacity)
{
    if (capacity <= space->capacity)
        return true;
    size_t doubled = space->capacity * 2;
    if (capacity < doubled)
        capacity = doubled;
    HyExtent *by_offset = realloc(space->by_offset, capacity * sizeof *by_offset);
    if (!by_offset)
        return false;
    space->by_offset = by_offset;
    HyExtent *by_size = realloc(space->by_size, capacity * sizeof *by_size);
    if (!by_size)
        return false;
    space->by_size = by_size;
    space->capacity = capacity;
    return true;
}

static int compare_sizes(const void *a, const void *b)
{
    const HyExtent *x = a;
    const HyExtent *y = b;
    return is_smaller(*x, *y) ? -1 : is_smaller(*y, *x) ? 1 : 0;
}

HyStatus hy_space_init(HySpace *space, const HyExtentList *used, uint64_t file_size)
{
    HyExtentList areas;
    HY_TRY(hy_extents_complement(used, file_size, &areas));
    *space = (HySpace){.file_size = file_size};
    if (!reserve_extents(space, areas.count + 16)) {
        hy_space_free(space);
        hy_extents_free(&areas);
        return hy_error_oom((areas.count + 16) * sizeof(HyExtent));
    }
    for (size_t i = 0; i < areas.count; i++) {
        space->by_offset[i] = areas.items[i];
        space->by_size[i] = areas.items[i];
        space->free_bytes += areas.items[i].length;
    }
    space->count = areas.count;
    qsort(space->by_size, space->count, sizeof(HyExtent), compare_sizes);
    hy_extents_free(&areas);
    return HY_OK;
}

void hy_space_free(HySpace *space)
{
    free(space->by_offset);
    free(space->by_size);
    *space = (HySpace){0};
}

bool hy_space_take(HySpace *space, uint64_t need, uint64_t *offset)
{
    size_t i = find_by_size(space, (HyExtent){.offset = 0, .length = need});
    if (i == space->count)
        return false;
    HyExtent e = space->by_size[i];
    remove_extent(space, find_by_offset(space, e.offset));
    if (e.length > need)
        insert_extent(space, (HyExtent){e.offset + need, e.length - need});
    *offset = e.offset;
    return true;
}

uint64_t hy_space_grown_size(const HySpace *space, uint64_t need)
{
    uint64_t start = hy_align_up(space->file_size, HY_OBJECT_ALIGN);
    if (space->count > 0) {
        HyExtent last = space->by_offset[space->count - 1];
        if (last.offset + last.length == space->file_size)
            start = last.offset;
    }
    if (need > INT64_MAX - HY_FILE_SIZE_UNIT || start > INT64_MAX - HY_FILE_SIZE_UNIT - need)
        return UINT64_MAX;
    return hy_align_up(start + need, HY_FILE_SIZE_UNIT);
}

void hy_space_give(HySpace *space, uint64_t offset, uint64_t length)
{
    HyExtent e = {.offset = offset, .length = length};
    size_t at = find_by_offset(space, offset);
    /* An extent given twice would end in two objects in one place: refuse it, and rather lose
     * space. */
    if ((at < space->count && space->by_offset[at].offset < offset + length) ||
        (at > 0 && space->by_offset[at - 1].offset + space->by_offset[at - 1].length > offset))
        return;
    if (at < space->count && space->by_offset[at].offset == offset + length) {
        e.length += space->by_offset[at].length;
        remove_extent(space, at);
    }
    if (at > 0) {
        HyExtent before = space->by_offset[at - 1];
        if (before.offset + before.length == offset) {
            e = (HyExtent){before.offset, before.length + e.length};
            remove_extent(space, at - 1);
        }
    }
    if (reserve_extents(space, space->count + 1))
        insert_extent(space, e);
}

HyStatus hy_space_grow(HySpace *space, uint64_t file_size)
{
    if (!reserve_extents(space, space->count + 2))
        return hy_error_oom((space->count + 2) * sizeof(HyExtent));
    uint64_t start = hy_align_up(space->file_size, HY_OBJECT_ALIGN);
    space->file_size = file_size;
    if (start < file_size)
        hy_space_give(space, start, file_size - start);
    return HY_OK;
}

/* Pins. */

static size_t pin_home(const HyPins *pins, uint64_t offset)
{
    return (size_t)hy_hash_u64(offset) & (pins->capacity - 1);
}

/* The slot of `offset` or the empty one where it belongs. */
static size_t find_pin(const HyPins *pins, uint64_t offset)
{
    size_t i = pin_home(pins, offset);
    while (pins->slots[i].offset != 0 && pins->slots[i].offset != offset)
        i = (i + 1) & (pins->capacity - 1);
    return i;
}

void hy_pins_free(HyPins *pins)
{
    free(pins->slots);
    *pins = (HyPins){0};
}

static HyStatus grow_pins(HyPins *pins)
{
    HyPins grown = {.capacity = pins->capacity ? pins->capacity * 2 : 64, .count = pins->count};
    grown.slots = calloc(grown.capacity, sizeof *grown.slots);
    if (!grown.slots)
        return hy_error_oom(grown.capacity * sizeof *grown.slots);
    for (size_t i = 0; i < pins->capacity; i++) {
        if (pins->slots[i].offset != 0)
            grown.slots[find_pin(&grown, pins->slots[i].offset)] = pins->slots[i];
    }
    free(pins->slots);
    *pins = grown;
    return HY_OK;
}

HyStatus hy_pins_add(HyPins *pins, uint64_t offset, uint64_t length)
{
    if (pins->count >= pins->capacity / 2)
        HY_TRY(grow_pins(pins));
    HyPin *pin = &pins->slots[find_pin(pins, offset)];
    if (pin->offset == 0) {
        *pin = (HyPin){.offset = offset, .length = length};
        pins->count++;
    }
    pin->count++;
    return HY_OK;
}

bool hy_pins_bury(HyPins *pins, uint64_t offset)
{
    if (pins->count == 0)
        return false;
    HyPin *pin = &pins->slots[find_pin(pins, offset)];
    if (pin->offset == 0)
        return false;
    pin->is_dead = true;
    return true;
}

/* Empties slot i and moves those back that had to probe past it. */
static void erase_pin(HyPins *pins, size_t i)
{
    size_t mask = pins->capacity - 1;
    size_t hole = i;
    for (size_t j = (i + 1) & mask; pins->slots[j].offset != 0; j = (j + 1) & mask) {
        size_t home = pin_home(pins, pins->slots[j].offset);
        if (((j - home) & mask) >= ((j - hole) & mask)) {
            pins->slots[hole] = pins->slots[j];
            hole = j;
        }
    }
    pins->slots[hole] = (HyPin){0};
    pins->count--;
}

bool hy_pins_drop(HyPins *pins, uint64_t offset, HyExtent *freed)
{
    assert(pins->count > 0);
    size_t i = find_pin(pins, offset);
    HyPin *pin = &pins->slots[i];
    assert(pin->count > 0);
    if (--pin->count > 0)
        return false;
    HyPin last = *pin;
    erase_pin(pins, i);
    *freed = (HyExtent){last.offset, last.length};
    return last.is_dead;
}
