"""What all backbones have in common: their last convolutional maps, and what is made of them."""

from torch import nn

from play_fair.tensors import FrameEmbeddings, Images, Maps


class Backbone(nn.Module):
    """From pictures to features in two steps, so that attributions can stand between them."""

    def maps(self, images: Images) -> Maps:
        """The output of the last convolutional block: channels that still say where in the picture they fire."""
        raise NotImplementedError

    def embed(self, maps: Maps) -> FrameEmbeddings:
        """Features from `maps`: they are pooled and projected."""
        raise NotImplementedError

    def forward(self, images: Images) -> FrameEmbeddings:
        return self.embed(self.maps(images))
