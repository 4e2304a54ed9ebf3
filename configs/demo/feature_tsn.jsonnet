(import '../feature_tsn.jsonnet') + (import 'dataset.libsonnet') {
  model+: {
    checkpoint: 'checkpoints/demo/features/tsn.pth',
  },
}
