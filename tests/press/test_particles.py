r"""Particles are settled by the last sound of what stands before them."""

import pytest

from press.particles import PAIRS, final_sound, settle


@pytest.mark.parametrize(
    ("text", "sound"),
    [
        *zip("0123456789", ["ㅇ", "ㄹ", "", "ㅁ", "", "", "ㄱ", "ㄹ", "ㄹ", ""], strict=True),  # 영 일 이 삼 사 오 육 칠 팔 구
        ("10", "ㅂ"), ("20", "ㅂ"), ("100", "ㄱ"), ("1000", "ㄴ"), ("1,000", "ㄴ"), ("10000", "ㄴ"), ("120,000,000", "ㄴ"), ("100,000,000", "ㄱ"), ("2000000000000", ""),
        ("1,001", "ㄹ"), ("3.10", "ㅇ"), ("0.5", ""), ("−2.1", "ㄹ"), ("1e−05", ""),
        ("손실", "ㄹ"), ("예측", "ㄱ"), ("정도", ""), ("값", "ㅄ"),
        ("62%", ""), ("60 ms", ""), ("1만", "ㄴ"),
        ("CNN", "ㄴ"), ("MSE", ""), ("ResNet", "ㅅ"), ("Adam", "ㅁ"), ("GPT", ""), ("model", "ㄹ"), ("dropout", "ㅅ"), ("network", ""), ("test", ""),
        ("training", "ㅇ"), ("step", "ㅂ"), ("k", ""), ("n", "ㄴ"),
        ("**손실**", "ㄹ"), ("`x`", ""), ("$n$", "ㄴ"), ("“손실”", "ㄹ"), ("손실(loss)", "ㄹ"), ("그림 3.1", "ㄹ"),
        ("", None), ("…", None), ("α", None),
    ],
)  # fmt: skip
def test_the_last_sound_is_that_of_the_text_read_aloud(text, sound):
    assert final_sound(text) == sound


@pytest.mark.parametrize(("particle", "forms"), PAIRS.items())
def test_each_particle_follows_a_consonant_and_a_vowel(particle, forms):
    assert settle(f"손{particle} 코{particle}") == f"손{forms[0]} 코{forms[1]}"


@pytest.mark.parametrize(
    ("text", "settled"), [("일(으)로", "일로"), ("삼(으)로", "삼으로"), ("이(으)로", "이로"), ("1(으)로 3(으)로", "1로 3으로")]
)
def test_the_particle_of_direction_treats_rieul_as_a_vowel(text, settled):
    assert settle(text) == settled


def test_a_particle_may_stand_after_what_comes_before_the_text():
    assert [settle("이(가) 답이다.", before=before) for before in ("그림 1", "그림 2")] == ["이 답이다.", "가 답이다."]


def test_a_particle_stays_in_both_forms_where_the_sound_is_unknown():
    assert [settle(text) for text in ("α을(를)", "은(는)")] == ["α을(를)", "은(는)"]


def test_text_without_double_forms_stays_as_it_is():
    text = "손실(loss)은 (이) 정도(가)이다 가(나) (으)"
    assert settle(text) == text
