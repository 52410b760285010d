#define _GNU_SOURCE
#include "CEcho.h"

#include <CChecksum.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { header_size = 40, rest_checksum_offset = 32, checksum_offset = 36, alignment = 64, read_size = 256 * 1024 };

struct connection {
    int fd;
    struct evbuffer *input, *output;
    struct event *readable, *writable;
    void (*on_frame)(struct connection *, const uint8_t *header, size_t rest);
    struct client *client;
};

struct client {
    struct event_base *base;
    struct connection connection;
    uint8_t *payload;
    int byte_count, in_flight, count, sent, received;
    double *starts;
};

static double *latencies;
static int latency_count;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static struct sockaddr_un address_of(int place) {
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "/tmp/mesh-hop-%d.sock", place);
    return a;
}

static void put32(uint8_t *p, uint32_t v) { memcpy(p, &v, 4); }
static uint32_t get32(const uint8_t *p) { uint32_t v; memcpy(&v, p, 4); return v; }

static size_t rest_of(const uint8_t *header) {
    size_t body = get32(header + 12), attachment = get32(header + 16);
    if (attachment == 0) return body;
    size_t end = header_size + body;
    return body + (alignment - end % alignment) % alignment + attachment;
}

static void seal(uint8_t *header) { put32(header + checksum_offset, cc_crc32c(0, header, checksum_offset)); }

// Whether a frame, whose rest the buffer starts with, is the one that was sent.
static int is_whole(struct evbuffer *input, const uint8_t *header, size_t rest) {
    if (get32(header + checksum_offset) != cc_crc32c(0, header, checksum_offset)) return 0;
    int count = rest > 0 ? evbuffer_peek(input, rest, NULL, NULL, 0) : 0;
    struct evbuffer_iovec pieces[count + 1];
    if (count > 0) evbuffer_peek(input, rest, NULL, pieces, count);
    uint32_t checksum = 0;
    for (int i = 0; i < count; i++) {
        size_t n = pieces[i].iov_len < rest ? pieces[i].iov_len : rest;
        checksum = cc_crc32c(checksum, pieces[i].iov_base, n);
        rest -= n;
    }
    return checksum == get32(header + rest_checksum_offset);
}

static void flush(struct connection *c) {
    while (evbuffer_get_length(c->output) > 0) {
        if (evbuffer_write(c->output, c->fd) < 0) {
            if (errno == EAGAIN) event_add(c->writable, NULL);
            return;
        }
    }
}

static void on_writable(int fd, short what, void *context) {
    (void)fd; (void)what;
    flush(context);
}

static void on_readable(int fd, short what, void *context) {
    (void)what;
    struct connection *c = context;
    size_t missing = read_size;
    for (;;) {
        struct evbuffer_iovec space;
        if (evbuffer_reserve_space(c->input, missing, &space, 1) < 1) abort();
        ssize_t n = read(fd, space.iov_base, space.iov_len);
        if (n < 0 && errno == EAGAIN) break;
        if (n <= 0) {
            event_del(c->readable);
            return;
        }
        size_t capacity = space.iov_len;
        space.iov_len = n;
        evbuffer_commit_space(c->input, &space, 1);
        while (evbuffer_get_length(c->input) >= header_size) {
            uint8_t header[header_size];
            evbuffer_copyout(c->input, header, header_size);
            size_t rest = rest_of(header);
            size_t have = evbuffer_get_length(c->input);
            if (have < header_size + rest) {
                missing = header_size + rest - have;
                if (missing < read_size) missing = read_size;
                break;
            }
            evbuffer_drain(c->input, header_size);
            if (!is_whole(c->input, header, rest)) abort();
            c->on_frame(c, header, rest);
        }
        if ((size_t)n < capacity) break;
    }
    flush(c);
}

static void open_connection(struct event_base *base, struct connection *c, int fd) {
    c->fd = fd;
    c->input = evbuffer_new();
    c->output = evbuffer_new();
    c->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, c);
    c->writable = event_new(base, fd, EV_WRITE, on_writable, c);
    event_add(c->readable, NULL);
}

// ---- server

static void echo(struct connection *c, const uint8_t *header, size_t rest) {
    uint8_t reply[header_size];
    memcpy(reply, header, header_size);
    reply[6] = 1;
    put32(reply + 20, 0);
    // Hello and Ping are their own replies; the reply to Health has the next number, and may be empty.
    if (header[5] == 112) reply[5] = 113;
    seal(reply);  // What follows is unchanged, and so is its checksum.
    evbuffer_add(c->output, reply, header_size);
    evbuffer_remove_buffer(c->input, c->output, rest);
}

static void on_acceptable(int fd, short what, void *base) {
    (void)what;
    int accepted = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted < 0) return;
    struct connection *c = calloc(1, sizeof *c);
    c->on_frame = echo;
    open_connection(base, c, accepted);
}

void cecho_serve(int place) {
    signal(SIGPIPE, SIG_IGN);
    struct event_base *base = event_base_new();
    struct sockaddr_un a = address_of(place);
    unlink(a.sun_path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 16) != 0) exit(1);
    event_add(event_new(base, fd, EV_READ | EV_PERSIST, on_acceptable, base), NULL);
    event_base_dispatch(base);
    exit(1);
}

extern char **environ;

int cecho_spawn_server(int is_swift, int place) {
    char number[16];
    snprintf(number, sizeof number, "%d", place);
    char *arguments[] = {"benchmarks", "hop-server", is_swift ? "swift" : "c", number, NULL};
    pid_t process;
    return posix_spawn(&process, "/proc/self/exe", NULL, NULL, arguments, environ) == 0 ? process : -1;
}

void cecho_stop_server(int process, int place) {
    kill(process, SIGKILL);
    waitpid(process, NULL, 0);
    struct sockaddr_un a = address_of(place);
    unlink(a.sun_path);
}

// ---- client

static void send_next(struct client *k) {
    uint8_t header[header_size] = {'X', 'M', 'S', 'H', 2, 112};
    static const uint8_t padding[alignment - header_size];
    int id = k->sent++;
    put32(header + 8, id);
    put32(header + 16, k->byte_count);
    put32(header + 20, 1000);
    k->starts[id] = now();
    if (k->byte_count > 0)
        put32(header + rest_checksum_offset,
              cc_crc32c(cc_crc32c(0, padding, sizeof padding), k->payload, k->byte_count));
    seal(header);
    struct evbuffer *out = k->connection.output;
    evbuffer_add(out, header, header_size);
    if (k->byte_count == 0) return;
    evbuffer_add(out, padding, sizeof padding);
    if (k->byte_count < 16 * 1024) evbuffer_add(out, k->payload, k->byte_count);
    else evbuffer_add_reference(out, k->payload, k->byte_count, NULL, NULL);
}

static void received(struct connection *c, const uint8_t *header, size_t rest) {
    struct client *k = c->client;
    latencies[latency_count++] = (now() - k->starts[get32(header + 8)]) * 1e6;
    // A caller needs its answer in one piece.
    void *answer = malloc(rest + 1);
    evbuffer_remove(c->input, answer, rest);
    free(answer);
    k->received++;
    if (k->sent < k->count) send_next(k);
    if (k->received == k->count) event_base_loopbreak(k->base);
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double cecho_exchange(int place, int byte_count, int in_flight, int count) {
    struct sockaddr_un a = address_of(place);
    int fd = -1;
    for (int attempt = 0; attempt < 200; attempt++) {  // the server may still be starting
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0) break;
        close(fd);
        fd = -1;
        usleep(10000);
    }
    if (fd < 0) return -1;
    evutil_make_socket_nonblocking(fd);
    struct client k = {.base = event_base_new(), .byte_count = byte_count, .in_flight = in_flight, .count = count};
    k.payload = calloc(1, byte_count + 1);
    k.starts = calloc(count, sizeof(double));
    latencies = realloc(latencies, count * sizeof(double));
    latency_count = 0;
    k.connection.client = &k;
    k.connection.on_frame = received;
    open_connection(k.base, &k.connection, fd);
    double start = now();
    for (int i = 0; i < in_flight && k.sent < count; i++) send_next(&k);
    flush(&k.connection);
    event_base_dispatch(k.base);
    double seconds = now() - start;
    qsort(latencies, latency_count, sizeof(double), by_value);
    event_free(k.connection.readable);
    event_free(k.connection.writable);
    evbuffer_free(k.connection.input);
    evbuffer_free(k.connection.output);
    event_base_free(k.base);
    close(fd);
    free(k.payload);
    free(k.starts);
    return k.received == count ? seconds : -1;
}

double cecho_latency(double share) {
    if (latency_count == 0) return -1;
    int index = (int)(share * latency_count);
    return latencies[index < latency_count ? index : latency_count - 1];
}
