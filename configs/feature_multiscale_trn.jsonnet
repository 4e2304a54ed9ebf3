// The first eight single-scale TRNs as one model for any number of frames.
(import 'feature_trn.jsonnet') {
  model+: {
    kind: 'multiscale_trn',
    n_scales: 8,
  },
}
