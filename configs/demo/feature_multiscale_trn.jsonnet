(import '../feature_multiscale_trn.jsonnet') + (import 'dataset.libsonnet') {
  model+: {
    checkpoint: 'checkpoints/demo/features/trn_{n_frames}_frames.pth',
  },
}
