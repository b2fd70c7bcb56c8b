# shellcheck shell=bash
# What happens where a tool is missing: the system's package manager is asked, as far as that is allowed.

: "${root:?}" "${here:?}"
# shellcheck source=../lib/common.sh
. "$root/scripts/lib/common.sh"
# shellcheck source=../lib/tools.sh
. "$root/scripts/lib/tools.sh"

# bare SYSTEM TOOL...: a machine with nothing on the PATH but these, which do nothing, and what any has.
bare() {
  local system="$1" tool
  shift
  fake_checkout
  rm -r "${here:?}/bin" "$here/jdk"
  mkdir "$here/bin"
  for tool in bash env sed grep rm mkdir tail sleep cat chmod; do
    ln -s "$(command -v "$tool")" "$here/bin/$tool"
  done
  program "$here/bin/uname" <<<"echo $system"
  echo 1000 >"$here/user"
  program "$here/bin/id" <<<"cat '$here/user'"
  for tool in "$@"; do
    program "$here/bin/$tool" </dev/null
  done
  touch "$here/asked"
}

as_root() { echo 0 >"$here/user"; }

# The two that not every system has in the version that is needed.
toolchains() {
  fake_jdk "$here/jdk" 25
  program "$here/bin/cargo" <<<'echo "cargo 1.99.0"'
}

# manager NAME: one that writes down what it is asked, and installs whatever a build takes.
manager() {
  cat >"$here/install" <<EOF
for tool in mvn cmake make c++ python3 curl; do
  printf '#!/usr/bin/env bash\n' >"$here/bin/\$tool"
  chmod +x "$here/bin/\$tool"
done
EOF
  program "$here/bin/$1" <<EOF
echo "$1 \$*" >>"$here/asked"
echo "what $1 says"
case " \$* " in *" install "*) . "$here/install" ;; esac
EOF
}

# apt PACKAGE=VERSION...: an apt that has these in these versions.
apt() {
  local offer
  manager apt-get
  for offer in python3=3.11.2-1+b1 "$@"; do
    printf '%s\n' "[ \"\$*\" != 'policy ${offer%%=*}' ] || printf 'x:\n  Candidate: %s\n' '${offer#*=}'"
  done | program "$here/bin/apt-cache"
}

asked() { grep -v repoquery "$here/asked" || true; }

# message [PART...]: what require_tools says there, and its status.
message() {
  local status=0
  [ $# -gt 0 ] || set -- build
  (
    # shellcheck disable=SC2030 # for this alone
    root="$here/the checkout" PATH="$here/bin" CXX=''
    hash -r
    jdk_candidates() { echo "$here/jdk"; }
    require_tools "$@"
  ) 2>&1 </dev/null || status=$?
  echo "status $status"
}

test_root_gets_all_that_a_build_takes_at_once() {
  local text
  bare Linux
  apt
  toolchains
  as_root
  text="$(message)"
  contains "$text" "this is missing:
  Maven (mvn)
  CMake (cmake)
  a C++ compiler (c++)
  make
  Python of at least 3.10 with pip (python3 -m pip)
"
  contains "$text" "installing: env DEBIAN_FRONTEND=noninteractive apt-get"
  lacks "$text" "what apt-get says"
  contains "$text" "status 0"
  contains "$(asked)" "update
apt-get -o DPkg::Lock::Timeout=120 --yes --no-install-recommends install maven cmake g++ make python3 python3-pip"
  contains "$(cat "$here/the checkout/build/logs/install.log")" "what apt-get says"
}

test_a_sudo_that_asks_for_no_password_will_do() {
  bare Linux mvn cmake c++ make
  apt
  toolchains
  program "$here/bin/sudo" <<EOF
echo "sudo \$*" >>"$here/sudo"
[ "\$1" = -n ] || "\$@"
EOF
  contains "$(message)" "status 0"
  contains "$(cat "$here/sudo")" "--no-install-recommends install python3 python3-pip"
}

# answered ANSWER: all that a terminal shows, and the status, where sudo asks for a password.
answered() {
  program "$here/bin/sudo" <<EOF
echo "sudo \$*" >>"$here/sudo"
case "\$1" in -n) exit 1 ;; -v) exit ;; esac
"\$@"
EOF
  program "$here/in a terminal" <<EOF
root="$here/the checkout" PATH="$here/bin" CXX=""
. "\$root/scripts/lib/common.sh"
jdk_candidates() { echo "$here/jdk"; }
require_tools build
echo "all there"
EOF
  python3 - "$here/in a terminal" "$1" <<'EOF'
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:2])
text = b""
while b"[y/N]" not in text:
    text += os.read(terminal, 1000)
os.write(terminal, sys.argv[2].encode() + b"\n")
try:
    while part := os.read(terminal, 1000):
        text += part
except OSError:  # its end, on Linux
    pass
print(text.decode().replace("\r", ""))
print("status", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
EOF
}

test_who_has_to_give_a_password_is_asked_first() {
  local text
  bare Linux mvn cmake make
  apt
  toolchains
  text="$(answered y)"
  contains "$text" "install it with sudo apt-get install g++ python3 python3-pip? [y/N]"
  contains "$text" "all there
"
  contains "$text" "status 0"
  contains "$(asked)" "install g++ python3 python3-pip"
}

test_a_no_installs_nothing() {
  local text
  bare Linux mvn cmake make
  apt
  toolchains
  text="$(answered n)"
  contains "$text" "  sudo apt-get install g++ python3 python3-pip
"
  contains "$text" "status 1"
  equal "" "$(asked)"
  lacks "$(cat "$here/sudo")" apt-get
}

test_without_a_terminal_it_is_named() {
  local text
  bare Linux
  program "$here/bin/sudo" <<<'exit 1'
  apt openjdk-25-jdk=25.0.4+1-1
  text="$(message)"
  contains "$text" "a JDK of at least 25"
  contains "$text" "  sudo apt-get install openjdk-25-jdk maven cmake g++ make python3 python3-pip curl
"
  contains "$text" "https://sh.rustup.rs"
  contains "$text" "status 1"
  equal "" "$(asked)"
}

test_who_wants_nothing_installed_only_reads_how() {
  bare Linux
  apt
  as_root
  contains "$(MOSHI_MLX_NO_INSTALL=1 message)" "
  apt-get install maven"
  equal "" "$(asked)"
}

test_what_apt_has_too_old_is_named_with_the_official_way_and_the_rest_installed() {
  local text
  bare Linux
  apt cargo=0.66.0+ds1-1 # Debian 12
  as_root
  text="$(message)"
  contains "$(asked)" "install maven cmake g++ make python3 python3-pip curl"
  contains "$text" "this is still missing:
  a JDK of at least 25 (set JAVA_HOME if there is one)
  Rust of at least 1.85 (cargo)
Get it with:
  curl -fsSL https://packages.adoptium.net/"
  contains "$text" "https://sh.rustup.rs | sh
status 1"
  lacks "$text" sudo
}

test_what_apt_has_new_enough_comes_from_there() {
  bare Linux mvn cmake c++ make python3
  apt cargo=1.85.1+dfsg1-1+deb13u1 openjdk-25-jdk=25.0.5.1+2-1~deb13u1
  as_root
  message >/dev/null
  contains "$(asked)" "install openjdk-25-jdk cargo"
}

test_a_failed_installation_shows_the_end_of_its_log() {
  local text
  bare Linux
  apt
  toolchains
  as_root
  echo 'echo "no space left"; exit 100' >"$here/install"
  text="$(message)"
  contains "$text" "no space left"
  contains "$text" "build/logs/install.log"
  contains "$text" "status 1"
}

test_fedora_has_names_of_its_own() {
  bare Linux
  manager dnf
  # Asked for a package, it prints the version.
  cat >>"$here/bin/dnf" <<<'case "$*" in *repoquery*java-25*) echo 25.0.4.0.7 ;; *repoquery*) echo 1.99.0 ;; esac'
  sed -i.old '/says/d' "$here/bin/dnf"
  as_root
  message build style java >/dev/null
  contains "$(asked)" "install java-25-openjdk-devel maven cargo cmake gcc-c++ make"
  contains "$(asked)" " ShellCheck pulseaudio pulseaudio-utils alsa-plugins-pulseaudio tmux perl-interpreter"
}

test_a_mac_gets_homebrews_packages() {
  local text
  bare Darwin c++ make
  program "$here/bin/xcode-select" </dev/null
  manager brew
  text="$(message)"
  contains "$(asked)" "brew install openjdk@25 maven rust cmake python"
  lacks "$text" mlx-c
  lacks "$text" sudo
}

test_a_mac_without_homebrew_hears_where_that_is() {
  local text
  bare Darwin c++ make
  program "$here/bin/xcode-select" </dev/null
  text="$(message)"
  contains "$text" "
  Homebrew, from https://brew.sh
  brew install openjdk@25 maven rust cmake python"
  contains "$text" "status 1"
}

test_a_mac_without_the_command_line_tools_has_stand_ins_for_them() {
  local text
  bare Darwin mvn cmake c++ make python3
  toolchains
  program "$here/bin/xcode-select" <<<'exit 2'
  text="$(message)"
  contains "$text" "
  xcode-select --install
status 1"
  # env lies in /usr/bin on any machine, as python3 and git do on a Mac.
  mkdir "$here/usr"
  ln -s "$here/bin/xcode-select" "$here/bin/uname" "$here/usr"
  fails mac_has env
  program "$here/bin/xcode-select" <<<'echo /Library/Developer/CommandLineTools'
  mac_has env
}

mac_has() { (PATH="$here/usr:/usr/bin:/bin" && hash -r && usable "$1"); }

test_under_rosetta_nothing_is_built() {
  local text
  bare Darwin
  program "$here/bin/sysctl" <<<'echo 1'
  # shellcheck disable=SC2034 # for jdk.sh
  OSTYPE=darwin23 HOSTTYPE=x86_64
  text="$(message)"
  contains "$text" Rosetta
  contains "$text" "status 1"
}

test_only_what_is_missing_is_named() {
  bare Linux mvn c++ make python3
  apt
  toolchains
  contains "$(message)" "this is missing:
  CMake (cmake)
Get it with:
  sudo apt-get install cmake
status 1"
}

test_nothing_is_said_nor_asked_where_nothing_is_missing() {
  bare Linux mvn cmake c++ make python3
  apt
  toolchains
  as_root
  equal "status 0" "$(message)"
  equal "" "$(asked)"
}

test_each_part_of_the_tests_has_tools_of_its_own() {
  bare Linux mvn cmake c++ make python3
  apt
  toolchains
  contains "$(message build java)" "install pulseaudio pulseaudio-utils libasound2-plugins tmux perl
"
  contains "$(message build style)" "install shellcheck
"
  contains "$(message build style scripts)" "install shellcheck fish"
  contains "$(message build scripts)" "install shellcheck fish zsh man-db ruby ruby-minitest libarchive-tools git
"
  equal "status 0" "$(message build rust)"
}

test_a_toolchain_of_rustups_gets_its_components_from_there() {
  bare Linux mvn cmake c++ make python3 rustup
  toolchains
  # shellcheck disable=SC2016 # expanded by it
  program "$here/bin/cargo" <<<'case "$1" in --version) echo "cargo 1.99.0" ;; *) exit 101 ;; esac'
  contains "$(message build rust)" "rustup component add rustfmt clippy"
}

test_other_systems_get_names_without_a_command() {
  local text
  bare Linux
  text="$(message)"
  contains "$text" "Maven (mvn)"
  contains "$text" "the package manager of your system"
  lacks "$text" apt-get
}

test_a_cargo_that_is_too_old_is_named_with_the_version_needed() {
  bare Linux
  program "$here/bin/cargo" <<<'echo "cargo 1.63.0"'
  contains "$(message)" "Rust of at least 1.85"
}

test_versions_compare_by_number() {
  version_at_least 1.85.0 1.85
  version_at_least 1.100 1.85
  version_at_least 2 1.85
  version_at_least 1.85 1.85.0
  fails version_at_least 1.9.9 1.85
  fails version_at_least 1.85.0 1.85.1
  fails version_at_least "" 1
}
