/* tsig_key.c - a key file in the form of named.conf(5). */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tsig.h"

#define FILE_MAX 65536

/* The words of the file; "{", "}" and ";" are words of their own. */
struct words {
    const char *at;
    const char *end;
    const char *path;
    unsigned line;
    const char *word;
    size_t len;
};

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Blanks and the three kinds of comments. */
static void skip(struct words *w)
{
    while (w->at < w->end) {
        bool two = w->end - w->at >= 2 && w->at[0] == '/';
        if (is_blank(*w->at)) {
            w->line += *w->at++ == '\n';
        } else if (*w->at == '#' || (two && w->at[1] == '/')) {
            while (w->at < w->end && *w->at != '\n')
                w->at++;
        } else if (two && w->at[1] == '*') {
            w->at += 2;
            while (w->end - w->at >= 2 && !(w->at[0] == '*' && w->at[1] == '/'))
                w->line += *w->at++ == '\n';
            w->at = w->end - w->at >= 2 ? w->at + 2 : w->end;
        } else {
            return;
        }
    }
}

/* False at the end of the file. */
static bool next(struct words *w)
{
    skip(w);
    w->word = w->at;
    w->len = 0;
    if (w->at == w->end)
        return false;
    if (*w->at == '"') {
        w->word = ++w->at;
        while (w->at < w->end && *w->at != '"' && *w->at != '\n')
            w->at++;
        w->len = (size_t)(w->at - w->word);
        if (w->at < w->end && *w->at == '"')
            w->at++;
        return true;
    }
    if (strchr("{};", *w->at) != NULL && *w->at != '\0') {
        w->at++;
        w->len = 1;
        return true;
    }
    while (w->at < w->end && !is_blank(*w->at) && (*w->at == '\0' || !strchr("{};\"", *w->at)))
        w->at++;
    w->len = (size_t)(w->at - w->word);
    return true;
}

static bool is(const struct words *w, const char *text)
{
    return w->len == strlen(text) && strncasecmp(w->word, text, w->len) == 0;
}

static enum tlsagen_status wrong(const struct words *w, const char *what, struct tlsagen_err *err)
{
    return tlsagen_err_set(err, TLSAGEN_E_SYNTAX,
                           "%s:%u: %s; a key file has key \"NAME\" { algorithm hmac-sha256; "
                           "secret \"BASE64\"; };",
                           w->path, w->line, what);
}

static enum tlsagen_status take_algorithm(const struct words *w, struct tsig_key *key,
                                          struct tlsagen_err *err)
{
    static const struct {
        const char *name;
        const char *digest;
    } known[] = {{"hmac-sha256", "SHA256"}, {"hmac-sha384", "SHA384"}, {"hmac-sha512", "SHA512"}};
    static const struct name root = {.len = 1, .wire = {0}};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (!is(w, known[i].name))
            continue;
        key->digest = known[i].digest;
        return name_parse(known[i].name, strlen(known[i].name), &root, &key->algorithm, err);
    }
    return tlsagen_err_set(err, TLSAGEN_E_KIND,
                           "%s:%u: algorithm \"%.*s\" is not taken; make a key with tsig-keygen -a "
                           "hmac-sha256",
                           w->path, w->line, (int)(w->len > 32 ? 32 : w->len), w->word);
}

static enum tlsagen_status take_secret(const struct words *w, struct tsig_key *key,
                                       struct tlsagen_err *err)
{
    uint8_t bytes[TSIG_SECRET_MAX + 3];
    size_t padding = 0;
    if (w->len == 0 || w->len % 4 != 0 || w->len / 4 * 3 > sizeof(bytes))
        return wrong(w, "the secret is no base64 of 1 to 128 bytes", err);
    /* The text is not ended by a NUL, and a failure says nothing about it. */
    int len = EVP_DecodeBlock(bytes, (const unsigned char *)w->word, (int)w->len);
    while (padding < 2 && w->word[w->len - 1 - padding] == '=')
        padding++;
    bool ok = len > 0 && memchr(w->word, '=', w->len - padding) == NULL &&
              (size_t)len >= padding + 1 && (size_t)len - padding <= TSIG_SECRET_MAX;
    if (ok) {
        key->secret_len = (size_t)len - padding;
        memcpy(key->secret, bytes, key->secret_len);
    }
    OPENSSL_cleanse(bytes, sizeof(bytes));
    return ok ? TLSAGEN_OK : wrong(w, "the secret is no base64 of 1 to 128 bytes", err);
}

/* `algorithm X;` and `secret "X";`, in either order, up to "}". */
static enum tlsagen_status take_body(struct words *w, struct tsig_key *key, struct tlsagen_err *err)
{
    while (next(w) && !is(w, "}")) {
        bool algorithm = is(w, "algorithm"), secret = is(w, "secret");
        enum tlsagen_status status = TLSAGEN_OK;
        if ((!algorithm && !secret) || !next(w))
            return wrong(w, "neither algorithm nor secret", err);
        status = algorithm ? take_algorithm(w, key, err) : take_secret(w, key, err);
        if (status != TLSAGEN_OK)
            return status;
        if (!next(w) || !is(w, ";"))
            return wrong(w, "a semicolon is missing", err);
    }
    if (key->digest == NULL || key->secret_len == 0)
        return wrong(w, "algorithm or secret is missing", err);
    return TLSAGEN_OK;
}

enum tlsagen_status tsig_key_parse(const char *bytes, size_t len, const char *path,
                                   struct tsig_key *key, struct tlsagen_err *err)
{
    static const struct name root = {.len = 1, .wire = {0}};
    struct words w = {.at = bytes, .end = bytes + len, .path = path, .line = 1};
    struct name name;
    *key = (struct tsig_key){.digest = NULL};
    if (!next(&w) || !is(&w, "key") || !next(&w))
        return wrong(&w, "no key", err);
    enum tlsagen_status status = name_parse(w.word, w.len, &root, &name, err);
    if (status != TLSAGEN_OK)
        return tlsagen_err_prepend(err, "%s:%u: key", path, w.line);
    name_lower(&name, &key->name);
    if (!next(&w) || !is(&w, "{"))
        return wrong(&w, "no \"{\" after the key's name", err);
    status = take_body(&w, key, err);
    if (status != TLSAGEN_OK)
        return status;
    if (next(&w) && is(&w, ";") && !next(&w))
        return TLSAGEN_OK;
    return is(&w, "key") ? tlsagen_err_set(err, TLSAGEN_E_KIND,
                                           "%s:%u: a second key; put each into a file of its own",
                                           path, w.line)
                         : wrong(&w, "something stands behind the key", err);
}

static enum tlsagen_status read_file(int fd, const char *path, struct tsig_key *key,
                                     struct tlsagen_err *err)
{
    struct tlsagen_buf bytes;
    struct stat st;
    ssize_t got = 0;
    if (fstat(fd, &st) != 0)
        return tlsagen_err_system(err, errno, "cannot look at %s", path);
    if (!S_ISREG(st.st_mode))
        return tlsagen_err_set(err, TLSAGEN_E_KIND, "%s: is no regular file; give a key file",
                               path);
    if ((st.st_mode & S_IROTH) != 0)
        return tlsagen_err_set(err, TLSAGEN_E_KIND,
                               "%s: everybody may read this secret; chmod o-r, and make a new key",
                               path);
    if (st.st_size > FILE_MAX)
        return tlsagen_err_set(err, TLSAGEN_E_KIND, "%s: is no key file, it is too large", path);
    tlsagen_buf_init(&bytes);
    enum tlsagen_status status = TLSAGEN_OK;
    if (!tlsagen_buf_reserve(&bytes, FILE_MAX))
        status = tlsagen_buf_check(&bytes, err);
    while (status == TLSAGEN_OK && bytes.len < FILE_MAX) {
        got = read(fd, bytes.data + bytes.len, FILE_MAX - bytes.len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            status = tlsagen_err_system(err, errno, "cannot read %s", path);
        if (got <= 0)
            break;
        bytes.len += (size_t)got;
    }
    if (status == TLSAGEN_OK)
        status = tsig_key_parse(bytes.data, bytes.len, path, key, err);
    tlsagen_buf_cleanse(&bytes);
    return status;
}

enum tlsagen_status tsig_key_read(const char *path, struct tsig_key *key, struct tlsagen_err *err)
{
    *key = (struct tsig_key){.digest = NULL};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return tlsagen_err_system(err, errno, "cannot open %s", path);
    enum tlsagen_status status = read_file(fd, path, key, err);
    (void)close(fd);
    return status;
}

void tsig_key_clear(struct tsig_key *key)
{
    OPENSSL_cleanse(key, sizeof(*key));
}
