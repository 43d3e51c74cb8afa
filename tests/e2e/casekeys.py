#!/usr/bin/env python3
"""Keys of cases, as only whoever holds the whole node can find them.

    casekeys.py list DIR                 every key that DIR's keystore opens: hex
    casekeys.py prekeys DIR              the private halves of its prekeys: hex
    casekeys.py find HEX... -- PATH...   lines "HEX PATH" where a file below PATH
                                         has the 32 bytes
    casekeys.py memory PID HEX|=TEXT...  those found in the process's memory

list and prekeys need keys/store.key. A wrapped key is opened as node/shell/keystore_file.c
does: BLAKE2b of the store key, keyed with the epoch key, opens
XChaCha20-Poly1305. Exit status 0; what is found is printed.
"""
import ctypes
import ctypes.util
import hashlib
import os
import sys

HEAD, RECORD = 96, 16 + 1 + 32 + 40
LABEL = b"handoff/1 keystore wrap"
PREKEYS_LABEL = b"handoff/1 store prekeys"
SPAN_MAX = 1 << 32  # a sanitizer's shadow is larger, and has no keys


def sodium():
    name = ctypes.util.find_library("sodium") or "libsodium.so.23"
    return ctypes.CDLL(name)


def open_box(lib, key, ad, box):
    plain = ctypes.create_string_buffer(len(box) - 40)
    rc = lib.crypto_aead_xchacha20poly1305_ietf_decrypt(
        plain, None, None, box[24:], ctypes.c_ulonglong(len(box) - 24),
        ad, ctypes.c_ulonglong(len(ad)), box[:24], key)
    return plain.raw if rc == 0 else None


def wrap_key(folder, store):
    with open(os.path.join(folder, "keystore"), "rb") as f:
        epoch = int.from_bytes(f.read(16)[8:], "little")
    name = os.path.join(folder, f"keystore.epoch.{epoch & 1}")
    with open(name, "rb") as f:
        secret = f.read()[16:48]
    h = hashlib.blake2b(LABEL + b"\0" + store, digest_size=32, key=secret)
    return epoch, h.digest()


def list_keys(folder):
    lib = sodium()
    with open(os.path.join(folder, "keys/store.key"), "rb") as f:
        store = f.read()[1:33]
    epoch, wrap = wrap_key(folder, store)
    with open(os.path.join(folder, "keystore"), "rb") as f:
        records = f.read()[HEAD:]
    for n in range(len(records) // RECORD):
        record = records[n * RECORD:(n + 1) * RECORD]
        ad = (epoch.to_bytes(8, "little") + n.to_bytes(4, "little")
              + record[:17])
        key = open_box(lib, wrap, ad, record[17:])
        if key is not None:
            print(key.hex())


def list_prekeys(folder):
    lib = sodium()
    with open(os.path.join(folder, "keys/store.key"), "rb") as f:
        store = f.read()[1:33]
    seal = hashlib.blake2b(PREKEYS_LABEL + b"\0", digest_size=32, key=store)
    for name in sorted(os.listdir(os.path.join(folder, "prekeys"))):
        with open(os.path.join(folder, "prekeys", name), "rb") as f:
            box = f.read()
        ad = bytes.fromhex(name[34:66])
        key = open_box(lib, seal.digest(), ad, box)
        if key is not None:
            print(key.hex())


def files_below(paths):
    for path in paths:
        if os.path.isfile(path):
            yield path
        for folder, _, names in os.walk(path):
            yield from (os.path.join(folder, n) for n in names)


def find(needles, paths):
    for path in files_below(paths):
        try:
            with open(path, "rb") as f:
                data = f.read()
        except OSError:
            continue  # a socket, or gone meanwhile
        for text, needle in needles:
            if needle in data:
                print(text, path)


def regions(pid):
    with open(f"/proc/{pid}/maps") as f:
        for line in f:
            span, mode = line.split()[:2]
            begin, end = (int(x, 16) for x in span.split("-"))
            if "r" in mode and end - begin < SPAN_MAX and "[v" not in line:
                yield begin, end


def memory(pid, needles):
    found = set()
    with open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for begin, end in regions(pid):
            try:
                mem.seek(begin)
                data = mem.read(end - begin)
            except (OSError, ValueError, OverflowError):
                continue  # guard pages
            found.update(t for t, needle in needles if needle in data)
    for text in sorted(found):
        print(text)


def parse(text):
    if text.startswith("="):
        return text, text[1:].encode()
    return text, bytes.fromhex(text)


def main(args):
    if args[0] == "list":
        list_keys(args[1])
    elif args[0] == "prekeys":
        list_prekeys(args[1])
    elif args[0] == "find":
        at = args.index("--")
        find([parse(t) for t in args[1:at]], args[at + 1:])
    elif args[0] == "memory":
        memory(args[1], [parse(t) for t in args[2:]])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
