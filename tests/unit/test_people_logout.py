"""A logout token says when it ends (OpenID Connect Back-Channel Logout 1.0, section 2.4)."""

from __future__ import annotations

import pytest

from adapter.access.people import LoginError
from adapter.access.people.tokens import LOGOUT_EVENT
from support.people_world import ISSUER, World, signed


def logout_token(world: World, **more: object) -> str:
    now = int(world.clock().timestamp())
    usual = {"iss": ISSUER, "aud": "adapter", "iat": now, "jti": "l-1", "sub": "s-1", "events": {LOGOUT_EVENT: {}}}
    return signed({**usual, **more})


async def test_a_logout_token_that_never_ends_ends_nothing() -> None:
    world = World()
    await world.log_in()
    with pytest.raises(LoginError, match="exp"):
        await world.people.sent_away(logout_token(world))
    assert await world.identify() is not None
    ends = int(world.clock().timestamp()) + 120
    assert await world.people.sent_away(logout_token(world, exp=ends)) == 1, "nothing else was wrong with it"
