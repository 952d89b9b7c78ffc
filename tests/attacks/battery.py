"""All attacks by group, and which of them a weaker mode is known not to block."""

from __future__ import annotations

from attacks import BOMBS, FORGE, HOST, LEAK, READ, STALL
from craft import CRAFT

from coursegrader.sandbox.confinement import Mode

GROUPS = {"read": READ, "forge": FORGE, "leak": LEAK, "stall": STALL, "bomb": BOMBS, "host": HOST, "craft": CRAFT}
# What only walls keep out; forged answers and leaks are met on the trusted side, walls or no walls.
WALLS = ("read", "bomb", "host")
ATTACKS = [attack for group in GROUPS.values() for attack in group]

# Without namespaces the host's file system and sockets stay in view; nothing that holds a secret can be opened.
KNOWN_LIMITS: dict[Mode, dict[str, str]] = {
    Mode.REDUCED: {
        "size-of-hidden-checks": "names and sizes of files in folders that every user may enter (chmod 700 the course)",
        "unix-socket": "unix sockets that the host opens to every user",
        "shared-memory-name": "/dev/shm is the host's; what is left there is removed",
    },
}
# One of each kind, for the modes that a quick run does not go through whole.
SAMPLE = (
    "read-hidden-checks", "environment", "memory-of-parent", "eq-liar", "patched-serializer", "inputs-by-exception", "inputs-by-line-number",
    "kill-everybody", "segfault", "fork-bomb", "memory-by-tensor", "tcp", "abstract-socket", "write-course", "setuid-root", "no-fork",
    "daemon", "raise-limits", "nested-user-namespace", "keyring",
)  # fmt: skip
