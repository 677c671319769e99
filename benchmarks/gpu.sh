#!/bin/sh
# benchmarks/gpu.sh [FILE] [OPTIONS]   one GPU, under ten minutes: what works there, how fast, and what it costs.
# Needs the project's environment (.venv, or the python on the path), a GPU of 24 GB and 40 GB of disk for the random
# 8B model; --miniature needs neither. Writes one JSON (default: results/benchmarks/gpu.json).
set -eu
cd "$(dirname "$0")/.."
case "${1:-}" in -*|"") out=results/benchmarks/gpu.json ;; *) out=$1; shift ;; esac
python=python3
[ -x .venv/bin/python ] && python=.venv/bin/python
export HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false
exec "$python" -m benchmarks.gpu --out "$out" "$@"
