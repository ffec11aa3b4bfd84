/* approx_count_distinct: the hashes themselves while they are few, which is exact; HyperLogLog
 * beyond (Flajolet et al. 2007, with the estimator of Ertl 2017, which needs no tables of bias). */
#include "func/aggregate.h"
#include "func/families.h"

#include <math.h>

#define PRECISION   14 /* a standard error of 0.8 % */
#define REGISTERS   (1u << PRECISION)
#define MAX_HASHES  1024u /* of which at most half are used: 8 KiB at most before the registers */
#define TAIL_LENGTH (64 - PRECISION)

typedef struct Sketch {
    uint64_t *hashes; /* open addressing by the low bits; 0: free */
    uint8_t *registers;
    uint32_t n_hashes;
    uint32_t capacity; /* of hashes, a power of two */
    uint64_t has_zero; /* the hash 0 was seen */
} Sketch;

static void add_register(uint8_t *registers, uint64_t hash)
{
    uint64_t tail = hash << PRECISION | (uint64_t)1 << (PRECISION - 1);
    uint8_t rank = (uint8_t)(__builtin_clzll(tail) + 1);
    uint64_t index = hash >> TAIL_LENGTH;
    if (rank > registers[index])
        registers[index] = rank;
}

static HyStatus to_registers(Sketch *s, HyArena *heap)
{
    uint8_t *registers = hy_arena_zalloc(heap, REGISTERS);
    if (!registers)
        return hy_error_oom(REGISTERS);
    for (uint32_t i = 0; i < s->capacity; i++)
        if (s->hashes[i])
            add_register(registers, s->hashes[i]);
    if (s->has_zero)
        add_register(registers, 0);
    s->registers = registers;
    return HY_OK;
}

/* Puts a hash into a table that has room; false: it is there. */
static bool insert_hash(uint64_t *hashes, uint32_t capacity, uint64_t hash)
{
    uint32_t at = (uint32_t)hash & (capacity - 1);
    while (hashes[at] && hashes[at] != hash)
        at = (at + 1) & (capacity - 1);
    bool is_new = !hashes[at];
    hashes[at] = hash;
    return is_new;
}

static HyStatus grow(Sketch *s, HyArena *heap)
{
    uint32_t capacity = s->capacity ? s->capacity * 2 : 16;
    if (capacity > MAX_HASHES)
        return to_registers(s, heap);
    uint64_t *hashes = hy_arena_zalloc(heap, capacity * sizeof *hashes);
    if (!hashes)
        return hy_error_oom(capacity * sizeof *hashes);
    for (uint32_t i = 0; i < s->capacity; i++)
        if (s->hashes[i])
            (void)insert_hash(hashes, capacity, s->hashes[i]);
    s->hashes = hashes;
    s->capacity = capacity;
    return HY_OK;
}

static HyStatus add_hash(Sketch *s, uint64_t hash, HyArena *heap)
{
    if (!s->registers && s->n_hashes * 2 >= s->capacity)
        HY_TRY(grow(s, heap));
    if (s->registers)
        add_register(s->registers, hash);
    else if (hash == 0)
        s->has_zero = 1;
    else
        s->n_hashes += insert_hash(s->hashes, s->capacity, hash);
    return HY_OK;
}

static HyStatus sketch_update(HY_UPDATE_ARGS)
{
    uint64_t *hashes = NULL;
    HY_ARENA_NEW(env->arena, hashes, n);
    HY_TRY(hy_vector_hash(&args[0], n, true, hashes));
    for (size_t i = 0; i < n; i++) {
        Sketch *s = &((Sketch *)states)[groups ? groups[i] : 0];
        if (HY_LIKELY(!hy_vector_is_null(&args[0], i)))
            HY_TRY(add_hash(s, hashes[i], heap));
    }
    return HY_OK;
}

static HyStatus sketch_combine(HY_COMBINE_ARGS)
{
    Sketch *into = into_;
    const Sketch *from = from_;
    if (from->registers) {
        if (!into->registers)
            HY_TRY(to_registers(into, heap));
        for (uint32_t i = 0; i < REGISTERS; i++)
            if (from->registers[i] > into->registers[i])
                into->registers[i] = from->registers[i];
        return HY_OK;
    }
    for (uint32_t i = 0; i < from->capacity; i++)
        if (from->hashes[i])
            HY_TRY(add_hash(into, from->hashes[i], heap));
    return from->has_zero ? add_hash(into, 0, heap) : HY_OK;
}

/* Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", 2017: sigma and tau. */
static double sigma(double x)
{
    double sum = x;
    double y = 1;
    for (double before = -1; sum != before && x < 1;) {
        x *= x;
        before = sum;
        sum += x * y;
        y += y;
    }
    return x < 1 ? sum : (double)INFINITY;
}

static double tau(double x)
{
    if (x == 0 || x == 1)
        return 0;
    double sum = 1 - x;
    double y = 1;
    for (double before = -1; sum != before;) {
        x = sqrt(x);
        before = sum;
        y *= 0.5;
        sum -= (1 - x) * (1 - x) * y;
    }
    return sum / 3;
}

static int64_t estimate(const uint8_t *registers)
{
    uint32_t counts[TAIL_LENGTH + 2] = {0};
    const double m = REGISTERS;
    for (uint32_t i = 0; i < REGISTERS; i++)
        counts[registers[i]]++;
    double z = m * tau(1 - counts[TAIL_LENGTH + 1] / m);
    for (int k = TAIL_LENGTH; k >= 1; k--)
        z = 0.5 * (z + counts[k]);
    z += m * sigma(counts[0] / m);
    return (int64_t)llround(m * m / (2 * log(2) * z));
}

static HyStatus sketch_finalize(HY_FINALIZE_ARGS)
{
    (void)env;
    const Sketch *s = states;
    for (size_t i = 0; i < n; i++)
        ((int64_t *)out->data)[i] =
            s[i].registers ? estimate(s[i].registers) : s[i].n_hashes + (int64_t)s[i].has_zero;
    return HY_OK;
}

static const HyAggregate sketch_aggregate = {.state_size = sizeof(Sketch),
    .update = sketch_update,
    .combine = sketch_combine,
    .finalize = sketch_finalize};

static HyStatus resolve_sketch(HyFuncCall *call)
{
    if (call->is_distinct)
        return hy_error("42601", "DISTINCT not supported within APPROX_COUNT_DISTINCT");
    hy_call_default_unknown(call);
    hy_call_set_aggregate(call, hy_type(HY_TYPE_INT8), &sketch_aggregate);
    call->result.nullable = false;
    return HY_OK;
}

static const HyFunc functions[] = {
    {"approx_count_distinct", HY_FUNC_AGGREGATE, HY_IMMUTABLE, 1, 1, resolve_sketch, NULL,
        "approx_count_distinct(any) -> bigint",
        "How many different values there are, exact up to some hundred, else within a few "
        "percent."},
};
HY_DEFINE_FAMILY(aggregate_sketch, functions);
