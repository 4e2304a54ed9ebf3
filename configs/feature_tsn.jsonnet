// TSN's linear classifier on ResNet-50 features, logits averaged over frames.
{
  dataset: {
    name: 'Something-Something v2',
    n_classes: 174,
    feature_dim: 256,
    features: 'datasets/ssv2/features/tsn.hdf',
    backbone_config: 'configs/tsn_resnet50.jsonnet',
    classes: 'datasets/ssv2/gulp/classes.csv',
    class_priors: 'datasets/ssv2/class-priors.csv',
  },
  model: {
    kind: 'tsn',
    dropout: 0.7,
    checkpoint: 'checkpoints/features/tsn.pth',
  },
}
