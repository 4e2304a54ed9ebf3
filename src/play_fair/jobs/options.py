"""Command-line options of jobs: how many workers, where, and which partition."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from play_fair.errors import UserError
from play_fair.jobs.job import Engine, shards_folder
from play_fair.jobs.local_engine import LocalEngine
from play_fair.jobs.ray_engine import RayEngine
from play_fair.jobs.run import Partition

_DESCRIPTION = """These options do not change the output, except for roundings: features, weights and ESVs differ
between CPU and GPU, and weights and ESVs with the threads of a worker (its part of the cores, or OMP_NUM_THREADS). A
stopped run is resumed by the same command, or with other options here that round alike. All machines must see the same
files."""


def add_engine_options(
    parser: ArgumentParser, *, workers: str, devices: bool = False, aliases: Sequence[str] = ()
) -> None:
    """Add --workers, --engine, --ray-address, --shard and, with `devices`, --devices in a group of their own.

    Args:
        workers: description of the default number of workers.
        aliases: other names of --workers.
    """
    group = parser.add_argument_group("where the work is done", _DESCRIPTION)
    if devices:
        group.add_argument(
            "--devices",
            "--device",
            default="auto",
            metavar="NAMES",
            help="cpu, cuda:0, ... or several with commas, a worker for each; all: every CUDA device; auto: the first "
            "CUDA device; both: the CPU if there is none (default: auto)",
        )
    group.add_argument("--workers", *aliases, type=int, default=0, metavar="N", help=f"processes (default: {workers})")
    group.add_argument(
        "--shard",
        dest="partition",
        metavar="i/N",
        help="do partition i of N only, from 0/N to N-1/N, and do not merge: for Slurm arrays; a last run without it "
        "merges",
    )
    group.add_argument(
        "--engine", choices=("local", "ray"), default="local", help="this machine or a Ray cluster (default: local)"
    )
    group.add_argument(
        "--ray-address",
        metavar="HOST:PORT",
        help="of the cluster, or auto (default: RAY_ADDRESS, or else a cluster of this machine alone)",
    )


def engine_from(args: Namespace, devices: Sequence[str] = ("cpu",), workers: int = 0) -> Engine:
    """The engine that the options choose.

    Args:
        workers: default for --workers; 0: one for each device.

    Raises:
        UserError: the options contradict each other; or as `LocalEngine` and `RayEngine`.
    """
    if args.engine == "ray":
        return RayEngine(args.ray_address, gpu=devices[0].startswith("cuda"), workers=args.workers)
    if args.ray_address is not None:
        raise UserError("--ray-address is for --engine ray: add it, or leave the address out")
    return LocalEngine(tuple(devices), args.workers or workers)


def warn_if_no_gpu(args: Namespace, devices: Sequence[str]) -> None:
    """Warn on stderr if all GPUs were asked for and there is none."""
    if args.devices == "all" and devices[0] == "cpu":
        print("--devices all: there is no CUDA device here, so the CPU computes", file=sys.stderr)


def partition_from(args: Namespace) -> Partition | None:
    """The partition that --shard selects, or None for the whole job.

    Raises:
        UserError: there is no such partition.
    """
    return None if args.partition is None else Partition.parse(args.partition)


def partition_summary(output: Path, partition: Partition) -> str:
    """The last line of a script that has written one partition."""
    return f"Partition {partition}: {shards_folder(output)}; after all, run once without --shard to make {output}"


def without_engine_options(arguments: Sequence[str]) -> list[str]:
    """A command line without the options of this module: the part that the output depends on."""
    parser = ArgumentParser(add_help=False, allow_abbrev=False)
    add_engine_options(parser, workers="", devices=True)
    return parser.parse_known_args(arguments)[1]
