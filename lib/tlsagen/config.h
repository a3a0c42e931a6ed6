/*
 * tlsagen/config.h - the configuration file: zones, and the services whose records stand in them.
 *
 * tlsagen.conf(5) tells what may be written. What is read here is complete: defaults are filled
 * in, templates expanded, paths absolute, each service has its zone. Nothing outside the
 * configuration is looked at, except the permissions of the files with secrets.
 */
#ifndef TLSAGEN_CONFIG_H
#define TLSAGEN_CONFIG_H

#include <tlsagen/base.h>
#include <tlsagen/material.h>
#include <tlsagen/record.h>
#include <tlsagen/server.h>
#include <tlsagen/service.h>
#include <tlsagen/zone.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The file that is read unless another one is given. */
#define TLSAGEN_CONFIG_FILE "/etc/tlsagen/tlsagen.conf"
/* Defaults, seconds. */
#define TLSAGEN_CONFIG_TTL 3600U
#define TLSAGEN_CONFIG_DEPLOY_DEADLINE 300U
#define TLSAGEN_CONFIG_WATCH 60U
#define TLSAGEN_CONFIG_HOOK_TIMEOUT 120U

/* Where something was said; file as it was opened, line from 1. */
struct tlsagen_config_place {
    const char *file;
    unsigned line;
};

/* Texts: paths, or the words of a command. items[count] is NULL, so that execv(3) takes them. */
struct tlsagen_config_list {
    char **items; /* NULL when nothing was given */
    size_t count;
};

/* What becomes of TLSA records at a managed owner that nobody declared. */
enum tlsagen_config_unknown {
    TLSAGEN_UNKNOWN_REFUSE, /* change nothing there, and say so */
    TLSAGEN_UNKNOWN_KEEP,
    TLSAGEN_UNKNOWN_REMOVE,
};

/* The kind of a key to be made. */
enum tlsagen_key_type {
    TLSAGEN_KEY_EC_P256,
    TLSAGEN_KEY_EC_P384,
    TLSAGEN_KEY_ED25519,
    TLSAGEN_KEY_RSA_2048,
    TLSAGEN_KEY_RSA_3072,
    TLSAGEN_KEY_RSA_4096,
    TLSAGEN_KEY_TYPES /* not a kind: how many there are */
};

/* The word of a kind, as in the file ("ec-p256"); "?" outside the enum. Static. */
TLSAGEN_API const char *tlsagen_key_type_name(enum tlsagen_key_type type);
/* The kind of a word. TLSAGEN_E_ARGUMENT, with the list of words, for another one. */
TLSAGEN_API enum tlsagen_status tlsagen_key_type_parse(const char *word,
                                                       enum tlsagen_key_type *type,
                                                       struct tlsagen_err *err);

struct tlsagen_config_service;

/* A zone, and how it is changed: `file` and `update` are never both set, nor both missing. */
struct tlsagen_config_zone {
    const char *name; /* absolute, lower case, with its final dot */
    struct tlsagen_config_place place;
    const char *file;             /* the zone file; NULL: by dynamic update */
    const char *update;           /* numeric address of the primary that takes updates, or NULL */
    uint16_t update_port;         /* of that; 0: 53 */
    const char *tsig;             /* the TSIG key's file; NULL: updates are not signed */
    bool has_server;              /* the name server is told to load the file: */
    struct tlsagen_server server; /* how; without meaning unless has_server */
    const char *query;            /* where the server answers questions, numeric; NULL: as struct
                                     tlsagen_reload has it */
    uint16_t query_port;          /* of that; 0: 53 */
    struct tlsagen_config_list check_with; /* judges a new file before it takes effect, as
                                              `tlsagen zone --check-with`; may be empty */
    enum tlsagen_serial_policy policy;     /* never TLSAGEN_SERIAL_EXPLICIT */
    uint32_t wait_ms;                      /* until a new serial is served */
    bool freeze;                           /* freeze the zone around an edit of its file */
    enum tlsagen_config_unknown unknown;
    const struct tlsagen_config_service *const *services; /* those in it, in the file's order */
    size_t service_count;
};

/* A service: one host, one or several ports, and the keys and certificates that it shows. */
struct tlsagen_config_service {
    const char *name; /* unique; letters, digits, and "-_.": fit for a file's name */
    struct tlsagen_config_place place;
    const struct tlsagen_config_zone *zone; /* never NULL */
    const char *host;                       /* as tlsagen_host_parse leaves it, in lower case */
    const uint16_t *ports;
    size_t port_count; /* at least 1 */
    enum tlsagen_proto proto;
    const char *const *owners;           /* `_PORT._PROTO.HOST`, one for each port */
    const struct tlsagen_fields *fields; /* the records wanted */
    size_t field_count;                  /* at least 1 */
    const struct tlsagen_rrset *pinned;  /* records published as they are, besides; never NULL */
    uint32_t ttl;                        /* seconds, of the records */
    enum tlsagen_anchor anchor;          /* which certificate usages 0 and 2 take */
    unsigned anchor_offset;              /* for TLSAGEN_ANCHOR_OFFSET */
    struct tlsagen_config_list
        source;       /* where new keys and certificates come; at least 1, unless
                         records are pinned. Each a file, or a folder of an ACME client with privkey.pem,
                         fullchain.pem, cert.pem, chain.pem */
    const char *live; /* what the server reads, switched by tlsagen; NULL:
                         somebody else deploys */
    struct tlsagen_config_list after_deploy; /* command, run when live was switched; may be empty */
    struct tlsagen_config_list when_ready;   /* command, run when deploying is safe; may be empty */
    uint32_t hook_timeout;                   /* seconds for one run of either; 1 to a day */
    uint32_t deploy_deadline; /* seconds from the switch until the new key must be seen */
    bool has_keep;            /* else the old record stays one T longer */
    uint32_t keep;            /* seconds that it stays after the new key was verified */
    uint32_t watch;           /* seconds between two looks while something is under way */
    bool reuse_key;           /* the key stays: a certificate with another one is held back */
    bool verify;              /* connect to the servers to see what they show */
    bool has_starttls;        /* else it follows from the port */
    enum tlsagen_starttls starttls;
    struct tlsagen_config_list backup_ca; /* files with CA certificates pinned besides the issuer's,
                                             for usages 0 and 2 */
    struct tlsagen_config_list ignore_server; /* numeric addresses of authoritative servers that are
                                                 not waited for */
    enum tlsagen_key_type key_type;           /* of the next key */
    uint32_t key_mode;                        /* permission bits of a live key: 0600 or less open */
    const char *key_user;                     /* its owner; NULL: as it is made */
    const char *key_group;                    /* its group; NULL: as it is made */
};

/* All of it; plain data, to be read only. Everything belongs to the configuration. */
struct tlsagen_config {
    const char *path;         /* the main file */
    const char *state_dir;    /* never NULL */
    const char *resolver;     /* as struct tlsagen_dns_options has these three */
    const char *trust_anchor; /* a file */
    bool trust_ad;
    uint16_t authoritative_port;                    /* of the authoritative servers; 0: 53 */
    const struct tlsagen_config_zone *const *zones; /* in the file's order */
    size_t zone_count;
    const struct tlsagen_config_service *const *services; /* in the file's order */
    size_t service_count;
};

/* How the file is written. */
enum tlsagen_config_format {
    TLSAGEN_CONFIG_BY_NAME, /* JSON when its name ends in ".json" */
    TLSAGEN_CONFIG_TEXT,
    TLSAGEN_CONFIG_JSON,
};

/*
 * Told of each fault, in the order in which they are found. text is one line without the place,
 * valid during the call: what was found, and what to do.
 */
typedef void tlsagen_config_report(void *arg, const struct tlsagen_config_place *place,
                                   const char *text);

/*
 * Reads the configuration and the files that it includes. All faults that can be found are told to
 * report (NULL: nobody); with one of them there is no configuration, *config is NULL, and err
 * sums up, with the first fault and its place: TLSAGEN_E_MISMATCH when the only faults are unsafe
 * permissions, else TLSAGEN_E_SYNTAX. TLSAGEN_E_NOTFOUND when there is no such file,
 * TLSAGEN_E_SYSTEM when it cannot be read, TLSAGEN_E_MEMORY. The result goes to
 * tlsagen_config_free.
 *
 * libConfuse keeps its state in global variables: only one thread may be in here at a time.
 */
TLSAGEN_API enum tlsagen_status tlsagen_config_read(const char *path,
                                                    enum tlsagen_config_format format,
                                                    tlsagen_config_report *report, void *arg,
                                                    struct tlsagen_config **config,
                                                    struct tlsagen_err *err);
/*
 * The same, and looks at what the configuration names in the file system: certificates, keys, zone
 * files, programs. What is not there, and may still come, is told to warn (NULL: nothing is looked
 * at), with arg; what can never work, as a folder for a file, is a fault.
 */
TLSAGEN_API enum tlsagen_status tlsagen_config_check(const char *path,
                                                     enum tlsagen_config_format format,
                                                     tlsagen_config_report *report,
                                                     tlsagen_config_report *warn, void *arg,
                                                     struct tlsagen_config **config,
                                                     struct tlsagen_err *err);
/* Frees it and everything in it; NULL is fine. */
TLSAGEN_API void tlsagen_config_free(struct tlsagen_config *config);

/* The service of that name, or NULL. */
TLSAGEN_API const struct tlsagen_config_service *tlsagen_config_service(
    const struct tlsagen_config *config, const char *name);
/* The zone of that name, in any case, with or without a final dot; or NULL. */
TLSAGEN_API const struct tlsagen_config_zone *tlsagen_config_zone(
    const struct tlsagen_config *config, const char *name);
/* The zone with the longest name that the absolute name owner lies in, or NULL. */
TLSAGEN_API const struct tlsagen_config_zone *tlsagen_config_zone_of(
    const struct tlsagen_config *config, const char *owner);

#ifdef __cplusplus
}
#endif

#endif
