"""A deterministic corpus of expressions over document.txt, typed well enough to mean something."""
import random

PLACES = ["data/row/2/here", "data/group/inner", "data/age", "data/row/4/amount"]
NUMBERS = ["/data/age", "/data/height", "/data/debt", "/data/zero", "/data/big", "/data/one",
           "/data/group/inner", "/data/row[2]/amount", "/data/row[last()]/no",
           "/data/town[./code = 'kayes']/people"]
TEXTS = ["/data/name", "/data/word", "/data/spaced", "/data/codes", "/data/empty", "/data/flag",
         "/data/group/label", "/data/group/deep/leaf", "/data/row[3]/letter",
         "/data/town[2]/title", "/data/town[./country = 'gn']/code", "//leaf"]
DATES = ["/data/born", "/data/visit", "/data/row[1]/seen", "/data/row[./no = 3]/seen"]
SETS = ["/data/row/amount", "/data/row/no", "//amount", "/data/town/people"]
TEXT_SETS = ["/data/row/letter", "/data/town/title", "//letter", "/data/town/code", "/data/group/*", "/data/*/letter"]
LITERALS = ["'a'", "'work'", "'hello'", "'sn'", "'x y'", "''", "'10'", "'é'", "\"it's\"", "'true'",
            "'l'", "' '"]
PATTERNS = ["^[a-z ]+$", "^.*o.*$", "^[0-9]+$", "^(hello|work).*$", "^.{5}$", "^[A-Z][^ ]*$"]


class Corpus:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.language = "en"

    def pick(self, items):
        return self.r.choice(items)

    def small(self):
        return str(self.r.randint(0, 9))

    def literal_number(self):
        return self.pick([self.small(), str(self.r.randint(-50, 5000)), "0.5", "2.25", "-1.5", "100",
                          "1000000", "0.001"])

    def fold_set(self):
        if self.r.random() < 0.7:
            return self.pick(SETS)
        return self.pick(["/data/row[./amount > %s]/amount", "/data/row[position() <= %s]/no",
                          "/data/town[./people < %s00000]/people"]) % self.small()

    def text_set(self):
        if self.r.random() < 0.7:
            return self.pick(TEXT_SETS)
        return self.pick([f"/data/town[./country = {self.pick(LITERALS)}]/title",
                          f"/data/row[./letter != {self.pick(LITERALS)}]/letter",
                          f"/data/town[contains(./title, {self.pick(LITERALS)})]/code",
                          f"/data/row[./seen >= {self.date(0)}]/letter"])

    def number(self, d):
        if d <= 0:
            return self.pick([self.pick(NUMBERS), self.literal_number()])
        n, t = (lambda: self.number(d - 1)), (lambda: self.text(d - 1))
        return self.pick([
            lambda: f"{n()} {self.pick(['+', '-', '*', 'div', 'mod'])} {n()}",
            lambda: f"({n()} {self.pick(['+', '-', '*', 'div', 'mod'])} {n()})",
            lambda: f"{n()} + {n()} * {n()} - {n()}",
            lambda: f"int({n()})",
            lambda: f"round(abs({n()}))",
            lambda: f"round(abs({n()}), {self.pick(['0', '1', '2', '3', '-1', '-2'])})",
            lambda: f"floor({n()})",
            lambda: f"ceiling({n()})",
            lambda: f"abs({n()})",
            lambda: f"pow({n()}, {self.pick(['2', '3', '0.5', '-1'])})",
            lambda: f"sqrt(abs({n()}))",
            lambda: f"exp({self.pick(['0', '1', '2.5', '-3'])})",
            lambda: f"exp10({self.pick(['0', '1', '2', '-3'])})",
            lambda: f"log(abs({n()}))",
            lambda: f"log10(abs({n()}))",
            lambda: f"{self.pick(['sin', 'cos', 'tan', 'atan'])}({n()})",
            lambda: f"{self.pick(['asin', 'acos'])}({self.pick(['0', '0.5', '1', '-0.25', '2'])})",
            lambda: f"atan2({n()}, {n()})",
            lambda: "pi()",
            lambda: f"number({self.pick([n, t, lambda: self.boolean(d - 1)])()})",
            lambda: f"string-length({t()})",
            lambda: f"count({self.pick([self.fold_set, self.text_set])()})",
            lambda: f"count-non-empty({self.text_set()})",
            lambda: f"sum({self.fold_set()})",
            lambda: f"min({self.pick(SETS)})",
            lambda: f"max({self.pick(SETS)})",
            lambda: f"min({n()}, {n()}, {n()})",
            lambda: f"max({n()}, {self.pick(SETS)})",
            lambda: f"count-selected({self.pick(['/data/codes', '/data/empty', '/data/word'])})",
            lambda: f"position({self.pick(['..', '/data/row[3]', '/data/town[2]', '.'])})",
            lambda: f"if({self.boolean(d - 1)}, {n()}, {n()})",
            lambda: f"decimal-date-time({self.date(d - 1)})",
            lambda: "decimal-date-time(/data/start)",
            lambda: f"decimal-time('{self.r.randint(0, 23):02}:{self.r.randint(0, 59):02}:00.000+0"
                    f"{self.r.randint(0, 9)}:{self.pick(['00', '30'])}')",
            lambda: f"area({self.pick(['/data/shape', '/data/row/spot'])})",
            lambda: f"distance({self.pick(['/data/shape', '/data/trace', '/data/row/spot'])})",
            lambda: f"{self.date(d - 1)} - {self.date(d - 1)}",
            lambda: f"{self.date(d - 1)} + {self.small()}",
        ])()

    def shown(self, d):
        """A number as text, without the digits that two sine functions may differ in."""
        return f"round(abs({self.number(d)}), 3)"

    def text(self, d):
        if d <= 0:
            return self.pick([self.pick(TEXTS), self.pick(LITERALS)])
        t = lambda: self.text(d - 1)  # noqa: E731
        return self.pick([
            lambda: f"concat({t()}, {t()})",
            lambda: f"concat({t()}, '-', {self.shown(d - 1)}, {self.text_set()})",
            lambda: f"join({self.pick(LITERALS)}, {self.text_set()})",
            lambda: f"join(', ', {t()}, {t()}, {self.shown(d - 1)})",
            lambda: f"substring({t()}, {self.pick(['1', '2', '1.5', '3', '100'])})",
            lambda: f"substring({t()}, {self.pick(['1', '2', '3', '1.5'])}, {self.small()})",
            lambda: f"substr({t()}, {self.pick(['0', '1', '2', '-3'])})",
            lambda: f"substr({t()}, {self.small()}, {self.pick(['3', '5', '-1', '9'])})",
            lambda: f"substring-before({t()}, {self.pick(LITERALS)})",
            lambda: f"substring-after({t()}, {self.pick(LITERALS)})",
            lambda: f"normalize-space({t()})",
            lambda: f"translate({t()}, 'aeio', {self.pick([chr(39) + 'AEIO' + chr(39), chr(39) * 2])})",
            lambda: f"string({self.pick([t, lambda: self.shown(d - 1)])()})",
            lambda: f"string({self.boolean(d - 1)})",
            lambda: f"selected-at({self.pick(['/data/codes', '/data/word'])}, {self.small()})",
            lambda: f"if({self.boolean(d - 1)}, {t()}, {t()})",
            lambda: f"coalesce({t()}, {t()})",
            lambda: f"once({t()})",
            lambda: f"name({self.pick(['..', '.', '/data/row', '/data/group/*'])})",
            lambda: f"local-name({self.pick(['..', '.', '//leaf'])})",
            lambda: f"format-date({self.date(d - 1)}, '%Y|%y|%m|%n|%d|%e|%b|%a')",
            lambda: "format-date-time(/data/start, '%e.%n.%y %H:%h:%M:%S:%3')",
            lambda: f"digest({self.pick(LITERALS[:7])}, '{self.algorithm()}', '{self.pick(['hex', 'base64'])}')",
            lambda: f"join(' ', randomize({self.pick(TEXT_SETS + SETS)}, {self.r.randint(-99999, 999999)}))",
            lambda: f"string({self.date(d - 1)})",
            lambda: f"string(date({self.date(d - 1)} + {self.r.randint(-4000, 4000)}))",
            lambda: f"/data/town[./people = {self.pick(['max', 'min'])}(/data/town/people)]/title",
            lambda: f"/data/row[{self.pick(['1', '2', 'last()', 'position() = 3', '9'])}]/letter",
        ])()

    def algorithm(self):
        return self.pick(["MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512"])

    def date(self, d):
        if d <= 0 or self.r.random() < 0.5:
            return self.pick(DATES)
        return self.pick([
            lambda: "today()",
            lambda: f"date('{self.r.randint(1950, 2060)}-{self.r.randint(1, 12):02}-{self.r.randint(1, 28):02}')",
            lambda: f"date({self.r.randint(-3000, 30000)})",
            lambda: f"date-time('{self.r.randint(1950, 2060)}-11-22')",
        ])()

    def boolean(self, d):
        if d <= 0:
            return self.pick(["true()", "false()", f"{self.number(0)} > {self.number(0)}"])
        n, t, b = (lambda: self.number(d - 1)), (lambda: self.text(d - 1)), (lambda: self.boolean(d - 1))
        return self.pick([
            lambda: f"{n()} {self.pick(['=', '!=', '<', '<=', '>', '>='])} {n()}",
            lambda: f"{t()} {self.pick(['=', '!='])} {t()}",
            lambda: f"{self.date(d - 1)} {self.pick(['=', '!=', '<', '<=', '>', '>='])} {self.date(d - 1)}",
            lambda: f"{self.pick(SETS)} {self.pick(['=', '!=', '<', '>='])} {self.literal_number()}",
            lambda: f"{self.text_set()} {self.pick(['=', '!='])} {self.pick(LITERALS)}",
            lambda: f"{self.pick(SETS)} {self.pick(['=', '<', '>'])} {self.pick(SETS)}",
            lambda: f"({b()} {self.pick(['and', 'or'])} {b()})",
            lambda: f"not({b()})",
            lambda: f"boolean({self.pick([n(), f'string({t()})'])})",
            lambda: f"boolean-from-string({t()})",
            lambda: f"contains({t()}, {t()})",
            lambda: f"starts-with({t()}, {self.pick(LITERALS)})",
            lambda: f"ends-with({t()}, {self.pick(LITERALS)})",
            lambda: f"selected(/data/codes, {self.pick(LITERALS[:5])})",
            lambda: f"regex({t()}, '{self.pick(PATTERNS)}')",
            lambda: "random() < 1 and string-length(uuid()) = 36",
            lambda: f"string-length(uuid({self.small()}1)) > 0 and now() > {self.date(0)}",
        ])()

    def list_check(self, d):
        """At the top only: the other evaluator stumbles over these in an arm that it passes by."""
        b = lambda: self.boolean(d - 1)  # noqa: E731
        return self.pick([
            lambda: f"checklist({self.pick(['-1', '1', '2'])}, {self.pick(['-1', '2', '3'])}, "
                    f"{b()}, {b()}, {b()})",
            lambda: f"weighted-checklist({self.small()}, {self.pick(['-1', '5'])}, {b()}, "
                    f"{self.small()}, {b()}, 3)",
        ])()

    def lines(self, count):
        """All different."""
        seen = set()
        while len(seen) < count:
            line = self.line(len(seen))
            if line not in seen:
                seen.add(line)
                yield line

    def line(self, i):
        depth = self.r.choice([1, 1, 2, 2, 3])
        language = self.r.choice(["en", "en", "en", "fr", "es", "ar"])
        make = (self.number, self.text, self.boolean)[i % 3] if i % 50 else self.list_check
        return f"{language}\t{self.r.choice(PLACES)}\t{make(depth)}"
