"""Fonts of symbols: the sign that a code draws in them, in Unicode (after the fonts' own charts); raised and lowered digits."""

from __future__ import annotations

_CIRCLED = "⓪①②③④⑤⑥⑦⑧⑨⑩"
_FILLED = "⓿❶❷❸❹❺❻❼❽❾❿"
_FONTS: dict[str, dict[int, str]] = {
    "wingdings": {
        0x28: "☎", 0x2A: "✉", 0x4A: "☺", 0x6C: "●", 0x6D: "○", 0x6E: "■", 0x6F: "□", 0x70: "□", 0x71: "□", 0x72: "□", 0x74: "◆", 0x75: "◆",
        0x76: "❖", 0x77: "◆", 0x78: "☒", 0x9F: "•", 0xA1: "○", 0xA4: "◉", 0xA7: "▪", 0xA8: "□", 0xAB: "★", 0xD8: "➢", 0xDF: "←", 0xE0: "→",
        0xE1: "↑", 0xE2: "↓", 0xE8: "→", 0xF0: "⇨", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑",
        **{0x80 + at: sign for at, sign in enumerate(_CIRCLED)}, **{0x8B + at: sign for at, sign in enumerate(_FILLED)}},
    "wingdings 2": {
        0x4F: "✗", 0x50: "✓", 0x51: "☒", 0x52: "☑", 0x53: "☒", 0x54: "☒", 0x97: "●", 0x99: "○", 0xA0: "■", 0xA2: "□", 0xA3: "□",
        **{0x69 + at: sign for at, sign in enumerate(_CIRCLED)}, **{0x74 + at: sign for at, sign in enumerate(_FILLED)}},
    "wingdings 3": {0x66: "←", 0x67: "→", 0x68: "↑", 0x69: "↓", 0x70: "▲", 0x71: "▼", 0x72: "△", 0x73: "▽", 0x74: "◀", 0x75: "▶"},
    "webdings": {0x33: "◀", 0x34: "▶", 0x35: "▲", 0x36: "▼", 0x61: "✓", 0x63: "□", 0x67: "■", 0x6E: "●", 0x72: "✗"},
    "symbol": {
        **{code: chr(code) for code in range(0x20, 0x40)},
        **dict(zip(range(0x41, 0x5B), "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ", strict=True)),
        **dict(zip(range(0x61, 0x7B), "αβχδεφγηιϕκλμνοπθρστυϖωξψζ", strict=True)),
        0x22: "∀", 0x24: "∃", 0x27: "∋", 0x2D: "−", 0x40: "≅", 0x5B: "[", 0x5D: "]", 0x7B: "{", 0x7C: "|", 0x7D: "}", 0x7E: "∼", 0xA2: "′",
        0xA3: "≤", 0xA5: "∞", 0xAB: "↔", 0xAC: "←", 0xAD: "↑", 0xAE: "→", 0xAF: "↓", 0xB0: "°", 0xB1: "±", 0xB2: "″", 0xB3: "≥", 0xB4: "×",
        0xB6: "∂", 0xB7: "•", 0xB8: "÷", 0xB9: "≠", 0xBA: "≡", 0xBB: "≈", 0xBC: "…", 0xCE: "∈", 0xD5: "∏", 0xD6: "√", 0xD7: "⋅", 0xDB: "⇔",
        0xDE: "⇒", 0xE5: "∑", 0xF2: "∫"},
}
RAISED = str.maketrans("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")
LOWERED = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")


def is_symbols(font: str | None) -> bool:
    """Whether a font draws signs in the place of letters."""
    return (font or "").lower() in _FONTS


def is_code(character: str) -> bool:
    """Whether a font of symbols draws a sign for a character: those of one byte, and where Office keeps such; never for Chinese."""
    return "!" <= character <= "\xff" or "\uf020" <= character <= "\uf0ff"


def sign(font: str | None, code: int) -> str | None:
    """The sign that a font draws for a code; None where the font's chart is not known here."""
    chart = _FONTS.get((font or "").lower())
    if chart is not None:
        return chart.get(code - 0xF000 if 0xF000 <= code <= 0xF0FF else code)
    return chr(code) if 0x20 <= code < 0xD800 or 0xF900 <= code <= 0xFFFD or 0x10000 <= code <= 0x10FFFF else None
