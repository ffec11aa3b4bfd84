/* Files as tables: external(..), COPY FROM, external tables. Pieces of the files are parsed by all
 * workers; COPY puts their rows into order again. */
#include "exec/compile.h"
#include "io/csv_reader.h"
#include <stdlib.h>

typedef struct CsvSource {
    HySource source;
    const HyExternal *external;
    HyCsvOptions options;
    HyCsvReader *reader;
    HyLayout layout;
} CsvSource;

static HyStatus csv_start(HySource *source, HyExec *exec, size_t *n_morsels)
{
    CsvSource *self = (CsvSource *)source;
    self->options.style = *exec->ctx->env.style;
    self->options.memory = exec->ctx->memory;
    hy_csv_reader_close(self->reader);
    self->reader = NULL;
    HY_TRY(hy_csv_reader_open(&self->options, self->external->paths, self->external->n_paths,
        exec->ctx->client_input, &self->reader));
    *n_morsels = SIZE_MAX;
    atomic_fetch_add(&exec->ctx->progress_total, hy_csv_reader_piece_estimate(self->reader));
    return HY_OK;
}

static HyStatus csv_open(HySource *source, HyWorker *worker, void **local)
{
    (void)worker;
    HyCsvParser *parser;
    HY_TRY(hy_csv_parser_create(((CsvSource *)source)->reader, &parser));
    *local = parser;
    return HY_OK;
}

static void csv_close(void *local)
{
    hy_csv_parser_destroy(local);
}

static HyStatus csv_run(HySource *source, HyWorker *worker, void *local, size_t morsel)
{
    (void)morsel;
    uint64_t number;
    bool has_piece;
    worker->sequence = HY_NO_MORSEL;
    HY_TRY(hy_csv_parser_take(local, &number, &has_piece));
    if (!has_piece) {
        atomic_store(&worker->branch->is_exhausted, true);
        return HY_OK;
    }
    worker->sequence = worker->first_sequence + number;
    while (!hy_worker_may_stop(worker)) {
        HyBatch batch;
        HY_TRY(hy_csv_parser_next(local, &batch));
        if (batch.n_rows == 0)
            break;
        batch.n_cols = ((CsvSource *)source)->layout.n;
        HY_TRY(hy_source_emit(source, worker, &batch));
        hy_arena_reset(worker->arena);
    }
    return HY_OK;
}

static void csv_destroy(HySource *source)
{
    hy_csv_reader_close(((CsvSource *)source)->reader);
}

static const HySourceClass csv_class = {.start = csv_start,
    .open = csv_open,
    .run = csv_run,
    .close = csv_close,
    .destroy = csv_destroy};

static HyStatus csv_columns(HyCompiler *c, const HyExternal *external, HyCsvOptions *options)
{
    HyCsvColumn *columns;
    HY_ARENA_NEW(c->arena, columns, external->n_columns);
    for (size_t i = 0; i < external->n_columns; i++)
        columns[i] = (HyCsvColumn){.name = external->column_names[i],
            .type = external->column_types[i],
            .force_null = external->force_null && external->force_null[i],
            .force_not_null = external->force_not_null && external->force_not_null[i]};
    options->columns = columns;
    options->n_columns = external->n_columns;
    return HY_OK;
}

static HyStatus csv_options(HyCompiler *c, const HyExternal *external, HyCsvOptions *options)
{
    *options = (HyCsvOptions){.is_text = external->format == HY_FORMAT_TEXT,
        .delimiter = external->delimiter,
        .quote = external->quote,
        .escape = external->escape,
        .has_header = external->has_header,
        .null_text = external->null_text,
        .encoding = external->encoding,
        .sanitize = external->sanitize,
        .null_on_cast_failure = external->null_on_cast_failure,
        .has_guessed_types = external->is_sniffed,
        .skip_bad_rows = external->skip_bad_rows,
        .reject_limit = external->reject_limit,
        .rejects = external->rejects,
        .pad_with_nulls = external->pad_with_nulls,
        .ignore_extra_fields = external->ignore_extra_fields};
    if (!hy_compression_from_name(external->compression, &options->compression))
        return hy_error("42601", "unknown compression '%s'", external->compression);
    return csv_columns(c, external, options);
}

/* A slow client must not hold up the workers, which serve all sessions: its bytes are read on the
 * statement's own thread. */
static bool uses_client(const HyExternal *external)
{
    for (size_t i = 0; i < external->n_paths; i++) {
        if (strcmp(external->paths[i], "-") == 0)
            return true;
    }
    return false;
}

/* The columns to read: those of the layout, and behind them, where faulty rows are left out, all
 * others, so that which rows those are does not depend on the query. */
static HyStatus choose_columns(
    HyCompiler *c, const HyAlg *alg, const uint32_t *places, CsvSource *source)
{
    const HyExternal *external = alg->external;
    uint32_t *wanted;
    bool *is_read;
    size_t n = source->layout.n;
    HY_ARENA_NEW(c->arena, wanted, n + external->n_columns);
    HY_ARENA_NEW(c->arena, is_read, external->n_columns);
    for (size_t i = 0; i < n; i++) {
        wanted[i] = alg->external_columns[places[i]];
        is_read[wanted[i]] = true;
    }
    for (uint32_t i = 0; i < external->n_columns && external->skip_bad_rows; i++)
        if (!is_read[i])
            wanted[n++] = i;
    source->options.wanted = wanted;
    source->options.n_wanted = n;
    return HY_OK;
}

static HyStatus compile_csv(HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out)
{
    CsvSource *source;
    uint32_t *columns;
    HY_TRY(hy_source_new(c->exec, &csv_class, alg, sizeof *source, &source));
    source->external = alg->external;
    HY_TRY(csv_options(c, alg->external, &source->options));
    HY_TRY(hy_leaf_layout(c, alg, need, &source->layout, &columns));
    HY_TRY(choose_columns(c, alg, columns, source));
    HY_TRY(hy_stream_begin(c, &source->source, &source->layout, out));
    out->pipeline->is_serial = uses_client(alg->external);
    return HY_OK;
}

HyStatus hy_compile_external(HyCompiler *c, HyAlg *alg, const HyNeed *need, HyStream *out)
{
    switch (alg->external->format) {
    case HY_FORMAT_CSV:
    case HY_FORMAT_TEXT:
        return compile_csv(c, alg, need, out);
    case HY_FORMAT_PARQUET:
        return hy_compile_parquet(c, alg, need, out);
    case HY_FORMAT_ARROW_FILE:
    case HY_FORMAT_ARROW_STREAM:
    case HY_FORMAT_HYPER_BINARY:
        break;
    }
    return hy_error("0A000", "this external format cannot be read yet");
}
