#!/usr/bin/env python3
"""Makes the style sheet that is served from Bootstrap's: css.py IN.css OUT.css

Leaves out components that no page has (the first page has to be small on a slow line), and turns the
rules for [data-bs-theme=dark] into rules for who prefers dark, so that no script is needed.
"""
import re
import sys

UNUSED = re.compile(
    r"\.(accordion|carousel|offcanvas|popover|tooltip|bs-|toast|modal|navbar|drop|spinner"
    r"|placeholder|list-group|breadcrumb|page-|pagination|nav\b|nav-|tab-|figure|ratio|vr\b"
    r"|btn-group|input-group|form-floating|form-range|form-switch|fade|collaps|card-group|table-"
    r"(primary|secondary|success|info|warning|danger|light|dark)|link-|focus-ring|icon-link"
    r"|display-|btn-close|btn-check|btn-outline-(info|light|dark|success|warning)"
    r"|btn-(info|light|dark|success)\b|was-validated|valid-|is-valid|stretched-link|text-bg-"
    r"|object-fit|opacity-|z-|sticky|fixed-|order-|offset-|row-cols|user-select|pe-|rounded-)"
    r"|\.[a-z-]+-(sm|lg|xl|xxl)(-|\b)(?<!btn-sm)(?<!table-sm)(?<!form-control-sm)"
    r"(?<!form-select-sm)(?<!btn-lg)|-(info|light)-(subtle|emphasis)")
DARK = "[data-bs-theme=dark]"


def rules(css):
    """Top-level rules as (head, body)."""
    at = 0
    while at < len(css):
        brace = css.find("{", at)
        if brace < 0:
            return
        depth, end = 1, brace + 1
        while depth:
            depth += {"{": 1, "}": -1}.get(css[end], 0)
            end += 1
        yield css[at:brace].strip(), css[brace + 1:end - 1]
        at = end


def kept(css, dark):
    out = []
    for head, body in rules(css):
        if head.startswith(("@media", "@supports")):
            inner = kept(body, dark)
            if inner:
                out.append(f"{head}{{{inner}}}")
            continue
        if head.startswith("@"):
            if "keyframes" not in head:
                out.append(f"{head}{{{body}}}")
            continue
        heads = [h for h in head.split(",") if not UNUSED.search(h)]
        night = [h for h in heads if DARK in h]
        day = [h for h in heads if DARK not in h]
        if day:
            out.append(f"{','.join(day)}{{{body}}}")
        if night:
            heads = [h.replace(DARK, "").strip() or ":root" for h in night]
            dark.append(f"{','.join(heads)}{{{body}}}")
    return "".join(out)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        css = file.read()
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.S)
    css = css.replace('@charset "UTF-8";', "").replace(":root," + DARK.replace("dark", "light"), ":root")
    dark = []
    light = kept(css, dark)
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write('@charset "UTF-8";' + light)
        file.write("@media (prefers-color-scheme:dark){" + "".join(dark) + "}\n")


if __name__ == "__main__":
    main()
