"""First drafts of definitions: files that are valid as they stand, with comments that say what to change."""

from __future__ import annotations

from collections.abc import Mapping

from waypost_server.definitions.yaml_writer import written
from waypost_server.domain.definitions import Definitions

_HEAD = """\
# {title}: say here what it is for and why now.
key: {key}
title: {name}
surface: {surface}
goal: {{feature: {feature}, count: 1, within_days: 14}}   # the behaviour it is for, never a click or a login
audience:
  user.role: {{$in: [{role}]}}
  usage.{feature}.used: false
"""
_TAIL = """\
frequency: {{max: 2, per: 30d, cooldown_days: 7, until: goal}}
priority: start                     # deepen before start before announce
"""
_CASES = """\
cases:                              # run by `waypost nudges test`
  - name: somebody who has not done it yet
    given: {{user: {{role: {role}}}}}
    expect: shown
  - name: not once it is done
    given: {{user: {{role: {role}}}, usage.{feature}.used: true}}
    expect: {{held: audience}}
"""
_WORDS = """\
content:
  en:
    title: One short line that says what they get
    body: One or two sentences. **What to do**, and what it is good for.
    actions: [{{label: Do it now, url: /}}]
    why: You see this because you have not tried it yet.
"""
_ANCHORED = 'where: {{path: /*, anchor: {key}}}          # the element with data-waypost="{key}"\n'
_ANYWHERE = "where: {{path: /*}}\n"

_NUDGES: Mapping[str, str] = {
    "tooltip": _HEAD + _ANCHORED + _TAIL + _WORDS + _CASES,
    "hotspot": _HEAD + _ANCHORED + _TAIL + _WORDS + _CASES,
    "banner": _HEAD + _ANYWHERE + _TAIL + _WORDS + _CASES,
    "modal": _HEAD + _ANYWHERE + _TAIL + _WORDS + _CASES,
    "slideout": _HEAD + _ANYWHERE + _TAIL + _WORDS + _CASES,
    "tour": _HEAD + _ANYWHERE + _TAIL + """\
tour:
  resume: true                      # who leaves goes on where they stopped
  steps:
    - {{key: first, where: {{path: /*, anchor: {key}-first}}, advance: click}}
    - {{key: last, where: {{path: /*, anchor: {key}-last}}}}
content:
  en:
    title: Two steps
    why: You see this because you have not tried it yet.
    steps:
      first: {{title: Start here, body: Press **this**.}}
      last: {{title: That is all, body: You can do it alone from now on.}}
""" + _CASES,
    "checklist": _HEAD + _ANYWHERE + _TAIL + """\
checklist:
  items:                            # ticked by facts, never by clicks
    - {{key: first, feature: {feature}, url: /}}
content:
  en:
    title: Get going
    why: You see this because there is something left to do.
    items: {{first: {{title: Do it once}}}}
    finished: All done.
""" + _CASES,
    "survey": """\
# {title}: say here what you will do with the answers.
key: {key}
title: {name}
surface: survey
audience:
  user.role: {{$in: [{role}]}}
  usage.{feature}.used: true        # ask those who know it
where: {{path: /*}}
frequency: {{max: 1, per: 90d, until: null}}
survey:
  questions:
    - {{key: recommend, type: nps}}   # or csat, stars, choice, text
    - {{key: reason, type: text, required: false}}
content:
  en:
    title: Two short questions
    why: We ask a few people every quarter.
    questions:
      recommend: {{title: "How likely are you to recommend us?", low: Not at all, high: Certainly}}
      reason: {{title: "What is the main reason?"}}
    thanks: Thank you. We read every answer.
cases:
  - name: somebody who uses it
    given: {{user: {{role: {role}}}, usage.{feature}.used: true}}
    expect: shown
""",
    "announcement": """\
# {title}: news in the feed, which people open themselves.
key: {key}
title: {name}
surface: announcement
audience: {{user.role: {{$in: [{role}]}}}}
priority: announce
announcement: {{published_on: 2026-01-01, badge: true}}
content:
  en:
    title: What is new
    body: What it is, and what it is good for.
    actions: [{{label: Have a look, url: /}}]
""",
}  # fmt: skip
_PLAY = """\
# {title}: say here what has gone wrong when it starts, and what shall be different after it.
key: {key}
title: {name}
on: {{signal: usage_decay, severity: {{$gte: 0.5}}}}
goal: {{feature: {feature}, weeks_active: 2, within_days: 30}}
enrol: {{max: 1, per: 60d}}          # how often for the same account; or once
long_tail:
  - email: {{template: {key}, to: {{role: [{role}], limit: 2}}}}
  - wait: {{days: 7, or: goal}}
  - email: {{template: {key}, to: {{role: [{role}], limit: 2}}}}
strategic:                          # people first: a task with a draft, nothing is sent by itself
  - task: {{template: {key}, due: {{business_days: 2}}, mute_digital: true}}
"""
_TEMPLATE = """\
---
subject: One line that says what it is about
---
Hello {{{{ user.name | first_word | default("there") }}}},

one or two sentences in your reader's words.

? {{{{ peers.{feature}.active_share }}}} % of companies like yours do it already.

Reply to this mail, a person reads it.
"""
_CATALOG = """\
# What the product can do, and which events it sends when somebody does it.
product: {name}
features:
  report_export:                    # replace it by what your product does; facts are named after it
    title: Export a report
    events: [Report Exported]       # the names your product sends to `track`
    core: true                      # its use is what "usage falls" means
roles: {{admin: Administrator, member: Member}}
segments:                           # the first that holds is the account's segment
  everybody: {{title: Everybody, when: {{}}}}
motions:                            # served by people: nothing automated is ever sent to these accounts
  strategic: {{when: {{account.plan: enterprise}}}}
default_motion: long_tail
"""
_JOURNEY = """\
phases:
  adoption: {title: Adoption, start_day: 0, end_day: 90}   # days after the account was first seen
milestones:
  first_report:
    title: First report exported
    scope: account                  # account: done by anybody in it; user: by each person
    phase: adoption
    due_days: 14
    steps:                          # customers read these titles: write something to do
      - {key: export, title: Export a report, feature: report_export}
"""
_POLICY = """\
caps:                               # every cap must hold at once
  - {max: 1, per: 1d, scope: person, kinds: [interrupting]}
  - {max: 3, per: 7d, scope: person}
min_gap: 24h                        # between two touches of a person
quiet_hours: {start: "20:00", end: "08:00"}   # in each person's time zone
timezone: UTC                       # what a day is, such as Europe/Berlin
"""
KINDS = (*_NUDGES, "play", "template")


def first_files(product: str) -> dict[str, str]:
    """What a folder begins with: a catalogue to fill in, a journey and a policy, valid as they stand."""
    catalog = _CATALOG.format(name=written(product))
    return {"catalog.yaml": catalog, "journey.yaml": _JOURNEY, "policy.yaml": _POLICY}


def scaffold(kind: str, key: str, title: str, definitions: Definitions) -> dict[str, str]:
    """Files by name: a first draft of a surface, a play with its template, or a template, for these definitions."""
    catalog = definitions.catalog
    names = {
        "key": key,
        "title": title,
        "name": written(title),
        "surface": kind,
        "feature": next((each.key for each in catalog.features if each.core), catalog.features[0].key),
        "role": catalog.roles[0].key if catalog.roles else "admin",
    }
    template = {f"templates/{key}.md": _TEMPLATE.format(**names)}
    if kind == "template":
        return template
    if kind == "play":
        return {f"plays/{key}.yaml": _PLAY.format(**names), **template}
    return {f"in-app/{key}.yaml": _NUDGES[kind].format(**names)}
