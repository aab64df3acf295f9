#!/bin/sh
# Compiles every .cu of this folder to PTX and puts it where the bundle has it: for compute
# capability 7.5, and a second time for 8.0 where the source asks which it is (__CUDA_ARCH__). A
# capability that a source has no kernels for gets no PTX. To be run whenever a source changes; what
# comes out is committed, so that nobody else needs CUDA's compiler: the driver takes PTX. A test
# compares the hash of the sources with the one on the first line of the PTX.
#
# A newer compiler writes PTX of a version that older drivers refuse, whatever it uses of it. So the
# version is lowered to 7.0, that of CUDA 11.0, and ptxas says whether that was honest.
#
#   NVCC=/path/to/nvcc sh build-ptx.sh [NAME.cu …]
set -eu
export LC_ALL=C
cd "$(dirname "$0")"
nvcc=${NVCC:-nvcc}
ptxas=$(dirname "$(command -v "$nvcc")")/ptxas
into=../resources/dev/saccade/plugins/sea/cuda
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$into"
[ $# -gt 0 ] || set -- *.cu
for source in "$@"; do
  name=${source%.cu}
  hash=$(cat "$source" *.cuh | sha256sum | cut -d' ' -f1)
  variants=75
  ! grep -q __CUDA_ARCH__ "$source" || variants="75 80"
  rm -f "$into/$name".compute_*.ptx
  for variant in $variants; do
    "$nvcc" -ptx -arch=compute_$variant -O3 -std=c++17 -Werror all-warnings \
      -o "$work/raw.ptx" "$source"
    {
      echo "// source sha256 $hash"
      grep -v '^//' "$work/raw.ptx" | sed 's/^\.version .*/.version 7.0/'
    } >"$work/lowered.ptx"
    grep -q '^.visible .entry' "$work/lowered.ptx" || continue
    for gpu in 75 80 86 89 90; do
      [ $gpu -lt $variant ] || "$ptxas" -arch=sm_$gpu -o "$work/any.cubin" "$work/lowered.ptx"
    done
    mv "$work/lowered.ptx" "$into/$name.compute_$variant.ptx"
  done
  wc -c "$into/$name".compute_*.ptx | grep -v total
done
