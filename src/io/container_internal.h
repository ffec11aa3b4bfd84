/* What the files of the container share. Nobody outside of src/io/container*.c includes this. */
#ifndef HY_IO_CONTAINER_INTERNAL_H
#define HY_IO_CONTAINER_INTERNAL_H

#include "io/container.h"
#include <pthread.h>
#include <stdatomic.h>

#define HY_HEADER_BYTES       4096   /* a header page; two of them begin the file */
#define HY_DATA_START         0x2000 /* objects and free areas begin here */
#define HY_OBJECT_ALIGN       64
#define HY_CHECKSUM_BYTES     4     /* behind each object */
#define HY_FILE_SIZE_UNIT     65536 /* file sizes are multiples of it */
#define HY_ROOT_BYTES         48
#define HY_MIN_DIRECTORY_BITS 8
#define HY_MAX_DIRECTORY_BITS 40        /* more slots than this cannot lie in any file */
#define HY_MAX_PARTITIONS     0x1000000 /* the partition has 24 bits in a key */

/* container_header.c. */

typedef struct HyContainerHeader {
    uint32_t version;
    uint32_t writer_build;
    uint32_t creator_build;
    uint64_t sequence;
    uint64_t file_size;
    HyObjectRef directory;
    uint32_t checksum; /* of the page as it was read or formatted */
} HyContainerHeader;

/* Checks one page and reads its fields. Errors: the genuine server's, `*stage` tells how far the
 * checks came, so that of two bad pages the more telling error can be chosen. */
HyStatus hy_container_header_parse(
    const uint8_t page[HY_HEADER_BYTES], HyContainerHeader *out, int *stage) HY_MUST_CHECK;
/* The live page of both: the valid one with the larger sequence number, page 0 if equal. */
HyStatus hy_container_header_choose(
    const uint8_t pages[2 * HY_HEADER_BYTES], HyContainerHeader *out, int *live_page) HY_MUST_CHECK;
/* Notes the time, and the page's checksum in the header. */
void hy_container_header_format(HyContainerHeader *header, uint8_t page[HY_HEADER_BYTES]);

/* container_directory.c: the hash table in memory. */

typedef struct HyPackedKey {
    uint64_t k1; /* kind << 48 | partition << 24 | attribute */
    uint64_t k2; /* relation << 32 | block */
} HyPackedKey;

typedef enum HySlotState {
    HY_SLOT_EMPTY = 0,
    HY_SLOT_LIVE = 1,
    HY_SLOT_TOMBSTONE = 2,
} HySlotState;

typedef struct HySlot {
    HyPackedKey key;
    HyObjectRef ref;
    uint8_t state; /* HySlotState */
} HySlot;

/* Open addressing with linear probing, exactly as in the file (spec section 4). */
typedef struct HyDirectory {
    HySlot *slots; /* 2^bits; owned */
    unsigned bits;
    size_t live_count;
    size_t tombstone_count;
} HyDirectory;

HyPackedKey hy_object_key_pack(const HyObjectKey *key, uint64_t partition_count);
HyObjectKey hy_object_key_unpack(HyPackedKey packed);
/* The partition that `key` must carry in a file with so many (spec section 5.1). */
uint64_t hy_object_key_partition(const HyObjectKey *key, uint64_t partition_count);

HyStatus hy_directory_init(HyDirectory *directory, unsigned bits) HY_MUST_CHECK;
void hy_directory_free(HyDirectory *directory);
static inline size_t hy_directory_slot_count(const HyDirectory *directory)
{
    return (size_t)1 << directory->bits;
}
/* The fewest bits (at least 8) for a table that is at most half full with `count` objects. */
unsigned hy_directory_bits_for(size_t count);
size_t hy_directory_home(const HyDirectory *directory, HyPackedKey key);
/* The live slot of `key`, or NULL. */
HySlot *hy_directory_find(const HyDirectory *directory, HyPackedKey key);
/* Inserts or replaces. The table must have an empty slot. */
void hy_directory_put(HyDirectory *directory, HyPackedKey key, const HyObjectRef *ref);
void hy_directory_remove(HyDirectory *directory, HySlot *slot);
/* A new table of fitting size with the live objects of `from` and no tombstones, and room for
 * `extra` more. */
HyStatus hy_directory_copy(const HyDirectory *from, size_t extra, HyDirectory *out) HY_MUST_CHECK;

/* container_directory_file.c: its form in the file. */

typedef struct HyExtent {
    uint64_t offset;
    uint64_t length;
} HyExtent;

typedef struct HyExtentList {
    HyExtent *items; /* owned */
    size_t count;
} HyExtentList;

/* Where faults go: with a function, all are reported and the work goes on; without, the first one
 * becomes the error. */
typedef struct HyFaultSink {
    HyFaultFn report; /* or NULL */
    void *context;
} HyFaultSink;

/* "The Hyper database is physically corrupted: ... invalid `record` record." with a detail. */
HyStatus hy_sink_record(HyFaultSink *sink, const char *record, const char *detail_format, ...)
    HY_PRINTF(3, 4) HY_MUST_CHECK;
/* Reports `fault` (frees it, returns HY_OK) or returns it. */
HyStatus hy_sink_status(HyFaultSink *sink, HyStatus fault) HY_MUST_CHECK;
/* The same error as sink_record, for places without a sink. */
HyStatus hy_corrupt_record(const char *record, const char *detail_format, ...)
    HY_PRINTF(2, 3) HY_MUST_CHECK;

/* Parses the bytes of a directory and checks all that the server checks: sizes, slots, positions,
 * overlaps, free areas, guard. `used` gets the extents of header pages, directory and live objects
 * in ascending order. When damage goes to the sink and the table cannot be understood at all, *out
 * is left without slots. */
HyStatus hy_directory_parse(const uint8_t *bytes, size_t len, const HyContainerHeader *header,
    HyFaultSink *sink, HyDirectory *out, HyExtentList *used) HY_MUST_CHECK;

/* The extents in use in ascending order: header pages, `directory_ref` if its length is not 0, live
 * objects. Fails (XX000) if two overlap or one lies behind `file_size`. */
HyStatus hy_directory_extents(const HyDirectory *directory, const HyObjectRef *directory_ref,
    uint64_t file_size, HyExtentList *out) HY_MUST_CHECK;
/* The areas of the file that `used` leaves free. */
HyStatus hy_extents_complement(
    const HyExtentList *used, uint64_t file_size, HyExtentList *out) HY_MUST_CHECK;
void hy_extents_free(HyExtentList *list);

/* Bytes that directory_format needs at least. */
size_t hy_directory_format_size(const HyDirectory *directory, size_t free_count);
/* Writes table, free list (sorted by length), guard and zeros up to `len`. */
void hy_directory_format(
    const HyDirectory *directory, HyExtentList *free_areas, uint8_t *bytes, size_t len);

/* container_space.c: free space and pins. */

/* Free extents in two orders, small enough in practice that arrays beat trees: a file has few free
 * areas, because neighbours join. */
typedef struct HySpace {
    HyExtent *by_offset; /* ascending, not touching each other */
    HyExtent *by_size;   /* ascending by (length, offset) */
    size_t count;
    size_t capacity;
    uint64_t free_bytes;
    uint64_t file_size; /* as the file stands, multiple of 64 KiB or as found */
} HySpace;

HyStatus hy_space_init(HySpace *space, const HyExtentList *used, uint64_t file_size) HY_MUST_CHECK;
void hy_space_free(HySpace *space);
/* Best fit; false if no extent is large enough. May fail to find room on exhausted memory, too. */
bool hy_space_take(HySpace *space, uint64_t need, uint64_t *offset);
/* The size the file must have so that `need` bytes fit at its end. UINT64_MAX: none. */
uint64_t hy_space_grown_size(const HySpace *space, uint64_t need);
/* Adds an extent. On exhausted memory it is forgotten until the file is opened again. */
void hy_space_give(HySpace *space, uint64_t offset, uint64_t length);
/* Makes the bytes up to `file_size` available. */
HyStatus hy_space_grow(HySpace *space, uint64_t file_size) HY_MUST_CHECK;

/* Counted pins by offset: a hash table with linear probing. */
typedef struct HyPin {
    uint64_t offset; /* 0: empty */
    uint64_t length;
    uint32_t count;
    bool is_dead; /* to be given to the free space with the last unpin */
} HyPin;

typedef struct HyPins {
    HyPin *slots;
    size_t capacity; /* power of two, or 0 */
    size_t count;
} HyPins;

void hy_pins_free(HyPins *pins);
HyStatus hy_pins_add(HyPins *pins, uint64_t offset, uint64_t length) HY_MUST_CHECK;
/* Marks a pinned extent as dead; false if it is not pinned. */
bool hy_pins_bury(HyPins *pins, uint64_t offset);
/* Takes one pin away; true with *freed if the extent is to be freed now. */
bool hy_pins_drop(HyPins *pins, uint64_t offset, HyExtent *freed);

/* container.c and container_object.c. */

struct HyContainer {
    HyOsFile file;
    HyContainerMode mode;
    uint32_t build_number;
    uint32_t version;
    uint32_t checksum_start; /* of objects and directory */
    uint64_t partition_count;
    uint8_t uuid[16];
    atomic_bool is_relaxed;
    atomic_bool
        is_failed; /* a sync failed: what is on the disk is unknown, see hy_container_commit */

    pthread_mutex_t commit_lock; /* held during a commit; taken before `lock` */
    pthread_mutex_t lock;        /* guards all below */
    HyContainerHeader live;
    int live_page;
    HyDirectory directory; /* replaced by commits only, so a commit may read it without `lock` */
    HySpace space;
    HyPins pins;
};

/* Offsets in the root object (spec section 5.1). */
enum {
    HY_ROOT_AT_CONSTANTS = 8,
    HY_ROOT_AT_UUID = 16,
    HY_ROOT_AT_PARTITIONS = 32,
};

HyStatus hy_container_new(const HyContainerOptions *options, HyContainer **out) HY_MUST_CHECK;
/* Takes the lock that the mode needs. Errors: 55006. */
HyStatus hy_container_lock_file(HyContainer *container) HY_MUST_CHECK;
/* Whether the folder of `path` exists. */
bool hy_container_has_parent(const char *path);
/* The file holds the UUID in the reverse order of its text. */
void hy_container_reverse_uuid(uint8_t *out, const uint8_t *in);
/* Refuses what changes the file when it is open read-only or after a failed sync. */
HyStatus hy_container_check_writable(HyContainer *container) HY_MUST_CHECK;
/* Reserves space for an object of `length` bytes and grows the file if needed. */
HyStatus hy_container_allocate(
    HyContainer *container, uint64_t length, HyObjectRef *out) HY_MUST_CHECK;
/* Gives space back now or, if pinned, later. The caller holds `lock`. */
void hy_container_release(HyContainer *container, const HyObjectRef *ref);
/* Writes bytes and their checksum at `ref`. */
HyStatus hy_container_write_at(
    HyContainer *container, const HyObjectRef *ref, const void *bytes) HY_MUST_CHECK;
/* Syncs the file unless relaxed; a failure makes the container refuse further changes. */
HyStatus hy_container_sync(HyContainer *container) HY_MUST_CHECK;
/* Reads a header's directory from the file and checks its checksum: malloc'ed bytes. */
HyStatus hy_container_load_directory(HyContainer *container, const HyContainerHeader *header,
    HyFaultSink *sink, uint8_t **out) HY_MUST_CHECK;
/* Checks that a ref lies inside of the file, so that its length can be trusted for an allocation.
 */
HyStatus hy_container_check_ref(
    HyContainer *container, const HyObjectKey *key, const HyObjectRef *ref) HY_MUST_CHECK;

#endif
