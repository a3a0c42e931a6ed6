#!/bin/sh
 zone put -q zone rr1 &&  zone put -q zone rr0
