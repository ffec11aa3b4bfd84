/* Where the blocks of a database live: its container, the cache for chunks read from it, and how
 * blocks are written. Reference counted: every block holds it, so that a version still being read
 * keeps the file open behind a database that was closed. A database in memory has a store without
 * container. */
#ifndef HY_STORAGE_BLOCK_STORE_H
#define HY_STORAGE_BLOCK_STORE_H

#include "io/container.h"
#include "storage/chunk.h"
#include "storage/chunk_cache.h"

typedef struct HyBlockStore HyBlockStore;

typedef struct HyBlockStoreOptions {
    uint16_t version;               /* of the database: which encodings may be written */
    HyCompression compression;      /* of blocks written at commit */
    HyCompression load_compression; /* of full blocks written during a load */
    HyChunkEffort effort;
    HyMemory *memory; /* budget of tails and of blocks in memory; must outlive the store; or NULL */
} HyBlockStoreOptions;

/* Takes over `container` (may be NULL), which is closed when the last reference goes. `cache` must
 * outlive the store; it may be NULL without a container. On failure the container still is the
 * caller's. */
HyStatus hy_block_store_create(HyContainer *container, HyChunkCache *cache,
    const HyBlockStoreOptions *options, HyBlockStore **out) HY_MUST_CHECK;
HyBlockStore *hy_block_store_ref(HyBlockStore *store);
void hy_block_store_unref(HyBlockStore *store); /* NULL is fine */

HyContainer *hy_block_store_container(const HyBlockStore *store); /* NULL: in memory */
HyChunkCache *hy_block_store_cache(const HyBlockStore *store);
const HyBlockStoreOptions *hy_block_store_options(const HyBlockStore *store);

#endif
