#include "server/listener.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define BACKLOG 512

typedef struct Endpoint {
    bool is_domain;
    char host[256]; /* or the folder */
    char port[256]; /* or the name of the socket */
} Endpoint;

static HyStatus bad_endpoint(const char *text)
{
    return hy_error("22023", "invalid connection descriptor '%s'", text);
}

static bool copy_text(char *to, size_t capacity, const char *from, size_t len)
{
    if (len >= capacity)
        return false;
    memcpy(to, from, len);
    to[len] = 0;
    return true;
}

static HyStatus parse_domain(const char *text, const char *rest, Endpoint *out)
{
    const char *separator = strstr(rest, "/domain/");
    if (!separator || !separator[strlen("/domain/")])
        return bad_endpoint(text);
    const char *name = separator + strlen("/domain/");
    out->is_domain = true;
    if (!copy_text(out->host, sizeof out->host, rest, (size_t)(separator - rest)) ||
        !copy_text(out->port, sizeof out->port, name, strlen(name)))
        return bad_endpoint(text);
    return HY_OK;
}

static HyStatus parse_tcp(const char *text, const char *rest, Endpoint *out)
{
    const char *colon = strrchr(rest, ':');
    if (!colon || !colon[1] || colon == rest)
        return bad_endpoint(text);
    size_t len = (size_t)(colon - rest);
    if (*rest == '[' && rest[len - 1] == ']') {
        rest++;
        len -= 2;
    }
    const char *port = strcmp(colon + 1, "auto") == 0 ? "0" : colon + 1;
    if (strspn(port, "0123456789") != strlen(port) ||
        !copy_text(out->host, sizeof out->host, rest, len) ||
        !copy_text(out->port, sizeof out->port, port, strlen(port)))
        return bad_endpoint(text);
    return HY_OK;
}

static HyStatus parse_endpoint(const char *text, Endpoint *out)
{
    *out = (Endpoint){0};
    if (strncmp(text, "tab.domain://", 13) == 0)
        return parse_domain(text, text + 13, out);
    if (strncmp(text, "tab.tcp://", 10) == 0)
        return parse_tcp(text, text + 10, out);
    return bad_endpoint(text);
}

/* ---- Unix sockets ---- */

static HyStatus domain_address(const char *path, struct sockaddr_un *address)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address->sun_path)
        return hy_error(
            "58030", "unable to listen on domain socket: File name too long [system:36]");
    memcpy(address->sun_path, path, strlen(path));
    return HY_OK;
}

static bool is_alive(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool alive = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) == 0;
    if (fd >= 0)
        close(fd);
    return alive;
}

static HyStatus domain_failed(int errnum)
{
    return hy_error(
        "58030", "unable to listen on domain socket: %s [system:%d]", strerror(errnum), errnum);
}

static void write_pid_file(const char *socket_path)
{
    char path[HY_ENDPOINT_MAX + 8];
    (void)snprintf(path, sizeof path, "%s.pid", socket_path);
    FILE *file = fopen(path, "we");
    if (file) {
        fprintf(file, "%d", (int)getpid());
        (void)fclose(file);
    }
}

static HyStatus listen_domain(const Endpoint *endpoint, HyListener *out)
{
    struct sockaddr_un address;
    char name[sizeof endpoint->port];
    if (strcmp(endpoint->port, "auto") == 0)
        (void)snprintf(name, sizeof name, ".s.PGSQL.%d", (int)getpid());
    else
        (void)snprintf(name, sizeof name, "%s", endpoint->port);
    int n = snprintf(out->socket_path, sizeof out->socket_path, "%s/%s", endpoint->host, name);
    if (n < 0 || (size_t)n >= sizeof out->socket_path)
        return domain_failed(ENAMETOOLONG);
    HY_TRY(domain_address(out->socket_path, &address));
    (void)mkdir(endpoint->host, 0700);
    if (!is_alive(&address)) /* left over by a server that was killed */
        (void)unlink(out->socket_path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return domain_failed(errno);
    out->fds[out->n_fds++] = fd;
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, BACKLOG) != 0) {
        int errnum = errno;
        out->socket_path[0] = 0;
        return domain_failed(errnum);
    }
    (void)chmod(out->socket_path, 0755);
    write_pid_file(out->socket_path);
    (void)snprintf(out->endpoint, sizeof out->endpoint, "tab.domain://%.120s/domain/%.120s",
        endpoint->host, name);
    (void)snprintf(out->note, sizeof out->note, "listening on %.250s", out->socket_path);
    return HY_OK;
}

/* ---- TCP ---- */

static bool is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)address;
        return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
    }
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)address;
    return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

static unsigned bound_port(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {0};
    socklen_t len = sizeof address;
    if (getsockname(fd, &address.any, &len) != 0)
        return 0;
    return ntohs(address.any.sa_family == AF_INET ? address.v4.sin_port : address.v6.sin6_port);
}

/* One address, with the port that another address of the host has got. */
static bool listen_address(const struct addrinfo *info, unsigned port, HyListener *out)
{
    int on = 1;
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    if (info->ai_family == AF_INET)
        ((struct sockaddr_in *)(void *)info->ai_addr)->sin_port = htons((uint16_t)port);
    else
        ((struct sockaddr_in6 *)(void *)info->ai_addr)->sin6_port = htons((uint16_t)port);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (info->ai_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(fd, info->ai_addr, info->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
        close(fd);
        return false;
    }
    out->fds[out->n_fds++] = fd;
    out->is_public |= !is_loopback(info->ai_addr);
    return true;
}

static HyStatus listen_tcp(const Endpoint *endpoint, HyListener *out)
{
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *list = NULL;
    bool is_localhost = strcmp(endpoint->host, "localhost") == 0;
    unsigned port = (unsigned)strtoul(endpoint->port, NULL, 10);
    bool has_v6 = false;
    if (port > 65535)
        return hy_error("22023", "invalid port '%s'", endpoint->port);
    int failed = 0;
    for (int pass = 0; pass < 2; pass++) { /* IPv4 first: it is what is reported for localhost */
        hints.ai_family = pass ? AF_INET6 : AF_INET;
        const char *host = is_localhost ? (pass ? "::1" : "127.0.0.1") : endpoint->host;
        failed = getaddrinfo(host, "0", &hints, &list);
        if (failed)
            continue;
        for (const struct addrinfo *info = list; info; info = info->ai_next)
            if (out->n_fds < HY_LISTENER_FDS && listen_address(info, port, out)) {
                has_v6 |= info->ai_family == AF_INET6;
                if (!port)
                    port = bound_port(out->fds[out->n_fds - 1]);
            }
        freeaddrinfo(list);
    }
    if (!out->n_fds)
        return hy_error("58030",
            "unable to listen to any of the given host name and port combinations for TCP");
    bool is_v6 = strchr(endpoint->host, ':') != NULL;
    (void)snprintf(out->endpoint, sizeof out->endpoint,
        is_v6 ? "tab.tcp://[%s]:%u" : "tab.tcp://%s:%u",
        is_localhost ? "127.0.0.1" : endpoint->host, port);
    (void)snprintf(out->note, sizeof out->note,
        "listening to %.200s:%u using %s with system PID %d", endpoint->host, port,
        !has_v6 ? "ipv4"
        : is_v6 ? "ipv6"
                : "ipv4 and ipv6",
        (int)getpid());
    return HY_OK;
}

HyStatus hy_listener_open(const char *text, HyListener *out)
{
    Endpoint endpoint;
    *out = (HyListener){0};
    HY_TRY(parse_endpoint(text, &endpoint));
    HyStatus st = endpoint.is_domain ? listen_domain(&endpoint, out) : listen_tcp(&endpoint, out);
    if (st)
        hy_listener_close(out);
    return st;
}

void hy_listener_close(HyListener *listener)
{
    char path[HY_ENDPOINT_MAX + 8];
    for (size_t i = 0; i < listener->n_fds; i++)
        close(listener->fds[i]);
    listener->n_fds = 0;
    if (!listener->socket_path[0])
        return;
    (void)unlink(listener->socket_path);
    (void)snprintf(path, sizeof path, "%s.pid", listener->socket_path);
    (void)unlink(path);
}

/* ---- Connecting ---- */

static int connect_domain(const Endpoint *endpoint)
{
    char path[HY_ENDPOINT_MAX];
    struct sockaddr_un address;
    int n = snprintf(path, sizeof path, "%s/%s", endpoint->host, endpoint->port);
    HyStatus st = n < 0 || (size_t)n >= sizeof path ? domain_failed(ENAMETOOLONG)
                                                    : domain_address(path, &address);
    if (st) {
        hy_error_free(st);
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    int errnum = errno;
    close(fd);
    errno = errnum;
    return -1;
}

static int connect_tcp(const Endpoint *endpoint)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    int fd = -1;
    int errnum = EHOSTUNREACH;
    if (getaddrinfo(endpoint->host, endpoint->port, &hints, &list) != 0) {
        errno = errnum;
        return -1;
    }
    for (const struct addrinfo *info = list; info && fd < 0; info = info->ai_next) {
        fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd >= 0 && connect(fd, info->ai_addr, info->ai_addrlen) != 0) {
            errnum = errno;
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(list);
    errno = errnum;
    return fd;
}

HyStatus hy_endpoint_connect(const char *text, int timeout_ms, int *fd)
{
    const struct timespec pause = {.tv_nsec = 50000000};
    Endpoint endpoint;
    HY_TRY(parse_endpoint(text, &endpoint));
    for (int waited_ms = 0;; waited_ms += 50) {
        *fd = endpoint.is_domain ? connect_domain(&endpoint) : connect_tcp(&endpoint);
        if (*fd >= 0)
            return HY_OK;
        int errnum = errno;
        if (waited_ms >= timeout_ms)
            return hy_error("08001", "%s", strerror(errnum));
        (void)nanosleep(&pause, NULL);
    }
}
