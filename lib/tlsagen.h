/*
 * tlsagen.h - the whole of libtlsagen: certificates and keys to DANE TLSA records.
 *
 * See libtlsagen(3) for an introduction with a complete program.
 */
#ifndef TLSAGEN_H
#define TLSAGEN_H

#include <tlsagen/base.h>
#include <tlsagen/batch.h>
#include <tlsagen/checks.h>
#include <tlsagen/config.h>
#include <tlsagen/dns.h>
#include <tlsagen/fleet.h>
#include <tlsagen/input.h>
#include <tlsagen/judge.h>
#include <tlsagen/material.h>
#include <tlsagen/probe.h>
#include <tlsagen/publish.h>
#include <tlsagen/record.h>
#include <tlsagen/rollover.h>
#include <tlsagen/server.h>
#include <tlsagen/service.h>
#include <tlsagen/update.h>
#include <tlsagen/verify.h>
#include <tlsagen/world.h>
#include <tlsagen/zone.h>

#endif
