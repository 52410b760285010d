#ifndef EXPERTMESH_CECHO_H
#define EXPERTMESH_CECHO_H

// The yardstick of the hop figures: the mesh's frames, echoed by plain C on libevent. The interface is plain numbers, so that
// Swift needs no pointer to use it. `place` names a unix socket.

/// Starts this executable again as `benchmarks hop-server LANGUAGE PLACE`. Returns its process id, or -1.
int cecho_spawn_server(int is_swift, int place);
void cecho_stop_server(int process, int place);

/// Never returns.
void cecho_serve(int place);

/// Exchanges `count` frames with the server, `in_flight` at a time. Returns seconds, or -1.
double cecho_exchange(int place, int byte_count, int in_flight, int count);
/// Microseconds of the last exchange, by share: 0.5 is the median.
double cecho_latency(double share);

#endif
