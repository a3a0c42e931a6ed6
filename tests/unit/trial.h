/* trial.h - inputs, a request and the records that follow, for unit tests of the tlsa room. */
#ifndef TRIAL_H
#define TRIAL_H

#include <tlsagen/material.h>

#include "pki.h"

#define TRIAL_WARNINGS (TLSAGEN_WARN_ANCHOR + 1)

struct trial {
    struct tlsagen_ctx *ctx;
    struct tlsagen_material *material;
    struct tlsagen_request request; /* trial_reset: for mail.example.org. and PKI_NOW */
    struct tlsagen_rrset set;       /* what trial_make made */
    struct tlsagen_rrset wanted;    /* what trial_wants said */
    struct tlsagen_err err;
    const char *passphrase; /* the answer to the question for one; NULL: none */
    unsigned asked;         /* times it was asked */
    unsigned warned[TRIAL_WARNINGS];
    char warning[TLSAGEN_ERR_SIZE]; /* the last one */
};

void trial_begin(struct trial *trial);
void trial_end(struct trial *trial);
/* Forgets inputs, records and warnings; the passphrase stays. */
void trial_reset(struct trial *trial);

/* Adds an input; its label is "input". */
enum tlsagen_status trial_add(struct trial *trial, const struct tlsagen_buf *bytes);
/* The same, which must succeed. */
void trial_take(struct trial *trial, const struct tlsagen_buf *bytes);
/* An input of one certificate, or one private key, in DER. */
void trial_take_cert(struct trial *trial, X509 *cert);
void trial_take_key(struct trial *trial, const EVP_PKEY *key);

/* Makes the records of combinations, such as "3 1 1" or "3 1 1,2 1 1". */
enum tlsagen_status trial_make(struct trial *trial, const char *combinations);
/* A record of this certificate, or of this key (selector 1), is to be made. */
void trial_wants(struct trial *trial, const char *combination, X509 *cert);
void trial_wants_key(struct trial *trial, const char *combination, const EVP_PKEY *key);
/* All that was wanted was made, and nothing else; forgets both. what names the case. */
void trial_assert_made(struct trial *trial, const char *what);
/* Fails unless status and the last error are these, and its message has the text. */
void trial_assert_fault(const struct trial *trial, enum tlsagen_status status,
                        enum tlsagen_status wanted, const char *text);

#endif
