/*
 * tlsagen/base.h - results, errors, buffers and strict readers of small values.
 *
 * Every fallible function of the library returns an enum tlsagen_status and fills the caller's
 * struct tlsagen_err when the status is not TLSAGEN_OK. The library never prints and never exits.
 */
#ifndef TLSAGEN_BASE_H
#define TLSAGEN_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define TLSAGEN_API __attribute__((visibility("default")))
#define TLSAGEN_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define TLSAGEN_API
#define TLSAGEN_PRINTF(f, a)
#endif

/* What became of a call. The values are part of the ABI; new ones are added at the end. */
enum tlsagen_status {
    TLSAGEN_OK = 0,
    TLSAGEN_E_MEMORY,   /* an allocation failed */
    TLSAGEN_E_SYSTEM,   /* a system call failed; err.sys_errno says how */
    TLSAGEN_E_ARGUMENT, /* a word given by the caller (number, name, option) is not acceptable */
    TLSAGEN_E_SYNTAX,   /* bytes from outside do not follow their format */
    TLSAGEN_E_KIND,     /* well-formed, but another kind of thing than needed */
    TLSAGEN_E_CRYPTO,   /* libcrypto or libssl failed; err.lib_code says how */
    TLSAGEN_E_MISMATCH, /* a definite negative: does not match, does not cover, unsafe */
    TLSAGEN_E_LIMIT,    /* larger than the limit the message names */
    TLSAGEN_E_NETWORK,  /* a peer refused, closed or misbehaved */
    TLSAGEN_E_TIMEOUT,  /* not now: no answer in time; trying again may help */
    TLSAGEN_E_NOTFOUND, /* the thing asked for is not there */
};

/* Bytes of err.message, the ending NUL included; longer texts are cut. */
#define TLSAGEN_ERR_SIZE 1024

/*
 * Owned by the caller; needs no initialisation and no clearing. The message is one line without a
 * final newline and without control bytes: what was found, where, and what to do instead.
 */
struct tlsagen_err {
    enum tlsagen_status code;
    int sys_errno;          /* errno for TLSAGEN_E_SYSTEM, else 0 */
    unsigned long lib_code; /* ERR_peek_last_error() for TLSAGEN_E_CRYPTO, else 0 */
    char message[TLSAGEN_ERR_SIZE];
};

/* The library's version, "MAJOR.MINOR.PATCH"; static storage. */
TLSAGEN_API const char *tlsagen_version(void);

/*
 * Fills *err (which may be NULL) and returns code, so that `return tlsagen_err_set(...)` reads
 * well. Control bytes in the formatted text become '?' because texts quote hostile input.
 */
TLSAGEN_API enum tlsagen_status tlsagen_err_set(struct tlsagen_err *err, enum tlsagen_status code,
                                                const char *format, ...) TLSAGEN_PRINTF(3, 4);
/* As tlsagen_err_set, with TLSAGEN_E_SYSTEM, and ": " and the text of error number appended. */
TLSAGEN_API enum tlsagen_status tlsagen_err_system(struct tlsagen_err *err, int error,
                                                   const char *format, ...) TLSAGEN_PRINTF(3, 4);
/* Puts context and ": " before the message; returns err->code. */
TLSAGEN_API enum tlsagen_status tlsagen_err_prepend(struct tlsagen_err *err, const char *format,
                                                    ...) TLSAGEN_PRINTF(2, 3);

/*
 * A growing byte string. Failure to grow is sticky: later additions do nothing and `failed` stays
 * true, so a sequence of additions is checked once. data is NUL-terminated whenever it is not
 * NULL; len does not count that NUL. Zero bytes are a valid empty buffer.
 */
struct tlsagen_buf {
    char *data;
    size_t len;
    size_t cap;
    bool failed;
};

TLSAGEN_API void tlsagen_buf_init(struct tlsagen_buf *buf);
/* Frees the bytes; the buffer is empty and usable afterwards. */
TLSAGEN_API void tlsagen_buf_clear(struct tlsagen_buf *buf);
/* As tlsagen_buf_clear, after overwriting the bytes: for what held a private key. */
TLSAGEN_API void tlsagen_buf_cleanse(struct tlsagen_buf *buf);
/* Forgets the content and keeps the memory, for reuse; clears `failed`. */
TLSAGEN_API void tlsagen_buf_reset(struct tlsagen_buf *buf);
/* Makes room for extra more bytes; false (and failed) when memory runs out. */
TLSAGEN_API bool tlsagen_buf_reserve(struct tlsagen_buf *buf, size_t extra);
TLSAGEN_API void tlsagen_buf_add(struct tlsagen_buf *buf, const void *bytes, size_t len);
TLSAGEN_API void tlsagen_buf_str(struct tlsagen_buf *buf, const char *text);
TLSAGEN_API void tlsagen_buf_char(struct tlsagen_buf *buf, char c);
TLSAGEN_API void tlsagen_buf_dec(struct tlsagen_buf *buf, uint64_t number);
/* Lower-case hexadecimal digits, two for each byte. */
TLSAGEN_API void tlsagen_buf_hex(struct tlsagen_buf *buf, const uint8_t *bytes, size_t len);
TLSAGEN_API void tlsagen_buf_printf(struct tlsagen_buf *buf, const char *format, ...)
    TLSAGEN_PRINTF(2, 3);
/* TLSAGEN_E_MEMORY when an addition failed since the last init, clear or reset, else OK. */
TLSAGEN_API enum tlsagen_status tlsagen_buf_check(const struct tlsagen_buf *buf,
                                                  struct tlsagen_err *err);

/*
 * A decimal number from minimum to maximum: ASCII digits only, no sign, no blanks, leading zeros
 * allowed. what names the value in the message ("port"). TLSAGEN_E_ARGUMENT otherwise.
 */
TLSAGEN_API enum tlsagen_status tlsagen_number_parse(const char *text, const char *what,
                                                     uint64_t minimum, uint64_t maximum,
                                                     uint64_t *number, struct tlsagen_err *err);
/*
 * A duration in seconds: "3600", or numbers with the units w d h m s, each at most once and from
 * large to small, any case, as in BIND's TTL text ("1h30m", "1W2D"). Result 0 to 2147483647, the
 * range of a TTL (RFC 2181 section 8).
 */
TLSAGEN_API enum tlsagen_status tlsagen_duration_parse(const char *text, const char *what,
                                                       uint32_t *seconds, struct tlsagen_err *err);
/*
 * Hexadecimal digits of any case, two a byte, no blanks. Writes at most size bytes to out and
 * their number to *len. TLSAGEN_E_SYNTAX for another byte or an odd count, TLSAGEN_E_LIMIT when
 * out is too small.
 */
TLSAGEN_API enum tlsagen_status tlsagen_hex_decode(const char *text, size_t text_len, uint8_t *out,
                                                   size_t size, size_t *len,
                                                   struct tlsagen_err *err);

#ifdef __cplusplus
}
#endif

#endif
