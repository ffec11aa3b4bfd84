/* The shell's own commands: .help lists them; psql's spellings (\dt, \q ..) are synonyms. */
#include "cli/shell.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_WORDS 8

typedef struct Words {
    char *items[MAX_WORDS];
    size_t n;
} Words;

typedef struct Command {
    const char *name;
    const char *synonym; /* or NULL */
    const char *arguments;
    const char *help;
    size_t min_words; /* after the name */
    bool (*run)(HyShell *shell, const Words *words);
} Command;

static bool complain(const char *format, const char *what)
{
    fputs("openhyper: ", stderr);
    fprintf(stderr, format, what);
    fputc('\n', stderr);
    return false;
}

/* ---- Text for SQL ---- */

static bool run_buffer(HyShell *shell, HyBuffer *sql, HyStatus st)
{
    bool worked = false;
    if (st)
        hy_shell_report((openhyper_error *)st);
    else
        worked = hy_shell_run_statement(shell, sql->data, sql->len);
    hy_buffer_free(sql);
    return worked;
}

/* ---- Catalog ---- */

static bool list_tables(HyShell *shell, const Words *words)
{
    (void)words;
    static const char sql[] = "SELECT schemaname AS schema, tablename AS \"table\" "
                              "FROM pg_catalog.pg_tables ORDER BY 1, 2";
    return hy_shell_run_statement(shell, sql, strlen(sql));
}

static bool list_schemas(HyShell *shell, const Words *words)
{
    (void)words;
    static const char sql[] = "SELECT nspname AS schema FROM pg_catalog.pg_namespace ORDER BY 1";
    return hy_shell_run_statement(shell, sql, strlen(sql));
}

static bool list_databases(HyShell *shell, const Words *words)
{
    (void)words;
    static const char sql[] = "SELECT datname AS database FROM pg_catalog.pg_database ORDER BY 1";
    return hy_shell_run_statement(shell, sql, strlen(sql));
}

static HyStatus columns_sql(HyBuffer *sql, const char *table)
{
    const char *dot = strchr(table, '.');
    HY_TRY(hy_buffer_append_str(sql,
        "SELECT n.nspname AS schema, c.relname AS \"table\", a.attname AS \"column\", "
        "format_type(a.atttypid, a.atttypmod) AS type, NOT a.attnotnull AS nullable "
        "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON c.relnamespace = n.oid "
        "JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid WHERE c.relname = "));
    HY_TRY(hy_buffer_append_quoted(sql, dot ? dot + 1 : table, '\''));
    if (dot) {
        char schema[256];
        (void)snprintf(schema, sizeof schema, "%.*s", (int)(dot - table), table);
        HY_TRY(hy_buffer_append_str(sql, " AND n.nspname = "));
        HY_TRY(hy_buffer_append_quoted(sql, schema, '\''));
    }
    return hy_buffer_append_str(sql, " ORDER BY 1, 2, a.attnum");
}

static bool show_schema(HyShell *shell, const Words *words)
{
    HyBuffer sql = {0};
    if (words->n < 2)
        return list_tables(shell, words);
    HyStatus st = columns_sql(&sql, words->items[1]);
    return run_buffer(shell, &sql, st);
}

/* ---- Data ---- */

/* .import FILE TABLE: a CSV with a header line into a table that exists. */
static bool import_file(HyShell *shell, const Words *words)
{
    HyBuffer sql = {0};
    HyStatus st = HY_OK;
    HY_GO(hy_buffer_append_str(&sql, "COPY "));
    for (const char *part = words->items[2]; part;) { /* schema.table: each part quoted */
        const char *dot = strchr(part, '.');
        char name[256];
        (void)snprintf(
            name, sizeof name, "%.*s", (int)(dot ? (size_t)(dot - part) : strlen(part)), part);
        HY_GO(hy_buffer_append_identifier(&sql, name));
        if (dot)
            HY_GO(hy_buffer_append_char(&sql, '.'));
        part = dot ? dot + 1 : NULL;
    }
    HY_GO(hy_buffer_append_str(&sql, " FROM "));
    HY_GO(hy_buffer_append_quoted(&sql, words->items[1], '\''));
    HY_GO(hy_buffer_append_str(&sql, " WITH (FORMAT csv, HEADER true)"));
done:
    return run_buffer(shell, &sql, st);
}

static bool read_file(HyShell *shell, const Words *words)
{
    return hy_shell_run_file(shell, words->items[1]);
}

static bool open_database(HyShell *shell, const Words *words)
{
    return hy_shell_switch(shell, words->items[1]);
}

static bool set_output(HyShell *shell, const Words *words)
{
    FILE *file = NULL;
    if (words->n > 1 && strcmp(words->items[1], "stdout") != 0) {
        file = fopen(words->items[1], "wb");
        if (!file)
            return complain("could not write the file: %s", strerror(errno));
    }
    if (shell->output_file)
        fclose(shell->output_file);
    shell->output_file = file;
    shell->output.file = file ? file : stdout;
    return true;
}

/* ---- Options ---- */

static bool set_mode(HyShell *shell, const Words *words)
{
    if (words->n < 2) {
        printf("%s\n", hy_output_mode_name(shell->output.mode));
        return true;
    }
    int mode = hy_output_mode_find(words->items[1]);
    if (mode < 0)
        return complain(
            "unknown mode '%s'; one of table, box, markdown, csv, tsv, json, jsonl, line, "
            "quiet",
            words->items[1]);
    shell->output.mode = (HyOutputMode)mode;
    return true;
}

/* "on" or "off"; without a word the switch is turned over. */
static bool take_switch(const Words *words, bool *flag)
{
    if (words->n < 2)
        *flag = !*flag;
    else if (strcmp(words->items[1], "on") == 0)
        *flag = true;
    else if (strcmp(words->items[1], "off") == 0)
        *flag = false;
    else
        return complain("expected on or off, not '%s'", words->items[1]);
    return true;
}

static bool set_timer(HyShell *shell, const Words *words)
{
    return take_switch(words, &shell->has_timer);
}

static bool set_headers(HyShell *shell, const Words *words)
{
    return take_switch(words, &shell->output.has_headers);
}

static bool set_echo(HyShell *shell, const Words *words)
{
    return take_switch(words, &shell->is_echoing);
}

static bool set_expanded(HyShell *shell, const Words *words)
{
    bool is_on = shell->output.mode == HY_OUTPUT_LINE;
    if (!take_switch(words, &is_on))
        return false;
    shell->output.mode = is_on ? HY_OUTPUT_LINE : HY_OUTPUT_TABLE;
    return true;
}

static bool set_null_text(HyShell *shell, const Words *words)
{
    static char text[64]; /* one shell in a process */
    (void)snprintf(text, sizeof text, "%s", words->n > 1 ? words->items[1] : "");
    shell->output.null_text = text;
    return true;
}

static bool set_width(HyShell *shell, const Words *words)
{
    shell->output.max_width = (int)strtol(words->items[1], NULL, 10);
    return true;
}

static bool quit(HyShell *shell, const Words *words)
{
    (void)words;
    shell->is_done = true;
    return true;
}

static bool show_help(HyShell *shell, const Words *words);

static const Command commands[] = {
    {".databases", "\\l", "", "list the attached databases", 0, list_databases},
    {".echo", NULL, "on|off", "print statements before they run", 0, set_echo},
    {".expanded", "\\x", "on|off", "one line per value", 0, set_expanded},
    {".headers", NULL, "on|off", "column names above the rows", 0, set_headers},
    {".help", "\\?", "", "this list", 0, show_help},
    {".import", NULL, "FILE TABLE", "load a CSV file with a header line into a table", 2,
        import_file},
    {".mode", NULL, "[MODE]", "table box markdown csv tsv json jsonl line quiet", 0, set_mode},
    {".nullvalue", NULL, "TEXT", "what is shown for NULL", 0, set_null_text},
    {".open", NULL, "FILE", "leave this database for another one", 1, open_database},
    {".output", "\\o", "[FILE]", "write results to a file; without a name back to the terminal", 0,
        set_output},
    {".quit", "\\q", "", "leave the shell", 0, quit},
    {".read", "\\i", "FILE", "run the statements of a file", 1, read_file},
    {".schema", "\\d", "[TABLE]", "columns of a table", 0, show_schema},
    {".schemas", "\\dn", "", "list the schemas", 0, list_schemas},
    {".tables", "\\dt", "", "list the tables", 0, list_tables},
    {".timer", "\\timing", "on|off", "print how long statements take", 0, set_timer},
    {".width", NULL, "N", "width of a line in table mode, 0 without limit", 1, set_width},
};

static bool show_help(HyShell *shell, const Words *words)
{
    (void)words;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        fprintf(shell->output.file, "%-11s %-12s %-8s %s\n", commands[i].name,
            commands[i].arguments, commands[i].synonym ? commands[i].synonym : "",
            commands[i].help);
    fputs("Statements of SQL end with a semicolon.\n", shell->output.file);
    return true;
}

/* Cuts a line at blanks; quotes keep blanks together. The words point into `line`. */
static void split_words(char *line, Words *out)
{
    char *c = line;
    while (*c && out->n < MAX_WORDS) {
        c += strspn(c, " \t");
        if (!*c)
            return;
        char quote = *c == '"' || *c == '\'' ? *c : 0;
        if (quote)
            c++;
        out->items[out->n++] = c;
        c += quote ? strcspn(c, quote == '"' ? "\"" : "'") : strcspn(c, " \t");
        if (*c)
            *c++ = 0;
    }
}

static const Command *find_command(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(commands[i].name, name) == 0 ||
            (commands[i].synonym && strcmp(commands[i].synonym, name) == 0))
            return &commands[i];
    return NULL;
}

bool hy_shell_dot_command(HyShell *shell, const char *line)
{
    char *copy = strdup(line);
    Words words = {0};
    if (!copy)
        return false;
    size_t len = strlen(copy);
    while (len && (copy[len - 1] == ';' || copy[len - 1] == ' '))
        copy[--len] = 0;
    split_words(copy, &words);
    const Command *command = words.n ? find_command(words.items[0]) : NULL;
    bool worked;
    if (!command)
        worked =
            complain("unknown command \"%s\"; .help lists them", words.n ? words.items[0] : line);
    else if (words.n - 1 < command->min_words)
        worked = complain("usage: %s", command->name) && complain("%s", command->arguments);
    else
        worked = command->run(shell, &words);
    free(copy);
    return worked;
}
