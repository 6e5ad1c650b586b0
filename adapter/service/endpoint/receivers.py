"""Where a notification may go: an address that is registered for who asked, or one that is reached over the internet.

Who subscribes names the address, and we call it from inside the network: without this anybody could have us knock on
any door in there (server-side request forgery, OWASP API7:2023). So the name is looked up first, every address it has
must be public, and the call goes to the address that was looked at, not to the name again (DNS rebinding).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Collection, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from adapter.access import is_loopback
from adapter.service.endpoint.fault import FhirFault

Resolve = Callable[[str, int], Awaitable[Collection[str]]]
_WHERE = "Subscription.channel.endpoint"
_PORTS = {"https": 443, "http": 80}
_TRANSLATED = ip_network("64:ff9b::/96")  # RFC 6052: an address of IPv4, perhaps one of ours, in one of IPv6


class UnreachableError(Exception):
    """The address is not one to which a notification may go, or is nobody's."""


async def resolve(host: str, port: int) -> Collection[str]:
    """The addresses of a name. Raises `OSError`."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(one[4][0]) for one in found]


class Receivers:
    """`registered`: for each system, the origins (`https://host`, `https://host:port`) to which it may have us go,
    inside the network too; one without any may name any public address. `loopback`: whether this machine may be told,
    as long as nobody is anybody.
    """

    def __init__(
        self,
        registered: Mapping[str, Collection[str]] | None = None,
        *,
        loopback: bool = True,
        resolve: Resolve = resolve,
    ) -> None:
        self._registered = {owner: frozenset(map(origin_of, origins)) for owner, origins in (registered or {}).items()}
        self._loopback = loopback
        self.resolve = resolve

    def check(self, owner: str, endpoint: object) -> None:
        """Whether this may be an endpoint of this owner, as far as its text says. Raises `FhirFault` (422)."""
        try:
            address = urlsplit(str(endpoint))
            origin = _origin(address)
        except ValueError:
            raise FhirFault(422, "value", "endpoint is an address", _WHERE) from None
        if not address.hostname or address.username or address.password:
            raise FhirFault(422, "value", "endpoint is an address without a user", _WHERE)
        allowed = self._registered.get(owner)
        if allowed:
            if origin not in allowed:
                text = "endpoint is none of the addresses registered for this system ([[access.client]] notify)"
                raise FhirFault(422, "security", text, _WHERE)
            return
        if address.scheme == "http" and self._loopback and is_loopback(address.hostname):
            return
        if address.scheme != "https":
            raise FhirFault(422, "security", "endpoint is https", _WHERE)
        if _named_inside(address.hostname):
            text = "endpoint is no public address; have it registered for this system ([[access.client]] notify)"
            raise FhirFault(422, "security", text, _WHERE)

    async def address(self, owner: str, endpoint: str) -> str:
        """The address to call now. Raises `UnreachableError`, and `OSError` for a name that is nobody's."""
        try:
            self.check(owner, endpoint)  # as the configuration is now
        except FhirFault as fault:
            raise UnreachableError(fault.text) from None
        parts = urlsplit(endpoint)
        host = parts.hostname or ""
        found = list(await self.resolve(host, parts.port or _PORTS[parts.scheme]))
        inside = bool(self._registered.get(owner)) or (self._loopback and is_loopback(host))
        if not found or not (inside or all(is_public(one) for one in found)):
            raise UnreachableError("no public address")
        return found[0]


def origin_of(url: str) -> str:
    """Scheme, host and port of an address. Raises `ValueError` for a port that is none."""
    return _origin(urlsplit(url))


def is_public(address: str) -> bool:
    """Whether an address is reached over the internet, and stands for none inside."""
    try:
        found: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        if found in _TRANSLATED or found.sixtofour is not None or found.teredo is not None:
            return False
        found = found.ipv4_mapped or found
    return found.is_global and not found.is_multicast and not found.is_reserved


def _origin(address: SplitResult) -> str:
    return f"{address.scheme}://{(address.hostname or '').lower()}:{address.port or _PORTS.get(address.scheme)}"


def _named_inside(host: str) -> bool:
    """Whether it can be said without looking it up that this is an address inside."""
    try:
        ip_address(host)
    except ValueError:
        return is_loopback(host)
    return not is_public(host)
