"""The interface of backbones: last convolutional maps, and features from them."""

from torch import nn

from play_fair.tensors import FrameEmbeddings, Images, Maps


class Backbone(nn.Module):
    """A network from pictures to features in two steps, so that maps can be attributed to."""

    def maps(self, images: Images) -> Maps:
        """The output of the last convolutional block, with its spatial axes."""
        raise NotImplementedError

    def embed(self, maps: Maps) -> FrameEmbeddings:
        """Pool and project `maps` to features."""
        raise NotImplementedError

    def forward(self, images: Images) -> FrameEmbeddings:
        return self.embed(self.maps(images))
