import pytest

from play_fair.errors import UserError
from play_fair.labels import find_class

NAMES = ["Moving something up", "Moving something down", "Covering something", "Uncovering something"]


@pytest.mark.parametrize(
    ("typed", "class_id"),
    [
        ("Moving something down", 1),
        ("  moving   SOMETHING down ", 1),
        ("down", 1),
        ("covering", 2),
        ("Covering something", 2),
        ("uncover", 3),
    ],
)
def test_names_as_people_type_them(typed, class_id):
    assert find_class(typed, NAMES) == class_id


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("moving", "did you mean “Moving something up” or “Moving something down”?"),
        ("Movin somthing up", "did you mean “Moving something up”"),
        ("xyz", "it knows “Moving something up”, .* or “Uncovering something” .of 4."),
        ("", "it knows"),
    ],
)
def test_wrong_names_get_a_hint(typed, hint):
    with pytest.raises(UserError, match=f"expected a class of the model, got '{typed}'; {hint}"):
        find_class(typed, NAMES)
