#!/bin/sh
# lego: the command after a certificate came, with its folder as `source` in tlsagen.conf(5),
# `source = { "/var/lib/lego/certificates" }`.
#
#   lego ... renew --renew-hook '/usr/local/share/tlsagen/acme/lego.sh mx1'     (lego 4)
#   lego ... run --deploy-hook '/usr/local/share/tlsagen/acme/lego.sh mx1'      (lego 5)
#
# 4: something is due and cannot be done yet, which the next run from the timer sees to.
tlsagen rollover run "$@" || [ $? -eq 4 ]
