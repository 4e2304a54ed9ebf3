import numpy as np
import pytest

from play_fair.formatting import SPACE, brief, interval, join_with_and, number, percent, plural, shortened, signed


@pytest.mark.parametrize(
    ("value", "words"), [(0.1234, "+0.123"), (-0.0451, "−0.045"), (0.0, "0.000"), (-0.0001, "0.000"), (1.0, "+1.000")]
)
def test_signed(value, words):
    assert signed(value) == words


@pytest.mark.parametrize(
    ("value", "sign", "words"),
    [
        (0.123, False, ".12"),
        (1.0, False, "1.00"),
        (0.0, True, "0.00"),
        (0.12, True, "+.12"),
        (-0.05, True, "−.05"),
        (-0.05, False, "−.05"),
    ],
)
def test_brief(value, sign, words):
    assert brief(value, sign) == words


def test_percent_does_not_break():
    assert percent(0.7134) == "71.3\N{NO-BREAK SPACE}%"


def test_number_has_a_true_minus_and_no_negative_zero():
    assert [number(value, 2) for value in (0.256, -0.256, -0.001, np.nan)] == ["0.26", "−0.26", "0.00", "–"]


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        ((0.0857, 0.08, 0.091), {}, "0.086 [0.080, 0.091]"),
        ((-0.0004, -0.001, 0.0002), {}, "0.000 [−0.001, 0.000]"),
        ((10.0, 5.0, 20.0, 1), {"sign": True, "unit": "points"}, "+10.0 points [+5.0, +20.0]"),
        ((12.345, np.nan, np.nan, 1), {"unit": "%"}, "12.3 %"),
        ((np.nan, np.nan, np.nan), {}, "–"),
    ],
)
def test_interval(arguments, options, words):
    assert interval(*arguments, **options).replace(SPACE, " ") == words


def test_join_with_and():
    assert [join_with_and(list("abc")[:count]) for count in (1, 2, 3)] == ["a", "a and b", "a, b and c"]


@pytest.mark.parametrize(("count", "words"), [(0, "0 videos"), (1, "1 video"), (1234, "1,234 videos")])
def test_plural(count, words):
    assert plural(count, "video") == words


def test_shortened_names_are_no_longer_than_asked():
    assert shortened("a short name") == "a short name"
    assert shortened("word " * 20, 12) == "word word w…"
    assert len(shortened("x" * 100)) == 60
