#include "cli/shell.h"

#include "base/clock.h"
#include "cli/line_editor.h"
#include "cli/progress_bar.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The connection that Ctrl-C cancels; a signal handler has no other way to know it. */
static openhyper_connection *volatile interrupted_connection;

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    openhyper_connection *connection = interrupted_connection;
    if (connection)
        openhyper_cancel(connection);
}

void hy_shell_report(openhyper_error *error)
{
    const char *detail = openhyper_error_detail(error);
    const char *hint = openhyper_error_hint(error);
    fflush(stdout);
    fprintf(stderr, "openhyper: %s (%s)\n", openhyper_error_message(error),
        openhyper_error_sqlstate(error));
    if (detail)
        fprintf(
            stderr, "%s%s\n", detail[0] == '\n' ? "" : "DETAIL: ", detail + (detail[0] == '\n'));
    if (hint)
        fprintf(stderr, "HINT: %s\n", hint);
    openhyper_error_free(error);
}

static bool fails(openhyper_error *error)
{
    if (!error)
        return false;
    hy_shell_report(error);
    return true;
}

/* ---- Opening ---- */

static bool connect_to(HyShell *shell, const char *path)
{
    openhyper_error *error = openhyper_connect(shell->instance, NULL, &shell->connection);
    if (!error)
        error = openhyper_attach(shell->connection, path, NULL,
            path ? OPENHYPER_CREATE_IF_NOT_EXISTS : OPENHYPER_CREATE_NONE);
    if (fails(error))
        return false;
    free(shell->path);
    shell->path = path ? strdup(path) : NULL;
    interrupted_connection = shell->connection;
    return true;
}

bool hy_shell_open(HyShell *shell, const char *path, const openhyper_setting *settings)
{
    if (fails(openhyper_instance_create(settings, &shell->instance)))
        return false;
    return connect_to(shell, path);
}

static void disconnect(HyShell *shell)
{
    interrupted_connection = NULL;
    if (shell->connection && fails(openhyper_disconnect(shell->connection)))
        shell->has_failed = true;
    shell->connection = NULL;
}

void hy_shell_close(HyShell *shell)
{
    disconnect(shell);
    openhyper_instance_destroy(shell->instance);
    shell->instance = NULL;
    if (shell->output_file)
        fclose(shell->output_file);
    free(shell->path);
    shell->path = NULL;
}

bool hy_shell_switch(HyShell *shell, const char *path)
{
    disconnect(shell);
    if (connect_to(shell, path))
        return true;
    disconnect(shell);
    return connect_to(shell, NULL); /* something must be open for the next command */
}

/* ---- Statements ---- */

openhyper_result *hy_shell_query(HyShell *shell, const char *sql)
{
    openhyper_result *result = NULL;
    return fails(openhyper_execute(shell->connection, sql, strlen(sql), &result)) ? NULL : result;
}

static void print_notices(const openhyper_result *result)
{
    const char *notice;
    for (size_t i = 0; (notice = openhyper_result_notice(result, i)) != NULL; i++)
        fprintf(stderr, "NOTICE: %s\n", notice);
}

/* What follows a statement on a terminal: its count or tag, and the time with .timer. */
static void print_footer(
    const HyShell *shell, const openhyper_result *result, size_t n_rows, int64_t elapsed_us)
{
    FILE *f = shell->output.file;
    if (shell->is_interactive) {
        if (openhyper_result_has_rows(result))
            fprintf(f, "(%zu row%s)\n", n_rows, n_rows == 1 ? "" : "s");
        else
            fprintf(f, "%s\n", openhyper_result_tag(result));
    }
    if (shell->has_timer)
        fprintf(stderr, "Time: %.3f ms\n", (double)elapsed_us / 1000);
}

bool hy_shell_run_statement(HyShell *shell, const char *sql, size_t len)
{
    openhyper_result *result = NULL;
    size_t n_rows = 0;
    int64_t start = hy_clock_us();
    if (shell->is_echoing)
        fprintf(shell->output.file, "%.*s\n", (int)len, sql);
    HyProgressBar *bar =
        hy_progress_bar_start(shell->connection, shell->is_interactive && isatty(STDERR_FILENO));
    openhyper_error *error = openhyper_execute(shell->connection, sql, len, &result);
    hy_progress_bar_stop(bar);
    int64_t elapsed = hy_clock_us() - start;
    if (!error)
        print_notices(result);
    if (!error && openhyper_result_has_rows(result))
        error = hy_output_result(&shell->output, shell->connection, result, &n_rows);
    if (!error)
        print_footer(shell, result, n_rows, elapsed);
    fflush(shell->output.file);
    openhyper_result_destroy(result);
    if (!fails(error))
        return true;
    shell->has_failed = true;
    return false;
}

static bool is_blank(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!isspace((unsigned char)text[i]) && text[i] != ';')
            return false;
    return true;
}

/* Takes the next piece off a text: a dot command (to the end of its line) or a statement. */
static size_t next_piece(const char *text, size_t len, bool *is_command)
{
    *is_command = text[0] == '.' || text[0] == '\\';
    if (*is_command) {
        const char *end = memchr(text, '\n', len);
        return end ? (size_t)(end - text) + 1 : len;
    }
    size_t end;
    openhyper_split_statement(text, len, &end);
    return end ? end : len;
}

static bool run_command_line(HyShell *shell, const char *text, size_t len)
{
    char *line = strndup(text, len);
    if (!line)
        return false;
    line[strcspn(line, "\r\n")] = 0;
    bool worked = hy_shell_dot_command(shell, line);
    free(line);
    if (!worked)
        shell->has_failed = true;
    return worked;
}

bool hy_shell_run_text(HyShell *shell, const char *text, size_t len)
{
    bool all_worked = true;
    while (len && !shell->is_done) {
        bool is_command;
        while (len && isspace((unsigned char)*text)) {
            text++;
            len--;
        }
        if (!len)
            break;
        size_t n = next_piece(text, len, &is_command);
        bool worked = is_command          ? run_command_line(shell, text, n)
                      : is_blank(text, n) ? true
                                          : hy_shell_run_statement(shell, text, n);
        all_worked &= worked;
        if (!worked && shell->stops_on_error)
            return false;
        text += n;
        len -= n;
    }
    return all_worked;
}

/* ---- Input ---- */

static char *read_stream(FILE *f, size_t *len)
{
    HyBuffer text = {0};
    HyStatus st = HY_OK;
    char piece[65536];
    for (size_t n; !st && (n = fread(piece, 1, sizeof piece, f)) > 0;)
        st = hy_buffer_append(&text, piece, n);
    *len = text.len;
    hy_error_free(st);
    return hy_buffer_take(&text);
}

bool hy_shell_run_file(HyShell *shell, const char *path)
{
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    if (!f) {
        fprintf(stderr, "openhyper: could not read \"%s\": %s\n", path, strerror(errno));
        shell->has_failed = true;
        return false;
    }
    size_t len;
    char *text = read_stream(f, &len);
    if (f != stdin)
        fclose(f);
    bool worked = text && hy_shell_run_text(shell, text, len);
    free(text);
    return worked;
}

static bool is_complete(const char *text, size_t len)
{
    size_t end;
    if (text[0] == '.' || text[0] == '\\' || is_blank(text, len))
        return true;
    openhyper_split_statement(text, len, &end);
    return end != 0;
}

static bool run_interactive(HyShell *shell)
{
    HyLineEditor *editor = hy_line_editor_create(shell);
    HyBuffer text = {0};
    HyStatus st = HY_OK;
    const struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESTART};
    (void)sigaction(SIGINT, &action, NULL);
    while (!shell->is_done && !st) {
        char *line = hy_line_editor_read(editor, text.len ? "      ...> " : "openhyper> ");
        if (!line)
            break;
        st = hy_buffer_append_str(&text, line);
        free(line);
        if (!st)
            st = hy_buffer_append_char(&text, '\n');
        if (st || !is_complete(text.data, text.len))
            continue;
        hy_line_editor_remember(editor, text.data, text.len);
        (void)hy_shell_run_text(shell, text.data, text.len);
        text.len = 0;
    }
    hy_error_free(st);
    hy_buffer_free(&text);
    hy_line_editor_destroy(editor);
    return true;
}

bool hy_shell_run_input(HyShell *shell)
{
    if (!isatty(STDIN_FILENO))
        return hy_shell_run_file(shell, "-");
    shell->is_interactive = true;
    shell->has_failed = false;
    printf("openhyper %s. Type .help for help, .quit to leave.\n", openhyper_version());
    (void)run_interactive(shell);
    shell->has_failed = false; /* what went wrong was seen */
    return true;
}
