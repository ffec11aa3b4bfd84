/* The serial part of reading CSV: files are read and cut into pieces behind the end of a record. */
#include "io/csv_internal.h"

#include <stdlib.h>

#define DEFAULT_PIECE_BYTES ((size_t)1 << 20)
#define MAX_RECORD_BYTES    ((size_t)1 << 30)

static void split(
    const HyCsvDialect *dialect, const char *data, size_t begin, size_t end, HyCsvSplit *state)
{
    HY_KERNEL_PICK(hy_csv_split)(dialect, data, begin, end, state);
}

/* ---- Opening ---- */

static void choose_dialect(const HyCsvOptions *options, HyCsvDialect *out)
{
    *out = (HyCsvDialect){HY_CSV_PLAIN, options->delimiter, options->quote, options->escape};
    if (options->is_text)
        out->mode = HY_CSV_TEXT;
    else if (options->quote && (!options->escape || options->escape == options->quote))
        out->mode = HY_CSV_DOUBLED;
    else if (options->quote)
        out->mode = HY_CSV_ESCAPED;
}

static HyStatus read_client(HyByteReader *self, void *data, size_t capacity, size_t *len)
{
    HyCsvReader *reader = (HyCsvReader *)((char *)self - offsetof(HyCsvReader, borrowed));
    HyByteReader *client = reader->borrowed.client;
    return client->read(client, data, capacity, len);
}

static bool is_client(const char *path)
{
    return strcmp(path, "-") == 0;
}

/* Sees that all files are there before the first one is loaded. */
static HyStatus measure_files(HyCsvReader *reader)
{
    bool is_known = true;
    for (size_t i = 0; i < reader->n_paths; i++) {
        const char *path = reader->paths[i];
        uint64_t size = 0;
        if (!is_client(path))
            HY_TRY(hy_byte_source_size(path, &size));
        HyStreamCompression compression = hy_compression_of_path(reader->options.compression, path);
        is_known = is_known && size > 0 && compression == HY_COMPRESSION_NONE;
        reader->size_bytes += size;
    }
    if (!is_known)
        reader->size_bytes = 0;
    return HY_OK;
}

HyStatus hy_csv_reader_open(const HyCsvOptions *options, const char *const *paths, size_t n_paths,
    HyByteReader *client, HyCsvReader **out)
{
    HyStatus st = HY_OK;
    HyCsvReader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return hy_error_oom(sizeof *reader);
    pthread_mutex_init(&reader->lock, NULL);
    reader->options = *options;
    if (reader->options.piece_bytes == 0)
        reader->options.piece_bytes = DEFAULT_PIECE_BYTES;
    choose_dialect(options, &reader->dialect);
    reader->null_text = options->null_text ? options->null_text : options->is_text ? "\\N" : "";
    reader->null_len = strlen(reader->null_text);
    reader->paths = paths;
    reader->n_paths = n_paths;
    reader->borrowed.reader.read = read_client;
    reader->borrowed.client = client;
    HY_GO(hy_charset_open(options->encoding, &reader->charset));
    HY_GO(measure_files(reader));
    *out = reader;
    reader = NULL;
done:
    hy_csv_reader_close(reader);
    return st;
}

static void close_source(HyCsvReader *reader)
{
    hy_byte_reader_destroy(reader->source);
    reader->source = NULL;
}

void hy_csv_reader_close(HyCsvReader *reader)
{
    if (!reader)
        return;
    close_source(reader);
    hy_memory_free(reader->options.memory, reader->tail, reader->tail_capacity);
    hy_charset_close(reader->charset);
    hy_error_free(reader->failure);
    pthread_mutex_destroy(&reader->lock);
    free(reader);
}

size_t hy_csv_reader_piece_estimate(const HyCsvReader *reader)
{
    if (reader->size_bytes == 0)
        return 0;
    return (size_t)(reader->size_bytes / reader->options.piece_bytes) + reader->n_paths;
}

uint64_t hy_csv_reader_rejected_count(const HyCsvReader *reader)
{
    return atomic_load(&reader->n_rejected);
}

static HyStatus open_source(HyCsvReader *reader)
{
    const char *path = reader->paths[reader->next_path];
    HyByteReader *source = &reader->borrowed.reader;
    reader->source_name = is_client(path) ? "stdin" : path;
    if (!is_client(path))
        HY_TRY(hy_byte_reader_open(path, reader->options.compression, &source));
    else if (!reader->borrowed.client)
        return hy_error("0A000", "COPY FROM STDIN is not possible here");
    if (hy_charset_kind(reader->charset) == HY_CHARSET_STREAM)
        HY_TRY(hy_charset_reader(
            reader->charset, source, reader->source_name, reader->options.sanitize, &source));
    reader->source = source;
    reader->next_path++;
    reader->state = (HyCsvState){false, false};
    reader->n_records = 0;
    reader->tail_len = 0;
    return HY_OK;
}

/* ---- Cutting ---- */

void hy_csv_piece_free(const HyCsvReader *reader, HyCsvPiece *piece)
{
    hy_memory_free(reader->options.memory, piece->buffer, piece->capacity);
    piece->buffer = NULL;
}

/* Room for `bytes` of data, two more (a line end that the file lacks) and the padding. */
static HyStatus reserve(HyCsvReader *reader, HyCsvPiece *piece, size_t bytes)
{
    size_t capacity = bytes + 2 + 2 * HY_CSV_PADDING;
    if (capacity <= piece->capacity)
        return HY_OK;
    void *buffer = piece->buffer;
    HY_TRY(hy_memory_grow(reader->options.memory, &buffer, piece->capacity, capacity));
    if (!piece->buffer)
        memset(buffer, 0, HY_CSV_PADDING);
    piece->buffer = buffer;
    piece->capacity = capacity;
    return HY_OK;
}

static void end_data(HyCsvPiece *piece, size_t end)
{
    piece->end = end;
    memset(piece->buffer + end, 0, HY_CSV_PADDING);
}

/* Keeps [begin, end) of the buffer for the next piece. */
static HyStatus keep_tail(HyCsvReader *reader, const char *data, size_t len)
{
    if (len > reader->tail_capacity) {
        void *tail = reader->tail;
        HY_TRY(hy_memory_grow(reader->options.memory, &tail, reader->tail_capacity, 2 * len));
        reader->tail = tail;
        reader->tail_capacity = 2 * len;
    }
    if (len)
        memcpy(reader->tail, data, len);
    reader->tail_len = len;
    return HY_OK;
}

static bool is_escaped(const HyCsvReader *reader, const HyCsvPiece *piece, size_t at)
{
    size_t n = 0;
    if (reader->dialect.mode == HY_CSV_TEXT)
        while (at - n > piece->begin && piece->buffer[at - n - 1] == '\\')
            n++;
    return n % 2 == 1;
}

/* Gives the last record of a file a line end when it has none. A final carriage return alone must
 * stay without one, since that is an error; a backslash at the end escapes nothing. */
static void terminate(HyCsvReader *reader, HyCsvPiece *piece, HyCsvSplit *at)
{
    size_t end = piece->end;
    if (at->state.in_quotes) {
        piece->is_unterminated = true;
        end_data(piece, at->last_end ? at->last_end : piece->begin);
        return;
    }
    size_t last_end = at->last_end ? at->last_end : piece->begin;
    if (last_end == end)
        return;
    if (reader->dialect.mode == HY_CSV_TEXT && at->state.is_escaped)
        end--;
    else if (piece->buffer[end - 1] == '\r' && !is_escaped(reader, piece, end - 1))
        piece->buffer[end++] = ' ';
    piece->buffer[end++] = '\n';
    at->n_records++;
    end_data(piece, end);
}

/* Reads until there is the end of a record, or of the file. */
static HyStatus read_piece(HyCsvReader *reader, HyCsvPiece *piece, HyCsvSplit *at, bool *is_end)
{
    size_t target = reader->options.piece_bytes, len = reader->tail_len;
    size_t want = len <= target / 2 ? target - len : target;
    HY_TRY(reserve(reader, piece, len + want));
    piece->begin = HY_CSV_PADDING;
    if (len)
        memcpy(piece->buffer + piece->begin, reader->tail, len);
    end_data(piece, piece->begin + len);
    do {
        size_t n;
        HY_TRY(reserve(reader, piece, piece->end - piece->begin + want));
        HY_TRY(hy_byte_reader_fill(reader->source, piece->buffer + piece->end, want, &n));
        size_t old_end = piece->end;
        end_data(piece, old_end + n);
        split(&reader->dialect, piece->buffer, old_end, piece->end, at);
        *is_end = n < want;
        want = piece->end - piece->begin;
        if (want > MAX_RECORD_BYTES && !at->last_end)
            return hy_error_detail(hy_error("54000", "record is too long"), "file: '%s' line:%llu",
                reader->source_name, (unsigned long long)reader->n_records + 1);
    } while (!at->last_end && !*is_end);
    return HY_OK;
}

/* The next piece of the open file; it may be empty at the end. */
static HyStatus cut_piece(HyCsvReader *reader, HyCsvPiece *piece)
{
    HyCsvSplit at = {.state = reader->state};
    bool is_end = false;
    piece->is_unterminated = false;
    piece->name = reader->source_name;
    HY_TRY(read_piece(reader, piece, &at, &is_end));
    if (is_end) {
        terminate(reader, piece, &at);
        close_source(reader);
    } else {
        HY_TRY(keep_tail(reader, piece->buffer + at.last_end, piece->end - at.last_end));
        end_data(piece, at.last_end);
    }
    reader->state = at.state;
    piece->first_record = reader->n_records + 1;
    piece->n_header = reader->options.has_header && reader->n_records == 0;
    reader->n_records += at.n_records;
    return HY_OK;
}

static HyStatus take_locked(HyCsvReader *reader, HyCsvPiece *piece, bool *has_piece)
{
    while (!reader->is_ended) {
        if (!reader->source) {
            if (reader->next_path == reader->n_paths) {
                reader->is_ended = true;
                break;
            }
            HY_TRY(open_source(reader));
        }
        HY_TRY(cut_piece(reader, piece));
        if (piece->end > piece->begin || piece->is_unterminated) {
            *has_piece = true;
            break;
        }
    }
    return HY_OK;
}

/* Keeps the failure of the earliest piece; gives it to the last worker that is done. */
static HyStatus note_failure(HyCsvReader *reader, HyStatus failure, uint64_t piece)
{
    if (failure) {
        reader->is_ended = true;
        if (!reader->failure || piece < reader->failed_piece) {
            hy_error_free(reader->failure);
            reader->failure = failure;
            reader->failed_piece = piece;
        } else {
            hy_error_free(failure);
        }
    }
    if (reader->n_active > 0)
        return HY_OK;
    HyStatus st = reader->failure;
    reader->failure = HY_OK;
    return st;
}

HyStatus hy_csv_reader_take(HyCsvReader *reader, HyCsvPiece *piece, bool *has_piece)
{
    *has_piece = false;
    pthread_mutex_lock(&reader->lock);
    HyStatus st = take_locked(reader, piece, has_piece);
    piece->number = reader->n_pieces++;
    if (*has_piece)
        reader->n_active++;
    if (st)
        st = note_failure(reader, st, piece->number);
    pthread_mutex_unlock(&reader->lock);
    return st;
}

HyStatus hy_csv_reader_give_back(HyCsvReader *reader, const HyCsvPiece *piece, HyStatus failure)
{
    pthread_mutex_lock(&reader->lock);
    reader->n_active--;
    HyStatus st = note_failure(reader, failure, piece->number);
    pthread_mutex_unlock(&reader->lock);
    return st;
}
