"""What a confined child is given and held to: plain data, made by the trusted side and sent to the warm parent as JSON."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from pathlib import PurePosixPath
from typing import Any

# systemd leaves 60706 to 61183 to nobody, and containers that map only 16 bits of users still have them.
FIRST_UID = 60800
SLOTS = 64


class Mode(Enum):
    """How a child is confined; the value is what reports and grade rows say."""

    FULL_ROOT = "full-root"
    FULL_USER = "full-user"
    REDUCED = "reduced"
    NONE = "off"

    @property
    def label(self) -> str:
        """One word for people: "full", "reduced" or "off"."""
        return self.value.partition("-")[0]

    @property
    def is_full(self) -> bool:
        """Whether the child lives in namespaces of its own."""
        return self in (Mode.FULL_ROOT, Mode.FULL_USER)


@dataclass(frozen=True)
class Limits:
    """What a child may use.

    Attributes:
        memory_bytes: memory that the child may add to what it inherits from the parent; MemoryError beyond it.
        processes: processes and threads at one time.
        open_files: descriptors of each process.
        file_bytes: size of one file.
        disk_bytes: all files together (in memory, where the mode has a private file system).
        cpu_seconds: processor time of each process. Wall time is the trusted side's to watch.
    """

    memory_bytes: int = 2 << 30
    processes: int = 64
    open_files: int = 256
    file_bytes: int = 64 << 20
    disk_bytes: int = 128 << 20
    cpu_seconds: int = 300

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not isinstance(value, int) or value <= 0:
                raise ValueError(f"{name} must be a positive whole number, not {value!r}")


@dataclass(frozen=True)
class Plan:
    """How children are confined and what they find.

    Attributes:
        mode: how.
        limits: what they may use.
        uid: first user id of the slots (as root); a child runs as the first of `SLOTS` ids from here that is free.
        gid: group id; the same number as the user's when None.
        readable: files and directories that exist for the child, read-only, at the same place: the interpreter, its libraries.
        work_files: relative path -> content, placed into the child's working directory.
        cgroups: directories under which a slot's control groups are made, one a hierarchy; () where none can be written.

    Example:
        >>> plan = Plan(Mode.NONE, work_files={"prenoms.txt": b"emma"})
        >>> Plan.from_json(plan.to_json()) == plan
        True
    """

    mode: Mode
    limits: Limits = Limits()
    uid: int = FIRST_UID
    gid: int | None = None
    readable: tuple[str, ...] = ()
    work_files: Mapping[str, bytes] = field(default_factory=dict)
    cgroups: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in self.work_files:
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts or not path.parts or "\0" in name:
                raise ValueError(f"a work file must have a relative path below the working directory, not {name!r}")

    def to_json(self) -> str:
        """The plan as JSON text; file contents in base64."""
        data: dict[str, Any] = {
            "mode": self.mode.value,
            "limits": asdict(self.limits),
            "uid": self.uid,
            "gid": self.gid,
            "readable": list(self.readable),
            "work_files": {name: base64.b64encode(content).decode() for name, content in self.work_files.items()},
            "cgroups": list(self.cgroups),
        }
        return json.dumps(data)

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """Read what `to_json` wrote.

        Raises:
            ValueError, KeyError, TypeError: it is something else.
        """
        data = json.loads(text)
        return cls(
            mode=Mode(data["mode"]),
            limits=Limits(**data["limits"]),
            uid=data["uid"],
            gid=data["gid"],
            readable=tuple(data["readable"]),
            work_files={name: base64.b64decode(content) for name, content in data["work_files"].items()},
            cgroups=tuple(data["cgroups"]),
        )
