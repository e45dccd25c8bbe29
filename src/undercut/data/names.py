"""Names that columns of text and of labels go by, in English and Chinese."""

from __future__ import annotations

import re
import unicodedata

_TEXT = (
    "text 文本",
    "sentence utterance review content query message tweet comment comments body document input "
    "prompt utterances utt phrase narrative reviewtext sms "
    "句子 内容 评论 评价 正文 消息 留言 话术 文章 原文",
    "title question headline subject description news post summary 标题 问题 描述 新闻 提问",
)
_LABEL = (
    "label labels 标签",
    "category intent class sentiment target 类别 分类 意图 情感 标注 类目",
    "topic tag type output emotion polarity answer_class 主题 类型 情绪 极性",
    "rating score stars 评分 星级",
)


def _tiers(words: tuple[str, ...]) -> dict[str, int]:
    return {word: tier for tier, line in enumerate(words) for word in line.split()}


ROLES = {"text": _tiers(_TEXT), "label": _tiers(_LABEL)}


def name_key(name: str) -> str:
    """Return a column name folded for comparison: width, case and outer space do not count."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


def match(name: str, role: str) -> tuple[int, int] | None:
    """Return how well a column name fits ``text`` or ``label``, smaller is better, or None.

    The first number is 0 for the very name, 1 when the name ends with it (``airline_sentiment``)
    and 2 when it is another part of it; the second ranks the known names among themselves.
    """
    known = ROLES[role]
    key = name_key(name)
    if key in known:
        return 0, known[key]
    if len(key) > 40 or not key:
        return None
    parts = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", unicodedata.normalize("NFKC", name)).casefold()
    tokens = [t for t in re.split(r"[^\w]+|_", parts) if t]
    found = []
    for place, token in enumerate(tokens):
        if token in known:
            found.append((1 if place == len(tokens) - 1 else 2, known[token]))
    for word, tier in known.items():
        if not word.isascii() and word in key:
            found.append((1 if key.endswith(word) else 2, tier))
    return min(found, default=None)


def is_heading(cell: str) -> bool:
    """Tell whether a cell of a first line is surely a column's name and not a value."""
    key = name_key(cell)
    if any(key in known for known in ROLES.values()):
        return True
    shaped = re.fullmatch(r"[A-Za-z][A-Za-z0-9]*([_.-][A-Za-z0-9]+)+", cell.strip())
    return bool(shaped) and any(match(cell, role) is not None for role in ROLES)
