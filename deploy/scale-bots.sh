#!/bin/sh
# Keep as many bots on this machine as a pool wants: for machines without Kubernetes.
#
#   CONTROLROOM_URL=https://… CONTROLROOM_TOKEN=… deploy/scale-bots.sh [POOL] [SLOTS PER BOT] [MOST]
#
# Asks every ten seconds. Bots are units of systemd, bot@1 to bot@MOST; stopping one lets it finish
# the item in hand. An answer that can't be had changes nothing.
set -eu
pool=${1:-default} slots=${2:-2} most=${3:-4}

while :; do
  wanted=$(curl -fsS --max-time 10 -H "Authorization: Bearer $CONTROLROOM_TOKEN" \
      "$CONTROLROOM_URL/api/v1/pools/$pool" | sed -n 's/.*"wanted_slots": *\([0-9]*\).*/\1/p') || wanted=
  if [ -n "$wanted" ]; then
    bots=$(( (wanted + slots - 1) / slots ))
    [ "$bots" -le "$most" ] || bots=$most
    number=1
    while [ "$number" -le "$most" ]; do
      if [ "$number" -le "$bots" ]; then verb=start; else verb=stop; fi
      systemctl --no-block "$verb" "bot@$number" || true
      number=$((number + 1))
    done
  fi
  sleep 10
done
