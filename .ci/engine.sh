# Sourced: start a Docker engine if none answers (and stop it at the end), and make a Redis image where no registry can
# be reached.

engine=

start_engine() {
    if ! docker info >/dev/null 2>&1; then
        dockerd >/tmp/dockerd.log 2>&1 </dev/null &
        engine=$!
        for _ in $(seq 150); do docker info >/dev/null 2>&1 && break; sleep 0.2; done
    fi
    docker info >/dev/null 2>&1 || { echo "no Docker engine answers:" >&2; tail -20 /tmp/dockerd.log >&2; return 1; }
    export TESTCONTAINERS_RYUK_DISABLED=true TESTCONTAINERS_CONNECTION_MODE=docker_host
}

stop_engine() {
    if [ -n "$engine" ]; then
        kill "$engine" 2>/dev/null || true
        wait "$engine" 2>/dev/null || true
        engine=
    fi
}

# Debian's own Redis with the libraries it links to, named for what it is.
import_redis_image() {
    local image root file library
    image="local/redis-debian:$(dpkg-query -W -f '${Version}' redis-server | sed 's/^[0-9]*://; s/[^A-Za-z0-9.].*//')"
    if ! docker image inspect "$image" >/dev/null 2>&1; then
        root=$(mktemp -d)
        mkdir -p "$root"/{usr/bin,tmp,data,etc}
        chmod 1777 "$root/tmp"
        for file in /usr/bin/redis-server /usr/bin/redis-cli; do
            cp -L "$file" "$root$file"
            for library in $(ldd "$file" | grep -oE '/[^ ]+\.so[^ ]*' | sort -u); do
                mkdir -p "$root$(dirname "$library")"
                cp -L "$library" "$root$library"
            done
        done
        echo 'root:x:0:0:root:/:/bin/sh' >"$root/etc/passwd"
        tar -C "$root" -c . | docker import \
            --change 'ENTRYPOINT ["/usr/bin/redis-server"]' \
            --change 'CMD ["--protected-mode","no","--bind","0.0.0.0"]' \
            --change 'EXPOSE 6379' --change 'WORKDIR /data' - "$image" >/dev/null
        rm -rf "$root"
    fi
    export TEST_REDIS_IMAGE=$image
}
