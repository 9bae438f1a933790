# ruff: noqa: E501 - one mistake a line reads better
"""Every mistake an author can make: the file, the line, and what to do about it."""

from __future__ import annotations

import pytest

from tests.definitions.files import FILES, found, load_with
from waypost_server.channels.template_check import check_template
from waypost_server.definitions.loader import load_files

CATALOG, JOURNEY, POLICY = "catalog.yaml", "journey.yaml", "policy.yaml"
NUDGE, PLAY, TEMPLATE = "in-app/hint.yaml", "plays/drop.yaml", "templates/tips.md"

ADOPTION = "adoption.yaml"
NUDGE_TEXT = FILES[NUDGE]


def adopted(behaviour: str) -> str:
    """adoption.yaml with one behaviour, which stands in line 5."""
    inside = ", ".join(filter(None, ("title: A", behaviour)))
    return f"version: 1\nsegments:\n  default:\n    behaviours:\n      - {{{inside}}}\n"


# file, what stands there, what is written instead, code, line, part of the remedy
ERRORS = [
    # the file itself
    (NUDGE, "surface: tooltip", "surface: tooltip\nsurface: modal", "duplicate_key", 4, "keep one"),
    (NUDGE, "title: Hint", "title: &a Hint", "yaml_alias", 2, "write the value out"),
    (NUDGE, "title: Hint", "title: !!str Hint", "yaml_tag", 2, "remove it"),
    (NUDGE, "title: Hint", "title: a: b", "yaml_syntax", 2, "quotes"),
    (NUDGE, "title: Hint", "title: {{ account.name }}", "bad_key", 2, "in quotes"),
    (NUDGE, "title: Hint", "title: Hi {{ user.name }}: {", "yaml_syntax", 2, "that contains {{ }}"),
    (NUDGE, "{path: /a/*, anchor: button}", "{path: Attention: /a, b: c}", "yaml_syntax", 6, "a colon or a comma in quotes"),
    (NUDGE, "  en:\n    title: Hello", "  en:\n\ttitle: Hello", "yaml_syntax", 10, "begins with a tab"),
    (NUDGE, "title: Hint", "title: Hi\x07nt", "yaml_syntax", 2, "delete it"),
    ("hint.yaml", "", NUDGE_TEXT, "unknown_file", 1, "in-app/: move it there"),
    ("drop.yaml", "", "key: a\non: {person: true}\n", "unknown_file", 1, "plays/: move it there"),
    ("tips.md", "", "---\nsubject: Hi\n---\n", "unknown_file", 1, "templates/: move it there"),
    (NUDGE, "title: Hint", "title: [Hint", "yaml_syntax", 3, "check the indentation"),
    (NUDGE, "title: Hint", "<<: {a: 1}\ntitle: Hint", "yaml_alias", 2, "write the values out"),
    (NUDGE, "title: Hint", "? [a]\n: b\ntitle: Hint", "bad_key", 2, "name: value"),
    (NUDGE, "title: Hint", "title: " + "[" * 40 + "]" * 40, "too_deep", 2, "flatten"),
    (NUDGE, "key: hint", "key: hint\n---\nkey: b", "several_documents", 2, "---"),
    ("in-app/empty.yaml", "", "# nothing\n", "empty_file", 1, "delete it"),
    ("in-app/x.yml", "", "key: x", "unknown_file", 1, "end in .yaml"),
    ("play/x.yaml", "", "key: x", "unknown_file", 1, "did you mean plays"),
    ("in-app/nul.yaml", "", "key: a\x00b", "not_utf8", 1, "UTF-8"),
    ("in-app/other.yaml", "", FILES[NUDGE], "duplicate_key", 1, "choose another key"),
    ("templates/us/tips.md", "", FILES[TEMPLATE], "duplicate_key", 1, "rename"),
    # shape
    (NUDGE, "surface: tooltip", "surfce: tooltip", "unknown_key", 3, "did you mean surface"),
    (NUDGE, "surface: tooltip", "priority: start", "missing_key", 1, "add `surface: tooltip`"),
    (NUDGE, "surface: tooltip", "surface: popup", "unknown_word", 3, "tooltip, banner, modal"),
    (NUDGE, "key: hint", "key: My Hint", "bad_key", 1, "a-z 0-9"),
    (NUDGE, "title: Hint", "title: 1.10", "not_text", 2, 'put it in quotes'),
    (NUDGE, "title: Hint", "title: no\nfrom_play: no", "not_boolean", 3, "true or false"),
    (NUDGE, "title: Hint", "title:", "no_value", 2, "remove the line"),
    (NUDGE, "title: Hint", 'title: ""', "empty_text", 2, "write it"),
    (NUDGE, "title: Hello", f"title: {'x' * 121}", "text_too_long", 10, "at most 120"),
    (NUDGE, "{max: 2, cooldown_days: 7}", '{max: "2"}', "not_number", 7, "without quotes"),
    (NUDGE, "{max: 2, cooldown_days: 7}", "{max: 2.5}", "not_number", 7, "whole number"),
    (NUDGE, "{max: 2, cooldown_days: 7}", "{max: 0}", "out_of_range", 7, "1 to"),
    (NUDGE, "{max: 2, cooldown_days: 7}", "{max: 2, per: 7}", "bad_span", 7, "7d"),
    (NUDGE, "{max: 2, cooldown_days: 7}", "{per: 7d}", "frequency_shape", 7, "max: 1, per: 7d"),
    (NUDGE, "{max: 2, cooldown_days: 7}", "{max: 1, limits: [{max: 1}]}", "frequency_shape", 7, "keep limits"),
    (NUDGE, "goal: {milestone: first}", "goal: {milestone: first, feature: launch}", "goal_shape", 4, "goal: {"),
    (NUDGE, "goal: {milestone: first}", "goal: first", "not_mapping", 4, "its keys are: milestone"),
    (NUDGE, "[{label: Go, url: /a}]", "[{label: Go, url: /a, event: b}]", "action_shape", 12, "remove one"),
    (NUDGE, "[{label: Go, url: /a}]", "{label: Go}", "not_list", 12, "- item"),
    (NUDGE, "expect: shown", "expect: hidden", "bad_expectation", 16, "held: audience"),
    (NUDGE, "title: Hint", "title: Hint\nschedule: {days: [monday]}", "bad_weekday", 3, "[mon, tue"),
    (NUDGE, "title: Hint", 'title: Hint\nschedule: {hours: {start: "09:00", end: "09:00"}}', "schedule_shape", 3, "all day"),
    (NUDGE, "title: Hint", "title: Hint\nrequires: [{nudge: hnt}]", "unknown_nudge", 3, "did you mean hint"),
    (NUDGE, "title: Hint", "title: Hint\nrequires: [{nudge: hint}]", "circular", 3, "remove one"),
    (NUDGE, "title: Hint", "title: Hint\nvariants: [{key: a, percent: 60, content: {en: {title: A, body: B}}}, {key: b, percent: 50, content: {en: {title: A, body: B}}}]", "variant_shape", 3, "100 %"),
    (NUDGE, "content:\n  en:\n    title: Hello\n    body: \"{{ milestone.first.done }} done\"\n    actions: [{label: Go, url: /a}]", "content: {}", "no_content", 8, "add `en:`"),
    (NUDGE, "    body: \"{{ milestone.first.done }} done\"\n", "", "missing_words", 9, "add `body"),
    (CATALOG, "default_motion: long_tail", "default_motion: long_tail\ndefault_locale: english", "bad_language", 12, "pt-BR"),
    (JOURNEY, "milestones:", "paths: {basics: {title: B, roles: [admn], nudges: [hint]}}\nmilestones:", "unknown_role", 2, "did you mean admin"),
    (JOURNEY, "milestones:", "paths: {basics: {title: B, nudges: [hnt]}}\nmilestones:", "unknown_nudge", 2, "did you mean hint"),
    (JOURNEY, "milestones:", "paths: {basics: {title: B, nudges: [hint, hint]}}\nmilestones:", "duplicate_key", 2, "another key"),
    (NUDGE, "title: Hint", "title: Hint\nschedule: {starts_on: 1.12.2026}", "bad_day", 3, "2026-12-01"),
    (NUDGE, "title: Hint", "title: Hint\nschedule: {starts_on: 2026-12-02, ends_on: 2026-12-01}", "schedule_shape", 3, "swap"),
    # saved groups
    (CATALOG, "default_motion", "groups: {vip: {title: VIP}}\ndefault_motion", "group_shape", 11, "values: [one, two]"),
    (CATALOG, "default_motion", "groups: {vip: {values: [a]}}\ndefault_motion", "missing_key", 11, "title: Beta"),
    (CATALOG, "default_motion", "groups: {vip: {title: VIP, values: [true]}}\ndefault_motion", "not_values", 11, "[one, two]"),
    (CATALOG, "default_motion", "groups: {large: {title: L, values: [a]}}\ndefault_motion", "duplicate_key", 11, "another key"),
    (CATALOG, "default_motion", "groups: {vip: {title: V, when: {usr.role: a}}}\ndefault_motion", "unknown_fact", 11, "user.role"),
    (CATALOG, "default_motion", "groups: {vip: {title: V, when: {$savedGroup: vip}}}\ndefault_motion", "group_cycle", 11, "take one of them out"),
    (NUDGE, "user.role: admin}", "$savedGroup: vip}", "unknown_group", 5, "known: large"),
    (NUDGE, "user.role: admin}", "$savedGroup: large}", "group_kind", 5, "$inGroup: large"),
    (NUDGE, "user.role: admin}", "user.email: {$regex: '(?!a)'}}", "bad_pattern", 5, "RE2"),
    (POLICY, '"20:00"', "8pm", "bad_time", 2, "in quotes"),
    (PLAY, "- webhook: crm", "- webhok: crm", "unknown_step", 8, "webhook"),
    (PLAY, "- webhook: crm", "- webhook: crm\n    wait: {days: 1}", "step_shape", 8, "email, chat"),
    (PLAY, "wait: {days: 3, or: goal}", "wait: {or: goal}", "wait_shape", 7, "days: 3"),
    (PLAY, "strategic:\n  - task: {template: tips}", "strategic: []", "empty_list", 9, "add one"),
    (PLAY, "key: drop", "key: drop\nevry_days: 3", "unknown_key", 2, "every_days"),
    (TEMPLATE, "---\nsubject: Hello\n---\n", "", "no_front_matter", 1, "subject"),
    (TEMPLATE, "subject: Hello", "subjet: Hello", "unknown_key", 2, "did you mean subject"),
    # names
    (NUDGE, "user.role: admin", "usr.role: admin", "unknown_fact", 5, "did you mean user.role"),
    (NUDGE, "user.role: admin", "usage.lunch.total: 1", "unknown_fact", 5, "did you mean usage.launch.total"),
    (NUDGE, "user.role: admin", "user.role: adnin", "unknown_role", 5, "did you mean admin"),
    (NUDGE, "user.role: admin", "account.segment: larg", "unknown_segment", 5, "did you mean large"),
    (NUDGE, "user.role: admin", "account.motion: long-tail", "unknown_motion", 5, "did you mean long_tail"),
    (NUDGE, "user.role: admin", "account.segment: {$inGroup: larg}", "unknown_group", 5, "did you mean large"),
    (NUDGE, "goal: {milestone: first}", "goal: {milestone: frist}", "unknown_milestone", 4, "did you mean first"),
    (NUDGE, "goal: {milestone: first}", "goal: {feature: lanch}", "unknown_feature", 4, "did you mean launch"),
    (NUDGE, "title: Hello", "title: Hello\n    progress: frst", "unknown_milestone", 11, "did you mean first"),
    (JOURNEY, "feature: launch", "feature: lunch", "unknown_feature", 9, "did you mean launch"),
    (JOURNEY, "phase: adoption", "phase: adoptoin", "unknown_phase", 6, "did you mean adoption"),
    (JOURNEY, "feature: export", "feature: launch", "duplicate_key", 10, "another `key:`"),
    (JOURNEY, "start_day: 14, end_day: 90", "start_day: 14, end_day: 9", "phase_shape", 1, "later day"),
    (PLAY, "usage_decay", "usage_decy", "unknown_signal", 3, "did you mean usage_decay"),
    (PLAY, "email: {template: tips", "email: {template: tps", "unknown_template", 6, "did you mean tips"),
    (PLAY, "role: admin", "role: admn", "unknown_role", 6, "did you mean admin"),
    (POLICY, "timezone:", "tasks: {webhook: crn}\ntimezone:", "unknown_webhook", 3, "did you mean crm"),
    (POLICY, "timezone:", "tasks: {chat: team}\ntimezone:", "unknown_chat", 3, "none is defined"),
    (POLICY, "timezone:", "chat: {team: {service: slack, room_trait: room}}\ntasks: {chat: team}\ntimezone:", "chat_of_customers", 4, "without `room_trait`"),
    (POLICY, "timezone:", "tasks: {lead: robin}\ntimezone:", "bad_lead", 3, "log in with"),
    (POLICY, "timezone:", "tasks: {urgent: [{}]}\ntimezone:", "urgent_shape", 3, "severity: 0.9"),
    (PLAY, "- webhook: crm", "- webhook: crn", "unknown_webhook", 8, "did you mean crm"),
    (PLAY, "- webhook: crm", "- nudge: hnt", "unknown_nudge", 8, "did you mean hint"),
    (PLAY, "strategic:", "stratgic:", "unknown_motion", 9, "did you mean strategic"),
    (POLICY, "Europe/Berlin", "Europe/Berln", "unknown_timezone", 3, "IANA"),
    (POLICY, "per: 7d}", "per: 7d, channels: [mail]}", "unknown_word", 1, "did you mean email"),
    (POLICY, "https://crm.example.com/x", "crm", "bad_url", 4, "https://"),
    (POLICY, "webhooks:", "topics: {tips: {titles: {english: Tips}, plays: [drop]}}\nwebhooks:", "bad_language", 4, "pt-BR"),
    (POLICY, "webhooks:", "topics: {tips: {titles: {en: Tips}, plays: [drp]}}\nwebhooks:", "unknown_play", 4, "did you mean drop"),
    (POLICY, "webhooks:", "chat: {us: {service: teams, room: C1}}\nwebhooks:", "chat_room", 4, "remove `room`"),
    (POLICY, "webhooks:", "chat: {us: {service: slack, room: C1, room_trait: c}}\nwebhooks:", "chat_room", 4, "keep `room`"),
    (PLAY, "- webhook: crm", "- chat: {room: us, template: tips}", "unknown_chat", 8, ""),
    (PLAY, "- webhook: crm", "- chat: {template: tips}", "missing_key", 8, "policy.yaml"),
    (CATALOG, "events: [Exported]", "events: [Launched]", "duplicate_event", 4, "remove one"),
    # meaning
    (NUDGE, "goal: {milestone: first}", "goal: {feature: login}", "login_goal", 4, "behaviour"),
    (JOURNEY, "feature: launch}\n      - {title: Export it, feature: export}", "feature: login}", "login_goal", 3, "behaviour"),
    (PLAY, "goal: {feature: launch, count: 2}\n", "", "wait_without_goal", 6, "add a goal"),
    (PLAY, "signal: usage_decay, severity: {$gte: 0.5}", "signal: usage_decay, milestone: first", "trigger_shape", 3, "remove"),
    (PLAY, "signal: usage_decay, severity: {$gte: 0.5}}\ngoal: {feature: launch, count: 2}",
     "signal: milestone_reached, milestone: first}\ngoal: {milestone: first}", "goal_reached", 4, "next behaviour"),
    (PLAY, "severity: {$gte: 0.5}", "severity: {$gt: []}", "operator_value", 3, "{$gt: 10}"),
    (PLAY, "title: Drop", "title: Drop\naudience: {user.role: admin}", "fact_scope", 3, "account"),
    (CATALOG, "{account.seats: {$gte: 100}}", "{user.role: admin}", "fact_scope", 8, "account"),
    (CATALOG, "{account.seats: {$gte: 100}}", "{account.motion: strategic}", "circular", 8, "traits"),
    (CATALOG, "{account.seats: {$gte: 100}}", "{account.adoption: adopted}", "circular", 8, "traits"),
    (NUDGE, "user.role: admin", "user.role: {$in: []}", "operator_value", 5, "[one, two]"),
    (NUDGE, "user.role: admin", "user.role: {$inn: [a]}", "unknown_operator", 5, "did you mean $in"),
    (NUDGE, "{user.role: admin}", "{$or: []}", "empty_group", 5, "remove it"),
    (NUDGE, "user.role: admin", "usage.launch.total: 'x'", "wrong_type", 5, "number"),
    (NUDGE, "user.role: admin", "user.role: [admin, viewer]", "wrong_type", 5, "{$in: [one, two]} for any"),
    (NUDGE, "user.role: admin", "user.email: {gte: 3}", "wrong_type", 5, "begins with $"),
    (NUDGE, "user.role: admin", "milestone.first.reached: 'yes'", "wrong_type", 5, "true or false"),
    (NUDGE, "where: {path: /a/*, anchor: button}", "where: {path: /a/*}", "no_anchor", 6, "data-waypost"),
    (NUDGE, "path: /a/*", "path: a/*", "bad_path", 6, "start with /"),
    (NUDGE, "url: /a", "url: javascript:x", "bad_url", 12, "path of the product"),
    (NUDGE, "url: /a", "url: //evil.example", "bad_url", 12, "path of the product"),
    (NUDGE, "url: /a", "url: '/a/{{ user.id }}'", "literal_only", 12, "plain text"),
    (NUDGE, "  en:", "  english:", "bad_language", 9, "pt-BR"),
    (NUDGE, "user: {role: admin}", "user: {role: viewer}", "case_failed", 14, "change the audience"),
    (NUDGE, "given: {user: {role: admin}}", "given: {usr: {role: admin}}", "unknown_fact", 15, "did you mean user.role"),
    # words
    (NUDGE, "milestone.first.done }}", "milestone.first.don }}", "unknown_fact", 11, "did you mean milestone.first.done"),
    (NUDGE, "{{ milestone.first.done }}", "{{ user.name }}", "template", 11, "default"),
    (NUDGE, "{{ milestone.first.done }}", "{{ milestone.first.done", "template", 11, "closed"),
    (NUDGE, "{{ milestone.first.done }}", "{{ 'a' * 9 }}", "template", 11, "use facts"),
    (NUDGE, "{{ milestone.first.done }}", "{{ milestone.first.done | safe }}", "template", 11, "filters: "),
    (TEMPLATE, "{{ milestone.first.done }}", "{{ milestone.frst.done }}", "unknown_fact", 6, "did you mean milestone.first.done"),
    (TEMPLATE, "{{ milestone.first.done }}", "{{ account.name }}", "template", 6, "default"),
    (TEMPLATE, "Hi {{ user.name | default(\"there\") }}", "\n\nHi {{ user.name }}", "template", 6, "default"),
    (TEMPLATE, "{{ milestone.first.done }}", "{% set a = 1 %}", "template", 6, "use facts"),
    # what adopted means
    (ADOPTION, "", adopted(""), "missing_key", 5, "add `feature:`"),
    (ADOPTION, "", adopted("feature: lunch"), "unknown_feature", 5, "did you mean launch"),
    (ADOPTION, "", adopted("feature: launch, role: [admn]"), "unknown_role", 5, "did you mean admin"),
    (ADOPTION, "", adopted("feature: login"), "login_adoption", 5, "a feature used"),
    (ADOPTION, "", adopted("feature: launch, count: 2, weeks_active: 2"), "behaviour_shape", 5, "keep one"),
    (ADOPTION, "", adopted("feature: launch, weeks_active: 2, days: 9"), "behaviour_shape", 5, "weeks: 4"),
    (ADOPTION, "", adopted("feature: launch, weeks: 4"), "behaviour_shape", 5, "weeks_active: 3"),
    (ADOPTION, "", adopted("feature: launch, weeks_active: 5"), "behaviour_shape", 5, "raise `weeks`"),
    (ADOPTION, "", adopted("feature: launch, share_of_users: 2"), "out_of_range", 5, "0.01 to 1"),
    (ADOPTION, "", adopted("feature: launch") + "    partial_at: 0.9\n    adopted_at: 0.5\n", "adoption_shape", 3, "swap"),
    (ADOPTION, "", adopted("feature: launch, count: 3") + "      - {title: B, feature: launch, count: 9}\n", "duplicate_key", 6, "another `key:`"),
    (ADOPTION, "", adopted("feature: launch, count: 3").replace("default", "lage"), "unknown_segment", 3, "did you mean large"),
    (ADOPTION, "", "segments: {}\n", "missing_key", 1, "add `version: 1`"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "old", "new", "code", "line", "remedy"),
    ERRORS,
    ids=[f"{row[3]}-{i}" for i, row in enumerate(ERRORS)],
)
def test_an_error_names_file_line_and_remedy(
    name: str, old: str, new: str, code: str, line: int, remedy: str
) -> None:
    """One mistake gives an error in its file, at its line, with what to write instead."""
    finding = found(load_with(name, old, new), code, name)
    assert (finding.severity, finding.file, finding.line) == ("error", name, line), str(finding)
    assert finding.remedy and remedy in finding.remedy
    assert finding.message and not finding.message.endswith(".")


TOUR = "tour: {steps: [{key: a, where: {anchor: x}, advance: click}, {key: b}, {key: c}]}"
LIST = "checklist: {items: [{key: a, milestone: first}, {key: b, feature: launch, url: /a}]}"
ASK = "survey: {questions: [{key: a, type: nps}, {key: b, type: choice, options: [x, y]}]}"
WORDS = {
    TOUR: "steps: {a: {title: A}, b: {title: B}, c: {title: C}}",
    LIST: "items: {a: {title: A}, b: {title: B}}",
    ASK: "questions: {a: {title: A}, b: {title: B, options: {x: X, y: Y}}}",
}
PIECES = [
    # structure, what stands there (or in its words), what is written instead, code, line, part of the remedy
    (TOUR, "key: b", "key: a", "duplicate_key", 4, "another key"),
    (TOUR, "where: {anchor: x}, ", "", "no_anchor", 4, "anchor:"),
    (TOUR, "advance: click", "advance: tap", "advance_shape", 4, "next, click or"),
    (TOUR, "key: b", "key: b, branches: [{when: {user.role: admin}, to: a}]", "branch_shape", 4, "use one of: c"),
    (TOUR, "key: c", "key: c, branches: [{when: {}, to: b}]", "branch_shape", 4, "remove the branch"),
    (TOUR, "key: b", "key: b, branches: [{when: {usr.role: admin}, to: c}]", "unknown_fact", 4, "did you mean user.role"),
    (TOUR, "key: b", "key: b, skip_when: {usage.lunch.used: true}", "unknown_fact", 4, "did you mean usage.launch.used"),
    (TOUR, "key: b", "key: b, where: {path: b}", "bad_path", 4, "start with /"),
    (TOUR, "[{key: a, where: {anchor: x}, advance: click}, {key: b}, {key: c}]", "[]", "empty_list", 4, "add one"),
    (TOUR, "{key: c}]", "{key: c}, " + ", ".join(f"{{key: k{n}}}" for n in range(20)) + "]", "list_too_long", 4, "at most 20"),
    (TOUR, "c: {title: C}", "", "missing_words", 12, "steps: {c:"),
    (TOUR, "c: {title: C}", "c: {title: C}, d: {title: D}", "unknown_piece", 12, "known here: a, b, c"),
    (TOUR, TOUR, "resume: true", "unknown_key", 4, "did you mean"),
    (TOUR, TOUR, "from_play: true", "missing_key", 1, "tour: {steps"),
    (TOUR, TOUR, TOUR + "\n" + LIST, "surface_shape", 5, "surface: checklist"),
    (LIST, "milestone: first", "milestone: frist", "unknown_milestone", 4, "did you mean first"),
    (LIST, "feature: launch", "feature: lunch", "unknown_feature", 4, "did you mean launch"),
    (LIST, "milestone: first", "when: {usr.role: x}", "unknown_fact", 4, "did you mean user.role"),
    (LIST, "milestone: first", "milestone: first, feature: launch", "item_shape", 4, "when: {"),
    (LIST, "milestone: first", "milestone: first, count: 2", "item_shape", 4, "remove count"),
    (LIST, "url: /a", "url: javascript:x", "bad_url", 4, "path of the product"),
    (ASK, "key: b", "key: a", "duplicate_key", 4, "another key"),
    (ASK, "[x, y]", "[x, x]", "duplicate_key", 4, "another key"),
    (ASK, "[x, y]", "[x]", "empty_list", 4, "at least 2"),
    (ASK, ", options: [x, y]", "", "missing_key", 4, "options: [one, two]"),
    (ASK, "type: nps", "type: nps, multiple: true", "question_shape", 4, "type: choice"),
    (ASK, "y: Y", "", "missing_words", 12, "options: {y:"),
    (ASK, "y: Y", "y: Y, z: Z", "unknown_piece", 12, "known here: x, y"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("structure", "old", "new", "code", "line", "remedy"),
    PIECES,
    ids=[f"{row[3]}-{i}" for i, row in enumerate(PIECES)],
)
def test_an_error_in_a_structure_names_file_line_and_remedy(
    structure: str, old: str, new: str, code: str, line: int, remedy: str
) -> None:
    """The same for tours, checklists and surveys, and the words of their pieces."""
    surface = structure.partition(":")[0]
    text = FILES[NUDGE].replace("surface: tooltip\n", f"surface: {surface}\n{structure}\n")
    text = text.replace("    title: Hello\n", f"    title: Hello\n    {WORDS[structure]}\n")
    assert load_files({**FILES, NUDGE: text}, check_template=check_template).errors == ()
    assert old in text
    finding = found(
        load_files({**FILES, NUDGE: text.replace(old, new, 1)}, check_template=check_template), code, NUDGE
    )
    assert (finding.severity, finding.line) == ("error", line), str(finding)
    assert finding.remedy and remedy in finding.remedy


WARNINGS = [
    (NUDGE, "cases:", "  de: {title: Hallo, body: b}\ncases:", "locale_incomplete", 13, "the words of en"),
    (NUDGE, "title: Hello", "title: Hello!", "exclamation", 10, "full stop"),
    (NUDGE, "title: Hello", "title: Don't miss this", "guilt", 10, "what they gain"),
    (NUDGE, "title: Hello", "title: Last chance to try", "urgency", 10, "name the date"),
    (
        NUDGE,
        "title: Hello",
        "title: 'Hi {{ user.name | default(\"\") }}, look'",
        "empty_greeting",
        10,
        "default(",
    ),
    (NUDGE, "title: Hello", "title: CLICK HERE NOW", "shouting", 10, "small letters"),
    (TEMPLATE, "subject: Hello", "subject: Hello, all!", "exclamation", 2, "full stop"),
    (PLAY, "goal: {feature: launch, count: 2}\n", "", "no_goal", 1, "add `goal:"),
    (PLAY, "strategic:\n  - task: {template: tips}\n", "", "missing_branch", 1, "strategic:"),
    (PLAY, "- task: {template: tips}", "- email: {template: tips}", "guarded_step", 10, "task"),
    (PLAY, "  - webhook: crm\n", "", "last_wait", 7, "remove it"),
    (PLAY, "- webhook: crm", "- nudge: hint", "not_from_play", 8, "from_play: true"),
    (NUDGE, "goal: {milestone: first}\n", "", "no_goal", 1, "goal:"),
    (NUDGE, "user.role: admin", "user.role: {$ne: viewer}", "missing_matches", 5, "$exists: true"),
    (
        NUDGE,
        "user.role: admin",
        "usage.launch.total: {$gt: 5, $lt: 3}",
        "never_true",
        5,
        "put them under `$or`",
    ),
    (NUDGE, "user.role: admin", "usage.launch.total: {$lt: 0}", "never_true", 5, "never below 0"),
    (NUDGE, "user.role: admin", "usage.launch.days_28d: {$gte: 30}", "never_true", 5, "from 0 to 28"),
    (NUDGE, "user.role: admin", "milestone.first.progress: {$gte: 50}", "never_true", 5, "0.5 for a half"),
    (
        NUDGE,
        "{user.role: admin}",
        "{$and: [{user.role: admin}, {user.role: viewer}]}",
        "never_true",
        5,
        "`$or`",
    ),
    (
        NUDGE,
        "user.role: admin",
        "user.role: {$in: [admin], $ne: admin}",
        "never_true",
        5,
        "change one of them",
    ),
    (
        NUDGE,
        "user.role: admin",
        "user.role: admin, $or: [{usage.launch.total: 1}, {usage.launch.total: {$gt: 2, $lt: 1}}]",
        "never_true",
        5,
        "`$or`",
    ),
    (
        NUDGE,
        "user.role: admin",
        "user.emial: ada@example.com",
        "like_a_fact",
        5,
        "user.email; if it is a trait, write user.traits.emial",
    ),
    (NUDGE, "user.role: admin", "user.role: {$nin: [viewer]}", "missing_matches", 5, "$exists: true"),
    (NUDGE, "{user.role: admin}", "{$not: {user.role: viewer}}", "missing_matches", 5, "$exists: true"),
    (
        NUDGE,
        "user.role: admin",
        "usage.launch.days_since_last: {$lt: 7}",
        "missing_matches",
        5,
        "$exists: true",
    ),
    (NUDGE, "frequency: {max: 2, cooldown_days: 7}\n", "", "no_cap", 1, "max: 1"),
    (NUDGE, "path: /a/*, ", "", "no_where", 6, "path:"),
    (NUDGE, "title: Hint", "title: Hint\nfrom_play: true", "unreachable", 3, "nudge: hint"),
    (TEMPLATE, "", "", "unused_template", 1, "use it"),
    (CATALOG, ", events: [Exported]", "", "no_events", 4, "events:"),
    (CATALOG, "[Exported]", "[workshop_attended/basic]", "unknown_workshop", 4, "none is defined"),
    (
        CATALOG,
        "[Exported]",
        "[Exported, workshop_atended/basics]",
        "unknown_workshop_event",
        4,
        "workshop_attended",
    ),
    (POLICY, "caps: [{max: 3, per: 7d}]", "caps: null", "no_cap", 1, "caps:"),
    (POLICY, "https://crm", "http://crm", "plain_http", 4, "https://"),
    (ADOPTION, "", adopted("feature: launch"), "breadth", 3, "weeks_active"),
    (
        ADOPTION,
        "",
        adopted("feature: launch, count: 3").replace("default", "large"),
        "no_definition",
        2,
        "add `default:`",
    ),
]


@pytest.mark.parametrize(("name", "old", "new", "code", "line", "remedy"), WARNINGS)
def test_a_warning_names_file_line_and_remedy(
    name: str, old: str, new: str, code: str, line: int, remedy: str
) -> None:
    """What is allowed but doubtful is a warning, and never forbids publishing by itself."""
    if code == "unused_template":
        name = "templates/other.md"
        loaded = load_files({**FILES, name: FILES[TEMPLATE]}, check_template=check_template)
    else:
        loaded = load_with(name, old, new)
    finding = found(loaded, code, name)
    assert (finding.severity, finding.file, finding.line) == ("warning", name, line), str(finding)
    assert remedy in finding.remedy


def test_the_event_of_one_workshop_names_one_that_exists() -> None:
    """A feature that counts `workshop_attended/<workshop>` of no workshop hears the nearest name."""
    workshop = "key: basics\ntitle: Basics\nminutes: 45\ncontent: {en: {title: Basics}}\n"
    for written, remedies in (("basic", ["did you mean basics"]), ("basics", [])):
        catalog = FILES[CATALOG].replace("[Exported]", f"[workshop_attended/{written}]")
        files = {**FILES, CATALOG: catalog, "workshops/basics.yaml": workshop}
        loaded = load_files(files, check_template=check_template)
        assert [each.remedy for each in loaded.findings if each.file == CATALOG] == remedies


def test_the_small_set_is_clean() -> None:
    """The set the others break has no finding of its own."""
    assert load_files(FILES, check_template=check_template).findings == ()


def test_one_run_names_everything() -> None:
    """Mistakes in several files are told together, in the order of the files."""
    files = {
        **FILES,
        NUDGE: FILES[NUDGE].replace("surface: tooltip", "surfce: tooltip").replace("max: 2", "max: '2'"),
        JOURNEY: FILES[JOURNEY].replace("feature: launch", "feature: lunch"),
        PLAY: FILES[PLAY].replace("template: tips, to", "template: tps, to"),
    }
    loaded = load_files(files, check_template=check_template)
    assert [(finding.file, finding.code) for finding in loaded.errors] == [
        (NUDGE, "missing_key"),
        (NUDGE, "unknown_key"),
        (NUDGE, "not_number"),
        (JOURNEY, "unknown_feature"),
        (PLAY, "unknown_template"),
    ]


def test_a_broken_file_does_not_make_its_names_unknown() -> None:
    """While a nudge cannot be read, a play that names it is not blamed."""
    files = {
        **FILES,
        NUDGE: FILES[NUDGE].replace("surface: tooltip", "surface: popup"),
        PLAY: FILES[PLAY].replace("- webhook: crm", "- nudge: hint"),
    }
    codes = {finding.code for finding in load_files(files, check_template=check_template).errors}
    assert codes == {"unknown_word"}


def test_without_a_catalogue_the_rest_is_still_read() -> None:
    """A missing catalog.yaml is one error, not one for every name."""
    files = {name: text for name, text in FILES.items() if name != CATALOG}
    assert [finding.code for finding in load_files(files).errors] == ["missing_file"]


@pytest.mark.parametrize(
    "audience",
    [
        "usage.launch.total: {$gt: 1, $lt: 3}",
        "milestone.first.progress: {$gte: 0.5, $lt: 1}",
        "account.renewal_in_days: {$lt: 0}",
        "user.role: {$in: [admin, viewer], $ne: viewer}",
        "user.email: {$regex: a, $ne: b}",
        "account.tags: [a, b]",
        "account.seats: {$gt: 5, $lt: 3}",
        "$or: [{user.role: admin}, {user.role: viewer}]",
        "$not: {user.role: admin}, user.email: {$exists: true}",
        "usage.launch.days_since_last: {$gte: 7}, usage.launch.used: true",
        "account.plans: growth, user.department: Finance",
    ],
)
def test_a_condition_that_may_hold_is_not_called_impossible(audience: str) -> None:
    """Between two numbers, on one side of an `$or`, for a trait of any type: somebody can match."""
    loaded = load_with(NUDGE, "user.role: admin", audience)
    assert "never_true" not in {each.code for each in loaded.findings}
