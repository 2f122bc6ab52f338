r"""Settle Korean particles by the last sound of what stands before them: 3을(를) → 3을, 2을(를) → 2를."""

from __future__ import annotations

import re

PAIRS = {
    "을(를)": ("을", "를"),
    "은(는)": ("은", "는"),
    "이(가)": ("이", "가"),
    "과(와)": ("과", "와"),
    "와(과)": ("과", "와"),
    "를(을)": ("을", "를"),
    "는(은)": ("은", "는"),
    "가(이)": ("이", "가"),
    "(으)로": ("으로", "로"),
    "(이)다": ("이다", "다"),
    "(이)라": ("이라", "라"),
    "(이)나": ("이나", "나"),
    "(이)며": ("이며", "며"),
    "(이)고": ("이고", "고"),
}
PARTICLE = re.compile("|".join(map(re.escape, PAIRS)))

DIGITS = {"0": "ㅇ", "1": "ㄹ", "2": "", "3": "ㅁ", "4": "", "5": "", "6": "ㄱ", "7": "ㄹ", "8": "ㄹ", "9": ""}
LETTERS = {"l": "ㄹ", "m": "ㅁ", "n": "ㄴ", "r": "ㄹ"}
WORDS = {
    "%": "",
    "ms": "",
    "kb": "",
    "mb": "",
    "gb": "",
    "flop": "ㅂ",
    "adam": "ㅁ",
    "gan": "ㄴ",
    "net": "ㅅ",
    "bert": "",
    "sgd": "",
    "dqn": "ㄴ",
}


def final_sound(text: str) -> str | None:
    r"""Return the final consonant with which a text ends when it is read aloud: ``""`` after a vowel, None if unknown.

    Numbers are read as Korean reads them: 10 is 십, 1,000 is 천, 3.10 ends in 영 (each decimal by itself).

    Examples:
        >>> [final_sound(t) for t in ("3", "2", "10", "1,000", "10000", "0.5", "손실", "62%", "AlexNet")]
        ['ㅁ', '', 'ㅂ', 'ㄴ', 'ㄴ', '', 'ㄹ', '', 'ㅅ']
    """
    text = re.sub(r"[\s`*_$)\]}\"'”’」』〉》]+$", "", text)
    text = re.sub(r"(?<=\S)\([^()]*$", "", text)  # 손실(loss)은: what counts is the word before the bracket
    if not text:
        return None
    last = text[-1]
    if "가" <= last <= "힣":
        code = (ord(last) - 0xAC00) % 28
        return " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"[code].strip()
    number = re.search(r"\d[\d,]*(?:\.\d+)?$", text)
    if number:
        return _number(number[0].replace(",", ""))
    word = re.search(r"(%|[A-Za-z]+)$", text)
    if word:
        lower = word[0].lower()
        for ending, sound in WORDS.items():
            if lower.endswith(ending):
                return sound
        return LETTERS.get(lower[-1], "") if word[0].isupper() or len(lower) == 1 else _word(lower)
    return None


def _word(word: str) -> str:
    if word.endswith(("ng", "ck")):
        return {"g": "ㅇ", "k": "ㄱ"}[word[-1]]
    if word[-1] in "bkpt" and word[-2] not in "aeiou":
        return ""  # test is 테스트, network is 네트워크
    return {"l": "ㄹ", "m": "ㅁ", "n": "ㄴ", "b": "ㅂ", "k": "ㄱ", "p": "ㅂ", "t": "ㅅ"}.get(word[-1], "")


def _number(digits: str) -> str:
    if "." in digits:
        return DIGITS[digits[-1]]
    zeros = len(digits) - len(digits.rstrip("0"))
    if not zeros or zeros == len(digits):
        return DIGITS[digits[-1]]
    return ["", "ㅂ", "ㄱ", "ㄴ"][zeros] if zeros < 4 else "ㄴ" if zeros < 8 else "ㄱ" if zeros < 12 else ""


def settle(text: str, before: str = "") -> str:
    r"""Choose each particle that is written in both forms, where the sound before it is known.

    Args:
        text: Korean text.
        before: What stands before the text.

    Returns:
        The text with its particles settled.

    Examples:
        >>> settle("손실은 3을(를) 넘고 2을(를) 넘고 서울(으)로 10%(으)로 간다.")
        '손실은 3을 넘고 2를 넘고 서울로 10%로 간다.'
        >>> settle("이(가) 답이다.", before="그림 3.1")
        '이 답이다.'
    """
    out, position = "", 0
    for hit in PARTICLE.finditer(text):
        out += text[position : hit.start()]
        sound = final_sound(before + out)
        position = hit.end()
        if sound is None:
            out += hit[0]
        elif hit[0] == "(으)로":
            out += "로" if sound in ("", "ㄹ") else "으로"
        else:
            out += PAIRS[hit[0]][0 if sound else 1]
    return out + text[position:]
