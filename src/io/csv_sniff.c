/* The schema of a CSV file from a sample of it. */
#include "io/csv_sniff.h"

#include "base/utf8.h"
#include "types/cast.h"

#include <string.h>
#include <strings.h>

#define SAMPLE_BYTES ((size_t)256 << 10)
#define MAX_COLUMNS  ((size_t)4096)

/* Types that a value can have, in the order in which they are preferred. */
enum { IS_BOOL = 1, IS_INT = 2, IS_DOUBLE = 4, IS_DATE = 8, IS_TIMESTAMP = 16, IS_ALL = 31 };

typedef struct Field {
    const char *text;
    size_t len;
    bool is_quoted; /* without its outer quotes it still has the inner ones doubled */
} Field;

typedef struct Sample {
    HyArena *arena;
    HyCsvSniff *sniff;
    const char *data;
    size_t len;
    size_t at; /* of the next record */
    bool is_cut;
    Field *fields; /* of the record read last, MAX_COLUMNS */
    size_t n_fields;
} Sample;

/* ---- Records ---- */

static HyStatus load(Sample *sample)
{
    HyByteReader *reader;
    char *data = hy_arena_alloc(sample->arena, SAMPLE_BYTES);
    if (!data)
        return hy_error_oom(SAMPLE_BYTES);
    HY_TRY(hy_byte_reader_open(sample->sniff->path, sample->sniff->compression, &reader));
    HyStatus st = hy_byte_reader_fill(reader, data, SAMPLE_BYTES, &sample->len);
    hy_byte_reader_destroy(reader);
    HY_TRY(st);
    sample->is_cut = sample->len == SAMPLE_BYTES;
    sample->data = data;
    if (sample->len >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0) {
        sample->data += 3;
        sample->len -= 3;
    }
    return HY_OK;
}

static void add_field(Sample *sample, size_t begin, size_t end)
{
    const char quote = sample->sniff->quote;
    Field field = {sample->data + begin, end - begin, false};
    if (quote && field.len >= 2 && field.text[0] == quote && field.text[field.len - 1] == quote)
        field = (Field){field.text + 1, field.len - 2, true};
    if (sample->n_fields < MAX_COLUMNS)
        sample->fields[sample->n_fields++] = field;
}

/* False: there is no further whole record. */
static bool next_record(Sample *sample, char delimiter)
{
    const HyCsvSniff *sniff = sample->sniff;
    bool in_quotes = false;
    size_t begin = sample->at;
    size_t i = sample->at;
    sample->n_fields = 0;
    for (; i < sample->len; i++) {
        char c = sample->data[i];
        if (in_quotes && sniff->escape && sniff->escape != sniff->quote && c == sniff->escape) {
            i++;
        } else if (sniff->quote && c == sniff->quote) {
            in_quotes = !in_quotes;
        } else if (!in_quotes && c == delimiter) {
            add_field(sample, begin, i);
            begin = i + 1;
        } else if (!in_quotes && c == '\n') {
            break;
        }
    }
    if (i >= sample->len && (sample->is_cut || sample->at >= sample->len))
        return false;
    size_t end = i < sample->len ? i : sample->len;
    add_field(sample, begin, end > begin && sample->data[end - 1] == '\r' ? end - 1 : end);
    sample->at = end + 1;
    return true;
}

/* The one that cuts every record into the same number of fields, the largest such number. */
static void find_delimiter(Sample *sample)
{
    static const char candidates[] = {',', ';', '\t', '|'};
    size_t best = 1;
    for (size_t i = 0; i < HY_ARRAY_LEN(candidates); i++) {
        size_t n = 0;
        bool is_even = true;
        sample->at = 0;
        while (is_even && next_record(sample, candidates[i])) {
            is_even = n == 0 || sample->n_fields == n || sample->sniff->is_ragged;
            n = n > sample->n_fields ? n : sample->n_fields;
        }
        if (is_even && n > best) {
            best = n;
            sample->sniff->delimiter = candidates[i];
        }
    }
}

/* ---- Types ---- */

static bool parses(Sample *sample, const Field *field, HyTypeId id)
{
    union {
        char bytes[16];
        HyInt128 align;
    } payload;
    HyStatus st = hy_value_parse(
        sample->arena, hy_type(id), sample->sniff->style, field->text, field->len, &payload);
    hy_error_free(st);
    return !st;
}

static bool is_word(const Field *field, const char *word)
{
    return field->len == strlen(word) && strncasecmp(field->text, word, field->len) == 0;
}

static unsigned number_types(Sample *sample, const Field *field)
{
    const char *text = field->text;
    size_t len = field->len;
    if (text[0] == '-' || text[0] == '+') {
        text++;
        len--;
    }
    if (len == 0 || (len > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9'))
        return 0;
    size_t n_digits = 0;
    while (n_digits < len && text[n_digits] >= '0' && text[n_digits] <= '9')
        n_digits++;
    if (n_digits == len)
        return parses(sample, field, HY_TYPE_INT8) ? IS_INT | IS_DOUBLE : 0;
    return parses(sample, field, HY_TYPE_FLOAT8) ? IS_DOUBLE : 0;
}

static unsigned types_of(Sample *sample, const Field *field)
{
    static const char plain[] = "0123456789+-.eE";
    if (!field->is_quoted && is_word(field, sample->sniff->null_text))
        return IS_ALL;
    if (is_word(field, "true") || is_word(field, "false") || is_word(field, "t") ||
        is_word(field, "f"))
        return IS_BOOL;
    if (field->len == 0 || !memchr("0123456789+-.", field->text[0], 13))
        return 0;
    size_t n_plain = 0;
    while (n_plain < field->len && memchr(plain, field->text[n_plain], sizeof plain - 1))
        n_plain++;
    unsigned types = n_plain == field->len ? number_types(sample, field) : 0;
    if (types || field->len < 6)
        return types;
    if (memchr(field->text, ':', field->len))
        return parses(sample, field, HY_TYPE_TIMESTAMP) ? IS_TIMESTAMP : 0;
    if (!memchr(field->text, '-', field->len) && !memchr(field->text, '/', field->len) &&
        !memchr(field->text, '.', field->len))
        return 0;
    return parses(sample, field, HY_TYPE_DATE) ? IS_DATE | IS_TIMESTAMP : 0;
}

static HyType preferred(unsigned types)
{
    if (types == IS_ALL || types == 0)
        return hy_type(HY_TYPE_TEXT);
    return hy_type(types & IS_BOOL     ? HY_TYPE_BOOL
                   : types & IS_INT    ? HY_TYPE_INT8
                   : types & IS_DOUBLE ? HY_TYPE_FLOAT8
                   : types & IS_DATE   ? HY_TYPE_DATE
                                       : HY_TYPE_TIMESTAMP);
}

/* ---- Header and names ---- */

typedef struct Columns {
    Field *first; /* of the first record, empty ones behind its own */
    size_t n_first;
    unsigned *first_types;
    unsigned *types;   /* of the others */
    bool *is_repeated; /* another record has the same text */
    size_t n;
    bool has_rows; /* behind the first record */
} Columns;

static HyStatus look_at_records(Sample *sample, Columns *columns)
{
    const char delimiter = sample->sniff->delimiter;
    sample->at = 0;
    if (!next_record(sample, delimiter))
        return HY_OK;
    columns->n_first = sample->n_fields;
    columns->n = columns->n_first;
    while (sample->sniff->pads && next_record(sample, delimiter))
        columns->n = columns->n > sample->n_fields ? columns->n : sample->n_fields;
    sample->at = 0;
    if (!next_record(sample, delimiter))
        return HY_OK;
    HY_ARENA_NEW(sample->arena, columns->first, columns->n);
    HY_ARENA_NEW(sample->arena, columns->first_types, columns->n);
    HY_ARENA_NEW(sample->arena, columns->types, columns->n);
    HY_ARENA_NEW(sample->arena, columns->is_repeated, columns->n);
    for (size_t i = 0; i < columns->n; i++) {
        const Field none = {"", 0, false};
        bool is_there = i < columns->n_first;
        columns->first[i] = is_there ? sample->fields[i] : none;
        columns->first_types[i] = is_there ? types_of(sample, &sample->fields[i]) : IS_ALL;
        columns->types[i] = IS_ALL;
    }
    while (next_record(sample, delimiter)) {
        columns->has_rows = true;
        for (size_t i = 0; i < columns->n && i < sample->n_fields; i++) {
            const Field *field = &sample->fields[i];
            if (columns->types[i])
                columns->types[i] &= types_of(sample, field);
            columns->is_repeated[i] |= field->len == columns->first[i].len &&
                                       memcmp(field->text, columns->first[i].text, field->len) == 0;
        }
    }
    return HY_OK;
}

static bool looks_like_name(const Field *field)
{
    for (size_t i = 0; i < field->len; i++) {
        if ((uint8_t)field->text[i] <= ' ' || field->text[i] == ',')
            return false;
    }
    return field->text[0] < '0' || field->text[0] > '9';
}

/* The first record is a header if it has words only, none of them twice in its column, where
 * numbers or dates stand below one of them or the words look like names. */
static bool guess_header(const Columns *columns)
{
    bool has_typed = false;
    bool are_names = true;
    for (size_t i = 0; i < columns->n_first; i++) {
        const Field *field = &columns->first[i];
        unsigned types = columns->first_types[i];
        if (types == IS_BOOL && !(columns->types[i] & IS_BOOL))
            types = 0; /* t and f are names too */
        if (field->len == 0 || types || columns->is_repeated[i])
            return false;
        has_typed |= columns->types[i] && columns->types[i] != IS_ALL;
        are_names &= looks_like_name(field);
    }
    return has_typed || are_names;
}

/* Doubled quotes made single. */
static HyStatus header_name(Sample *sample, const Field *field, size_t column, const char **out)
{
    size_t valid;
    bool is_usable = field->len > 0 && hy_utf8_validate(field->text, field->len, &valid);
    char *name = is_usable ? hy_arena_strndup(sample->arena, field->text, field->len)
                           : hy_arena_printf(sample->arena, "column%zu", column);
    if (!name)
        return hy_error_oom(field->len);
    *out = name;
    if (!is_usable || !field->is_quoted)
        return HY_OK;
    char *to = name;
    for (const char *from = name; *from; from++) {
        *to++ = *from;
        if (*from == sample->sniff->quote && from[1] == *from)
            from++;
    }
    *to = 0;
    return HY_OK;
}

/* a, a_1, a_2 .. */
static HyStatus make_distinct(Sample *sample, const char **names, size_t n)
{
    const char *wanted = names[n];
    size_t number = 0;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(names[i], names[n]) != 0)
            continue;
        names[n] = hy_arena_printf(sample->arena, "%s_%zu", wanted, ++number);
        if (!names[n])
            return hy_error_oom(strlen(wanted));
        i = SIZE_MAX; /* from the start again */
    }
    return HY_OK;
}

static HyStatus set_columns(Sample *sample, const Columns *columns)
{
    HyCsvSniff *sniff = sample->sniff;
    sniff->n_columns = columns->n;
    HY_ARENA_NEW(sample->arena, sniff->names, columns->n + 1);
    HY_ARENA_NEW(sample->arena, sniff->types, columns->n + 1);
    for (size_t i = 0; i < columns->n; i++) {
        const Field none = {"", 0, false};
        const Field *title = sniff->has_header ? &columns->first[i] : &none;
        unsigned types = columns->types[i];
        if (!sniff->has_header)
            types &= columns->first_types[i];
        sniff->types[i] = preferred(types);
        sniff->types[i].nullable = true;
        HY_TRY(header_name(sample, title, i, &sniff->names[i]));
        HY_TRY(make_distinct(sample, sniff->names, i));
    }
    return HY_OK;
}

HyStatus hy_csv_sniff(HyArena *arena, HyCsvSniff *sniff)
{
    Sample sample = {.arena = arena, .sniff = sniff};
    Columns columns = {0};
    HY_ARENA_NEW(arena, sample.fields, MAX_COLUMNS);
    HY_TRY(load(&sample));
    if (!sniff->has_delimiter)
        find_delimiter(&sample);
    HY_TRY(look_at_records(&sample, &columns));
    if (!sniff->knows_header)
        sniff->has_header = columns.n > 0 && guess_header(&columns);
    return set_columns(&sample, &columns);
}
