#!/bin/sh
# Lays out the container's file system: the executable, the libraries that it is linked with, a user, and
# empty folders. No shell, no package manager, nothing else that could be run.
#   rootfs.sh LIBRARIES EXECUTABLE TARGET [owner]
# LIBRARIES is a Debian root (/ inside the Dockerfile); with "owner", the data folder is given to the user.
set -eu
libraries=$1 executable=$2 target=$3 owner=${4:-}
umask 022

for folder in data etc/heliosdb tmp usr/bin usr/share/doc; do mkdir -p "$target/$folder"; done
chmod 1777 "$target/tmp"
chmod 0700 "$target/data"
[ -z "$owner" ] || chown 10001:10001 "$target/data"

# The loader's place is written into the executable; Debian's own is a link to it.
case "$(od -An -tx1 -j18 -N1 "$executable" | tr -d ' ')" in
  3e) triplet=x86_64-linux-gnu loader=lib64/ld-linux-x86-64.so.2 ;;
  b7) triplet=aarch64-linux-gnu loader=lib/ld-linux-aarch64.so.1 ;;
  *) echo "rootfs.sh: $executable is for neither x86-64 nor arm64" >&2; exit 1 ;;
esac
mkdir -p "$target/$(dirname "$loader")" "$target/usr/lib/$triplet"
for folder in "usr/lib/$triplet" "lib/$triplet"; do
  [ ! -e "$libraries/$folder/$(basename "$loader")" ] ||
    cp -L "$libraries/$folder/$(basename "$loader")" "$target/$loader"
done
for name in libc.so.6 libdl.so.2 libm.so.6 libpthread.so.0 librt.so.1 libresolv.so.2 libgcc_s.so.1 libstdc++.so.6; do
  for folder in "usr/lib/$triplet" "lib/$triplet"; do
    [ -e "$libraries/$folder/$name" ] || continue
    cp -L "$libraries/$folder/$name" "$target/usr/lib/$triplet/$name"
    break
  done
  [ -e "$target/usr/lib/$triplet/$name" ] || { echo "rootfs.sh: no $name below $libraries" >&2; exit 1; }
done
# Their licences. The packages of one library may link their folder to another's.
for name in libc6 libstdc++6 libgcc-s1 gcc-14-base; do
  [ ! -e "$libraries/usr/share/doc/$name/copyright" ] || {
    mkdir -p "$target/usr/share/doc/$name"
    cp -L "$libraries/usr/share/doc/$name/copyright" "$target/usr/share/doc/$name/copyright"
  }
done

printf 'root:x:0:0:root:/:/none\nhelios:x:10001:10001:helios-edge:/data:/none\n' >"$target/etc/passwd"
printf 'root:x:0:\nhelios:x:10001:\n' >"$target/etc/group"
printf 'hosts: files dns\n' >"$target/etc/nsswitch.conf"
install -m 755 "$executable" "$target/usr/bin/helios-edge"
install -m 644 "$(dirname "$0")/config.toml" "$target/etc/heliosdb/config.toml"
