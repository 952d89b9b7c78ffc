"""Who yields: a few submissions that never end do not hold up the class that hands in at the same moment.

As `schedule.py` for a whole folder, but what is to come is not known: a submission that may use all its time takes a worker for minutes, so
there is always one worker, where there are two, that no such submission has.
"""

from __future__ import annotations

import statistics
from collections import deque

from coursegrader.schedule import KNOWN, REMEMBERED

# More than in `schedule.py`: there a class is graded overnight, and here a try that is broken off makes all others wait longer.
FIRST_PATIENCE = 8.0  # seconds, three times as many after each that yields, until some verdicts say what is usual
USUAL = 5.0  # times the median of the assignment's others
LEAST = 4.0  # seconds: nobody waits long for that, and nobody runs twice because the machine was busy for a moment
SECOND_TRY = 6.0  # times the first
LAST = 2  # tries after which a submission gets all the time that the course's limits allow


class Turns:
    """How long each submission may take now, and who has yielded already.

    Example:
        >>> turns = Turns()
        >>> turns.patience("a", "01", room=True)
        8.0
        >>> turns.yielded("a", "01")
        >>> turns.tries("a")
        1
    """

    def __init__(self) -> None:
        self._tries: dict[str, int] = {}
        self._seconds: dict[str, deque[float]] = {}
        self._unknown: dict[str, float] = {}

    def tries(self, name: str) -> int:
        """How often a submission has yielded; who has comes after who has not."""
        return self._tries.get(name, 0)

    def patience(self, name: str, assignment: str, *, room: bool, others: bool = True) -> float | None:
        """Seconds that the next try may take; None for all its time; 0 where it has to wait until another has used its own.

        Args:
            room: whether a worker can be spared for as long as it takes.
            others: whether others wait.
        """
        tries = self.tries(name)
        if tries >= LAST or not others:
            if room:
                return None
            if tries >= LAST:
                return 0.0
        first = self._unknown.get(assignment, FIRST_PATIENCE)
        if len(seconds := self._seconds.get(assignment, ())) >= KNOWN:
            first = max(USUAL * statistics.median(seconds), LEAST)
        return first if others and not tries else SECOND_TRY * first

    def yielded(self, name: str, assignment: str) -> None:
        """It ran out of patience."""
        self._tries[name] = min(self.tries(name) + 1, LAST)
        if len(self._seconds.get(assignment, ())) < KNOWN:  # perhaps everybody takes that long
            self._unknown[assignment] = 3 * self._unknown.get(assignment, FIRST_PATIENCE)

    def took(self, name: str, assignment: str, seconds: float) -> None:
        """It got its verdict: what others of the assignment are held against."""
        self._tries.pop(name, None)
        self._seconds.setdefault(assignment, deque(maxlen=REMEMBERED)).append(seconds)
