/* rollover_files.h - keys and certificates of a small CA in files, for unit tests of the rollover.
 */
#ifndef ROLLOVER_FILES_H
#define ROLLOVER_FILES_H

#include <sys/types.h>

#include "pki.h"

#define FILES_HOST "mail.example.org."

/* A root, an issuing CA, and what it issued. */
struct files {
    EVP_PKEY *root_key, *ca_key, *ec_key, *rsa_key, *next_key;
    X509 *root, *ca;
    X509 *ec, *rsa; /* for mail.example.org */
    X509 *renewed;  /* ec_key again, newer */
    X509 *next;     /* next_key, newer */
    X509 *other;    /* next_key, for www.example.net, newest */
    char folder[64];
};

/* Makes all of it, and a new folder, which becomes the working one. cmocka's setup and teardown. */
int files_enter(void **state);
int files_leave(void **state);

/* Writes a file of the certificates up to NULL, after the key unless it is NULL; mode 0600. */
void files_write(const char *path, EVP_PKEY *key, X509 *first, ...);
void files_write_text(const char *path, const char *text);
/* The data of a record, "3 1 1" and the like, of a certificate, or of a key (selector 1). */
void files_digest(const char *combination, X509 *cert, const EVP_PKEY *key, uint8_t data[64],
                  size_t *len);

#endif
