/* The interactive shell and what it shares with scripts: a connection, output options, statements
 * and dot commands read from a terminal, a file, or an argument. */
#ifndef HY_CLI_SHELL_H
#define HY_CLI_SHELL_H

#include "cli/output.h"

typedef struct HyShell {
    openhyper_instance *instance;
    openhyper_connection *connection;
    char *path; /* of the open database; NULL: in memory */
    HyOutputOptions output;
    FILE *output_file; /* opened by .output; NULL: standard output */
    bool has_timer;
    bool is_echoing;
    bool is_interactive; /* prompts, counts, progress */
    bool stops_on_error; /* --bail */
    bool is_done;        /* .quit */
    bool has_failed;     /* some statement failed: exit code 1 */
} HyShell;

/* Opens the database (path NULL: in memory) with a new instance. settings: NULL-ended. False when
 * it failed; the message is printed. */
bool hy_shell_open(HyShell *shell, const char *path, const openhyper_setting *settings);
void hy_shell_close(HyShell *shell);
/* Leaves the open database for another one, which is created if need be. */
bool hy_shell_switch(HyShell *shell, const char *path);

/* Runs every statement and dot command of a text. False when one failed. */
bool hy_shell_run_text(HyShell *shell, const char *text, size_t len);
bool hy_shell_run_file(HyShell *shell, const char *path);
/* Reads standard input to its end: with prompt, history and completion on a terminal. */
bool hy_shell_run_input(HyShell *shell);

/* One statement, with its result printed. */
bool hy_shell_run_statement(HyShell *shell, const char *sql, size_t len);
/* Runs SQL made by the shell itself; the result is the caller's. NULL when it failed, which is
 * printed. */
openhyper_result *hy_shell_query(HyShell *shell, const char *sql);

/* Prints `openhyper: message` with detail and hint on standard error and frees the error. */
void hy_shell_report(openhyper_error *error);

/* A line that begins with a dot or a backslash: cli/dot_command.c. */
bool hy_shell_dot_command(HyShell *shell, const char *line);

#endif
