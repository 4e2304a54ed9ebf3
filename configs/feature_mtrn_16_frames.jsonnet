// The published multi-scale TRN of 1 to 16 frames, all scales in one file.
(import 'feature_multiscale_trn.jsonnet') {
  model+: {
    n_scales: 16,
    checkpoint: 'checkpoints/features/mtrn_16_frames.pth',
  },
}
