"""The milestones of the final project: states and who changed them, hand-ins looked at, frames, pages.

Example:
    >>> from coursegrader.course import load_course                        # doctest: +SKIP
    >>> milestone_frame(load_course(Path(".")))                            # doctest: +SKIP
"""

from coursegrader.milestones.frames import milestone_frame, milestone_history_frame
from coursegrader.milestones.ledger import Ledger
from coursegrader.milestones.states import STATES, allowed

__all__ = ["STATES", "Ledger", "allowed", "milestone_frame", "milestone_history_frame"]
