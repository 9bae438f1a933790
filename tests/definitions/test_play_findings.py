"""What can be wrong with what a play does, with its place and remedy."""

from __future__ import annotations

import pytest

from tests.definitions.files import FILES, found, load_with
from waypost_server.definitions.loader import load_files

PLAY = "plays/drop.yaml"
WEBHOOK = "- webhook: crm"


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "remedy"),
    [
        (WEBHOOK, "- wait: {days: 3, hours: 2}", "wait_shape", 8, "keep one"),
        (WEBHOOK, "- wait: {until: {feature: launch}}", "wait_shape", 8, "days: 3"),
        (WEBHOOK, "- wait: {days: 1, until: {weekday: monday}}", "wait_shape", 8, "remove `days`"),
        (WEBHOOK, "- wait: {days: 1, timeout: [webhook: crm]}", "wait_shape", 8, "after the wait"),
        (WEBHOOK, "- wait: {days: 1, until: {feature: launch, milestone: first}}", "until_shape", 8, "weekday"),
        (WEBHOOK, '- wait: {days: 1, until: {feature: launch, at: "09:00"}}', "until_shape", 8, "remove `at`"),
        (WEBHOOK, "- wait: {days: 1, until: {days_before: 3, weekday: monday}}", "until_shape", 8, "fact"),
        (WEBHOOK, "- wait: {days: 1, until: {feature: lanch}}", "unknown_feature", 8, "did you mean launch"),
        (WEBHOOK, "- wait: {days: 1, until: {milestone: frst}}", "unknown_milestone", 8, "did you mean first"),
        (WEBHOOK, "- wait: {days: 1, until: {condition: {user.role: admin}}}", "fact_scope", 8, "account"),
        (WEBHOOK, "- wait: {until: {fact: account.users}}", "not_a_date", 8, "account.renewal_on"),
        (WEBHOOK, "- message: {email: tips}", "message_shape", 8, "in_app:"),
        (WEBHOOK, "- message: {email: tips, in_app: hint, channel: [chat]}", "message_shape", 8, "chat"),
        (WEBHOOK, "- message: {email: tips, in_app: hint, channel: post}", "message_shape", 8, "preferred"),
        (WEBHOOK, "- message: {email: tips, in_app: hnt}", "unknown_nudge", 8, "hint"),
        (WEBHOOK, "- workshop: {template: tips}", "missing_key", 8, "key:"),
        (WEBHOOK, "- workshop: {key: none, template: tips}", "unknown_workshop", 8, "none"),
        (WEBHOOK, "- branch: {when: {account.seats: 1}}", "missing_key", 8, "then:"),
        (WEBHOOK, "- branch: {when: {acount.seats: 1}, then: [webhook: crm]}", "unknown_fact", 8, "account.seats"),
        (WEBHOOK, "- branch: {when: {account.seats: 1}, then: [webhook: crn]}", "unknown_webhook", 8, "crm"),
        (WEBHOOK, "- branch: {when: {account.seats: 1}, then: [webhok: crm]}", "unknown_step", 8, "webhook"),
        (WEBHOOK, "- set_trait: {trait: motion, value: a}", "trait_name", 8, "another name"),
        (WEBHOOK, "- set_trait: {trait: stage, value: [a]}", "not_scalar", 8, "one value"),
        (WEBHOOK, "- end: Enough\n  - webhook: crm", "unreachable_step", 9, "move `end`"),
        ("signal: usage_decay", "person: true, signal: usage_decay", "trigger_shape", 3, "person: true"),
        ("signal: usage_decay, severity: {$gte: 0.5}", "person: true, milestone: first", "trigger_shape", 3, "write"),
        ("signal: usage_decay, severity: {$gte: 0.5}", "condition: {acount.seats: 3}", "unknown_fact", 3, "seats"),
        ("signal: usage_decay, severity: {$gte: 0.5}", "condition: {user.role: admin}", "fact_scope", 3, "account"),
        ("{$gte: 0.5}", "{$gte: 80}", "bad_severity", 3, "0.5"),
        ("{$gte: 0.5}", "{$in: [0.5, -1]}", "bad_severity", 3, "0.5"),
        ("{$gte: 0.5}", "high", "bad_severity", 3, "0.5"),
        ("title: Drop", "title: Drop\nsubject: user", "subject_of_signal", 3, "remove `subject:`"),
        ("title: Drop", "title: Drop\nenrol: twice", "enrol_shape", 3, "enrol: once"),
        ("title: Drop", "title: Drop\nenrol: once\nevery_days: 3", "enrol_shape", 1, "keep enrol"),
        ("title: Drop", "title: Drop\nenrol: {max: 2}", "missing_key", 3, "per: 90d"),
        ("title: Drop", "title: Drop\nexit: {acount.seats: 1}", "unknown_fact", 3, "account.seats"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_step(old: str, new: str, code: str, line: int, remedy: str) -> None:
    """Each mistake names its line and what to write instead, also inside another step."""
    finding = found(load_with(PLAY, old, new), code, PLAY)
    assert finding.line == line and remedy in finding.remedy


def test_a_play_about_accounts_has_no_user() -> None:
    """A trait of a user is set where there is one."""
    play = FILES[PLAY].replace("signal: usage_decay, severity: {$gte: 0.5}", "person: true")
    text = play.replace(WEBHOOK, "- set_trait: {trait: stage, value: late, of: user}")
    finding = found(load_files({**FILES, PLAY: text}), "no_user", PLAY)
    assert finding.line == 8 and "subject: user" in finding.remedy


def test_every_step_together_is_correct() -> None:
    """A play with all that steers it has nothing to report."""
    steps = """- wait: {until: {weekday: tuesday, at: "10:00"}}
  - branch:
      when: {account.seats: {$gte: 10}}
      then:
        - set_trait: {trait: stage, value: late}
        - wait: {until: {fact: account.renewal_on, days_before: 30}}
      else:
        - end: Too small
  - wait:
      until: {condition: {account.seats: {$gte: 20}}}
      business_days: 5
      timeout: [{end: No growth}]
  - webhook: crm"""
    loaded = load_with(PLAY, WEBHOOK, steps)
    assert [str(each) for each in loaded.findings if each.file == PLAY] == []


WORKSHOP = """\
key: basics
title: Basics
goal: {feature: launch, within_days: 7}
host: {name: Robin, email: robin@acme.example}
minutes: 45
content:
  en: {title: Basics}
"""


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "remedy"),
    [
        ("email: robin@acme.example", "email: Robin <robin>", "bad_address", 4, "robin@acme.example"),
        ("minutes: 45\n", "", "missing_key", 1, "minutes: 45"),
        ("goal: {feature: launch, within_days: 7}\n", "", "no_goal", 1, "add `goal:"),
        ("feature: launch", "feature: login", "login_goal", 3, "behaviour"),
        ("feature: launch", "feature: lanch", "unknown_feature", 3, "launch"),
        ("  en: {", "  de: {", "no_content", 6, "add `en:`"),
        (
            "  en: {title: Basics}",
            "  en: {title: Basics}\n  english: {title: B}",
            "bad_language",
            8,
            "en, de",
        ),
    ],
)
def test_what_is_wrong_with_a_workshop(old: str, new: str, code: str, line: int, remedy: str) -> None:
    """Each mistake names its line and what to write instead; as written it is correct."""
    path = "workshops/basics.yaml"
    assert load_files({**FILES, path: WORKSHOP}).findings == ()
    finding = found(load_files({**FILES, path: WORKSHOP.replace(old, new, 1)}), code, path)
    assert finding.line == line and remedy in finding.remedy


@pytest.mark.parametrize(
    ("line", "code", "remedy"),
    [
        ("channels: {adopton: [email]}", "unknown_phase", "adoption"),
        ("channels: {adoption: [mail]}", "unknown_channel", "email"),
    ],
)
def test_orders_of_channels_name_phases_and_channels(line: str, code: str, remedy: str) -> None:
    """What is misspelt is told with what it may have meant."""
    finding = found(load_files({**FILES, "policy.yaml": FILES["policy.yaml"] + line}), code, "policy.yaml")
    assert remedy in finding.remedy
