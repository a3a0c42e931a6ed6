#include "handshake.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#define RECEIVED_MAX ((size_t)2 << 20) /* bytes of a whole handshake */
#define CHAIN_BYTES_MAX ((long)1 << 20)

/*
 * Up to TLS 1.2 the cipher suite says of which kind the certificate is, from 1.3 on the signature
 * algorithms do. Level 0, as the aim is to see a certificate and not to protect anything.
 */
static const struct {
    const char *ciphers;
    const char *signatures;
} kinds[TLSAGEN_PROBE_KINDS] = {
    [TLSAGEN_PROBE_ECDSA] = {"aECDSA:!aNULL:@SECLEVEL=0",
                             "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:ed448:ECDSA+SHA224:"
                             "ECDSA+SHA1"},
    [TLSAGEN_PROBE_RSA] = {"aRSA:!aNULL:@SECLEVEL=0",
                           "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:"
                           "rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:"
                           "RSA+SHA256:RSA+SHA384:RSA+SHA512:RSA+SHA224:RSA+SHA1"},
};

/* libssl's own words for the last error; the queue is left empty. */
static enum tlsagen_status crypto_error(struct tlsagen_err *err, const char *what)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = ERR_reason_error_string(code);
    (void)tlsagen_err_set(err, TLSAGEN_E_CRYPTO, "%s: %s", what,
                          reason != NULL ? reason : "no reason given");
    err->lib_code = code;
    ERR_clear_error();
    return TLSAGEN_E_CRYPTO;
}

/* A context without the system's configuration of protocols and ciphers, which is for traffic. */
static SSL_CTX *new_context(enum tlsagen_probe_kind kind)
{
    char signatures[256]; /* libssl's macro casts const away, so it gets a copy */
    (void)snprintf(signatures, sizeof(signatures), "%s", kinds[kind].signatures);
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    if (ctx == NULL)
        return NULL;
    SSL_CTX_set_security_level(ctx, 0);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_max_cert_list(ctx, CHAIN_BYTES_MAX);
    (void)SSL_CTX_set_options(ctx, SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_IGNORE_UNEXPECTED_EOF);
    if (SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION) != 1 ||
        SSL_CTX_set_max_proto_version(ctx, 0) != 1 ||
        SSL_CTX_set_cipher_list(ctx, kinds[kind].ciphers) != 1 ||
        SSL_CTX_set1_sigalgs_list(ctx, signatures) != 1) {
        SSL_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

/* An SSL over two memory BIOs: libssl writes to no socket, so no SIGPIPE and no blocking. */
static SSL *new_ssl(SSL_CTX *ctx, const char *server)
{
    char name[256]; /* as above */
    (void)snprintf(name, sizeof(name), "%s", server != NULL ? server : "");
    SSL *ssl = SSL_new(ctx);
    BIO *in = BIO_new(BIO_s_mem());
    BIO *out = BIO_new(BIO_s_mem());
    if (ssl == NULL || in == NULL || out == NULL) {
        SSL_free(ssl);
        BIO_free(in);
        BIO_free(out);
        return NULL;
    }
    (void)BIO_set_mem_eof_return(in, -1);
    SSL_set_bio(ssl, in, out);
    SSL_set_connect_state(ssl);
    if (server != NULL && SSL_set_tlsext_host_name(ssl, name) != 1) {
        SSL_free(ssl);
        return NULL;
    }
    return ssl;
}

static enum tlsagen_status flush(SSL *ssl, struct link *link, struct tlsagen_err *err)
{
    const char *bytes = NULL;
    long len = BIO_get_mem_data(SSL_get_wbio(ssl), &bytes);
    if (len <= 0)
        return TLSAGEN_OK;
    enum tlsagen_status status = link_send(link, bytes, (size_t)len, err);
    (void)BIO_reset(SSL_get_wbio(ssl));
    return status;
}

static enum tlsagen_status fill(SSL *ssl, struct link *link, size_t *received,
                                struct tlsagen_err *err)
{
    char bytes[16384];
    size_t len = 0;
    enum tlsagen_status status = link_receive(link, bytes, sizeof(bytes), &len, err);
    if (status != TLSAGEN_OK)
        return status;
    *received += len;
    if (*received > RECEIVED_MAX)
        return tlsagen_err_set(err, TLSAGEN_E_LIMIT, "the handshake is longer than %zu bytes",
                               RECEIVED_MAX);
    if (BIO_write(SSL_get_rbio(ssl), bytes, (int)len) != (int)len)
        return crypto_error(err, "cannot pass received bytes on");
    return TLSAGEN_OK;
}

static enum tlsagen_status shake(SSL *ssl, struct link *link, struct tlsagen_err *err)
{
    size_t received = 0;
    for (;;) {
        ERR_clear_error();
        int n = SSL_do_handshake(ssl);
        int want = SSL_get_error(ssl, n);
        struct tlsagen_err ignored;
        enum tlsagen_status failed = TLSAGEN_OK;
        if (n != 1 && want != SSL_ERROR_WANT_READ)
            failed = crypto_error(err, "the TLS handshake failed");
        /* Our last flight, or the alert that says why we leave. */
        enum tlsagen_status sent = flush(ssl, link, failed == TLSAGEN_OK ? err : &ignored);
        if (failed != TLSAGEN_OK)
            return failed;
        if (n == 1)
            return TLSAGEN_OK;
        if (sent != TLSAGEN_OK)
            return sent;
        enum tlsagen_status status = fill(ssl, link, &received, err);
        if (status != TLSAGEN_OK)
            return status;
    }
}

static bool add_cert(struct tlsagen_probe_answer *answer, const X509 *cert)
{
    struct tlsagen_probe_cert *slot = &answer->chain[answer->chain_len];
    unsigned char *der = NULL;
    int len = i2d_X509(cert, &der);
    if (len <= 0)
        return false;
    slot->len = (size_t)len;
    slot->der = der;
    answer->chain_len++;
    return true;
}

static bool keep_chain(const SSL *ssl, struct tlsagen_probe_answer *answer)
{
    STACK_OF(X509) *shown = SSL_get_peer_cert_chain(ssl);
    int count = shown != NULL ? sk_X509_num(shown) : 0;
    if (count <= 0)
        return true;
    answer->chain = OPENSSL_zalloc((size_t)count * sizeof(*answer->chain));
    if (answer->chain == NULL)
        return false;
    for (int i = 0; i < count; i++) {
        if (!add_cert(answer, sk_X509_value(shown, i)))
            return false;
    }
    return true;
}

/*
 * How servers without a certificate of the kind asked for say so: an alert, most often
 * handshake_failure; or they show another one, which our libssl then refuses. An alert after the
 * certificate was shown is about something else, such as a client certificate.
 */
static bool is_wrong_kind(const struct tlsagen_err *err, bool shown)
{
    if (err->code != TLSAGEN_E_CRYPTO || ERR_GET_LIB(err->lib_code) != ERR_LIB_SSL)
        return false;
    switch (ERR_GET_REASON(err->lib_code)) {
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
    case SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY:
        return !shown;
    case SSL_R_WRONG_SIGNATURE_TYPE:
    case SSL_R_WRONG_CERTIFICATE_TYPE:
        return true;
    default:
        return false;
    }
}

static enum tlsagen_probe_state failed_state(const struct tlsagen_probe_answer *answer)
{
    if (answer->err.code == TLSAGEN_E_TIMEOUT)
        return TLSAGEN_PROBE_TIMEOUT;
    if (answer->err.code == TLSAGEN_E_MEMORY || answer->err.code == TLSAGEN_E_SYSTEM)
        return TLSAGEN_PROBE_FAILED;
    return is_wrong_kind(&answer->err, answer->chain_len > 0) ? TLSAGEN_PROBE_NONE_OF_KIND
                                                              : TLSAGEN_PROBE_NO_TLS;
}

void handshake_run(struct link *link, const char *server, struct tlsagen_probe_answer *answer)
{
    SSL_CTX *ctx = new_context(answer->kind);
    SSL *ssl = ctx != NULL ? new_ssl(ctx, server) : NULL;
    if (ssl == NULL) {
        answer->state = TLSAGEN_PROBE_FAILED;
        (void)crypto_error(&answer->err, "cannot prepare a TLS handshake");
    } else {
        enum tlsagen_status status = shake(ssl, link, &answer->err);
        bool kept = keep_chain(ssl, answer);
        answer->state = status == TLSAGEN_OK ? TLSAGEN_PROBE_OK : failed_state(answer);
        if (status == TLSAGEN_OK)
            (void)snprintf(answer->tls_version, sizeof(answer->tls_version), "%s",
                           SSL_get_version(ssl));
        if (!kept) {
            answer->state = TLSAGEN_PROBE_FAILED;
            (void)tlsagen_err_set(&answer->err, TLSAGEN_E_MEMORY,
                                  "out of memory for the server's certificates");
        }
    }
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    ERR_clear_error();
}
