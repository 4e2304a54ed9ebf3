// SSv2 frames -> ResNet-50 features, as published with the paper.
(import 'trn_bninception.jsonnet') {
  preprocess: {
    short_side: 256,
    crop: 224,
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
  },
  backbone+: {
    kind: 'resnet50',
    checkpoint: 'checkpoints/backbones/tsn.pth',
  },
}
