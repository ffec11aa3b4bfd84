/* The input is a Parquet file. All columns of all row groups are read, in batches of a size that
 * the input's last bytes vary: rows or an error, and nothing that is read lies outside. */
#include "io/parquet.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX_ROWS 200000 /* runs make any number of rows of few bytes */

/* Touches every value. */
static uint64_t look_at(const HyVector *v, size_t n)
{
    uint64_t sum = 0;
    size_t width = hy_physical_size(hy_type_physical(v->type));
    const char *values = hy_vector_values(v);
    for (size_t row = 0; row < n; row++) {
        const char *value = values + hy_vector_index(v, row) * width;
        if (hy_type_physical(v->type) == HY_PHYS_STRING) {
            const HyString *s = (const HyString *)(const void *)value;
            for (uint32_t i = 0; i < s->len; i++)
                sum += (unsigned char)hy_string_data(s)[i];
        } else {
            for (size_t i = 0; i < width; i++)
                sum += (unsigned char)value[i];
        }
    }
    return sum;
}

static HyStatus read_column(HyParquetColumnReader *reader, HyArena *arena,
    const HyParquetFile *file, size_t group, size_t column, size_t batch)
{
    HyType type = file->columns[column].type;
    uint64_t left = file->groups[group].n_rows;
    if (left > MAX_ROWS)
        left = MAX_ROWS;
    HY_TRY(hy_parquet_check_type(file, &file->columns[column], type));
    HY_TRY(hy_parquet_reader_start(reader, file, group, column, type));
    while (left > 0) {
        HyVector v;
        size_t n = left < batch ? (size_t)left : batch;
        HY_TRY(hy_parquet_reader_next(reader, n, arena, &v));
        static volatile uint64_t sink;
        sink = look_at(&v, n);
        (void)sink;
        hy_arena_reset(arena);
        left -= n;
    }
    return HY_OK;
}

static void read_all(const HyParquetFile *file, HyMemory *memory, size_t batch)
{
    HyArena *arena = hy_arena_create();
    HyParquetColumnReader *reader = NULL;
    if (!arena)
        abort();
    hy_error_free(hy_parquet_check_columns(file));
    for (size_t column = 0; column < file->n_columns && column < 20; column++) {
        HyStatus st = hy_parquet_reader_create(memory, &reader);
        for (size_t group = 0; group < file->n_groups && group < 4 && !st; group++)
            st = read_column(reader, arena, file, group, column, batch);
        hy_error_free(st);
        hy_parquet_reader_destroy(reader);
        reader = NULL;
    }
    hy_arena_destroy(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    HyMemory memory;
    HyParquetFile *file;
    char path[64];
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    hy_memory_init(&memory, NULL, (size_t)256 << 20);
    HyStatus st = hy_parquet_open(path, &file);
    if (!st) {
        read_all(file, &memory, 1 + size * 7919 % HY_VECTOR_SIZE);
        hy_parquet_close(file);
    }
    if (atomic_load(&memory.used_bytes) != 0)
        abort();
    hy_error_free(st);
    close(fd);
    return 0;
}
