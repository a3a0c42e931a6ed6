#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>
#include <unistd.h>

#include <tlsagen/config.h>

/* Reads are told here: "LINE: TEXT\n" for each fault. */
struct told {
    char text[8192];
    size_t count;
};

static void take(void *arg, const struct tlsagen_config_place *place, const char *text)
{
    struct told *told = arg;
    size_t used = strlen(told->text);
    told->count++;
    (void)snprintf(told->text + used, sizeof(told->text) - used, "%u: %s\n", place->line, text);
}

static char folder[] = "/tmp/tlsagen-config.XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL || chdir(folder) != 0 ? -1 : 0;
}

static int remove_folder(void **state)
{
    static const char *const names[] = {"c.conf", "c.json", "part", "key", "d/1.conf", "d/2.json"};
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        (void)unlink(names[i]);
    (void)rmdir("d");
    return chdir("/") != 0 || rmdir(folder) != 0 ? -1 : 0;
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    assert_int_equal(fputs(text, file) < 0, 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(name, 0600), 0);
}

static struct tlsagen_config *read_text(const char *name, const char *text)
{
    struct tlsagen_config *config = NULL;
    struct told told = {.count = 0};
    struct tlsagen_err err;
    write_file(name, text);
    enum tlsagen_status status =
        tlsagen_config_read(name, TLSAGEN_CONFIG_BY_NAME, take, &told, &config, &err);
    assert_string_equal(told.text, "");
    assert_int_equal(status, TLSAGEN_OK);
    assert_non_null(config);
    return config;
}

static void refuses(const char *text, const char *faults)
{
    struct tlsagen_config *config = NULL;
    struct told told = {.count = 0};
    struct tlsagen_err err;
    write_file("c.conf", text);
    enum tlsagen_status status =
        tlsagen_config_read("c.conf", TLSAGEN_CONFIG_TEXT, take, &told, &config, &err);
    assert_string_equal(told.text, faults);
    assert_int_equal(status, TLSAGEN_E_SYNTAX);
    assert_null(config);
}

#define ZONE "zone example.org { file = z }\n"

/* A section of words and strings is read here, one with a list by libConfuse: alike. */
static void both_ways_of_reading_agree(void **state)
{
    static const char *const values[] = {
        "s.pem",           "\"s.pem\"",        "'s.pem'",       "\"a b#c//d /* e */\"",
        "\"a\\\\b\\\"c\"", "'a\\\\b\\'c \"'",  "'${HOME}'",     "\"=\"",
        "/x/%h/%n.%z",     "'{ a, b }'",       "\xc3\xa9.pem",  "\"tab\there\"",
        "%%25@:-_.",       "\"# no comment\"", "'// nor this'", "\"+=\"",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct tlsagen_config *config[2];
        for (int k = 0; k < 2; k++) {
            char text[512];
            (void)snprintf(text, sizeof(text),
                           ZONE "service a { host = a.example.org\nports = %s\n# x\nsource\n= %s }",
                           k == 0 ? "25" : "{ 25 }", values[i]);
            config[k] = read_text("c.conf", text);
        }
        assert_int_equal(config[0]->services[0]->source.count, 1);
        assert_string_equal(config[0]->services[0]->source.items[0],
                            config[1]->services[0]->source.items[0]);
        tlsagen_config_free(config[0]);
        tlsagen_config_free(config[1]);
    }
    refuses(ZONE "service a { host = a.example.org ports = 25\n\nttl =\n x source = s }\n",
            "5: ttl \"x\" is not a time; give seconds, or units as in 1h30m\n");
    refuses(ZONE "service a { host = a.example.org ports = { 25 }\n\nttl =\n x source = s }\n",
            "5: ttl \"x\" is not a time; give seconds, or units as in 1h30m\n");
}

static void what_is_left_out_has_its_default(void **state)
{
    (void)state;
    struct tlsagen_config *config =
        read_text("c.conf", ZONE "service a { host = a.example.org ports = 25 source = s }\n");
    const struct tlsagen_config_service *service = tlsagen_config_service(config, "a");
    char path[64];
    (void)snprintf(path, sizeof(path), "%s/s", folder);
    assert_non_null(service);
    assert_ptr_equal(service->zone, config->zones[0]);
    assert_string_equal(service->host, "a.example.org.");
    assert_int_equal(service->port_count, 1);
    assert_string_equal(service->owners[0], "_25._tcp.a.example.org.");
    assert_int_equal(service->field_count, 1);
    assert_int_equal(service->fields[0].usage * 100 + service->fields[0].selector * 10 +
                         service->fields[0].matching,
                     311);
    assert_int_equal(service->ttl, 3600);
    assert_int_equal(service->key_type, TLSAGEN_KEY_EC_P256);
    assert_int_equal(service->key_mode, 0600);
    assert_int_equal(service->hook_timeout, 120);
    assert_int_equal(service->deploy_deadline, 300);
    assert_int_equal(service->watch, 60);
    assert_true(service->verify);
    assert_false(service->has_keep);
    assert_null(service->live);
    assert_null(service->after_deploy.items);
    assert_int_equal(service->source.count, 1);
    assert_string_equal(service->source.items[0], path);
    assert_null(service->source.items[1]);
    assert_string_equal(service->place.file, "c.conf");
    assert_int_equal(service->place.line, 2);
    assert_string_equal(config->state_dir, "/var/lib/tlsagen");
    assert_int_equal(config->zones[0]->unknown, TLSAGEN_UNKNOWN_REFUSE);
    assert_int_equal(config->zones[0]->wait_ms, 30000);
    assert_false(config->zones[0]->has_server);
    assert_int_equal(config->zones[0]->service_count, 1);
    tlsagen_config_free(config);
    tlsagen_config_free(NULL);
}

static void what_is_nearer_wins(void **state)
{
    (void)state;
    struct tlsagen_config *config = read_text(
        "c.conf", "defaults { ttl = 1 ports = 1 source = /d keep = 1h live = /l file = \"/f/%z\" "
                  "server = rndc control-key = /k after-deploy = { x } }\n"
                  "zone a.org { ttl = 2 ports = 2 }\n"
                  "zone b.org { update = 192.0.2.1 }\n"
                  "service z { host = z.a.org }\n"
                  "service s { host = s.a.org ttl = 3 keep = T live = {} }\n"
                  "service-template t { hosts = { t.b.org } ports = 4 }\n");
    const struct tlsagen_config_service *z = tlsagen_config_service(config, "z");
    const struct tlsagen_config_service *s = tlsagen_config_service(config, "s");
    const struct tlsagen_config_service *t = tlsagen_config_service(config, "t@t.b.org");
    assert_true(z->ttl == 2 && z->ports[0] == 2 && z->has_keep && z->keep == 3600);
    assert_true(s->ttl == 3 && s->ports[0] == 2 && !s->has_keep && s->live == NULL);
    assert_int_equal(s->after_deploy.count, 0);
    assert_true(t->ttl == 1 && t->ports[0] == 4 && t->after_deploy.count == 1);
    assert_string_equal(config->zones[0]->file, "/f/a.org");
    assert_true(config->zones[0]->has_server);
    assert_string_equal(config->zones[0]->server.key_file, "/k");
    assert_null(config->zones[1]->file);
    assert_string_equal(config->zones[1]->update, "192.0.2.1");
    assert_false(config->zones[1]->has_server);
    assert_null(config->zones[1]->server.key_file);
    tlsagen_config_free(config);
}

static void names_are_put_in(void **state)
{
    (void)state;
    struct tlsagen_config *config = read_text(
        "c.conf", ZONE "service-template web { hosts = { A.example.org, b.EXAMPLE.org. } ports = "
                       "443 source = \"/%n/%h/%z/%%\" }\n");
    assert_int_equal(config->service_count, 2);
    assert_string_equal(config->services[0]->name, "web@a.example.org");
    assert_string_equal(config->services[1]->source.items[0],
                        "/web@b.example.org/b.example.org/example.org/%");
    tlsagen_config_free(config);
}

static void zones_are_found_by_the_longest_name(void **state)
{
    (void)state;
    struct tlsagen_config *config =
        read_text("c.conf", "zone org { file = a } zone B.org. { file = b }\n"
                            "zone _tcp.b.org { file = c }\n"
                            "service a { host = xb.org ports = 1 source = s }\n"
                            "service b { host = b.org ports = 2 source = s }\n"
                            "service c { host = a.b.org ports = 3 source = s zone = org }\n");
    assert_string_equal(config->services[0]->zone->name, "org.");
    assert_string_equal(config->services[1]->zone->name, "b.org.");
    assert_string_equal(config->services[2]->zone->name, "org.");
    assert_ptr_equal(tlsagen_config_zone(config, "B.ORG"), config->zones[1]);
    assert_ptr_equal(tlsagen_config_zone(config, "b.org."), config->zones[1]);
    assert_null(tlsagen_config_zone(config, "a.b.org"));
    assert_null(tlsagen_config_zone(config, ""));
    assert_ptr_equal(tlsagen_config_zone_of(config, "x._TCP.b.org."), config->zones[2]);
    assert_null(tlsagen_config_zone_of(config, "example.net."));
    assert_null(tlsagen_config_service(config, "d"));
    tlsagen_config_free(config);
}

static void every_option_arrives(void **state)
{
    (void)state;
    struct tlsagen_config *config = read_text(
        "c.conf",
        "state-dir = /s resolver = 127.0.0.1@54 trust-anchor = /a trust-ad = yes\n"
        "authoritative-port = 5353\n"
        "zone example.org { file = /f server = rndc control-config = /c control-key = /k\n"
        " control-host = h control-port = 953 control-program = /p view = v class = CH\n"
        " query = \"192.0.2.1#54\" check-with = { c, \"\", w } policy = date wait = 2m freeze = "
        "on unknown = remove }\n"
        "zone example.net { update = \"2001:db8::1#55\" tsig = /t }\n"
        "service a { host = a.example.org ports = { https, 1 } proto = udp zone = example.org\n"
        " records = { \"3 1 1\", \"DANE-TA SPKI SHA2-512\" } ttl = 1m ta = 2 source = {/a, /b}\n"
        " live = /l after-deploy = { d, \"\" } when-ready = { r } deploy-deadline = 2 keep = 3\n"
        " hook-timeout = 3m\n"
        " watch = 4 reuse-key = yes verify = no starttls = smtp backup-ca = { /x, /y }\n"
        " ignore-server = { 192.0.2.9 } ignore-server += ::1 ignore-server += NS2.Example.net "
        "key-type = rsa-3072\n"
        " key-mode = 0640 key-user = u key-group = g }\n");
    const struct tlsagen_config_zone *zone = config->zones[0], *net = config->zones[1];
    const struct tlsagen_config_service *a = config->services[0];
    assert_string_equal(config->state_dir, "/s");
    assert_string_equal(config->resolver, "127.0.0.1@54");
    assert_string_equal(config->trust_anchor, "/a");
    assert_true(config->trust_ad && config->authoritative_port == 5353);
    assert_string_equal(zone->file, "/f");
    assert_int_equal(zone->server.kind, TLSAGEN_SERVER_RNDC);
    assert_string_equal(zone->server.config, "/c");
    assert_string_equal(zone->server.key_file, "/k");
    assert_string_equal(zone->server.host, "h");
    assert_string_equal(zone->server.port, "953");
    assert_string_equal(zone->server.program, "/p");
    assert_string_equal(zone->server.view, "v");
    assert_string_equal(zone->server.rclass, "CH");
    assert_string_equal(zone->query, "192.0.2.1");
    assert_true(zone->query_port == 54 && zone->wait_ms == 120000 && zone->freeze);
    assert_true(zone->check_with.count == 3 && zone->check_with.items[3] == NULL);
    assert_string_equal(zone->check_with.items[1], "");
    assert_int_equal(zone->policy, TLSAGEN_SERIAL_DATE);
    assert_int_equal(zone->unknown, TLSAGEN_UNKNOWN_REMOVE);
    assert_string_equal(net->update, "2001:db8::1");
    assert_int_equal(net->update_port, 55);
    assert_string_equal(net->tsig, "/t");
    assert_true(a->port_count == 2 && a->ports[0] == 443 && a->proto == TLSAGEN_PROTO_UDP);
    assert_string_equal(a->owners[1], "_1._udp.a.example.org.");
    assert_true(a->field_count == 2 && a->fields[1].usage == 2 && a->fields[1].matching == 2);
    assert_true(a->ttl == 60 && a->anchor == TLSAGEN_ANCHOR_OFFSET && a->anchor_offset == 2);
    assert_string_equal(a->source.items[1], "/b");
    assert_string_equal(a->live, "/l");
    assert_true(a->after_deploy.count == 2 && a->when_ready.count == 1);
    assert_int_equal(a->hook_timeout, 180);
    assert_true(a->deploy_deadline == 2 && a->has_keep && a->keep == 3 && a->watch == 4);
    assert_true(a->reuse_key && !a->verify && a->has_starttls);
    assert_int_equal(a->starttls, TLSAGEN_STARTTLS_SMTP);
    assert_string_equal(a->backup_ca.items[1], "/y");
    assert_string_equal(a->ignore_server.items[1], "::1");
    assert_string_equal(a->ignore_server.items[2], "NS2.Example.net.");
    assert_int_equal(a->key_type, TLSAGEN_KEY_RSA_3072);
    assert_int_equal(a->key_mode, 0640);
    assert_string_equal(a->key_user, "u");
    assert_string_equal(a->key_group, "g");
    tlsagen_config_free(config);
}

static void faults_are_all_told(void **state)
{
    (void)state;
    refuses("state-dri = x\n" ZONE "service a {\n  host = a.example.org\n  ports = 70000\n"
            "  source = s\n  ttl = 1x\n  freez = 1\n}\nservice a { }\n",
            "1: unknown option \"state-dri\"; is state-dir meant?\n"
            "8: unknown option \"freez\"; tlsagen.conf(5) lists those that there are\n"
            "10: service a is there already, at c.conf:3; keep one\n"
            "5: port 70000 does not exist; give 1 to 65535\n"
            "7: ttl \"1x\" is not a time; give seconds, or units as in 1h30m\n");
    refuses(ZONE "service a {\n  host = a.example.org\n  ports = { 0, 25, 70000 }\n  source = s\n"
                 "  records = { \"3 1 9\", \"3 1 1\", \"9 1 1\" }\n}\n",
            "4: port 0 does not exist; give 1 to 65535\n"
            "4: port 70000 does not exist; give 1 to 65535\n"
            "6: matching type \"9\" is unknown; give 0 to 2, or Full, SHA2-256 or SHA2-512\n"
            "6: certificate usage \"9\" is unknown; give 0 to 3, or PKIX-TA, PKIX-EE, DANE-TA or "
            "DANE-EE\n");
}

static void times_have_their_bounds(void **state)
{
    (void)state;
    refuses(ZONE "service a { host = a.example.org ports = 1 source = s watch = 0 }\n"
                 "service b { host = b.example.org ports = 1 source = s hook-timeout = 0 }\n"
                 "service c { host = c.example.org ports = 1 source = s hook-timeout = 2d }\n",
            "2: watch is 0, which is no interval; give 1s or more\n"
            "3: hook-timeout 0 is not from 1s to a day\n"
            "4: hook-timeout 2d is not from 1s to a day\n");
}

static void a_brace_that_lacks_is_told_once(void **state)
{
    (void)state;
    refuses("zone example.org {\n file = z\nservice a { host = a.example.org ports = 1\n"
            "source = s }\n",
            "1: this zone does not end; write } behind it\n");
    refuses(ZONE "service a { host = a.example.org ports = 1\nsource = s\n",
            "2: this service does not end; write } behind it\n");
    refuses(ZONE "}\n", "2: \"}\" where a section or an option is expected; take it out\n");
}

static void a_string_that_does_not_end_is_told_once(void **state)
{
    (void)state;
    refuses(ZONE "service a {\n host = \"a.example.org\n ports = 1 source = s }\n",
            "3: this string does not end on its line; write \" behind it\n");
    refuses("state-dir = \"", "1: this string does not end on its line; write \" behind it\n");
    refuses("state-dir = x /* a\nb", "1: this comment does not end; write */ behind it\n");
}

static void what_libconfuse_would_pass_over_is_told(void **state)
{
    (void)state;
    refuses("state-dir = a#b\n",
            "1: a comment begins within a word; put quotes around the value, or a blank before "
            "the comment\n");
    refuses("state-dir = a*b\n",
            "1: \"*\" stands outside of quotes; put quotes around the value\n");
    refuses("state-dir = \"${HOME}\"\n",
            "1: \"${\": variables of the environment are not put in; use '...' for the text "
            "itself\n");
    refuses("state-dir = ${HOME}\n",
            "1: \"$\" stands outside of quotes; put quotes around the value\n");
    refuses("state-dir = \"a\\nb\"\n",
            "1: \"\\\" before another byte than \\ or \"; write \\\\ for "
            "a backslash\n");
    refuses("state-dir = \"a\001b\"\n", "1: control byte 1 in a string; take it out\n");
}

static void included_files_are_found_beside_the_file(void **state)
{
    (void)state;
    assert_int_equal(mkdir("d", 0700), 0);
    write_file("d/1.conf", "service a { host = a.example.org ports = 1 source = s }\n"
                           "service b {\n host = b.example.org ports = 1 source = \"\" }\n");
    write_file("d/2.json", "{\"service\": {\"c\": {\"host\": \"c.example.org\", \"ports\": [1, "
                           "\"smtp\"], \"source\": \"/s\", \"verify\": false}}}");
    refuses(ZONE "include \"d/*\"\ninclude (\"none/*.conf\")\ninclude 'none'\n",
            "4: include \"none\": there is no such file\n"
            "3: source is empty; give a value, or leave it out\n");
    write_file("d/1.conf", "service a { host = a.example.org ports = 1 source = s }\n");
    struct tlsagen_config *config = read_text("c.conf", ZONE "include \"d/*\"\n");
    const struct tlsagen_config_service *c = tlsagen_config_service(config, "c");
    char path[64];
    (void)snprintf(path, sizeof(path), "%s/d/s", folder);
    assert_string_equal(config->services[0]->source.items[0], path);
    assert_true(c->port_count == 2 && c->ports[1] == 25 && !c->verify);
    tlsagen_config_free(config);
    write_file("part", "include \"c.conf\"\n");
    write_file("c.conf", "include \"part\"\n");
    struct told told = {.count = 0};
    struct tlsagen_err err;
    assert_int_equal(tlsagen_config_read("c.conf", TLSAGEN_CONFIG_TEXT, take, &told, &config, &err),
                     TLSAGEN_E_SYNTAX);
    assert_int_equal(told.count, 1);
    assert_non_null(strstr(told.text, "/c.conf includes itself; take that out"));
}

static void text_and_json_say_the_same(void **state)
{
    (void)state;
    static const char text[] =
        "resolver = 127.0.0.1 zone example.org { file = /z freeze = yes server = rndc }\n"
        "service a { host = a.example.org ports = {1, 2} source = /s ttl = 60 }\n";
    static const char json[] =
        "{\"resolver\": \"127.0.0.1\", \"zone\": {\"example.org\": {\"file\": \"/z\", \"freeze\": "
        "true, \"server\": \"rndc\"}}, \"service\": {\"a\": {\"host\": \"a.example.org\", "
        "\"ports\": [1, 2], \"source\": [\"/s\"], \"ttl\": 60}}}";
    struct tlsagen_config *configs[] = {read_text("c.conf", text), read_text("c.json", json)};
    for (size_t i = 0; i < 2; i++) {
        const struct tlsagen_config_service *a = configs[i]->services[0];
        assert_string_equal(configs[i]->resolver, "127.0.0.1");
        assert_true(a->zone->freeze && a->zone->has_server);
        assert_true(a->port_count == 2 && a->ports[1] == 2 && a->ttl == 60);
        assert_string_equal(a->source.items[0], "/s");
        tlsagen_config_free(configs[i]);
    }
}

static void json_faults_name_their_section(void **state)
{
    (void)state;
    struct tlsagen_config *config;
    struct told told = {.count = 0};
    struct tlsagen_err err;
    write_file("c.json", "{\"zone\": {\"example.org\": {\"file\": null}}, \"service\": {\"a\": "
                         "{\"host\": \"a.example.org\", \"ttl\": \"1x\"}}}");
    assert_int_equal(
        tlsagen_config_read("c.json", TLSAGEN_CONFIG_BY_NAME, take, &told, &config, &err),
        TLSAGEN_E_SYNTAX);
    assert_string_equal(told.text,
                        "0: zone example.org, file: is no text, whole number or truth, nor a list "
                        "of them; give one\n"
                        "0: service a, ttl: ttl \"1x\" is not a time; give seconds, or units as in "
                        "1h30m\n"
                        "0: service a: ports is missing; give it, or in defaults\n"
                        "0: service a: source is missing; give it, or in defaults\n");
}

/* What has a bad value is not missing, and what lies in a bad zone does not lie in none. */
static void json_faults_are_told_once(void **state)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        {"\"zone\": {\"example.org\": {\"file\": [null]}}", "zone example.org, file"},
        {"\"zone\": {\"example.org\": \"file\"},"
         "\"service\": {\"a\": {\"host\": \"a.example.org\", \"ports\": 25, \"source\": \"x\"}}",
         "zone example.org, value"},
        {"\"zone\": {\"example.org\": {\"file\": \"x\"}},"
         "\"service\": {\"a\": {\"host\": \"a.example.org\", \"ports\": [25, null], \"source\": "
         "\"x\"}}",
         "service a, ports"},
        {"\"zone\": {\"example.org\": {\"file\": \"x\"}},"
         "\"service\": {\"a\": {\"host\": {}, \"ports\": 25, \"source\": \"x\"}}",
         "service a, host"},
        {"\"zone\": {\"example.org\": {\"file\": \"x\"}},"
         "\"service\": {\"a\": {\"host\": \"a.example.org\", \"ports\": 25, \"source\": [\"x\", "
         "[1]]}}",
         "service a, source"},
        {"\"zone\": {\"example.org\": {\"file\": \"x\"}}, \"defaults\": {\"source\": [\"x\", 1.5]},"
         "\"service\": {\"a\": {\"host\": \"a.example.org\", \"ports\": 25}}",
         "defaults, source"},
        {"\"zone\": {\"example.org\": {\"file\": \"x\"}},"
         "\"service-template\": {\"a\": {\"hosts\": [\"a.example.org\", null], \"ports\": 25}}",
         "service-template a, hosts"},
        {"\"zone\": {\"example.org\": {\"file\": \"x\"}},"
         "\"service\": {\"a\": {\"host\": \"a.example.org\", \"ports\": 25, \"source\": \"x\","
         " \"live\": 2.5, \"after-deploy\": \"x\"}}",
         "service a, live"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct tlsagen_config *config;
        struct told told = {.count = 0};
        struct tlsagen_err err;
        char text[1024];
        (void)snprintf(text, sizeof(text), "{%s}", cases[i].text);
        write_file("c.json", text);
        assert_int_equal(
            tlsagen_config_read("c.json", TLSAGEN_CONFIG_BY_NAME, take, &told, &config, &err),
            TLSAGEN_E_SYNTAX);
        (void)snprintf(text, sizeof(text), "0: %s: is no ", cases[i].wanted);
        if (told.count != 1 || strncmp(told.text, text, strlen(text)) != 0)
            fail_msg("%s: %s", cases[i].wanted, told.text);
    }
}

static void secrets_are_for_their_owner(void **state)
{
    (void)state;
    struct tlsagen_config *config;
    struct told told = {.count = 0};
    struct tlsagen_err err;
    write_file("key", "secret");
    tlsagen_config_free(
        read_text("c.conf", "zone example.org { update = 192.0.2.1 tsig = key }\n"));
    assert_int_equal(chmod("key", 0644), 0);
    assert_int_equal(tlsagen_config_read("c.conf", TLSAGEN_CONFIG_TEXT, take, &told, &config, &err),
                     TLSAGEN_E_MISMATCH);
    assert_int_equal(told.count, 1);
    assert_non_null(strstr(told.text, "/key: everybody can read or change this secret"));
    assert_int_equal(chmod("key", 0640), 0);
    assert_int_equal(chmod("c.conf", 0602), 0);
    assert_int_equal(tlsagen_config_read("c.conf", TLSAGEN_CONFIG_TEXT, NULL, NULL, &config, &err),
                     TLSAGEN_E_MISMATCH);
    assert_string_equal(err.message, "c.conf: everybody can write to it; chmod o-w");
}

static void a_file_that_is_not_there_is_no_fault(void **state)
{
    (void)state;
    struct tlsagen_config *config;
    struct told told = {.count = 0};
    struct tlsagen_err err;
    assert_int_equal(tlsagen_config_read("none", TLSAGEN_CONFIG_TEXT, take, &told, &config, &err),
                     TLSAGEN_E_NOTFOUND);
    assert_int_equal(tlsagen_config_read("/", TLSAGEN_CONFIG_TEXT, take, &told, &config, &err),
                     TLSAGEN_E_KIND);
    assert_int_equal(told.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways_of_reading_agree),
        cmocka_unit_test(what_is_left_out_has_its_default),
        cmocka_unit_test(what_is_nearer_wins),
        cmocka_unit_test(names_are_put_in),
        cmocka_unit_test(zones_are_found_by_the_longest_name),
        cmocka_unit_test(every_option_arrives),
        cmocka_unit_test(faults_are_all_told),
        cmocka_unit_test(times_have_their_bounds),
        cmocka_unit_test(a_brace_that_lacks_is_told_once),
        cmocka_unit_test(a_string_that_does_not_end_is_told_once),
        cmocka_unit_test(what_libconfuse_would_pass_over_is_told),
        cmocka_unit_test(included_files_are_found_beside_the_file),
        cmocka_unit_test(text_and_json_say_the_same),
        cmocka_unit_test(json_faults_name_their_section),
        cmocka_unit_test(json_faults_are_told_once),
        cmocka_unit_test(secrets_are_for_their_owner),
        cmocka_unit_test(a_file_that_is_not_there_is_no_fault),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
