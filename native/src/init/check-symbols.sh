#!/bin/sh
# Fails if bulkhead-init needs anything from outside: its objects may leave undefined only what its own objects define.
# Usage: check-symbols.sh (from anywhere). Needs g++ and nm.
set -eu
cd "$(dirname "$0")/../.."
objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT
for source in src/init/*.cpp; do
  g++ -std=c++20 -Os -Isrc -ffreestanding -fno-pie -fno-exceptions -fno-rtti -fno-stack-protector -fno-threadsafe-statics \
    -fno-asynchronous-unwind-tables -c "$source" -o "$objects/$(basename "$source").o"
done
allowed='^_GLOBAL_OFFSET_TABLE_$'
nm "$objects"/*.o | awk 'NF == 3 && $2 != "U" { print $3 }' | sort -u > "$objects/defined"
missing=$(nm -u "$objects"/*.o | awk 'NF == 2 { print $2 }' | sort -u | grep -vxF -f "$objects/defined" | grep -v "$allowed" || true)
[ -z "$missing" ] || { echo "bulkhead-init has undefined symbols:" "$missing" >&2; exit 1; }
