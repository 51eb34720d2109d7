"""What a web page's own styles keep off the page: the hidden attribute, display: none, visibility: hidden."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_NONE = re.compile(
    r"(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*0(?:\.0+)?|font-size\s*:\s*0(?:px|pt|em|rem|%)?)"
    r"\s*(?:!\s*important\s*)?(?:;|$)", re.I)
_SHOWN = re.compile(r"(?:^|[;\s])(?:display\s*:\s*(?!none)\w|visibility\s*:\s*visible)", re.I)
_NESTED = re.compile(r"@[^{};]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}|/\*.*?\*/", re.S)  # for paper, small screens …; comments
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_SIMPLE = re.compile(r"(\*|[a-z][a-z0-9]*)?((?:[.#][\w-]+)*)", re.I)
_NAMES = re.compile(r"[.#][\w-]+")
_MOST = 200_000  # characters of styles

Simple = tuple[str, frozenset[str]]  # tag or "", classes and ids


@dataclass(frozen=True)
class Hidden:
    """The selectors that hide, of tags, classes and ids: each what an element is, after what it is somewhere inside of."""

    selectors: frozenset[tuple[Simple, ...]] = frozenset()

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
        return any(_is(element, chain[-1]) and _inside(element, chain[:-1]) for chain in self.selectors)


def _is(element: Any, simple: Simple) -> bool:
    kind, names = simple
    if kind not in ("", element.tag):
        return False
    own = {f".{name}" for name in (element.get("class") or "").split()} | ({f"#{element.get('id')}"} if element.get("id") else set())
    return names <= own


def _inside(element: Any, chain: tuple[Simple, ...]) -> bool:
    """Whether an element is inside of what the chain says, outermost first."""
    for simple in reversed(chain):
        element = next((outer for outer in element.iterancestors() if _is(outer, simple)), None)
        if element is None:
            return False
    return True


def hidden(root: Any) -> Hidden:
    """What the style sheets inside a page hide."""
    selectors: dict[tuple[Simple, ...], bool] = {}
    text = "\n".join("".join(style.itertext()) for style in root.iter("style") if "print" not in (style.get("media") or ""))[:_MOST]
    for rule in _RULE.finditer(_NESTED.sub("", text)):
        none, shown = bool(_NONE.search(rule[2])), bool(_SHOWN.search(rule[2]))
        if none or shown:
            for selector in rule[1].split(","):
                parts = [_SIMPLE.fullmatch(part) for part in re.split(r"\s*>\s*|\s+", selector.strip())]
                chain = tuple(("" if part[1] in (None, "*") else part[1].lower(), frozenset(_NAMES.findall(part[2]))) for part in parts if part)
                if chain and len(chain) == len(parts) and any(chain[-1]):
                    selectors[chain] = none
    return Hidden(frozenset(chain for chain, none in selectors.items() if none))
