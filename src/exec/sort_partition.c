#include "exec/sort_partition.h"
#include <stdlib.h>

#define MAX_BUCKETS  256
#define BUCKET_ROWS  8192 /* at least; 24 bytes each */
#define OVERSAMPLE   16
#define CHUNK_ROWS   65536
#define PREFIX_TRIES 512
#define IN_STEP      8

/* Entries that one task looks at: part of an input. */
typedef struct Chunk {
    HySortInput *input;
    size_t first, n;
    size_t at;                  /* of its first entry among all */
    size_t counts[MAX_BUCKETS]; /* then: where the next entry of a bucket goes */
    size_t prefix;              /* what its keys share with the reference */
} Chunk;

typedef struct Job {
    HyExec *exec;
    const HySortSpec *spec;
    Chunk *chunks;
    size_t n_chunks;
    size_t total;
    HySortEntry *splitters;
    uint64_t *heads;      /* of the splitters, then the highest number up to search_size */
    uint32_t search_size; /* a power of two above the number of splitters */
    size_t n_buckets;
    uint8_t *buckets; /* of all entries */
    size_t starts[MAX_BUCKETS + 1];
    uint64_t first, end;
    HySortEntry *out;
    const char *reference; /* a key, when they are not fixed */
    size_t prefix;         /* bytes that all share with it, as far as is known */
} Job;

/* The first 64 bits of a key. */
static inline uint64_t head_of(const HySortSpec *spec, const HySortEntry *e)
{
    if (!spec->is_fixed || spec->bits == 128)
        return e->high;
    if (spec->bits <= 64)
        return e->low;
    return e->high << (128 - spec->bits) | e->low >> (spec->bits - 64);
}

/* ---- Heads behind the common prefix ---- */

static const char *key_of(const HySortEntry *e, uint32_t *len)
{
    const char *key;
    memcpy(&key, &e->low, sizeof key);
    memcpy(len, key, sizeof *len);
    return key + sizeof *len;
}

static size_t shared_prefix(const char *a, size_t len_a, const HySortEntry *e, size_t most)
{
    uint32_t len;
    const char *key = key_of(e, &len);
    size_t n = len < len_a ? len : len_a, i = 0;
    n = n < most ? n : most;
    while (i < n && a[i] == key[i])
        i++;
    return i;
}

/* Gives the entries of a chunk the eight bytes behind the prefix as heads. */
static HyStatus set_heads(void *ctx, size_t at)
{
    Job *job = ctx;
    Chunk *chunk = &job->chunks[at];
    HySortEntry *e = chunk->input->entries + chunk->first;
    chunk->prefix = job->prefix;
    HY_TRY(hy_cancel_check(job->exec->ctx->cancel));
    for (size_t i = 0; i < chunk->n; i++) {
        size_t shared = shared_prefix(job->reference, job->prefix, &e[i], job->prefix);
        chunk->prefix = shared < chunk->prefix ? shared : chunk->prefix;
        uint32_t len;
        const char *key = key_of(&e[i], &len);
        uint64_t head = 0;
        for (size_t k = job->prefix; k < job->prefix + 8; k++)
            head = head << 8 | (k < len ? (uint8_t)key[k] : 0);
        e[i].high = head;
    }
    return HY_OK;
}

static HyStatus renew_heads(Job *job)
{
    uint32_t len;
    job->reference = key_of(&job->chunks[0].input->entries[job->chunks[0].first], &len);
    job->prefix = len;
    for (size_t i = 0; i < PREFIX_TRIES; i++) {
        const Chunk *chunk = &job->chunks[i % job->n_chunks];
        const HySortEntry *e = &chunk->input->entries[chunk->first + chunk->n * i / PREFIX_TRIES];
        job->prefix = shared_prefix(job->reference, job->prefix, e, job->prefix);
    }
    for (;;) {
        HY_TRY(hy_exec_parallel(job->exec, job->n_chunks, set_heads, job));
        size_t least = job->prefix;
        for (size_t i = 0; i < job->n_chunks; i++)
            least = job->chunks[i].prefix < least ? job->chunks[i].prefix : least;
        if (least == job->prefix)
            return HY_OK;
        job->prefix = least;
    }
}

/* ---- Buckets ---- */

static HyStatus choose_splitters(Job *job)
{
    size_t n = job->n_buckets * OVERSAMPLE;
    HySortEntry *sample = calloc(2 * n, sizeof *sample);
    if (!sample)
        return hy_error_oom(2 * n * sizeof *sample);
    size_t chunk = 0;
    for (size_t i = 0; i < n; i++) {
        size_t at = job->total / n * i;
        while (at >= job->chunks[chunk].at + job->chunks[chunk].n)
            chunk++;
        const Chunk *c = &job->chunks[chunk];
        sample[i] = c->input->entries[c->first + (at - c->at)];
    }
    HyStatus st = hy_sort_entries(job->spec, sample, sample + n, n, NULL);
    size_t n_splitters = 0;
    for (size_t b = 1; b < job->n_buckets && !st; b++) {
        const HySortEntry *e = &sample[b * OVERSAMPLE];
        if (n_splitters > 0 && hy_sort_compare(job->spec, &job->splitters[n_splitters - 1], e) == 0)
            continue; /* a frequent key */
        job->heads[n_splitters] = head_of(job->spec, e);
        job->splitters[n_splitters++] = *e;
    }
    job->n_buckets = n_splitters + 1;
    for (job->search_size = 1; job->search_size <= n_splitters;)
        job->search_size *= 2;
    for (size_t b = n_splitters; b < job->search_size; b++)
        job->heads[b] = UINT64_MAX;
    free(sample);
    return st;
}

/* How many splitters are not greater than the entry, when `low` of them have a smaller head. */
static size_t pass_equal_heads(const Job *job, const HySortEntry *e, size_t low)
{
    size_t n = job->n_buckets - 1;
    uint64_t head = head_of(job->spec, e);
    while (low < n && job->heads[low] == head &&
           hy_sort_compare(job->spec, &job->splitters[low], e) <= 0)
        low++;
    return low;
}

/* Searches for a few entries in step, without branches: what one waits for, the others use. As in
 * Sanders & Winkel, Super Scalar Sample Sort (ESA 2004), but on the sorted array. */
static void count_smaller_heads(const Job *job, const HySortEntry *e, uint32_t *restrict smaller)
{
    const uint64_t *heads = job->heads;
    uint64_t head[IN_STEP];
    uint32_t low[IN_STEP] = {0};
    for (size_t k = 0; k < IN_STEP; k++)
        head[k] = head_of(job->spec, &e[k]);
    for (uint32_t half = job->search_size / 2; half > 0; half /= 2)
        for (size_t k = 0; k < IN_STEP; k++)
            low[k] += heads[low[k] + half - 1] < head[k] ? half : 0;
    memcpy(smaller, low, sizeof low);
}

static HyStatus classify(void *ctx, size_t at)
{
    Job *job = ctx;
    Chunk *chunk = &job->chunks[at];
    const HySortEntry *e = chunk->input->entries + chunk->first;
    uint8_t *buckets = job->buckets + chunk->at;
    HY_TRY(hy_cancel_check(job->exec->ctx->cancel));
    for (size_t i = 0; i < chunk->n; i += IN_STEP) {
        HySortEntry last[IN_STEP] = {0};
        uint32_t smaller[IN_STEP];
        size_t n = chunk->n - i < IN_STEP ? chunk->n - i : IN_STEP;
        if (n < IN_STEP)
            memcpy(last, e + i, n * sizeof *e);
        count_smaller_heads(job, n < IN_STEP ? last : e + i, smaller);
        for (size_t k = 0; k < n; k++) {
            size_t bucket = pass_equal_heads(job, &e[i + k], smaller[k]);
            buckets[i + k] = (uint8_t)bucket;
            chunk->counts[bucket]++;
        }
    }
    return HY_OK;
}

static void place_buckets(Job *job)
{
    size_t at = 0;
    for (size_t b = 0; b < job->n_buckets; b++) {
        job->starts[b] = at;
        for (size_t c = 0; c < job->n_chunks; c++) {
            size_t n = job->chunks[c].counts[b];
            job->chunks[c].counts[b] = at;
            at += n;
        }
    }
    job->starts[job->n_buckets] = at;
}

static HyStatus scatter(void *ctx, size_t at)
{
    Job *job = ctx;
    Chunk *chunk = &job->chunks[at];
    const HySortEntry *e = chunk->input->entries + chunk->first;
    const uint8_t *buckets = job->buckets + chunk->at;
    HY_TRY(hy_cancel_check(job->exec->ctx->cancel));
    for (size_t i = 0; i < chunk->n; i++) {
        HySortEntry *to = &job->out[chunk->counts[buckets[i]]++];
        *to = e[i];
        to->ref += chunk->input->add;
    }
    return HY_OK;
}

static HyStatus sort_bucket(void *ctx, size_t bucket)
{
    Job *job = ctx;
    size_t start = job->starts[bucket], end = job->starts[bucket + 1];
    HyMemory *memory = job->exec->ctx->memory;
    if (end - start < 2 || end <= job->first || start >= job->end)
        return HY_OK;
    void *scratch;
    size_t bytes = (end - start) * sizeof(HySortEntry);
    HY_TRY(hy_cancel_check(job->exec->ctx->cancel));
    HY_TRY(hy_memory_alloc(memory, bytes, &scratch));
    HyStatus st =
        hy_sort_entries(job->spec, job->out + start, scratch, end - start, job->exec->ctx->cancel);
    hy_memory_free(memory, scratch, bytes);
    return st;
}

/* ---- All ---- */

static size_t count_chunks(const HySortInput *inputs, size_t n_inputs)
{
    size_t n = 0;
    for (size_t i = 0; i < n_inputs; i++)
        n += (inputs[i].n + CHUNK_ROWS - 1) / CHUNK_ROWS;
    return n;
}

static void cut_inputs(Job *job, HySortInput *inputs, size_t n_inputs)
{
    Chunk *chunk = job->chunks;
    for (size_t i = 0; i < n_inputs; i++)
        for (size_t first = 0; first < inputs[i].n; first += CHUNK_ROWS) {
            size_t left = inputs[i].n - first;
            chunk->input = &inputs[i];
            chunk->first = first;
            chunk->n = left < CHUNK_ROWS ? left : CHUNK_ROWS;
            chunk->at = job->total;
            job->total += chunk->n;
            chunk++;
        }
}

static HyStatus run(Job *job)
{
    if (!job->spec->is_fixed)
        HY_TRY(renew_heads(job));
    HY_TRY(choose_splitters(job));
    HY_TRY(hy_exec_parallel(job->exec, job->n_chunks, classify, job));
    place_buckets(job);
    HY_TRY(hy_exec_parallel(job->exec, job->n_chunks, scatter, job));
    return hy_exec_parallel(job->exec, job->n_buckets, sort_bucket, job);
}

HyStatus hy_sort_partition(HyExec *exec, const HySortSpec *spec, HySortInput *inputs,
    size_t n_inputs, uint64_t first, uint64_t end, HySortEntry *out)
{
    Job job = {.exec = exec, .spec = spec, .first = first, .end = end, .out = out};
    HyStatus st = HY_OK;
    void *buckets = NULL;
    job.n_chunks = count_chunks(inputs, n_inputs);
    if (job.n_chunks == 0)
        return HY_OK;
    job.chunks = calloc(job.n_chunks, sizeof *job.chunks);
    job.splitters = calloc(MAX_BUCKETS, sizeof *job.splitters);
    job.heads = calloc(MAX_BUCKETS, sizeof *job.heads);
    if (!job.chunks || !job.splitters || !job.heads) {
        st = hy_error_oom(job.n_chunks * sizeof *job.chunks);
        goto done;
    }
    cut_inputs(&job, inputs, n_inputs);
    job.n_buckets = job.total / BUCKET_ROWS + 1;
    job.n_buckets = job.n_buckets < MAX_BUCKETS ? job.n_buckets : MAX_BUCKETS;
    HY_GO(hy_memory_alloc(exec->ctx->memory, job.total, &buckets));
    job.buckets = buckets;
    HY_GO(run(&job));
done:
    hy_memory_free(exec->ctx->memory, buckets, buckets ? job.total : 0);
    free(job.chunks);
    free(job.splitters);
    free(job.heads);
    return st;
}
