# aria2, as Debian has it.
ARG BASE_IMAGE
FROM ${BASE_IMAGE}
RUN apt-get update -qq \
  && apt-get install -qq -y --no-install-recommends aria2 iproute2 >/dev/null \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --system --uid 990 --home-dir /data swarmlab \
  && install -d -o swarmlab -g swarmlab /data
USER swarmlab
WORKDIR /data
