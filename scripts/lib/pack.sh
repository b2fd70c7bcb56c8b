# shellcheck shell=bash
# Sourced by scripts/dist: makes an archive of a folder.

# pack FOLDER ARCHIVE: the folder, by its last name, as the archive, with its checksum beside it. The same files give
# the same bytes: names are in order, owners and a system's own attributes are left out.
pack() {
  local plain=(--owner=0 --group=0 --numeric-owner --format=ustar)
  # A Mac's tar would add its attributes as files named ._*.
  case "$(tar --version)" in
    bsdtar*) plain=(--uid 0 --gid 0 --uname '' --gname '' --format ustar --no-mac-metadata --no-xattrs --no-acls --no-fflags) ;;
  esac
  (
    cd "$(dirname "$1")" || exit
    find "$(basename "$1")" | LC_ALL=C sort | COPYFILE_DISABLE=1 tar -cf - "${plain[@]}" --no-recursion -T -
  ) | gzip -9n >"$2.new"
  mv "$2.new" "$2"
  (
    cd "$(dirname "$2")" || exit
    if has sha256sum; then sha256sum "$(basename "$2")"; else shasum -a 256 "$(basename "$2")"; fi
  ) >"$2.sha256"
}
