// SSv2 frames -> BN-Inception features, as published with the paper.
{
  dataset: {
    name: 'Something-Something v2',
    n_classes: 174,
    gulp_dir: 'datasets/ssv2/gulp',
  },
  preprocess: {
    short_side: 256,
    crop: 224,
    channel_order: 'bgr',
    scale: 255,
    mean: [104, 117, 128],
  },
  backbone: {
    kind: 'bninception',
    feature_dim: 256,
    checkpoint: 'checkpoints/backbones/trn.pth',
  },
}
