"""Parts of torch that may change without notice, and the words of its errors."""

from __future__ import annotations

import sys
from typing import Any, Literal


def has_onednn_linear() -> bool:
    """Whether torch was built with oneDNN and offers `onednn_linear`."""
    import torch

    built: bool = torch.backends.mkl.is_available() and torch.backends.mkldnn.is_available()
    return built and hasattr(torch.ops.mkldnn, "_linear_pointwise")


def onednn_linear(inputs: Any, weight: Any, bias: Any) -> Any:
    """`F.linear` of float32 CPU tensors on oneDNN: inputs (... x in), weight (out x in), bias (out) or None.

    torch 2.13, `torch.ops.mkldnn._linear_pointwise`, which torch.compile's CPU backend calls. If it moves,
    `has_onednn_linear` is false and MKL multiplies. Upstream alternative: torch.compile with max-autotune.
    """
    import torch

    return torch.ops.mkldnn._linear_pointwise(inputs, weight, bias, "none", [], "")


def cpu_has_bfloat16() -> bool:
    """Whether the processor has instructions for products in bfloat16.

    torch 2.13, `torch.ops.mkldnn._is_mkldnn_bf16_supported`, which torch.compile's CPU backend asks. If it moves, the
    compute dtype "auto" raises AttributeError on a CPU. Upstream alternative: reading /proc/cpuinfo.
    """
    import torch

    available: bool = torch.backends.mkldnn.is_available()
    return available and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


CPU_ALLOCATOR = "DefaultCPUAllocator: "
# what torch 2.13, CUDA, cuBLAS, ROCm and Metal write where no torch.OutOfMemoryError is raised: when a context or a
# library's workspace does not fit, which another program's memory may cause
GPU_MEMORY = ("error: out of memory", "_ALLOC_FAILED", "MPS backend out of memory", "HIP out of memory")
NO_KERNELS = ("no kernel image is available", "invalid device function", "NoBinaryForGpu")
GPU_ERRORS = (
    "CUDA error", "CUDA driver", "HIP error", "CUBLAS_STATUS", "HIPBLAS_STATUS", "cuDNN error", "CUDNN_STATUS", "nvrtc",
    "miopenStatus", "device-side assert", "MPS backend", "MPS device", "MPS Tensor",
)  # fmt: skip


def memory_that_ran_out(error: BaseException) -> Literal["GPU", "main"] | None:
    """Which memory an error says has run out; None for any other error.

    torch 2.13: `torch.OutOfMemoryError` is for GPUs, GPU_MEMORY are texts of a RuntimeError, and a CPU tensor that does
    not fit is a RuntimeError which names the allocator. If that name changes, the message becomes a traceback. Upstream
    alternative: none.
    """
    torch = sys.modules.get("torch")  # memory of a GPU can only run out where torch is loaded
    if torch is not None and isinstance(error, torch.OutOfMemoryError):
        return "GPU"
    if isinstance(error, RuntimeError) and any(text in str(error) for text in GPU_MEMORY):
        return "GPU"
    return "main" if isinstance(error, MemoryError) or CPU_ALLOCATOR in str(error) else None


def gpu_error(error: BaseException) -> Literal["kernels", "other"] | None:
    """What an error of a GPU is about: it has no "kernels" in this build, or something "other"; None for the rest.

    torch 2.13: texts of RuntimeError and its subclasses AcceleratorError and NotImplementedError, and of Metal's
    TypeError. If they change, the message becomes a traceback. Upstream alternative: the error codes of
    AcceleratorError, which cuBLAS and ROCm do not set.
    """
    if not isinstance(error, RuntimeError | TypeError):
        return None
    if any(text in str(error) for text in NO_KERNELS):
        return "kernels"
    return "other" if any(text in str(error) for text in GPU_ERRORS) else None
