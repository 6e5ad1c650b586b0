"""`adapter dev keys` and `adapter dev token`: try out how a system gets in, without a system at hand."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Annotated

import typer

from adapter.cli.output import notes, wrong

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
Client = Annotated[str, typer.Option("--client", help="Id under which the system is registered.")]


def keys(
    client: Client,
    out: Annotated[Path, typer.Option("--out", help="Folder to write to.")] = Path(),
    algorithm: Annotated[str, typer.Option("--algorithm", help="ES384 or RS384.")] = "ES384",
) -> None:
    """Make a key pair for a system: the private key, and the JWKS to register."""
    from joserfc.jwk import ECKey, KeyParameters, RSAKey

    if not _ID.fullmatch(client):
        wrong("--client: letters, digits and . _ : -")
    if algorithm not in ("ES384", "RS384"):
        wrong("--algorithm: ES384 or RS384")
    about: KeyParameters = {"use": "sig", "alg": algorithm}
    key = ECKey.generate_key("P-384", about) if algorithm == "ES384" else RSAKey.generate_key(3072, about)
    kid = key.thumbprint()
    name = client.replace(":", "_")
    private, public = out / f"{name}.private.json", out / f"{name}.jwks.json"
    try:
        out.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump({**key.as_dict(private=True), "kid": kid}, file)
        public.write_text(json.dumps({"keys": [{**key.as_dict(private=False), "kid": kid}]}, indent=2) + "\n")
    except FileExistsError:
        wrong(f"--out: {private} is there already; a key is not overwritten")
    except OSError as error:
        wrong(f"--out: cannot write to {out}: {error.strerror}")
    notes().print(f"{private}: the private key, for the system alone", markup=False)
    notes().print(f"{public}: the public key, to register:", markup=False)
    typer.echo(f'[[access.client]]\nid = "{client}"\nname = "{client}"\njwks_file = "{public}"')


def token(
    client: Client,
    key: Annotated[Path, typer.Option("--key", help="The private key: a JWK, or PEM with --kid.")],
    base: Annotated[str, typer.Option("--base", help="FHIR address: where the token endpoint is found.")],
    scope: Annotated[str, typer.Option("--scope", help="What to ask.")] = "system/*.rs",
    kid: Annotated[str | None, typer.Option("--kid", help="Id of the key, where it does not say.")] = None,
) -> None:
    """Ask for a token as a system would, and print it."""
    import asyncio

    from adapter import connectors

    auth = connectors.Auth("smart-backend", client_id=client, key_file=key, kid=kid, scope=scope)
    try:
        typer.echo(asyncio.run(connectors.token(base, auth)))
    except (connectors.ConfigurationError, connectors.SourceError) as error:
        wrong(str(error))
