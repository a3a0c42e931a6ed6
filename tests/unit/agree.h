/* agree.h - what the tlsa room makes of one certificate, held against OpenSSL. */
#ifndef AGREE_H
#define AGREE_H

#include <stddef.h>
#include <stdint.h>

#include "tlsa/items.h"

enum agree_result {
    AGREE_REFUSED,    /* by both */
    AGREE_ACCEPTED,   /* by both, with the same bytes */
    AGREE_RECOGNISED, /* the same, and the scan did not need OpenSSL */
    AGREE_NOT,        /* they differ, as *difference says; static text */
};

/* material is emptied before. der needs no byte behind it. */
enum agree_result agree_on_certificate(struct tlsagen_material *material, const uint8_t *der,
                                       size_t len, const char **difference);

#endif
