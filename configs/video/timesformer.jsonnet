// TimeSformer (Bertasius et al., ICML 2021), of exactly 8 frames.
(import 'transformers.libsonnet') {
  dataset: {
    name: 'Kinetics-400',
  },
  model+: {
    name: 'TimeSformer',
    folder: 'checkpoints/video/timesformer',
    hub_id: 'facebook/timesformer-base-finetuned-k400',
  },
  clip+: {
    n_frames: 8,
  },
  explanation+: {
    budget: 64,
  },
}
