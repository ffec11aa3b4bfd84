/* openhyper [OPTIONS] [FILE]: a shell for .hyper files, and subcommands for files as a whole. */
#include "cli/file_command.h"
#include "cli/function_page.h"
#include "cli/shell.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char help_text[] =
    "usage: openhyper [OPTIONS] [FILE.hyper]     a shell; without FILE in memory\n"
    "       openhyper info [--json] FILE         what is in a file: tables, rows, bytes, "
    "encodings\n"
    "       openhyper verify FILE                check every checksum and structure\n"
    "       openhyper jsonl FILE                 statements and answers as JSON lines\n"
    "       openhyper functions                  all functions as a page of Markdown\n"
    "\n"
    "  -c, --command SQL      run this and leave; may be repeated\n"
    "  -f, --file FILE        run the statements of a file and leave; may be repeated\n"
    "  -o, --output FILE      write results there\n"
    "  -m, --mode MODE        table box markdown csv tsv json jsonl line quiet\n"
    "      --bail             stop at the first error\n"
    "      --memory-limit N   such as 4G\n"
    "      --threads N        worker threads (default: all processors)\n"
    "      --set KEY=VALUE    a setting of the engine or the session; may be repeated\n"
    "  -h, --help             this text\n"
    "  -V, --version          the version\n"
    "\n"
    "Without -c and -f, statements come from standard input. Exit code: 0, 1 after an error, 2 for "
    "wrong\n"
    "usage.\n";

enum { OPT_BAIL = 256, OPT_MEMORY, OPT_THREADS, OPT_SET };

static const struct option long_options[] = {{"command", required_argument, NULL, 'c'},
    {"file", required_argument, NULL, 'f'}, {"output", required_argument, NULL, 'o'},
    {"mode", required_argument, NULL, 'm'}, {"bail", no_argument, NULL, OPT_BAIL},
    {"memory-limit", required_argument, NULL, OPT_MEMORY},
    {"threads", required_argument, NULL, OPT_THREADS}, {"set", required_argument, NULL, OPT_SET},
    {"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'V'}, {NULL, 0, NULL, 0}};

/* One -c or -f, in the order of the command line. */
typedef struct Task {
    bool is_file;
    const char *text;
} Task;

typedef struct Arguments {
    Task *tasks; /* room for argc */
    size_t n_tasks;
    const char *path;
    const char *output;
    int mode; /* -1: not given */
    bool bail;
    openhyper_setting *settings; /* room for argc, and the end */
    size_t n_settings;
    int exit_code; /* -1: go on */
} Arguments;

static void add_setting(Arguments *args, const char *key, const char *value)
{
    args->settings[args->n_settings++] = (openhyper_setting){key, value};
}

/* KEY=VALUE; the text is the command line's own and may be cut. */
static void take_setting(Arguments *args, char *text)
{
    char *equals = strchr(text, '=');
    if (!equals) {
        fprintf(stderr, "openhyper: expected KEY=VALUE, not '%s'\n", text);
        args->exit_code = 2;
        return;
    }
    *equals = 0;
    add_setting(args, text, equals + 1);
}

static void take_option(Arguments *args, int option)
{
    switch (option) {
    case 'c':
    case 'f':
        args->tasks[args->n_tasks++] = (Task){.is_file = option == 'f', .text = optarg};
        break;
    case 'o':
        args->output = optarg;
        break;
    case 'm':
        args->mode = hy_output_mode_find(optarg);
        if (args->mode < 0) {
            fprintf(stderr, "openhyper: unknown mode '%s'\n", optarg);
            args->exit_code = 2;
        }
        break;
    case OPT_BAIL:
        args->bail = true;
        break;
    case OPT_MEMORY:
        add_setting(args, "memory_limit", optarg);
        break;
    case OPT_THREADS:
        add_setting(args, "threads", optarg);
        break;
    case OPT_SET:
        take_setting(args, optarg);
        break;
    case 'h':
        fputs(help_text, stdout);
        args->exit_code = 0;
        break;
    case 'V':
        printf("openhyper %s\n", openhyper_version());
        args->exit_code = 0;
        break;
    default:
        fputs("Try: openhyper --help\n", stderr);
        args->exit_code = 2;
        break;
    }
}

static void parse_arguments(int argc, char **argv, Arguments *args)
{
    args->mode = -1;
    args->exit_code = -1;
    for (int c; args->exit_code < 0 &&
                (c = getopt_long(argc, argv, "c:f:o:m:hV", long_options, NULL)) != -1;) {
        take_option(args, c);
    }
    if (args->exit_code < 0 && argc - optind > 1) {
        fputs("openhyper: more than one file\n", stderr);
        args->exit_code = 2;
    }
    if (optind < argc)
        args->path = argv[optind];
}

static int terminal_width(void)
{
    struct winsize size;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static void set_output(HyShell *shell, const Arguments *args)
{
    bool is_terminal = isatty(STDOUT_FILENO) && !args->output;
    shell->output = (HyOutputOptions){.mode = is_terminal ? HY_OUTPUT_TABLE : HY_OUTPUT_CSV,
        .has_headers = true,
        .null_text = is_terminal ? "NULL" : "",
        .max_width = is_terminal ? terminal_width() : 0,
        .file = stdout};
    if (args->mode >= 0)
        shell->output.mode = (HyOutputMode)args->mode;
}

static int run(const Arguments *args)
{
    HyShell shell = {.stops_on_error = args->bail};
    set_output(&shell, args);
    if (args->output) {
        shell.output_file = fopen(args->output, "wb");
        if (!shell.output_file) {
            fprintf(stderr, "openhyper: could not write \"%s\"\n", args->output);
            return 1;
        }
        shell.output.file = shell.output_file;
    }
    if (hy_shell_open(&shell, args->path, args->settings)) {
        bool go_on = true;
        for (size_t i = 0; i < args->n_tasks && go_on; i++) {
            const Task *task = &args->tasks[i];
            bool worked = task->is_file ? hy_shell_run_file(&shell, task->text)
                                        : hy_shell_run_text(&shell, task->text, strlen(task->text));
            go_on = worked || !args->bail;
        }
        if (!args->n_tasks)
            (void)hy_shell_run_input(&shell);
    } else {
        shell.has_failed = true;
    }
    hy_shell_close(&shell);
    return shell.has_failed ? 1 : 0;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } subcommands[] = {{"functions", hy_command_functions}, {"info", hy_command_info},
        {"verify", hy_command_verify}, {"jsonl", hy_command_jsonl}};
    for (size_t i = 0; argc > 1 && i < sizeof subcommands / sizeof subcommands[0]; i++)
        if (strcmp(argv[1], subcommands[i].name) == 0)
            return subcommands[i].run(argc - 1, argv + 1);
    Arguments args = {.tasks = calloc((size_t)argc, sizeof *args.tasks),
        .settings = calloc((size_t)argc + 1, sizeof *args.settings)};
    if (args.tasks && args.settings)
        parse_arguments(argc, argv, &args);
    else
        args.exit_code = 1;
    int code = args.exit_code >= 0 ? args.exit_code : run(&args);
    free(args.settings);
    free(args.tasks);
    return code;
}
