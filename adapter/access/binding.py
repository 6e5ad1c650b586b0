"""Where the service may listen."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Binding:
    """Whether a host may be bound to; `why` says so in words."""

    allowed: bool
    why: str


def binding_allowed(host: str, access_configured: bool) -> Binding:
    """Loopback always; another address only once access is configured, because until then nobody is authenticated."""
    if is_loopback(host):
        return Binding(True, f"{host} is loopback: only this machine can reach it")
    if access_configured:
        return Binding(True, f"access is configured: {host} may be reached from outside")
    return Binding(
        False,
        f"refused to listen on {host or 'every address'}: access is not configured, so everybody who can reach it would"
        " be the demonstration identity; bind to 127.0.0.1, or configure access first",
    )


@lru_cache(1024)
def is_loopback(host: str) -> bool:
    """Whether a host to bind to is loopback. A name other than `localhost` is not: it may resolve to anything."""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback
