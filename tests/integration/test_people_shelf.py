"""The shelf of sessions on a real Redis."""

from __future__ import annotations

import asyncio

import pytest

from adapter.access import UnavailableError
from adapter.bootstrap.shelf import RedisShelf

pytestmark = pytest.mark.integration


async def test_the_shelf_keeps_takes_once_and_gathers(redis_url):
    shelf = RedisShelf(lambda: redis_url, "test:shelf:")
    await shelf.put("a", b"1", 60)
    assert await shelf.get("a") == b"1"
    assert sorted(await asyncio.gather(*(shelf.swap("a", b"1", b"2", 60) for _ in range(8)))) == [False] * 7 + [True]
    assert not await shelf.swap("b", b"1", b"2", 60)
    assert (await shelf.get("a"), await shelf.get("b")) == (b"2", None)
    taken = await asyncio.gather(*(shelf.take("a") for _ in range(8)))
    assert sorted(t is not None for t in taken) == [False] * 7 + [True]
    assert sorted(await asyncio.gather(*(shelf.once("j", 60) for _ in range(8)))) == [False] * 7 + [True]
    await shelf.gather("s", "x", 60)
    await shelf.gather("s", "y", 60)
    assert await shelf.gathered("s") == {"x", "y"}
    await shelf.drop("s", "j")
    assert await shelf.gathered("s") == frozenset()
    assert await shelf.once("j", 60)
    await shelf.aclose()


async def test_a_shelf_that_does_not_answer_says_so_and_no_address():
    shelf = RedisShelf(lambda: "redis://geheim@127.0.0.1:1/0")
    with pytest.raises(UnavailableError) as caught:
        await shelf.get("a")
    assert "geheim" not in str(caught.value)
    await shelf.aclose()
