/* judge.c - OpenSSL's verification with DANE, outside a handshake. */
#include <tlsagen/judge.h>

#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

/* One judgement under way. */
struct judge {
    const struct tlsagen_judge_options *options;
    SSL_CTX *ctx;
    SSL *ssl;
};

static enum tlsagen_status crypto_error(struct tlsagen_err *err, const char *what)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = ERR_reason_error_string(code);
    (void)tlsagen_err_set(err, TLSAGEN_E_CRYPTO, "%s: %s", what,
                          reason != NULL ? reason : "no reason given");
    if (err != NULL)
        err->lib_code = code;
    ERR_clear_error();
    return TLSAGEN_E_CRYPTO;
}

static void close_judge(struct judge *judge)
{
    SSL_free(judge->ssl);
    SSL_CTX_free(judge->ctx);
    ERR_clear_error();
}

static bool is_pkix(const struct tlsagen_record *record)
{
    return record->fields.usage == TLSAGEN_USAGE_PKIX_TA ||
           record->fields.usage == TLSAGEN_USAGE_PKIX_EE;
}

static bool has_pkix(const struct tlsagen_rrset *set)
{
    for (size_t i = 0; i < set->count; i++) {
        if (is_pkix(&set->records[i]))
            return true;
    }
    return false;
}

/*
 * Security level 0, as in the handshake: a key too small for somebody's policy is not a mismatch.
 * Reading the system's CAs is what costs most, by far.
 */
static bool make_context(struct judge *judge, bool pkix)
{
    judge->ctx = SSL_CTX_new(TLS_client_method());
    if (judge->ctx == NULL || SSL_CTX_dane_enable(judge->ctx) != 1)
        return false;
    SSL_CTX_set_security_level(judge->ctx, 0);
    return !pkix || judge->options->smtp || SSL_CTX_set_default_verify_paths(judge->ctx) == 1;
}

/* For one set of records. DANE-EE without names: RFC 7671 section 5.1. */
static bool make_ssl(struct judge *judge)
{
    const struct tlsagen_judge_options *o = judge->options;
    SSL_free(judge->ssl);
    judge->ssl = SSL_new(judge->ctx);
    if (judge->ssl == NULL || SSL_dane_enable(judge->ssl, o->base) != 1)
        return false;
    (void)SSL_dane_set_flags(judge->ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
    for (size_t i = 0; i < TLSAGEN_JUDGE_NAMES; i++) {
        if (o->names[i] != NULL && SSL_add1_host(judge->ssl, o->names[i]) != 1)
            return false;
    }
    if (o->now != 0)
        X509_VERIFY_PARAM_set_time(SSL_get0_param(judge->ssl), (time_t)o->now);
    return true;
}

static enum tlsagen_status open_judge(struct judge *judge, const struct tlsagen_rrset *set,
                                      struct tlsagen_err *err)
{
    ERR_clear_error();
    return make_context(judge, has_pkix(set)) && make_ssl(judge)
               ? TLSAGEN_OK
               : crypto_error(err, "cannot prepare DANE verification");
}

/* libssl says of each record whether it can use it: 1, 0, or -1 for a fault of its own. */
static enum tlsagen_status add_record(struct judge *judge, const struct tlsagen_record *record,
                                      bool *usable, struct tlsagen_err *err)
{
    *usable = false;
    if (judge->options->smtp && is_pkix(record))
        return TLSAGEN_OK;
    int added = SSL_dane_tlsa_add(judge->ssl, record->fields.usage, record->fields.selector,
                                  record->fields.matching, record->data, record->len);
    if (added < 0)
        return crypto_error(err, "cannot use a TLSA record");
    ERR_clear_error();
    *usable = added > 0;
    return TLSAGEN_OK;
}

static bool is_weaker(const struct tlsagen_rrset *set, const enum tlsagen_use *use, size_t i)
{
    const struct tlsagen_fields *weak = &set->records[i].fields;
    if (weak->matching != TLSAGEN_MATCHING_SHA256)
        return false;
    for (size_t j = 0; j < set->count; j++) {
        const struct tlsagen_fields *other = &set->records[j].fields;
        if (use[j] != TLSAGEN_USE_UNUSABLE && other->matching == TLSAGEN_MATCHING_SHA512 &&
            other->usage == weak->usage && other->selector == weak->selector)
            return true;
    }
    return false;
}

enum tlsagen_status tlsagen_judge_records(const struct tlsagen_judge_options *options,
                                          const struct tlsagen_rrset *set, enum tlsagen_use *use,
                                          struct tlsagen_err *err)
{
    struct judge judge = {.options = options};
    enum tlsagen_status status = open_judge(&judge, set, err);
    for (size_t i = 0; i < set->count && status == TLSAGEN_OK; i++) {
        bool usable;
        status = add_record(&judge, &set->records[i], &usable, err);
        use[i] = usable ? TLSAGEN_USE_YES : TLSAGEN_USE_UNUSABLE;
    }
    for (size_t i = 0; i < set->count && status == TLSAGEN_OK; i++) {
        if (use[i] == TLSAGEN_USE_YES && is_weaker(set, use, i))
            use[i] = TLSAGEN_USE_WEAKER;
    }
    close_judge(&judge);
    return status;
}

/* --- one chain --- */

static X509 *read_cert(const struct tlsagen_probe_cert *cert)
{
    const unsigned char *p = cert->der;
    if (cert->len > INT32_MAX)
        return NULL;
    return d2i_X509(NULL, &p, (long)cert->len);
}

static STACK_OF(X509) *
    read_chain(const struct tlsagen_probe_cert *chain, size_t len, struct tlsagen_err *err)
{
    STACK_OF(X509) *certs = sk_X509_new_null();
    for (size_t i = 0; certs != NULL && i < len; i++) {
        X509 *cert = read_cert(&chain[i]);
        if (cert != NULL && sk_X509_push(certs, cert) > 0)
            continue;
        X509_free(cert);
        sk_X509_pop_free(certs, X509_free);
        (void)crypto_error(err, "a certificate of the chain cannot be read");
        if (err != NULL)
            err->code = TLSAGEN_E_SYNTAX;
        return NULL;
    }
    if (certs == NULL)
        (void)tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory for a chain");
    return certs;
}

/* As libssl's ssl_verify_cert_chain does it. */
static bool verify(const struct judge *judge, STACK_OF(X509) * certs, int *error,
                   struct tlsagen_err *err)
{
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    X509_STORE *store = SSL_CTX_get_cert_store(judge->ctx);
    *error = X509_V_ERR_UNSPECIFIED;
    if (ctx == NULL || X509_STORE_CTX_init(ctx, store, sk_X509_value(certs, 0), certs) != 1) {
        X509_STORE_CTX_free(ctx);
        (void)crypto_error(err, "cannot prepare verification");
        return false;
    }
    X509_STORE_CTX_set0_dane(ctx, SSL_get0_dane(judge->ssl));
    (void)X509_STORE_CTX_set_default(ctx, "ssl_server");
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_auth_level(param, 0);
    if (X509_VERIFY_PARAM_set1(param, SSL_get0_param(judge->ssl)) == 1) {
        int good = X509_verify_cert(ctx);
        *error = X509_STORE_CTX_get_error(ctx);
        if (good <= 0 && *error == X509_V_OK)
            *error = X509_V_ERR_UNSPECIFIED;
    }
    X509_STORE_CTX_free(ctx);
    return true;
}

/* Which record it was: libssl tells its fields and data. */
static bool find_match(const struct judge *judge, const struct tlsagen_rrset *set,
                       struct tlsagen_judgement *judgement)
{
    uint8_t usage = 0, selector = 0, matching = 0;
    const unsigned char *data = NULL;
    size_t len = 0;
    SSL_set_verify_result(judge->ssl, X509_V_OK);
    if (SSL_get0_dane_tlsa(judge->ssl, &usage, &selector, &matching, &data, &len) < 0)
        return false;
    judgement->depth = SSL_get0_dane_authority(judge->ssl, NULL, NULL);
    for (size_t i = 0; i < set->count; i++) {
        const struct tlsagen_record *r = &set->records[i];
        if (r->fields.usage == usage && r->fields.selector == selector &&
            r->fields.matching == matching && r->len == len && memcmp(r->data, data, len) == 0) {
            judgement->record = i;
            return true;
        }
    }
    return false;
}

static enum tlsagen_status run(struct judge *judge, const struct tlsagen_rrset *set,
                               STACK_OF(X509) * certs, struct tlsagen_judgement *judgement,
                               struct tlsagen_err *err)
{
    int error;
    for (size_t i = 0; i < set->count; i++) {
        bool usable;
        enum tlsagen_status status = add_record(judge, &set->records[i], &usable, err);
        if (status != TLSAGEN_OK)
            return status;
        judgement->usable = judgement->usable || usable;
    }
    /* Without a usable record, verification would fall back to the CAs of the system. */
    if (!judgement->usable) {
        (void)strcpy(judgement->reason, "no usable record");
        return TLSAGEN_OK;
    }
    if (!verify(judge, certs, &error, err))
        return err->code;
    judgement->verified = error == X509_V_OK && find_match(judge, set, judgement);
    judgement->unfit = error != X509_V_OK && error != X509_V_ERR_DANE_NO_MATCH;
    if (!judgement->verified)
        (void)BIO_snprintf(judgement->reason, sizeof(judgement->reason), "%s",
                           error != X509_V_OK ? X509_verify_cert_error_string(error)
                                              : "verified by no record");
    return TLSAGEN_OK;
}

/* A chain and what judges it; close_chain frees both, whatever came of it. */
static enum tlsagen_status open_chain(struct judge *judge, const struct tlsagen_rrset *set,
                                      const struct tlsagen_probe_cert *chain, size_t len,
                                      STACK_OF(X509) * *certs, struct tlsagen_err *err)
{
    *certs = read_chain(chain, len, err);
    return *certs != NULL ? open_judge(judge, set, err) : err->code;
}

static void close_chain(struct judge *judge, STACK_OF(X509) * certs)
{
    sk_X509_pop_free(certs, X509_free);
    close_judge(judge);
}

static void begin_judgement(struct tlsagen_judgement *judgement, size_t chain_len)
{
    *judgement = (struct tlsagen_judgement){.depth = -1};
    if (chain_len == 0)
        (void)strcpy(judgement->reason, "no certificate was shown");
}

enum tlsagen_status tlsagen_judge_chain(const struct tlsagen_judge_options *options,
                                        const struct tlsagen_rrset *set,
                                        const struct tlsagen_probe_cert *chain, size_t chain_len,
                                        struct tlsagen_judgement *judgement,
                                        struct tlsagen_err *err)
{
    struct judge judge = {.options = options};
    struct tlsagen_err own;
    STACK_OF(X509) *certs = NULL;
    err = err != NULL ? err : &own;
    begin_judgement(judgement, chain_len);
    if (chain_len == 0)
        return TLSAGEN_OK;
    enum tlsagen_status status = open_chain(&judge, set, chain, chain_len, &certs, err);
    if (status == TLSAGEN_OK)
        status = run(&judge, set, certs, judgement, err);
    close_chain(&judge, certs);
    return status;
}

enum tlsagen_status tlsagen_judge_each(const struct tlsagen_judge_options *options,
                                       const struct tlsagen_rrset *set,
                                       const struct tlsagen_probe_cert *chain, size_t chain_len,
                                       struct tlsagen_judgement *judgements,
                                       struct tlsagen_err *err)
{
    struct judge judge = {.options = options};
    struct tlsagen_err own;
    STACK_OF(X509) *certs = NULL;
    err = err != NULL ? err : &own;
    for (size_t i = 0; i < set->count; i++)
        begin_judgement(&judgements[i], chain_len);
    if (chain_len == 0)
        return TLSAGEN_OK;
    enum tlsagen_status status = open_chain(&judge, set, chain, chain_len, &certs, err);
    for (size_t i = 0; i < set->count && status == TLSAGEN_OK; i++) {
        const struct tlsagen_rrset one = {&set->records[i], 1, 1};
        if (!make_ssl(&judge))
            status = crypto_error(err, "cannot prepare DANE verification");
        else
            status = run(&judge, &one, certs, &judgements[i], err);
        judgements[i].record = i;
    }
    close_chain(&judge, certs);
    return status;
}
