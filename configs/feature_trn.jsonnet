// One TRN for each number of frames 1..16, on BN-Inception features.
{
  dataset: {
    name: 'Something-Something v2',
    n_classes: 174,
    feature_dim: 256,
    features: 'datasets/ssv2/features/trn.hdf',
    backbone_config: 'configs/trn_bninception.jsonnet',
    classes: 'datasets/ssv2/gulp/classes.csv',
    class_priors: 'datasets/ssv2/class-priors.csv',
  },
  model: {
    kind: 'trn',
    n_scales: 16,
    hidden_dim: 256,
    dropout: 0.1,
    checkpoint: 'checkpoints/features/trn_{n_frames}_frames.pth',
  },
}
