/* verify.h - what the files of `verify` share. */
#ifndef CLI_VERIFY_H
#define CLI_VERIFY_H

#include "cli.h"

#include <jansson.h>

#include "progress.h"

enum verify_format { VERIFY_TEXT, VERIFY_JSON, VERIFY_NAGIOS, VERIFY_PROMETHEUS };

/* What to look at: a port of a host, or the MX of a domain. */
struct verify_target {
    char *name;        /* host or domain, as tlsagen_host_parse left it */
    uint16_t port;     /* 0: a mail domain */
    bool has_starttls; /* of this target; else that of the options */
    enum tlsagen_starttls starttls;
};

struct verify_args {
    struct verify_target *targets;
    size_t target_count;
    size_t target_cap;
    bool mx;
    const char *records_path;
    const char *chain_path;
    const char *input_path;
    struct tlsagen_dns_options dns;
    struct tlsagen_verify_options options; /* without dns, records and chain */
    enum verify_format format;
    bool format_given;
    unsigned jobs;
    uint32_t watch;        /* seconds between rounds; 0: one round */
    uint32_t timeout;      /* seconds */
    uint64_t warning_days; /* nagios: thresholds for what expires */
    uint64_t critical_days;
    bool answered;    /* the line for Nagios is out */
    size_t bad_lines; /* of the input, told and left out */
    bool quiet;
    bool warnings_fail;
};

/* verify_args.c: EXIT_DONE, or another code after a message. */
int verify_args_parse(struct verify_args *args, int argc, char **argv, bool *help);
void verify_args_clear(struct verify_args *args);

/* What became of one target. */
struct verify_outcome {
    enum tlsagen_status status; /* not OK: err says why, and there is no result */
    struct tlsagen_err err;
    struct tlsagen_verify_result *result;
    bool done;
};

/*
 * verify_pool.c: looks at all targets, args->jobs at once, and calls each outcome's taker in the
 * order of the targets, one at a time. A taker's false stops the rest.
 */
typedef bool verify_take(void *arg, size_t index, const struct verify_outcome *outcome);
/*
 * Called several times a second while nothing is ready; may end the program. On its false no
 * further target is begun, and those under way are taken.
 */
typedef bool verify_idle(void *arg, struct progress *progress);
int verify_pool_run(const struct verify_args *args, const struct tlsagen_verify_options *options,
                    verify_take *take, verify_idle *idle, void *arg);

/* The exit code that an outcome comes to. */
int verify_code(const struct verify_args *args, const struct verify_outcome *outcome);
/* Which of two codes a whole run has: 3 before 1 before 4 before 0. */
int verify_worse_code(int a, int b);

/* verify_text.c: appends the lines about one target. */
void verify_text(struct tlsagen_buf *text, const struct verify_args *args, bool colour,
                 const struct verify_target *target, const struct verify_outcome *outcome);
/* The name of a service or target: "mail.example.org:25"; returns text. */
const char *verify_name(const char *host, uint16_t port, char text[TLSAGEN_DNS_NAME_SIZE + 8]);

/* verify_json.c: the object of one target; NULL when memory ran out. */
json_t *verify_json(const struct verify_target *target, const struct verify_outcome *outcome,
                    int64_t now);

/* verify_monitor.c: for monitoring systems. */
struct verify_nagios {
    size_t services;
    size_t verified;
    int state; /* 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN */
    struct tlsagen_buf problems;
    struct tlsagen_buf data;
};
void verify_nagios_add(struct verify_nagios *nagios, const struct verify_args *args,
                       const struct verify_target *target, const struct verify_outcome *outcome);
/* Lines of the input that are no targets. */
void verify_nagios_bad_lines(struct verify_nagios *nagios, const struct verify_args *args);
/* When nothing could be looked at: the line with the reason; returns the status of such plugins. */
int verify_nagios_unknown(const char *reason);
/* The one line. */
void verify_nagios_end(const struct verify_nagios *nagios, struct tlsagen_buf *text);

/* One buffer for each metric, so that the samples of each stand together. */
#define VERIFY_METRICS 6
struct verify_prometheus {
    struct tlsagen_buf metrics[VERIFY_METRICS];
};
void verify_prometheus_add(struct verify_prometheus *prometheus, const struct verify_args *args,
                           const struct verify_target *target,
                           const struct verify_outcome *outcome);
void verify_prometheus_end(struct verify_prometheus *prometheus, struct tlsagen_buf *text);

/* verify_watch.c: rounds until a signal; changes alone are shown. */
int verify_watch(struct verify_args *args, struct tlsagen_verify_options *options);

#endif
