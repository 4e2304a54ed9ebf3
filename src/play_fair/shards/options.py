"""The options of scripts whose work is cut into shards: by how many workers, where, and which part of it."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from play_fair.errors import UserError
from play_fair.shards.job import Engine, Share, shards_folder
from play_fair.shards.local_engine import LocalEngine
from play_fair.shards.ray_engine import RayEngine

WHERE = """None of these changes the output, but for roundings: of features and ESVs between CPU and GPU, and of ESVs
with the threads of a worker (its part of the cores, or OMP_NUM_THREADS). A stopped run goes on with the same command,
or with others of these options that round alike. All machines must see the same files."""


def add_engine_options(parser: ArgumentParser, *, workers: str, devices: bool = False) -> None:
    """Add --workers, --engine, --ray-address, --shard and, if asked for, --devices, in a group of their own.

    Args:
        workers: says how many there are by default.
    """
    group = parser.add_argument_group("where the work is done", WHERE)
    if devices:
        group.add_argument(
            "--devices",
            "--device",
            default="auto",
            metavar="NAMES",
            help="cpu, cuda:0, ... or several with commas, a worker for each; all: every CUDA device; auto: the first "
            "CUDA device; both: the CPU if there is none (default: auto)",
        )
    group.add_argument("--workers", type=int, default=0, metavar="N", help=f"processes (default: {workers})")
    group.add_argument(
        "--shard",
        dest="share",
        metavar="i/N",
        help="do part i of N only, from 0/N to N-1/N, and do not merge: for Slurm arrays; a last run without it merges",
    )
    group.add_argument(
        "--engine", choices=("local", "ray"), default="local", help="this machine or a Ray cluster (default: local)"
    )
    group.add_argument(
        "--ray-address",
        metavar="HOST:PORT",
        help="of the cluster, or auto (default: RAY_ADDRESS, or else a cluster of this machine alone)",
    )


def engine_of(args: Namespace, devices: Sequence[str] = ("cpu",), workers: int = 0) -> Engine:
    """The engine that the options name.

    Args:
        workers: unless --workers says how many; 0: one for each device.

    Raises:
        UserError: the options contradict each other, or see `LocalEngine` and `RayEngine`.
    """
    if args.engine == "ray":
        return RayEngine(args.ray_address, gpu=devices[0].startswith("cuda"), workers=args.workers)
    if args.ray_address is not None:
        raise UserError("--ray-address is for --engine ray: add it, or leave the address out")
    return LocalEngine(tuple(devices), args.workers or workers)


def tell_if_no_gpu(args: Namespace, devices: Sequence[str]) -> None:
    """Say that there is no GPU where all were asked for."""
    if args.devices == "all" and devices[0] == "cpu":
        print("--devices all: there is no CUDA device here, so the CPU computes", file=sys.stderr)


def share_of(args: Namespace) -> Share | None:
    """The part of the work that --shard names, or None for all of it.

    Raises:
        UserError: there is no such part.
    """
    return None if args.share is None else Share.parse(args.share)


def unmerged(output: Path, share: str) -> str:
    """What a script says last that did a part of the work."""
    return f"Part {share} is done: {shards_folder(output)}; when all are, run once without --shard to make {output}"


def without_engine_options(arguments: Sequence[str]) -> list[str]:
    """A command line without the options that say where the work is done: what its output depends on."""
    parser = ArgumentParser(add_help=False, allow_abbrev=False)
    add_engine_options(parser, workers="", devices=True)
    return parser.parse_known_args(arguments)[1]
