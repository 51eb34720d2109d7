"""What a web page's own styles keep off the page: the hidden attribute, display: none, visibility: hidden."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_NONE = re.compile(r"(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse))\s*(?:!\s*important\s*)?(?:;|$)", re.I)
_SHOWN = re.compile(r"(?:^|[;\s])(?:display\s*:\s*(?!none)\w|visibility\s*:\s*visible)", re.I)
_NESTED = re.compile(r"@[^{};]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}|/\*.*?\*/", re.S)  # for paper, small screens …; comments
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_SIMPLE = re.compile(r"(\*|[a-z][a-z0-9]*)?((?:[.#][\w-]+)*)", re.I)
_MOST = 200_000  # characters of styles


@dataclass(frozen=True)
class Hidden:
    """The selectors, of those without context, that hide: (tag or "", classes and ids)."""

    selectors: frozenset[tuple[str, frozenset[str]]] = frozenset()

    def __call__(self, element: Any) -> bool:
        """Whether an element is kept off the page."""
        tag = element.tag
        if not element.attrib and not self.selectors:
            return False
        if tag in ("html", "body"):  # hidden until a script has run
            return False
        if element.get("hidden") is not None and element.get("hidden") != "until-found":
            return True
        style = element.get("style")
        if style:
            if _NONE.search(style):
                return True
            if _SHOWN.search(style):
                return False
        if tag == "dialog" and element.get("open") is None:
            return True
        if not self.selectors:
            return False
        own = {f".{name}" for name in (element.get("class") or "").split()} | ({f"#{element.get('id')}"} if element.get("id") else set())
        return any(kind in ("", tag) and names <= own for kind, names in self.selectors)


def hidden(root: Any) -> Hidden:
    """What the style sheets inside a page hide."""
    selectors: dict[tuple[str, frozenset[str]], bool] = {}
    text = "\n".join("".join(style.itertext()) for style in root.iter("style") if "print" not in (style.get("media") or ""))[:_MOST]
    for rule in _RULE.finditer(_NESTED.sub("", text)):
        none, shown = bool(_NONE.search(rule[2])), bool(_SHOWN.search(rule[2]))
        if none or shown:
            for selector in rule[1].split(","):
                simple = _SIMPLE.fullmatch(selector.strip())
                if simple and (simple[1] or simple[2]):
                    tag = "" if simple[1] in (None, "*") else simple[1].lower()
                    selectors[tag, frozenset(re.findall(r"[.#][\w-]+", simple[2]))] = none
    return Hidden(frozenset(selector for selector, none in selectors.items() if none and (selector[1] or selector[0])))
