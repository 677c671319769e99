"""llama.cpp's server on a free port of the loopback; run by the Python of `make.sh llama-cpp`.

    python llama_cpp.py MODEL.gguf NAME

Prints its address in one line once it listens, and ends when its standard input is closed.
"""

import sys

import xllamacpp

params = xllamacpp.CommonParams()
params.model.path, params.model_alias = sys.argv[1], {sys.argv[2]}
params.n_ctx, params.n_parallel, params.warmup = 4096, 1, False
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
params.hostnames, params.port = ["127.0.0.1"], 0
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
