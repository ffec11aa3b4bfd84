/* Damages sample files at random and uses them: verify, attach, read every table. Nothing may
 * crash, hang or leak (run it in an ASan build); any answer and any error is fine.
 *
 *     mutate_files FOLDER_OF_HYPER_FILES [ROUNDS] [SEED]
 */
#include "base/crc32c.h"
#include "openhyper.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_FILES 64

typedef struct Sample {
    char name[256];
    unsigned char *bytes;
    size_t len;
} Sample;

static Sample samples[MAX_FILES];
static size_t n_samples;
static uint64_t random_state;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static size_t below(size_t n)
{
    return n ? (size_t)(next_random() % n) : 0;
}

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
    fclose(f);
    (void)snprintf(s->name, sizeof s->name, "%s", name);
    n_samples++;
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
}

/* ---- Damage ---- */

/* Half of the damage falls where structures are dense: the first pages and places that are not
 * zero. */
static size_t interesting_place(const unsigned char *bytes, size_t len)
{
    size_t at = below(len);
    for (int tries = 0; tries < 200 && bytes[at] == 0; tries++)
        at = below(len);
    return at;
}

/* A checksum that is made right again lets the damage through to the layers above: the object
 * around `at` is taken from the directory of the page that is live. */
static uint64_t load(const unsigned char *p, size_t n)
{
    uint64_t v = 0;
    memcpy(&v, p, n);
    return v;
}

static void mend_object(unsigned char *bytes, size_t len, size_t at)
{
    for (size_t page = 0; page < 2; page++) {
        const unsigned char *header = bytes + page * 4096;
        uint32_t start = load(header + 0x0a, 2) == 0 ? 0 : 0x1234;
        uint64_t directory = load(header + 0x40, 8), size = load(header + 0x48, 8);
        if (directory > len || size > len - directory || size < 16)
            continue;
        uint64_t bits = load(bytes + directory, 8);
        for (uint64_t i = 0; bits < 20 && i < (UINT64_C(1) << bits) && 8 + (i + 1) * 48 <= size;
             i++) {
            const unsigned char *slot = bytes + directory + 8 + i * 48;
            uint64_t length = load(slot + 16, 8), offset = load(slot + 24, 8);
            if (slot[40] != 1 || offset > at || length > len || offset + length <= at ||
                offset + length + 4 > len)
                continue;
            uint32_t crc = hy_crc32c(start, bytes + offset, (size_t)length);
            memcpy(bytes + offset + length, &crc, 4);
        }
        if (at >= directory && at < directory + size && directory + size + 4 <= len) {
            uint32_t crc = hy_crc32c(start, bytes + directory, (size_t)size);
            memcpy(bytes + directory + size, &crc, 4);
        }
    }
}

static void mend_headers(unsigned char *bytes, size_t len)
{
    for (size_t page = 0; page < 2 && len >= 8192; page++) {
        uint32_t crc = hy_crc32c(0, bytes + page * 4096, 0xffc);
        memcpy(bytes + page * 4096 + 0xffc, &crc, 4);
    }
}

static void damage_once(unsigned char *bytes, size_t len)
{
    size_t at = below(4) == 0 ? below(len < 8192 ? len : 8192) : interesting_place(bytes, len);
    size_t n = below(4) == 0 ? 1 + below(64) : 1;
    if (n > len - at)
        n = len - at;
    switch (below(4)) {
    case 0:
        bytes[at] ^= (unsigned char)(1u << below(8));
        break;
    case 1:
        for (size_t i = 0; i < n; i++)
            bytes[at + i] = (unsigned char)next_random();
        break;
    case 2:
        memset(bytes + at, below(2) ? 0xff : 0, n);
        break;
    default:
        memmove(bytes + at, bytes + interesting_place(bytes, len - n), n);
        break;
    }
    if (below(3)) {
        mend_object(bytes, len, at);
        mend_headers(bytes, len);
    }
}

static void write_damaged(const char *path, const Sample *sample)
{
    unsigned char *bytes = malloc(sample->len);
    size_t len = sample->len;
    FILE *f = fopen(path, "wb");
    if (!bytes || !f)
        exit(2);
    memcpy(bytes, sample->bytes, len);
    for (size_t n = 1 + below(3); n > 0; n--)
        damage_once(bytes, len);
    if (below(20) == 0)
        len = below(len);
    if (fwrite(bytes, 1, len, f) != len)
        exit(2);
    fclose(f);
    free(bytes);
}

/* ---- Use ---- */

static void ignore_fault(void *context, const char *fault)
{
    *(size_t *)context += strlen(fault) > 0;
}

/* Runs a statement and reads all it gives. */
static void run(openhyper_connection *connection, const char *sql)
{
    openhyper_result *result = NULL;
    openhyper_error *error = openhyper_execute(connection, sql, strlen(sql), &result);
    for (size_t n = 1; !error && n > 0;) {
        const openhyper_column *columns;
        error = openhyper_result_fetch(result, &columns, &n);
    }
    openhyper_error_free(error);
    openhyper_result_destroy(result);
}

static void read_tables(openhyper_connection *connection)
{
    static const char sql[] =
        "SELECT 'SELECT * FROM \"' || replace(schemaname, '\"', '\"\"') || '\".\"' || "
        "replace(tablename, '\"', '\"\"') || '\"' FROM pg_catalog.pg_tables";
    openhyper_result *result = NULL;
    const openhyper_column *columns;
    size_t n = 1;
    openhyper_error *error = openhyper_execute(connection, sql, strlen(sql), &result);
    while (!error && n > 0) {
        error = openhyper_result_fetch(result, &columns, &n);
        for (size_t i = 0; !error && i < n; i++) {
            const openhyper_string *s = &((const openhyper_string *)columns[0].data)[i];
            char *select = strndup(openhyper_string_data(s), s->len);
            if (select)
                run(connection, select);
            free(select);
        }
    }
    openhyper_error_free(error);
    openhyper_result_destroy(result);
}

static bool use_file(const char *path)
{
    openhyper_instance *instance;
    openhyper_connection *connection = NULL;
    size_t told = 0, n_faults = 0;
    const openhyper_setting settings[] = {{"threads", "1"}, {NULL, NULL}};
    openhyper_error_free(openhyper_verify_file(path, ignore_fault, &told, &n_faults));
    openhyper_error *error = openhyper_instance_create(settings, &instance);
    if (error)
        exit(2);
    error = openhyper_connect(instance, NULL, &connection);
    if (!error)
        error = openhyper_attach(connection, path, "d", OPENHYPER_CREATE_NONE);
    bool opened = !error;
    if (opened)
        read_tables(connection);
    openhyper_error_free(error);
    openhyper_error_free(openhyper_disconnect(connection));
    openhyper_instance_destroy(instance);
    return opened;
}

int main(int argc, char **argv)
{
    char path[] = "/tmp/mutate_XXXXXX";
    unsigned long rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 300;
    size_t n_opened = 0;
    random_state = argc > 3 ? strtoull(argv[3], NULL, 10) : UINT64_C(0xD1B54A32D192ED03);
    if (argc < 2) {
        fprintf(stderr, "usage: mutate_files FOLDER [ROUNDS] [SEED]\n");
        return 2;
    }
    read_samples(argv[1]);
    int fd = mkstemp(path);
    if (fd < 0 || n_samples == 0)
        return 2;
    close(fd);
    for (unsigned long i = 0; i < rounds; i++) {
        const Sample *sample = &samples[below(n_samples)];
        write_damaged(path, sample);
        alarm(60); /* a hang ends the run with SIGALRM; the file stays for a look */
        n_opened += use_file(path);
    }
    alarm(0);
    unlink(path);
    for (size_t i = 0; i < n_samples; i++)
        free(samples[i].bytes);
    printf("%lu damaged files, %zu of them opened\n", rounds, n_opened);
    return 0;
}
