"""A small, correct set of files, to be broken one line at a time."""

from __future__ import annotations

from waypost_server.channels.template_check import check_template
from waypost_server.definitions.findings import Finding
from waypost_server.definitions.loader import Loaded, load_files

CATALOG = """\
product: Acme
features:
  launch: {title: Launch, events: [Launched]}
  export: {title: Export, events: [Exported]}
  login: {title: Sign in, events: [Signed In]}
roles: {admin: Admin, viewer: Viewer}
segments:
  large: {title: Large, when: {account.seats: {$gte: 100}}}
motions:
  strategic: {when: {account.plan: enterprise}}
default_motion: long_tail
"""
JOURNEY = """\
phases: {adoption: {title: Adoption, start_day: 14, end_day: 90}}
milestones:
  first:
    title: First launch
    scope: account
    phase: adoption
    due_days: 14
    steps:
      - {title: Launch it, feature: launch}
      - {title: Export it, feature: export}
"""
POLICY = """\
caps: [{max: 3, per: 7d}]
quiet_hours: {start: "20:00", end: "08:00"}
timezone: Europe/Berlin
webhooks: {crm: https://crm.example.com/x}
"""
NUDGE = """\
key: hint
title: Hint
surface: tooltip
goal: {milestone: first}
audience: {user.role: admin}
where: {path: /a/*, anchor: button}
frequency: {max: 2, cooldown_days: 7}
content:
  en:
    title: Hello
    body: "{{ milestone.first.done }} done"
    actions: [{label: Go, url: /a}]
cases:
  - name: an admin
    given: {user: {role: admin}}
    expect: shown
"""
PLAY = """\
key: drop
title: Drop
on: {signal: usage_decay, severity: {$gte: 0.5}}
goal: {feature: launch, count: 2}
long_tail:
  - email: {template: tips, to: {role: admin}}
  - wait: {days: 3, or: goal}
  - webhook: crm
strategic:
  - task: {template: tips}
"""
TEMPLATE = """\
---
subject: Hello
---
Hi {{ user.name | default("there") }},

{{ milestone.first.done }} steps done.
"""
FILES = {
    "catalog.yaml": CATALOG,
    "journey.yaml": JOURNEY,
    "policy.yaml": POLICY,
    "in-app/hint.yaml": NUDGE,
    "plays/drop.yaml": PLAY,
    "templates/tips.md": TEMPLATE,
}


def load_with(name: str, old: str, new: str) -> Loaded:
    """The small set with one text replaced in one file."""
    text = FILES.get(name, "")
    assert old in text, f"{old!r} is not in {name}"
    changed = text.replace(old, new, 1) if old else new
    return load_files({**FILES, name: changed}, check_template=check_template)


def found(loaded: Loaded, code: str, file: str) -> Finding:
    """The first finding with this code in this file."""
    matching = [each for each in loaded.findings if (each.code, each.file) == (code, file)]
    assert matching, f"no {code} in {file} among: " + "; ".join(map(str, loaded.findings))
    return matching[0]
