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
      'OS_ARCH="x86_64"') case "$OSTYPE $HOSTTYPE" in darwin*' arm64' | darwin*' aarch64') return 1 ;; esac ;;
    esac
  done <"$1/release"
  [ -n "$version" ]
}

# The folders in which a JDK may be, best first, one a line.
jdk_candidates() {
  local java link
  echo "${JAVA_HOME:-}"
  if [ -x /usr/libexec/java_home ]; then
    /usr/libexec/java_home -v "$java_minimum+" 2>/dev/null || true
  fi
  printf '%s\n' "${HOMEBREW_PREFIX:-/opt/homebrew}"/opt/openjdk*/libexec/openjdk.jdk/Contents/Home /usr/lib/jvm/*
  if java="$(command -v java)"; then
    while link="$(readlink "$java")"; do
      case "$link" in
        /*) java="$link" ;;
        *) java="$(dirname "$java")/$link" ;;
      esac
    done
    dirname "$(dirname "$java")"
  fi
}

# find_jdk [PROGRAM]: prints the home of the first that is new enough and has the program, javac by default. Every start
# waits for this: it reads a candidate as soon as there is one, and starts no process to look at it.
find_jdk() {
  local home version
  while IFS= read -r home; do
    if [ -n "$home" ] && jdk_version "$home" "${1:-javac}" && [ "$version" -ge "$java_minimum" ]; then
      echo "$home"
      return
    fi
  done < <(jdk_candidates 2>/dev/null)
  return 1
}
