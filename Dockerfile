# `bunraku serve` on a processor:
#
#     docker build -t bunraku .
#     docker run --rm --network host bunraku             # http://127.0.0.1:8090/ on this machine
#
# For others than this machine it wants TLS and a token, mounted where user 10001 can read them:
#
#     docker run --rm --network host -v "$PWD/tls:/tls:ro" \
#         -e BUNRAKU_HEALTHZ=https://127.0.0.1:8090/healthz bunraku \
#         serve --host 0.0.0.0 --tls-cert /tls/cert.pem --tls-key /tls/key.pem --token-file /tls/token.txt
#
# Pictures go by UDP, on a port that the system chooses for each connection. Publishing 8090 alone is
# not enough: share the host's network, as above, or carry them over TURN (docs/service.md).

FROM python:3.12-slim AS wheel
WORKDIR /build
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY src ./src
# The folders that the links in src/bunraku lead to.
COPY export ./export
COPY kernels ./kernels
COPY networks ./networks
COPY runtime ./runtime
COPY stream ./stream
COPY training ./training
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.12-slim
# What the wheels need beside the C and C++ libraries lies in them: no system packages.
COPY --from=wheel /wheels /wheels
RUN pip install --no-cache-dir "$(echo /wheels/bunraku-*.whl)[cpu]" && rm -r /wheels

ENV PYTHONUNBUFFERED=1 \
    BUNRAKU_CACHE=/var/lib/bunraku \
    NUMBA_CACHE_DIR=/var/lib/bunraku/compiled \
    BUNRAKU_HEALTHZ=http://127.0.0.1:8090/healthz
RUN useradd --create-home --uid 10001 bunraku && install --directory --owner bunraku "$BUNRAKU_CACHE"
USER bunraku
WORKDIR /home/bunraku

# MediaPipe's pose networks, out of its wheel. --build-arg FETCH=no leaves them out: then a volume
# at /var/lib/bunraku has to hold them.
ARG FETCH=yes
RUN if [ "$FETCH" = yes ]; then bunraku fetch; fi

EXPOSE 8090
# The certificate is not looked at: this machine asks itself.
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s \
    CMD ["python", "-c", "import os, ssl, urllib.request as r; r.urlopen(os.environ['BUNRAKU_HEALTHZ'], timeout=4, context=ssl._create_unverified_context())"]
ENTRYPOINT ["bunraku"]
CMD ["serve"]
