/* Endpoints: tab.tcp://host:port and tab.domain://DIR/domain/NAME, to listen on and to connect to.
 */
#ifndef HY_SERVER_LISTENER_H
#define HY_SERVER_LISTENER_H

#include "base/status.h"
#include <stdbool.h>

#define HY_ENDPOINT_MAX 300
#define HY_LISTENER_FDS 8

typedef struct HyListener {
    int fds[HY_LISTENER_FDS];
    size_t n_fds;
    bool is_public;                    /* a TCP address that other machines reach */
    char endpoint[HY_ENDPOINT_MAX];    /* as the callback reports it */
    char socket_path[HY_ENDPOINT_MAX]; /* of a domain socket, else empty */
    char note[HY_ENDPOINT_MAX];        /* a line that says where it listens */
} HyListener;

/* Errors: 22023 no endpoint; 58030 in use, too long and the like, in the genuine server's words. */
HyStatus hy_listener_open(const char *endpoint, HyListener *out) HY_MUST_CHECK;
/* Removes the socket's files as well. */
void hy_listener_close(HyListener *listener);

/* A connected socket, tried for up to `timeout_ms`. */
HyStatus hy_endpoint_connect(const char *endpoint, int timeout_ms, int *fd) HY_MUST_CHECK;

#endif
