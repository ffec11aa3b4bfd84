/* Parquet files as tables. A morsel is a row group; only the columns that are needed are read.
 * Columns are found by name in each file. */
#include "exec/compile.h"
#include "io/parquet.h"
#include <stdlib.h>

typedef struct ParquetSource {
    HySource source;
    const HyExternal *external;
    HyLayout layout;
    const char **names; /* of the layout's columns */
    HyMemory *memory;
    HyParquetFile **files;
    size_t n_files;
    size_t *first_morsels; /* of each file, and behind the last */
    uint32_t **places;     /* by file: where the layout's columns are */
} ParquetSource;

static void close_files(ParquetSource *self)
{
    for (size_t i = 0; i < self->n_files; i++)
        hy_parquet_close(self->files[i]);
    self->n_files = 0;
}

static HyStatus find_columns(const ParquetSource *self, const HyParquetFile *file, uint32_t *places)
{
    for (size_t i = 0; i < self->layout.n; i++) {
        int64_t place = hy_parquet_find_column(file, self->names[i]);
        if (place < 0)
            return hy_error_detail(
                hy_error("42703", "no column named \"%s\" found in Parquet file", self->names[i]),
                "Parquet file: %s", file->path);
        HY_TRY(hy_parquet_check_type(file, &file->columns[place], self->layout.types[i]));
        places[i] = (uint32_t)place;
    }
    return HY_OK;
}

static HyStatus parquet_start(HySource *source, HyExec *exec, size_t *n_morsels)
{
    ParquetSource *self = (ParquetSource *)source;
    self->memory = exec->ctx->memory;
    close_files(self);
    *n_morsels = 0;
    for (size_t i = 0; i < self->external->n_paths; i++) {
        HY_TRY(hy_parquet_open(self->external->paths[i], &self->files[i]));
        self->n_files++;
        HY_TRY(find_columns(self, self->files[i], self->places[i]));
        self->first_morsels[i] = *n_morsels;
        *n_morsels += self->files[i]->n_groups;
    }
    self->first_morsels[self->n_files] = *n_morsels;
    return HY_OK;
}

static void parquet_destroy(HySource *source)
{
    close_files((ParquetSource *)source);
}

/* A reader per column, ended by NULL. */
static void parquet_close(void *local)
{
    HyParquetColumnReader **readers = local;
    for (size_t i = 0; readers[i]; i++)
        hy_parquet_reader_destroy(readers[i]);
    free(readers);
}

static HyStatus parquet_open(HySource *source, HyWorker *worker, void **local)
{
    const ParquetSource *self = (ParquetSource *)source;
    (void)worker;
    HyParquetColumnReader **readers = calloc(self->layout.n + 1, sizeof *readers);
    if (!readers)
        return hy_error_oom(0);
    *local = readers;
    for (size_t i = 0; i < self->layout.n; i++)
        HY_TRY(hy_parquet_reader_create(self->memory, &readers[i]));
    return HY_OK;
}

static HyStatus emit_group(
    ParquetSource *self, HyWorker *worker, HyParquetColumnReader **readers, uint64_t n_rows)
{
    for (uint64_t done = 0; done < n_rows && !hy_worker_may_stop(worker);) {
        uint64_t left = n_rows - done;
        HyBatch batch = {.n_rows = left < HY_VECTOR_SIZE ? (size_t)left : HY_VECTOR_SIZE,
            .n_cols = self->layout.n};
        HY_TRY(hy_worker_check_cancel(worker));
        HY_BATCH_NEW(worker, batch.cols, batch.n_cols);
        for (size_t i = 0; i < batch.n_cols; i++)
            HY_TRY(hy_parquet_reader_next(readers[i], batch.n_rows, worker->arena, &batch.cols[i]));
        HY_TRY(hy_source_emit(&self->source, worker, &batch));
        hy_arena_reset(worker->arena);
        done += batch.n_rows;
    }
    return HY_OK;
}

static HyStatus parquet_run(HySource *source, HyWorker *worker, void *local, size_t morsel)
{
    ParquetSource *self = (ParquetSource *)source;
    HyParquetColumnReader **readers = local;
    size_t i = 0;
    while (self->first_morsels[i + 1] <= morsel)
        i++;
    const HyParquetFile *file = self->files[i];
    size_t group = morsel - self->first_morsels[i];
    for (size_t col = 0; col < self->layout.n; col++)
        HY_TRY(hy_parquet_reader_start(
            readers[col], file, group, self->places[i][col], self->layout.types[col]));
    return emit_group(self, worker, readers, file->groups[group].n_rows);
}

static const HySourceClass parquet_class = {.start = parquet_start,
    .open = parquet_open,
    .run = parquet_run,
    .close = parquet_close,
    .destroy = parquet_destroy};

HyStatus hy_compile_parquet(HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out)
{
    ParquetSource *source;
    uint32_t *columns;
    size_t n_paths = alg->external->n_paths;
    HY_TRY(hy_source_new(c->exec, &parquet_class, alg, sizeof *source, &source));
    source->external = alg->external;
    HY_TRY(hy_leaf_layout(c, alg, need, &source->layout, &columns));
    HY_ARENA_NEW(c->arena, source->names, source->layout.n + 1);
    for (size_t i = 0; i < source->layout.n; i++)
        source->names[i] = alg->external->column_names[alg->external_columns[columns[i]]];
    HY_ARENA_NEW(c->arena, source->files, n_paths + 1);
    HY_ARENA_NEW(c->arena, source->first_morsels, n_paths + 1);
    HY_ARENA_NEW(c->arena, source->places, n_paths + 1);
    for (size_t i = 0; i < n_paths; i++)
        HY_ARENA_NEW(c->arena, source->places[i], source->layout.n + 1);
    return hy_stream_begin(c, &source->source, &source->layout, out);
}
