/* The `.hyper` container: named objects in one file, committed by shadow paging
 * (spec/hyper-file-format.md, sections 1 to 5.1, 8 and 9). What the objects mean is the business of
 * the storage and catalog layers; here they are byte strings with a key.
 *
 * Life of an object: hy_container_write puts its bytes into free space and gives a HyObjectRef,
 * which nobody else sees and which vanishes at a crash. hy_container_commit binds refs to keys,
 * together with removals and renames, in one atomic and durable step. A ref that a commit replaces
 * or removes is free for reuse from then on; a reader of an older snapshot keeps its bytes alive by
 * hy_container_pin.
 *
 * Threads: all functions may be called from any thread at any time, except create/open/close of one
 * container and the use of one HyContainerCommit, which belong to one thread at a time. Commits run
 * one after the other; reads and writes of objects go on meanwhile.
 *
 * Errors: 58030, 58P01, 53100 (input/output), 53200 (memory), XX001, XXS01, 42809, 0AS01 (damaged,
 * foreign file; the genuine server's texts, with the object and its offset in the detail), 55006
 * (locked).
 */
#ifndef HY_IO_CONTAINER_H
#define HY_IO_CONTAINER_H

#include "base/memory.h"
#include "base/status.h"
#include "io/codec.h"
#include "io/os_file.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HY_CONTAINER_MAX_VERSION     4
#define HY_CONTAINER_DEFAULT_VERSION 2
#define HY_OBJECT_MAX_ATTRIBUTE      0xFFFFFF /* attribute numbers have 24 bits */
#define HY_OBJECT_PADDING            64       /* zero bytes behind every object in memory */

typedef struct HyContainer HyContainer;
typedef struct HyContainerCommit HyContainerCommit;

typedef enum HyObjectKind {
    HY_OBJECT_ROOT = 1, /* written by hy_container_create only */
    HY_OBJECT_CATALOG = 2,
    HY_OBJECT_ROWS = 3,
    HY_OBJECT_BLOCK = 4,
    HY_OBJECT_DELETES = 5,
    HY_OBJECT_SAMPLE = 6,
    HY_OBJECT_INDEX = 7,
} HyObjectKind;

/* Fields that a kind does not use are 0. The partition of old files (section 5.1) is added inside.
 */
typedef struct HyObjectKey {
    uint16_t kind;      /* HyObjectKind; other numbers found in files are kept as they are */
    uint32_t attribute; /* kind 4: 0 row count or plain block, 1..n columns */
    uint32_t relation;  /* index in the catalog's list */
    uint32_t block;     /* kind 4: block; kind 7: number of the index */
} HyObjectKey;

/* Where the bytes of an object lie. A plain value: may be copied and kept. */
typedef struct HyObjectRef {
    uint64_t offset;     /* in the file, multiple of 64 */
    uint64_t length;     /* in the file, without the checksum */
    uint64_t alloc;      /* reserved in the file, multiple of 64, at least length + 4 */
    uint8_t compression; /* HyStoredCompression */
} HyObjectRef;

typedef struct HyObjectEntry {
    HyObjectKey key;
    HyObjectRef ref;
} HyObjectEntry;

/* An object in memory, decompressed. `data` is aligned to 64 bytes and has HY_OBJECT_PADDING
 * readable zero bytes behind `size`. */
typedef struct HyObjectBytes {
    uint8_t *data;
    size_t size;
    HyMemory *memory; /* what the bytes were drawn from, or NULL */
} HyObjectBytes;

/* Names a committed state of a file with a given UUID: every commit makes another one. */
typedef struct HyContainerState {
    uint64_t sequence;
    uint32_t checksum; /* of the header page */
} HyContainerState;

typedef enum HyContainerMode {
    HY_CONTAINER_READ_WRITE, /* exclusive lock on the file */
    HY_CONTAINER_READ_ONLY,  /* shared lock; the file need not be writable */
} HyContainerMode;

typedef enum HyChecksumCheck {
    HY_CHECKSUM_VERIFY,
    HY_CHECKSUM_SKIP,
} HyChecksumCheck;

/* Zero-initialise for the defaults. */
typedef struct HyContainerOptions {
    HyContainerMode mode; /* hy_container_open only */
    bool is_relaxed; /* commits do not wait for the disk: a power failure may destroy the file */
    uint32_t build_number;       /* what commits of this process record as the writer's build */
    const HyOsFileOps *file_ops; /* system calls to use, for fault injection; NULL: the system's */
} HyContainerOptions;

/* A new database. Zero-initialise, then set what is needed. */
typedef struct HyContainerTemplate {
    uint32_t version;         /* 0 to HY_CONTAINER_MAX_VERSION */
    uint64_t partition_count; /* 0 means 1, what every new file has */
    const uint8_t *uuid;      /* 16 bytes in the order of the text form; NULL: a random one */
    const void *catalog;      /* the first catalog object; not empty */
    size_t catalog_len;
} HyContainerTemplate;

/* Life. */

/* Creates the file `path` (mode 0640, must not exist) with root and catalog, synced, and opens it
 * read-write. `options` may be NULL. On failure no file is left behind.
 * Errors: 42P04 exists, 58S01 no such directory, 42501 not allowed, 58P01 cannot be created, 0A000
 * version, 58030 ...
 */
HyStatus hy_container_create(const char *path, const HyContainerTemplate *tmpl,
    const HyContainerOptions *options, HyContainer **out) HY_MUST_CHECK;

/* Opens an existing file: locks it, picks the live header page, loads and checks the directory,
 * cuts off a tail that a crash left (read-write only). `options` may be NULL. Errors: 58S01 does
 * not exist or is a folder; 42501 not writable; 55006 locked by another process (detail: which,
 * when known); 42809 not a database; XX001, XXS01 damaged. */
HyStatus hy_container_open(
    const char *path, const HyContainerOptions *options, HyContainer **out) HY_MUST_CHECK;

/* Closes the file. Objects written and not committed vanish; no commit may be under way. NULL is
 * fine. */
void hy_container_close(HyContainer *container);

const char *hy_container_path(const HyContainer *container); /* as given to create/open */
bool hy_container_is_read_only(const HyContainer *container);
uint32_t hy_container_version(const HyContainer *container);
uint64_t hy_container_partition_count(const HyContainer *container);
/* 16 bytes in the order of the text form; valid while the container is open. */
const uint8_t *hy_container_uuid(const HyContainer *container);
uint32_t hy_container_creator_build(const HyContainer *container);
uint32_t hy_container_writer_build(HyContainer *container); /* of the live header page */
uint64_t hy_container_sequence(HyContainer *container);     /* grows by one with each commit */
uint64_t hy_container_file_size(HyContainer *container);
/* The live state. */
HyContainerState hy_container_state(HyContainer *container);
/* Bytes of the file that neither the live state nor pinned or uncommitted objects use. */
uint64_t hy_container_free_bytes(HyContainer *container);
void hy_container_set_relaxed(HyContainer *container, bool is_relaxed);

/* The committed objects. */

/* The object bound to `key` by the last commit; false if there is none. */
bool hy_container_find(HyContainer *container, const HyObjectKey *key, HyObjectRef *out);

/* All live objects, in no particular order: a malloc'ed array, to be freed by the caller. */
HyStatus hy_container_list(
    HyContainer *container, HyObjectEntry **out, size_t *count) HY_MUST_CHECK;

/* Text of a key for messages and listings, e.g. "block 2 attribute 5 of relation 3". */
#define HY_OBJECT_KEY_TEXT 96
const char *hy_object_key_text(const HyObjectKey *key, char text[HY_OBJECT_KEY_TEXT]);

/* Bytes. */

/* Reads and decompresses an object. `key` is for messages only and may be NULL. Memory comes from
 * `memory` (may be NULL); its size is checked against the file's before it is allocated. The caller
 * frees `out` (hy_object_bytes_free). The ref must be live, uncommitted by the caller, or pinned.
 */
HyStatus hy_container_read(HyContainer *container, const HyObjectKey *key, const HyObjectRef *ref,
    HyChecksumCheck check, HyMemory *memory, HyObjectBytes *out) HY_MUST_CHECK;
void hy_object_bytes_free(HyObjectBytes *bytes);

/* The size of the object once decompressed, from its first bytes (LZ4, zstd) or its length. */
HyStatus hy_container_content_size(HyContainer *container, const HyObjectKey *key,
    const HyObjectRef *ref, uint64_t *out) HY_MUST_CHECK;

/* Writes an object into free space, compressed if that makes it smaller, and grows the file if
 * needed. Meant to be called from many threads during a load. The caller owns the ref: it either
 * goes into a successful commit or is given back by hy_container_free_ref. Not synced before the
 * commit. */
HyStatus hy_container_write(HyContainer *container, const void *bytes, size_t len,
    HyCompression compression, HyMemory *memory, HyObjectRef *out) HY_MUST_CHECK;

/* Writes bytes that are already in stored form (`compression` says which), for copying objects. */
HyStatus hy_container_write_stored(HyContainer *container, const void *stored, size_t len,
    HyStoredCompression compression, HyObjectRef *out) HY_MUST_CHECK;

/* Gives back the space of an object that was written and never committed. */
void hy_container_free_ref(HyContainer *container, const HyObjectRef *ref);

/* While pinned, the space of `ref` is not reused, even if it is replaced, removed or freed. Pins
 * are counted. Errors of pin: 53200. */
HyStatus hy_container_pin(HyContainer *container, const HyObjectRef *ref) HY_MUST_CHECK;
void hy_container_unpin(HyContainer *container, const HyObjectRef *ref);

/* Commit. */

/* Collects changes; nothing happens to the container before hy_container_commit. The operations are
 * applied in the order in which they were given. */
HyStatus hy_container_begin(HyContainer *container, HyContainerCommit **out) HY_MUST_CHECK;

/* Binds a written ref to `key`, replacing what it had. */
HyStatus hy_commit_put(
    HyContainerCommit *commit, const HyObjectKey *key, const HyObjectRef *ref) HY_MUST_CHECK;
/* Removes an object; no error if there is none. */
HyStatus hy_commit_remove(HyContainerCommit *commit, const HyObjectKey *key) HY_MUST_CHECK;
/* Removes all objects of a relation (kinds 3 and above). */
HyStatus hy_commit_remove_relation(HyContainerCommit *commit, uint32_t relation) HY_MUST_CHECK;
/* Gives an object another key without touching its bytes (DROP COLUMN moves attribute to attribute
 * - 1), replacing what `to` had. The commit fails with XX000 if `from` does not exist by then. */
HyStatus hy_commit_move(
    HyContainerCommit *commit, const HyObjectKey *from, const HyObjectKey *to) HY_MUST_CHECK;

/* `witness` is told the state that the commit is about to make: everything but the header page is
 * on the disk, and the page is written next. If it fails, so does the commit. */
typedef HyStatus (*HyCommitWitnessFn)(void *context, const HyContainerState *next);
void hy_commit_set_witness(HyContainerCommit *commit, HyCommitWitnessFn witness, void *context);

/* Makes the changes visible and durable, and frees `commit`. Without changes nothing is written.
 * On failure the container keeps its old state, on disk as well, and the refs still belong to the
 * caller, who may retry or free them. After a failed sync the disk's state is in doubt: the
 * container then refuses further writes and commits (58030) until it is opened again, which finds
 * the old or the new state, whole. */
HyStatus hy_container_commit(HyContainerCommit *commit) HY_MUST_CHECK;

/* Frees `commit` without doing anything; its refs still belong to the caller. NULL is fine. */
void hy_commit_abandon(HyContainerCommit *commit);

/* Verification. */

/* Called once for each fault, with a sentence that names the object and its offset. */
typedef void (*HyFaultFn)(void *context, const char *text);

/* Checks both header pages, the directory (positions, hash, overlaps, free areas), and the checksum
 * and decompression of every object in the committed state. The content of blocks is checked by the
 * storage layer. Errors are those that stop the verification itself (memory, cancelled reads), not
 * faults. */
HyStatus hy_container_verify(
    HyContainer *container, HyMemory *memory, HyFaultFn report, void *context) HY_MUST_CHECK;

/* The same for a file by path; one that cannot be opened because it is damaged counts as a fault.
 */
HyStatus hy_container_verify_file(
    const char *path, HyMemory *memory, HyFaultFn report, void *context) HY_MUST_CHECK;

#endif
