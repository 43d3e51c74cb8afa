#!/usr/bin/env python3
"""Looks for words in files, in every shape that a leak could have.

    canary.py WORDS PATH...

WORDS is a file with one word a line, PATH a file or a folder. Looks for each
word as UTF-8, UTF-16 (both orders), hex and base64 (at each of three offsets),
and backwards. Prints each find as `file: word (shape)`. Exit status: 0 none
was found, 1 some were.
"""

import base64
import os
import sys


def shapes(word):
    plain = word.encode()
    yield "utf-8", plain
    yield "utf-16le", word.encode("utf-16-le")
    yield "utf-16be", word.encode("utf-16-be")
    yield "backwards", plain[::-1]
    yield "hex", plain.hex().encode()
    yield "HEX", plain.hex().upper().encode()
    for offset in range(3):
        # Only the characters that the word alone decides.
        whole = base64.b64encode(b"\0" * offset + plain)
        first = (offset * 8 + 5) // 6
        last = (offset + len(plain)) * 8 // 6
        yield f"base64+{offset}", whole[first:last]
        yield f"base64url+{offset}", base64.urlsafe_b64encode(
            b"\0" * offset + plain)[first:last]


def files(paths):
    for path in paths:
        if not os.path.isdir(path):
            yield path
        for folder, _, names in os.walk(path):
            for name in names:
                whole = os.path.join(folder, name)
                if os.path.isfile(whole):
                    yield whole


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        words = [w for w in f.read().split("\n") if w]
    wanted = [(w, s, b) for w in words for s, b in shapes(w)]
    found = 0
    for path in files(sys.argv[2:]):
        with open(path, "rb") as f:
            content = f.read()
        for word, shape, pattern in wanted:
            if pattern in content:
                print(f"{path}: {word} ({shape})")
                found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
