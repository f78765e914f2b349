# syntax=docker/dockerfile:1

FROM node:20-bookworm-slim AS node

FROM rust:1.95-bookworm AS build
COPY --from=node /usr/local/bin/node /usr/local/bin/
COPY --from=node /usr/local/lib/node_modules /usr/local/lib/node_modules
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
WORKDIR /src

# The build tools take minutes and change rarely: a layer of their own, that no change to the source invalidates.
COPY setup/env setup/lib setup/tools setup/wasm-target setup/
COPY style/package.json style/package-lock.json style/
RUN setup/tools

# Between builds on one machine, dependencies stay compiled in the cache mounts. `make build` runs setup/tools again:
# it finds all there, unless Cargo.lock asks for another wasm-bindgen.
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,target=/src/target,sharing=locked \
    make build && \
    install -D -t /app target/release/jackdaw target/release/hash.txt && \
    rm -rf /app/site && cp -r target/site /app/site

FROM debian:bookworm-slim
# For TLS to a PostgreSQL or Redis elsewhere.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin jackdaw && \
    install -d -o jackdaw -g jackdaw -m 700 /data
COPY --from=build /app /app

USER jackdaw
ENV LISTEN_ADDR=0.0.0.0:3000 \
    DATA_DIR=/data
VOLUME /data
EXPOSE 3000
# Stopping is graceful: clients are told to go elsewhere, and what is being written is finished.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --start-interval=1s --retries=3 \
    CMD ["/app/jackdaw", "healthcheck"]
ENTRYPOINT ["/app/jackdaw"]
