"""The difference between two sets of files, as a person reads it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.definitions.files import FILES
from waypost_server.definitions.changes import compare, text_diff


def test_equal_sets_have_no_changes() -> None:
    """Nothing changed is nothing said."""
    assert compare(FILES, dict(FILES)) == ()
    assert text_diff(FILES, dict(FILES)) == ""


def test_a_field_is_named_with_both_values() -> None:
    """The reader sees which value became which."""
    changed = {
        **FILES,
        "in-app/hint.yaml": FILES["in-app/hint.yaml"].replace("cooldown_days: 7", "cooldown_days: 9"),
    }
    (change,) = compare(FILES, changed)
    assert str(change) == "~ nudge hint (in-app/hint.yaml)"
    assert [str(each) for each in change.fields] == ["~ frequency.cooldown_days: 7 → 9"]
    assert "-frequency: {max: 2, cooldown_days: 7}" in text_diff(FILES, changed)


def test_entries_of_the_catalogue_are_definitions_of_their_own() -> None:
    """A feature, a segment's rule and the order of segments are each named."""
    catalog = FILES["catalog.yaml"]
    changed = {
        **FILES,
        "catalog.yaml": catalog.replace("  login: {title: Sign in, events: [Signed In]}\n", ""),
    }
    assert [str(each) for each in compare(FILES, changed)] == ["- feature login (catalog.yaml)"]
    changed = {**FILES, "catalog.yaml": catalog.replace("$gte: 100", "$gte: 50")}
    (change,) = compare(FILES, changed)
    assert (change.kind, str(change.fields[0])) == ("segment", "~ when.account.seats.$gte: 100 → 50")
    swap = {
        "catalog.yaml": "product: A\nfeatures: {}\nsegments:\n  a: {title: A, when: {}}\n  b: {title: B, when: {}}\n"
    }
    other = {
        "catalog.yaml": "product: A\nfeatures: {}\nsegments:\n  b: {title: B, when: {}}\n  a: {title: A, when: {}}\n"
    }
    (change,) = compare(swap, other)
    assert change.fields[0].path == "order of segments"


def test_a_renamed_file_is_no_change_of_meaning() -> None:
    """Definitions are known by their key."""
    moved = {
        ("in-app/other.yaml" if name == "in-app/hint.yaml" else name): text for name, text in FILES.items()
    }
    assert compare(FILES, moved) == ()
    assert "/dev/null" in text_diff(FILES, moved)


def test_true_is_not_one() -> None:
    """YAML's true and 1 are equal to Python and not to an author."""
    one, other = {"in-app/a.yaml": "key: a\nfrom_play: true\n"}, {"in-app/a.yaml": "key: a\nfrom_play: 1\n"}
    assert [str(each) for each in compare(one, other)[0].fields] == ["~ from_play: true → 1"]


def test_a_broken_file_is_compared_as_text() -> None:
    """A draft that does not parse still has a readable difference."""
    (change,) = compare({"in-app/a.yaml": "key: [a\n"}, {"in-app/a.yaml": "key: [b\n"})
    assert change.fields[0].path == "text"


@given(
    st.dictionaries(st.sampled_from(["in-app/a.yaml", "templates/t.md", "x.yaml"]), st.text(max_size=40)),
    st.dictionaries(st.sampled_from(["in-app/a.yaml", "templates/t.md", "x.yaml"]), st.text(max_size=40)),
)
def test_any_two_sets_compare(before: dict[str, str], after: dict[str, str]) -> None:
    """Hostile text raises nothing, and a set does not differ from itself."""
    compare(before, after)
    assert compare(before, before) == ()
