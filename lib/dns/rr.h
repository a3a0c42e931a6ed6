/* rr.h - what stands in the rdata of an answer's records; false for rdata that is none. */
#ifndef DNS_RR_H
#define DNS_RR_H

#include <tlsagen/dns.h>

/* The numeric address of an A or AAAA record. */
bool rr_address(const struct tlsagen_dns_record *record, uint16_t type,
                char address[TLSAGEN_DNS_ADDRESS_SIZE]);
/* The name at an offset, which ends the rdata: 0 for NS and CNAME, 2 for MX. */
bool rr_name(const struct tlsagen_dns_record *record, size_t offset,
             char text[TLSAGEN_DNS_NAME_SIZE]);
/* The serial of a SOA. */
bool rr_serial(const struct tlsagen_dns_record *record, uint32_t *serial);

#endif
