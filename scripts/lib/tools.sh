# shellcheck shell=bash
# Sourced by require_tools: which tools building and testing take, and how they come onto this machine: by its package
# manager (Homebrew, apt, dnf), or else by hand, in the way that their makers name. Runs under bash 3.2.

: "${root:?}" "${java_minimum:?}"

# What the wheels of MLX and the tests ask for.
python_minimum=3.10

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

# On a Mac without the Command Line Tools much of what is in /usr/bin does nothing but ask for them, in a window.
command_line_tools() { ! on_mac || xcode-select -p >/dev/null 2>&1; }

# usable PROGRAM: whether it is there, and more than that.
usable() {
  case "$(command -v "$1")" in
    "") return 1 ;;
    /usr/bin/*) command_line_tools ;;
  esac
}

python_is_new_enough() {
  usable python3 && python3 -c "import sys; sys.exit(sys.version_info < (${python_minimum/./, }))" 2>/dev/null
}

# offered PACKAGE: prints the version that would be installed, or nothing.
offered() {
  case "$manager" in
    apt-get) apt-cache policy "$1" 2>/dev/null | sed -n 's/^  Candidate: \([0-9]*:\)\{0,1\}\([0-9][0-9.]*\).*/\2/p' ;;
    dnf) dnf --quiet repoquery --latest-limit=1 --queryformat '%{version}\n' "$1" 2>/dev/null | grep -m 1 . ;;
  esac
}

# want NAME HOMEBREW APT DNF [MINIMUM BY-HAND]: notes that NAME is missing, with the packages that bring it, or how it is
# got by hand where there are none or they are older than MINIMUM. Homebrew's are always the newest.
want() {
  local brought minimum="${5:-}"
  if printf '%s\n' ${missing[@]+"${missing[@]}"} | grep -qxF -e "$1"; then return; fi # two parts may want the same
  case "$manager" in
    brew) brought="$2" minimum="" ;;
    apt-get) brought="$3" ;;
    dnf) brought="$4" ;;
    *) brought="" ;;
  esac
  missing+=("$1")
  if [ -n "$brought" ] && { [ -z "$minimum" ] || version_at_least "$(offered "${brought%% *}")" "$minimum"; }; then
    packages+=("$brought")
  elif [ -n "${6:-}" ]; then
    by_hand+=("$6")
  fi
}

# The commands for Eclipse Temurin, where apt has no JDK that is new enough.
temurin() {
  local key=/etc/apt/keyrings/adoptium.asc site=https://packages.adoptium.net/artifactory
  if [ "$manager" != apt-get ]; then
    echo "https://adoptium.net/installation"
    return
  fi
  echo "curl -fsSL $site/api/gpg/key/public | ${sudo}tee $key >/dev/null &&" \
    "echo \"deb [signed-by=$key] $site/deb \$(. /etc/os-release && echo \$VERSION_CODENAME) main\" |" \
    "${sudo}tee /etc/apt/sources.list.d/adoptium.list >/dev/null &&" \
    "${sudo}apt-get update && ${sudo}apt-get install temurin-$java_minimum-jdk"
}

# look_for PART...: fills missing, packages and by_hand with what is not there.
look_for() {
  local part
  missing=() packages=() by_hand=()
  for part in "$@"; do
    "look_for_$part"
  done
  case "${by_hand[*]-}" in *"curl "*) has curl || packages+=(curl) ;; esac
}

look_for_build() {
  local rustup="curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"
  find_jdk javac >/dev/null || want "a JDK of at least $java_minimum (set JAVA_HOME if there is one)" \
    "openjdk@$java_minimum" "openjdk-$java_minimum-jdk" "java-$java_minimum-openjdk-devel" "$java_minimum" "$(temurin)"
  has mvn || want "Maven (mvn)" maven maven maven
  cargo_is_new_enough || want "Rust of at least $(rust_minimum) (cargo)" rust cargo cargo "$(rust_minimum)" "$rustup"
  has cmake || want "CMake (cmake)" cmake cmake cmake
  if command_line_tools; then
    has "${CXX:-c++}" || want "a C++ compiler (${CXX:-c++})" "" g++ gcc-c++
    has make || want make "" make make
  else
    want "the Command Line Tools (c++, make)" "" "" "" "" "xcode-select --install"
  fi
  { python_is_new_enough && python3 -m pip --version >/dev/null 2>&1; } ||
    want "Python of at least $python_minimum with pip (python3 -m pip)" python "python3 python3-pip" "python3 python3-pip" \
      "$python_minimum" https://www.python.org/downloads
}

look_for_style() { has shellcheck || want "ShellCheck (shellcheck)" shellcheck shellcheck ShellCheck; }

look_for_rust() {
  local components="rustup component add rustfmt clippy" name="Rust's formatter and linter (cargo fmt, cargo clippy)"
  cargo_is_new_enough || components="" # what rustup installs has them
  if { cargo fmt --version && cargo clippy --version; } >/dev/null 2>&1; then return; fi
  if has rustup; then
    want "$name" "" "" "" "" "$components"
  else
    want "$name" rust "rustfmt rust-clippy" "rustfmt clippy" "$(rust_minimum)" "$components"
  fi
}

# What stands in for a microphone, a loudspeaker and a terminal; a Mac has no use for it.
look_for_java() {
  local plugin
  ! on_mac || return 0
  for plugin in /usr/lib*/{,*/}alsa-lib/libasound_module_pcm_pulse.so; do
    [ ! -e "$plugin" ] || break
  done
  { has pulseaudio && has pacat && [ -e "$plugin" ]; } ||
    want "PulseAudio, for the tests of live audio" "" "pulseaudio pulseaudio-utils libasound2-plugins" \
      "pulseaudio pulseaudio-utils alsa-plugins-pulseaudio"
  has tmux || want "tmux, for the tests of the terminal view" "" tmux tmux
  has perl || want "Perl, for the tests of interrupts" "" perl perl-interpreter
}

look_for_scripts() {
  look_for_style
  has fish || want "fish, for the tests of completions" fish fish fish
  has zsh || want "zsh, for the tests of completions" zsh zsh zsh
  has man || want "man, for the tests of the manual" "" man-db man-db
  ruby -e 'require "minitest"' 2>/dev/null ||
    want "Ruby with minitest, for the tests of Homebrew's formula" ruby "ruby ruby-minitest" "ruby rubygem-minitest"
  has bsdtar || want "bsdtar, for the tests of archives" "" libarchive-tools bsdtar
  usable git || want "git, for the tests of a release" git git git
}

# scripts/check-macos gets its own.
look_for_macos() { :; }

# Whether what is missing may be installed: by root or Homebrew, by a sudo that asks for no password, or by leave of the
# user. Sets as_root.
may_install() {
  local answer
  as_root=()
  { [ -z "${MOSHI_MLX_NO_INSTALL:-}" ] && [ ${#packages[@]} -gt 0 ] && has "$manager"; } || return 1
  [ -n "$sudo" ] || return 0
  has sudo || return 1
  as_root=(sudo)
  ! sudo -n true >/dev/null 2>&1 || return 0
  { [ -t 0 ] && [ -t 2 ]; } || return 1
  printf '%s: install it with sudo %s install %s? [y/N] ' "${0##*/}" "$manager" "${packages[*]}" >&2
  read -r answer || return 1
  case "$answer" in y | Y | yes) sudo -v ;; *) return 1 ;; esac
}

# logged TITLE COMMAND...: runs it with its output in a log; a terminal sees how long that takes.
logged() {
  local title="$1" log="$root/build/logs/install.log" ticking status=0 began=$SECONDS
  shift
  say "$title: $*"
  while sleep 1 && kill -0 $$ 2>/dev/null; do show_progress "$title: $((SECONDS - began)) s"; done &
  ticking=$!
  "$@" >>"$log" 2>&1 </dev/null || status=$?
  kill "$ticking" 2>/dev/null || true
  wait "$ticking" 2>/dev/null || true
  show_progress ""
  [ "$status" -eq 0 ] || {
    tail -n 20 "$log" >&2
    die "that failed; above is the end of $log"
  }
}

# install_packages PART...: installs what look_for has found or, once apt knows what there is today, finds.
install_packages() {
  local command
  { mkdir -p "$root/build/logs" && : >"$root/build/logs/install.log"; } || die "cannot write to $root/build"
  case "$manager" in
    apt-get)
      command=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 --yes)
      logged "getting the lists of packages" ${as_root[@]+"${as_root[@]}"} "${command[@]}" update
      look_for "$@"
      command+=(--no-install-recommends)
      ;;
    dnf) command=(dnf --assumeyes --setopt=install_weak_deps=False --skip-broken) ;;
    brew) command=(env HOMEBREW_NO_ASK=1 brew) ;; # it asks by default, and where nobody can answer does nothing
  esac
  # shellcheck disable=SC2206 # one entry may hold several packages
  command+=(install ${packages[*]})
  logged "installing" ${as_root[@]+"${as_root[@]}"} "${command[@]}"
  hash -r
}

# Says how to get by hand what is missing.
name_the_way() {
  echo "Get it with:"
  case "$manager" in
    "") echo "  the package manager of your system" ;;
    brew) has brew || echo "  Homebrew, from https://brew.sh" ;;
  esac
  [ ${#packages[@]} -eq 0 ] || echo "  $sudo$manager install ${packages[*]}"
  [ ${#by_hand[@]} -eq 0 ] || printf '  %s\n' "${by_hand[@]}"
}

# get_tools PART...: see require_tools.
get_tools() {
  local missing packages by_hand as_root manager="" sudo="sudo " name
  for name in apt-get dnf; do
    if [ -z "$manager" ] && has "$name"; then manager="$name"; fi
  done
  if on_mac; then manager=brew; fi
  if [ "$manager" = brew ] || [ "$(id -u)" -eq 0 ]; then sudo=""; fi
  if [ "$HOSTTYPE" = x86_64 ] && on_apple_silicon; then
    die "this terminal runs under Rosetta, which would build for Intel: open one that does not, or begin with 'arch -arm64'"
  fi
  look_for "$@"
  [ ${#missing[@]} -gt 0 ] || return 0
  say "this is missing:"
  printf '  %s\n' "${missing[@]}" >&2
  if may_install; then
    install_packages "$@"
    look_for "$@"
    [ ${#missing[@]} -gt 0 ] || return 0
    say "this is still missing:"
    printf '  %s\n' "${missing[@]}" >&2
  fi
  name_the_way >&2
  exit 1
}
