"""Rows that look as if they were written to instruct a language model instead of to be labelled."""

from __future__ import annotations

import re

_EN = (
    r"\b(?:ignore|disregard|forget|override)\b.{0,30}\b(?:previous|prior|above|earlier|preceding|"
    r"your|all)\b.{0,20}\b(?:instructions?|prompts?|rules|directions|guidelines|training)\b",
    r"\b(?:reveal|print|repeat|show|output|leak)\b.{0,30}\b(?:system|initial|hidden|original)\s+"
    r"(?:prompt|instructions?|message)\b",
    r"\byou are (?:now|no longer)\b.{0,40}\b(?:ai|assistant|model|chatbot|dan|jailbroken|"
    r"unrestricted)\b",
    r"\b(?:enable|enter|activate)\b.{0,15}\b(?:developer|jailbreak|dan|god) mode\b",
    r"\bdo anything now\b",
    r"\b(?:respond|answer|reply|classify|label)\b.{0,25}\bonly (?:with|as)\b.{0,25}"
    r"\b(?:label|class|category|positive|negative)\b",
    r"(?:^|\n)\s*(?:#{2,}\s*)?(?:system|assistant)\s*:\s*\S",
)
_ZH = (
    r"(?:忽略|无视|忘记|忘掉|不要理会).{0,8}(?:之前|以上|上面|前面|先前|所有).{0,8}"
    r"(?:指令|提示|规则|要求|设定|内容)",
    r"(?:输出|显示|泄露|告诉我|打印|重复).{0,8}(?:系统提示|系统指令|初始指令|提示词)",
    r"(?:进入|开启|启用).{0,6}(?:开发者|越狱|上帝)模式",
    r"你现在(?:是|扮演).{0,12}(?:不受限制|没有限制|无限制)",
)
_MARKS = (r"<\|(?:im_start|im_end|system|user|assistant|endoftext)\|>", r"\[/?INST\]", r"<</?SYS>>")
# Every form above holds one of these; looking for them first is ten times as fast.
_WORDS = (
    "instruction", "prompt", "rules", "directions", "guidelines", "training", "message",
    "you are now", "no longer", " mode", "do anything now", "only ", "system", "assistant",
    "<|im_", "<|system", "<|user", "<|assistant", "<|endoftext", "[inst", "[/inst", "sys>>",
    "指令", "提示", "规则", "要求", "设定", "内容", "模式", "限制",
)  # fmt: skip
_ANY = re.compile("|".join((*_EN, *_ZH, *_MARKS)), re.IGNORECASE)


def looks_injected(text: str) -> bool:
    """Tell whether a text holds a known form of prompt injection, in English or Chinese.

    A list of forms, not a judgement: one that is phrased freely is missed.
    """
    folded = text.lower()
    return any(word in folded for word in _WORDS) and _ANY.search(text) is not None
