#!/bin/sh
 zone add -q zone new &&  zone remove -q zone _25._tcp.mx9.example.org. TLSA
