#!/usr/bin/env bash
# Build the image and show that it answers. Where no registry can be reached, the base is Debian's own root filesystem.
set -euo pipefail
cd "$(dirname "$0")/.."
. .ci/engine.sh
trap stop_engine EXIT
start_engine

base=${BASE_IMAGE:-local/debian:bookworm}
if [ "$base" = local/debian:bookworm ] && ! docker image inspect "$base" >/dev/null 2>&1; then
    root=$(mktemp -d)
    chmod 755 "$root"
    debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates bookworm "$root" >/tmp/debootstrap.log
    # The certificates this machine trusts, for a network with an authority of its own.
    cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
    printf '[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n' >"$root/etc/pip.conf"
    tar -C "$root" -c . | docker import --change 'CMD ["/bin/sh"]' - "$base" >/dev/null
    rm -rf "$root"
fi

DOCKER_BUILDKIT=0 docker build -q --build-arg BASE="$base" -f docker/Dockerfile -t geboortezorg-adapter . 2>/tmp/docker-build.log ||
    { cat /tmp/docker-build.log >&2; exit 1; }
data=$(mktemp -d)
chmod 755 "$data"
python=.venv/bin/python
$python -m adapter dev region --out "$data" --women 0
chmod -R a+rwX "$data"
docker rm -f adapter-smoke >/dev/null 2>&1 || true
finish() {
    docker logs adapter-smoke 2>&1 | tail -20
    docker rm -f adapter-smoke >/dev/null
    rm -rf "$data"
    stop_engine
}
trap finish EXIT
# Without configured access the adapter serves on loopback only: share the host's.
docker run -d --name adapter-smoke --network host -v "$data:/data" geboortezorg-adapter run --config /data/adapter.toml --port 8088 >/dev/null
answered=
for _ in $(seq 400); do # the first start of a fresh image reads it from disk
    state=$(docker inspect -f '{{.State.Status}}' adapter-smoke)
    [ "$state" = running ] || { echo "the container is $state" >&2; exit 1; }
    $python - <<'PY' && answered=yes && break || sleep 0.5
import json, sys, urllib.request
try:
    with urllib.request.urlopen("http://127.0.0.1:8088/health/ready", timeout=2) as answer:
        answer.read()
    with urllib.request.urlopen("http://127.0.0.1:8088/api/v1/pregnancies", timeout=5) as answer:
        found = len(json.load(answer)["pregnancies"])
except OSError as error:
    sys.exit(1)
print(f"image: ready, {found} pregnancies")
sys.exit(0 if found else 1)
PY
done
[ -n "$answered" ] || { echo "the image does not answer" >&2; exit 1; }
[ "$(docker exec adapter-smoke id -un)" = adapter ] || { echo "the image does not run as its own user" >&2; exit 1; }
