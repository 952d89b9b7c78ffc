"""Links to a repository: their form, without any network; `--online` lets the teacher ask whether the address answers."""

from __future__ import annotations

import ipaddress
import re
import socket
from urllib.parse import urlsplit

LINK = re.compile(r"(?:https?|git|ssh|ftp|file)://[^\s)>\]\"'`|]+|git@[\w.-]+:[\w./-]+", re.IGNORECASE)
SECONDS = 10.0


def find_links(text: str) -> list[str]:
    """Everything in a text that looks like an address.

    Example:
        >>> find_links("Mon dépôt : <https://gitlab.com/lea/projet>, merci.")
        ['https://gitlab.com/lea/projet']
    """
    return [link.rstrip(".,;:!?") for link in LINK.findall(text)][:20]


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
    """Whether a well-formed address answers: "" when it does, else what was said. Only on the teacher's `--online`.

    Names that lead into a private network are not asked, and no redirection is followed there.
    """
    import http.client
    import ssl

    parts = urlsplit(link)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    try:
        addresses = {info[4][0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError as error:
        return f"{host}: {error.strerror or error}"
    if not all(ipaddress.ip_address(address).is_global for address in addresses):
        return f"{host} is in a private network"
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(host, port, timeout=SECONDS, context=ssl.create_default_context())
    else:
        connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
    try:
        connection.request("HEAD", parts.path or "/", headers={"User-Agent": "coursegrader"})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"{host}: {error or type(error).__name__}"
    finally:
        connection.close()
    return "" if status < 400 else f"HTTP {status}"
