"""Notice that something has changed in a folder: the kernel says so on a local disk; on a network disk, which tells nobody, by looking."""

from __future__ import annotations

import os
import threading
from pathlib import Path

NETWORK = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "ceph", "glusterfs", "lustre", "9p", "beegfs", "gpfs", "afs")
LOOK_SECONDS = 1.0  # between two looks at a network disk
SURE_SECONDS = 10.0  # a look without being told: a message of the kernel's may be lost


class Eyes:
    """Sets an event whenever the folder may have changed.

    Args:
        folder: to watch; not its subfolders, whose completion the watcher looks at itself.
        wake: what to set.
        poll: seconds between two looks; 0 to be told by the kernel where the disk can.
    """

    def __init__(self, folder: Path, wake: threading.Event, poll: float = 0.0) -> None:
        self._wake, self._stop = wake, threading.Event()
        self.told = poll <= 0 and not on_network(folder)
        self.seconds = SURE_SECONDS if self.told else poll or LOOK_SECONDS
        self._thread: threading.Thread | None = None
        if self.told:
            self._thread = threading.Thread(target=self._run, args=(folder,), name="eyes", daemon=True)
            self._thread.start()

    def _run(self, folder: Path) -> None:
        from watchfiles import watch

        try:
            for _ in watch(
                folder,
                watch_filter=None,
                debounce=50,
                step=20,
                recursive=False,
                stop_event=self._stop,
                rust_timeout=500,
            ):
                self._wake.set()
        except (OSError, RuntimeError):  # no inotify instance left, or the folder is gone: look instead
            self.told, self.seconds = False, LOOK_SECONDS
            self._wake.set()

    def close(self) -> None:
        """Look away."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=2)


def on_network(folder: Path) -> bool:
    """Whether a folder lies on a disk that other machines write to without this kernel knowing."""
    best, kind = "", ""
    path = os.path.realpath(folder)
    try:
        lines = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return True
    for line in lines:
        fields = line.split()
        point = fields[1].replace("\\040", " ")
        if len(point) >= len(best) and (path == point or path.startswith(point.rstrip("/") + "/")):
            best, kind = point, fields[2]
    return kind in NETWORK or kind.startswith("fuse")
