/* Subcommands that look at a file: info and verify; and jsonl, the shell for programs. Each returns
 * the exit code of the process. */
#ifndef HY_CLI_FILE_COMMAND_H
#define HY_CLI_FILE_COMMAND_H

/* `openhyper info FILE`: version, schemas, tables, rows; bytes and encodings of every column.
 * --json: as JSON. */
int hy_command_info(int argc, char **argv);
/* `openhyper verify FILE`: a line per fault, exit code 1 when there is one. */
int hy_command_verify(int argc, char **argv);
/* `openhyper jsonl FILE`: creates the database; reads {"sql": ".."} lines, answers {"rows": [..],
 * "types":
 * ".."} or {"error": "SQLSTATE", "message": ".."} lines. */
int hy_command_jsonl(int argc, char **argv);

#endif
