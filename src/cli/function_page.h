/* `openhyper functions`: the page docs/sql/functions.md, written from the registry. */
#ifndef HY_CLI_FUNCTION_PAGE_H
#define HY_CLI_FUNCTION_PAGE_H

/* Returns the exit code of the process. */
int hy_command_functions(int argc, char **argv);

#endif
