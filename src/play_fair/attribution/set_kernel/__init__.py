"""ESVs from few evaluations: a Gaussian process over coalitions learns the scores of a model.

The model is evaluated on m coalitions (`design`). A Gaussian process learns its scores, through the inverse of the
activation (`links`), as a function of the coalition (`kernel`, `fit`), and predicts the scores of the others
(`posterior`). The ESVs are those of the prediction (`targets`): exact up to 16 players, from a stratified sample of
predictions beyond. All classes share the kernel, and so one factorisation.
"""

from play_fair.attribution.set_kernel.estimator import SetKernelEstimator

__all__ = ["SetKernelEstimator"]
