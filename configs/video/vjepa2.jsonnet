// V-JEPA 2 (Assran et al., 2025), fine-tuned on 16 frames, which it cuts into tubelets of two.
(import 'transformers.libsonnet') {
  dataset: {
    name: 'Something-Something v2',
  },
  model+: {
    name: 'V-JEPA 2',
    folder: 'checkpoints/video/vjepa2',
    hub_id: 'facebook/vjepa2-vitl-fpc16-256-ssv2',
  },
  explanation+: {
    frames_per_player: 2,
    budget: 64,
  },
}
