"""Which submission is graded: the same answers asked at every moment, or once at the end."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from coursegrader.watch.decide import decide

times = st.lists(st.integers(0, 200), min_size=1, max_size=8).map(lambda found: [float(at) for at in sorted(found)])


def play(arrivals: list[float], moments: list[float], attempts: int | None, cooldown: float) -> dict[int, str]:
    """Decide at each moment on what has arrived until then, as the watcher does; what became of each submission."""
    done: dict[int, str] = {}
    counted: list[float] = []
    for now in moments:
        while True:
            waiting = [n for n, at in enumerate(arrivals) if at <= now and n not in done]
            decisions = decide([arrivals[n] for n in waiting], counted, now, attempts, cooldown)
            graded = False
            for number, decision in zip(waiting, decisions, strict=True):
                if decision.do in ("superseded", "refused"):
                    done[number] = decision.do
                elif decision.do == "grade":
                    done[number], graded = "graded", True
                    counted.append(decision.at)
            if not graded:
                break
    return done


@given(times, st.none() | st.integers(1, 3), st.sampled_from([0.0, 15.0, 60.0]))
def test_a_watcher_that_slept_decides_as_one_that_watched(
    arrivals: list[float], attempts: int | None, cooldown: float
) -> None:
    always = play(arrivals, [float(at) for at in range(1000)], attempts, cooldown)
    assert always == play(arrivals, [999.0], attempts, cooldown)
    assert len(always) == len(arrivals)  # nobody waits for ever
    graded = [arrivals[n] for n, what in always.items() if what == "graded"]
    assert graded and len(graded) <= (attempts or len(arrivals))
    if attempts is None:
        assert always[len(arrivals) - 1] == "graded"  # the last word is heard


@given(times, st.sampled_from([15.0, 60.0]))
def test_no_two_gradings_are_closer_than_the_cooldown(arrivals: list[float], cooldown: float) -> None:
    counted: list[float] = []
    done: set[int] = set()
    for now in (float(at) for at in range(1000)):
        waiting = [n for n, at in enumerate(arrivals) if at <= now and n not in done]
        for number, decision in zip(
            waiting, decide([arrivals[n] for n in waiting], counted, now, None, cooldown), strict=True
        ):
            if decision.do == "grade":
                counted.append(now)
            if decision.do in ("grade", "superseded"):
                done.add(number)
    assert all(later - earlier >= cooldown for earlier, later in pairwise(counted))
