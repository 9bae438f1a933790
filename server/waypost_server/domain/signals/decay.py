"""Has an account's use at least halved? The Gamma-Poisson posterior over weekly user-days.

A user-day is one user active on one day with a core feature, however often. Both rates (the last four
weeks, and the baseline before them) are Gamma distributed given the counts, so the chance that the rate now
is under half of the baseline has a closed form: a regularised incomplete beta function.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

WEEKS = 30  # what a series holds, oldest first
RECENT = 4
BASELINE = 26
SHORT_BASELINE = 13  # for accounts aged 17 to 29 weeks
ALARM = 0.90
RECOVERED = 0.50
MIN_ACTIVE_WEEKS = 8
MAX_SILENT_WEEKS = 8
REFRACTORY_WEEKS = 8
MIN_PEERS = 15
NO_PEERS = (1.0,) * WEEKS


@dataclass(frozen=True, slots=True)
class Decay:
    """What the series says. `before` and `now` are user-days a week."""

    p: float
    before: float
    now: float
    baseline_weeks: int
    peers: int = 0
    peer_percent: int | None = None

    @property
    def alarm(self) -> bool:
        """Sure enough to bother a person."""
        return self.p >= ALARM

    @property
    def severity(self) -> float:
        """0.6 at the threshold, 1 at certainty."""
        return round(min(1.0, 0.6 + (self.p - ALARM) / (1 - ALARM) * 0.4), 4) if self.alarm else 0.0


@dataclass(frozen=True, slots=True)
class Peers:
    """How the workspace's scored accounts did together, week by week; takes out holidays and outages."""

    totals: tuple[float, ...] = (0.0,) * WEEKS
    baseline: float = 0.0
    count: int = 0
    phi: float = 1.0

    def factors(self, own: Sequence[float]) -> tuple[float, ...]:
        """This week's user-days of the others over their usual, within [0.25, 2]; 1 with fewer than 15."""
        scored = is_scored(own)
        others = self.count - 1 if scored else self.count
        base = self.baseline - (_baseline(own) if scored else 0.0)
        if others < MIN_PEERS or base <= 0:
            return NO_PEERS
        return tuple(
            min(2.0, max(0.25, (total - (count if scored else 0.0)) / base))
            for total, count in zip(self.totals, own, strict=True)
        )

    def others(self, own: Sequence[float]) -> int:
        """How many accounts the factors are about; 0 when there are too few."""
        others = self.count - 1 if is_scored(own) else self.count
        return others if others >= MIN_PEERS else 0


def probability(c1: float, c0: float, *, e1: float, e0: float) -> float:
    """P(rate now < half of the baseline rate), for counts over exposures (weeks, peer-corrected)."""
    baseline_rate = (c0 + 0.5) / e0
    b1 = e1 + 0.5 / baseline_rate
    x = 0.5 * b1 / (0.5 * b1 + e0)
    return float(betainc(c1 + 0.5, c0 + 0.5, x))


def is_scored(series: Sequence[float]) -> bool:
    """Enough life to judge: at least 8 active weeks of the last 26, and silent for less than 8."""
    active = [count > 0 for count in series]
    return sum(active[-26:]) >= MIN_ACTIVE_WEEKS and any(active[-MAX_SILENT_WEEKS:])


def look(series: Sequence[int], *, age_weeks: int, peers: Peers | None = None) -> Decay | None:
    """Judge 30 weekly counts (oldest first); None when the account is too young, too quiet or long silent."""
    if age_weeks < SHORT_BASELINE + RECENT or not is_scored(series):
        return None
    peers = peers or Peers()
    weeks = BASELINE if age_weeks >= BASELINE + RECENT else SHORT_BASELINE
    factors = peers.factors(series)
    recent, before = slice(WEEKS - RECENT, WEEKS), slice(WEEKS - RECENT - weeks, WEEKS - RECENT)
    c1, c0 = sum(series[recent]), sum(series[before])
    p = probability(
        c1 / peers.phi,
        c0 / peers.phi,
        e1=sum(factors[recent]) / peers.phi,
        e0=sum(factors[before]) / peers.phi,
    )
    others = peers.others(series)
    normal = round(100 * sum(factors[recent]) / RECENT) if others else None
    return Decay(p, c0 / weeks, c1 / RECENT, weeks, others, normal)


def peers_of(matrix: Mapping[str, Sequence[int]]) -> Peers:
    """The peer calendar and dispersion of a workspace, from every account's 30 weekly counts."""
    scored = [series for series in matrix.values() if is_scored(series)]
    if not scored:
        return Peers()
    counts: NDArray[np.float64] = np.asarray(scored, dtype=np.float64)
    base = counts[:, WEEKS - RECENT - BASELINE : WEEKS - RECENT]
    mean = base.mean(axis=1)
    alive = mean > 0
    dispersion = base[alive].var(axis=1, ddof=1) / mean[alive] if alive.any() else np.ones(1)
    return Peers(
        totals=tuple(counts.sum(axis=0).tolist()),
        baseline=float(mean.sum()),
        count=len(scored),
        phi=max(1.0, float(np.median(dispersion))),
    )


def words(decay: Decay) -> str:
    """The finding in one or two plain sentences."""
    text = (
        f"{decay.before:.1f} → {decay.now:.1f} active user-days a week over the last {RECENT} weeks; "
        f"{_percent(decay.p)} sure that use has at least halved."
    )
    if decay.peers and decay.peer_percent is not None:
        text += f" The other {decay.peers} accounts are at {decay.peer_percent} % of their normal."
    return text


def evidence(decay: Decay, series: Sequence[int], first_week: str) -> dict[str, Any]:
    """What a person needs to check the finding: figures, the 30-week series for a chart, and words."""
    return {
        "p": round(decay.p, 4),
        "before_per_week": round(decay.before, 2),
        "now_per_week": round(decay.now, 2),
        "baseline_weeks": decay.baseline_weeks,
        "recent_weeks": RECENT,
        "unit": "user-days a week",
        "peers": decay.peers,
        "peer_percent": decay.peer_percent,
        "series": list(series),
        "first_week": first_week,
        "words": words(decay),
    }


def _baseline(series: Sequence[float]) -> float:
    return sum(series[WEEKS - RECENT - BASELINE : WEEKS - RECENT]) / BASELINE


def _percent(p: float) -> str:
    return "over 99 %" if p >= 0.995 else f"{100 * p:.0f} %"
