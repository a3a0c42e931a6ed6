#include "rollover_files.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

static X509 *issue(const struct files *files, const char *name, EVP_PKEY *key, int from_days,
                   long serial)
{
    return pki_cert(&(struct pki_cert){.name = name,
                                       .dns = name,
                                       .key = key,
                                       .issuer = files->ca,
                                       .signer = files->ca_key,
                                       .from_days = from_days,
                                       .serial = serial});
}

int files_enter(void **state)
{
    struct files *files = calloc(1, sizeof(*files));
    assert_non_null(files);
    files->root_key = pki_key("P-256");
    files->ca_key = pki_key("P-256");
    files->ec_key = pki_key("P-256");
    files->next_key = pki_key("P-256");
    files->rsa_key = pki_key("RSA:2048");
    files->root = pki_cert(&(struct pki_cert){.name = "Root", .key = files->root_key, .ca = true});
    files->ca = pki_cert(&(struct pki_cert){.name = "Issuing",
                                            .key = files->ca_key,
                                            .issuer = files->root,
                                            .signer = files->root_key,
                                            .ca = true});
    files->ec = issue(files, "mail.example.org", files->ec_key, -30, 10);
    files->rsa = issue(files, "mail.example.org", files->rsa_key, -30, 11);
    files->renewed = issue(files, "mail.example.org", files->ec_key, -2, 12);
    files->next = issue(files, "mail.example.org", files->next_key, -2, 13);
    files->other = issue(files, "www.example.net", files->next_key, -1, 14);
    (void)snprintf(files->folder, sizeof(files->folder), "/tmp/tlsagen-files.XXXXXX");
    *state = files;
    return mkdtemp(files->folder) == NULL || chdir(files->folder) != 0;
}

int files_leave(void **state)
{
    struct files *files = *state;
    EVP_PKEY *keys[] = {files->root_key, files->ca_key, files->ec_key, files->rsa_key,
                        files->next_key};
    X509 *certs[] = {files->root,    files->ca,   files->ec,   files->rsa,
                     files->renewed, files->next, files->other};
    char command[128];
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        EVP_PKEY_free(keys[i]);
    for (size_t i = 0; i < sizeof(certs) / sizeof(certs[0]); i++)
        X509_free(certs[i]);
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", files->folder);
    free(files);
    return chdir("/") != 0 || system(command) != 0;
}

static void write_bytes(const char *path, const char *bytes, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_true(len == 0 || write(fd, bytes, len) == (ssize_t)len);
    assert_int_equal(close(fd), 0);
}

void files_write_text(const char *path, const char *text)
{
    write_bytes(path, text, strlen(text));
}

void files_write(const char *path, EVP_PKEY *key, X509 *first, ...)
{
    struct tlsagen_buf text;
    va_list args;
    tlsagen_buf_init(&text);
    if (key != NULL) {
        BIO *bio = BIO_new(BIO_s_mem());
        assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
        pki_add_bio(&text, bio);
    }
    va_start(args, first);
    for (X509 *cert = first; cert != NULL; cert = va_arg(args, X509 *))
        pki_add_pem_cert(&text, cert);
    va_end(args);
    write_bytes(path, text.data, text.len);
    tlsagen_buf_clear(&text);
}

void files_digest(const char *combination, X509 *cert, const EVP_PKEY *key, uint8_t data[64],
                  size_t *len)
{
    struct tlsagen_buf der;
    unsigned size = 0;
    tlsagen_buf_init(&der);
    if (combination[2] == '0')
        pki_add_cert(&der, cert);
    else
        pki_add_spki(&der, key != NULL ? key : X509_get0_pubkey(cert));
    const EVP_MD *md = combination[4] == '1' ? EVP_sha256() : EVP_sha512();
    assert_int_equal(EVP_Digest(der.data, der.len, data, &size, md, NULL), 1);
    *len = size;
    tlsagen_buf_clear(&der);
}
