# shellcheck shell=bash
# An installation from its first day to its last.

: "${root:?}" "${here:?}"

# Lays out what an archive has, with a stand-in for the tool, in "$here/archive".
fake_archive() { # fake_archive VERSION
  local archive="$here/archive"
  mkdir -p "$archive/libexec/moshi-mlx" "$archive/share/man/man1"
  cp "$root/scripts/install" "$archive/install"
  cp "$root/scripts/lib/jdk.sh" "$root/scripts/lib/launch.sh" "$archive/libexec/moshi-mlx"
  echo "$1" >"$archive/libexec/moshi-mlx/version"
  echo page >"$archive/share/man/man1/moshi-mlx.1"
  program "$archive/bin/moshi-mlx" <<<"echo 'moshi-mlx $1'"
}

install() { JAVA_HOME="$here/none" "$here/archive/install" "$@"; }

listing() { (cd "$1" && find . | LC_ALL=C sort); }

test_the_real_tree_is_installed_used_through_a_link_and_removed_without_a_trace() {
  local before link="$here/links/moshi"
  "$root/scripts/dist" --tree "$here/archive"
  cp "$root/scripts/install" "$here/archive/install"
  mkdir -p "$here/links" "$here/my tools/share/man"
  before="$(listing "$here/my tools")"
  "$here/archive/install" --prefix "$here/my tools" 2>"$here/messages"
  contains "$(cat "$here/messages")" "installed moshi-mlx"
  test -s "$here/my tools/libexec/moshi-mlx/moshi-mlx.aot"
  test -s "$here/my tools/share/doc/moshi-mlx/THIRD-PARTY-LICENCES.txt"
  grep -q "^ Copyright (c) 2012, .* Gil Tene$" "$here/my tools/share/doc/moshi-mlx/THIRD-PARTY-LICENCES.txt"
  grep -q '"purl": "pkg:cargo/moshi@' "$here/my tools/share/doc/moshi-mlx/sbom.cdx.json"
  equal "" "$("$root/scripts/tests/dead-links" "$here/my tools/share/doc/moshi-mlx")"
  # The folders that it was built in are nobody's business, and would be other bytes elsewhere.
  equal "" "$(grep -rlF -e "$root/build/" -e "${CARGO_HOME:-$HOME/.cargo}/registry/" "$here/archive/libexec/moshi-mlx/native")"
  ln -s "../my tools/bin/moshi-mlx" "$link"
  cd "$here" || return
  env -u HOME -u TERM LC_ALL=C "$link" run --model demo --input "$root/samples/hello.wav" --output reply.wav --temp 0 \
    >text 2>messages
  test -s reply.wav
  test -s text
  equal "" "$(cat messages)"
  TMPDIR="$here/no such folder" "$link" run --model demo --input "$root/samples/hello.wav" --temp 0 >again
  equal "$(cat text)" "$(cat again)"
  contains "$("$link" --version)" "$here/my tools/libexec/moshi-mlx/native/libmlx"
  "$here/my tools/libexec/moshi-mlx/uninstall"
  equal "$before" "$(listing "$here/my tools")"
}

test_the_same_tree_has_the_same_bytes() {
  local tree
  for tree in one two; do
    "$root/scripts/dist" --tree "$here/$tree"
    (cd "$here/$tree" && find . -type f -exec cksum {} + | LC_ALL=C sort) >"$here/$tree.sums"
  done
  cmp "$here/one.sums" "$here/two.sums"
}

test_an_upgrade_leaves_nothing_of_the_older_version() {
  local new_only
  fake_archive 1
  touch "$here/archive/share/man/man1/moshi-mlx-gone.1"
  install --prefix "$here/prefix"
  test -e "$here/prefix/share/man/man1/moshi-mlx-gone.1"
  rm -r "$here/archive"
  fake_archive 2
  install --prefix "$here/prefix" 2>"$here/messages"
  contains "$(cat "$here/messages")" "installed moshi-mlx 2"
  [ ! -e "$here/prefix/share/man/man1/moshi-mlx-gone.1" ]
  equal 2 "$(cat "$here/prefix/libexec/moshi-mlx/version")"
  new_only="$(listing "$here/prefix")"
  install --prefix "$here/prefix"
  equal "$new_only" "$(listing "$here/prefix")"
  install --prefix "$here/prefix" --uninstall
  [ ! -e "$here/prefix" ]
}

test_folders_that_others_use_by_now_are_left() {
  fake_archive 1
  install --prefix "$here/a/b/prefix"
  touch "$here/a/another's"
  install --prefix "$here/a/b/prefix" --uninstall
  equal ".
./another's" "$(listing "$here/a")"
}

test_the_models_stay_and_are_named() {
  fake_archive 1
  program "$here/archive/bin/moshi-mlx" <<<'echo "      \"path\": \"/models/moshiko\","; echo "      \"path\": null"'
  install --prefix "$here/prefix"
  install --prefix "$here/prefix" --uninstall 2>"$here/messages"
  contains "$(cat "$here/messages")" "the models stay:
  /models/moshiko"
}

test_by_default_it_is_the_local_folder_of_the_home() {
  local text status=0
  fake_archive 1
  HOME="$here/home" install
  test -x "$here/home/.local/bin/moshi-mlx"
  text="$(unset HOME && install 2>&1)" || status=$?
  equal 1 "$status"
  contains "$text" "--prefix DIR"
}

test_what_is_not_ours_is_not_overwritten() {
  local text status=0
  fake_archive 1
  program "$here/prefix/bin/moshi-mlx" <<<'echo mine'
  text="$(install --prefix "$here/prefix" 2>&1)" || status=$?
  equal 1 "$status"
  contains "$text" "not from an installation"
  equal mine "$("$here/prefix/bin/moshi-mlx")"
  status=0
  text="$(install --prefix "$here/prefix" --uninstall 2>&1)" || status=$?
  equal 1 "$status"
  contains "$text" "nothing is installed in $here/prefix"
}

test_a_prefix_that_cannot_be_written_is_named() {
  local text status=0
  fake_archive 1
  touch "$here/file"
  text="$(install --prefix "$here/file/prefix" 2>&1)" || status=$?
  equal 1 "$status"
  contains "$text" "cannot write to $here/file/prefix"
}

test_without_java_the_installed_launcher_says_what_to_do() {
  local text status=0
  fake_archive 1
  cp "$root/packaging/moshi-mlx" "$here/archive/bin/moshi-mlx"
  mkdir "$here/bin"
  ln -s "$(command -v bash)" "$(command -v dirname)" "$(command -v env)" "$here/bin"
  cat >>"$here/archive/libexec/moshi-mlx/jdk.sh" <<'END'
jdk_candidates() { echo /none; }
END
  text="$(PATH="$here/bin" "$here/archive/bin/moshi-mlx" --version 2>&1)" || status=$?
  equal 1 "$status"
  contains "$text" "moshi-mlx: no Java of at least 25 found"
}

test_the_runtime_of_the_archive_comes_first() {
  fake_archive 1
  cp "$root/packaging/moshi-mlx" "$here/archive/bin/moshi-mlx"
  fake_jdk "$here/archive/libexec/moshi-mlx/runtime" 25
  fake_jdk "$here/jdk" 25
  program "$here/jdk/bin/java" <<<'echo another'
  contains "$(JAVA_HOME="$here/jdk" "$here/archive/bin/moshi-mlx" run </dev/null)" "argument: run"
}
