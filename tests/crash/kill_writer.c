/* Kills a writing process with SIGKILL at random moments and checks that the file is whole and that
 * no acknowledged commit is lost.
 *
 *     kill_writer [ROUNDS] [SEED]
 *
 * The child works on one file: inserts, updates, deletes, in transactions of changing size, most of
 * them small enough for the write-ahead log, some that go into the file; after each COMMIT that
 * returned it writes the number of the commit to a pipe. The parent kills it after a random time,
 * checks the file, and reads the table: the last commit found must not be older than the last one
 * acknowledged, and the table must be exactly what that commit left. Before that it damages the log
 * of a copy at random: what opens then may be older, but must be what some commit left too. */
#include "openhyper.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A small generator of its own: the run must be repeatable by its seed on every system. */
static uint64_t random_state;
static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static void die(const char *what, openhyper_error *error)
{
    fprintf(stderr, "kill_writer: %s: %s\n", what, error ? openhyper_error_message(error) : "");
    exit(1);
}

static openhyper_result *run(openhyper_connection *connection, const char *sql)
{
    openhyper_result *result = NULL;
    openhyper_error *error = openhyper_execute(connection, sql, strlen(sql), &result);
    if (error)
        die(sql, error);
    return result;
}

static void execute(openhyper_connection *connection, const char *sql)
{
    openhyper_result_destroy(run(connection, sql));
}

/* The one bigint of a result of one row and column; null is -1. */
static int64_t query_int8(openhyper_connection *connection, const char *sql)
{
    const openhyper_column *columns;
    size_t n;
    openhyper_result *result = run(connection, sql);
    openhyper_error *error = openhyper_result_fetch(result, &columns, &n);
    if (error || n != 1)
        die(sql, error);
    int64_t value = -1;
    if (!columns[0].validity || (columns[0].validity[0] & 1))
        memcpy(&value, columns[0].data, sizeof value);
    openhyper_result_destroy(result);
    return value;
}

static openhyper_connection *open_file(openhyper_instance **instance, const char *path)
{
    openhyper_connection *connection = NULL;
    openhyper_error *error = openhyper_instance_create(NULL, instance);
    if (!error)
        error = openhyper_connect(*instance, NULL, &connection);
    if (!error)
        error = openhyper_attach(connection, path, "db", OPENHYPER_CREATE_IF_NOT_EXISTS);
    if (error)
        die("open", error);
    return connection;
}

static void close_file(openhyper_instance *instance, openhyper_connection *connection)
{
    openhyper_error *error = openhyper_disconnect(connection);
    if (error)
        die("close", error);
    openhyper_instance_destroy(instance);
}

/* Most commits are one row in autocommit. Others checkpoint: DDL, and more rows than go into a log.
 */
static bool commit_small_or_large(openhyper_connection *connection, int64_t c)
{
    char sql[256];
    uint64_t kind = next_random() % 100;
    if (kind < 60) {
        (void)snprintf(
            sql, sizeof sql, "INSERT INTO steps SELECT %" PRId64 "::bigint, count(*) FROM rows", c);
        execute(connection, sql);
        return true;
    }
    if (kind >= 98) {
        execute(connection, "CREATE TABLE IF NOT EXISTS passing (a int)");
        execute(connection, "DROP TABLE passing");
    }
    if (kind != 97)
        return false;
    execute(connection, "BEGIN");
    (void)snprintf(sql, sizeof sql,
        "INSERT INTO rows SELECT %" PRId64
        "::bigint, 'row ' || i FROM generate_series(1, 200000) AS g(i)",
        c);
    execute(connection, sql);
    (void)snprintf(
        sql, sizeof sql, "INSERT INTO steps SELECT %" PRId64 "::bigint, count(*) FROM rows", c);
    execute(connection, sql);
    execute(connection, "COMMIT");
    return true;
}

/* Commit number c adds a step: rows of value c (1 to 3,000 of them), moves some older rows to c,
 * and removes the rows of commit c - 5 and older ones. */
static void commit_once(openhyper_connection *connection, int64_t c)
{
    char sql[256];
    if (commit_small_or_large(connection, c))
        return;
    long long n_rows =
        1 + (long long)(next_random() % 100 < 80 ? next_random() % 20 : next_random() % 3000);
    execute(connection, "BEGIN");
    (void)snprintf(sql, sizeof sql,
        "INSERT INTO rows SELECT %" PRId64
        "::bigint, 'row ' || i FROM generate_series(1, %lld) AS g(i)",
        c, n_rows);
    execute(connection, sql);
    (void)snprintf(sql, sizeof sql, "DELETE FROM rows WHERE step <= %" PRId64, c - 5);
    execute(connection, sql);
    if (next_random() % 4 == 0) {
        (void)snprintf(
            sql, sizeof sql, "UPDATE rows SET step = %" PRId64 " WHERE step = %" PRId64, c, c - 1);
        execute(connection, sql);
    }
    (void)snprintf(
        sql, sizeof sql, "INSERT INTO steps SELECT %" PRId64 "::bigint, count(*) FROM rows", c);
    execute(connection, sql);
    execute(connection, "COMMIT");
}

static void write_forever(const char *path, int pipe_fd, uint64_t seed)
{
    openhyper_instance *instance;
    openhyper_connection *connection = open_file(&instance, path);
    random_state = seed;
    int64_t c = query_int8(connection, "SELECT max(step) FROM steps");
    for (c++;; c++) {
        commit_once(connection, c);
        if (write(pipe_fd, &c, sizeof c) != sizeof c)
            exit(1);
    }
}

static void sleep_us(uint64_t us)
{
    struct timespec t = {.tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000) * 1000};
    while (nanosleep(&t, &t) != 0 && errno == EINTR)
        ;
}

/* Lets a writer work for a random time and kills it; the last acknowledged commit, or -1. */
static int64_t run_writer(const char *path)
{
    int ends[2];
    int64_t acknowledged = -1;
    uint64_t seed = next_random();
    uint64_t work_us = 2000 + next_random() % 150000;
    if (pipe(ends) != 0)
        die("pipe", NULL);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        write_forever(path, ends[1], seed);
    }
    close(ends[1]);
    sleep_us(work_us);
    int status = 0;
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    if (!WIFSIGNALED(status))
        die("the writer ended by itself", NULL);
    for (int64_t c; read(ends[0], &c, sizeof c) == sizeof c;)
        acknowledged = c;
    close(ends[0]);
    return acknowledged;
}

static void print_fault(void *context, const char *fault)
{
    (void)context;
    fprintf(stderr, "fault: %s\n", fault);
}

/* Checks the file and its content; the last commit found in it. */
static int64_t check_file(const char *path, bool is_log_damaged)
{
    size_t n_faults = 0;
    openhyper_instance *instance;
    openhyper_error *error =
        is_log_damaged ? NULL : openhyper_verify_file(path, print_fault, NULL, &n_faults);
    if (error || n_faults)
        die("the file is damaged", error);
    openhyper_connection *connection = open_file(&instance, path);
    int64_t found = query_int8(connection, "SELECT max(step) FROM steps");
    int64_t expected =
        query_int8(connection, "SELECT n FROM steps WHERE step = (SELECT max(step) FROM steps)");
    if (query_int8(connection, "SELECT count(*) FROM rows") != expected)
        die("the table is not what its last commit left", NULL);
    close_file(instance, connection);
    return found;
}

/* The engine of the parent runs in a child too: threads and fork do not mix. */
static int64_t check_in_child(const char *path, bool is_log_damaged)
{
    int ends[2];
    int64_t found = -1;
    int status = 1;
    if (pipe(ends) != 0)
        die("pipe", NULL);
    pid_t child = fork();
    if (child == 0) {
        found = check_file(path, is_log_damaged);
        exit(write(ends[1], &found, sizeof found) == sizeof found ? 0 : 1);
    }
    close(ends[1]);
    ssize_t n = read(ends[0], &found, sizeof found);
    close(ends[0]);
    waitpid(child, &status, 0);
    if (status != 0 || n != sizeof found)
        exit(1);
    return found;
}

/* ---- A damaged log ---- */

static unsigned char *read_bytes(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    if (fseek(f, 0, SEEK_END) != 0)
        die(path, NULL);
    *len = (size_t)ftell(f);
    rewind(f);
    unsigned char *bytes = malloc(*len + 1);
    if (!bytes || fread(bytes, 1, *len, f) != *len)
        die(path, NULL);
    (void)fclose(f);
    return bytes;
}

static void write_bytes(const char *path, const unsigned char *bytes, size_t len)
{
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(bytes, 1, len, f) != len || fclose(f) != 0)
        die(path, NULL);
}

/* Cuts it, changes a byte, or fills a piece with zeros or other bytes of its own. */
static void damage(unsigned char *bytes, size_t *len)
{
    size_t used = *len; /* zeros are behind the records */
    while (used > 8192 && bytes[used - 1] == 0)
        used--;
    size_t at = next_random() % 8 ? (size_t)next_random() % used : (size_t)next_random() % 1024;
    size_t n = 1 + (size_t)next_random() % 3000;
    if (at + n > used)
        n = used - at;
    switch (next_random() % 4) {
    case 0:
        *len = at;
        break;
    case 1:
        bytes[at] ^= (unsigned char)(1u << next_random() % 8);
        break;
    case 2:
        memset(bytes + at, 0, n);
        break;
    default:
        memmove(bytes + at, bytes + (size_t)next_random() % (used - n + 1), n);
    }
}

/* What the file is with its log damaged: the state after some commit that it had. */
static void check_damaged_log(const char *folder, const char *path)
{
    char copy[128];
    char log[160];
    size_t file_len;
    size_t log_len;
    (void)snprintf(log, sizeof log, "%s.wal", path);
    unsigned char *log_bytes = read_bytes(log, &log_len);
    if (!log_bytes)
        return;
    unsigned char *file_bytes = read_bytes(path, &file_len);
    damage(log_bytes, &log_len);
    (void)snprintf(copy, sizeof copy, "%s/copy.hyper", folder);
    (void)snprintf(log, sizeof log, "%s.wal", copy);
    write_bytes(copy, file_bytes, file_len);
    write_bytes(log, log_bytes, log_len);
    free(file_bytes);
    free(log_bytes);
    (void)check_in_child(copy, true);
}

static void remove_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir))
        (void)unlinkat(dirfd(dir), e->d_name, 0);
    if (dir)
        closedir(dir);
    rmdir(folder);
}

static void create_tables(const char *path)
{
    if (fork() == 0) {
        openhyper_instance *instance;
        openhyper_connection *connection = open_file(&instance, path);
        execute(connection, "CREATE TABLE rows (step bigint, label text)");
        execute(connection, "CREATE TABLE steps (step bigint, n bigint)");
        execute(connection, "INSERT INTO steps VALUES (0, 0)");
        close_file(instance, connection);
        exit(0);
    }
    int status;
    wait(&status);
    if (status != 0)
        exit(1);
}

int main(int argc, char **argv)
{
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 25;
    random_state = argc > 2 ? strtoull(argv[2], NULL, 10) : UINT64_C(0x9E3779B97F4A7C15);
    char folder[] = "/tmp/kill_writer_XXXXXX";
    char path[64];
    int64_t last = 0;
    if (!mkdtemp(folder))
        die("mkdtemp", NULL);
    (void)snprintf(path, sizeof path, "%s/t.hyper", folder);
    create_tables(path);
    for (long round = 0; round < rounds; round++) {
        int64_t acknowledged = run_writer(path);
        check_damaged_log(folder, path);
        int64_t found = check_in_child(path, false);
        if (found < acknowledged || found < last) {
            fprintf(stderr,
                "round %ld: commit %" PRId64 " was acknowledged, the file ends with %" PRId64 "\n",
                round, acknowledged, found);
            return 1;
        }
        last = found;
    }
    printf("%ld kills, %" PRId64 " commits, none lost\n", rounds, last);
    remove_folder(folder);
    return 0;
}
