/* How fast chunks are written, opened, read and filtered, by encoding. Not part of the tests.
 *
 *     cc -O2 -D_GNU_SOURCE -Isrc bench/micro/chunk_bench.c -Wl,--start-group build/src/libhy_*.a \
 *         -Wl,--end-group -llz4 -lzstd -lutf8proc -lpcre2-8 -lpthread -lm -ldl -o build/chunk_bench
 *
 * MB/s are of values in memory: rows times the width of the type. */
#include "storage/chunk.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define N_ROWS HY_BLOCK_ROWS

typedef struct Case {
    const char *name;
    HyTypeId type;
    uint64_t span; /* values are below */
    uint64_t step; /* and multiples of it */
    unsigned null_percent;
    bool ascending;
} Case;

static const Case cases[] = {
    {"bool", HY_TYPE_BOOL, 2, 1, 0, false},
    {"int4, 12 values", HY_TYPE_INT4, 12, 1, 0, false},
    {"int4, 200 values", HY_TYPE_INT4, 200, 1, 0, false},
    {"int4, 200 far values, nulls", HY_TYPE_INT4, 200, 1000003, 10, false},
    {"int4, 2500 near", HY_TYPE_INT4, 2500, 1, 0, false},
    {"int4, 2500 near, nulls", HY_TYPE_INT4, 2500, 1, 10, false},
    {"int4, any", HY_TYPE_INT4, UINT32_MAX / 2, 1, 0, false},
    {"int8, keys ascending", HY_TYPE_INT8, 600000, 1, 0, true},
    {"int8, keys random", HY_TYPE_INT8, 600000, 1, 0, false},
    {"int8, any", HY_TYPE_INT8, UINT64_MAX, 1, 0, false},
    {"timestamp, seconds", HY_TYPE_TIMESTAMP, 3000000, 1000000, 0, false},
    {"float8, prices", HY_TYPE_FLOAT8, 900000, 1, 0, false},
    {"float8, 100 values", HY_TYPE_FLOAT8, 100, 1, 5, false},
    {"text, 7 values", HY_TYPE_TEXT, 7, 1, 0, false},
    {"text, 900 values", HY_TYPE_TEXT, 900, 1, 5, false},
    {"text, 30000 values", HY_TYPE_TEXT, 30000, 1, 0, false},
    {"text, all different", HY_TYPE_TEXT, UINT64_MAX, 1, 0, false},
};

static uint64_t next_random(uint64_t *state)
{
    uint64_t x = (*state += UINT64_C(0x9E3779B97F4A7C15));
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void check(HyStatus st)
{
    if (!st)
        return;
    fprintf(stderr, "%s %s\n", st->sqlstate, st->message);
    exit(1);
}

static void fill(const Case *c, uint8_t *data, uint64_t *validity, char *text)
{
    uint64_t state = 42;
    size_t width = hy_physical_size(hy_type_physical(hy_type(c->type)));
    for (size_t i = 0; i < N_ROWS; i++) {
        uint64_t v = c->ascending ? i * c->span / N_ROWS : next_random(&state) % c->span;
        hy_bitmap_put(validity, i, next_random(&state) % 100 >= c->null_percent);
        if (c->type == HY_TYPE_TEXT) {
            uint64_t own = v;
            int n = snprintf(
                text, 64, "%" PRIx64 " text number %" PRIu64, next_random(&own) & 0xFFFF, v);
            HyString s = hy_string_view(text, (size_t)n);
            memcpy(data + 16 * i, &s, 16);
            text += n;
        } else if (c->type == HY_TYPE_FLOAT8) {
            double d = (double)v / 100.0;
            memcpy(data + 8 * i, &d, 8);
        } else {
            v *= c->step;
            memcpy(data + width * i, &v, width);
        }
    }
}

static double read_all(const HyChunk *chunk)
{
    double start = now();
    int rounds = 0;
    for (; now() - start < 0.05; rounds++) {
        HyArena *arena = hy_arena_create();
        for (uint32_t at = 0; at < N_ROWS; at += HY_VECTOR_SIZE) {
            HyVector v;
            check(hy_chunk_read(chunk, at, HY_VECTOR_SIZE, arena, &v));
            if (at % 16384 == 0) {
                hy_arena_destroy(arena);
                arena = hy_arena_create();
            }
        }
        hy_arena_destroy(arena);
    }
    return (now() - start) / rounds;
}

static double filter_all(const HyChunk *chunk, HyCompareOp op, const HyValue *value)
{
    uint32_t sel[HY_VECTOR_SIZE];
    HyChunkTest test = {HY_CHUNK_COMPARE, op, value, 1};
    double start = now();
    int rounds = 0;
    for (; now() - start < 0.05; rounds++)
        for (uint32_t at = 0; at < N_ROWS; at += HY_VECTOR_SIZE) {
            uint32_t n = HY_VECTOR_SIZE;
            check(hy_chunk_filter(chunk, &test, at, true, sel, &n));
        }
    return (now() - start) / rounds;
}

static void run(const Case *c, uint8_t *data, uint64_t *validity, char *text)
{
    HyType type = hy_type_nullable(hy_type(c->type), c->null_percent > 0);
    size_t width = hy_physical_size(hy_type_physical(type));
    double megabytes = (double)(N_ROWS * width) / 1e6;
    uint8_t *bytes = NULL;
    size_t len = 0;
    fill(c, data, validity, text);
    double start = now();
    int rounds = 0;
    for (; now() - start < 0.1; rounds++) {
        hy_memory_free(NULL, bytes, len);
        bytes = NULL;
        check(hy_chunk_encode(type, 2, data, c->null_percent ? validity : NULL, N_ROWS,
            HY_EFFORT_SMALLEST, NULL, &bytes, &len));
    }
    double encode = (now() - start) / rounds;
    HyChunk *chunk = NULL;
    start = now();
    check(hy_chunk_open(type, 2, bytes, len, N_ROWS, NULL, &chunk));
    double open = now() - start;
    HyValue value = hy_value_null(type);
    value.is_null = false;
    memcpy(&value.u8, data + 1000 * width, width);
    HyChunkInfo info;
    hy_chunk_info(chunk, &info);
    printf("%-28s %-22s %8zu %7.2f ns %7.0f %8.0f %8.0f %8.0f %8.0f\n", c->name, info.encoding, len,
        encode / N_ROWS * 1e9, megabytes / encode, megabytes / open, megabytes / read_all(chunk),
        megabytes / filter_all(chunk, HY_CMP_EQ, &value),
        megabytes / filter_all(chunk, HY_CMP_LE, &value));
    hy_chunk_destroy(chunk);
}

int main(int argc, char **argv)
{
    uint8_t *data = aligned_alloc(64, (size_t)N_ROWS * 16);
    uint64_t *validity = calloc(N_ROWS / 64, 8);
    char *text = malloc((size_t)N_ROWS * 64);
    printf("%-28s %-22s %8s %10s %7s %8s %8s %8s %8s\n", "column", "encoding", "bytes",
        "encode/row", "MB/s", "open", "read", "filter =", "filter <=");
    for (size_t i = 0; i < HY_ARRAY_LEN(cases); i++)
        if (argc < 2 || strstr(cases[i].name, argv[1]))
            run(&cases[i], data, validity, text);
    free(data);
    free(validity);
    free(text);
    return 0;
}
