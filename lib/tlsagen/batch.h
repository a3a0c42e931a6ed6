/*
 * tlsagen/batch.h - many requests on many threads, answered in order, in constant memory.
 */
#ifndef TLSAGEN_BATCH_H
#define TLSAGEN_BATCH_H

#include <tlsagen/material.h>

#ifdef __cplusplus
extern "C" {
#endif

enum tlsagen_batch_kind {
    /*
     * One request a line: HOST PORT[,PORT...] USAGE SELECTOR MATCHING FILE, parted by blanks.
     * PORT may be the name of a service, the three numbers the names of RFC 7218. FILE is the rest
     * of the line, blanks inside it included, relative to the working directory. Lines that are
     * empty or begin with # say nothing. LF or CRLF ends a line.
     */
    TLSAGEN_BATCH_LINES,
    /*
     * PEM blocks that have nothing to do with each other, text between them ignored: each is a
     * request of its own, for the host that tlsagen_material_host tells.
     */
    TLSAGEN_BATCH_BUNDLE,
};

#define TLSAGEN_BATCH_LINE_MAX 8191U     /* bytes of a line, its end not counted */
#define TLSAGEN_BATCH_PORTS_MAX 64U      /* ports in one line */
#define TLSAGEN_BATCH_BLOCK_MAX 1048576U /* bytes of a block of a bundle, about */

/* What is done about warnings (tlsagen_warn_fn). */
enum tlsagen_batch_warnings {
    TLSAGEN_BATCH_WARNINGS_IGNORE, /* not even looked for */
    TLSAGEN_BATCH_WARNINGS_REPORT,
    TLSAGEN_BATCH_WARNINGS_FAIL, /* reported, and the request fails */
};

/* How far a run has come, in what was written and reported. */
struct tlsagen_batch_result {
    uint64_t requests; /* those that failed included */
    uint64_t failed;
    uint64_t bytes; /* of the input */
    uint64_t total; /* bytes that the input has; 0 when that is not known */
    bool stopped;   /* after a failure, because of stop_on_error */
};

/*
 * Appends the text of the records of one host (with its final dot) and port. Called in several
 * threads at once. A status other than TLSAGEN_OK fails the request.
 */
typedef enum tlsagen_status tlsagen_batch_format_fn(void *arg, struct tlsagen_buf *buf,
                                                    const char *host, uint16_t port,
                                                    const struct tlsagen_rrset *set,
                                                    struct tlsagen_err *err);
/*
 * The following are called one at a time and in the order of the input, in any of the run's
 * threads.
 */
/* Takes text that was formatted. A status other than TLSAGEN_OK ends the run with it. */
typedef enum tlsagen_status tlsagen_batch_write_fn(void *arg, const char *bytes, size_t len,
                                                   struct tlsagen_err *err);
/*
 * A failed request or a warning: one line `PATH:LINE: message`, and for a bundle
 * `PATH:LINE: certificate N: message`, where N counts its blocks. Valid during the call.
 */
typedef void tlsagen_batch_report_fn(void *arg, bool is_warning, const char *text);
/* After every few requests. */
typedef void tlsagen_batch_progress_fn(void *arg, const struct tlsagen_batch_result *so_far);

struct tlsagen_batch_options {
    enum tlsagen_batch_kind kind;
    /*
     * Threads at work, the caller's included; 1 starts none. 0: as many as processors, and for
     * lines at least 16, because threads wait for the files they read.
     */
    unsigned jobs;
    bool stop_on_error; /* after the first failure in the order of the input */
    enum tlsagen_batch_warnings warnings;
    /* As in struct tlsagen_request. */
    enum tlsagen_proto proto; /* for names of services */
    enum tlsagen_anchor anchor;
    unsigned anchor_offset;
    bool unchecked;
    bool unrelated_keys;
    int64_t now;
    /* For each block of a bundle; unused for lines. */
    const uint16_t *ports;
    size_t port_count;
    const struct tlsagen_fields *fields;
    size_t field_count;
    /* Called with arg. All but format and write may be NULL. */
    tlsagen_batch_format_fn *format;
    tlsagen_batch_write_fn *write;
    tlsagen_batch_report_fn *report;
    tlsagen_batch_progress_fn *progress;
    tlsagen_passphrase_fn *passphrase; /* in several threads at once */
    void *arg;
};

/*
 * Answers all requests of the file path ("-" is standard input). TLSAGEN_OK when the input was
 * read to its end, or to the failure that stopped the run, whatever became of the requests: see
 * result->failed. Else what kept the run from going on: the input cannot be read (TLSAGEN_E_SYSTEM,
 * TLSAGEN_E_KIND for a directory or device, TLSAGEN_E_TIMEOUT for a FIFO that nobody opened within
 * ten seconds), TLSAGEN_E_MEMORY, or what write returned. result is filled in every case.
 */
TLSAGEN_API enum tlsagen_status tlsagen_batch_run(const char *path,
                                                  const struct tlsagen_batch_options *options,
                                                  struct tlsagen_batch_result *result,
                                                  struct tlsagen_err *err);

#ifdef __cplusplus
}
#endif

#endif
