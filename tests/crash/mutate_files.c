/* Damages sample files at random and uses them: verify, info, attach, every table and column read
 * in several ways, changes, verify again. Nothing may crash, hang or leak (run it in an ASan
 * build); any answer and any error is fine.
 *
 *     mutate_files FOLDER_OF_HYPER_FILES [ROUNDS] [SEED] [FIRST_ROUND]
 *
 * Round n of a seed is the same damage on every machine. A file that ends the run stays in
 * mutate_PID.hyper of the temporary folder; with VERBOSE set the rounds are printed, and
 * FIRST_ROUND as fourth argument begins with one of them.
 */
#include "file_damage.h"
#include "openhyper.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_FILES   64
#define MAX_SECONDS 60
#define LARGE       100000 /* bytes of a sample that is taken seldom */

typedef struct Sample {
    char name[256];
    unsigned char *bytes;
    size_t len;
} Sample;

static Sample samples[MAX_FILES];
static size_t n_samples;

typedef struct Counts {
    size_t n_files, n_opened, n_statements, n_failed, n_faults;
} Counts;

static void read_sample(const char *folder, const char *name)
{
    char path[4096];
    Sample *s = &samples[n_samples];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    if (!f || fseek(f, 0, SEEK_END) != 0)
        exit(2);
    long len = ftell(f);
    rewind(f);
    s->len = (size_t)len;
    s->bytes = malloc(s->len);
    if (!s->bytes || fread(s->bytes, 1, s->len, f) != s->len)
        exit(2);
    (void)fclose(f);
    (void)snprintf(s->name, sizeof s->name, "%s", name);
    n_samples++;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const Sample *)a)->name, ((const Sample *)b)->name);
}

static void read_samples(const char *folder)
{
    DIR *dir = opendir(folder);
    if (!dir) {
        fprintf(stderr, "mutate_files: skipped, there is no folder %s\n", folder);
        exit(77);
    }
    for (struct dirent *e = readdir(dir); e && n_samples < MAX_FILES; e = readdir(dir)) {
        size_t len = strlen(e->d_name);
        if (len > 6 && strcmp(e->d_name + len - 6, ".hyper") == 0)
            read_sample(folder, e->d_name);
    }
    closedir(dir);
    qsort(samples, n_samples, sizeof *samples, compare_names);
}

static void write_damaged(const char *path, Dice *dice)
{
    const Sample *sample = &samples[dice_below(dice, n_samples)];
    for (int tries = 0; tries < 3 && sample->len > LARGE; tries++)
        sample = &samples[dice_below(dice, n_samples)];
    DamagedFile file = {malloc(sample->len), sample->len};
    FILE *f = fopen(path, "wb");
    if (!file.bytes || !f)
        exit(2);
    memcpy(file.bytes, sample->bytes, sample->len);
    for (size_t n = 1 + (dice_below(dice, 3) == 0), i = 0; i < n; i++)
        damage_file(&file, dice);
    if (fwrite(file.bytes, 1, file.len, f) != file.len)
        exit(2);
    (void)fclose(f);
    free(file.bytes);
}

/* ---- Use ---- */

static void count_fault(void *context, const char *fault)
{
    *(size_t *)context += strlen(fault) > 0;
}

/* Runs a statement and reads all it gives; the text of the last value of the last column, or NULL.
 */
static char *run(openhyper_connection *connection, const char *sql, Counts *counts)
{
    openhyper_result *result = NULL;
    char *text = NULL;
    size_t len;
    openhyper_error *error = openhyper_execute(connection, sql, strlen(sql), &result);
    for (size_t n = 1; !error && n > 0;) {
        const openhyper_column *columns;
        error = openhyper_result_fetch(result, &columns, &n);
        size_t n_columns = openhyper_result_column_count(result);
        if (error || n == 0 || n_columns == 0)
            continue;
        const openhyper_column *last = &columns[n_columns - 1];
        bool is_text =
            openhyper_result_column_type(result, n_columns - 1).physical == OPENHYPER_STRING;
        if (!is_text || (last->validity && !(last->validity[(n - 1) / 64] >> ((n - 1) % 64) & 1)))
            continue;
        free(text);
        const openhyper_string *s = (const openhyper_string *)last->data + n - 1;
        len = s->len;
        text = strndup(openhyper_string_data(s), len);
    }
    counts->n_statements++;
    counts->n_failed += error != NULL;
    if (error && getenv("VERBOSE"))
        fprintf(stderr, "  %s: %s: %s\n", sql, openhyper_error_sqlstate(error),
            openhyper_error_message(error));
    openhyper_error_free(error);
    openhyper_result_destroy(result);
    return text;
}

static char *run_format(openhyper_connection *connection, Counts *counts, const char *format,
    const char *a, const char *b, const char *c)
{
    size_t room = strlen(format) + 4 * (strlen(a) + strlen(b) + strlen(c)) + 1;
    char *sql = malloc(room);
    if (!sql)
        exit(2);
    char *to = sql;
    for (const char *at = format; *at; at++) {
        const char *put = *at == '@' ? a : *at == '#' ? b : *at == '~' ? c : NULL;
        if (put) {
            memcpy(to, put, strlen(put));
            to += strlen(put);
        } else {
            *to++ = *at;
        }
    }
    *to = '\0';
    char *text = run(connection, sql, counts);
    free(sql);
    return text;
}

/* A copy between marks, which are doubled within. */
static char *quote(const char *text, char mark)
{
    char *out = malloc(2 * strlen(text) + 3);
    if (!out)
        exit(2);
    char *to = out;
    *to++ = mark;
    for (; *text; text++) {
        *to++ = *text;
        if (*text == mark)
            *to++ = mark;
    }
    *to++ = mark;
    *to = '\0';
    return out;
}

/* The ways in which a scan meets a column: predicates on every form, groups, order, a join. */
static void use_column(
    openhyper_connection *connection, Counts *counts, const char *table, const char *column)
{
    static const char *const queries[] = {
        "SELECT count(*) FROM # WHERE @ IS NULL",
        "SELECT count(@), count(DISTINCT @), min(@), max(@) FROM #",
        "SELECT @, count(*) FROM # GROUP BY 1 ORDER BY 1 DESC LIMIT 5",
        "SELECT count(*) FROM # WHERE @ IN (SELECT @ FROM #)",
        "SELECT @ FROM # ORDER BY @ LIMIT 100",
    };
    static const char *const tests[] = {"SELECT count(*) FROM # WHERE @ = ~",
        "SELECT count(*) FROM # WHERE @ < ~", "SELECT count(*) FROM # WHERE @ >= ~",
        "SELECT count(*) FROM # WHERE @ <> ~", "SELECT count(*) FROM # WHERE @ IN (~, ~)"};
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++)
        free(run_format(connection, counts, queries[i], column, table, ""));
    char *value = run_format(connection, counts, "SELECT max(@)::text FROM #", column, table, "");
    char *literal = value ? quote(value, '\'') : NULL;
    for (size_t i = 0; literal && i < sizeof tests / sizeof *tests; i++)
        free(run_format(connection, counts, tests[i], column, table, literal));
    free(literal);
    free(value);
}

static void change_table(openhyper_connection *connection, Counts *counts, Dice *dice,
    const char *table, const char *column)
{
    static const char *const changes[] = {"INSERT INTO # SELECT * FROM # LIMIT 3000",
        "DELETE FROM # WHERE @ = (SELECT max(@) FROM #)", "UPDATE # SET @ = @",
        "DELETE FROM # WHERE @ IS NULL", "ALTER TABLE # ADD COLUMN added int",
        "CREATE TABLE made AS SELECT * FROM #", "ALTER TABLE # DROP COLUMN @", "DROP TABLE #"};
    size_t n = sizeof changes / sizeof *changes;
    for (size_t i = 0; i < 3; i++)
        free(run_format(connection, counts, changes[dice_below(dice, n)], column, table, ""));
}

static void use_table(openhyper_connection *connection, Counts *counts, Dice *dice,
    const char *schema, const char *name)
{
    char *a = quote(schema, '"');
    char *b = quote(name, '"');
    char *table = malloc(strlen(a) + strlen(b) + 2);
    openhyper_table_info *info = NULL;
    if (!table)
        exit(2);
    (void)sprintf(table, "%s.%s", a, b);
    free(run_format(connection, counts, "SELECT * FROM #", "", table, ""));
    openhyper_error *error = openhyper_describe_table(connection, NULL, schema, name, &info);
    for (size_t i = 0; !error && i < 3 && info->n_columns > 0; i++) {
        char *column = quote(info->columns[dice_below(dice, info->n_columns)].name, '"');
        use_column(connection, counts, table, column);
        if (i == 2)
            change_table(connection, counts, dice, table, column);
        free(column);
    }
    openhyper_error_free(error);
    openhyper_free(info);
    free(table);
    free(b);
    free(a);
}

static void use_tables(openhyper_connection *connection, Counts *counts, Dice *dice)
{
    char **schemas = NULL;
    openhyper_error_free(openhyper_list_schemas(connection, NULL, &schemas));
    for (char **schema = schemas; schema && *schema; schema++) {
        char **tables = NULL;
        openhyper_error_free(openhyper_list_tables(connection, NULL, *schema, &tables));
        for (char **table = tables; table && *table; table++)
            use_table(connection, counts, dice, *schema, *table);
        openhyper_free(tables);
    }
    openhyper_free(schemas);
}

static size_t verify(const char *path)
{
    size_t told = 0;
    size_t n_faults = 0;
    openhyper_error *error = openhyper_verify_file(path, count_fault, &told, &n_faults);
    if (error || told != n_faults)
        n_faults++;
    openhyper_error_free(error);
    return n_faults;
}

static void use_file(const char *path, Dice *dice, Counts *counts)
{
    openhyper_instance *instance;
    openhyper_connection *connection = NULL;
    char *json = NULL;
    const openhyper_setting settings[] = {
        {"threads", dice_below(dice, 4) ? "1" : "2"}, {NULL, NULL}};
    size_t n_faults = verify(path);
    openhyper_error_free(openhyper_describe_file(path, &json));
    openhyper_free(json);
    openhyper_error *error = openhyper_instance_create(settings, &instance);
    if (error)
        exit(2);
    error = openhyper_connect(instance, NULL, &connection);
    if (!error)
        error = openhyper_attach(connection, path, "d", OPENHYPER_CREATE_NONE);
    counts->n_files++;
    counts->n_opened += error == NULL;
    counts->n_faults += n_faults > 0;
    if (error && getenv("VERBOSE"))
        fprintf(stderr, "  not opened: %s: %s: %s\n", openhyper_error_sqlstate(error),
            openhyper_error_message(error),
            openhyper_error_detail(error) ? openhyper_error_detail(error) : "");
    if (!error)
        use_tables(connection, counts, dice);
    openhyper_error_free(error);
    openhyper_error_free(openhyper_disconnect(connection));
    openhyper_instance_destroy(instance);
    (void)verify(path);
}

int main(int argc, char **argv)
{
    char path[512];
    const char *folder = getenv("TMPDIR");
    unsigned long rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 300;
    uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
    unsigned long first = argc > 4 ? strtoul(argv[4], NULL, 10) : 0;
    Counts counts = {0};
    if (argc < 2) {
        fprintf(stderr, "usage: mutate_files FOLDER [ROUNDS] [SEED] [FIRST_ROUND]\n");
        return 2;
    }
    read_samples(argv[1]);
    (void)snprintf(
        path, sizeof path, "%s/mutate_%d.hyper", folder ? folder : "/tmp", (int)getpid());
    for (unsigned long i = first; n_samples && i < first + rounds; i++) {
        Dice dice = {(seed * UINT64_C(0x9E3779B97F4A7C15) + i) * UINT64_C(0xBF58476D1CE4E5B9) | 1};
        for (int warm = 0; warm < 8; warm++)
            (void)dice_roll(&dice);
        write_damaged(path, &dice);
        if (getenv("VERBOSE"))
            fprintf(stderr, "round %lu\n", i);
        alarm(MAX_SECONDS); /* a hang ends the run with SIGALRM */
        use_file(path, &dice, &counts);
    }
    alarm(0);
    unlink(path);
    for (size_t i = 0; i < n_samples; i++)
        free(samples[i].bytes);
    printf("%zu damaged files, %zu with faults, %zu opened, %zu statements, %zu failed\n",
        counts.n_files, counts.n_faults, counts.n_opened, counts.n_statements, counts.n_failed);
    return 0;
}
