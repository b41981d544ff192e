/* uwsgi and SCGI benchmark responder: one thread, epoll, a connection per request.
 *
 *   cgi PORT BYTES
 *
 * A request that begins with a digit is SCGI's, another one uwsgi's. Every one without
 * a body is answered with BYTES of body and a head as applications write it, then the
 * connection is closed. Parameters are skipped, not decoded. Listens on 127.0.0.1 only.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct conn {
    int fd, got;
    unsigned char head[16];                  /* as much of the request as its length needs */
};

static void die(const char *m) { perror(m); exit(1); }

/* Bytes of the whole request; 0: not known yet, -1: it is none. */
static int whole(const struct conn *c)
{
    int n = c->got < (int)sizeof c->head ? c->got : (int)sizeof c->head, len = 0, i = 0;
    if (!n) return 0;
    if (c->head[0] < '0' || c->head[0] > '9') return n < 4 ? 0 : 4 + (c->head[1] | c->head[2] << 8);
    for (; i < n && i < 8 && c->head[i] >= '0' && c->head[i] <= '9'; i++) len = len * 10 + c->head[i] - '0';
    if (i == n) return 0;
    return c->head[i] == ':' ? i + 1 + len + 1 : -1;
}

int main(int argc, char **argv)
{
    static unsigned char buf[65536], answer[65536 + 1024];
    int one = 1, size;
    if (argc != 3 || (size = atoi(argv[2])) < 0 || size > 65000) { fprintf(stderr, "usage: cgi PORT BYTES\n"); return 2; }
    signal(SIGPIPE, SIG_IGN);
    int len = sprintf((char *)answer, "Status: 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n"
                      "Cache-Control: private, max-age=0\r\nX-Request-Id: 0123456789abcdef0123456789abcdef\r\n\r\n", size);
    memset(answer + len, 'x', size);
    len += size;
    int ep = epoll_create1(EPOLL_CLOEXEC);
    int l = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(atoi(argv[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(l, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);    /* inherited by accept */
    if (bind(l, (void *)&a, sizeof a) || listen(l, 4096)) die("listen");
    struct epoll_event ev = { .events = EPOLLIN, .data.ptr = NULL }, evs[512];
    epoll_ctl(ep, EPOLL_CTL_ADD, l, &ev);
    for (;;) {
        int n = epoll_wait(ep, evs, 512, -1);
        for (int i = 0; i < n; i++) {
            struct conn *c = evs[i].data.ptr;
            if (!c) {
                int fd;
                while ((fd = accept4(l, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
                    if (!(c = calloc(1, sizeof *c))) die("calloc");
                    c->fd = fd;
                    ev.events = EPOLLIN;
                    ev.data.ptr = c;
                    epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
                }
                continue;
            }
            ssize_t r = recv(c->fd, buf, sizeof buf, 0);
            if (r < 0 && errno == EAGAIN) continue;
            for (int k = 0; k < r && c->got + k < (int)sizeof c->head; k++) c->head[c->got + k] = buf[k];
            if (r > 0) c->got += r;
            int all = whole(c);
            if (r > 0 && all >= 0 && (!all || c->got < all)) continue;
            if (r > 0 && all > 0) (void)!send(c->fd, answer, len, MSG_NOSIGNAL);
            close(c->fd);
            free(c);
        }
    }
}
