#!/bin/busybox sh
# The guest's first program, in the initial RAM disk: loads the modules that the root disk needs, in the order of their names,
# and goes on with systemd there. Without a root disk there is nothing to do but to end.
/bin/busybox mount -t devtmpfs dev /dev
for module in /modules/*; do /bin/busybox insmod "$module"; done
/bin/busybox mount -t ext4 /dev/vda /disk || /bin/busybox poweroff -f
/bin/busybox mount --move /dev /disk/dev
exec /bin/busybox switch_root /disk /sbin/init
