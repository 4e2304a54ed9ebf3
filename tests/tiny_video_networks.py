"""Video networks of each family, tiny and untrained, as configs name them; and one that tells which frame is lit."""

import torch
from torch import nn
from torchvision.models.video import S3D, MViT, SwinTransformer3d, VideoResNet
from torchvision.models.video.mvit import MSBlockConfig
from torchvision.models.video.resnet import BasicBlock, BasicStem, Conv3DSimple


def r3d_18(n_classes):
    return VideoResNet(BasicBlock, [Conv3DSimple] * 4, [1, 1, 1, 1], BasicStem, n_classes)


def s3d(n_classes):
    network = S3D(n_classes)
    network.avgpool = nn.AvgPool3d((2, 1, 1), stride=1)  # for frames of 32 x 32
    return network


def mvit_v2_s(n_classes, n_frames, side):
    block = MSBlockConfig(1, 16, 16, kernel_q=[3, 3, 3], kernel_kv=[3, 3, 3], stride_q=[1, 1, 1], stride_kv=[1, 2, 2])
    return MViT((side, side), n_frames, [block, block], True, True, True, True, num_classes=n_classes)


def swin3d_t(n_classes):
    return SwinTransformer3d([2, 4, 4], 12, [1, 1], [1, 2], [2, 2, 2], num_classes=n_classes)


class LitFrames(nn.Module):
    """Class 3 t + c: frame t is lit in channel c. (N, T, 3, h, w), or channels first, to logits (N, 3 T)."""

    def __init__(self, channels_first):
        super().__init__()
        self.channels_first = channels_first
        self.scale = nn.Parameter(torch.tensor(8.0))

    def forward(self, clips):
        return self.scale * (clips.transpose(1, 2) if self.channels_first else clips).mean(dim=(3, 4)).flatten(1)


def save_transformers(family, folder, side, labels=("up", "down", "left", "right"), n_frames=16):
    """Write a tiny untrained model of transformers and its processor, as `save_pretrained` does."""
    import transformers

    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "patch_size": 16}
    labels = {"id2label": dict(enumerate(labels)), "label2id": {name: index for index, name in enumerate(labels)}}
    clip = {"image_size": side, "num_frames": 8 if family == "timesformer" else n_frames, "intermediate_size": 16}
    of_vjepa2 = {
        "crop_size": side,
        "frames_per_clip": 16,
        "mlp_ratio": 1,
        "num_pooler_layers": 1,
        "pred_hidden_size": 16,
        "pred_num_attention_heads": 2,
        "pred_num_hidden_layers": 1,
    }
    prefix = {"videomae": "VideoMAE", "timesformer": "Timesformer", "vjepa2": "VJEPA2"}[family]
    config = getattr(transformers, f"{prefix}Config")(**sizes, **labels, **(of_vjepa2 if family == "vjepa2" else clip))
    torch.manual_seed(0)
    getattr(transformers, f"{prefix}ForVideoClassification")(config).save_pretrained(folder)
    processor = getattr(transformers, f"{prefix}VideoProcessor")
    processor(size={"shortest_edge": side}, crop_size={"height": side, "width": side}).save_pretrained(folder)
