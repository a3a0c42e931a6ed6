#!/bin/sh
cp zone copy && sync copy
