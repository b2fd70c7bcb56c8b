# shellcheck shell=bash
# Sourced by the scripts: what the launcher knows of Java, and the tools that a build needs. Runs under bash 3.2.

: "${root:?the script that sources this sets it to the checkout}"
# shellcheck source-path=SCRIPTDIR:SCRIPTDIR/lib:SCRIPTDIR/../lib source=jdk.sh
. "$root/scripts/lib/jdk.sh"
on_mac() { [ "$(uname -s)" = Darwin ]; }

# The newest Rust that the crates ask for, as Cargo.toml says.
rust_minimum() { sed -n 's/^rust-version *= *"\(.*\)"/\1/p' "$root/mimi-jni/rust/Cargo.toml"; }

# version_at_least HAVE WANT, of the form 1.85.0
version_at_least() {
  local have="$1" want="$2" h w
  while [ -n "$want" ]; do
    h="${have%%.*}" w="${want%%.*}"
    [ "${h:-0}" -eq "$w" ] || {
      [ "${h:-0}" -gt "$w" ]
      return
    }
    case "$have" in *.*) have="${have#*.}" ;; *) have="" ;; esac
    case "$want" in *.*) want="${want#*.}" ;; *) want="" ;; esac
  done
}

cargo_is_new_enough() {
  local version
  version="$(cargo --version 2>/dev/null)" || return 1
  version="${version#cargo }"
  version_at_least "${version%%[!0-9.]*}" "$(rust_minimum)"
}

has() { command -v "$1" >/dev/null 2>&1; }

mlx_from_homebrew() {
  local prefix="${HOMEBREW_PREFIX:-/opt/homebrew}"
  [ -e "$prefix/lib/libmlxc.dylib" ] || [ -e "$prefix/lib/libmlx.dylib" ]
}

# require_tools build|tests: ends the script, naming everything that is missing and how to get it, unless all is there
# that a build needs, or that the tests need besides.
require_tools() {
  local missing=() packages=() commands=() item
  # want NAME PACKAGES-ON-MACOS PACKAGES-ON-DEBIAN; what begins with ! is a command of its own.
  want() {
    missing+=("$1")
    if on_mac; then item="$2"; else item="$3"; fi
    case "$item" in
      !*) commands+=("${item#!}") ;;
      *) packages+=("$item") ;;
    esac
  }

  find_jdk javac >/dev/null || want "a JDK of at least $java_minimum (set JAVA_HOME if there is one)" openjdk "$(debian_jdk)"
  has mvn || want "Maven (mvn)" maven maven
  cargo_is_new_enough || want "Rust of at least $(rust_minimum) (cargo)" rust \
    "!curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"
  has cmake || want "CMake (cmake)" cmake cmake
  has "${CXX:-c++}" || want "a C++ compiler (${CXX:-c++})" "!xcode-select --install" g++
  if on_mac; then
    mlx_from_homebrew || want "MLX (mlx-c)" mlx-c -
  else
    has python3 || want "Python 3 (python3)" - python3
    python3 -m pip --version >/dev/null 2>&1 || want "pip (python3 -m pip)" - python3-pip
    if [ "$1" = tests ]; then
      { has pulseaudio && has pacat && [ -e "$(echo /usr/lib/*/alsa-lib/libasound_module_pcm_pulse.so)" ]; } ||
        want "PulseAudio, for the tests of live audio" - "pulseaudio pulseaudio-utils libasound2-plugins"
      has tmux || want "tmux, for the tests of the terminal view" - tmux
      { has zsh && has fish && has man; } ||
        want "zsh, fish and man, for the tests of completions and manual" - "zsh fish man-db"
      has ruby || want "Ruby, for the tests of Homebrew's formula" - ruby
    fi
  fi
  [ ${#missing[@]} -gt 0 ] || return 0

  say "cannot build yet, this is missing:"
  printf '  %s\n' "${missing[@]}" >&2
  if ! on_mac && ! has apt-get; then
    echo "Install it with the package manager of your system; Rust comes from https://rustup.rs" >&2
    exit 1
  fi
  echo "Get it with:" >&2
  if [ ${#packages[@]} -gt 0 ]; then
    if on_mac; then echo "  brew install ${packages[*]}"; else echo "  sudo apt-get install ${packages[*]}"; fi >&2
  fi
  if [ ${#commands[@]} -gt 0 ]; then
    printf '  %s\n' "${commands[@]}" >&2
  fi
  exit 1
}

# The package that brings a JDK, or, where the distribution has none, the commands for Eclipse Temurin.
debian_jdk() {
  local package="openjdk-$java_minimum-jdk"
  if apt-cache show "$package" >/dev/null 2>&1; then
    echo "$package"
  else
    echo "!curl -fsSL https://packages.adoptium.net/artifactory/api/gpg/key/public |" \
      "sudo tee /etc/apt/keyrings/adoptium.asc >/dev/null &&" \
      "echo \"deb [signed-by=/etc/apt/keyrings/adoptium.asc] https://packages.adoptium.net/artifactory/deb" \
      "\$(. /etc/os-release && echo \$VERSION_CODENAME) main\" |" \
      "sudo tee /etc/apt/sources.list.d/adoptium.list >/dev/null &&" \
      "sudo apt-get update && sudo apt-get install temurin-$java_minimum-jdk"
  fi
}
