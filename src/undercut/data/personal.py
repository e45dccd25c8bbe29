"""Personal data in texts, found by form and check digits, and masked before anything shows it.

Conservative on purpose: a number counts only when its check digits fit, or when it is written the
way its kind is written. Names, streets and the like are not looked for.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Kind:
    """One kind of personal data: how it is written, and what else must hold."""

    name: str
    pattern: re.Pattern[str]
    holds: Callable[[str], bool]


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def luhn(text: str) -> bool:
    """Tell whether the digits of a text pass the Luhn check (ISO/IEC 7812-1, annex B)."""
    digits = [int(d) for d in reversed(_digits(text))]
    doubled = [d * 2 - 9 * (d > 4) for d in digits[1::2]]
    return bool(digits) and (sum(digits[::2]) + sum(doubled)) % 10 == 0


def iban(text: str) -> bool:
    """Tell whether a text is an IBAN whose check digits fit (ISO 13616, mod 97)."""
    plain = re.sub(r"\s", "", text).upper()
    if not 15 <= len(plain) <= 34:
        return False
    moved = plain[4:] + plain[:4]
    return int("".join(str(int(c, 36)) for c in moved)) % 97 == 1


def resident_id(text: str) -> bool:
    """Tell whether a text is a Chinese resident number by date and check digit (GB 11643)."""
    try:
        born = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    if not date(1900, 1, 1) <= born <= date.today():
        return False
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    rest = sum(w * int(d) for w, d in zip(weights, text[:17], strict=True)) % 11
    return "10X98765432"[rest] == text[17].upper()


def social_security(text: str) -> bool:
    """Tell whether a US social security number is one that could have been given out."""
    area, group, serial = text.split("-")
    return area not in {"000", "666"} and area < "900" and group != "00" and serial != "0000"


def _card(text: str) -> bool:
    digits = _digits(text)
    return 13 <= len(digits) <= 19 and len(set(digits)) > 1 and luhn(digits)


def _phone(text: str) -> bool:
    return 8 <= len(_digits(text)) <= 15


def _address(text: str) -> bool:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return False
    return found.is_global


_APART = r"(?<![\w.+/@#-])"
_ENDS = r"(?![\w-]|[.,]\d)"
_CN_AREA = "(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|81|82|83)"
_FORMS = {
    "e-mail address": (
        r"(?<![\w.+%-])[\w.+%-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}(?![\w-])"
    ),
    "resident id (China)": rf"(?<!\d){_CN_AREA}\d{{4}}(?:19|20)\d{{9}}[\dXx](?!\w)",
    "IBAN": rf"{_APART}[A-Z]{{2}}\d{{2}}(?: ?[A-Z0-9]{{4}}){{2,7}}(?: ?[A-Z0-9]{{1,3}})?{_ENDS}",
    "card number": rf"{_APART}\d(?:[ -]?\d){{12,18}}{_ENDS}",
    "social security number (US)": rf"{_APART}\d{{3}}-\d{{2}}-\d{{4}}{_ENDS}",
    "phone number": "|".join(
        (
            rf"{_APART}\+\d{{1,3}}(?:[ .-]?\(?\d{{1,4}}\)?){{2,6}}{_ENDS}",
            rf"{_APART}\(\d{{3}}\) ?\d{{3}}[ .-]\d{{4}}{_ENDS}",
            rf"{_APART}\d{{3}}([-.])\d{{3}}\1\d{{4}}{_ENDS}",
            r"(?<!\d)1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)",
            rf"{_APART}0\d{{2,3}}-\d{{7,8}}{_ENDS}",
        )
    ),
    "IP address": (
        rf"{_APART}(?<!version )(?<!Version )(?:\d{{1,3}}\.){{3}}\d{{1,3}}{_ENDS}"
        r"|(?<![\w:.])(?:[0-9A-Fa-f]{1,4}:){3,7}(?::?[0-9A-Fa-f]{1,4}){1,4}(?![\w:])"
    ),
}
_HOLDS = {
    "resident id (China)": resident_id,
    "IBAN": iban,
    "card number": _card,
    "social security number (US)": social_security,
    "phone number": _phone,
    "IP address": _address,
}
KINDS = tuple(
    Kind(name, re.compile(form, re.ASCII), _HOLDS.get(name, bool)) for name, form in _FORMS.items()
)
_HINT = re.compile(r"@|[0-9]{3}|[0-9]\.[0-9]|:[0-9A-Fa-f]")


def found(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield (kind, start, end) of every piece of personal data, none overlapping an earlier one."""
    if not _HINT.search(text):
        return
    taken: list[tuple[int, int]] = []
    for kind in KINDS:
        for match in kind.pattern.finditer(text):
            start, end = match.span()
            if any(start < e and s < end for s, e in taken):
                continue
            if kind.holds(match.group()):
                taken.append((start, end))
                yield kind.name, start, end


def masked(text: str) -> str:
    """Return the text with every piece of personal data replaced by its kind: ``[IBAN]``."""
    for kind, start, end in sorted(found(text), key=lambda f: -f[1]):
        text = f"{text[:start]}[{kind}]{text[end:]}"
    return text
