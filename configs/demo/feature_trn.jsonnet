(import '../feature_trn.jsonnet') + (import 'dataset.libsonnet') {
  model+: {
    n_scales: 8,
    checkpoint: 'checkpoints/demo/features/trn_{n_frames}_frames.pth',
  },
}
