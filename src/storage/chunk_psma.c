/* The positional index: for each slot the range of rows that can hold its values
 * (spec/hyper-file-blocks.md, section 6; Lang et al., Data Blocks, SIGMOD 2016). */
#include "storage/chunk_internal.h"

size_t hy_chunk_psma_slot(const HyChunk *chunk, const void *payload)
{
    if (chunk->physical == HY_PHYS_STRING)
        return hy_psma_text_slot(payload);
    HyUint128 delta =
        hy_fixed_key(chunk->physical, payload) - hy_fixed_key(chunk->physical, chunk->min.bytes);
    uint64_t low = (uint64_t)delta;
    if (chunk->width < 8)
        low &= (UINT64_C(1) << (8 * chunk->width)) - 1;
    return hy_psma_slot(low);
}

static inline void touch(uint32_t *pairs, size_t slot, size_t row)
{
    uint32_t *pair = pairs + 2 * slot;
    if (!pair[1])
        pair[0] = (uint32_t)row;
    pair[1] = (uint32_t)row + 1;
}

static inline size_t small_slot(uint32_t delta)
{
    return delta < 256 ? delta : hy_psma_slot(delta);
}

void hy_psma_build(uint32_t *pairs, const void *deltas, unsigned delta_bits, const uint8_t *mask,
    size_t n, size_t null_slot)
{
    if (delta_bits == 32) {
        const uint32_t *d = deltas;
        if (mask)
            for (size_t i = 0; i < n; i++)
                touch(pairs, mask[i] ? small_slot(d[i]) : null_slot, i);
        else
            for (size_t i = 0; i < n; i++)
                touch(pairs, small_slot(d[i]), i);
        return;
    }
    const uint64_t *d = deltas;
    size_t step = delta_bits / 64;
    for (size_t i = 0; i < n; i++)
        touch(pairs, !mask || mask[i] ? hy_psma_slot(d[i * step]) : null_slot, i);
}

void hy_psma_build_text(uint32_t *pairs, const HyString *texts, const uint8_t *mask, size_t n,
    size_t null_slot, bool is_collated)
{
    for (size_t i = 0; i < n; i++) {
        size_t slot = is_collated ? 0 : hy_psma_text_slot(&texts[i]);
        touch(pairs, !mask || mask[i] ? slot : null_slot, i);
    }
}
