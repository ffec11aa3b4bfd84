/* How fast CSV is read into vectors, and written. Not part of the tests.
 *
 *     cc -O2 -D_GNU_SOURCE -Isrc bench/micro/csv_bench.c -Wl,--start-group build/src/libhy_*.a \
 *         -Wl,--end-group -llz4 -lzstd -lz -lutf8proc -lpcre2-8 -lpthread -lm -ldl -o
 * build/csv_bench build/csv_bench FILE TYPES [ENCODING [THREADS [WANTED]]]
 *
 * TYPES has a letter per column of the file: t text, i integer, b bigint, d double, n
 * numeric(18,2), D date, T timestamp. WANTED, likewise, has x for the columns that are read. The
 * first line is skipped. */
#include "base/task_pool.h"
#include "io/csv_reader.h"
#include "io/csv_writer.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MAX_COLUMNS 64

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

static void check(HyStatus st)
{
    if (!st)
        return;
    fprintf(stderr, "%s: %s (%s)\n", st->sqlstate, st->message, st->detail ? st->detail : "");
    exit(1);
}

static HyType type_of(char letter)
{
    switch (letter) {
    case 'i':
        return hy_type(HY_TYPE_INT4);
    case 'b':
        return hy_type(HY_TYPE_INT8);
    case 'd':
        return hy_type(HY_TYPE_FLOAT8);
    case 'n':
        return hy_type_numeric(18, 2);
    case 'D':
        return hy_type(HY_TYPE_DATE);
    case 'T':
        return hy_type(HY_TYPE_TIMESTAMP);
    default:
        return hy_type(HY_TYPE_TEXT);
    }
}

typedef struct Job {
    HyCsvReader *reader;
    const HyCsvFormat *format; /* NULL: only read */
    atomic_size_t n_rows;
    atomic_size_t n_bytes;
} Job;

static HyStatus work(void *arg, size_t index)
{
    Job *job = arg;
    HyCsvParser *parser;
    HyCsvWriter *writer = NULL;
    HyBuffer text = {0};
    uint64_t number;
    bool has_piece;
    (void)index;
    check(hy_csv_parser_create(job->reader, &parser));
    if (job->format)
        check(hy_csv_writer_create(job->format, &writer));
    for (;;) {
        HyBatch batch;
        check(hy_csv_parser_take(parser, &number, &has_piece));
        if (!has_piece)
            break;
        for (;;) {
            check(hy_csv_parser_next(parser, &batch));
            if (batch.n_rows == 0)
                break;
            atomic_fetch_add(&job->n_rows, batch.n_rows);
            text.len = 0;
            if (writer)
                check(hy_csv_writer_rows(writer, &batch, &text));
            atomic_fetch_add(&job->n_bytes, text.len);
        }
    }
    hy_buffer_free(&text);
    hy_csv_writer_destroy(writer);
    hy_csv_parser_destroy(parser);
    return HY_OK;
}

static void run(const char *what, const HyCsvOptions *options, const char *path, HyTaskPool *pool,
    const HyCsvFormat *format)
{
    double best = 1e9;
    Job job = {.format = format};
    for (int round = 0; round < 7; round++) {
        double start = now_ms();
        atomic_store(&job.n_rows, 0);
        atomic_store(&job.n_bytes, 0);
        check(hy_csv_reader_open(options, &path, 1, NULL, &job.reader));
        check(hy_task_pool_run(pool, hy_task_pool_size(pool), work, &job));
        hy_csv_reader_close(job.reader);
        double ms = now_ms() - start;
        best = ms < best ? ms : best;
    }
    printf("%-14s %8.1f ms  %zu rows, %zu bytes written\n", what, best, atomic_load(&job.n_rows),
        atomic_load(&job.n_bytes));
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    const char *letters = argv[2], *choice = argc > 5 ? argv[5] : NULL;
    HyCsvColumn columns[MAX_COLUMNS] = {0};
    uint32_t wanted[MAX_COLUMNS];
    size_t n = strlen(letters), n_wanted = 0;
    for (size_t i = 0; i < n && i < MAX_COLUMNS; i++) {
        columns[i] = (HyCsvColumn){.name = "c", .type = type_of(letters[i])};
        if (!choice || choice[i] == 'x')
            wanted[n_wanted++] = (uint32_t)i;
    }
    HyCsvOptions options = {.delimiter = ',',
        .quote = '"',
        .has_header = true,
        .columns = columns,
        .n_columns = n,
        .wanted = wanted,
        .n_wanted = n_wanted,
        .encoding = argc > 3 ? argv[3] : NULL,
        .compression = HY_COMPRESSION_AUTO,
        .reject_limit = -1};
    hy_text_style_init(&options.style);
    HyCsvFormat format = {.delimiter = ',', .quote = '"', .style = options.style};
    HyTaskPool *pool;
    check(hy_task_pool_create(argc > 4 ? (unsigned)atoi(argv[4]) : 1, &pool));
    run("read", &options, argv[1], pool, NULL);
    options.n_wanted = 0;
    run("find fields", &options, argv[1], pool, NULL);
    options.n_wanted = n_wanted;
    run("read and write", &options, argv[1], pool, &format);
    hy_task_pool_destroy(pool);
    return 0;
}
