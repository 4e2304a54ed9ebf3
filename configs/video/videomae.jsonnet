// VideoMAE (Tong et al., NeurIPS 2022), of exactly 16 frames, which it cuts into tubelets of two.
(import 'transformers.libsonnet') {
  dataset: {
    name: 'Kinetics-400',
  },
  model+: {
    name: 'VideoMAE',
    folder: 'checkpoints/video/videomae',
    hub_id: 'MCG-NJU/videomae-base-finetuned-kinetics',
  },
  explanation+: {
    frames_per_player: 2,
    budget: 64,
  },
}
