#!/bin/sh
# Compiles ceilings.cu to PTX as plugins/sea/src/main/cuda/build-ptx.sh does its kernels: for compute
# capability 7.5 and 8.0, lowered to what drivers of CUDA 11.0 on take, with the source's hash on the
# first line, which a test compares. What comes out is committed.
#
#   NVCC=/path/to/nvcc sh build-ptx.sh
set -eu
cd "$(dirname "$0")"
nvcc=${NVCC:-nvcc}
ptxas=$(dirname "$(command -v "$nvcc")")/ptxas
into=../resources/dev/saccade/gpu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
hash=$(sha256sum ceilings.cu | cut -d' ' -f1)
for variant in 75 80; do
  "$nvcc" -ptx -arch=compute_$variant -O3 -std=c++17 -Werror all-warnings -o "$work/raw.ptx" ceilings.cu
  {
    echo "// source sha256 $hash"
    grep -v '^//' "$work/raw.ptx" | sed 's/^\.version .*/.version 7.0/'
  } >"$work/lowered.ptx"
  for gpu in 75 80 86 89 90; do
    [ $gpu -lt $variant ] || "$ptxas" -arch=sm_$gpu -o "$work/any.cubin" "$work/lowered.ptx"
  done
  mv "$work/lowered.ptx" "$into/ceilings.compute_$variant.ptx"
done
