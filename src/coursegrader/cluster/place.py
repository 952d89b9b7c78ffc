"""Where the scheduler is, and with which certificates it is spoken to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coursegrader.course import Course
from coursegrader.errors import CourseFault, MachineFault

KEYS = ("address", "ca", "cert", "key")


@dataclass(frozen=True)
class Scheduler:
    """A scheduler's address, `tcp://host:8786` or `tls://host:8786`, and for TLS the PEM files of the authority, certificate and key.

    Example:
        >>> Scheduler("tcp://127.0.0.1:8786").address
        'tcp://127.0.0.1:8786'
    """

    address: str
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None

    def __post_init__(self) -> None:
        if not self.address.startswith(("tcp://", "tls://")):
            raise CourseFault(
                f'"{self.address}" is no address of a scheduler',
                hint='Write "tcp://host:8786", or "tls://host:8786" with certificates.',
            )
        given = [name for name in KEYS[1:] if getattr(self, name) is not None]
        if self.address.startswith("tcp://") and given:
            raise CourseFault(
                f"{self.address} uses no certificates, but {', '.join(given)} is given", hint="Write tls://."
            )
        if given and len(given) < 3:
            raise CourseFault(
                f"of the certificates only {', '.join(given)} is given",
                hint="TLS needs all three: ca, cert and key (PEM files).",
            )
        for name in given:
            if not getattr(self, name).is_file():
                raise MachineFault(
                    f"the {name} of TLS, {getattr(self, name)}, is not there", hint="docs/scale.md says how to make it."
                )

    def security(self) -> Any:
        """What `distributed.Client` wants; without files, what Dask's own configuration says."""
        if self.address.startswith("tcp://"):
            return None
        from distributed.security import Security

        if self.ca is None:
            own = Security(require_encryption=True)  # type: ignore[no-untyped-call]
            if not own.get_connection_args("client").get("ssl_context"):  # type: ignore[no-untyped-call]
                raise CourseFault(
                    f"{self.address} needs certificates, and neither the command nor Dask's configuration names any",
                    hint="Give --tls-ca, --tls-cert and --tls-key, or write them into COURSE; docs/scale.md says how to make them.",
                )
            return own
        return Security(  # type: ignore[no-untyped-call]
            tls_ca_file=str(self.ca),
            tls_client_cert=str(self.cert),
            tls_client_key=str(self.key),
            require_encryption=True,
        )


def scheduler_of(
    course: Course, address: str | None, ca: Path | None, cert: Path | None, key: Path | None
) -> Scheduler | None:
    """The scheduler that the command line names, else the one of COURSE["scheduler"], else None: processes on this machine.

    Raises:
        CourseFault: no address, or half of the certificates.
        MachineFault: a certificate is not there.
    """
    if address:
        return None if address == "local" else Scheduler(address, ca, cert, key)
    given = course.data.get("scheduler")
    if given is None:
        return None
    data = given if isinstance(given, Mapping) else {"address": given}
    files = {name: course.root / str(data[name]) for name in KEYS[1:] if data.get(name)}
    return Scheduler(str(data.get("address", "")), **files)
