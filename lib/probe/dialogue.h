/*
 * dialogue.h - the way to "start TLS now" as pure functions over bytes.
 *
 * No socket, clock or file: received bytes go in, in pieces of any size, and bytes to send come
 * out. The same bytes give the same outcome however they are cut, with one exception that only
 * the caller can watch: what arrives after DIALOGUE_TLS was returned and before the ClientHello is
 * plain text too, and must be refused as the dialogue refuses what it sees itself.
 */
#ifndef PROBE_DIALOGUE_H
#define PROBE_DIALOGUE_H

#include <tlsagen/base.h>
#include <tlsagen/service.h>

/* Bytes of one line, XML tag or LDAP message, and of all that a server may say before TLS. */
#define DIALOGUE_UNIT_MAX 4096
#define DIALOGUE_TOTAL_MAX 65536

enum dialogue_step {
    DIALOGUE_MORE,   /* send what was put out, then read on */
    DIALOGUE_TLS,    /* the server waits for a ClientHello */
    DIALOGUE_FAILED, /* err says why; nothing more may be fed */
};

struct dialogue {
    enum tlsagen_starttls protocol;
    const char *helo;   /* our name or address literal for EHLO; borrowed */
    const char *domain; /* whom an XMPP stream is for; borrowed */
    unsigned stage;     /* commands sent so far */
    bool offered;       /* STARTTLS was among the capabilities */
    char code[4];       /* FTP, SMTP: code of the multi-line reply being read, else "" */
    size_t total;       /* bytes received */
    size_t len;         /* of unit */
    char unit[DIALOGUE_UNIT_MAX + 1];
};

/* helo and domain must be printable ASCII without blanks, quotes, '<', '>' and '&'. */
void dialogue_init(struct dialogue *d, enum tlsagen_starttls protocol, const char *helo,
                   const char *domain);
/*
 * Appends to out what a client says first; nothing where the server speaks first. DIALOGUE_TLS at
 * once for TLSAGEN_STARTTLS_NONE.
 */
enum dialogue_step dialogue_start(struct dialogue *d, struct tlsagen_buf *out);
/*
 * Takes received bytes and appends to out what is to be sent. On DIALOGUE_FAILED err->code is
 *   TLSAGEN_E_NOTFOUND  no STARTTLS: not offered, or refused for good
 *   TLSAGEN_E_TIMEOUT   refused for now (a 4xx reply)
 *   TLSAGEN_E_SYNTAX    not this protocol
 *   TLSAGEN_E_LIMIT     too long
 *   TLSAGEN_E_MISMATCH  plain text after the go-ahead (the fault of CVE-2011-0411)
 *   TLSAGEN_E_NETWORK   the server ended the session or reported a fault
 */
enum dialogue_step dialogue_feed(struct dialogue *d, const void *bytes, size_t len,
                                 struct tlsagen_buf *out, struct tlsagen_err *err);

/* --- for the protocols, one file for each family --- */

/* Handles one whole unit (a line without its line end, a tag with its brackets, a message). */
typedef enum dialogue_step dialogue_handler(struct dialogue *d, const char *unit, size_t len,
                                            struct tlsagen_buf *out, struct tlsagen_err *err);
dialogue_handler dialogue_smtp, dialogue_ftp, dialogue_nntp;   /* reply.c */
dialogue_handler dialogue_imap, dialogue_pop3, dialogue_sieve; /* mailbox.c */
dialogue_handler dialogue_xmpp;                                /* xmpp.c */
dialogue_handler dialogue_ldap, dialogue_postgres;             /* binary.c */
/* What those say first. */
void dialogue_xmpp_start(const struct dialogue *d, struct tlsagen_buf *out);
void dialogue_ldap_start(const struct dialogue *d, struct tlsagen_buf *out);
void dialogue_postgres_start(const struct dialogue *d, struct tlsagen_buf *out);
/* Length of the unit at the start of bytes: 0 when more are needed, -1 when it can be none. */
long dialogue_xmpp_unit(const char *bytes, size_t len);
long dialogue_ldap_unit(const char *bytes, size_t len);

/* DIALOGUE_FAILED with `what: "server's words"`, at most 200 bytes of them, printable ASCII. */
enum dialogue_step dialogue_fail(enum tlsagen_status code, const char *what, const char *words,
                                 size_t len, struct tlsagen_err *err);
/* DIALOGUE_MORE after appending command to out; counts the stage. */
enum dialogue_step dialogue_say(struct dialogue *d, const char *command, struct tlsagen_buf *out);
/* Whether text of len bytes begins with word, in any case, as a word of its own. */
bool dialogue_begins(const char *text, size_t len, const char *word);

#endif
