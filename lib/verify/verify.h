/* verify.h - what the files of this room share. */
#ifndef VERIFY_VERIFY_H
#define VERIFY_VERIFY_H

#include <tlsagen/verify.h>

/* Addresses of one host that are looked at. */
#define VERIFY_ADDRESSES_MAX 64

/* Time limits where the options have none, in milliseconds. */
#define VERIFY_STEP_MS 10000
#define VERIFY_TOTAL_MS 60000

/* One service under way. */
struct verify {
    const struct tlsagen_verify_options *options;
    struct tlsagen_verify_service *service;
    int64_t end; /* milliseconds of CLOCK_MONOTONIC when its time is over */
    bool smtp;   /* RFC 7672 holds */
    char (*addresses)[TLSAGEN_DNS_ADDRESS_SIZE]; /* VERIFY_ADDRESSES_MAX of them */
    size_t address_count;
    bool addresses_secure;
    char canonical[TLSAGEN_DNS_NAME_SIZE]; /* where the host's aliases lead */
    bool alias;
};

/*
 * Functions that find a verdict return TLSAGEN_OK and set it with verify_end; the rest of the work
 * is done while verify_goes_on. Other statuses are faults on our side.
 */
bool verify_goes_on(const struct verify *verify);
void verify_end(struct verify *verify, enum tlsagen_verdict verdict, const char *format, ...)
    TLSAGEN_PRINTF(3, 4);
/* Milliseconds of CLOCK_MONOTONIC. */
int64_t verify_clock(void);
/* Milliseconds left of the whole time, and of it what one lookup may take. */
uint32_t verify_left(const struct verify *verify);
uint32_t verify_left_for_lookup(const struct verify *verify);
/* Ends with the verdict of an answer that says nothing, or that must be secure and is not. */
void verify_end_answer(struct verify *verify, const struct tlsagen_dns_answer *answer,
                       const char *what);
enum tlsagen_status verify_warn(struct verify *verify, struct tlsagen_err *err, const char *rule,
                                const char *format, ...) TLSAGEN_PRINTF(4, 5);
/* The name without its final dot; returns text. */
const char *verify_bare(const char *name, char text[TLSAGEN_DNS_NAME_SIZE]);
/* `3 1 1 ceedc7df3e2b...`, for messages; returns text. */
const char *verify_record_text(const struct tlsagen_record *record, char text[48]);
struct tlsagen_judge_options verify_judge_options(const struct verify *verify,
                                                  char names[3][TLSAGEN_DNS_NAME_SIZE]);

/* locate.c: addresses, TLSA base domain and records, from DNS. */
enum tlsagen_status verify_find_addresses(struct verify *verify, struct tlsagen_err *err);
enum tlsagen_status verify_find_records(struct verify *verify, struct tlsagen_err *err);

/* given.c: records from a text instead. */
enum tlsagen_status verify_take_records(struct verify *verify, struct tlsagen_err *err);

/* endpoint.c: handshakes and judgements. */
enum tlsagen_status verify_endpoints(struct verify *verify, struct tlsagen_err *err);

/* warn.c: what is worth mending. */
enum tlsagen_status verify_warnings(struct verify *verify, struct tlsagen_err *err);
/* lint.c: the rules of zone check for the record set. */
enum tlsagen_status verify_lint(struct verify *verify, struct tlsagen_err *err);
/* authority.c: whether the authoritative servers agree. */
enum tlsagen_status verify_authority(struct verify *verify, struct tlsagen_err *err);

#endif
