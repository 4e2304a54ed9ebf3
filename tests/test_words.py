import pytest

from play_fair.words import brief, percent, plural, shortened, signed


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


@pytest.mark.parametrize(("count", "words"), [(0, "0 videos"), (1, "1 video"), (1234, "1,234 videos")])
def test_plural(count, words):
    assert plural(count, "video") == words


def test_shortened_names_are_no_longer_than_asked():
    assert shortened("a short name") == "a short name"
    assert shortened("word " * 20, 12) == "word word w…"
    assert len(shortened("x" * 100)) == 60
