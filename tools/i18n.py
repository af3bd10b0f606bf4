#!/usr/bin/env python3
"""Texts for people: collects them from code and templates and compares them with the catalogues.

usage: i18n.py list            prints every English text
       i18n.py missing LANG    prints the texts that content/i18n/LANG.po does not translate
       i18n.py check           exits 1 when a catalogue lacks a text, has one that nobody uses, or has
                               other placeholders than the English
"""
import ast
import glob
import os
import re
import subprocess
import sys

STRING = r'"(?:[^"\\]|\\.)*"'
JOINED = rf'{STRING}(?:\s*(?:/\*.*?\*/\s*)?{STRING})*'
CALLS = re.compile(rf'\b(?:tr\(\s*&?\w+(?:(?:->|\.)\w+)*\s*,|N_\(|tr_args\([^,"]+,)\s*({JOINED})', re.S)
TEMPLATE = re.compile(rf'{{{{(?:t|page)\s+({STRING})')
OPTION = re.compile(rf'^\s*{{\s*"[a-z-]+"\s*,\s*(?:"[A-Z][A-Za-z-]*"|NULL)\s*,\s*({JOINED})', re.M)
USAGE = re.compile(rf'opts_parse\([^;]*?,\s*({JOINED})\s*,\s*argc', re.S)
USAGE_TEXT = re.compile(rf'static const char usage\w*\[\] =\s*({JOINED});', re.S)


def value(joined):
    return "".join(ast.literal_eval(s) for s in re.findall(STRING, joined))


def is_text(text):
    """Words; or the punctuation and order between values, which languages do not share."""
    return bool(re.search(r"[A-Za-z]{2}", text)) or len(placeholders(text)) > 1


def sources():
    found = {}
    for path in sorted(glob.glob("src/**/*.[ch]", recursive=True)):
        with open(path, encoding="utf-8") as file:
            text = re.sub(r"/\*(?![^\n]*\*/[^\n]*\").*?\*/", "", file.read(), flags=re.S)
        patterns = [CALLS]
        if "opts_parse" in text or "HOME_OPTS" in text:
            patterns += [OPTION, USAGE, USAGE_TEXT]
        for pattern in patterns:
            for match in pattern.finditer(text):
                found.setdefault(value(match.group(1)), path)
    for path in sorted(glob.glob("web/templates/**/*.html", recursive=True)):
        with open(path, encoding="utf-8") as file:
            for match in TEMPLATE.finditer(file.read()):
                found.setdefault(value(match.group(1)), path)
    found.pop("{0}", None)
    return {text: where for text, where in found.items() if is_text(text)}


def catalogue(lang):
    """Pairs of a .po file, by msgcat so that its layout does not matter."""
    out = subprocess.run(["msgcat", "--no-wrap", f"content/i18n/{lang}.po"], capture_output=True,
                         check=True).stdout.decode()
    pairs = {}
    for match in re.finditer(rf'msgid ({JOINED})\nmsgstr ({JOINED})', out):
        pairs[value(match.group(1))] = value(match.group(2))
    pairs.pop("", None)
    return pairs


def placeholders(text):
    return sorted(set(re.findall(r"\{(\d)", text)))


def check():
    faults, texts = [], sources()
    for path in sorted(glob.glob("content/i18n/*.po")):
        lang = os.path.basename(path)[:-3]
        pairs = catalogue(lang)
        for text, where in texts.items():
            if not pairs.get(text):
                faults.append(f"{lang}: not translated: {text!r} ({where})")
            elif placeholders(text) != placeholders(pairs[text]):
                faults.append(f"{lang}: other placeholders: {text!r} -> {pairs[text]!r}")
        faults += [f"{lang}: used nowhere: {text!r}" for text in pairs if text not in texts]
    for fault in faults[:60]:
        print(fault)
    print(f"{len(texts)} texts, {len(faults)} faults")
    return 1 if faults else 0


def main():
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    if sys.argv[1:] == ["list"]:
        print("\n".join(repr(t) for t in sources()))
    elif len(sys.argv) == 3 and sys.argv[1] == "missing":
        pairs = catalogue(sys.argv[2])
        print("\n".join(repr(t) for t in sources() if not pairs.get(t)))
    elif sys.argv[1:] == ["check"]:
        return check()
    else:
        print(__doc__)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
