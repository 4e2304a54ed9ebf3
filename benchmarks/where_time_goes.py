"""Which kinds of operations a computation spends its time on, told by PyTorch's profiler."""

from collections import defaultdict
from collections.abc import Callable

import torch
from torch.profiler import ProfilerActivity, profile

KINDS = {
    "matrix products": ("mm", "addmm", "addmm_", "bmm", "matmul", "linear"),
    "sums of gathered rows": ("_embedding_bag", "_embedding_bag_forward_only", "index", "index_select"),
    "softmax": ("_softmax", "softmax", "_softmax.out"),
    "copies": ("copy_", "_to_copy", "to", "cat"),
}
OTHERS = "all else"


def kind_of(operation: str) -> str:
    """To which of `KINDS` an operator such as aten::mm belongs."""
    name = operation.removeprefix("aten::")
    return next((kind for kind, names in KINDS.items() if name in names), OTHERS)


def where_time_goes(run: Callable[[], object], device: torch.device) -> str:
    """A sentence: the share of each kind of operations."""
    on_gpu = device.type == "cuda"
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if on_gpu else [])]
    with profile(activities=activities) as profiler:
        run()
        if on_gpu:
            torch.cuda.synchronize(device)
    microseconds: dict[str, float] = defaultdict(float)
    for event in profiler.key_averages():
        if not event.key.startswith("aten::"):
            continue  # kernels and launches are counted with the operator that they belong to
        kind = kind_of(event.key)
        microseconds[kind] += event.self_device_time_total if on_gpu else event.self_cpu_time_total
    total = sum(microseconds.values())
    shares = [f"{kind} {microseconds[kind] / total:.0%}" for kind in (*KINDS, OTHERS)]
    return f"{', '.join(shares)}."
