"""Reports of mail servers: what they say about which mail, whatever they look like."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.channels.reports import arf, dsn
from waypost_server.channels.bounce import read


def test_a_failed_delivery_names_its_mail_its_status_and_why() -> None:
    """RFC 3464, with the returned mail's headers as text."""
    (report,) = read(dsn("d-1", status="5.1.1", said="550 5.1.1 <x@y.example>: no such user"))
    assert (report.kind, report.status, report.delivery_id) == ("hard", "5.1.1", "d-1")
    assert report.detail == "550 5.1.1 <x@y.example>: no such user"
    assert "bounces+d-1.abc@acme.example" in report.returned_to


def test_what_may_pass_is_soft_and_success_is_nothing() -> None:
    """A full mailbox, a policy, a delay; a report of success is not a bounce."""
    for status in ("5.2.2", "5.7.1", "4.4.1", "5.1.8", "nonsense"):
        assert [each.kind for each in read(dsn("d-1", status=status))] == ["soft"], status
    assert [each.kind for each in read(dsn("d-1", action="delayed", status="4.4.7"))] == ["soft"]
    assert read(dsn("d-1", action="delivered", status="2.0.0")) == []


def test_a_complaint_names_its_mail_even_without_its_recipient() -> None:
    """ARF: providers hide who complained; our own header and return address remain."""
    (report,) = read(arf("d-2"))
    assert (report.kind, report.status, report.delivery_id) == ("complaint", "abuse", "d-2")
    assert "bounces+d-2.abc@acme.example" in report.returned_to
    assert read(arf("d-2", kind="not-spam")) == []


def test_what_nests_without_end_is_no_report() -> None:
    """Anybody may write to the address: a mail of a thousand parts in each other stops nobody from reading the next."""
    parts = (f'Content-Type: multipart/mixed; boundary="{number}"\n\n--{number}\n' for number in range(5_000))
    assert read(("MIME-Version: 1.0\n" + "".join(parts)).encode()) == []


def test_ordinary_mail_is_no_report() -> None:
    """An answer that somebody is on holiday says nothing."""
    assert read(b"From: a@b.example\r\nSubject: Out of office\r\n\r\nBack on Monday.\r\n") == []


@given(st.binary(max_size=2_000))
def test_any_bytes_are_read_without_an_error(noise: bytes) -> None:
    """Mailboxes hold anything; also when a report is cut off or overwritten in the middle."""
    read(noise)
    whole = dsn("d-1")
    read(whole[: len(noise)] + noise + whole[len(noise) :])
