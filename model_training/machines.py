"""Where a training runs: alone on a processor or an accelerator, or shared by several processes (`torchrun`).

`torchrun --nproc-per-node N -m model_training.train` starts N processes; each takes its share of every batch, and
their gradients are averaged, so that all hold the same weights. The first of them does whatever is not shared.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

import torch
from torch import distributed
from torch.nn import Parameter

PATIENCE: Final = timedelta(hours=12)


def join() -> None:
    """Join the other processes, if `torchrun` started this one."""
    if "WORLD_SIZE" in os.environ and not distributed.is_initialized():
        # The others wait while the first simulates the fleet and, later, fits what stands on the networks.
        distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo", timeout=PATIENCE)


def leave() -> None:
    """Part from the other processes."""
    if distributed.is_initialized():
        distributed.destroy_process_group()


def count() -> int:
    """Return how many processes share the training."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def rank() -> int:
    """Return which of the processes this is, from 0."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def first() -> bool:
    """Return whether this process does what is not shared."""
    return rank() == 0


def wait() -> None:
    """Wait until all processes have come here."""
    if distributed.is_initialized():
        distributed.barrier()


def device() -> torch.device:
    """Return where tensors live: this process's accelerator where there is one."""
    if not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))


def average_gradients(parameters: Iterable[Parameter]) -> None:
    """Replace gradients by their mean over the processes."""
    if count() == 1:
        return
    for parameter in parameters:
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
        distributed.all_reduce(parameter.grad)
        parameter.grad /= count()
