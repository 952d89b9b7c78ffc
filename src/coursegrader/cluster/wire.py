"""How a submission and its result travel: JSON and bytes, so that nothing made of a student's data is ever pickled."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import astuple
from typing import Any

from coursegrader.errors import CourseFault, MachineFault, OutOfPatience
from coursegrader.patience import Patience
from coursegrader.submission import Submission
from coursegrader.verdict import Verdict
from coursegrader.worker import Result

_FAULTS = {"course": CourseFault, "machine": MachineFault, "patience": OutOfPatience}


def pack_task(item: Submission, patience: Patience | None) -> bytes:
    """A task as bytes.

    Example:
        >>> unpack_task(pack_task(Submission("zoé", "01", b"{}"), Patience(1.5)))
        (Submission(student='zoé', assignment='01', notebook=b'{}', problem='', warnings=()), Patience(seconds=1.5, step=inf))
    """
    head = {
        "student": item.student,
        "assignment": item.assignment,
        "problem": item.problem,
        "warnings": item.warnings,
        "notebook": None if item.notebook is None else base64.b64encode(item.notebook).decode(),
        "patience": None if patience is None else astuple(patience),
    }
    return zlib.compress(json.dumps(head).encode(), 1)


def unpack_task(data: bytes) -> tuple[Submission, Patience | None]:
    """The submission and its patience."""
    head = json.loads(zlib.decompress(data))
    notebook = None if head["notebook"] is None else base64.b64decode(head["notebook"])
    item = Submission(head["student"], head["assignment"], notebook, head["problem"], tuple(head["warnings"]))
    return item, None if head["patience"] is None else Patience(*head["patience"])


def pack_result(result: Result) -> bytes:
    """A result as bytes."""
    record = {"verdict": result.verdict.to_json(), "notebook": result.notebook, "page": result.page}
    return zlib.compress(json.dumps(record).encode(), 1)


def pack_fault(fault: CourseFault | MachineFault | OutOfPatience) -> bytes:
    """What kept a submission from getting a verdict, as bytes."""
    kind = next(name for name, made in _FAULTS.items() if isinstance(fault, made))
    told = {"fault": kind, "message": fault.message, "hint": fault.hint, "stuck": getattr(fault, "stuck", None)}
    return zlib.compress(json.dumps(told).encode(), 1)


def unpack_result(data: bytes) -> Result:
    """The result.

    Raises:
        CourseFault, MachineFault, OutOfPatience: what the worker met instead.
        MachineFault: the bytes are no result.
    """
    try:
        record: dict[str, Any] = json.loads(zlib.decompress(data))
        if "fault" not in record:
            return Result(Verdict.from_json(record["verdict"]), record["notebook"], record["page"])
        fault = _FAULTS[record["fault"]](record["message"], hint=record["hint"])
        if isinstance(fault, OutOfPatience):
            fault.stuck = float(record["stuck"])
    except (ValueError, zlib.error, TypeError, KeyError, AttributeError) as error:
        raise MachineFault(f"a worker answered something that is no result: {error}") from error
    raise fault
