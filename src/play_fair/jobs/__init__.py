"""Long jobs that can be stopped at any moment and resumed by the same command.

A `Job` is work cut into shards (job.py). An `Engine` writes shards: in processes of this machine (local_engine.py) or
on a Ray cluster (ray_engine.py). `run_job` (run.py) writes what is missing and merges; records.py keeps checksums and
results of finished shards. options.py has the command-line options.
"""

from play_fair.jobs.job import Bar, Engine, Job, OnItems, no_bar, shards_folder
from play_fair.jobs.local_engine import THIS_PROCESS, THREADS, LocalEngine, n_cores
from play_fair.jobs.ray_engine import RayEngine
from play_fair.jobs.records import require_same_settings, unfinished_settings
from play_fair.jobs.run import Partition, Run, run_job, run_locked_job

__all__ = [
    "THIS_PROCESS",
    "THREADS",
    "Bar",
    "Engine",
    "Job",
    "LocalEngine",
    "OnItems",
    "Partition",
    "RayEngine",
    "Run",
    "n_cores",
    "no_bar",
    "require_same_settings",
    "run_job",
    "run_locked_job",
    "shards_folder",
    "unfinished_settings",
]
