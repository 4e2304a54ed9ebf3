"""Names and shapes of the weights in the published checkpoints, written down apart from the code that loads them."""

import csv
from pathlib import Path

Layout = dict[str, tuple[int, ...]]

_CONVOLUTIONS = Path(__file__).parent / "data" / "published-convolutions.csv"


def batch_norm(name: str, n_features: int) -> Layout:
    own = {f"{name}.{part}": (n_features,) for part in ("weight", "bias", "running_mean", "running_var")}
    return {**own, f"{name}.num_batches_tracked": ()}


def linear(name: str, n_out: int, n_in: int) -> Layout:
    return {f"{name}.weight": (n_out, n_in), f"{name}.bias": (n_out,)}


def backbone(model: str, n_features: int, biases: bool) -> Layout:
    """Each convolution and its batch norm in the order of the network, then the last layer."""
    layout: Layout = {}
    with _CONVOLUTIONS.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["model"] == model]
    for row in rows:
        n_out, n_in, kernel = (int(row[key]) for key in ("out", "in", "kernel"))
        layout[f"{row['convolution']}.weight"] = (n_out, n_in, kernel, kernel)
        if biases:
            layout[f"{row['convolution']}.bias"] = (n_out,)
        layout |= batch_norm(row["batch_norm"], n_out)
    return layout | linear("last_linear", 256, n_features)


def bn_inception() -> Layout:
    return backbone("bninception", 1024, biases=True)


def resnet50() -> Layout:
    return backbone("resnet50", 2048, biases=False)


def tsn() -> Layout:
    return linear("classifier", 174, 256)


def trn(n_frames: int, hidden_layers: int = 1, batch_norms: bool = False, input_relu: bool = False) -> Layout:
    """Layers are named by their place: dropout, perhaps a ReLU, then linear, perhaps batch norm, and ReLU in turn."""
    layout: Layout = {}
    place, n_in = 1 + input_relu, 256 * n_frames
    for _ in range(hidden_layers):
        if batch_norms:
            layout[f"model.{place}.weight"] = (256, n_in)
            layout |= batch_norm(f"model.{place + 1}", 256)
        else:
            layout |= linear(f"model.{place}", 256, n_in)
        place, n_in = place + 2 + batch_norms, 256
    return layout | linear(f"model.{place}", 174, n_in)


def multiscale_trn(n_scales: int) -> Layout:
    return {
        f"single_scale_models.{scale}.{name}": shape
        for scale in range(n_scales)
        for name, shape in trn(scale + 1).items()
    }
