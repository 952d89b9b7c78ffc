"""A place to be attacked: a course with secrets, a host with things to find, and a judge of what an attack achieved."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import sqlite3
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import residue
from attacks import Attack

from coursegrader import worker
from coursegrader.build import build_release
from coursegrader.course import load_course
from coursegrader.errors import MachineFault
from coursegrader.sandbox.confinement import Mode
from coursegrader.submission import Submission

COURSE = Path(__file__).resolve().parent / "course"
TOKEN = "canari-e01b77aa-environnement"
CANARIES = ("canari-7f3a91c2", "canari-55aa90d1", TOKEN, "canari-91bb02c4-hote")
# Hidden inputs, as the attacks would carry them out. Their own source, which says {n}, does not match.
INPUTS = re.compile(r"num[ée]ro[-_]1\d{3}|ligne 1\d{3}|entrée \[-?\d|E_m?\d_\d")
PAGE = re.compile(
    r"<(script|iframe|form|base|style)|http-equiv=.?refresh|<[a-z][^<>]*(\son\w+\s*=|position\s*:\s*fixed|=.?javascript:)",
    re.IGNORECASE,
)
TRACES = ("/tmp/arena_was_here.txt", "/dev/shm/arena_was_here.txt", "/tmp/arena-big", "/dev/shm/arena-big")


@dataclass
class Outcome:
    """What an attack achieved: nothing, if all is well."""

    attack: str
    points_stolen: float = 0.0
    canaries: list[str] = field(default_factory=list)
    effects: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def blocked(self) -> bool:
        return not (self.points_stolen or self.canaries or self.effects)


class Arena:
    """Sets the scene in a temporary folder and hands attacks in.

    Args:
        mode: how student code is confined.
    """

    def __init__(self, mode: Mode) -> None:
        self.mode = mode
        self.root = Path(tempfile.mkdtemp(prefix="arena-"))
        os.environ["ARENA_TOKEN"] = TOKEN
        self._sockets: list[socket.socket] = []

    def __enter__(self) -> Arena:
        self.root.chmod(0o755)
        shutil.copytree(COURSE, self.root, dirs_exist_ok=True)
        course = load_course(self.root)
        build_release(course, course.assignments[0])
        self.release = json.loads((self.root / "release" / "arena" / "arena.ipynb").read_text())
        other = self.root / "submitted" / "honest" / "arena"
        other.mkdir(parents=True)
        (other / "arena.ipynb").write_text(json.dumps({**self.release, "secret": CANARIES[3]}))
        self.host_secret = Path(tempfile.gettempdir()) / f"arena-host-secret-{os.getpid()}"
        self.host_secret.write_text(CANARIES[3])
        self.port = self._listen()
        self._before = set(residue.left())
        for path in TRACES:
            Path(path).unlink(missing_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for sock in self._sockets:
            sock.close()
        residue.remove_named()
        self.host_secret.unlink(missing_ok=True)
        shutil.rmtree(self.root, ignore_errors=True)

    def _listen(self) -> int:
        tcp = socket.create_server(("127.0.0.1", 0))
        port = int(tcp.getsockname()[1])
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", port))
        named, abstract = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
        named.bind(str(self.root / "host.sock"))
        (self.root / "host.sock").chmod(0o777)
        abstract.bind(f"\0{self.root.name}")
        for sock in (named, abstract):
            sock.listen()
        self._sockets = [tcp, udp, named, abstract]
        for sock in self._sockets:
            sock.setblocking(False)
        return port

    def attack(self, attack: Attack) -> Outcome:
        """Hand in an attack and look at everything that comes of it."""
        started = time.perf_counter()
        outcome = Outcome(attack.name)
        submission = Submission("thief", "arena", self.notebook(attack.code))
        try:
            result = worker.grade_one(self.root, self.mode, submission)
        except MachineFault as fault:
            outcome.effects.append(f"the grader failed: {fault}")
            return outcome
        outcome.points_stolen = result.verdict.score
        artefacts = {
            "verdict": result.verdict.to_json(),
            "notebook": self._outputs(result.notebook),
            "page": self._visible(result.page),
        }
        for place, text in artefacts.items():
            outcome.canaries += [f"{canary} in the {place}" for canary in CANARIES if canary in text]
            if found := INPUTS.search(text):
                outcome.canaries.append(f"hidden input {found.group()} in the {place}")
        if "PWNED" in artefacts["notebook"]:
            outcome.effects.append("the attack says that it worked")
        if PAGE.search(re.sub(r"<style.*?</style>", "", result.page, count=1, flags=re.DOTALL)):
            outcome.effects.append("the page would run or show what the student made of it")
        outcome.effects += self._traces()
        outcome.seconds = time.perf_counter() - started
        return outcome

    def notebook(self, code: str) -> bytes:
        """The released notebook with `code` as the first answer; the second one's cell leaves alone what the first defined."""
        notebook = json.loads(json.dumps(self.release))
        code = code.replace("HOST", str(self.root)).replace("PORT", str(self.port)).replace("ABSTRACT", self.root.name)
        for cell in notebook["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("grade_id") == "scale-solution":
                cell["source"] = code
            elif cell["metadata"].get("nbgrader", {}).get("grade_id") == "label-solution":
                cell["source"] = "# La réponse est plus haut."
        return json.dumps(notebook).encode()

    def honest(self) -> float:
        """The score of the course's own solution: what it must be after whatever was done to the grader."""
        from coursegrader.bank import Known, solutions_of
        from coursegrader.build import build_source

        course = load_course(self.root)
        known = Known("honest", self.root, "", True, "graded", "full", {}, {}, (), (), slow=False)
        solutions = solutions_of(build_source(course, course.assignments[0]))
        given = "CANARY = 'canari-7f3a91c2-reference'\nFACTOR = 0.73105857863\n"
        solutions = {name: given + source for name, source in solutions.items()}
        submission = Submission("honest", "arena", known.notebook(self.release, solutions))
        return worker.grade_one(self.root, self.mode, submission).verdict.score

    def residue(self, seconds: float = 2.0) -> list[str]:
        """Processes and files of students' that are still there after so many seconds."""
        deadline = time.monotonic() + seconds
        while (left := [new for new in residue.left() if new not in self._before]) and time.monotonic() < deadline:
            time.sleep(0.05)
        return left

    def _outputs(self, notebook: str | None) -> str:
        """Cell outputs only: a student's source may of course say what it likes."""
        cells = json.loads(notebook)["cells"] if notebook else []
        return json.dumps([cell.get("outputs", []) for cell in cells], ensure_ascii=False)

    def _visible(self, page: str) -> str:
        """The page without the student's own source."""
        return re.sub(r"<pre.*?</pre>", "", page, flags=re.DOTALL)

    def _traces(self) -> list[str]:
        found = [
            f"wrote {path} on the host"
            for path in (*TRACES, str(self.root / "arena_was_here.txt"))
            if Path(path).exists()
        ]
        for path in (*TRACES, str(self.root / "arena_was_here.txt")):
            Path(path).unlink(missing_ok=True)
        for sock in self._sockets:
            with contextlib.suppress(BlockingIOError):
                if sock.type == socket.SOCK_DGRAM:
                    sock.recv(100)
                else:
                    sock.accept()[0].close()
                found.append("reached a socket of the host")
        with contextlib.closing(sqlite3.connect(self.root / "gradebook.db")) as db:
            if db.execute("SELECT COUNT(*) FROM grade WHERE auto_score = 300").fetchone()[0]:
                found.append("changed the gradebook")
        return found
