#!/usr/bin/env bash
# Makes the base image from Debian packages, without an image registry: `docker/base.sh [TAG]`, where it is not there yet.
# The release is the one that runs here, or SUITE. Needs root, mmdebstrap and the engine that DOCKER_HOST names.
# Exit codes: 0; 1 it failed; 3 this machine lacks what it needs.
set -euo pipefail

suite=${SUITE:-$(. /etc/os-release && [[ ${ID:-} = debian ]] && printf %s "${VERSION_CODENAME:-}" || printf bookworm)}
tag=${1:-swarmlab-base:latest}

if docker image inspect "$tag" >/dev/null 2>&1; then exit 0; fi
for program in docker mmdebstrap; do
  command -v "$program" >/dev/null && continue
  printf 'base: %s is missing (Debian: apt-get install docker.io mmdebstrap)\n' "$program" >&2
  exit 3
done
if [[ $(id -u) -ne 0 ]]; then
  printf 'base: needs root, or an image: docker pull debian:%s && docker tag debian:%s %s\n' "$suite" "$suite" "$tag" >&2
  exit 3
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Neither manuals nor translations, and no lists of packages: a build that installs something brings its own.
mmdebstrap --quiet --variant=minbase --mode=root \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
  --aptopt='Apt::Install-Recommends "false"' \
  --customize-hook='rm -rf "$1"/var/lib/apt/lists/*' \
  "$suite" "$work/base.tar"
docker import --change 'CMD ["/bin/bash"]' --change 'LABEL swarmlab=image' --message "Debian $suite, minbase" "$work/base.tar" "$tag" >/dev/null
