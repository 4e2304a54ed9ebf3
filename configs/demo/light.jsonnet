// Demo frames -> features of a light ImageNet backbone.
(import '../tsn_resnet50.jsonnet') {
  dataset: {
    name: 'Play Fair demo',
    n_classes: 10,
    gulp_dir: 'datasets/demo/gulp',
  },
  preprocess: {
    size: [64, 112],
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
  },
  backbone+: {
    kind: 'light',
    checkpoint: 'checkpoints/demo/backbones/light.pth',
  },
}
