/* hyperd: the server that Hyper's clients start and work on. */
#include "server/server.h"
#include "session/file_report.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static const char usage[] =
    "hyperd of openhyper: a server for .hyper files\n"
    "\n"
    "Usage: hyperd [run|validate] [options]\n"
    "\n"
    "Commands:\n"
    "  run                     Serve until SIGTERM, or until the callback connection ends\n"
    "  validate -d FILE        Check every checksum and structure of a file\n"
    "\n"
    "Options (--name=value or --name value):\n"
    "  --listen-connection     tab.tcp://HOST:PORT or tab.domain://DIR/domain/NAME, or several "
    "with\n"
    "                          commas; PORT and NAME may be auto (default: "
    "tab.tcp://127.0.0.1:7483)\n"
    "  --callback-connection   Where to report the first of them\n"
    "  --init-user             The user (default: tableau_internal_user)\n"
    "  --no-password           Anybody may connect as that user; else a password is read from "
    "stdin\n"
    "  --log-dir               Write hyperd.log there, unless --log-config= is empty\n"
    "  --default-database-version  0..4, of new files (default: 2)\n"
    "  --memory-limit, --session-memory-limit  80% or 4g\n"
    "  --query-timeout, --idle-timeout  Of statements (10s, 5min); of waiting clients, in seconds\n"
    "  --threads, --temp-directory, --compression, --durability\n"
    "  --date-style, --date-style-lenient, --language, --time-zone  Defaults of sessions\n"
    "  --help, --version\n";

static void print_fault(void *context, const char *fault)
{
    (void)context;
    puts(fault);
}

static int validate(const HyServerOptions *options)
{
    size_t n_faults = 0;
    if (!options->database) {
        fputs("validate needs -d FILE\n", stderr);
        return 1;
    }
    HyStatus st = hy_verify_file(options->database, print_fault, NULL, &n_faults);
    if (st) {
        fprintf(stderr, "%s\n", st->message);
        hy_error_free(st);
        return 1;
    }
    printf("%s: %s\n", options->database,
        n_faults ? "the database is corrupt" : "the database is valid");
    return n_faults ? 1 : 0;
}

static int run_command(const HyServerOptions *options)
{
    switch (options->command) {
    case HY_COMMAND_RUN:
        return hy_server_run(options);
    case HY_COMMAND_VALIDATE:
        return validate(options);
    case HY_COMMAND_VERSION:
        printf("Hyper version %s (openhyper %s)\nMaximum supported database version 4\n",
            HY_WIRE_HYPER_VERSION, HY_VERSION);
        return 0;
    case HY_COMMAND_HELP:
        fputs(usage, stdout);
        return 0;
    }
    return 1;
}

/* Clients start us with standard input closed: no socket shall become number 0. */
static void fill_standard_descriptors(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            (void)!open("/dev/null", fd ? O_WRONLY : O_RDONLY);
}

int main(int argc, char **argv)
{
    static HyServerOptions options;
    fill_standard_descriptors();
    HyStatus st = hy_options_parse(argc, argv, &options);
    if (st) {
        fprintf(stderr,
            "Error(s) while applying config file or command line parameters.\nError. %s\nCritical "
            "setting errors encountered, shutting down.\n",
            st->message);
        hy_error_free(st);
        hy_options_free(&options);
        return 1;
    }
    int code = run_command(&options);
    hy_options_free(&options);
    return code;
}
