#!/bin/sh
# Installs the Bulkhead helper, run as root: what root runs is copied to a folder that only root can write to.
#
#   install-helper.sh --from FOLDER [--prefix FOLDER] [--node FILE] [--start]     copies, and starts it where systemd does not
#   install-helper.sh --start | --uninstall [--prefix FOLDER]
#
# FOLDER is the extension's: dist/helper and native/build/Release are taken from it. Containers go on meanwhile.
set -eu
umask 022
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH

prefix=/usr/local/lib/bulkhead from= node= action=install start=
log=/var/log/bulkhead/helper.out
socket=/run/bulkhead/helper.sock
unit=/etc/systemd/system/bulkhead.service

main() {
  while [ $# -gt 0 ]; do
    case $1 in
    --prefix) prefix=${2:?} && shift 2 ;;
    --from) from=${2:?} && shift 2 ;;
    --node) node=${2:?} && shift 2 ;;
    --start) start=yes && shift ;;
    --uninstall) action=uninstall && shift ;;
    *) fail "unknown argument $1" ;;
    esac
  done
  [ "$(id -u)" = 0 ] || fail 'must be run as root'
  case $prefix in /?*) ;; *) fail '--prefix must be an absolute path' ;; esac
  if [ "$action" = uninstall ]; then uninstall
  elif [ -n "$from" ]; then install_helper
  elif [ -n "$start" ]; then start_helper
  else fail 'nothing to do: --from, --start or --uninstall'; fi
}

install_helper() {
  [ -f "$from/dist/helper/main.js" ] || fail "$from holds no built helper"
  [ -f "$from/native/build/Release/bulkhead.node" ] || fail "$from holds no built native part"
  make_folder
  choose_interpreter
  say "copying the helper to $prefix"
  for file in "$from"/dist/helper/*.js; do
    case ${file##*/} in main.js) copy 644 "$file" helper.js ;; *) copy 644 "$file" "${file##*/}" ;; esac
  done
  copy 755 "$from/native/build/Release/bulkhead.node" bulkhead.node
  [ ! -f "$from/native/build/Release/bulkhead-runtime" ] || copy 755 "$from/native/build/Release/bulkhead-runtime" bulkhead-runtime
  copy 755 "$0" install-helper.sh
  write_start_script
  if [ -d /run/systemd/system ]; then install_unit
  elif [ -n "$start" ]; then start_helper; fi
  say 'done'
}

# Every folder above must be root's alone too, or somebody could put another in its place.
make_folder() {
  install -d -o root -g root -m 755 "$prefix"
  is_roots_own "$prefix" || fail "$prefix, or a folder above it, can be written by others than root"
}

# The machine's own Node, if it is new enough and root's own; else the one that was given: copied first, and only the copy is ever run,
# so that nobody can change it between the look at it and its use. VS Code's server brings such a Node with it.
choose_interpreter() {
  interpreter= application=
  for candidate in /usr/bin/node /usr/local/bin/node /usr/bin/nodejs; do
    [ -x "$candidate" ] || continue
    candidate=$(readlink -f "$candidate")
    if is_roots_own "$candidate" && is_new_enough "$candidate"; then
      interpreter=$candidate
      say "using $interpreter, $("$interpreter" --version)"
      return
    fi
  done
  [ -n "$node" ] || no_node
  node=$(readlink -f "$node") && [ -f "$node" ] || fail "there is no $node"
  if is_application; then use_application; else use_copy; fi
  say "using $interpreter"
}

use_copy() {
  install -o root -g root -m 755 "$node" "$prefix/node.new"
  if is_new_enough "$prefix/node.new"; then
    mv -f "$prefix/node.new" "$prefix/node"
    interpreter=$prefix/node
  else
    rm -f "$prefix/node.new"
    no_node
  fi
}

# A desktop's VS Code is a Node when asked to be; it can't be copied alone, so it must be root's own where it is.
use_application() {
  case $node in
  # A snap's folder has another name after the next update; this one stays.
  /snap/*/*/*) rest=${node#/snap/*/*/} snap=${node#/snap/} && node=/snap/${snap%%/*}/current/$rest ;;
  esac
  is_roots_own "$(readlink -f "$node")" || no_node
  ELECTRON_RUN_AS_NODE=1 is_new_enough "$node" || no_node
  interpreter=$node application=yes
}

# By the files beside it: nothing of a user's is run to find out.
is_application() { [ -e "${node%/*}/resources/app" ] || [ -e "${node%/*}/resources/electron.asar" ] || [ -e "${node%/*}/chrome_100_percent.pak" ]; }

no_node() {
  fail 'no Node 20.19 or newer was found that root can use. Many distributions'"'"' own package (nodejs) is older. Put a newer one to
  /usr/local, from https://nodejs.org/en/download (as root: tar -xJf node-v*.tar.xz -C /usr/local --strip-components=1), and try again'
}

is_new_enough() {
  "$1" -e 'const [major, minor] = process.versions.node.split("."); process.exit(+major > 20 || (+major === 20 && +minor >= 19) ? 0 : 1)' 2>/dev/null
}

is_roots_own() {
  at=$1
  while :; do
    [ "$(stat -c %u "$at")" = 0 ] || return 1
    # Group and others: no write bit; a sticky folder lets nobody replace what is root's.
    case $(stat -c %A "$at") in
    ?????w???? | ????????w?) [ -k "$at" ] || return 1 ;;
    esac
    [ "$at" = / ] && return 0
    at=$(dirname "$at")
  done
}

# Renamed into place: what runs keeps the file that it has.
copy() {
  install -o root -g root -m "$1" "$2" "$prefix/$3.new"
  mv -f "$prefix/$3.new" "$prefix/$3"
}

write_start_script() {
  {
    echo '#!/bin/sh'
    echo '# Runs the helper in the foreground; arguments are passed on.'
    [ -z "$application" ] || echo 'export ELECTRON_RUN_AS_NODE=1'
    echo "exec $(quoted "$interpreter") $(quoted "$prefix/helper.js") --native-dir $(quoted "$prefix") \"\$@\""
  } >"$prefix/start-helper.sh.new"
  chmod 755 "$prefix/start-helper.sh.new"
  mv -f "$prefix/start-helper.sh.new" "$prefix/start-helper.sh"
}

install_unit() {
  say 'adding the service bulkhead.service'
  cat >"$unit.new" <<UNIT
[Unit]
Description=Bulkhead helper, which makes containers for the users of this machine
Documentation=https://github.com/bulkhead/bulkhead

[Service]
ExecStart=$prefix/start-helper.sh
Restart=on-failure
# Containers and their monitors go on when the helper stops or is updated.
KillMode=process
# Control groups below the service's own are the helper's to make.
Delegate=yes
RuntimeDirectory=bulkhead
RuntimeDirectoryMode=0755
RuntimeDirectoryPreserve=yes
TasksMax=infinity
LimitNOFILE=1048576

[Install]
WantedBy=multi-user.target
UNIT
  mv -f "$unit.new" "$unit"
  systemctl daemon-reload
  systemctl enable --quiet bulkhead.service
  systemctl restart bulkhead.service
}

start_helper() {
  [ -x "$prefix/start-helper.sh" ] || fail "no helper is installed in $prefix"
  if [ -d /run/systemd/system ] && [ -f "$unit" ]; then
    systemctl restart bulkhead.service
  else
    stop_helper
    install -d -o root -g root -m 755 "${log%/*}"
    setsid "$prefix/start-helper.sh" </dev/null >>"$log" 2>&1 &
    await_socket $!
  fi
}

# "Started" is what serves: one that ends, or is silent for half a minute, is told with its last words.
await_socket() {
  tries=0
  while [ $tries -lt 150 ]; do
    if is_listening; then
      say "the helper is started; it writes to $log"
      return
    fi
    kill -0 "$1" 2>/dev/null || break
    sleep 0.2
    tries=$((tries + 1))
  done
  tail -n 10 "$log" >&2
  fail "the helper did not begin to serve; it writes to $log"
}

# In the kernel's list: a listening socket (flag 00010000) of that path.
is_listening() {
  awk -v path="$socket" '$4 == "00010000" && $8 == path { found = 1 } END { exit !found }' /proc/net/unix
}

# Only the helper itself: its script is an argument of exactly that name, and it is root's.
stop_helper() {
  for process in /proc/[0-9]*; do
    [ "$(stat -c %u "$process" 2>/dev/null)" = 0 ] || continue
    tr '\0' '\n' 2>/dev/null <"$process/cmdline" | grep -qxF "$prefix/helper.js" || continue
    say "stopping the helper that runs (process ${process#/proc/})"
    kill -TERM "${process#/proc/}" || continue
    tries=0
    while [ -d "$process" ] && [ $tries -lt 60 ]; do
      sleep 0.5
      tries=$((tries + 1))
    done
    [ ! -d "$process" ] || fail "the helper that runs (process ${process#/proc/}) has not ended in 30 s"
  done
}

uninstall() {
  if [ -f "$unit" ]; then
    systemctl disable --quiet --now bulkhead.service || true
    rm -f "$unit"
    systemctl daemon-reload
  else
    stop_helper
  fi
  rm -f "$prefix"/*.js "$prefix/node" "$prefix/bulkhead.node" "$prefix/bulkhead-runtime" "$prefix"/*.sh
  rmdir "$prefix" 2>/dev/null || true
  say 'the helper is removed; containers and images are still in /var/lib/bulkhead'
}

quoted() { printf "'%s'" "$(printf %s "$1" | sed "s/'/'\\\\''/g")"; }
say() { echo "bulkhead: $*"; }
fail() {
  echo "bulkhead: $*" >&2
  exit 1
}

main "$@"
