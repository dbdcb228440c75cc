#!/usr/bin/env bash
# A Docker engine of the project's own, beside any other and gone without a trace: for development and CI, as root.
#
#   docker/engine.sh start [DIR]   starts it where it does not run, and prints its DOCKER_HOST
#   docker/engine.sh status [DIR]  prints its DOCKER_HOST where it runs, else exit code 1
#   docker/engine.sh stop [DIR]    ends it; images stay in DIR for the next time
#   docker/engine.sh remove [DIR]  ends it, and removes DIR
#
# Its containers live in 198.18.0.0/15, the range that RFC 2544 reserves for benchmarks. It neither forwards nor rewrites
# packets and leaves iptables alone: what it runs has no way out, and `docker build` uses the network of the host.
# Exit codes: 0; 1 it did not start or end; 2 misuse; 3 this machine lacks what it needs.
set -euo pipefail

readonly DIR_DEFAULT=/var/cache/swarmlab/engine
readonly START_SECONDS_MAX=40
readonly STOP_SECONDS_MAX=40

fail() {
  printf 'engine: %s\n' "$2" >&2
  exit "$1"
}

is_running() {
  [[ -s $dir/pid ]] && [[ $(ps -o comm= -p "$(<"$dir/pid")" 2>/dev/null) = dockerd ]]
}

answers() {
  DOCKER_HOST=unix://$dir/sock docker version >/dev/null 2>&1
}

start() {
  is_running && answers && return
  [[ $(id -u) -eq 0 ]] || fail 3 'needs root'
  command -v dockerd >/dev/null || fail 3 'dockerd is missing (Debian: apt-get install docker.io)'
  command -v docker >/dev/null || fail 3 'docker is missing (Debian: apt-get install docker.io)'
  mkdir -p "$dir"
  rm -f "$dir/pid" "$dir/sock"
  local bridge=(--bip 198.18.0.1/24)
  if ip link show docker0 >/dev/null 2>&1; then bridge=(--bridge none); else touch "$dir/has-docker0"; fi
  setsid dockerd "${bridge[@]}" --default-address-pool base=198.19.0.0/16,size=24 \
    --iptables=false --ip6tables=false --ip-masq=false --ip-forward=false \
    --data-root "$dir/data" --exec-root "$dir/exec" --pidfile "$dir/pid" -H "unix://$dir/sock" \
    >"$dir/log" 2>&1 </dev/null &
  local started=$!
  for ((tenth = 0; tenth < START_SECONDS_MAX * 10; tenth++)); do
    if answers; then return; fi
    kill -0 "$started" 2>/dev/null || break
    sleep 0.1
  done
  tail -n 5 "$dir/log" >&2
  stop
  fail 1 "dockerd did not start, its log is $dir/log"
}

stop() {
  if is_running; then
    local pid
    pid=$(<"$dir/pid")
    kill -TERM "$pid" 2>/dev/null || true
    for ((tenth = 0; tenth < STOP_SECONDS_MAX * 10; tenth++)); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
    kill -0 "$pid" 2>/dev/null && fail 1 "dockerd ($pid) does not end"
  fi
  # It leaves its bridge behind.
  if [[ -e $dir/has-docker0 ]]; then ip link delete docker0 2>/dev/null || true; fi
  # And the namespaces of the networks it made, mounted.
  for namespace in "$dir"/exec/netns/*; do
    if [[ -e $namespace ]]; then umount "$namespace" 2>/dev/null || true; fi
  done
  rm -rf "$dir/exec" "$dir/pid" "$dir/sock" "$dir/has-docker0"
}

[[ $# -ge 1 && $# -le 2 ]] || fail 2 'wants start, status, stop or remove, and a folder or nothing'
dir=${2:-$DIR_DEFAULT}
[[ $dir = /* ]] || dir=$PWD/$dir
# A socket's path has at most 108 bytes.
[[ ${#dir} -le 90 ]] || fail 2 "the path of the folder is too long for a socket in it: $dir"
case $1 in
  start)
    start
    printf 'unix://%s/sock\n' "$dir"
    ;;
  status)
    is_running && answers || exit 1
    printf 'unix://%s/sock\n' "$dir"
    ;;
  stop) stop ;;
  remove)
    stop
    rm -rf "$dir"
    ;;
  *) fail 2 "wants start, status, stop or remove, not $1" ;;
esac
