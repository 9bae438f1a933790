"""Chat messages: how they look to Slack and Teams, and what their answers mean."""

from __future__ import annotations

import json

import pytest

from tests.faults.sinks import hook_sink
from waypost_server.channels import chat_words
from waypost_server.channels.chat import ChatPost, ChatPoster, shown
from waypost_server.channels.egress import Egress
from waypost_server.channels.outcome import Abandoned, Later, Outcome, Refused, Sent, Unclear

HOSTILE = "Ada <!channel> *bold* [pay](javascript:alert(1)) & co"
WORDS = "Use of **exports** fell.\n\n- Ask [Ada](https://acme.example/u?a=1&b=2)\n- `retry`"


def test_slack_gets_typed_pieces() -> None:
    """Bold, lists, links and code are elements; the words between them are never parsed."""
    body = chat_words.slack("Use fell", WORDS)
    (section, bullets) = body["blocks"][1]["elements"]
    assert {"type": "text", "text": "exports", "style": {"bold": True}} in section["elements"]
    assert bullets["style"] == "bullet"
    first, second = bullets["elements"]
    assert {"type": "link", "url": "https://acme.example/u?a=1&b=2", "text": "Ada"} in first["elements"]
    assert second["elements"] == [{"type": "text", "text": "retry", "style": {"code": True}}]


def test_teams_gets_an_adaptive_card() -> None:
    """The same pieces as text runs; a link is an action."""
    card = chat_words.teams("Use *fell*", WORDS)["attachments"][0]["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert card["body"][0]["text"] == "Use \\*fell\\*"
    runs = [run for block in card["body"][1:] for run in block["inlines"]]
    assert {"type": "TextRun", "text": "exports", "weight": "Bolder"} in runs
    (link,) = [run for run in runs if "selectAction" in run]
    assert link["selectAction"]["url"] == "https://acme.example/u?a=1&b=2"


def test_hostile_names_stay_words() -> None:
    """No mention, no script, in neither."""
    slack, teams = chat_words.slack(HOSTILE, HOSTILE), chat_words.teams(HOSTILE, HOSTILE)
    assert "<!channel>" not in slack["text"]
    assert '"link"' not in json.dumps(slack)
    assert "selectAction" not in json.dumps(teams)


def test_long_words_are_cut_where_the_services_would_refuse() -> None:
    """With a mark."""
    assert len(json.dumps(chat_words.slack("x" * 500, "y" * 50_000))) < 10_000
    assert "…" in json.dumps(chat_words.teams("x", "y" * 50_000), ensure_ascii=False)


def _post(url: str, mark: bool = True, **changes: str) -> Outcome:
    given = {"service": "slack", "address": url, "title": "Hello", "markdown": "there", **changes}
    return ChatPoster(Egress(allow_loopback=True)).post(ChatPost(**given), lambda: mark)


@pytest.mark.parametrize(
    ("status", "headers", "wanted"),
    [
        (200, {}, Sent("HTTP 200")),
        (429, {"Retry-After": "30"}, Later("HTTP 429", 30, too_fast=True)),
        (503, {}, Later("HTTP 503")),
        (500, {}, Unclear("HTTP 500: it may have been posted")),
        (400, {}, Refused("HTTP 400: no_text")),
        (404, {}, Refused("HTTP 404: no_text", gone=True)),
    ],
)
def test_answers_of_an_incoming_webhook(status: int, headers: dict[str, str], wanted: Outcome) -> None:
    """429 and 503 are surely not posted; any other 5xx may have been."""
    with hook_sink() as (sink, url):
        sink.status, sink.headers, sink.reply = status, headers, b"no_text"
        assert _post(url) == wanted


@pytest.mark.parametrize(
    ("reply", "wanted"),
    [
        ({"ok": True, "ts": "17.5"}, Sent("posted as 17.5")),
        ({"ok": False, "error": "ratelimited"}, Later("ratelimited", 7, too_fast=True)),
        ({"ok": False, "error": "channel_not_found"}, Refused("Slack says channel_not_found")),
        ({"ok": False, "error": "token_revoked"}, Refused("Slack says token_revoked", gone=True)),
        ([], Unclear("the answer is not Slack's")),
    ],
)
def test_answers_of_slacks_web_api(reply: object, wanted: Outcome) -> None:
    """It says 200 also when it refuses; the token travels in a header, the room in the body."""
    with hook_sink() as (sink, url):
        sink.reply, sink.headers = json.dumps(reply).encode(), {"Retry-After": "7"}
        base = url.removesuffix("/hook")
        poster = ChatPoster(Egress(allow_loopback=True), slack_api=base)
        post = ChatPost("slack", "xoxb-1-secret", "Hello", "there", "C024")
        assert poster.post(post, lambda: True) == wanted
        ((headers, body),) = sink.posts
        assert sink.paths == ["/chat.postMessage"] and headers["authorization"] == "Bearer xoxb-1-secret"
        assert json.loads(body)["channel"] == "C024"


def test_nothing_leaves_without_the_mark_and_nothing_is_unclear_without_a_connection() -> None:
    """The commit point lies between the connection and the first byte."""
    with hook_sink() as (sink, url):
        assert _post(url, mark=False) == Abandoned()
        assert sink.posts == []
    assert isinstance(_post(url), Later), "nobody listens there any more"


def test_an_address_is_shown_by_its_end_only() -> None:
    """Enough to tell two apart."""
    assert shown("https://hooks.slack.com/services/T000/B000/XXXXabcd") == "hooks.slack.com/…abcd"
    assert shown("xoxb-1234567890-1234567890-wxyz") == "a bot's token …wxyz"
    assert shown("") == ""
    assert "secret" not in repr(ChatPost("slack", "xoxb-secret", "t", "m"))
