"""Bytes to text: which encoding a file is in, and what had to be mended."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from pathlib import Path

import charset_normalizer

from undercut.core.errors import fail
from undercut.data.table import count

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\0\0", "utf-32-le"),
    (b"\0\0\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_BINARY = (
    (b"PK\x03\x04", "a zip or Excel file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file"),
    (b"PAR1", "a Parquet file"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a gzip file"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ", "an xz file"),
    (b"7z\xbc\xaf", "a 7-zip file"),
    (b"Rar!", "a RAR file"),
    (b"\x28\xb5\x2f\xfd", "a zstandard file"),
    (b"ARROW1", "an Arrow file"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"\x7fELF", "a program"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x80\x04\x95", "a pickle, which is never opened"),
    (b"{\\rtf", "a rich text document"),
)
_PACKED = ("a gzip file", "a bzip2 file", "an xz file", "a 7-zip file", "a RAR file")
_FIXES = dict.fromkeys((*_PACKED, "a zstandard file"), "Unpack it first.")
# The most frequent characters of written Chinese: a text that lacks them is not Chinese.
_COMMON = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发"
    "后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因"
    "只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应"
    "吃送餐味快菜少差店点饭您请吗吧啊给太"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_SAMPLE = 1 << 16


def _utf16_without_mark(data: bytes) -> str | None:
    """Return the byte order when NUL bytes stand at every other place, as in UTF-16."""
    sample = data[: _SAMPLE * 4]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    high, low = max(even, odd), min(even, odd)
    if len(data) % 2 or high < max(2, len(sample) // 100) or low * 3 > high:
        return None
    return "utf-16-be" if even > odd else "utf-16-le"


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None


def _is_chinese(text: str) -> bool:
    """Tell real Chinese from other bytes that GB18030 happens to accept."""
    chars = Counter(c for c in text[:_SAMPLE] if not c.isascii())
    ideographs = {c: n for c, n in chars.items() if "一" <= c <= "鿿"}
    total = sum(ideographs.values())
    if not total or total < 0.5 * sum(chars.values()):
        return False
    level_one = 0
    for c, n in ideographs.items():
        raw = c.encode("gb18030")
        level_one += n if len(raw) == 2 and 0xB0 <= raw[0] <= 0xD7 and raw[1] >= 0xA1 else 0
    common = sum(n for c, n in ideographs.items() if c in _COMMON)
    return level_one >= 0.85 * total and common >= 0.05 * total


def _guess(data: bytes) -> tuple[str, str]:
    """Return text and encoding of bytes that are not UTF."""
    chinese = _strict(data, "gb18030")
    if chinese is not None and _is_chinese(chinese):
        return chinese, "gb18030"
    high = sum(map(len, re.findall(rb"[\x80-\xff]+", data[:_SAMPLE])))
    letters = high + sum(map(len, re.findall(rb"[A-Za-z]+", data[:_SAMPLE])))
    if high > 0.3 * max(letters, 1):
        lines = re.findall(rb"[^\n]*[\x80-\xff][^\n]*\n?", data)
        best = charset_normalizer.from_bytes(b"".join(lines)[:_SAMPLE]).best()
        text = _strict(data, best.encoding) if best is not None else None
        if best is not None and text is not None:
            return _SURROGATE.sub("�", text), best.encoding
    western = _strict(data, "cp1252")
    return (western, "cp1252") if western is not None else (data.decode("latin-1"), "latin-1")


def _torn_utf8(data: bytes) -> str | None:
    """Return UTF-8 with marks where bytes are broken, when they are few beside the good ones."""
    text = data.decode("utf-8", "replace")
    broken = text.count("�")
    good = len(re.findall(r"[^\x00-\x7f�]", text))
    return text if broken * 20 <= good else None


def _to_text(data: bytes) -> tuple[str, str, list[str]]:
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            text = _strict(data[len(mark) :], encoding)
            if text is not None:
                return text, encoding, []
            if encoding != "utf-8":
                text = data[len(mark) :].decode(encoding, "replace")
                return text, encoding, [f"broken {encoding.upper()} characters became �"]
            data = data[len(mark) :]
    wide = _utf16_without_mark(data)
    text = _strict(data, wide) if wide else None
    if wide and text is not None:
        return text, wide, []
    text = _strict(data, "utf-8")
    if text is not None:
        return text, "utf-8", []
    text = _torn_utf8(data)
    if text is not None:
        lines = [i for i, line in enumerate(text.split("\n"), 1) if "�" in line]
        first = ", ".join(map(str, lines[:5])) + (" ..." if len(lines) > 5 else "")
        where = f"line {first}" if len(lines) == 1 else f"lines {first}"
        return text, "utf-8", [f"characters that are not UTF-8 became � ({where})"]
    text, encoding = _guess(data)
    return text, encoding, []


_MARKED = {"utf-8": "utf-8-sig", "utf-16-le": "utf-16", "utf-16-be": "utf-16"}


def file_encoding(path: Path, name: str) -> tuple[str, list[str]]:
    """Return the codec of a file that is too big to hold, and notes; it is read in blocks.

    The rules are those of :func:`decode`; what is not UTF-8 is judged by lines that are not ASCII,
    from anywhere in the file.

    Raises:
        UndercutError: the file is not text.
    """
    with path.open("rb") as f:
        head = f.read(_SAMPLE * 4)
        _refuse_binary(head, name)
        for mark, encoding in _BOMS:
            if head.startswith(mark):
                codec = _MARKED.get(encoding, "utf-32")
                return codec, _told(encoding, name)
        wide = _utf16_without_mark(head[: len(head) // 2 * 2])
        if wide:
            return wide, _told(wide, name)
        f.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while block := f.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", True)
            return "utf-8", []
        except UnicodeDecodeError:
            pass
        f.seek(0)
        sample = b""
        while len(sample) < _SAMPLE and (line := f.readline(_SAMPLE)):
            if not line.isascii():
                sample += line
    _, encoding, notes = _to_text(sample)
    return encoding, [f"{name}: {note.partition(' (')[0]}." for note in notes] + _told(
        encoding, name
    )


def _told(encoding: str, name: str) -> list[str]:
    if encoding == "utf-8":
        return []
    return [f"{name}: read as {encoding.upper()}; save it as UTF-8 if characters look wrong."]


def _refuse_binary(data: bytes, name: str) -> None:
    for magic, what in _BINARY:
        if data.startswith(magic):
            raise fail(
                "data-file",
                expected="CSV, TSV, JSON, JSON lines, Parquet, Excel or text with a separator",
                found=what,
                where=name,
                fix=_FIXES.get(what, "Export it as CSV in UTF-8."),
            )


def decode(data: bytes, name: str) -> tuple[str, list[str]]:
    """Return the text of a file, and notes on what was decided.

    Byte order marks are obeyed; then UTF-16 without a mark, UTF-8, GB18030 when the result reads
    as Chinese, what charset-normalizer finds when most letters are not ASCII, and Windows Latin.
    NUL characters are removed.

    Args:
        data: the whole file.
        name: how it is called in messages.

    Raises:
        UndercutError: the file is empty, or is not text.
    """
    _refuse_binary(data, name)
    text, encoding, notes = _to_text(data)
    notes = [f"{name}: {note}." for note in notes]
    notes += _told(encoding, name)
    nuls = text.count("\0")
    if nuls:
        text = text.replace("\0", "")
        notes.append(f"{name}: {count(nuls, 'NUL character')} removed.")
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise fail("data-empty", expected="rows", found="an empty file", where=name)
    control = len(re.findall(r"[\x01-\x08\x0e-\x1a\x1c-\x1f]", text[:_SAMPLE]))
    if control > 0.05 * len(text[:_SAMPLE]):
        raise fail(
            "data-file",
            expected="CSV, TSV, JSON, JSON lines, Parquet, Excel or text with a separator",
            found="binary data",
            where=name,
            fix="Export it as CSV in UTF-8.",
        )
    return text, notes
