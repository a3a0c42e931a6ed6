/*
 * loops.c - what tlsagen is measured against: loops over the files listed in a file.
 *
 *   loops read LIST     opens, reads and closes each
 *   loops parse LIST    PEM_read_bio_X509 of each
 *   loops keys LIST     PEM_read_bio_PrivateKey of each, and its public key encoded
 *   loops bundle FILE   PEM_read_bio_X509 of all certificates of one file
 *   loops forget LIST   asks the system to drop each from its cache of files
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

typedef int per_file(const char *path);

static int read_file(const char *path)
{
    static char buffer[65536];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, buffer, sizeof(buffer));
    return got > 0 && close(fd) == 0 ? 0 : -1;
}

static int parse_file(const char *path)
{
    BIO *bio = BIO_new_file(path, "r");
    X509 *certificate = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);
    int result = certificate == NULL ? -1 : 0;
    X509_free(certificate);
    BIO_free(bio);
    return result;
}

static int parse_key(const char *path)
{
    unsigned char *der = NULL;
    BIO *bio = BIO_new_file(path, "r");
    EVP_PKEY *key = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    int result = key != NULL && i2d_PUBKEY(key, &der) > 0 ? 0 : -1;
    OPENSSL_free(der);
    EVP_PKEY_free(key);
    BIO_free(bio);
    return result;
}

static int parse_bundle(const char *path)
{
    BIO *bio = BIO_new_file(path, "r");
    X509 *certificate;
    unsigned count = 0;
    while (bio != NULL && (certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
        X509_free(certificate);
        count++;
    }
    BIO_free(bio);
    return count == 0 ? -1 : 0;
}

static int forget_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int failed = fd < 0 ? -1 : posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    return failed == 0 && close(fd) == 0 ? 0 : -1;
}

static int for_each(const char *list, per_file *act)
{
    char path[4096];
    FILE *file = fopen(list, "r");
    int result = file == NULL ? -1 : 0;
    while (result == 0 && fgets(path, sizeof(path), file) != NULL) {
        path[strcspn(path, "\n")] = '\0';
        result = act(path);
        if (result != 0)
            (void)fprintf(stderr, "loops: cannot use %s\n", path);
    }
    if (file != NULL)
        (void)fclose(file);
    return result;
}

int main(int argc, char **argv)
{
    int result = -1;
    if (argc == 3 && strcmp(argv[1], "read") == 0)
        result = for_each(argv[2], read_file);
    else if (argc == 3 && strcmp(argv[1], "parse") == 0)
        result = for_each(argv[2], parse_file);
    else if (argc == 3 && strcmp(argv[1], "keys") == 0)
        result = for_each(argv[2], parse_key);
    else if (argc == 3 && strcmp(argv[1], "forget") == 0)
        result = for_each(argv[2], forget_file);
    else if (argc == 3 && strcmp(argv[1], "bundle") == 0)
        result = parse_bundle(argv[2]);
    else
        (void)fprintf(stderr, "usage: loops read|parse|keys|forget LIST, loops bundle FILE\n");
    return result == 0 ? 0 : 1;
}
