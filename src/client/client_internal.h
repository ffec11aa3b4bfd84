/* What client.c and client_instance.c share. */
#ifndef HY_CLIENT_CLIENT_INTERNAL_H
#define HY_CLIENT_CLIENT_INTERNAL_H

#include "client/client.h"
#include "client/client_instance.h"
#include "client/remote.h"

struct HyClient {
    HySession *session; /* of an engine here, or */
    HyRemote *remote;   /* of a server */
    HyTextStyle style;  /* with a server: the defaults */
    HyClientInstance *instance;
    HyClient *next; /* in instance->clients, guarded by its lock */
    HyClient *previous;
};

/* The client leaves the list of its instance. */
void hy_client_instance_leave(HyClient *client);

#endif
