"""The page that a student reads after grading: one self-contained HTML file, nothing in it can run."""

from coursegrader.feedback.cells import FeedbackCell
from coursegrader.feedback.misconceptions import Misconception, load_misconceptions
from coursegrader.feedback.page import feedback_page, notice_page

__all__ = ["FeedbackCell", "Misconception", "feedback_page", "load_misconceptions", "notice_page"]
