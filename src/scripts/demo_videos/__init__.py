"""The generated demo dataset: motions, their rendering (objects, hand, render) and its files (dataset)."""

from demo_videos.dataset import DemoSettings, make_demo_dataset

__all__ = ["DemoSettings", "make_demo_dataset"]
