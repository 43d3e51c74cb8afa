#!/usr/bin/env python3
"""Looks at the tree itself: what holds the architecture and can be checked.

    tests/tidy/tidy.py [--generated DIR] [CHECK...]

Checks (all, if none is named): includes headers calls form map folders events
alone.
DIR holds generated headers (the build tree's proto/ and policy/), for `headers`.
Every finding is one line, file:line: what. Exit status 1 if there is one.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORES = ("broker/core", "node/core")
PRODUCT = ("lib", "proto", "policy", "broker", "node")

# What libc, POSIX and Linux offer. Others are libraries, and have an owner.
SYSTEM = set("""
    ctype errno fcntl dirent ftw getopt glob grp inttypes libgen limits locale
    malloc math netdb poll pthread pwd sched signal spawn stdalign stdarg stdatomic stdbool
    stddef stdint stdio stdlib string strings sysexits termios time unistd wchar
    arpa/inet net/if netinet/in netinet/tcp linux/capability
    sys/epoll sys/eventfd sys/file sys/ioctl sys/mman sys/prctl sys/random
    sys/resource sys/signalfd sys/socket sys/stat sys/statvfs sys/syscall
    sys/time sys/timerfd sys/types sys/uio sys/un sys/wait
    """.split())
# What decides sees no clock, file, socket, stream or thread, not even through a
# header of ours. stdlib is there for what *_new() allocates; `calls` looks
# after that.
CORE_SYSTEM = set("inttypes stdarg stdbool stddef stdint stdlib string".split())
DECIDING = CORES + ("policy",)
# They read text: a library's messages, a library's tree.
NOT_DECIDING = ("policy/sop_raw.c",)

BANNED = ("strcpy strcat sprintf vsprintf gets strtok atoi atol atoll strtol rand "
          "srand random time localtime gmtime ctime system popen alloca assert").split()
CORE_BANNED = ("printf fprintf vfprintf snprintf vsnprintf sscanf puts fputs putc "
               "fopen fread fwrite getenv exit abort").split()
HEAP = "malloc calloc realloc free strdup strndup".split()

# A folder's files are named in one of these, there or in a folder above it.
DOCUMENTS = ("DESIGN.md", "README.md", "WIRE.md")
# Where a list of files would only repeat their names.
UNLISTED = ("tests/unit", "tests/vectors", "tests/fuzz", "tests/data/chains",
            "proto/handoff", ".ci")

findings = []


def report(path, line, what):
    findings.append(f"{path}:{line}: {what}")


def tree():
    """All files of the project, relative: what git has or would take."""
    try:
        out = subprocess.run(
            ["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard"],
            capture_output=True, text=True, check=True).stdout.split("\n")
        files = [f for f in out if f and (ROOT / f).is_file()]
    except (OSError, subprocess.CalledProcessError):
        files = []
    if not files:  # unpacked from an archive
        for folder, names, here in os.walk(ROOT):
            names[:] = [n for n in names
                        if n != ".git" and not n.startswith("build")]
            files += [os.path.relpath(os.path.join(folder, f), ROOT)
                      for f in here]
    return sorted(files)


FILES = tree()
C_FILES = [f for f in FILES if f.endswith((".c", ".h"))]


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


def folder_of(path):
    return os.path.dirname(path)


def is_under(path, folders):
    return any(path == f or path.startswith(f + "/") for f in folders)


def without_comments(text):
    """Comments and the insides of strings blanked; lines stay where they are."""
    def blank(m):
        s = m.group(0)
        if s[0] in "\"'":
            return s[0] + " " * (len(s) - 2) + s[-1]
        return re.sub(r"[^\n]", " ", s)
    return re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'',
                  blank, text, flags=re.S)


# ---- includes ---------------------------------------------------------------

def include_table():
    """The table in CONTRIBUTING.md: folder -> (ours, libraries)."""
    rows = {}
    section = read("CONTRIBUTING.md").split("## Who may include whom", 1)[1]
    for line in section.split("\n## ", 1)[0].split("\n"):
        cells = [re.findall(r"`([^`]+)`", c) for c in line.split("|")[1:-1]]
        if len(cells) == 3 and cells[0]:
            for folder in cells[0]:
                rows[folder] = (set(cells[1]), set(cells[2]))
    return rows


def owner_of(name, includer, product_headers):
    """The product folder that an included name lies in, or None."""
    beside = os.path.join(folder_of(includer), name)
    if (ROOT / beside).is_file():
        return folder_of(beside)
    folders = product_headers.get(os.path.basename(name), [])
    return folders[0] if folders else None


def check_one_include(path, number, name, table, headers):
    folder = folder_of(path)
    ours, libraries = table[folder]
    library = name.split("/")[0] if "/" in name and name[:-2] not in SYSTEM \
        else name
    if library.endswith("c.h") and library.endswith(".pb-c.h") or \
            name.endswith(".pb-c.h"):
        library = "*.pb-c.h"
    owner = owner_of(name, path, headers)
    if owner is not None:
        if owner != folder and owner not in ours and \
                f"{owner}/{os.path.basename(name)}" not in ours:
            report(path, number, f"{folder} may not include {owner}/{name}")
        if name.endswith("_internal.h") and owner != folder:
            report(path, number, f"{name} is for {owner} only")
    elif name[:-2] in SYSTEM:
        if decides(path) and name[:-2] not in CORE_SYSTEM:
            report(path, number, f"what decides may not include <{name}>")
    elif library not in libraries:
        report(path, number, f"{folder} does not own <{name}>")


def decides(path):
    return folder_of(path) in DECIDING and path not in NOT_DECIDING


def included(path):
    """What a file includes, with the lines."""
    for i, line in enumerate(read(path).split("\n"), 1):
        m = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
        if m:
            yield i, m.group(1)


def check_seen(path, headers):
    """What a deciding file sees through headers of ours."""
    seen, ahead = set(), [path]
    while ahead:
        at = ahead.pop()
        for _, name in included(at):
            owner = owner_of(name, at, headers)
            header = f"{owner}/{os.path.basename(name)}"
            if owner is None and name[:-2] in SYSTEM - CORE_SYSTEM and \
                    at != path:
                report(path, 1, f"what decides sees <{name}> through {at}")
            elif owner is not None and header not in seen:
                seen.add(header)
                ahead.append(header)


def check_includes():
    table = include_table()
    headers = {}
    for f in C_FILES:
        if f.endswith(".h") and is_under(f, PRODUCT):
            headers.setdefault(os.path.basename(f), []).append(folder_of(f))
    for name, folders in headers.items():
        if len(folders) > 1:
            report(f"{folders[0]}/{name}", 1,
                   f"the same name as {folders[1]}/{name}")
    for path in C_FILES:
        if not is_under(path, PRODUCT):
            continue
        if folder_of(path) not in table:
            report(path, 1, "its folder has no row in CONTRIBUTING.md")
            continue
        for i, name in included(path):
            check_one_include(path, i, name, table, headers)
        if decides(path):
            check_seen(path, headers)


# ---- headers compile alone --------------------------------------------------

def compile_header(path, flags):
    return subprocess.run(
        ["gcc", "-std=c17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror",
         "-DHANDOFF_SOURCE_DIR=\".\"", "-fsyntax-only", "-x", "c", "-"] + flags,
        input=f'#include "{ROOT / path}"\n', capture_output=True, text=True,
        check=False)


def check_headers(generated):
    folders = sorted({folder_of(f) for f in C_FILES if is_under(f, PRODUCT)})
    product = [f"-I{ROOT / f}" for f in folders]
    product += [f"-I{os.path.join(generated, d)}" for d in ("proto", "policy")]
    jobs = {}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for path in C_FILES:
            if not path.endswith(".h"):
                continue
            flags = product
            if is_under(path, ["tests"]):
                flags = product + [f"-I{ROOT / 'tests'}"]
            jobs[pool.submit(compile_header, path, flags)] = path
    for job, path in jobs.items():
        if job.result().returncode != 0:
            first = job.result().stderr.strip().split("\n")
            why = next((x for x in first if "error" in x), first[0])
            report(path, 1, f"does not compile alone: {why}")


# ---- calls ------------------------------------------------------------------

def check_calls():
    always = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
    in_core = re.compile(r"(?<![\w.>])(" + "|".join(CORE_BANNED) + r")\s*\(")
    heap = re.compile(r"(?<![\w.>])(" + "|".join(HEAP) + r")\s*\(")
    start = re.compile(r"^(\w+)\(")  # the name of a definition, by our format
    for path in C_FILES:
        if not is_under(path, PRODUCT):
            continue
        core = decides(path)
        function = ""
        text = without_comments(read(path))
        for i, line in enumerate(text.split("\n"), 1):
            m = start.match(line)
            if m:
                function = m.group(1)
                continue
            for m in always.finditer(line):
                report(path, i, f"{m.group(1)}() is banned")
            if not core:
                continue
            for m in in_core.finditer(line):
                report(path, i, f"what decides does not call {m.group(1)}()")
            for m in heap.finditer(line) if folder_of(path) in CORES else []:
                if not re.search(r"^alloc_|_(new|free|init|clear)$",
                                 function):
                    report(path, i, f"{m.group(1)}() outside *_new, *_free")


# ---- form -------------------------------------------------------------------

def check_form():
    for path in C_FILES:
        text = read(path)
        code = without_comments(text).split("\n")
        for i, line in enumerate(text.split("\n"), 1):
            if len(line) > 80:
                report(path, i, f"{len(line)} columns")
            if "\t" in line:
                report(path, i, "a tab")
            if line != line.rstrip():
                report(path, i, "space at the end")
            if "//" in code[i - 1]:
                report(path, i, "a // comment")
        if text and not text.endswith("\n"):
            report(path, text.count("\n") + 1, "no newline at the end")
        if path.endswith(".h") and not text.startswith("/*"):
            report(path, 1, "a header begins with what it is for")


# ---- documents --------------------------------------------------------------

def check_map():
    """README's map: every folder is in it, and what it names exists."""
    section = read("README.md").split("## Map of the tree", 1)[-1]
    section = section.split("\n## ", 1)[0]
    before = read("README.md").split("## Map of the tree", 1)[0].count("\n")
    named = set()
    for i, line in enumerate(section.split("\n"), before + 1):
        m = re.match(r"\| `([^`]+)`", line)
        if not m:
            continue
        name = m.group(1).rstrip("/")
        named.add(name)
        if not (ROOT / name).exists():
            report("README.md", i, f"{name} does not exist")
    code = "".join(read(f) for f in C_FILES if f.endswith(".h"))
    for i, line in enumerate(read("README.md").split("\n"), 1):
        for function in re.findall(r"`(\w+)\(\)`", line):
            if not re.search(rf"\b{function}\(", code):
                report("README.md", i, f"no header has {function}()")
    folders = set()
    for f in FILES:
        parts = f.split("/")[:-1]
        for depth in (1, 2):
            if len(parts) >= depth and not parts[0].startswith("."):
                folders.add("/".join(parts[:depth]))
    for folder in sorted(folders - named):
        report("README.md", before + 1, f"the map lacks {folder}/")


def documents_over(path):
    """The documents in the file's folder and above it, the nearest first."""
    folder = folder_of(path)
    while folder:
        for name in DOCUMENTS:
            if f"{folder}/{name}" in FILES:
                yield f"{folder}/{name}"
        folder = folder_of(folder)


def expand(text):
    """The names meant by `a`, `a.c`, `x/a.h` in backticks, and by the first
    word of a line in a fenced block."""
    names = set()
    blocks = re.findall(r"^```.*?^```", text, re.S | re.M)
    quotes = re.findall(r"`([^`\n]+)`", text)
    quotes += [line.split(" ")[0] for b in blocks for line in b.split("\n")]
    for quoted in quotes:
        for word in re.split(r"[ ,]+", quoted):
            names.add(word)
            names.add(os.path.basename(word))
            names.add(re.sub(r"\.(c|h)$", "", os.path.basename(word)))
    return names


def check_folders():
    """A document names every file of its folder, and none that is not there."""
    names = {}
    everything = {os.path.basename(f) for f in FILES}
    for document in FILES:
        if os.path.basename(document) not in DOCUMENTS:
            continue
        text = read(document)
        names[document] = expand(text)
        for i, line in enumerate(text.split("\n"), 1):
            m = re.match(r"\| ((?:`[^`]+`[ ,]*)+)\|", line)
            for quoted in re.findall(r"`([^`]+)`", m.group(1)) if m else []:
                if re.fullmatch(r"[\w./-]+\.(c|h|py|sh|proto|md)", quoted) and \
                        os.path.basename(quoted) not in everything:
                    report(document, i, f"{quoted} does not exist")
    for path in FILES:
        base = os.path.basename(path)
        if "/" not in path or is_under(path, UNLISTED) or \
                base in DOCUMENTS or base == "CMakeLists.txt":
            continue
        if re.match(r"\d\d-.*\.sh$", base):  # says so itself
            if not re.match(r"#!.*\n(# .*\n){2}", read(path)):
                report(path, 2, "the goal is missing: two lines or three")
            continue
        over = list(documents_over(path))
        stem = re.sub(r"(_internal)?\.(c|h)$", "", base)
        if not over:
            report(path, 1, "no document says what it is for")
        elif not any({base, stem} & names[d] for d in over):
            report(over[0], 1, f"does not say what {path} is for")


def check_events():
    """What goes to a log is in the program's list, and the list is no longer."""
    for program in ("node", "broker"):
        document = f"{program}/DESIGN.md"
        if document not in FILES or "## Log events" not in read(document):
            report(document, 1, "no list of log events")
            continue
        section = read(document).split("## Log events", 1)[1]
        section = section.split("\n## ", 1)[0]
        rows = [row.split("|")[1] for row in section.split("\n")
                if row.startswith("| `")] or [section]
        listed = {word for row in rows for quoted in re.findall(r"`([^`]+)`",
                  row) for word in quoted.split()}
        literals = set()
        for path in C_FILES:
            if not is_under(path, [program]) or not path.endswith(".c"):
                continue
            text = read(path)
            literals |= set(re.findall(r'"([\w-]+)"', text))
            for m in re.finditer(r'\b(?:hf_log|step_alarm)\([^";]*"([\w-]+)"',
                                 text):
                if m.group(1) not in listed:
                    report(path, text.count("\n", 0, m.start()) + 1,
                           f"log event {m.group(1)} is not in {document}")
        for event in sorted(listed - literals):
            report(document, 1, f"no code logs {event}")


def check_threats():
    """Every row of the threat model names its tests, and they exist."""
    document = "proto/THREATS.md"
    text = read(document)
    for i, line in enumerate(text.split("\n"), 1):
        cells = line.split("|")[1:-1]
        if len(cells) != 4 or cells[0].strip() in ("who", "---"):
            continue
        quoted = re.findall(r"`([^`]+)`", cells[3])
        if len(quoted) < 2 or not quoted[0].startswith("tests/"):
            report(document, i, "names no test")
        tests = ""
        for word in quoted:
            if word.startswith("tests/"):
                if word not in FILES:
                    report(document, i, f"{word} does not exist")
                tests = read(word) if word in FILES else ""
            elif f'"{word}"' not in tests and not re.search(
                    rf"\bTest\(\w+, {re.escape(word)}\b", tests):
                report(document, i, f"no test {word} there")


def messages(path):
    """msgid -> msgstr of a catalogue, plain entries only."""
    found = {}
    entry = re.compile(r'^msgid ((?:"(?:[^"\\]|\\.)*"\n)+)'
                       r'msgstr ((?:"(?:[^"\\]|\\.)*"\n?)+)', re.M)
    for msgid, msgstr in entry.findall(read(path)):
        text = ["".join(re.findall(r'"((?:[^"\\]|\\.)*)"', part))
                for part in (msgid, msgstr)]
        found[text[0]] = text[1]
    return found


def marked_texts():
    """What the command line says through CLI_N(), and words of vocabularies
    that stand on paper; text -> where."""
    texts = {}
    mark = re.compile(r'CLI_N\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)\)')
    for path in sorted(f for f in C_FILES if f.startswith("node/cli/")):
        for found in mark.finditer(read(path)):
            text = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"',
                                      found.group(1)))
            line = read(path).count("\n", 0, found.start()) + 1
            texts.setdefault(text, (path, line))
    why = read("policy/gate.c").split("withheld_text(", 1)[1].split("\n}", 1)[0]
    for text in re.findall(r'return "([^"]+)"', why):
        texts.setdefault(text, ("policy/gate.c", 1))
    for name in ("CATEGORY", "URGENCY", "SEX", "STAGE", "STATE"):
        block = read("proto/vocab.h").split(f"#define {name}_MAP(X)", 1)[1]
        for word in re.findall(r'X\(\w+, \d+, "([^"]+)"\)',
                               block.split("\n\n", 1)[0]):
            texts.setdefault(word, ("proto/vocab.h", 1))
    return texts


def check_po():
    """Every text has a translation in every catalogue, and none is left over.
    """
    texts = marked_texts()
    for path in sorted(str(p.relative_to(ROOT))
                       for p in ROOT.glob("node/cli/po/*.po")):
        known = messages(path)
        for text, (source, line) in texts.items():
            if not known.get(text):
                report(source, line, f'"{text}" is not in {path}')
        for text in known:
            if text and text not in texts:
                report(path, 1, f'"{text}" is said nowhere')


def check_alone():
    """The project refers to nothing outside itself."""
    foreign = re.compile(r"\.\./" + "shared|(?<![\\w.])/" + "work/|\\bfarm" +
                         "-\\w|\\bDESIGN [0-9]|\\b(DOMAIN|FACTS|LIFECYCLES|" +
                         "INTERFACES)\\b")
    for path in FILES:
        if is_under(path, ["tests/tidy"]):
            continue  # names them
        try:
            text = read(path)
        except UnicodeDecodeError:
            continue
        for i, line in enumerate(text.split("\n"), 1):
            if foreign.search(line):
                report(path, i, "refers to something outside the project")
            if re.search(r"\b(TODO|FIXME)\b", line):
                report(path, i, "work left undone")


def main():
    checks = {"includes": check_includes, "headers": check_headers,
              "calls": check_calls, "form": check_form, "map": check_map,
              "folders": check_folders, "events": check_events,
              "po": check_po,
              "threats": check_threats, "alone": check_alone}
    parser = argparse.ArgumentParser()
    parser.add_argument("--generated", default=str(ROOT / "build-dev"))
    parser.add_argument("check", nargs="*", choices=[[], *checks])
    args = parser.parse_args()
    for name in args.check or checks:
        if name == "headers":
            check_headers(args.generated)
        else:
            checks[name]()
    for line in sorted(set(findings)):
        print(line)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
