// What the demo's two networks on pixels have in common; examples/04_pixels.py trains them.
{
  dataset: {
    name: 'Play Fair demo',
    gulp_dir: 'datasets/demo/gulp',
    classes: 'datasets/demo/gulp/classes.csv',
    class_priors: 'datasets/demo/class-priors.csv',
  },
  model: {
    kind: 'video_model',
    axes: 'NTCHW',
  },
  clip: {
    n_frames: 16,
    preprocess: { size: [64, 112], scale: 255 },
  },
  explanation: {
    removal: 'hold',
    budget: 128,
  },
}
