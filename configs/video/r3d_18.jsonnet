// ResNet3D-18 (Tran et al., CVPR 2018), of any number of frames.
(import 'torchvision.libsonnet') {
  model+: {
    name: 'R3D-18',
    make: 'torchvision.models.video:r3d_18',
    checkpoint: 'checkpoints/video/r3d_18-b3b3357e.pth',
    weights: 'R3D_18_Weights.KINETICS400_V1',
    grad_cam_layer: 'layer4',
  },
  clip+: {
    any_length: true,
  },
}
