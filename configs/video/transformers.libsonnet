// What video models of transformers have in common. Their folders name the classes and the preprocessing.
{
  model: {
    kind: 'video_model',
  },
  clip: {
    n_frames: 16,
  },
  explanation: {
    removal: 'hold',
    budget: 128,
  },
}
