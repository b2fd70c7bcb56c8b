# shellcheck shell=bash
# Sourced by the scripts and by the installed launcher: messages, and the Java to use. Runs under bash 3.2, which macOS has.

# An old bash in POSIX mode, which POSIXLY_CORRECT turns on, does not know <(...).
set +o posix

java_minimum=25

say() { echo "${0##*/}: $*" >&2; }

die() {
  say "$@"
  exit 1
}

# Whether this is a Mac with Apple Silicon. A shell under Rosetta takes it for an Intel Mac: only there the system is asked.
on_apple_silicon() {
  case "$OSTYPE $HOSTTYPE" in
    darwin*' arm64' | darwin*' aarch64') ;;
    darwin*) [ "$(PATH="$PATH:/usr/sbin" sysctl -n hw.optional.arm64 2>/dev/null)" = 1 ] ;;
    *) return 1 ;;
  esac
}

# jdk_version HOME [PROGRAM]: sets version to the major version of the Java there, from the file that each carries
# (starting java would take longer than all else here). Fails where there is none that runs on this machine and has the
# program, which is javac unless a runtime without compiler will do.
jdk_version() {
  local line
  version=""
  [ -x "$1/bin/${2:-javac}" ] && [ -r "$1/release" ] || return 1
  while IFS= read -r line; do
    case "$line" in
      JAVA_VERSION=*)
        version="${line#*\"}"
        version="${version%%[!0-9]*}"
        ;;
      # Under Rosetta an Intel JDK starts, and then cannot load a single library of ours.
      'OS_ARCH="x86_64"') ! on_apple_silicon || return 1 ;;
    esac
  done <"$1/release"
  [ -n "$version" ]
}

# Homebrew's prefixes, one a line: the one in use, the one that this file is installed under, the one of the brew that is
# called (its path says it, as it does to brew itself), the usual one. Only the first is known to login shells alone.
homebrew_prefixes() {
  local brew installed="${BASH_SOURCE[0]%%/Cellar/*}"
  brew="$(command -v brew)" || brew=""
  printf '%s\n' "${HOMEBREW_PREFIX:-}" "${installed%/libexec/moshi-mlx/jdk.sh}" "${brew%/bin/brew}" /opt/homebrew
}

# The folders in which a JDK may be, best first, one a line; those that can be named without starting a process.
jdk_candidates() {
  local brewed java
  echo "${JAVA_HOME:-}"
  case "$OSTYPE" in
    darwin*)
      while IFS= read -r brewed; do
        printf '%s\n' "$brewed"/opt/openjdk*/libexec/openjdk.jdk/Contents/Home
      done < <(homebrew_prefixes)
      # What /usr/libexec/java_home looks at.
      printf '%s\n' "${HOME:-}"/Library/Java/JavaVirtualMachines/*/Contents/Home \
        /Library/Java/JavaVirtualMachines/*/Contents/Home
      ;;
  esac
  printf '%s\n' /usr/lib/jvm/*
  if java="$(command -v java)"; then echo "${java%/bin/java}"; fi
}

# The home of the java on the PATH, behind its links.
linked_jdk() {
  local java link
  java="$(command -v java)" || return
  while link="$(readlink "$java")"; do
    case "$link" in
      /*) java="$link" ;;
      *) java="${java%/*}/$link" ;;
    esac
  done
  echo "${java%/*/*}"
}

# is_new_enough HOME PROGRAM
is_new_enough() { [ -n "$1" ] && jdk_version "$1" "$2" && [ "$version" -ge "$java_minimum" ]; }

# find_jdk [PROGRAM]: prints the home of a Java that is new enough and has the program, javac by default: JAVA_HOME, or the
# first of exactly the version that this is made with, or the first that is newer. Every start waits for this: it reads a
# candidate as soon as there is one, and starts no process unless there is none.
find_jdk() {
  local home version program="${1:-javac}" best=""
  while IFS= read -r home; do
    is_new_enough "$home" "$program" || continue
    best="${best:-$home}"
    if [ "$home" = "${JAVA_HOME:-}" ] || [ "$version" -eq "$java_minimum" ]; then
      best="$home"
      break
    fi
  done < <(jdk_candidates 2>/dev/null)
  if [ -z "$best" ] && home="$(linked_jdk)" && is_new_enough "$home" "$program"; then best="$home"; fi
  [ -n "$best" ] && echo "$best"
}
