# WebTorrent, as npm installed it from the lock file; the context has the same Node as our own image.
ARG BASE_IMAGE
FROM ${BASE_IMAGE}
RUN apt-get update -qq \
  && apt-get install -qq -y --no-install-recommends iproute2 >/dev/null \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --system --uid 990 --home-dir /data swarmlab \
  && install -d -o swarmlab -g swarmlab /data
COPY node /usr/local/bin/node
COPY node_modules /swarmlab/node_modules
USER swarmlab
WORKDIR /data
