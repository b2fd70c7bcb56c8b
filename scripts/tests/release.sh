# shellcheck shell=bash
# A release, in a repository of the test's own, where the archives are made by a stand-in.

: "${root:?}" "${here:?}"

repository() {
  repo="$here/repo"
  mkdir -p "$repo/packaging/homebrew" "$repo/scripts/lib"
  cp "$root/pom.xml" "$root/.gitattributes" "$root/.gitignore" "$repo"
  cp -R "$root/packaging/homebrew/moshi-mlx.rb" "$repo/packaging/homebrew"
  cp "$root/scripts/release" "$repo/scripts"
  cp "$root/scripts/lib/"* "$repo/scripts/lib"
  program "$repo/scripts/dist" <<<'echo "dist $*" >>build/dist/made; grep -o "<revision>.*<" pom.xml >>build/dist/made'
  printf '# Changelog\n\n## [7.0.1] – unreleased\n' >"$repo/CHANGELOG.md"
  export GIT_AUTHOR_NAME=Someone GIT_AUTHOR_EMAIL=a@b.example GIT_COMMITTER_NAME=Someone GIT_COMMITTER_EMAIL=a@b.example
  git -C "$repo" init --quiet
  git -C "$repo" add .
  git -C "$repo" commit --quiet --message first
}

test_a_release_is_tagged_built_and_in_the_formula() {
  local digest
  repository
  "$repo/scripts/release" 7.0.1 2>"$here/messages"
  contains "$(cat "$here/messages")" "git push origin HEAD v7.0.1"
  equal "dist 
<revision>7.0.1<
dist --with-java
<revision>7.0.1<" "$(cat "$repo/build/dist/made")"
  contains "$(git -C "$repo" show v7.0.1:CHANGELOG.md)" "## [7.0.1] – $(date -u +%Y)"
  contains "$(git -C "$repo" show v7.0.1:pom.xml)" "<revision>7.0.1</revision>"
  contains "$(cat "$repo/pom.xml")" "<revision>7.0.2-SNAPSHOT</revision>"
  digest="$(cut -d ' ' -f 1 "$repo/build/dist/moshi-mlx-7.0.1.tar.gz.sha256")"
  contains "$(cat "$repo/packaging/homebrew/moshi-mlx.rb")" "sha256 \"$digest\""
  contains "$(cat "$repo/packaging/homebrew/moshi-mlx.rb")" "/v7.0.1/moshi-mlx-7.0.1.tar.gz\""
  equal "" "$(git -C "$repo" status --porcelain)"
  # The source archive knows its commit.
  tar -xzf "$repo/build/dist/moshi-mlx-7.0.1.tar.gz" -C "$here"
  contains "$(cat "$here/moshi-mlx-7.0.1/scripts/lib/commit.txt")" "$(git -C "$repo" rev-parse 'v7.0.1^{commit}')"
}

test_a_dry_run_changes_nothing() {
  local text before
  repository
  before="$(git -C "$repo" rev-parse HEAD)"
  text="$("$repo/scripts/release" 7.0.1 --dry-run 2>&1)"
  contains "$text" "would: git tag --annotate v7.0.1"
  contains "$text" "would: scripts/dist --with-java"
  contains "$text" "would: update_formula"
  equal "$before" "$(git -C "$repo" rev-parse HEAD)"
  equal "" "$(git -C "$repo" tag)$(git -C "$repo" status --porcelain)"
}

refused() { # refused MESSAGE ARGUMENT...
  local wanted="$1" text status=0
  shift
  text="$("$repo/scripts/release" "$@" 2>&1)" || status=$?
  [ "$status" -ne 0 ]
  contains "$text" "$wanted"
}

test_what_is_not_ready_is_not_released() {
  repository
  refused "VERSION [--dry-run]"
  refused "VERSION [--dry-run]" 7.0
  refused "VERSION [--dry-run]" v7.0.1
  refused "no section '## [7.1.0]'" 7.1.0
  echo more >>"$repo/CHANGELOG.md"
  refused "not committed" 7.0.1 --dry-run
  git -C "$repo" commit --quiet --all --message more
  git -C "$repo" tag v7.0.1
  refused "tag v7.0.1 is there already" 7.0.1
}
