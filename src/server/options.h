/* The command line of `hyperd`: the genuine server's, spec/wire-protocol.md section 1. */
#ifndef HY_SERVER_OPTIONS_H
#define HY_SERVER_OPTIONS_H

#include "base/status.h"
#include "session/instance.h"
#include <stdbool.h>

#define HY_OPTIONS_MAX_SETTINGS 64

typedef enum HyServerCommand {
    HY_COMMAND_RUN,
    HY_COMMAND_VALIDATE,
    HY_COMMAND_HELP,
    HY_COMMAND_VERSION
} HyServerCommand;

/* Texts are borrowed from argv, but `owned`. */
typedef struct HyServerOptions {
    HyServerCommand command;
    const char *listen;   /* comma separated endpoints */
    const char *callback; /* endpoint, or NULL */
    const char *init_user;
    const char *log_dir;  /* NULL: no log */
    const char *database; /* of validate */
    bool has_log;         /* log_config is not empty */
    bool no_password;
    int idle_timeout_ms;         /* -1: none */
    size_t session_memory_limit; /* bytes; SIZE_MAX: none but the instance's */
    HyInstanceSetting settings[HY_OPTIONS_MAX_SETTINGS]; /* of the instance and its sessions */
    size_t n_settings;
    char *owned[HY_OPTIONS_MAX_SETTINGS]; /* names of settings; freed at the end */
    size_t n_owned;
} HyServerOptions;

/* Both spellings, --name=value and --name value. Warnings go to stderr. Errors are to be shown as
 * they are: 42601 unknown name, 22023 bad value. */
HyStatus hy_options_parse(int argc, char **argv, HyServerOptions *out) HY_MUST_CHECK;
void hy_options_free(HyServerOptions *options);

#endif
