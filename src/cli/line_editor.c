#include "cli/line_editor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#ifdef HY_HAVE_LIBEDIT
#include <editline/readline.h>
#endif

struct HyLineEditor {
    HyShell *shell;
    char *history_path;
};

#ifdef HY_HAVE_LIBEDIT

#define HISTORY_LINES 2000

/* libedit's completion callbacks carry no context: the one editor of the process is kept here. */
static HyLineEditor *active_editor;

/* Names to offer for one word, collected when Tab is pressed. */
typedef struct Candidates {
    char **items;
    size_t n;
    size_t next;
} Candidates;
static Candidates candidates;

static void clear_candidates(void)
{
    for (size_t i = 0; i < candidates.n; i++)
        free(candidates.items[i]);
    free(candidates.items);
    memset(&candidates, 0, sizeof candidates);
}

static void offer(const char *name, size_t len, const char *prefix, size_t prefix_len)
{
    if (len < prefix_len || strncasecmp(name, prefix, prefix_len) != 0)
        return;
    char **items = realloc(candidates.items, (candidates.n + 1) * sizeof *items);
    if (!items)
        return;
    candidates.items = items;
    candidates.items[candidates.n] = strndup(name, len);
    candidates.n += candidates.items[candidates.n] != NULL;
}

/* Offers the first column of a catalog query. */
static void offer_query(const char *sql, const char *prefix, size_t prefix_len)
{
    openhyper_result *result = NULL;
    openhyper_error *error =
        openhyper_execute(active_editor->shell->connection, sql, strlen(sql), &result);
    while (!error) {
        const openhyper_column *columns;
        size_t n;
        error = openhyper_result_fetch(result, &columns, &n);
        if (error || n == 0)
            break;
        const openhyper_string *names = columns[0].data;
        for (size_t i = 0; i < n; i++)
            offer(openhyper_string_data(&names[i]), names[i].len, prefix, prefix_len);
    }
    openhyper_error_free(error);
    openhyper_result_destroy(result);
}

static void collect(const char *prefix)
{
    size_t len = strlen(prefix);
    const char *word;
    clear_candidates();
    for (size_t i = 0; (word = openhyper_keyword(i)) != NULL; i++)
        if (strchr("abcdefghijklmnopqrstuvwxyz_", word[0]))
            offer(word, strlen(word), prefix, len);
    offer_query("SELECT tablename FROM pg_catalog.pg_tables", prefix, len);
    offer_query("SELECT DISTINCT attname FROM pg_catalog.pg_attribute", prefix, len);
}

static char *next_candidate(const char *prefix, int state)
{
    if (state == 0)
        collect(prefix);
    if (candidates.next >= candidates.n)
        return NULL;
    return strdup(candidates.items[candidates.next++]);
}

static char **complete(const char *text, int start, int end)
{
    (void)start;
    (void)end;
    rl_attempted_completion_over = 1;
    return rl_completion_matches(text, next_candidate);
}

static void open_history(HyLineEditor *editor)
{
    static char program[] = "openhyper";
    rl_readline_name = program;
    rl_attempted_completion_function = complete;
    using_history();
    stifle_history(HISTORY_LINES);
    if (editor->history_path)
        (void)read_history(editor->history_path);
    active_editor = editor;
}

char *hy_line_editor_read(HyLineEditor *editor, const char *prompt)
{
    (void)editor;
    fflush(stdout);
    return readline(prompt);
}

void hy_line_editor_remember(HyLineEditor *editor, const char *text, size_t len)
{
    while (len && (text[len - 1] == '\n' || text[len - 1] == ' '))
        len--;
    char *copy = strndup(text, len);
    if (!copy || !editor)
        return;
    for (char *c = copy; *c; c++)
        if (*c == '\n')
            *c = ' ';
    add_history(copy);
    if (editor->history_path)
        (void)write_history(editor->history_path);
    free(copy);
}

static void close_history(void)
{
    clear_candidates();
    active_editor = NULL;
}

#else

static void open_history(HyLineEditor *editor)
{
    (void)editor;
}

char *hy_line_editor_read(HyLineEditor *editor, const char *prompt)
{
    char *line = NULL;
    size_t room = 0;
    (void)editor;
    fputs(prompt, stdout);
    fflush(stdout);
    if (getline(&line, &room, stdin) < 0) {
        free(line);
        return NULL;
    }
    line[strcspn(line, "\n")] = 0;
    return line;
}

void hy_line_editor_remember(HyLineEditor *editor, const char *text, size_t len)
{
    (void)editor;
    (void)text;
    (void)len;
}

static void close_history(void)
{
}

#endif

static char *history_path(void)
{
    const char *home = getenv("HOME");
    char *path = NULL;
    if (!home || asprintf(&path, "%s/.openhyper_history", home) < 0)
        return NULL;
    return path;
}

HyLineEditor *hy_line_editor_create(HyShell *shell)
{
    HyLineEditor *editor = calloc(1, sizeof *editor);
    if (!editor)
        return NULL;
    editor->shell = shell;
    editor->history_path = history_path();
    open_history(editor);
    return editor;
}

void hy_line_editor_destroy(HyLineEditor *editor)
{
    if (!editor)
        return;
    close_history();
    free(editor->history_path);
    free(editor);
}
