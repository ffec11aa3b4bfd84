/* Lines from a terminal with editing, history (~/.openhyper_history) and completion of keywords,
 * functions, tables, columns and dot commands: through libedit where it is there, else plain
 * reading. */
#ifndef HY_CLI_LINE_EDITOR_H
#define HY_CLI_LINE_EDITOR_H

#include "cli/shell.h"

typedef struct HyLineEditor HyLineEditor;

/* One at a time in a process. NULL when out of memory; the other functions then read plainly. */
HyLineEditor *hy_line_editor_create(HyShell *shell);
void hy_line_editor_destroy(HyLineEditor *editor);
/* The next line without its end (free it), or NULL at the end of input. */
char *hy_line_editor_read(HyLineEditor *editor, const char *prompt);
/* Adds a whole statement to the history. */
void hy_line_editor_remember(HyLineEditor *editor, const char *text, size_t len);

#endif
