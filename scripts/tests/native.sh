# shellcheck shell=bash
# What the native stage makes on a Mac, whose tools are stand-ins.

: "${root:?}" "${here:?}"

# A checkout of the native stage alone, on a Mac: python3 unpacks a wheel, cargo a crate, and cmake makes a library.
fake_mac() {
  mkdir -p "$here/checkout/native"
  cp -R "$root/native/." "$here/checkout/native"
  program "$here/bin/uname" <<<'echo Darwin'
  program "$here/bin/brew" <<<"echo \"brew \$*\" >>'$here/asked'; echo '$here/homebrew'"
  program "$here/bin/xcode-select" <<<'echo /Library/Developer/CommandLineTools'
  program "$here/bin/c++" </dev/null
  program "$here/bin/python3" <<END
echo "python3 \$*" >>"$here/asked"
while [ \$# -gt 0 ]; do
  if [ "\$1" = --target ]; then
    mkdir -p "\$2/mlx/lib" "\$2/mlx/share/cmake/MLX"
    for file in libmlx.dylib libjaccl.dylib mlx.metallib; do echo "the wheel's" >"\$2/mlx/lib/\$file"; done
  fi
  shift
done
END
  program "$here/bin/cargo" <<'END'
for folder; do :; done
mkdir -p "$folder/mlx-sys-0.6.0/src/mlx-c"
END
  program "$here/bin/cmake" <<END
echo "cmake \$*" >>"$here/asked"
if [ "\$1" = --build ]; then mkdir -p "\$2/mlx-c"; echo ours >"\$2/mlx-c/libmlxc.dylib"; else mkdir -p "\$4"; fi
END
  # Homebrew's own, which is nobody's business.
  mkdir -p "$here/homebrew/lib" "$here/homebrew/opt/mlx/lib" "$here/homebrew/opt/mlx-c/lib"
  echo homebrew | tee "$here/homebrew/lib/libmlxc.dylib" "$here/homebrew/lib/libmlx.dylib" >/dev/null
  : >"$here/asked"
}

native() { PATH="$here/bin:$PATH" HOMEBREW_PREFIX="$here/homebrew" "$here/checkout/native/build" 2>"$here/messages"; }

libraries() { (cd "$here/checkout/build/native/lib" && grep -r . . | LC_ALL=C sort); }

test_a_mac_gets_the_wheels_libraries_beside_ours_and_none_of_homebrews() {
  fake_mac
  native
  equal "./libmlx.dylib:the wheel's
./libmlxc.dylib:ours
./mlx.metallib:the wheel's" "$(libraries)"
  lacks "$(cat "$here/asked")" "brew "
  contains "$(cat "$here/asked")" "--platform macosx_14_0_arm64"
  contains "$(cat "$here/asked")" "-DCMAKE_OSX_ARCHITECTURES=arm64 -DCMAKE_OSX_DEPLOYMENT_TARGET=14.0"
}

test_what_an_older_version_has_left_goes_and_the_codec_stays() {
  local lib="$here/checkout/build/native/lib"
  fake_mac
  mkdir -p "$lib"
  echo stale | tee "$lib/libmlxc.dylib" "$lib/libopenblas.dylib" >/dev/null
  echo codec >"$lib/libmoshimlx_mimi.dylib"
  native
  equal "./libmlx.dylib:the wheel's
./libmlxc.dylib:ours
./libmoshimlx_mimi.dylib:codec
./mlx.metallib:the wheel's" "$(libraries)"
}

test_it_is_built_again_for_other_pins_alone() {
  local pins
  fake_mac
  native
  : >"$here/asked"
  native
  equal "" "$(cat "$here/asked")"
  for pins in requirements.txt mlx-c-source/Cargo.lock; do
    echo "# another" >>"$here/checkout/native/$pins"
    : >"$here/asked"
    native
    contains "$(cat "$here/asked")" "cmake --build"
  done
}

test_nothing_looks_for_homebrews_mlx() {
  local found
  cd "$root" || return
  found="$(grep -rnE --exclude-dir=.git --exclude-dir=build --exclude-dir=target --exclude-dir=tests \
    'brew.*[ "/]mlx(-c)?([ "/;]|$)|opt/mlx' .)" || true
  equal "" "$found"
}
