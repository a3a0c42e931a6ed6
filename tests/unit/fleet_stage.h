/* fleet_stage.h - a run over a configuration in the current folder, taken apart for unit tests. */
#ifndef FLEET_STAGE_H
#define FLEET_STAGE_H

#include <openssl/x509.h>

#include "fleet/work.h"

struct fleet_stage {
    struct tlsagen_config *config;
    struct tlsagen_fleet_options options;
    struct fleet fleet; /* its present is PKI_NOW */
    struct desiring desiring;
};

/* Writes tlsagen.conf and reads it; all is ready for desired_find. Failures end the test. */
void stage_open(struct fleet_stage *stage, const char *text);
void stage_close(struct fleet_stage *stage);

/* What is desired for a service; applied (may be NULL) is copied in as what was published. */
void stage_find(struct fleet_stage *stage, const char *service, const struct tlsagen_rrset *applied,
                struct work_service *found);
void stage_drop(struct work_service *found);

/* A state of the service at rest: the certificates of the paths are in use, their records there. */
void stage_rest(struct fleet_stage *stage, const char *service, const char *const *paths,
                size_t count);

/* The record of a certificate, "3 1 1" and the like. */
bool set_has_cert(const struct tlsagen_rrset *set, const char *combination, X509 *cert);
void set_add_cert(struct tlsagen_rrset *set, const char *combination, X509 *cert);

#endif
