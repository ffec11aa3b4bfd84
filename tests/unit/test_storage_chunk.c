/* Chunks: what is encoded reads back, whatever the type, encoding and null pattern; predicates on
 * encoded rows agree with comparing values; damaged blocks are refused or read without harm. */
#include "storage_chunk_fixture.h"
#include "types/compare.h"

/* ---- Round trips ---- */

static void assert_row(const Column *c, const HyVector *v, size_t at, size_t row, const char *what)
{
    bool is_null = !hy_bitmap_get(c->validity, row);
    if (hy_vector_is_null(v, at) != is_null)
        fail_msg("%s: type %d row %zu: null %d", what, (int)c->type.id, row, !is_null);
    const uint8_t *values = hy_vector_values(v);
    const uint8_t *value = values + hy_vector_index(v, at) * c->width;
    if (!is_null && hy_compare_payload(c->type, value, c->data + row * c->width) != 0)
        fail_msg("%s: type %d row %zu differs", what, (int)c->type.id, row);
    if (c->type.id == HY_TYPE_BOOL)
        assert_in_range(*value, 0, 1);
}

static void assert_reads(const Column *c, const HyChunk *chunk)
{
    HyArena *arena = hy_arena_create();
    HyVector v;
    static const uint32_t windows[][2] = {
        {0, 1}, {0, 2048}, {1, 2048}, {64, 130}, {37, 700}, {2047, 3}};
    uint32_t sel[HY_VECTOR_SIZE];
    for (size_t w = 0; w < HY_ARRAY_LEN(windows); w++) {
        uint32_t first = windows[w][0];
        uint32_t n = windows[w][1];
        if (first >= c->n)
            continue;
        n = n > c->n - first ? c->n - first : n;
        assert_ok(hy_chunk_read(chunk, first, n, arena, &v));
        for (uint32_t i = 0; i < n; i++)
            assert_row(c, &v, i, first + i, "read");
        uint32_t n_sel = 0;
        for (uint32_t i = 0; i < n; i += 1 + i % 5)
            sel[n_sel++] = i;
        assert_ok(hy_chunk_gather(chunk, first, sel, n_sel, arena, &v));
        for (uint32_t i = 0; i < n_sel; i++)
            assert_row(c, &v, i, first + sel[i], "gather");
    }
    hy_arena_destroy(arena);
}

static void assert_info(const Column *c, const HyChunk *chunk, uint8_t id)
{
    HyChunkInfo info;
    hy_chunk_info(chunk, &info);
    assert_int_equal(info.encoding_id, id);
    assert_int_equal(info.n_nulls, c->n_nulls);
    assert_int_equal(info.has_min_max, c->n_nulls < c->n && !c->type.collation);
    bool saw_min = !info.has_min_max;
    bool saw_max = !info.has_min_max;
    for (uint32_t i = 0; i < c->n && info.has_min_max; i++) {
        const void *value = c->data + i * c->width;
        if (!hy_bitmap_get(c->validity, i))
            continue;
        int low = hy_compare_payload(c->type, value, hy_value_payload(&info.min));
        int high = hy_compare_payload(c->type, value, hy_value_payload(&info.max));
        assert_true(low >= 0 && high <= 0);
        saw_min |= low == 0;
        saw_max |= high == 0;
    }
    assert_true(saw_min && saw_max);
}

/* Takes over the bytes. */
static void assert_round_trip(
    const Column *c, uint16_t version, uint8_t *bytes, size_t len, uint8_t id)
{
    HyChunk *chunk = NULL;
    assert_int_equal(bytes[24], id);
    assert_ok(hy_chunk_open(c->type, version, bytes, len, c->n, NULL, &chunk));
    assert_reads(c, chunk);
    assert_info(c, chunk, id);
    assert_ok(hy_chunk_verify(chunk, fail_fault, "verify"));
    hy_chunk_destroy(chunk);
}

/* Every encoding that a type can have must be reached by some of the columns. */
static uint64_t round_trip_all(const Column *c)
{
    uint64_t reached = 0;
    size_t least = SIZE_MAX;
    for (size_t e = 0; e < HY_ARRAY_LEN(encoding_ids); e++) {
        uint8_t *bytes = NULL;
        size_t len = 0;
        HyStatus st = hy_chunk_encode_as(
            c->type, 4, c->data, c->validity, c->n, encoding_ids[e], NULL, &bytes, &len);
        if (st) {
            assert_string_equal(st->sqlstate, "0A000");
            hy_error_free(st);
            continue;
        }
        reached |= UINT64_C(1) << e;
        least = len < least ? len : least;
        assert_round_trip(c, 4, bytes, len, encoding_ids[e]);
    }
    for (int effort = HY_EFFORT_SMALLEST; effort <= HY_EFFORT_GENUINE; effort++) {
        uint8_t *bytes = NULL;
        size_t len = 0;
        assert_ok(hy_chunk_encode(
            c->type, 4, c->data, c->validity, c->n, (HyChunkEffort)effort, NULL, &bytes, &len));
        bool is_float = c->type.id == HY_TYPE_FLOAT4 || c->type.id == HY_TYPE_FLOAT8;
        if (effort == HY_EFFORT_SMALLEST &&
            !is_float)                      /* floats may keep the sign of zero instead */
            assert_true(len <= least + 32); /* sections are padded */
        assert_round_trip(c, 4, bytes, len, bytes[24]);
    }
    return reached;
}

static void test_round_trips(void **state)
{
    (void)state;
    size_t n_types;
    const HyType *types = all_types(&n_types);
    for (size_t t = 0; t < n_types; t++) {
        uint64_t reached = 0;
        for (int spread = 0; spread < SPREAD_COUNT; spread++)
            for (int nulls = 0; nulls < NULLS_COUNT; nulls++) {
                uint32_t n = spread == SPREAD_RANGE ? 2500 : 300 + (uint32_t)spread;
                Column c = make_column(
                    types[t], n, (Spread)spread, (Nulls)nulls, (uint64_t)(spread * 10 + nulls));
                reached |= round_trip_all(&c);
                free_column(&c);
            }
        HyPhysical physical = hy_type_physical(types[t]);
        unsigned n = (unsigned)__builtin_popcountll(reached);
        unsigned n_trunc = 0; /* with and without nulls */
        if (physical == HY_PHYS_U8)
            n_trunc = 2;
        else if (physical == HY_PHYS_I16)
            n_trunc = 4;
        else if (physical == HY_PHYS_I32 || physical == HY_PHYS_U32)
            n_trunc = 6;
        else if (physical != HY_PHYS_STRING && physical != HY_PHYS_F32 && physical != HY_PHYS_F64)
            n_trunc = 8;
        unsigned n_short = physical == HY_PHYS_STRING || physical == HY_PHYS_F64 ? 14 : 0;
        if (n != 16 + n_trunc + n_short)
            fail_msg("type %d: %u encodings reached (%llx), expected %u", (int)types[t].id, n,
                (unsigned long long)reached, 16 + n_trunc + n_short);
    }
}

/* A full block, hashed distinct values, codes of 16 and 32 bits. */
static void test_large_blocks(void **state)
{
    (void)state;
    static const HyTypeId ids[] = {HY_TYPE_INT4, HY_TYPE_INT8, HY_TYPE_TEXT, HY_TYPE_FLOAT8};
    for (size_t t = 0; t < HY_ARRAY_LEN(ids); t++)
        for (int spread = SPREAD_RANGE; spread <= SPREAD_FULL; spread++) {
            bool is_text = ids[t] == HY_TYPE_TEXT;
            uint32_t n = is_text ? 40000 : HY_BLOCK_ROWS;
            Column c = make_column(hy_type(ids[t]), n, (Spread)spread, NULLS_FEW, 99);
            for (size_t e = 0; e < 3; e++) {
                static const uint8_t wanted[] = {0x0F, 0x16, 0};
                uint8_t *bytes = NULL;
                size_t len = 0;
                if (wanted[e])
                    assert_ok(hy_chunk_encode_as(
                        c.type, 2, c.data, c.validity, n, wanted[e], NULL, &bytes, &len));
                else
                    assert_ok(hy_chunk_encode(
                        c.type, 2, c.data, c.validity, n, HY_EFFORT_SMALLEST, NULL, &bytes, &len));
                assert_round_trip(&c, 2, bytes, len, bytes[24]);
            }
            free_column(&c);
        }
}

/* Facts that only the bytes show: of what the specification gives by number. */
static void test_frame(void **state)
{
    (void)state;
    static const int32_t values[] = {1, 2, 0, 4};
    uint64_t validity = 0xB;
    uint8_t *bytes = NULL;
    size_t len = 0;
    assert_ok(hy_chunk_encode(
        hy_type(HY_TYPE_INT4), 2, values, &validity, 4, HY_EFFORT_GENUINE, NULL, &bytes, &len));
    assert_int_equal(len, 0x2060);     /* data/hyper-samples/one_int.hyper */
    assert_int_equal(bytes[24], 0x13); /* a dictionary of 2 bits would be longer */
    assert_int_equal(hy_load_u64(bytes + 8), 0x2020);
    assert_int_equal(hy_load_u32(bytes + 0x38 + 8 * 3 + 4), 4); /* slot of 4 - 1 ends at row 4 */
    assert_int_equal(hy_load_u32(bytes + 0x2038), 2);           /* null range */
    assert_int_equal(hy_load_u32(bytes + 0x203C), 3);
    assert_int_equal(hy_load_u32(bytes + 0x2040), 4);          /* three values and null */
    assert_int_equal(hy_load_u32(bytes + 0x2050), 0x04000201); /* value - 1 + 1; null 0 */
    hy_memory_free(NULL, bytes, len);
}

static uint8_t chosen(
    HyTypeId id, uint16_t version, const void *data, uint32_t n, HyChunkEffort effort)
{
    uint8_t *bytes = NULL;
    size_t len = 0;
    assert_ok(hy_chunk_encode(
        hy_type_nullable(hy_type(id), false), version, data, NULL, n, effort, NULL, &bytes, &len));
    uint8_t encoding = bytes[24];
    hy_memory_free(NULL, bytes, len);
    return encoding;
}

static void test_choice(void **state)
{
    (void)state;
    enum { N = 4000 };
    static int64_t far[N];
    static int32_t dates[N];
    static int16_t small[N];
    static double zeros[N];
    for (int i = 0; i < N; i++) {
        far[i] = (int64_t)i * 10000000000;
        dates[i] = 2450000 + i * 7 % 2000;
        small[i] = (int16_t)(i % 61 - 20);
        zeros[i] = i % 2 ? 0.0 : -0.0;
    }
    assert_int_equal(chosen(HY_TYPE_INT8, 2, far, N, HY_EFFORT_SMALLEST), 0x0A);
    assert_int_equal(chosen(HY_TYPE_INT8, 2, far, 1000, HY_EFFORT_GENUINE), 0x02);
    assert_int_equal(chosen(HY_TYPE_INT8, 2, far, 1000, HY_EFFORT_SMALLEST), 0x0A);
    assert_int_equal(chosen(HY_TYPE_DATE, 2, dates, N, HY_EFFORT_SMALLEST), 0x08);
    assert_int_equal(chosen(HY_TYPE_DATE, 2, dates, N, HY_EFFORT_GENUINE), 0x02);
    assert_int_equal(chosen(HY_TYPE_INT2, 2, small, N, HY_EFFORT_SMALLEST), 0x07);
    assert_int_equal(chosen(HY_TYPE_INT2, 2, small, N, HY_EFFORT_GENUINE), 0x01);
    /* a dictionary would lose the sign */
    assert_int_equal(chosen(HY_TYPE_FLOAT8, 2, zeros, N, HY_EFFORT_SMALLEST), 0x27);
    /* spread over 2^40: truncated only where the version has it */
    for (int i = 0; i < N; i++)
        far[i] = INT64_MIN + (int64_t)i * 3000000;
    assert_int_equal(chosen(HY_TYPE_TIMESTAMP, 4, far, N, HY_EFFORT_SMALLEST), 0x0A);
    static HyInt128 wide[N];
    for (int i = 0; i < N; i++)
        wide[i] = ((HyInt128)1 << 100) + i * 1000;
    HyType numeric = hy_type_nullable(hy_type_numeric(38, 0), false);
    uint8_t *bytes = NULL;
    size_t len = 0;
    for (uint16_t version = 2; version <= 3; version++) {
        assert_ok(hy_chunk_encode(
            numeric, version, wide, NULL, N, HY_EFFORT_SMALLEST, NULL, &bytes, &len));
        assert_int_equal(bytes[24], version == 2 ? 0x0A : 0x09);
        hy_memory_free(NULL, bytes, len);
    }
}

/* ---- Predicates ---- */

static bool naive(const Column *c, const HyChunkTest *test, uint32_t row)
{
    bool is_null = !hy_bitmap_get(c->validity, row);
    if (test->kind == HY_CHUNK_IS_NULL || test->kind == HY_CHUNK_IS_NOT_NULL)
        return is_null == (test->kind == HY_CHUNK_IS_NULL);
    bool found = false;
    for (size_t i = 0; i < test->n_values && !is_null; i++) {
        int cmp = hy_compare_payload(
            c->type, c->data + row * c->width, hy_value_payload(&test->values[i]));
        HyCompareOp op = test->kind == HY_CHUNK_IN ? HY_CMP_EQ : test->op;
        found |= op == HY_CMP_EQ   ? cmp == 0
                 : op == HY_CMP_NE ? cmp != 0
                 : op == HY_CMP_LT ? cmp < 0
                 : op == HY_CMP_LE ? cmp <= 0
                 : op == HY_CMP_GT ? cmp > 0
                                   : cmp >= 0;
    }
    return found;
}

static void assert_filter(const Column *c, const HyChunk *chunk, const HyChunkTest *test, Rng *rng)
{
    static uint32_t sel[HY_VECTOR_SIZE];
    static uint32_t wanted[HY_VECTOR_SIZE];
    uint32_t n_all = 0;
    HyChunkMatch match = hy_chunk_match(chunk, test);
    uint32_t begin = 0;
    uint32_t end = c->n;
    hy_chunk_narrow(chunk, test, &begin, &end);
    for (uint32_t i = 0; i < c->n; i++)
        if (naive(c, test, i)) {
            n_all++;
            assert_true(i >= begin && i < end);
        }
    assert_true(match != HY_MATCH_NONE || n_all == 0);
    assert_true(match != HY_MATCH_ALL || n_all == c->n);
    for (int way = 0; way < 3; way++) {
        uint32_t first = way == 0 ? 0 : (uint32_t)rng_below(rng, c->n);
        uint32_t span = c->n - first < HY_VECTOR_SIZE ? c->n - first : HY_VECTOR_SIZE;
        uint32_t n = 0;
        uint32_t n_wanted = 0;
        for (uint32_t i = 0; i < span; i++) {
            if (way == 2 && rng_below(rng, 3))
                continue;
            sel[n++] = i;
            if (naive(c, test, first + i))
                wanted[n_wanted++] = i;
        }
        if (way < 2)
            memset(sel, 0xFF, sizeof sel);
        assert_ok(hy_chunk_filter(chunk, test, first, way < 2, sel, &n));
        if (n != n_wanted || memcmp(sel, wanted, 4 * n) != 0)
            fail_msg("type %d kind %d op %d way %d: %u rows, expected %u", (int)c->type.id,
                (int)test->kind, (int)test->op, way, n, n_wanted);
        if (way == 2)
            continue;
        HyChunkCondition both[2] = {{.chunk = chunk, .test = *test}, {.chunk = chunk}};
        both[1].test.kind = HY_CHUNK_IS_NOT_NULL;
        for (n_wanted = n = 0; n < span; n++)
            if (naive(c, test, first + n) && naive(c, &both[1].test, first + n))
                wanted[n_wanted++] = n;
        assert_ok(hy_chunk_filter_all(both, 2, first, sel, &n));
        assert_true(n == n_wanted && memcmp(sel, wanted, 4 * n) == 0);
    }
}

static HyValue value_at(const Column *c, uint32_t row)
{
    HyValue v = hy_value_null(c->type);
    v.is_null = false;
    memcpy(&v.u8, c->data + row * c->width, c->width);
    return v;
}

static int compare_values(const void *a, const void *b)
{
    const HyValue *x = a;
    const HyValue *y = b;
    return hy_compare_payload(x->type, hy_value_payload(x), hy_value_payload(y));
}

static void assert_filters(const Column *c, const Column *others, const HyChunk *chunk, Rng *rng)
{
    HyValue values[40];
    HyChunkTest test = {.values = values, .n_values = 1};
    for (test.kind = HY_CHUNK_IS_NULL; test.kind <= HY_CHUNK_IS_NOT_NULL; test.kind++)
        assert_filter(c, chunk, &test, rng);
    for (int round = 0; round < 4; round++) {
        const Column *from = round < 2 ? c : others;
        values[0] = value_at(from, (uint32_t)rng_below(rng, from->n));
        test.kind = HY_CHUNK_COMPARE;
        test.n_values = 1;
        for (test.op = HY_CMP_EQ; test.op <= HY_CMP_GE; test.op++)
            assert_filter(c, chunk, &test, rng);
        size_t n = round % 2 ? 40 : 1 + rng_below(rng, 8);
        for (size_t i = 0; i < n; i++)
            values[i] = value_at(i % 3 ? from : others, (uint32_t)rng_below(rng, from->n));
        qsort(values, n, sizeof *values, compare_values);
        size_t kept = 0;
        for (size_t i = 0; i < n; i++)
            if (kept == 0 || compare_values(&values[kept - 1], &values[i]) != 0)
                values[kept++] = values[i];
        test.kind = HY_CHUNK_IN;
        test.n_values = kept;
        assert_filter(c, chunk, &test, rng);
    }
}

static void test_filters(void **state)
{
    (void)state;
    Rng rng = {5};
    size_t n_types;
    const HyType *types = all_types(&n_types);
    for (size_t t = 0; t < n_types; t++)
        for (int spread = 0; spread < SPREAD_COUNT; spread++)
            for (int nulls = NULLS_NONE; nulls <= NULLS_MOST; nulls++) {
                uint32_t n = 260;
                Column c = make_column(types[t], n, (Spread)spread, (Nulls)nulls, rng_next(&rng));
                Column others = make_column(types[t], n, SPREAD_FULL, NULLS_NONE, rng_next(&rng));
                HyChunk *chunk = NULL;
                assert_ok(hy_chunk_plain(c.type, c.data, c.validity, n, &chunk));
                assert_filters(&c, &others, chunk, &rng);
                assert_reads(&c, chunk);
                hy_chunk_destroy(chunk);
                for (size_t e = 0; e < HY_ARRAY_LEN(encoding_ids); e++) {
                    uint8_t *bytes = NULL;
                    size_t len = 0;
                    HyStatus st = hy_chunk_encode_as(
                        c.type, 4, c.data, c.validity, n, encoding_ids[e], NULL, &bytes, &len);
                    if (st) {
                        hy_error_free(st);
                        continue;
                    }
                    assert_ok(hy_chunk_open(c.type, 4, bytes, len, n, NULL, &chunk));
                    assert_filters(&c, &others, chunk, &rng);
                    hy_chunk_destroy(chunk);
                }
                free_column(&c);
                free_column(&others);
            }
}

/* Case-insensitive text: equal texts differ in bytes, dictionaries follow the collation from
 * version 1. */
static void test_collation(void **state)
{
    (void)state;
    HyType type = hy_type(HY_TYPE_TEXT);
    HyStatus st = hy_collation_find("en_US_CI", &type.collation);
    if (st) {
        print_message("skipped: %s\n", st->message);
        hy_error_free(st);
        skip();
    }
    static const char *const words[] = {"apple", "Apple", "APPLE", "banana", "Banana",
        "cherry tree", "Cherry Tree of the garden", "cherry tree of the garden", "", "zebra",
        "Zebra", "_x"};
    Rng rng = {11};
    for (uint16_t version = 0; version <= 2; version++) {
        Column c = make_column(type, 300, SPREAD_TWO, NULLS_FEW, version);
        Column others = make_column(type, 300, SPREAD_TWO, NULLS_NONE, version);
        for (uint32_t i = 0; i < c.n; i++) {
            const char *word = words[rng_below(&rng, HY_ARRAY_LEN(words))];
            ((HyString *)(void *)c.data)[i] = hy_string_view(word, strlen(word));
            word = words[rng_below(&rng, HY_ARRAY_LEN(words))];
            ((HyString *)(void *)others.data)[i] = hy_string_view(word, strlen(word));
        }
        static const uint8_t ids[] = {0x31, 0x2B, 0x16, 0x0D};
        for (size_t e = 0; e < HY_ARRAY_LEN(ids); e++) {
            uint8_t *bytes = NULL;
            size_t len = 0;
            HyChunk *chunk = NULL;
            assert_ok(hy_chunk_encode_as(
                type, version, c.data, c.validity, c.n, ids[e], NULL, &bytes, &len));
            assert_ok(hy_chunk_open(type, version, bytes, len, c.n, NULL, &chunk));
            assert_reads(&c, chunk);
            assert_ok(hy_chunk_verify(chunk, fail_fault, "collated"));
            assert_filters(&c, &others, chunk, &rng);
            hy_chunk_destroy(chunk);
        }
        free_column(&c);
        free_column(&others);
    }
}

/* ---- Damage ---- */

static void count_fault(void *ctx, const char *text)
{
    (void)text;
    ++*(int *)ctx;
}

/* Reads all there is; what comes out does not matter. */
static uint64_t exercise(const Column *c, const HyChunk *chunk)
{
    HyArena *arena = hy_arena_create();
    uint64_t sum = 0;
    HyVector v;
    uint32_t sel[HY_VECTOR_SIZE];
    int faults = 0;
    assert_ok(hy_chunk_read(chunk, 0, c->n, arena, &v));
    for (uint32_t i = 0; i < c->n; i++) {
        const uint8_t *value =
            (const uint8_t *)hy_vector_values(&v) + hy_vector_index(&v, i) * c->width;
        HyString s;
        if (hy_type_physical(c->type) == HY_PHYS_STRING && !hy_vector_is_null(&v, i)) {
            memcpy(&s, value, 16);
            for (uint32_t k = 0; k < s.len; k++)
                sum += (uint8_t)hy_string_data(&s)[k];
        } else {
            sum += value[0];
        }
        sel[i] = i;
    }
    assert_ok(hy_chunk_gather(chunk, 0, sel, c->n / 2, arena, &v));
    HyValue value = value_at(c, c->n / 2);
    HyChunkTest test = {HY_CHUNK_COMPARE, HY_CMP_LE, &value, 1};
    uint32_t n = c->n;
    assert_ok(hy_chunk_filter(chunk, &test, 0, true, sel, &n));
    test.op = HY_CMP_EQ;
    uint32_t first = 0;
    uint32_t end = c->n;
    hy_chunk_narrow(chunk, &test, &first, &end);
    assert_true(first <= end && end <= c->n);
    assert_ok(hy_chunk_verify(chunk, count_fault, &faults));
    hy_arena_destroy(arena);
    return sum + (uint64_t)faults;
}

static void mutate(uint8_t *bytes, size_t len, Rng *rng)
{
    size_t n = 1 + rng_below(rng, 3);
    for (size_t i = 0; i < n; i++) {
        /* the header and the words behind the index are where it hurts */
        size_t where = rng_below(rng, 4);
        size_t at = where == 0   ? rng_below(rng, 48)
                    : where == 1 ? rng_below(rng, len)
                    : where == 2 ? len - 1 - rng_below(rng, len < 400 ? len : 400)
                                 : hy_load_u64(bytes + 8) + 0x30 - 1 - rng_below(rng, 64);
        if (at >= len)
            at = rng_below(rng, len);
        bytes[at] = rng_below(rng, 3) ? (uint8_t)rng_next(rng)
                                      : (uint8_t)(bytes[at] ^ 1 << rng_below(rng, 8));
    }
}

static void test_damage(void **state)
{
    (void)state;
    Rng rng = {17};
    size_t n_types;
    const HyType *types = all_types(&n_types);
    int n_opened = 0;
    int n_refused = 0;
    for (size_t t = 0; t < n_types; t++)
        for (int spread = SPREAD_ONE; spread < SPREAD_COUNT; spread += 2)
            for (size_t e = 0; e < HY_ARRAY_LEN(encoding_ids); e++) {
                Nulls nulls = e % 2 ? NULLS_FEW : NULLS_NONE;
                Column c = make_column(types[t], 100, (Spread)spread, nulls, rng_next(&rng));
                uint8_t *good = NULL;
                size_t len = 0;
                HyStatus st = hy_chunk_encode_as(
                    c.type, 4, c.data, c.validity, c.n, encoding_ids[e], NULL, &good, &len);
                hy_error_free(st);
                for (int round = 0; !st && round < 12; round++) {
                    void *bytes = NULL;
                    size_t short_len = round == 0 ? rng_below(&rng, len) : len;
                    assert_ok(hy_memory_alloc(NULL, short_len, &bytes));
                    memcpy(bytes, good, short_len);
                    if (round && short_len > 64)
                        mutate(bytes, short_len, &rng);
                    HyChunk *chunk = NULL;
                    HyStatus opened = hy_chunk_open(c.type, 4, bytes, short_len, c.n, NULL, &chunk);
                    if (!opened) {
                        n_opened++;
                        exercise(&c, chunk);
                        hy_chunk_destroy(chunk);
                    } else {
                        n_refused++;
                        assert_string_equal(opened->sqlstate, "XX001");
                        hy_error_free(opened);
                    }
                }
                hy_memory_free(NULL, good, len);
                free_column(&c);
            }
    assert_true(n_opened > 1000 && n_refused > 1000);
}

/* The chunk of values with one word of its block changed; what verification says of it. */
#define FAULT_ROOM 1000
static void catch_fault(void *ctx, const char *fault)
{
    char *text = ctx;
    size_t len = strlen(text);
    (void)snprintf(text + len, FAULT_ROOM - len, "%s\n", fault);
}

static void assert_fault(
    HyType type, const void *values, uint8_t id, size_t offset, uint32_t word, const char *expected)
{
    enum { N = 40 };
    uint64_t validity = ~(UINT64_C(1) << 7); /* row 7 is null where the encoding has nulls */
    bool has_nulls = id == 0x13 || id == 0x16 || id == 0x2B;
    uint8_t *bytes = NULL;
    size_t len = 0;
    char text[FAULT_ROOM] = "";
    HyChunk *chunk = NULL;
    assert_ok(hy_chunk_encode_as(
        type, 2, values, has_nulls ? &validity : NULL, N, id, NULL, &bytes, &len));
    if (offset)
        hy_store_u32(bytes + offset, word);
    assert_ok(hy_chunk_open(type, 2, bytes, len, N, NULL, &chunk));
    assert_ok(hy_chunk_verify(chunk, catch_fault, text));
    hy_chunk_destroy(chunk);
    if (!strstr(text, expected) || (*expected == '\0' && *text))
        fail_msg("expected '%s', got '%s'", expected, text);
}

static void test_verify_names_faults(void **state)
{
    (void)state;
    int32_t numbers[40];
    HyString texts[40];
    int64_t decimals[40];
    for (int i = 0; i < 40; i++) {
        numbers[i] = i % 2 ? 7 : i;
        texts[i] = hy_string_view(i % 2 ? "odd" : "even text", i % 2 ? 3 : 9);
        decimals[i] = 99990 + i % 10;
    }
    HyType int4 = hy_type(HY_TYPE_INT4);
    HyType text = hy_type(HY_TYPE_TEXT);
    const size_t psma = 0x38;
    const size_t null_range = psma + 8 * 1024;
    assert_fault(int4, numbers, 0x07, 0, 0, "");
    assert_fault(int4, numbers, 0x13, 0, 0, "");
    assert_fault(int4, numbers, 0x07, 0x28, 1, "reserved word");
    assert_fault(int4, numbers, 0x16, 0x30, 1, "minimum is above");
    assert_fault(int4, numbers, 0x16, 0x34, 37, "maximum is below");
    assert_fault(int4, numbers, 0x07, psma + 8 * 7 + 4, 30, "index slot 7 does not cover row 31");
    assert_fault(int4, numbers, 0x13, null_range + 4, 7, "null range does not cover rows 7 to 7");
    assert_fault(int4, numbers, 0x07, null_range, 1, "null range without nulls");
    assert_fault(int4, numbers, 0x07, null_range + 8, 20, "distinct count 20, found 21");
    /* a lower minimum moves every row to another entry of the index */
    assert_fault(int4, numbers, 0x0A, 0x30, (uint32_t)-5, "positional index");
    assert_fault(text, texts, 0x27, 0, 0, "");
    assert_fault(text, texts, 0x27, 0x864, 0xF0646F03, "not UTF-8");
    int32_t same[40] = {0};
    assert_fault(int4, same, 0x32, 0, 0, "");
    assert_fault(int4, same, 0x32, 0x10, 16, "block without values");
    assert_fault(hy_type_numeric(9, 2), decimals, 0x02, 0, 0, "");
    assert_fault(hy_type_numeric(4, 2), decimals, 0x02, 0, 0, "numeric of too many digits");
    HyType varchar = {.id = HY_TYPE_VARCHAR, .nullable = true, .length = 5};
    assert_fault(varchar, texts, 0x27, 0, 0, "longer than the type allows");
}

/* An index that points behind the rows narrows to nothing, not to rows that do not exist. */
static void test_lying_index(void **state)
{
    (void)state;
    Column c = make_column(hy_type(HY_TYPE_INT4), 100, SPREAD_NEAR, NULLS_NONE, 3);
    uint8_t *bytes = NULL;
    size_t len = 0;
    HyChunk *chunk = NULL;
    assert_ok(hy_chunk_encode_as(c.type, 2, c.data, c.validity, c.n, 0x07, NULL, &bytes, &len));
    for (size_t slot = 0; slot < 1024; slot++) {
        hy_store_u32(bytes + 0x38 + 8 * slot, 4000);
        hy_store_u32(bytes + 0x3C + 8 * slot, 5000);
    }
    assert_ok(hy_chunk_open(c.type, 2, bytes, len, c.n, NULL, &chunk));
    HyValue value = value_at(&c, 0);
    HyChunkTest test = {HY_CHUNK_COMPARE, HY_CMP_EQ, &value, 1};
    uint32_t first = 10;
    uint32_t end = 90;
    hy_chunk_narrow(chunk, &test, &first, &end);
    assert_true(first == end && first >= 10 && end <= 90);
    hy_chunk_destroy(chunk);
    free_column(&c);
}

static void test_no_memory(void **state)
{
    (void)state;
    static const HyTypeId ids[] = {HY_TYPE_INT8, HY_TYPE_TEXT, HY_TYPE_FLOAT8};
    for (size_t t = 0; t < HY_ARRAY_LEN(ids); t++) {
        Column c = make_column(hy_type(ids[t]), 3000, SPREAD_FULL, NULLS_FEW, t);
        HyMemory memory;
        hy_memory_init(&memory, NULL, SIZE_MAX);
        for (int n = 1; n < 60; n++) {
            uint8_t *bytes = NULL;
            size_t len = 0;
            HyChunk *chunk = NULL;
            alloc_fault_arm(n);
            HyStatus st =
                hy_chunk_encode_as(c.type, 4, c.data, c.validity, c.n, 0x0E, &memory, &bytes, &len);
            if (!st)
                st = hy_chunk_open(c.type, 4, bytes, len, c.n, &memory, &chunk);
            alloc_fault_disarm();
            if (st) {
                assert_string_equal(st->sqlstate, "53200");
                hy_error_free(st);
            }
            hy_chunk_destroy(chunk);
            assert_int_equal(atomic_load(&memory.used_bytes), 0);
        }
        free_column(&c);
    }
}

/* ---- Plain blocks ---- */

static void put_plain(HyBuffer *out, const Column *c)
{
    for (uint32_t i = 0; i < c->n; i++) {
        const uint8_t *value = c->data + i * c->width;
        HyString s;
        if (hy_type_physical(c->type) == HY_PHYS_STRING) {
            memcpy(&s, value, 16);
            assert_ok(hy_buffer_append_u32(out, s.len));
            assert_ok(hy_buffer_append(out, hy_string_data(&s), s.len));
        } else {
            assert_ok(hy_buffer_append(out, value, c->width));
        }
    }
}

static void test_plain_block(void **state)
{
    (void)state;
    enum { N_COLS = 11, N_ROWS = 150 };
    static const HyTypeId ids[N_COLS] = {HY_TYPE_INT2, HY_TYPE_TEXT, HY_TYPE_INT8, HY_TYPE_FLOAT4,
        HY_TYPE_DATE, HY_TYPE_BYTEA, HY_TYPE_INTERVAL, HY_TYPE_BOOL, HY_TYPE_TIMESTAMP,
        HY_TYPE_INT4, HY_TYPE_OID};
    Column cols[N_COLS];
    HyType types[N_COLS];
    HyBuffer block = {0};
    for (size_t i = 0; i < N_COLS; i++) {
        /* ten nullable columns: two bytes of bits per row */
        cols[i] =
            make_column(hy_type(ids[i]), N_ROWS, SPREAD_FULL, i == 4 ? NULLS_NONE : NULLS_FEW, i);
        types[i] = cols[i].type;
        put_plain(&block, &cols[i]);
    }
    for (uint32_t row = 0; row < N_ROWS; row++) {
        uint16_t bits = 0;
        for (size_t i = 0, bit = 0; i < N_COLS; i++)
            if (types[i].nullable)
                bits |= (uint16_t)(!hy_bitmap_get(cols[i].validity, row) << bit++);
        assert_ok(hy_buffer_append(&block, &bits, 2));
    }
    HyChunk *chunks[N_COLS];
    for (size_t len = 0; len <= block.len;
         len += len + 997 < block.len ? 997 : block.len - len + (len == block.len)) {
        void *bytes = NULL;
        assert_ok(hy_memory_alloc(NULL, len, &bytes));
        memcpy(bytes, block.data, len);
        if (len < block.len) {
            assert_fails(
                hy_plain_block_open(types, N_COLS, bytes, len, N_ROWS, NULL, chunks), "XX001");
            continue;
        }
        assert_ok(hy_plain_block_open(types, N_COLS, bytes, len, N_ROWS, NULL, chunks));
        for (size_t i = 0; i < N_COLS; i++) {
            assert_reads(&cols[i], chunks[i]);
            hy_chunk_destroy(chunks[i]);
            free_column(&cols[i]);
        }
    }
    hy_buffer_free(&block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frame),
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_large_blocks),
        cmocka_unit_test(test_filters),
        cmocka_unit_test(test_collation),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_verify_names_faults),
        cmocka_unit_test(test_lying_index),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_plain_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
