"""Run a long job in shards: each appears whole or not at all, so a job killed at any moment goes on where it was.

A `Job` says what the shards are, how to write them and how to merge them (job.py); an `Engine` says where that is done:
in processes of this machine (local_engine.py, processes.py) or on a Ray cluster (ray_engine.py); `run_job` sees to it
that nothing is lost, done twice or mixed up. options.py has the command line's part.
"""

from play_fair.shards.job import Bar, Engine, Job, OnItems, Run, Share, no_bar, run_job, shards_folder
from play_fair.shards.local_engine import THIS_PROCESS, LocalEngine
from play_fair.shards.processes import THREADS, at_least_one_worker, in_processes, map_in_processes, n_cores
from play_fair.shards.ray_engine import RayEngine

__all__ = [
    "THIS_PROCESS",
    "THREADS",
    "Bar",
    "Engine",
    "Job",
    "LocalEngine",
    "OnItems",
    "RayEngine",
    "Run",
    "Share",
    "at_least_one_worker",
    "in_processes",
    "map_in_processes",
    "n_cores",
    "no_bar",
    "run_job",
    "shards_folder",
]
