(import '../feature_tsn.jsonnet') + (import 'dataset.libsonnet') {
  model+: {
    // The light backbone's features are principal components: half of them would be lost below zero.
    input_relu: false,
    checkpoint: 'checkpoints/demo/features/tsn.pth',
  },
  training+: {
    lr: 5e-3,
    epochs: 40,
  },
}
