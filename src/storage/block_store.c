#include "storage/block_store.h"
#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

struct HyBlockStore {
    atomic_uint n_refs;
    HyContainer *container; /* owned; NULL: in memory */
    HyChunkCache *cache;
    HyBlockStoreOptions options;
};

HyStatus hy_block_store_create(HyContainer *container, HyChunkCache *cache,
    const HyBlockStoreOptions *options, HyBlockStore **out)
{
    assert(cache || !container);
    HyBlockStore *store = calloc(1, sizeof *store);
    if (!store)
        return hy_error_oom(sizeof *store);
    atomic_init(&store->n_refs, 1);
    store->container = container;
    store->cache = cache;
    store->options = *options;
    *out = store;
    return HY_OK;
}

HyBlockStore *hy_block_store_ref(HyBlockStore *store)
{
    atomic_fetch_add_explicit(&store->n_refs, 1, memory_order_relaxed);
    return store;
}

void hy_block_store_unref(HyBlockStore *store)
{
    if (!store || atomic_fetch_sub_explicit(&store->n_refs, 1, memory_order_acq_rel) != 1)
        return;
    hy_container_close(store->container);
    free(store);
}

HyContainer *hy_block_store_container(const HyBlockStore *store)
{
    return store->container;
}

HyChunkCache *hy_block_store_cache(const HyBlockStore *store)
{
    return store->cache;
}

const HyBlockStoreOptions *hy_block_store_options(const HyBlockStore *store)
{
    return &store->options;
}
