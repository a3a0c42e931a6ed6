#include "unit.h"

#include <stdio.h>
#include <string.h>

#include <tlsagen/base.h>
#include <tlsagen/service.h>

#include "probe/dialogue.h"

#define BYTES(s) s, sizeof(s) - 1
#define FEATURES                                                                                   \
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client' id='a>b'><stream:features>"
#define XMPP_HELLO(kind)                                                                           \
    "<?xml version='1.0'?><stream:stream xmlns='jabber:" kind                                      \
    "' xmlns:stream='http://etherx.jabber.org/streams' to='example.org' version='1.0'>"
#define XMPP_STARTTLS "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
#define XMPP_OFFER XMPP_STARTTLS "</stream:features>"
#define LDAP_REQUEST                                                                               \
    "\x30\x1d\x02\x01\x01\x77\x18\x80\x16"                                                         \
    "1.3.6.1.4.1.1466.20037"
#define SSL_REQUEST "\x00\x00\x00\x08\x04\xd2\x16\x2f"
#define SMTP_GOOD "220-mx\r\n220 mx ESMTP\r\n250-mx\r\n250-SIZE\r\n250-starttls\r\n250 8BITMIME\r\n"
#define EHLO "EHLO [192.0.2.1]\r\n"

/* A server's words, what a client says to them, and what comes of it. */
struct script {
    enum tlsagen_starttls protocol;
    const char *server;
    size_t server_len;
    const char *client;
    size_t client_len;
    enum dialogue_step step;
    enum tlsagen_status code; /* when failed */
    const char *message;      /* its beginning */
};

#define GOOD(p, s, c)                                                                              \
    {                                                                                              \
        TLSAGEN_STARTTLS_##p, BYTES(s), BYTES(c), DIALOGUE_TLS, TLSAGEN_OK, ""                     \
    }
#define BAD(p, s, c, code, m)                                                                      \
    {                                                                                              \
        TLSAGEN_STARTTLS_##p, BYTES(s), BYTES(c), DIALOGUE_FAILED, TLSAGEN_E_##code, m             \
    }

static const struct script good[] = {
    GOOD(SMTP, SMTP_GOOD "220 go\r\n", EHLO "STARTTLS\r\n"),
    GOOD(SUBMISSION, "220\r\n250 STARTTLS\r\n220 go\r\n", EHLO "STARTTLS\r\n"),
    GOOD(SMTP, "220 mx\n250 STARTTLS\n220 go\n", EHLO "STARTTLS\r\n"),
    GOOD(LMTP, "220 x\r\n250-x\r\n250 STARTTLS\r\n220 go\r\n", "LHLO [192.0.2.1]\r\nSTARTTLS\r\n"),
    GOOD(IMAP, "* OK [CAPABILITY IMAP4rev1] hi\r\n* CAPABILITY X\r\nA1 ok go\r\n",
         "a1 STARTTLS\r\n"),
    GOOD(POP3, "+OK <1@x>\r\n+OK\r\n", "STLS\r\n"),
    GOOD(SIEVE, "\"IMPLEMENTATION\" \"x\"\r\n\"STARTTLS\"\r\nOK \"ready\"\r\nOK \"go\"\r\n",
         "STARTTLS\r\n"),
    GOOD(XMPP_CLIENT, FEATURES XMPP_OFFER "\n<proceed xmlns='urn:x'/>",
         XMPP_HELLO("client") XMPP_STARTTLS),
    GOOD(XMPP_SERVER,
         FEATURES "<starttls xmlns=\"u\"><required/></starttls></stream:features>"
                  "<proceed></proceed>",
         XMPP_HELLO("server") XMPP_STARTTLS),
    GOOD(LDAP, "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00", LDAP_REQUEST),
    GOOD(LDAP,
         "\x30\x84\x00\x00\x00\x10\x02\x01\x01\x78\x84\x00\x00\x00\x07\x0a\x01\x00\x04\x00\x04\x00",
         LDAP_REQUEST),
    GOOD(FTP, "120 soon\r\n220-hello\r\n230 not the end\r\n any\r\n220 x\r\n234 go\r\n",
         "AUTH TLS\r\n"),
    GOOD(NNTP, "201 no posting\r\n382 go\r\n", "STARTTLS\r\n"),
    GOOD(POSTGRES, "S", SSL_REQUEST),
};

static const struct script bad[] = {
    BAD(SMTP, "554 no\x1b[2J\xff\r\n", "", NETWORK,
        "the server does not greet with 220: \"554 no?[2J?\""),
    BAD(SMTP, "421 busy\r\n", "", TIMEOUT, "the server does not greet with 220: \"421 busy\""),
    BAD(SMTP, "220 x\r\n502 what\r\n", EHLO, NETWORK, "the server refuses EHLO"),
    BAD(SMTP, "220 x\r\n250-x STARTTLS\r\n250 SIZE\r\n", EHLO, NOTFOUND,
        "the server does not offer STARTTLS; its last capability: \"250 SIZE\""),
    BAD(SMTP, "220 x\r\n250 STARTTLSX\r\n", EHLO, NOTFOUND, "the server does not offer STARTTLS"),
    BAD(SMTP, SMTP_GOOD "454 later\r\n", EHLO "STARTTLS\r\n", TIMEOUT,
        "the server refuses STARTTLS: \"454 later\""),
    BAD(SMTP, SMTP_GOOD "554 never\r\n", EHLO "STARTTLS\r\n", NOTFOUND,
        "the server refuses STARTTLS: \"554 never\""),
    BAD(SMTP, "220-x\r\n250 y\r\n", "", SYNTAX, "the code changes within"),
    BAD(SMTP, "SSH-2.0-x\r\n", "", SYNTAX, "the server's line does not begin with a reply code"),
    BAD(SMTP, "22\r\n", "", SYNTAX, "the server's line does not begin with a reply code"),
    BAD(SMTP, "\r\n", "", SYNTAX, "the server's line does not begin with a reply code: \"\""),
    BAD(SMTP, "220 \0x\r\n", "", SYNTAX, "the server sent binary data, not a line of text"),
    BAD(IMAP, "* BYE full\r\n", "", NETWORK, "the server says good-bye at once"),
    BAD(IMAP, "* PREAUTH hi\r\n", "", NOTFOUND, "the server takes us for authenticated"),
    BAD(IMAP, "+OK pop\r\n", "", SYNTAX, "the server's greeting is not IMAP"),
    BAD(IMAP, "* OK\r\na1 BAD what\r\n", "a1 STARTTLS\r\n", NOTFOUND,
        "the server refuses STARTTLS: \"a1 BAD what\""),
    BAD(IMAP, "* OK\r\n* BYE\r\n", "a1 STARTTLS\r\n", NETWORK, "the server ends the session"),
    BAD(IMAP, "* OK\r\na2 OK\r\n", "a1 STARTTLS\r\n", SYNTAX, "the server's answer is not IMAP"),
    BAD(POP3, "-ERR busy\r\n", "", NETWORK, "the server does not greet with +OK"),
    BAD(POP3, "+OK\r\n-ERR no\r\n", "STLS\r\n", NOTFOUND, "the server refuses STLS"),
    BAD(POP3, "* OK\r\n", "", SYNTAX, "the server's answer is not POP3"),
    BAD(SIEVE, "\"SASL\" \"\"\r\nOK \"x\"\r\n", "", NOTFOUND,
        "STARTTLS is not among the server's capabilities; it greets with: \"OK ?x?\""),
    BAD(SIEVE, "BYE \"no\"\r\n", "", NETWORK, "the server ends the session"),
    BAD(SIEVE, "\"STARTTLS\"\r\nOK\r\nNO\r\n", "STARTTLS\r\n", NOTFOUND,
        "the server refuses STARTTLS"),
    BAD(SIEVE, "220 x\r\n", "", SYNTAX, "the server's answer is not ManageSieve"),
    BAD(XMPP_CLIENT, FEATURES "</stream:features>", XMPP_HELLO("client"), NOTFOUND,
        "STARTTLS is not among the server's stream features"),
    BAD(XMPP_CLIENT, FEATURES XMPP_OFFER "<failure/>", XMPP_HELLO("client") XMPP_STARTTLS, NOTFOUND,
        "the server refuses STARTTLS: \"<failure/>\""),
    BAD(XMPP_CLIENT, "<stream:stream><stream:error><host-unknown/>", XMPP_HELLO("client"), NETWORK,
        "the server reports a stream error: \"<host-unknown/>\""),
    BAD(XMPP_CLIENT, "<stream:stream></stream:stream>", XMPP_HELLO("client"), NETWORK,
        "the server ends the stream"),
    BAD(XMPP_CLIENT, "<a<", XMPP_HELLO("client"), SYNTAX, "the server does not speak this"),
    BAD(XMPP_CLIENT, "<!DOCTYPE x>", XMPP_HELLO("client"), SYNTAX, "the server's answer is not"),
    BAD(XMPP_CLIENT, "<>", XMPP_HELLO("client"), SYNTAX, "the server's answer is not XMPP"),
    BAD(LDAP,
        "\x30\x10\x02\x01\x01\x78\x0b\x0a\x01\x34\x04\x00\x04\x04"
        "busy",
        LDAP_REQUEST, NOTFOUND, "the server refuses StartTLS with LDAP result code 52: \"busy\""),
    BAD(LDAP, "\x30\x0c\x02\x01\x00\x78\x07\x0a\x01\x34\x04\x00\x04\x00", LDAP_REQUEST, NETWORK,
        "the LDAP server disconnects"),
    BAD(LDAP, "\x30\x0c\x02\x01\x02\x78\x07\x0a\x01\x00\x04\x00\x04\x00", LDAP_REQUEST, SYNTAX,
        "the LDAP server answers another request"),
    BAD(LDAP, "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x09", LDAP_REQUEST, SYNTAX,
        "the server's answer is no LDAP extended response"),
    BAD(LDAP, "\x30\x84\x7f\xff\xff\xff", LDAP_REQUEST, SYNTAX, "the server does not speak this"),
    BAD(LDAP, "\x30\x80", LDAP_REQUEST, SYNTAX, "the server does not speak this protocol"),
    BAD(LDAP, "2", LDAP_REQUEST, SYNTAX, "the server does not speak this protocol: \"2\""),
    BAD(FTP, "530 no\r\n", "", NETWORK, "the server does not greet with 220"),
    BAD(FTP, "220 x\r\n500 what\r\n", "AUTH TLS\r\n", NOTFOUND, "the server refuses AUTH TLS"),
    BAD(FTP, "hello\r\n", "", SYNTAX, "the server's line does not begin with a reply code"),
    BAD(NNTP, "400 later\r\n", "", TIMEOUT, "the server does not greet with 200 or 201"),
    BAD(NNTP, "200 x\r\n483 no\r\n", "STARTTLS\r\n", NOTFOUND, "the server refuses STARTTLS"),
    BAD(POSTGRES, "N", SSL_REQUEST, NOTFOUND, "the server is not willing to use TLS"),
    BAD(POSTGRES, "E", SSL_REQUEST, NETWORK, "the server answers SSLRequest with an error"),
    BAD(POSTGRES, "\x16", SSL_REQUEST, SYNTAX, "the server does not speak PostgreSQL's protocol"),
};

/* Feeds pieces of the given sizes, the last repeated; the outcome must come with the last byte. */
static enum dialogue_step play(const struct script *s, size_t first, size_t then,
                               struct tlsagen_err *err)
{
    static struct dialogue d;
    struct tlsagen_buf out;
    tlsagen_buf_init(&out);
    dialogue_init(&d, s->protocol, "[192.0.2.1]", "example.org");
    enum dialogue_step step = dialogue_start(&d, &out);
    size_t n = first;
    for (size_t at = 0; at < s->server_len; at += n, n = then) {
        assert_int_equal(step, DIALOGUE_MORE);
        if (n > s->server_len - at || n == 0)
            n = s->server_len - at;
        step = dialogue_feed(&d, s->server + at, n, &out, err);
    }
    assert_int_equal(out.len, s->client_len);
    if (out.len > 0)
        assert_memory_equal(out.data, s->client, out.len);
    tlsagen_buf_clear(&out);
    return step;
}

static void check(const struct script *s, size_t first, size_t then)
{
    struct tlsagen_err err = {.code = TLSAGEN_OK};
    assert_int_equal(play(s, first, then, &err), s->step);
    if (s->step != DIALOGUE_FAILED)
        return;
    if (strncmp(err.message, s->message, strlen(s->message)) != 0)
        fail_msg("got: %s; wanted: %s", err.message, s->message);
    assert_int_equal(err.code, s->code);
}

static void check_all(const struct script *scripts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        check(&scripts[i], scripts[i].server_len, 1);
        check(&scripts[i], 1, 1);
        for (size_t cut = 1; cut < scripts[i].server_len; cut++)
            check(&scripts[i], cut, 0);
    }
}

static void good_servers_lead_to_tls(void **state)
{
    (void)state;
    check_all(good, sizeof(good) / sizeof(good[0]));
}

static void bad_servers_are_told_apart(void **state)
{
    (void)state;
    check_all(bad, sizeof(bad) / sizeof(bad[0]));
}

static void each_protocol_is_played(void **state)
{
    (void)state;
    for (unsigned p = TLSAGEN_STARTTLS_NONE + 1; p < TLSAGEN_STARTTLS_COUNT; p++) {
        unsigned found = 0;
        for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
            found += good[i].protocol == p;
        assert_true(found > 0);
    }
}

static void direct_tls_needs_no_words(void **state)
{
    (void)state;
    static struct dialogue d;
    struct tlsagen_buf out;
    tlsagen_buf_init(&out);
    dialogue_init(&d, TLSAGEN_STARTTLS_NONE, "x", "x");
    assert_int_equal(dialogue_start(&d, &out), DIALOGUE_TLS);
    assert_int_equal(out.len, 0);
}

/* CVE-2011-0411: what is in the buffer behind the go-ahead would be taken for secured. */
static void plain_text_after_the_go_ahead_is_refused(void **state)
{
    (void)state;
    static const char injected[] = "250 injected\r\n";
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        for (size_t n = 1; n < sizeof(injected); n += sizeof(injected) - 2) {
            char bytes[1024];
            struct script s = good[i];
            assert_true(s.server_len + n <= sizeof(bytes));
            memcpy(bytes, s.server, s.server_len);
            memcpy(bytes + s.server_len, injected, n);
            s.server = bytes;
            s.server_len += n;
            s.step = DIALOGUE_FAILED;
            s.code = TLSAGEN_E_MISMATCH;
            s.message =
                "plain text follows the server's go-ahead for TLS (injected?); refused: \"2";
            check(&s, s.server_len, 1);
            check(&s, s.server_len - n - 1, 0);
        }
    }
}

static enum tlsagen_status flood(enum tlsagen_starttls protocol, const char *unit, size_t len,
                                 size_t piece, size_t *taken, struct tlsagen_err *err)
{
    static struct dialogue d;
    struct tlsagen_buf out;
    struct tlsagen_buf bytes;
    enum dialogue_step step = DIALOGUE_MORE;
    tlsagen_buf_init(&out);
    tlsagen_buf_init(&bytes);
    while (bytes.len < 1000000)
        tlsagen_buf_add(&bytes, unit, len);
    dialogue_init(&d, protocol, "x", "x");
    (void)dialogue_start(&d, &out);
    for (*taken = 0; *taken + piece < bytes.len && step == DIALOGUE_MORE; *taken += piece)
        step = dialogue_feed(&d, bytes.data + *taken, piece, &out, err);
    tlsagen_buf_clear(&out);
    tlsagen_buf_clear(&bytes);
    assert_int_equal(step, DIALOGUE_FAILED);
    return err->code;
}

static void long_lines_and_long_dialogues_end(void **state)
{
    (void)state;
    struct tlsagen_err err;
    size_t taken = 0;
    for (size_t piece = 1; piece <= 1000; piece += 333) {
        assert_int_equal(flood(TLSAGEN_STARTTLS_SMTP, BYTES("220 x"), piece, &taken, &err),
                         TLSAGEN_E_LIMIT);
        assert_true(taken >= DIALOGUE_UNIT_MAX && taken < DIALOGUE_UNIT_MAX + piece);
        assert_non_null(strstr(err.message, "more than 4096 bytes without an end of line"));
        assert_int_equal(flood(TLSAGEN_STARTTLS_SMTP, BYTES("220-x\r\n"), piece, &taken, &err),
                         TLSAGEN_E_LIMIT);
        assert_true(taken >= DIALOGUE_TOTAL_MAX && taken <= DIALOGUE_TOTAL_MAX + piece);
        assert_non_null(strstr(err.message, "more than 65536 bytes before TLS"));
        assert_int_equal(flood(TLSAGEN_STARTTLS_XMPP_CLIENT, BYTES("<a b='"), piece, &taken, &err),
                         TLSAGEN_E_SYNTAX);
        assert_int_equal(flood(TLSAGEN_STARTTLS_XMPP_CLIENT, BYTES("abc "), piece, &taken, &err),
                         TLSAGEN_E_LIMIT);
        assert_int_equal(flood(TLSAGEN_STARTTLS_IMAP, BYTES("* OK\r\n"), piece, &taken, &err),
                         TLSAGEN_E_LIMIT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_servers_lead_to_tls),
        cmocka_unit_test(bad_servers_are_told_apart),
        cmocka_unit_test(each_protocol_is_played),
        cmocka_unit_test(direct_tls_needs_no_words),
        cmocka_unit_test(plain_text_after_the_go_ahead_is_refused),
        cmocka_unit_test(long_lines_and_long_dialogues_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
