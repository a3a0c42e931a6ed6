/* create_passphrase.c - where the passphrase of an encrypted input comes from. */
#include "create.h"

#include <string.h>
#include <unistd.h>

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

static int from_file(const char *path, char *passphrase, int size)
{
    struct tlsagen_buf text;
    struct tlsagen_err err;
    int len = -1;
    tlsagen_buf_init(&text);
    if (tlsagen_input_read(path, &text, &err) != TLSAGEN_OK) {
        report_error("passphrase: %s", err.message);
    } else {
        /* The first line, as openssl's -passin file: takes it. */
        size_t line = text.data == NULL ? 0 : strcspn(text.data, "\r\n");
        if (line < (size_t)size) {
            if (line > 0)
                memcpy(passphrase, text.data, line);
            len = (int)line;
        } else {
            report_error("passphrase: the first line of %s is longer than %d bytes", path,
                         size - 1);
        }
    }
    tlsagen_buf_cleanse(&text);
    return len;
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
    if (EVP_read_pw_string_min(passphrase, 0, size, prompt, 0) != 0)
        return -1;
    return (int)strlen(passphrase);
}

int create_passphrase_ask(void *arg, const char *label, char *passphrase, int size)
{
    const struct create_passphrase *from = arg;
    if (from->path != NULL)
        return from_file(from->path, passphrase, size);
    return from_terminal(label, passphrase, size);
}
