/* create_passphrase.c - where the passphrase of an encrypted input comes from. */
#include "create.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

static enum tlsagen_status read_file(struct create_passphrase *from)
{
    if (from->is_read)
        return from->err.code;
    from->is_read = true;
    tlsagen_buf_init(&from->text);
    if (tlsagen_input_read(from->path, &from->text, &from->err) != TLSAGEN_OK)
        return tlsagen_err_prepend(&from->err, "passphrase");
    return TLSAGEN_OK;
}

static int from_file(struct create_passphrase *from, char *passphrase, int size)
{
    if (read_file(from) != TLSAGEN_OK)
        return -1;
    /* The first line, as openssl's -passin file: takes it. */
    size_t len = from->text.data == NULL ? 0 : strcspn(from->text.data, "\r\n");
    if (len >= (size_t)size) {
        (void)tlsagen_err_set(&from->err, TLSAGEN_E_LIMIT,
                              "passphrase: the first line of %s is longer than %d bytes",
                              from->path, size - 1);
        return -1;
    }
    if (len > 0)
        memcpy(passphrase, from->text.data, len);
    return (int)len;
}

static int from_terminal(const char *label, char *passphrase, int size)
{
    /* Without one the prompt would read standard input, where a certificate may come from. */
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    (void)close(fd);
    char prompt[300];
    (void)snprintf(prompt, sizeof(prompt), "Passphrase of %.200s: ", label);
    for (char *p = prompt; *p != '\0'; p++) {
        if (iscntrl((unsigned char)*p))
            *p = '?';
    }
    if (EVP_read_pw_string_min(passphrase, 0, size, prompt, 0) != 0)
        return -1;
    return (int)strlen(passphrase);
}

int create_passphrase_ask(void *arg, const char *label, char *passphrase, int size)
{
    struct create_passphrase *from = arg;
    if (from->path != NULL)
        return from_file(from, passphrase, size);
    return from_terminal(label, passphrase, size);
}

void create_passphrase_clear(struct create_passphrase *passphrase)
{
    if (passphrase->is_read)
        tlsagen_buf_cleanse(&passphrase->text);
    passphrase->is_read = false;
}
