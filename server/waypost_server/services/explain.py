"""Why a person sees a nudge or does not: every gate with its numbers, every comparison with the value seen."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from waypost_server.domain.compiled import CompiledNudge
from waypost_server.domain.eligibility import verdicts
from waypost_server.domain.errors import NotFoundError
from waypost_server.domain.page import Page
from waypost_server.domain.where import path_matches
from waypost_server.services.as_of import UNKNOWABLE, as_of
from waypost_server.services.decide import Question, answer, facts_of, situation_of
from waypost_server.services.facts import Facts
from waypost_server.services.funnel import expected_beside, funnel
from waypost_server.services.releases import LiveRelease
from waypost_server.services.runtime import Runtime


def explain(
    runtime: Runtime,
    workspace_id: str,
    user_id: str,
    account_id: str | None,
    nudge: str | None = None,
    *,
    at: datetime | None = None,
    expected: bool = False,
    page: Page | None = None,
) -> dict[str, Any]:
    """The explanation as a plain document; eligible nudges first, in rank order, then the held ones.

    With `at`, as it would have been given at that moment. An unknown person or account is no error. Raises
    NotFoundError for a nudge that is (or was then) not published, BadInputError for a moment to come.
    Facts of the page are unknown but for those of `page`; with it, `where` says whether the nudge belongs there.
    With `expected`, each comparison of the one `nudge` asked about says for what share of people it holds today.
    """
    if at is not None:
        with as_of(runtime, workspace_id, user_id, account_id, at) as then:
            found = explain(then, workspace_id, user_id, account_id, nudge, page=page)
        return {**found, "at": _time(at), "past": True, "unknowable": list(UNKNOWABLE)}
    release = runtime.releases.glance(runtime.db, workspace_id).release
    question = Question(user_id, account_id, nudge=nudge, explain=True, page=page)
    if nudge is not None and (release is None or nudge not in release.compiled.by_key):
        raise NotFoundError(f"There is no published nudge {nudge}.")
    if release is None:
        return {"userId": user_id, "accountId": account_id, "release": 0, "nudges": []}
    facts = facts_of(runtime, workspace_id, question, release)
    nudges = _nudges(release, question, facts)
    if expected and nudge is not None:
        nudges = [_with_expected(runtime, workspace_id, each, page) for each in nudges]
    return {
        "userId": user_id,
        "accountId": facts.account_id or None,
        "member": facts.member,
        "release": release.number,
        "at": _time(facts.now),
        "nudges": nudges,
    }


def _nudges(release: LiveRelease, question: Question, facts: Facts) -> list[dict[str, Any]]:
    decision = answer(release, question, facts)
    rank = {key: place for place, key in enumerate(decision.keys, start=1)}
    reasons = {each.key: each.held for each in decision.held or ()}
    ordered = [*decision.keys, *decision.feed_keys, *(each.key for each in decision.held or ())]
    found = []
    for key in ordered:
        nudge = release.compiled.by_key[key]
        verdict = "held" if key in reasons else "eligible"
        document: dict[str, Any] = {"key": key, "title": nudge.nudge.title, "verdict": verdict}
        if key in rank:
            document["rank"] = rank[key]
            if key in decision.outranked:
                document["outranked"] = decision.outranked[key].numbers()
        if key in reasons:
            document["reason"] = reasons[key].reason
        content = reasons[key].detail if key in reasons and reasons[key].reason == "content" else None
        document |= _where(nudge, question.page)
        found.append({**document, **_detail(nudge, facts, question.user_id, content)})
    return found


def _where(nudge: CompiledNudge, page: Page | None) -> dict[str, Any]:
    """The nudge's pattern against the page asked about, which the browser decides."""
    pattern, path = nudge.nudge.where.path, dict(page or ()).get("path")
    if not pattern:
        return {}
    return {"where": {"path": pattern, **({"here": path_matches(pattern, path)} if path else {})}}


def _with_expected(
    runtime: Runtime, workspace_id: str, told: dict[str, Any], page: Page | None
) -> dict[str, Any]:
    leaves = funnel(runtime, workspace_id, told["key"], page=page).leaves
    return {**told, "audience": expected_beside(told["audience"], leaves)}


def _detail(
    nudge: CompiledNudge, facts: Facts, user_id: str, content: dict[str, Any] | None
) -> dict[str, Any]:
    gates = [
        {"gate": each.gate, "passed": each.passed, "detail": each.detail}
        for each in verdicts(nudge, situation_of(facts, user_id))
    ]
    gates.append({"gate": "content", "passed": content is None, "detail": content or {}})
    return {"gates": gates, "audience": nudge.audience.explain(facts.values).as_json()}


def _time(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
