"""Links to a repository: their form, without any network; `--online` lets the teacher ask whether the address answers."""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
from contextlib import suppress
from urllib.parse import SplitResult, quote, urlsplit

from coursegrader.messages import text

LINK = re.compile(r"(?:https?|git|ssh|ftp|file)://[^\s)>\]\"'`|]+|git@[\w.-]+:[\w./-]+", re.IGNORECASE)
SECONDS = 10.0  # of silence
PATIENCE = 20.0  # seconds in all: a line may be told a letter at a time


KNOWN = ("github.com", "gitlab.com", "codeberg.org")  # if not one of them has an address, there is no network


class NoNetwork(Exception):
    """No name at all can be resolved: nothing can be said of a link."""


class Online:
    """`ask_online`, which finds out once that there is no network.

    Attributes:
        missing: there is none; links are no longer asked.
    """

    def __init__(self) -> None:
        self.missing = False

    def __call__(self, link: str) -> str:
        """As `ask_online`."""
        if self.missing:
            raise NoNetwork
        try:
            return ask_online(link)
        except NoNetwork:
            self.missing = True
            raise


def find_links(answer: str) -> list[str]:
    """Everything in a text that looks like an address.

    Example:
        >>> find_links("Mon dépôt : <https://gitlab.com/lea/projet>, merci.")
        ['https://gitlab.com/lea/projet']
    """
    return [link.rstrip(".,;:!?") for link in LINK.findall(answer)][:20]


def link_problem(link: str) -> str:
    """What is wrong with the form of an address: the ending of a key of the texts, "" when nothing is.

    Example:
        >>> link_problem("https://github.com/lea/projet"), link_problem("https://github.com/lea")
        ('', 'no_repository')
    """
    if link.startswith("git@"):
        return "ssh"
    try:
        parts = urlsplit(link)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "malformed"
    if parts.scheme.lower() not in ("https", "http"):
        return "scheme"
    if parts.username or parts.password or re.search(r"(token|api_?key|password)=", parts.query, re.IGNORECASE):
        return "secret"
    if "." not in host or host.endswith((".local", ".localhost", ".example", ".invalid", ".test")) or _is_address(host):
        return "host"
    if host.removeprefix("www.") in {"example.com", "example.org"}:
        return "host"
    if len([part for part in parts.path.split("/") if part]) < 2:
        return "no_repository"
    return ""


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def ask_online(link: str) -> str:
    """Whether a well-formed address answers: "" when it does, else why not, in French. Only on the teacher's `--online`.

    Names that lead into a private network are not asked, and no redirection is followed there. Only the address that was looked at is asked: a name
    may stand for another one a moment later. What the other side says is not repeated, and however slowly it says it, it ends after `PATIENCE`.

    Raises:
        NoNetwork: no name can be resolved, neither this one nor well-known ones.
    """
    import http.client

    parts = urlsplit(link)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    try:
        addresses = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except UnicodeError:  # no name at all
        return text("milestones.online_no_host", host=host)
    except OSError:
        if not _network():
            raise NoNetwork from None
        return text("milestones.online_no_host", host=host)
    if not all(ipaddress.ip_address(address).is_global for address in addresses):
        return text("milestones.online_private", host=host)
    try:
        status = _status(parts, host, port, addresses[0])
    except (OSError, http.client.HTTPException, ValueError) as error:
        return text("milestones.online_silent", host=host, error=type(error).__name__)
    return "" if status < 400 else f"HTTP {status}"


def _network() -> bool:
    for name in KNOWN:
        with suppress(OSError):
            return bool(socket.getaddrinfo(name, 443, type=socket.SOCK_STREAM))
    return False


def _status(parts: SplitResult, host: str, port: int, address: str) -> int:
    import http.client
    import ssl

    tls = parts.scheme.lower() == "https"
    connection = (http.client.HTTPSConnection if tls else http.client.HTTPConnection)(host, port)
    with socket.create_connection((address, port), SECONDS) as raw:
        wire = raw
        if tls:
            context = ssl.create_default_context()
            wire = context.wrap_socket(raw, server_hostname=host, do_handshake_on_connect=False)
        patience = threading.Timer(PATIENCE, _hang_up, (wire,))
        patience.start()
        try:
            if isinstance(wire, ssl.SSLSocket):
                wire.do_handshake()
            connection.sock = wire
            path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~")
            connection.request("HEAD", path, headers={"User-Agent": "coursegrader"})
            return connection.getresponse().status
        finally:
            patience.cancel()
            wire.close()
            connection.close()


def _hang_up(wire: socket.socket) -> None:
    with suppress(OSError):  # closed by now
        socket.socket.shutdown(wire, socket.SHUT_RDWR)  # not that of TLS, which is in use
