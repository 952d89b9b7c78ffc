"""Remarks on top of a student's page that its verdict does not know: lateness, attempts, which submission counts."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from markupsafe import escape

from coursegrader.course import Policy
from coursegrader.feedback.exercises import points_text
from coursegrader.feedback.plain import decimal, typeset
from coursegrader.messages import text
from coursegrader.standing import Weighed

END_OF_RESULT = "</section>\n"  # the first of a page's: nothing that a student wrote stands before it


def standing_remarks(policy: Policy, own: Weighed, chosen: Weighed, zone: ZoneInfo) -> list[str]:
    """What the student has to know about a submission beside its verdict, French.

    Args:
        policy: of the assignment.
        own: the submission that the page is about.
        chosen: the one that counts.
        zone: of the course.
    """
    remarks = []
    if own.over_limit:
        remarks.append(text("standing.over_limit", place=own.place, limit=policy.attempts))
    elif policy.attempts is not None:
        remarks.append(text("standing.place", place=own.place, limit=policy.attempts))
    if own.late_days and not own.over_limit:
        remarks.append(_late(policy, own))
    if own.attempt.number != chosen.attempt.number:
        at = chosen.attempt.at.astimezone(zone)
        when = text("standing.moment", date=f"{at:%d.%m.%Y}", time=f"{at:%H:%M}")
        points = points_text(chosen.after)
        remarks.append(text("standing.other_counts", place=chosen.place, when=when, points=points))
    return remarks


def _late(policy: Policy, own: Weighed) -> str:
    days = text("standing.days_one" if own.late_days == 1 else "standing.days_many", days=own.late_days)
    if policy.late.max_days is not None and own.late_days > policy.late.max_days:
        return text("standing.too_late", days=days, limit=policy.late.max_days)
    percent = min(100.0, policy.late.percent_per_day * own.late_days)
    return text("standing.late", days=days, percent=decimal(percent))


def with_remarks(page: str, remarks: Sequence[str]) -> str:
    """The page with remarks after its result; the page itself where there are none."""
    if not remarks:
        return page
    items = "".join(f"<li>{escape(typeset(remark))}</li>\n" for remark in remarks)
    heading = escape(typeset(text("standing.heading")))
    section = f'<section class="warnings" aria-labelledby="regles">\n<h2 id="regles">{heading}</h2>\n<ul>\n{items}</ul>\n</section>\n'
    before, end, after = page.partition(END_OF_RESULT)
    return before + end + section + after if end else page
