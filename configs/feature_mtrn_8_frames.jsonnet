// The published multi-scale TRN of 1 to 8 frames, all scales in one file.
(import 'feature_multiscale_trn.jsonnet') {
  model+: {
    checkpoint: 'checkpoints/features/mtrn_8_frames.pth',
  },
}
