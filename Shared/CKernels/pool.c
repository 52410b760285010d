// A few threads that take shares of a product's rows: they spin for a moment, for the next product of a
// step comes within microseconds, and then sleep, for an idle server should cost nothing.
//
// One word, `gate`, says everything: which call is running, whether it is open, how many helpers are inside.
// A helper enters only while the gate is open; the caller takes indices like any helper, closes the gate when
// none is left, and waits for those inside. So a helper that is late or descheduled is simply not waited for.
#include "kernels.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>

enum { SPINS_MAX = 1000 };  // of 10 to 40 ns: some 20 microseconds

#define INSIDE UINT64_C(0xffff)
#define OPEN UINT64_C(0x10000)
#define CALL UINT64_C(0x20000)  // the number of the call stands above this bit

static struct {
    atomic_flag busy;         // held by the caller whose work is being shared
    _Atomic uint64_t gate;
    atomic_size_t next;       // the index to be taken next
    atomic_size_t threads;    // that may work, the caller included
    // Of the current call; written while the gate is closed and nobody is inside.
    void (*body)(void *, size_t);
    void *context;
    size_t count;

    pthread_mutex_t mutex;    // guards `started`; held to sleep and to wake
    pthread_cond_t opened;
    atomic_size_t sleeping;
    size_t started;
} pool = {ATOMIC_FLAG_INIT, .threads = 1, .mutex = PTHREAD_MUTEX_INITIALIZER, .opened = PTHREAD_COND_INITIALIZER};

static inline void pause_briefly(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void take_indices(void) {
    size_t index;
    while ((index = atomic_fetch_add_explicit(&pool.next, 1, memory_order_relaxed)) < pool.count)
        pool.body(pool.context, index);
}

static int is_new(uint64_t gate, uint64_t seen) { return (gate & OPEN) && gate / CALL != seen; }

static void sleep_until_opened(uint64_t seen) {
    pthread_mutex_lock(&pool.mutex);
    atomic_fetch_add(&pool.sleeping, 1);
    while (!is_new(atomic_load(&pool.gate), seen)) pthread_cond_wait(&pool.opened, &pool.mutex);
    atomic_fetch_sub(&pool.sleeping, 1);
    pthread_mutex_unlock(&pool.mutex);
}

// Enters the first call after `seen` that is still open, and returns its number.
static uint64_t enter(uint64_t seen) {
    for (size_t spins = 0;; spins++) {
        uint64_t gate = atomic_load(&pool.gate);
        if (is_new(gate, seen) && atomic_compare_exchange_strong(&pool.gate, &gate, gate + 1)) return gate / CALL;
        if (spins < SPINS_MAX) pause_briefly();
        else sleep_until_opened(seen), spins = 0;
    }
}

static void *help(void *number) {
    uint64_t seen = 0;
    for (;;) {
        seen = enter(seen);
        if ((size_t)number < atomic_load_explicit(&pool.threads, memory_order_relaxed)) take_indices();
        atomic_fetch_sub(&pool.gate, 1);
    }
    return NULL;
}

static void open_gate(void) {
    const uint64_t call = atomic_load(&pool.gate) / CALL + 1;
    atomic_store(&pool.next, 0);
    atomic_store(&pool.gate, call * CALL | OPEN);
    if (atomic_load(&pool.sleeping) == 0) return;
    pthread_mutex_lock(&pool.mutex);
    pthread_cond_broadcast(&pool.opened);
    pthread_mutex_unlock(&pool.mutex);
}

static void close_gate(void) {
    atomic_fetch_and(&pool.gate, ~OPEN);
    for (size_t spins = 0; atomic_load(&pool.gate) & INSIDE; spins++) {
        if (spins < SPINS_MAX) pause_briefly();
        else sched_yield();
    }
}

void ck_parallel(size_t count, void (*body)(void *, size_t), void *context) {
    const int alone = count < 2 || atomic_load_explicit(&pool.threads, memory_order_relaxed) < 2;
    if (alone || atomic_flag_test_and_set(&pool.busy)) {
        for (size_t index = 0; index < count; index++) body(context, index);
        return;
    }
    pool.body = body;
    pool.context = context;
    pool.count = count;
    open_gate();
    take_indices();
    close_gate();
    atomic_flag_clear(&pool.busy);
}

// Helpers take no signals: those belong to the thread that waits for them.
static void start_helpers(size_t threads) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (pool.started + 1 < threads) {
        pthread_t helper;
        if (pthread_create(&helper, NULL, help, (void *)(pool.started + 1)) != 0) break;
        pthread_detach(helper);
        pool.started++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void ck_set_threads(size_t count) {
    const size_t threads = count < 1 ? 1 : count > CK_THREADS_MAX ? CK_THREADS_MAX : count;
    pthread_mutex_lock(&pool.mutex);
    start_helpers(threads);
    pthread_mutex_unlock(&pool.mutex);
    atomic_store(&pool.threads, threads);
}

size_t ck_threads(void) { return atomic_load(&pool.threads); }
