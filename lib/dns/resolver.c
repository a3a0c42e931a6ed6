/* resolver.c - validation by libunbound, with a time limit for each lookup. */
#include "resolver.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include <unbound.h>

#include "packet.h"

#define TIMEOUT_MS 10000
#define RCODE_SERVFAIL 2

/* Where systems keep the root's trust anchors, in the order of preference. */
static const char *const anchor_files[] = {
    "/var/lib/unbound/root.key",       "/usr/share/dns/root.key",  "/etc/unbound/root.key",
    "/usr/local/etc/unbound/root.key", "/var/unbound/db/root.key",
};

/* --- making one --- */

static enum tlsagen_status unbound_error(int error, const char *what, struct tlsagen_err *err)
{
    enum tlsagen_status code = error == UB_NOMEM ? TLSAGEN_E_MEMORY : TLSAGEN_E_SYSTEM;
    return tlsagen_err_set(err, code, "%s: %s", what, ub_strerror(error));
}

/* ADDRESS or ADDRESS@PORT; *list is the address. */
static enum tlsagen_status parse_resolver(const char *text, struct addrinfo **list,
                                          struct tlsagen_err *err)
{
    char address[TLSAGEN_DNS_ADDRESS_SIZE];
    uint64_t port = 53;
    size_t len = strcspn(text, "@");
    if (len >= sizeof(address))
        return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT,
                               "\"%.64s\" is not the address of a resolver", text);
    memcpy(address, text, len);
    address[len] = '\0';
    if (text[len] == '@') {
        enum tlsagen_status status =
            tlsagen_number_parse(text + len + 1, "port of the resolver", 1, 65535, &port, err);
        if (status != TLSAGEN_OK)
            return status;
    }
    return answer_address(address, (uint16_t)port, list, err);
}

static enum tlsagen_status no_anchors(const char *path, struct tlsagen_err *err)
{
    return tlsagen_err_set(err, TLSAGEN_E_SYNTAX,
                           "%s holds no trust anchors that can be read; DS or DNSKEY records are "
                           "wanted, as in a zone file",
                           path);
}

static bool has_anchor(char *line)
{
    char *state = NULL;
    line[strcspn(line, ";")] = '\0';
    for (char *word = strtok_r(line, " \t\r\n", &state); word != NULL;
         word = strtok_r(NULL, " \t\r\n", &state)) {
        if (strcasecmp(word, "DS") == 0 || strcasecmp(word, "DNSKEY") == 0)
            return true;
    }
    return false;
}

/* libunbound takes a file without any, and then finds the whole world insecure. */
static enum tlsagen_status check_anchors(const char *path, struct tlsagen_err *err)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t size = 0;
    bool found = false;
    if (file == NULL)
        return tlsagen_err_system(err, errno, "cannot read trust anchors %s", path);
    while (!found && getline(&line, &size, file) >= 0)
        found = has_anchor(line);
    free(line);
    (void)fclose(file);
    return found ? TLSAGEN_OK : no_anchors(path, err);
}

static enum tlsagen_status find_anchors(const char *given, const char **path,
                                        struct tlsagen_err *err)
{
    *path = given;
    for (size_t i = 0; *path == NULL && i < sizeof(anchor_files) / sizeof(anchor_files[0]); i++) {
        if (access(anchor_files[i], R_OK) == 0)
            *path = anchor_files[i];
    }
    if (*path == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_NOTFOUND,
                               "no trust anchors of DNSSEC on this system; install dns-root-data, "
                               "or give a file of DS or DNSKEY records");
    return check_anchors(*path, err);
}

/*
 * Questions to servers on loopback are for those only who said that their resolver is there: a
 * name server elsewhere that has such an address would turn us on ourselves.
 */
static int set_resolver(struct ub_ctx *unbound, const char *resolver, bool loopback)
{
    int error = 0;
    if (resolver != NULL)
        error = ub_ctx_set_fwd(unbound, resolver);
    if (error == 0 && loopback)
        error = ub_ctx_set_option(unbound, "do-not-query-localhost:", "no");
    return error;
}

static enum tlsagen_status configure(struct tlsagen_dns *dns,
                                     const struct tlsagen_dns_options *options,
                                     const struct addrinfo *resolver, struct tlsagen_err *err)
{
    const char *anchors = NULL;
    enum tlsagen_status status = find_anchors(options->anchor_file, &anchors, err);
    if (status != TLSAGEN_OK)
        return status;
    dns->unbound = ub_ctx_create();
    if (dns->unbound == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY,
                               "cannot start libunbound: out of memory, or "
                               "no random bytes");
    int error = ub_ctx_debugout(dns->unbound, NULL);
    if (error == 0)
        error = set_resolver(dns->unbound, options->resolver,
                             resolver != NULL && believe_is_loopback(resolver));
    if (error == 0)
        error = ub_ctx_async(dns->unbound, 1); /* a thread, not a process */
    if (error == 0)
        error = ub_ctx_add_ta_file(dns->unbound, anchors);
    if (error != 0)
        return unbound_error(error, "cannot configure libunbound", err);
    /*
     * Of the zones that libunbound answers for by itself, laboratories have servers for this one,
     * and elsewhere the root proves that there is none. The call makes it read the anchors, too.
     */
    error = ub_ctx_zone_remove(dns->unbound, "test.");
    if (error == UB_INITFAIL)
        return no_anchors(anchors, err);
    return error == 0 ? TLSAGEN_OK : unbound_error(error, "cannot start libunbound", err);
}

/* --- results --- */

/* One lookup waited for. Whoever comes last of waiter and callback has the state `done`. */
struct waiting {
    pthread_mutex_t lock;
    pthread_cond_t ready;
    bool done;
    int error;
    struct ub_result *result;
};

static void take_result(void *arg, int error, struct ub_result *result)
{
    struct waiting *waiting = arg;
    (void)pthread_mutex_lock(&waiting->lock);
    waiting->done = true;
    waiting->error = error;
    waiting->result = result;
    (void)pthread_cond_signal(&waiting->ready);
    (void)pthread_mutex_unlock(&waiting->lock);
}

static void *collect(void *arg)
{
    struct tlsagen_dns *dns = arg;
    struct pollfd fds[2] = {{.fd = ub_fd(dns->unbound), .events = POLLIN},
                            {.fd = dns->stop[0], .events = POLLIN}};
    for (;;) {
        int n = poll(fds, 2, -1);
        if (n < 0 && errno != EINTR)
            return NULL; /* lookups then end by their time limits */
        if (n > 0 && fds[1].revents != 0)
            return NULL;
        if (n > 0 && fds[0].revents != 0 && ub_process(dns->unbound) != 0)
            return NULL;
    }
}

static enum tlsagen_status start_collector(struct tlsagen_dns *dns, struct tlsagen_err *err)
{
    if (pipe(dns->stop) != 0) {
        dns->stop[0] = dns->stop[1] = -1;
        return tlsagen_err_system(err, errno, "cannot make a pipe");
    }
    (void)fcntl(dns->stop[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(dns->stop[1], F_SETFD, FD_CLOEXEC);
    int error = pthread_create(&dns->collector, NULL, collect, dns);
    if (error != 0)
        return tlsagen_err_system(err, error, "cannot start a thread for DNS");
    dns->collecting = true;
    return TLSAGEN_OK;
}

/* Waits by the deadline; false when it passed. The lock is held. */
static bool wait_done(struct waiting *waiting, const struct timespec *deadline)
{
    while (!waiting->done) {
        if (pthread_cond_timedwait(&waiting->ready, &waiting->lock, deadline) == ETIMEDOUT)
            return waiting->done;
    }
    return true;
}

static struct timespec deadline_in(uint32_t ms)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    t.tv_sec += (time_t)(ms / 1000);
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_nsec -= 1000000000;
        t.tv_sec++;
    }
    return t;
}

/* True with waiting->error and waiting->result set; false when the time limit passed. */
static bool await(struct tlsagen_dns *dns, uint32_t ms, struct waiting *waiting, int id)
{
    struct timespec deadline = deadline_in(ms);
    (void)pthread_mutex_lock(&waiting->lock);
    bool done = wait_done(waiting, &deadline);
    (void)pthread_mutex_unlock(&waiting->lock);
    if (done)
        return true;
    if (ub_cancel(dns->unbound, id) == 0)
        return false; /* the callback will not be called any more */
    /* It is being called in this moment. */
    (void)pthread_mutex_lock(&waiting->lock);
    while (!waiting->done)
        (void)pthread_cond_wait(&waiting->ready, &waiting->lock);
    (void)pthread_mutex_unlock(&waiting->lock);
    return true;
}

/* --- from libunbound's result to the answer --- */

static enum tlsagen_status no_answer(const struct ub_result *result,
                                     struct tlsagen_dns_answer *answer)
{
    char text[16];
    answer->rcode = (uint8_t)result->rcode;
    if (result->rcode == RCODE_SERVFAIL)
        (void)tlsagen_err_set(&answer->err, TLSAGEN_E_TIMEOUT,
                              "no usable answer from any server (SERVFAIL)");
    else
        (void)tlsagen_err_set(&answer->err, TLSAGEN_E_NETWORK, "the answer is %s",
                              answer_rcode_text((unsigned)result->rcode, text));
    return TLSAGEN_OK;
}

static enum tlsagen_status read_packet(const struct ub_result *result, const struct name *name,
                                       struct tlsagen_dns_answer *answer, struct tlsagen_err *err)
{
    const uint8_t *bytes = result->answer_packet;
    unsigned flags = 0;
    struct tlsagen_err why;
    if (bytes == NULL || result->answer_len < 2)
        return tlsagen_err_set(err, TLSAGEN_E_SYSTEM, "libunbound gave no answer packet");
    uint16_t id = (uint16_t)(bytes[0] << 8 | bytes[1]);
    enum tlsagen_status status = packet_read(bytes, (size_t)result->answer_len, id, name,
                                             answer->type, &flags, answer, &why);
    if (status != TLSAGEN_OK)
        return tlsagen_err_set(err, status == TLSAGEN_E_MEMORY ? status : TLSAGEN_E_SYSTEM,
                               "libunbound's answer: %s", why.message);
    bool same = (answer->found == TLSAGEN_DNS_RECORDS) == (result->havedata != 0) &&
                (answer->found == TLSAGEN_DNS_NO_NAME) == (result->nxdomain != 0);
    if (!same)
        return tlsagen_err_set(err, TLSAGEN_E_SYSTEM, "libunbound's answer contradicts its packet");
    if (answer->found != TLSAGEN_DNS_RECORDS && result->ttl > 0)
        answer->ttl = answer->original_ttl = (uint32_t)result->ttl;
    return TLSAGEN_OK;
}

static enum tlsagen_status judge(const struct ub_result *result, const struct name *name,
                                 struct tlsagen_dns_answer *answer, struct tlsagen_err *err)
{
    if (result->bogus) {
        answer->rcode = (uint8_t)result->rcode;
        answer->trust = TLSAGEN_DNS_BOGUS;
        (void)tlsagen_err_set(&answer->err, TLSAGEN_E_MISMATCH, "%s",
                              result->why_bogus != NULL ? result->why_bogus
                                                        : "DNSSEC validation failed");
        return TLSAGEN_OK;
    }
    if (result->rcode != 0 && !result->nxdomain)
        return no_answer(result, answer);
    enum tlsagen_status status = read_packet(result, name, answer, err);
    if (status == TLSAGEN_OK)
        answer->trust = result->secure ? TLSAGEN_DNS_SECURE : TLSAGEN_DNS_INSECURE;
    else
        answer_forget(answer);
    return status;
}

static enum tlsagen_status resolve(struct tlsagen_dns *dns, uint32_t ms, const struct name *name,
                                   struct tlsagen_dns_answer *answer, struct tlsagen_err *err)
{
    struct waiting waiting = {.lock = PTHREAD_MUTEX_INITIALIZER, .ready = PTHREAD_COND_INITIALIZER};
    int id = 0;
    enum tlsagen_status status = TLSAGEN_OK;
    int error = ub_resolve_async(dns->unbound, answer->name, answer->type, CLASS_IN, &waiting,
                                 take_result, &id);
    if (error != 0)
        return unbound_error(error, "cannot ask libunbound", err);
    if (!await(dns, ms, &waiting, id))
        (void)tlsagen_err_set(&answer->err, TLSAGEN_E_TIMEOUT, "no answer in %u ms", ms);
    else if (waiting.error != 0)
        (void)tlsagen_err_set(&answer->err, TLSAGEN_E_TIMEOUT, "no answer: %s",
                              ub_strerror(waiting.error));
    else
        status = judge(waiting.result, name, answer, err);
    ub_resolve_free(waiting.result);
    (void)pthread_cond_destroy(&waiting.ready);
    (void)pthread_mutex_destroy(&waiting.lock);
    return status;
}

/* --- public --- */

static enum tlsagen_status set_up(struct tlsagen_dns *dns,
                                  const struct tlsagen_dns_options *options,
                                  struct addrinfo *resolver, struct tlsagen_err *err)
{
    if (!options->trust_ad) {
        enum tlsagen_status status = configure(dns, options, resolver, err);
        return status == TLSAGEN_OK ? start_collector(dns, err) : status;
    }
    if (!believe_is_loopback(resolver))
        return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT,
                               "resolver %s is not on loopback, and what it says of validation can "
                               "be forged on the way",
                               options->resolver);
    return TLSAGEN_OK;
}

enum tlsagen_status tlsagen_dns_new(const struct tlsagen_dns_options *options,
                                    struct tlsagen_dns **dns, struct tlsagen_err *err)
{
    struct addrinfo *resolver = NULL;
    const char *text = options->resolver;
    enum tlsagen_status status = TLSAGEN_OK;
    *dns = NULL;
    if (text == NULL && options->trust_ad)
        text = "127.0.0.1";
    if (text != NULL)
        status = parse_resolver(text, &resolver, err);
    if (status != TLSAGEN_OK)
        return status;
    struct tlsagen_dns *made = calloc(1, sizeof(*made));
    if (made == NULL) {
        freeaddrinfo(resolver);
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory for a resolver");
    }
    made->timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : TIMEOUT_MS;
    made->stop[0] = made->stop[1] = -1;
    status = set_up(made, options, resolver, err);
    if (options->trust_ad)
        made->loopback = resolver;
    else if (resolver != NULL)
        freeaddrinfo(resolver);
    if (status != TLSAGEN_OK) {
        tlsagen_dns_free(made);
        return status;
    }
    *dns = made;
    return TLSAGEN_OK;
}

void tlsagen_dns_free(struct tlsagen_dns *dns)
{
    if (dns == NULL)
        return;
    if (dns->stop[1] >= 0)
        (void)close(dns->stop[1]);
    if (dns->collecting)
        (void)pthread_join(dns->collector, NULL);
    if (dns->stop[0] >= 0)
        (void)close(dns->stop[0]);
    ub_ctx_delete(dns->unbound);
    if (dns->loopback != NULL)
        freeaddrinfo(dns->loopback);
    free(dns);
}

enum tlsagen_status tlsagen_dns_lookup_within(struct tlsagen_dns *dns, uint32_t ms,
                                              const char *name, uint16_t type,
                                              struct tlsagen_dns_answer *answer,
                                              struct tlsagen_err *err)
{
    struct name wire;
    enum tlsagen_status status = answer_begin(name, type, &wire, answer, err);
    if (status != TLSAGEN_OK)
        return status;
    return dns->loopback != NULL ? believe_lookup(dns, ms, &wire, answer, err)
                                 : resolve(dns, ms, &wire, answer, err);
}

enum tlsagen_status tlsagen_dns_lookup(struct tlsagen_dns *dns, const char *name, uint16_t type,
                                       struct tlsagen_dns_answer *answer, struct tlsagen_err *err)
{
    return tlsagen_dns_lookup_within(dns, dns->timeout_ms, name, type, answer, err);
}
