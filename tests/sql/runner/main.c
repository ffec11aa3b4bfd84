/* slt_runner [--baseline FILE] [--update-baseline] [--show N] [--timeout SECONDS] FILE_OR_FOLDER
 * ...
 *
 * Runs sqllogictest files (*.slt, *.test), each in a process of its own, so that a crash or hang
 * costs only the rest of that file. The baseline says how many records of a file may fail ("N path"
 * lines, the path as area/name.slt): a file with more fails the run; the numbers may only shrink.
 */
#include "slt_run.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct Options {
    const char *baseline;
    int update_baseline;
    size_t show;
    unsigned timeout;
} Options;

typedef struct Paths {
    char **items;
    size_t n;
} Paths;

static void add_path(Paths *paths, const char *path)
{
    char **items = realloc(paths->items, (paths->n + 1) * sizeof *items);
    if (!items)
        abort();
    paths->items = items;
    paths->items[paths->n++] = strdup(path);
}

static int has_ending(const char *name, const char *ending)
{
    size_t n = strlen(name), m = strlen(ending);
    return n > m && strcmp(name + n - m, ending) == 0;
}

static void add_folder(Paths *paths, const char *folder)
{
    DIR *dir = opendir(folder);
    if (!dir) {
        if (has_ending(folder, ".slt") || has_ending(folder, ".test"))
            add_path(paths, folder);
        return;
    }
    for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        char path[4096];
        if (e->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        add_folder(paths, path);
    }
    closedir(dir);
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The name under which the baseline knows a file: its last folder and its name. */
static const char *short_name(const char *path)
{
    int slashes = 0;
    for (const char *p = path + strlen(path); p > path; p--)
        if (p[-1] == '/' && ++slashes == 2)
            return p;
    return path;
}

static void store_counts(void *shared, const SltCounts *counts)
{
    memcpy(shared, counts, sizeof *counts);
}

static void remove_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    if (!dir) {
        (void)unlink(folder);
        return;
    }
    for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        char path[4096];
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        (void)snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        remove_folder(path);
    }
    closedir(dir);
    (void)rmdir(folder);
}

/* Runs the file in a child; what it did not get to counts as failed. */
static SltCounts run_isolated(const char *path, const Options *options)
{
    char tmp[] = "/tmp/slt_XXXXXX";
    SltCounts *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    SltCounts counts = {0};
    if (shared == MAP_FAILED || !mkdtemp(tmp))
        exit(2);
    fflush(NULL); /* else the child writes what is buffered here once more */
    pid_t child = fork();
    if (child == 0) {
        alarm(options->timeout);
        slt_run_file(path, tmp, options->show, store_counts, shared);
        fflush(stdout);
        exit(0); /* not _exit: leak checkers report here */
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    counts = *shared;
    munmap(shared, sizeof *shared);
    remove_folder(tmp);
    size_t total = slt_count_records(path);
    if (WIFSIGNALED(status))
        printf("%s: ended by signal %d (%s) after %zu records\n", path, WTERMSIG(status),
            strsignal(WTERMSIG(status)), counts.n_passed + counts.n_failed);
    else if (WEXITSTATUS(status) != 0)
        printf("%s: exit code %d\n", path, WEXITSTATUS(status));
    if (status != 0 && counts.n_passed + counts.n_failed == total && total > 0) {
        counts.n_passed -= counts.n_passed > 0;
    }
    counts.n_failed = total - counts.n_passed;
    return counts;
}

static size_t allowed_failures(const char *baseline, const char *name)
{
    char line[4096], path[4096];
    size_t n, allowed = 0;
    FILE *f = baseline ? fopen(baseline, "r") : NULL;
    if (!f)
        return 0;
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "%zu %4095s", &n, path) == 2 && strcmp(path, name) == 0)
            allowed = n;
    fclose(f);
    return allowed;
}

static int parse_options(int argc, char **argv, Options *options)
{
    static const struct option names[] = {{"baseline", required_argument, NULL, 'b'},
        {"update-baseline", no_argument, NULL, 'u'}, {"show", required_argument, NULL, 's'},
        {"timeout", required_argument, NULL, 't'}, {NULL, 0, NULL, 0}};
    *options = (Options){.show = 3, .timeout = 120};
    for (int c; (c = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        switch (c) {
        case 'b':
            options->baseline = optarg;
            break;
        case 'u':
            options->update_baseline = 1;
            break;
        case 's':
            options->show = strtoul(optarg, NULL, 10);
            break;
        case 't':
            options->timeout = (unsigned)strtoul(optarg, NULL, 10);
            break;
        default:
            return 2;
        }
    }
    return 0;
}

/* Runs all files and prints a line for each; the number of files worse than the baseline. */
static size_t run_all(const Paths *paths, const Options *options, FILE *update, SltCounts *sum)
{
    size_t n_worse = 0;
    for (size_t i = 0; i < paths->n; i++) {
        const char *name = short_name(paths->items[i]);
        SltCounts counts = run_isolated(paths->items[i], options);
        size_t allowed = allowed_failures(options->baseline, name);
        int is_worse = options->baseline && counts.n_failed > allowed;
        n_worse += (size_t)is_worse;
        sum->n_passed += counts.n_passed;
        sum->n_failed += counts.n_failed;
        printf("%-50s %5zu passed %5zu failed%s\n", name, counts.n_passed, counts.n_failed,
            is_worse ? "  WORSE THAN THE BASELINE" : "");
        if (update && counts.n_failed)
            fprintf(update, "%zu %s\n", counts.n_failed, name);
    }
    return n_worse;
}

int main(int argc, char **argv)
{
    Options options;
    Paths paths = {0};
    SltCounts sum = {0};
    char fresh[4096] = "";
    if (parse_options(argc, argv, &options) || optind == argc) {
        fprintf(stderr, "usage: slt_runner [--baseline FILE [--update-baseline]] [--show N] "
                        "[--timeout SECONDS] FILE_OR_FOLDER ...\n");
        return 2;
    }
    for (int i = optind; i < argc; i++)
        add_folder(&paths, argv[i]);
    if (paths.n)
        qsort(paths.items, paths.n, sizeof *paths.items, compare_paths);
    FILE *update = NULL;
    if (options.update_baseline && options.baseline) {
        (void)snprintf(fresh, sizeof fresh, "%s.new", options.baseline);
        update = fopen(fresh, "w");
    }
    size_t n_worse = run_all(&paths, &options, update, &sum);
    if (update) {
        fclose(update);
        (void)rename(fresh, options.baseline);
        n_worse = 0;
    }
    for (size_t i = 0; i < paths.n; i++)
        free(paths.items[i]);
    free(paths.items);
    /* with a baseline, known failures are not the run's failures */
    size_t n_failed = options.baseline ? n_worse : sum.n_failed;
    if (options.baseline)
        printf(
            "%zu records failed, all but %zu files within the baseline\n", sum.n_failed, n_worse);
    printf("%zu passed, %zu failed\n", sum.n_passed, n_failed);
    return n_failed ? 1 : 0;
}
