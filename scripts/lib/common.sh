# shellcheck shell=bash
# Sourced by the scripts: what the launcher knows of Java, and how they get their tools. Runs under bash 3.2.

: "${root:?the script that sources this sets it to the checkout}"
# shellcheck source-path=SCRIPTDIR:SCRIPTDIR/lib:SCRIPTDIR/../lib source=jdk.sh
. "$root/scripts/lib/jdk.sh"
: "${java_minimum:?}"

on_mac() { [ "$(uname -s)" = Darwin ]; }

has() { command -v "$1" >/dev/null 2>&1; }

# One line, written over and over; only a terminal gets it.
show_progress() { [ ! -t 2 ] || printf '\r\033[K%s' "$*" >&2; }

# require_tools PART...: gets the tools that are missing, of those that a build needs (part "build") and the tests of the
# parts style, rust, java and scripts besides. Ends the script where it cannot, naming all of them and how to get them.
require_tools() {
  # shellcheck source=/dev/null # followed, it takes shellcheck minutes and gigabytes
  . "$root/scripts/lib/tools.sh"
  get_tools "$@"
}
