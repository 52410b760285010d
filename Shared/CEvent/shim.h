#ifndef EXPERTMESH_CEVENT_SHIM_H
#define EXPERTMESH_CEVENT_SHIM_H

// First: libevent's own configuration defines _GNU_SOURCE, which changes glibc's fd_set; Swift could then not import this
// module together with Glibc.
#include <features.h>

#include <event2/buffer.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

// Declared by glibc under _GNU_SOURCE only.
extern int accept4(int socket, struct sockaddr *address, socklen_t *length, int flags);

#endif
