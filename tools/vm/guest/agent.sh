#!/bin/bash
# Runs in the guest: says when it is up, then waits for one job, runs it and tells its exit status. The machine's state is saved
# while this waits, so whatever is slow and always the same comes before "ready", and whatever is of one run comes after.
#
#   host                          guest
#     ◀── ready <state of systemd> ──
#     ── <unix time> ──────────────▶   mounts the host's files, runs /exchange/job, its output goes to the other port
#     ◀── exit <status> ────────────
# udev names the ports a moment after systemd has started this.
until [ -e /dev/virtio-ports/bulkhead.control ] && [ -e /dev/virtio-ports/bulkhead.output ]; do sleep 0.1; done
exec 3<>/dev/virtio-ports/bulkhead.control
modprobe --all 9p 9pnet_virtio overlay veth
mkdir -p /host /exchange
echo "ready $(systemctl is-system-running --wait)" >&3

read -r now <&3
date --set "@$now" >/dev/null
p9=trans=virtio,version=9p2000.L,msize=1048576
mount -t 9p -o "$p9,ro,cache=loose" host /host
mount -t 9p -o "$p9,cache=mmap" exchange /exchange

# By way of a file: a daemon that the job leaves behind keeps that open, and nobody waits for it.
: >/run/job.output
bash /exchange/job </dev/null >>/run/job.output 2>&1 3>&- &
job=$!
tail --follow --lines=+1 --pid="$job" --sleep-interval=0.2 /run/job.output >/dev/virtio-ports/bulkhead.output 3>&- &
printing=$!
wait "$job"
status=$?
wait "$printing"
echo "exit $status" >&3
