"""Other people's awkward input: JSONTestSuite's 318 documents and the Big List of Naughty Strings."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.api.ingest_rig import Rig
from tests.builders import make_event
from waypost_server.api.decode import BadJsonError, decode
from waypost_server.domain.errors import WaypostError

ROOT = Path(__file__).parents[2]
TOLERATED = {"n_number_NaN.json", "n_number_infinity.json", "n_number_minus_infinity.json"}
TOO_DEEP = {"n_structure_100000_opening_arrays.json", "n_structure_open_array_object.json"}
# What the standard leaves open. Text that is no UTF-8 and a byte order mark are refused; numbers beyond any
# range and half characters pass the decoder, and what cannot be stored of them is made storable later.
OPEN_BUT_REFUSED = {
    "i_string_UTF-16LE_with_BOM.json",
    "i_string_UTF-8_invalid_sequence.json",
    "i_string_UTF8_surrogate_U+D800.json",
    "i_string_invalid_utf-8.json",
    "i_string_iso_latin_1.json",
    "i_string_lone_utf8_continuation_byte.json",
    "i_string_not_in_unicode_range.json",
    "i_string_overlong_sequence_2_bytes.json",
    "i_string_overlong_sequence_6_bytes.json",
    "i_string_overlong_sequence_6_bytes_null.json",
    "i_string_truncated-utf-8.json",
    "i_string_utf16BE_no_BOM.json",
    "i_string_utf16LE_no_BOM.json",
    "i_structure_UTF-8_BOM_empty_object.json",
}


@cache
def collections() -> dict[str, Any]:
    """Both, from their packages."""
    run = subprocess.run(
        ["node", "tests/api/foreign_inputs.mjs"], cwd=ROOT, capture_output=True, check=True, timeout=60
    )
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def documents() -> list[tuple[str, bytes]]:
    """Name and bytes. The package holds text: where a byte was no text, it is broken here again."""
    return [
        (each["name"], each["input"].encode("utf-8", "surrogatepass").replace("\ufffd".encode(), b"\xff"))
        for each in collections()["json"]
    ]


def test_the_decoder_takes_what_is_json_and_refuses_the_rest() -> None:
    """All 318: `y_` accepted, `n_` refused but for NaN and Infinity, the open ones by a fixed table."""
    wrong = []
    for name, body in documents():
        try:
            decode(body)
            accepted = True
        except BadJsonError:
            accepted = False
        except WaypostError as error:
            assert error.code == "too_deep" and name in TOO_DEEP, name
            accepted = False
        wanted = (
            name in TOLERATED
            or name.startswith("y_")
            or (name.startswith("i_") and name not in OPEN_BUT_REFUSED)
        )
        if accepted is not wanted:
            wrong.append(name)
    assert len(documents()) == 318
    assert wrong == []


@pytest.fixture
def rigs(sqlite_url: str, postgres_url: str) -> Iterator[list[Rig]]:
    """The same workspace on both databases."""
    made = [Rig(sqlite_url), Rig(postgres_url)]
    yield made
    for rig in made:
        rig.close()


@pytest.mark.slow
def test_as_bodies_and_as_values_they_are_200_or_400_on_both_databases(rigs: list[Rig]) -> None:
    """Whole bodies, and values inside an event; the verdict and the code are the same on both."""
    for name, body in documents():
        event = json.dumps(make_event(messageId=name[:90]))
        inside = b'{"batch": [' + event.encode()[:-1] + b', "extra": ' + body + b"}]}"
        for sent in (body, inside):
            answers = [rig.post("batch", sent) for rig in rigs]
            verdicts = [
                (each.status_code, each.json.get("code"), each.json.get("accepted")) for each in answers
            ]
            assert verdicts[0] == verdicts[1], name
            assert verdicts[0][0] in (200, 400), name


@pytest.mark.slow
def test_naughty_strings_are_kept_to_the_letter_or_refused_with_a_code(rigs: list[Rig]) -> None:
    """As a value, a trait and a name every string is kept as it is; as an id it may be refused, with a code.
    Both databases say the same."""
    strings: list[str] = collections()["strings"]
    assert len(strings) == 485
    events = []
    for number, text in enumerate(strings):
        events += [
            make_event(messageId=f"v{number}", properties={"value": text, "nested": {"list": [text]}}),
            make_event(messageId=f"t{number}", type="identify", userId=f"u{number}", traits={"note": text}),
            make_event(messageId=f"k{number}", properties={text[:100]: 1}),
            make_event(messageId=f"n{number}", event=text),
            make_event(messageId=f"i{number}", userId=text),
            make_event(messageId=f"a{number}", context={"groupId": text}),
        ]
    for start in range(0, len(events), 400):
        answers = [rig.batch(*events[start : start + 400]) for rig in rigs]
        assert [each.status_code for each in answers] == [200, 200]
        assert answers[0].json == answers[1].json
        assert all(each["code"] and each["message"] for each in answers[0].json["rejected"])
        assert all(each["messageId"][0] in "kina" for each in answers[0].json["rejected"])
    for rig in rigs:
        traits = dict(rig.rows("select id, traits from end_user where id like 'u%'"))
        for number, text in enumerate(strings):
            found = traits[f"u{number}"]
            assert (json.loads(found) if isinstance(found, str) else found)["note"] == text
    assert len({rig.one("select count(*) from event") for rig in rigs}) == 1
    assert len({rig.one("select count(*) from quarantine") for rig in rigs}) == 1
