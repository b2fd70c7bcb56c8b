# shellcheck shell=bash
# The archive of a release.

: "${root:?}" "${here:?}"
# shellcheck source=../lib/common.sh
. "$root/scripts/lib/common.sh"
# shellcheck source=../lib/pack.sh
. "$root/scripts/lib/pack.sh"

files() { # files FOLDER NAME...: a tree of these files, made in this order
  local folder="$1/tree" name
  shift
  for name in "$@"; do
    mkdir -p "$(dirname "$folder/$name")"
    echo "$name" >"$folder/$name"
  done
  find "$folder" -exec touch -h -t 202601020304.05 {} +
}

# entries ARCHIVE: each with its owner.
entries() {
  python3 -c 'import sys, tarfile
for entry in tarfile.open(sys.argv[1]):
    print(entry.name, entry.uid, entry.gid, entry.uname + entry.gname)' "$1" | sed 's/ *$//'
}

same_bytes_and_nothing_but_the_files() {
  mkdir -p "$here/one" "$here/two" "$here/out"
  files "$here/one" b/c a "d e"
  files "$here/two" "d e" a b/c
  pack "$here/one/tree" "$here/out/archive.tar.gz"
  mv "$here/out/archive.tar.gz" "$here/out/one.tar.gz"
  pack "$here/two/tree" "$here/out/archive.tar.gz"
  cmp "$here/out/one.tar.gz" "$here/out/archive.tar.gz"
  equal "tree 0 0
tree/a 0 0
tree/b 0 0
tree/b/c 0 0
tree/d e 0 0" "$(entries "$here/out/one.tar.gz")"
  (cd "$here/out" && if has sha256sum; then sha256sum --check ./*.sha256; else shasum -a 256 -c ./*.sha256; fi)
}

test_the_same_files_give_the_same_archive() {
  same_bytes_and_nothing_but_the_files
}

# The tar of a Mac, which Debian has as well.
test_the_same_files_give_the_same_archive_with_bsdtar() {
  mkdir "$here/bin"
  ln -s "$(command -v bsdtar)" "$here/bin/tar"
  PATH="$here/bin:$PATH"
  contains "$(tar --version)" bsdtar
  same_bytes_and_nothing_but_the_files
}

test_a_macs_tar_leaves_its_attributes_out() {
  program "$here/bin/tar" <<END
[ "\$1" != --version ] || { echo "bsdtar 3.5.3 - libarchive 3.7.4"; exit; }
printf '%s\n' "COPYFILE_DISABLE=\${COPYFILE_DISABLE:-}" "\$@" >"$here/asked"
cat >/dev/null # the names, which somebody has to read
END
  mkdir "$here/tree"
  PATH="$here/bin:$PATH" pack "$here/tree" "$here/archive.tar.gz"
  contains "$(cat "$here/asked")" "COPYFILE_DISABLE=1"
  contains "$(cat "$here/asked")" "--no-mac-metadata
--no-xattrs
--no-acls
--no-fflags"
}
