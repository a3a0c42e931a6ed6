#!/usr/bin/env python3
"""liar.py PORT BEHAVIOUR: a resolver on 127.0.0.1 and ::1 that asks the one at 127.0.0.1:53 and spoils
what it says, one way each. Questions for TLSA records alone are spoilt, but for the first four.
  honest      nothing is spoilt
  late        each answer comes 200 ms later
  too-late    each answer comes a minute later
  silent      no answer
  truncated   UDP answers are cut, with TC; TCP has them whole
  cut         UDP answers are cut, with TC; TCP is closed
  forged      other association data
  unsigned    other association data, no signature, with AD
  nothing     a name error without proof, with AD
  loop        an alias of the name to itself
  servfail    SERVFAIL
  refused     REFUSED
  other       the answer to another question
  short       half of the answer
  ipv4-only   SERVFAIL for the IPv6 addresses of all but name servers, and all else as it is
  ipv4-ns     SERVFAIL for those of name servers, and all else as it is
  ipv4-ns2    SERVFAIL for those of ns2 alone
  crowd       three hundred addresses for each name server, unsigned
"""
import socket
import struct
import sys
import threading
import time

TLSA = 52
A, AAAA = 1, 28


def question(message):
    """The end of the question's name, and its type."""
    at = 12
    while message[at] != 0:
        at += 1 + message[at]
    return at + 1, struct.unpack('!H', message[at + 1:at + 3])[0]


def reply(message, flags, records=b'', count=0):
    end, _ = question(message)
    return message[:2] + struct.pack('!HHHHH', flags, 1, count, 0, 0) + message[12:end + 4] + records


def ask(message):
    with socket.create_connection(('127.0.0.1', 53), 10) as conn:
        conn.sendall(struct.pack('!H', len(message)) + message)
        stream = conn.makefile('rb')
        return stream.read(struct.unpack('!H', stream.read(2))[0])


def spoil(behaviour, message):
    forged = b'\xc0\x0c' + struct.pack('!HHIH', TLSA, 1, 300, 35) + b'\3\1\1' + b'\7' * 32
    if question(message)[1] == AAAA and behaviour == 'ipv4-ns2' and message[12:16] == b'\3ns2':
        return reply(message, 0x8182)
    if question(message)[1] == AAAA and behaviour == ('ipv4-ns' if message[13:15] == b'ns' else 'ipv4-only'):
        return reply(message, 0x8182)
    if behaviour == 'crowd' and question(message)[1] in (A, AAAA) and message[13:15] == b'ns':
        kind, size, count = (A, 4, 200) if question(message)[1] == A else (AAAA, 16, 100)
        return reply(message, 0x81a0, b''.join(b'\xc0\x0c' + struct.pack('!HHIHI', kind, 1, 300, size, n) + bytes(size - 4)
                                               for n in range(count)), count)
    if question(message)[1] != TLSA:
        return ask(message)
    if behaviour == 'forged':
        answer = bytearray(ask(message))
        at = answer.find(b'\0\x23\3\1\1') + 5  # the rdata's length and its first three bytes
        answer[at] ^= 1
        return bytes(answer)
    if behaviour == 'unsigned':
        return reply(message, 0x81a0, forged, 1)
    if behaviour == 'nothing':
        return reply(message, 0x81a3)
    if behaviour == 'loop':
        return reply(message, 0x8180, b'\xc0\x0c' + struct.pack('!HHIH', 5, 1, 300, 2) + b'\xc0\x0c', 1)
    if behaviour == 'servfail':
        return reply(message, 0x8182)
    if behaviour == 'refused':
        return reply(message, 0x8185)
    if behaviour == 'other':
        answer = ask(message)
        return answer[:13] + bytes([answer[13] ^ 1]) + answer[14:]
    if behaviour == 'short':
        answer = ask(message)
        return answer[:len(answer) // 2]
    return ask(message)


def udp(listener, behaviour, message, peer):
    if behaviour == 'silent':
        return
    if behaviour in ('truncated', 'cut'):
        answer = reply(message, 0x8380)
    else:
        answer = spoil(behaviour, message)
    time.sleep({'late': 0.2, 'too-late': 60}.get(behaviour, 0))
    listener.sendto(answer, peer)


def tcp(conn, behaviour):
    with conn:
        if behaviour == 'cut':
            return
        stream = conn.makefile('rb')
        while True:
            length = stream.read(2)
            if len(length) < 2:
                return
            answer = spoil(behaviour, stream.read(struct.unpack('!H', length)[0]))
            conn.sendall(struct.pack('!H', len(answer)) + answer)


def listen_udp(listener, behaviour):
    while True:
        message, peer = listener.recvfrom(4096)
        threading.Thread(target=udp, args=(listener, behaviour, message, peer), daemon=True).start()


def listen_tcp(listener, behaviour):
    while True:
        threading.Thread(target=tcp, args=(listener.accept()[0], behaviour), daemon=True).start()


def main():
    port, behaviour = int(sys.argv[1]), sys.argv[2]
    for family, address in ((socket.AF_INET, '127.0.0.1'), (socket.AF_INET6, '::1')):
        listener = socket.socket(family, socket.SOCK_DGRAM)
        listener.bind((address, port))
        threading.Thread(target=listen_udp, args=(listener, behaviour), daemon=True).start()
        listener = socket.create_server((address, port), family=family)
        threading.Thread(target=listen_tcp, args=(listener, behaviour), daemon=True).start()
    time.sleep(600)


main()
