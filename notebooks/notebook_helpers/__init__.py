"""What the notebooks share: the demo's videos, figures, experiments on estimates, and how notebooks are saved."""
