"""Whatever is sent as an assertion, a scope or a key set: a clear refusal or a token, and nothing else."""

from __future__ import annotations

import asyncio
import base64
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.access.systems import BadScopeError, JwksError, OAuthError, granted, read_jwks, read_scope, read_scopes
from adapter.service.access.tokens import Asking
from support.examples import many
from support.systems_world import EC_KEY, NOW, World, client, signed

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
CLAIMS = st.sampled_from(
    ["iss", "sub", "aud", "exp", "iat", "nbf", "jti", "patient", "patient_bsn", "subject_id", "subject_role",
     "subject_organization_id", "purpose_of_use", "extensions", "subject_name"]
)  # fmt: skip
WORLDS = (World(), World((client(for_woman=True, source="vp", scopes=("patient/*.rs",)),)))


def ask(world: World, assertion: str, scope: str = "system/*.rs patient/*.rs") -> None:
    form = {**world.form(scope, assertion="x"), "client_assertion": assertion}
    try:
        asyncio.run(world.desk.issue(form, Asking()))
    except OAuthError as error:
        assert error.error
        assert "eyJ" not in str(error)


@settings(max_examples=many(60), deadline=None)
@given(st.dictionaries(CLAIMS, VALUES, max_size=4), st.sampled_from(WORLDS))
def test_any_claims_under_a_good_signature(claims, world):
    good = {"iss": "epd-groen", "sub": "epd-groen", "aud": "https://adapter.example/oauth/token", "exp": NOW + 60}
    ask(world, signed({**good, "jti": str(len(world.replay.seen)), **claims}))


@settings(max_examples=many(100), deadline=None)
@given(VALUES, VALUES, st.binary(max_size=20))
def test_any_three_parts(header, claims, signature):
    parts = (json.dumps(header).encode(), json.dumps(claims).encode(), signature)
    text = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    ask(WORLDS[0], text)
    WORLDS[0].tokens.verify(text)


@settings(max_examples=many(100), deadline=None)
@given(st.text(max_size=60))
def test_any_text(text):
    ask(WORLDS[0], text, text)
    WORLDS[0].tokens.verify(text)
    try:
        again = str(read_scope(text))
        assert str(read_scope(again)) == again
    except BadScopeError:
        pass


@settings(max_examples=many(100), deadline=None)
@given(st.dictionaries(st.sampled_from(["kty", "crv", "x", "y", "n", "e", "kid", "use", "key_ops", "alg"]), VALUES))
def test_any_key(change):
    for body in ({"keys": [{**EC_KEY.as_dict(private=False), **change}]}, {"keys": [change]}, change):
        try:
            read_jwks(json.dumps(body).encode())
        except JwksError as error:
            assert str(error)


TYPES, LETTERS = st.sampled_from(["*", "Patient", "Observation"]), st.sampled_from(["r", "rs", "cruds", "cu", "s", "d"])
WHERE = st.sampled_from(["", "?code=1", "?code=2", "?code=1&status=final"])
SCOPES = st.lists(st.builds(lambda t, a, w: f"system/{t}.{a}{w}", TYPES, LETTERS, WHERE), max_size=5)


@given(SCOPES, SCOPES)
def test_what_is_granted_is_never_more_than_asked_or_registered(asked, registered):
    from adapter.access.systems import Scopes

    found = Scopes(granted(asked, read_scopes(registered)))
    sides = [Scopes(read_scopes(side)) for side in (asked, registered)]
    for kind in ("*", "Patient", "Observation", "Condition"):
        for letter in "cruds":
            mine, theirs = found.where(kind, letter), [side.where(kind, letter) for side in sides]
            assert (mine is not None) == all(side is not None for side in theirs)
            for side in theirs:
                if mine is not None and side:  # narrowed there: narrowed here, at least as much
                    assert mine
                    assert all(any(set(one) <= set(each) for one in side) for each in mine)
