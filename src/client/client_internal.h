/* What client.c and client_instance.c share. */
#ifndef HY_CLIENT_CLIENT_INTERNAL_H
#define HY_CLIENT_CLIENT_INTERNAL_H

#include "client/client.h"
#include "client/client_instance.h"
#include "client/remote.h"
#include "server/log.h"

struct HyClient {
    HySession *session; /* of an engine here, or */
    HyRemote *remote;   /* of a server */
    HyTextStyle style;  /* with a server: the defaults */
    HyClientInstance *instance;
    HyServerLog *log; /* the instance's */
    unsigned number;  /* in the log */
    HyClient *next;   /* in instance->clients, guarded by its lock */
    HyClient *previous;
};

/* A line in the log, if there is one; key and value may be NULL. */
void hy_client_log(const HyClient *client, const char *kind, const char *key, const char *value);
/* The client leaves the list of its instance. */
void hy_client_instance_leave(HyClient *client);

#endif
