// S3D (Xie et al., ECCV 2018), of 14 frames or more.
(import 'torchvision.libsonnet') {
  model+: {
    name: 'S3D',
    make: 'torchvision.models.video:s3d',
    checkpoint: 'checkpoints/video/s3d-d76dad2f.pth',
    weights: 'S3D_Weights.KINETICS400_V1',
    grad_cam_layer: 'features',
  },
}
