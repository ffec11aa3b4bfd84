/* A listener on an engine that lives in this process, so that other processes can use it, too. */
#ifndef HY_SERVER_EMBEDDED_H
#define HY_SERVER_EMBEDDED_H

#include "session/instance.h"

typedef struct HyEmbeddedServer HyEmbeddedServer;

/* Listens at an endpoint (server/listener.h) and serves clients on threads of its own. The instance
 * is borrowed. Errors: those of hy_listener_open; 28000 for an address that other machines reach,
 * as there is no password. */
HyStatus hy_embedded_server_open(
    HyInstance *instance, const char *endpoint, HyEmbeddedServer **out) HY_MUST_CHECK;
/* Drops all clients. NULL is fine. Afterwards the instance may be destroyed. */
void hy_embedded_server_close(HyEmbeddedServer *server);

/* Where it listens, with its port. Lives as long as the server. */
const char *hy_embedded_server_endpoint(const HyEmbeddedServer *server);

#endif
