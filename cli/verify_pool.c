/* verify_pool.c - many targets at once; slow ones hold up nobody. */
#include "verify.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MOMENT_NS 100000000L            /* how often progress and signals are looked at */
#define STACK_SIZE ((size_t)512 * 1024) /* bytes of each thread's; some 40 kB are used */

struct pool {
    const struct verify_args *args;
    verify_idle *idle; /* or NULL */
    void *arg;
    const struct tlsagen_verify_options *options;
    struct verify_outcome *outcomes; /* one for each target */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t next;  /* target that nobody has taken */
    size_t done;  /* how many are ready */
    bool stopped; /* no more targets are taken */
};

static void look_at(struct pool *pool, size_t index, struct verify_outcome *outcome)
{
    const struct verify_target *target = &pool->args->targets[index];
    struct tlsagen_verify_options options = *pool->options;
    if (target->has_starttls) {
        options.has_starttls = true;
        options.starttls = target->starttls;
    }
    if (target->port == 0)
        outcome->status =
            tlsagen_verify_mx(&options, target->name, &outcome->result, &outcome->err);
    else
        outcome->status = tlsagen_verify_run(&options, target->name, target->port, &outcome->result,
                                             &outcome->err);
}

static void *work(void *arg)
{
    struct pool *pool = arg;
    (void)pthread_mutex_lock(&pool->lock);
    while (!pool->stopped && pool->next < pool->args->target_count) {
        size_t index = pool->next++;
        struct verify_outcome outcome = {.status = TLSAGEN_OK};
        (void)pthread_mutex_unlock(&pool->lock);
        look_at(pool, index, &outcome);
        (void)pthread_mutex_lock(&pool->lock);
        outcome.done = true;
        pool->outcomes[index] = outcome;
        pool->done++;
        (void)pthread_cond_broadcast(&pool->changed);
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return NULL;
}

/* Until something is ready, or a moment has passed; the lock is held. */
static void wait_a_moment(struct pool *pool)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += MOMENT_NS;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    (void)pthread_cond_timedwait(&pool->changed, &pool->lock, &until);
}

/* A copy of the outcome, when it is ready; not done: the pool was stopped before it was begun. */
static struct verify_outcome wait_for(struct pool *pool, size_t index, struct progress *progress)
{
    (void)pthread_mutex_lock(&pool->lock);
    while (!pool->outcomes[index].done && (!pool->stopped || index < pool->next)) {
        progress_show(progress, "targets", pool->done, pool->done, pool->args->target_count);
        wait_a_moment(pool);
        if (pool->idle != NULL && !pool->idle(pool->arg, progress))
            pool->stopped = true;
    }
    struct verify_outcome outcome = pool->outcomes[index];
    (void)pthread_mutex_unlock(&pool->lock);
    return outcome;
}

static void take_all(struct pool *pool, verify_take *take)
{
    struct progress progress;
    bool more = true;
    progress_init_beside(&progress);
    for (size_t i = 0; i < pool->args->target_count && more; i++) {
        struct verify_outcome outcome = wait_for(pool, i, &progress);
        progress_hide(&progress);
        more = outcome.done && take(pool->arg, i, &outcome);
        tlsagen_verify_free(outcome.result);
        pool->outcomes[i].result = NULL;
    }
    progress_hide(&progress);
}

/* The number that were started; all work is done by one, if need be. */
static unsigned start(struct pool *pool, pthread_t *threads, unsigned wanted)
{
    pthread_attr_t attributes;
    unsigned count = 0;
    if (pthread_attr_init(&attributes) != 0)
        return 0;
    (void)pthread_attr_setstacksize(&attributes, STACK_SIZE);
    while (count < wanted && pthread_create(&threads[count], &attributes, work, pool) == 0)
        count++;
    (void)pthread_attr_destroy(&attributes);
    return count;
}

static void finish(struct pool *pool, pthread_t *threads, unsigned count)
{
    (void)pthread_mutex_lock(&pool->lock);
    pool->stopped = true;
    (void)pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < count; i++)
        (void)pthread_join(threads[i], NULL);
    for (size_t i = 0; i < pool->args->target_count; i++)
        tlsagen_verify_free(pool->outcomes[i].result);
}

int verify_pool_run(const struct verify_args *args, const struct tlsagen_verify_options *options,
                    verify_take *take, verify_idle *idle, void *arg)
{
    struct pool pool = {.args = args,
                        .idle = idle,
                        .arg = arg,
                        .options = options,
                        .lock = PTHREAD_MUTEX_INITIALIZER,
                        .changed = PTHREAD_COND_INITIALIZER};
    unsigned jobs = args->target_count < args->jobs ? (unsigned)args->target_count : args->jobs;
    pthread_t *threads = calloc(jobs + 1U, sizeof(threads[0]));
    pool.outcomes = calloc(args->target_count + 1, sizeof(pool.outcomes[0]));
    unsigned count = 0;
    if (threads != NULL && pool.outcomes != NULL)
        count = start(&pool, threads, jobs);
    if (count > 0)
        take_all(&pool, take);
    if (count > 0)
        finish(&pool, threads, count);
    free(threads);
    free(pool.outcomes);
    if (count == 0 && args->target_count > 0) {
        report_error("cannot start threads: out of memory");
        return EXIT_FAILED;
    }
    return EXIT_DONE;
}

int verify_worse_code(int a, int b)
{
    static const int order[] = {EXIT_DONE, EXIT_NOT_NOW, EXIT_FAILED, EXIT_NEGATIVE};
    for (size_t i = sizeof(order) / sizeof(order[0]); i-- > 0;) {
        if (a == order[i] || b == order[i])
            return order[i];
    }
    return EXIT_FAILED;
}

static int code_of(enum tlsagen_verdict verdict)
{
    switch (verdict) {
    case TLSAGEN_VERDICT_VERIFIED:
        return EXIT_DONE;
    case TLSAGEN_VERDICT_NO_ANSWER:
    case TLSAGEN_VERDICT_NO_CONNECTION:
        return EXIT_NOT_NOW;
    case TLSAGEN_VERDICT_FAILED:
        return EXIT_FAILED;
    default:
        return EXIT_NEGATIVE;
    }
}

int verify_code(const struct verify_args *args, const struct verify_outcome *outcome)
{
    /* Nothing was judged, so that it is no negative: records given for another zone, for one. */
    if (outcome->status == TLSAGEN_E_MISMATCH)
        return EXIT_FAILED;
    if (outcome->status != TLSAGEN_OK)
        return exit_code_of(outcome->status);
    int code = EXIT_DONE;
    for (size_t i = 0; i < outcome->result->count; i++) {
        const struct tlsagen_verify_service *service = &outcome->result->services[i];
        code = verify_worse_code(code, code_of(service->verdict));
        if (args->warnings_fail && service->warning_count > 0)
            code = verify_worse_code(code, EXIT_NEGATIVE);
    }
    return code;
}
