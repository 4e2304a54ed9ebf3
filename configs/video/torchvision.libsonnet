// What torchvision's video models have in common. Their weights' entries name the classes and the preprocessing.
{
  dataset: {
    name: 'Kinetics-400',
  },
  model: {
    kind: 'video_model',
    axes: 'NCTHW',
  },
  clip: {
    n_frames: 16,
  },
  explanation: {
    removal: 'hold',
    budget: 128,
  },
}
