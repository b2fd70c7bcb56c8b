# shellcheck shell=bash
# Homebrew's formula, without Homebrew.

: "${root:?}" "${here:?}"
# shellcheck source=../lib/common.sh
. "$root/scripts/lib/common.sh"
formula="$root/packaging/homebrew/moshi-mlx.rb"

test_its_syntax() {
  equal "Syntax OK" "$(ruby -wc "$formula" 2>&1)"
}

test_its_steps_install_what_its_test_then_runs() {
  local file keg
  keg="$(dirname "$here")/keg" # Homebrew's prefix has no spaces in it
  # shellcheck disable=SC2031 # for this command alone
  GIVEN_JAVA_HOME="$(find_jdk javac)" ruby "$root/scripts/tests/homebrew.rb" "$formula" "$root" "$keg"
  for file in libexec/libexec/moshi-mlx/moshi-mlx.aot share/moshi-mlx/hello.wav share/man/man1/moshi-mlx-run.1 \
    etc/bash_completion.d/moshi-mlx share/zsh/site-functions/_moshi-mlx share/fish/vendor_completions.d/moshi-mlx.fish \
    share/doc/moshi-mlx/THIRD-PARTY-LICENCES.txt; do
    test -s "$keg/$file"
  done
}
