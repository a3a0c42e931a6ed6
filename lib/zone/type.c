#include "name.h"

#include <stdio.h>
#include <strings.h>

/* IANA's registry of types, as BIND 9.18 knows it; by number. */
static const struct {
    uint16_t type;
    const char *name;
} types[] = {
    {1, "A"},           {2, "NS"},      {3, "MD"},        {4, "MF"},         {5, "CNAME"},
    {6, "SOA"},         {7, "MB"},      {8, "MG"},        {9, "MR"},         {10, "NULL"},
    {11, "WKS"},        {12, "PTR"},    {13, "HINFO"},    {14, "MINFO"},     {15, "MX"},
    {16, "TXT"},        {17, "RP"},     {18, "AFSDB"},    {19, "X25"},       {20, "ISDN"},
    {21, "RT"},         {22, "NSAP"},   {23, "NSAP-PTR"}, {24, "SIG"},       {25, "KEY"},
    {26, "PX"},         {27, "GPOS"},   {28, "AAAA"},     {29, "LOC"},       {30, "NXT"},
    {31, "EID"},        {32, "NIMLOC"}, {33, "SRV"},      {34, "ATMA"},      {35, "NAPTR"},
    {36, "KX"},         {37, "CERT"},   {38, "A6"},       {39, "DNAME"},     {40, "SINK"},
    {41, "OPT"},        {42, "APL"},    {43, "DS"},       {44, "SSHFP"},     {45, "IPSECKEY"},
    {46, "RRSIG"},      {47, "NSEC"},   {48, "DNSKEY"},   {49, "DHCID"},     {50, "NSEC3"},
    {51, "NSEC3PARAM"}, {52, "TLSA"},   {53, "SMIMEA"},   {55, "HIP"},       {56, "NINFO"},
    {57, "RKEY"},       {58, "TALINK"}, {59, "CDS"},      {60, "CDNSKEY"},   {61, "OPENPGPKEY"},
    {62, "CSYNC"},      {63, "ZONEMD"}, {64, "SVCB"},     {65, "HTTPS"},     {99, "SPF"},
    {103, "UNSPEC"},    {104, "NID"},   {105, "L32"},     {106, "L64"},      {107, "LP"},
    {108, "EUI48"},     {109, "EUI64"}, {249, "TKEY"},    {250, "TSIG"},     {251, "IXFR"},
    {252, "AXFR"},      {253, "MAILB"}, {254, "MAILA"},   {255, "ANY"},      {256, "URI"},
    {257, "CAA"},       {258, "AVC"},   {259, "DOA"},     {260, "AMTRELAY"}, {261, "RESINFO"},
    {32768, "TA"},      {32769, "DLV"},
};

#define TYPE_COUNT (sizeof(types) / sizeof(types[0]))

/* text is word, case aside; no locale. */
static bool is_word(const char *text, size_t len, const char *word)
{
    return (text[0] | 0x20) == (word[0] | 0x20) && strncasecmp(text, word, len) == 0 &&
           word[len] == '\0';
}

/* The number after a prefix such as "TYPE" (RFC 3597 section 5); decimal, at most 65535. */
static bool read_numbered(const char *text, size_t len, const char *prefix, size_t prefix_len,
                          uint16_t *number)
{
    uint32_t value = 0;
    if (len <= prefix_len || strncasecmp(text, prefix, prefix_len) != 0)
        return false;
    for (size_t i = prefix_len; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (uint32_t)(text[i] - '0');
        if (value > UINT16_MAX)
            return false;
    }
    *number = (uint16_t)value;
    return true;
}

bool type_parse(const char *text, size_t len, uint16_t *type)
{
    if (len == 0)
        return false;
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        if (is_word(text, len, types[i].name)) {
            *type = types[i].type;
            return true;
        }
    }
    return read_numbered(text, len, "TYPE", 4, type);
}

const char *type_text(uint16_t type, char text[TYPE_TEXT_SIZE])
{
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        if (types[i].type == type) {
            (void)snprintf(text, TYPE_TEXT_SIZE, "%s", types[i].name);
            return text;
        }
    }
    (void)snprintf(text, TYPE_TEXT_SIZE, "TYPE%u", (unsigned)type);
    return text;
}

bool type_is_meta(uint16_t type)
{
    return type == 0 || type == TYPE_OPT || (type >= 128 && type <= 255);
}

bool class_parse(const char *text, size_t len, uint16_t *class)
{
    static const struct {
        uint16_t class;
        const char *name;
    } classes[] = {{CLASS_IN, "IN"}, {3, "CH"}, {3, "CHAOS"}, {4, "HS"}, {4, "HESIOD"}};
    if (len == 0)
        return false;
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        if (is_word(text, len, classes[i].name)) {
            *class = classes[i].class;
            return true;
        }
    }
    return read_numbered(text, len, "CLASS", 5, class);
}

/* Seconds of a unit, 0 for another character. */
static uint32_t unit_seconds(char c)
{
    switch (c | 0x20) {
    case 'w':
        return 604800;
    case 'd':
        return 86400;
    case 'h':
        return 3600;
    case 'm':
        return 60;
    case 's':
        return 1;
    default:
        return 0;
    }
}

bool ttl_parse(const char *text, size_t len, uint32_t *seconds)
{
    uint64_t total = 0;
    size_t i = 0;
    if (len == 0 || len > 63) /* BIND's buffer; longer texts are no TTL to it */
        return false;
    while (i < len) {
        uint64_t number = 0;
        size_t first = i;
        for (; i < len && text[i] >= '0' && text[i] <= '9'; i++) {
            number = number * 10 + (uint64_t)(text[i] - '0');
            if (number > UINT32_MAX)
                return false;
        }
        if (i == first)
            return false;
        if (i == len) { /* digits without a unit stand alone */
            if (total != 0)
                return false;
            total = number;
            break;
        }
        uint32_t unit = unit_seconds(text[i++]);
        if (unit == 0)
            return false;
        total += number * unit;
    }
    if (total > UINT32_MAX)
        return false;
    *seconds = (uint32_t)total;
    return true;
}
