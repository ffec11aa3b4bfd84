/* Hash table of distinct numbers and their order, for one width. Included with
 *     T     the unsigned type of a difference
 *     NAME  suffix of the functions
 *     HASH(v)  a 64-bit hash of a T
 * and undefines all three; without T it is empty. */

#ifdef T
#define JOIN2(a, b) a##_##b
#define JOIN(a, b)  JOIN2(a, b)
#define FN(name)    JOIN(name, NAME)

typedef struct FN(Item) {
    T key;
    uint32_t row;
} FN(Item);

/* Open addressing, at most half full; a slot holds the first row of a value + 1. Most rows cost one
 * look into the slots and, when the value is known, one at its first row. */
static HyStatus FN(count)(HyDistinct *d)
{
    const T *deltas = d->deltas;
    uint32_t *first_rows;
    uint32_t *slots = NULL;
    unsigned shift = 64 - FIRST_TABLE_BITS;
    HY_SCRATCH(d->scratch, first_rows, d->n);
    HY_TRY(new_slots(d->scratch, shift, &slots));
    size_t last = ((size_t)1 << (64 - shift)) - 1;
    uint32_t count = 0;
    for (uint32_t i = 0; i < d->n; i++) {
        T v = deltas[i];
        size_t h = (size_t)(HASH(v) >> shift);
        uint32_t slot;
        while ((slot = slots[h]) && deltas[slot - 1] != v)
            h = (h + 1) & last;
        if (slot) {
            first_rows[i] = slot - 1;
            continue;
        }
        slots[h] = i + 1;
        first_rows[i] = i;
        if (2 * (size_t)++count <= last + 1)
            continue;
        shift = grown_shift(shift, count, i, d->n);
        HY_TRY(new_slots(d->scratch, shift, &slots));
        last = ((size_t)1 << (64 - shift)) - 1;
        for (uint32_t row = 0; row <= i; row++) {
            if (first_rows[row] != row)
                continue;
            for (h = (size_t)(HASH(deltas[row]) >> shift); slots[h];)
                h = (h + 1) & last;
            slots[h] = row + 1;
        }
    }
    d->count = count;
    d->first_rows = first_rows;
    return HY_OK;
}

/* By bytes from the lowest, leaving out those that are equal in all; returns where the result lies.
 */
static FN(Item) * FN(radix_sort)(FN(Item) * items, FN(Item) * spare, uint32_t n)
{
    T varying = 0;
    for (uint32_t i = 1; i < n; i++)
        varying |= items[i].key ^ items[0].key;
    for (unsigned byte = 0; byte < sizeof(T); byte++) {
        if ((uint8_t)(varying >> (8 * byte)) == 0)
            continue;
        uint32_t places[256] = {0};
        for (uint32_t i = 0; i < n; i++)
            places[(uint8_t)(items[i].key >> (8 * byte))]++;
        for (uint32_t b = 0, sum = 0; b < 256; b++) {
            uint32_t here = places[b];
            places[b] = sum;
            sum += here;
        }
        for (uint32_t i = 0; i < n; i++)
            spare[places[(uint8_t)(items[i].key >> (8 * byte))]++] = items[i];
        FN(Item) *swap = items;
        items = spare;
        spare = swap;
    }
    return items;
}

static HyStatus FN(codes)(HyDistinct *d, void **sorted, uint32_t *codes)
{
    const T *deltas = d->deltas;
    FN(Item) * items;
    FN(Item) * spare;
    T *out;
    HY_SCRATCH(d->scratch, items, d->count);
    HY_SCRATCH(d->scratch, spare, d->count);
    HY_SCRATCH(d->scratch, out, d->count);
    for (uint32_t row = 0, k = 0; k < d->count; row++)
        if (d->first_rows[row] == row)
            items[k++] = (FN(Item)){deltas[row], row};
    items = FN(radix_sort)(items, spare, d->count);
    for (uint32_t k = 0; k < d->count; k++) {
        out[k] = items[k].key;
        codes[items[k].row] = k;
    }
    /* a first row comes before the others of its value and has its code already */
    for (uint32_t i = 0; i < d->n; i++)
        codes[i] = codes[d->first_rows[i]];
    *sorted = out;
    return HY_OK;
}

#undef JOIN2
#undef JOIN
#undef FN
#undef T
#undef NAME
#undef HASH
#endif
