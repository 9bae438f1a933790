"""The decay detector against closed examples, quadrature, and what must hold for any series."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from waypost_server.domain.signals import decay

COUNTS = st.lists(st.integers(0, 60), min_size=30, max_size=30)


def _series(before: int, now: int) -> list[int]:
    return [before] * 26 + [now] * 4


def test_the_closed_form_is_the_posterior_of_two_gamma_rates() -> None:
    """P(rate now < half of the baseline) by numerical integration over both posteriors."""
    c1, c0, e1, e0 = 6.0, 104.0, 4.0, 26.0
    prior_rate = (c0 + 0.5) / e0
    b1 = e1 + 0.5 / prior_rate
    now, before = stats.gamma(c1 + 0.5, scale=1 / b1), stats.gamma(c0 + 0.5, scale=1 / e0)
    wanted, _ = integrate.quad(lambda rate: before.pdf(rate) * now.cdf(rate / 2), 2, 7)
    assert decay.probability(c1, c0, e1=e1, e0=e0) == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize(
    ("before", "now", "alarm"),
    [
        (4, 4, False),
        (4, 3, False),
        (4, 2, False),
        (4, 1, True),
        (4, 0, True),
        (12, 4, True),
        (1, 0, True),
        (2, 1, False),
    ],
)
def test_it_alarms_on_falls_well_below_half(before: int, now: int, alarm: bool) -> None:
    """Exactly half is not yet sure; a quarter is."""
    looked = decay.look(_series(before, now), age_weeks=52)
    assert looked is not None
    assert looked.alarm is alarm


def test_the_words_quote_the_figures() -> None:
    """A person reads rates, certainty and what others do."""
    looked = decay.look(_series(12, 4), age_weeks=52)
    assert looked is not None
    assert decay.words(looked) == (
        "12.0 → 4.0 active user-days a week over the last 4 weeks; 96 % sure that use has at least halved."
    )


@given(st.integers(1, 50))
def test_a_constant_series_never_alarms(level: int) -> None:
    """No change is no finding, at any volume."""
    looked = decay.look([level] * 30, age_weeks=60)
    assert looked is not None and not looked.alarm and looked.p < 0.5


@given(COUNTS, st.integers(0, 200))
def test_p_is_a_probability_and_severity_fits_it(series: list[int], age: int) -> None:
    """Any series and age gives nothing or a probability; severity only with an alarm, from 0.6 to 1."""
    looked = decay.look(series, age_weeks=age)
    if looked is None:
        return
    assert 0 <= looked.p <= 1
    assert (0.6 <= looked.severity <= 1) if looked.alarm else looked.severity == 0


@given(st.integers(1, 12), st.integers(0, 12), st.integers(2, 5))
def test_more_of_the_same_evidence_makes_surer(before: int, now: int, times: int) -> None:
    """The same fall in a larger account is at least as certain, on either side of a half."""
    small = decay.look(_series(before, now), age_weeks=52)
    large = decay.look(_series(before * times, now * times), age_weeks=52)
    if small is None or large is None or abs(now / before - 0.5) < 0.25:
        return
    assert (large.p >= small.p - 1e-9) if now / before < 0.5 else (large.p <= small.p + 1e-9)


@pytest.mark.parametrize(("age", "weeks"), [(16, None), (17, 13), (29, 13), (30, 26), (200, 26)])
def test_the_baseline_is_shorter_for_young_accounts(age: int, weeks: int | None) -> None:
    """Under 17 weeks nothing is said; up to 29 the baseline is 13 weeks."""
    looked = decay.look(_series(4, 1), age_weeks=age)
    assert (looked.baseline_weeks if looked else None) == weeks


def test_too_little_life_or_long_silence_is_not_scored() -> None:
    """Fewer than 8 active weeks of 26, or 8 silent ones, say nothing that needs statistics."""
    assert decay.look([0] * 19 + [3] * 7 + [0] * 4, age_weeks=52) is None
    assert decay.look([5] * 22 + [0] * 8, age_weeks=52) is None
    assert decay.look([5] * 23 + [0] * 7, age_weeks=52) is not None


def test_a_holiday_that_everybody_takes_is_no_alarm() -> None:
    """Twenty accounts that all fall together explain each other; one that falls alone does not."""
    holiday = {str(n): _series(8, 2) for n in range(20)}
    peers = decay.peers_of(holiday)
    together = decay.look(_series(8, 2), age_weeks=52, peers=peers)
    assert together is not None and not together.alarm
    steady = decay.peers_of({str(n): _series(8, 8) for n in range(20)} | {"alone": _series(8, 2)})
    alone = decay.look(_series(8, 2), age_weeks=52, peers=steady)
    assert alone is not None and alone.alarm
    assert (alone.peers, alone.peer_percent) == (20, 100)


def test_few_peers_and_wild_factors_are_bounded() -> None:
    """Under 15 peers the calendar is flat; with them each week stays within a quarter and twice."""
    assert decay.peers_of({str(n): _series(8, 0) for n in range(10)}).factors(_series(8, 8)) == decay.NO_PEERS
    wild = decay.peers_of({str(n): [1] * 26 + [90] * 4 for n in range(20)})
    assert max(wild.factors([1] * 30)) == 2.0


def test_overdispersed_workspaces_need_more_evidence() -> None:
    """phi is the median of variance over mean, and divides counts and exposures."""
    bursty = {str(n): [0, 20] * 15 for n in range(20)}
    peers = decay.peers_of(bursty)
    assert peers.phi == pytest.approx(10.4)
    assert math.isclose(decay.peers_of({"a": [4] * 30}).phi, 1.0)
