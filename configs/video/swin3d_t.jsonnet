// Video Swin-T (Liu et al., CVPR 2022), of any number of frames, which it cuts into tubelets of two.
(import 'torchvision.libsonnet') {
  model+: {
    name: 'Video Swin-T',
    make: 'torchvision.models.video:swin3d_t',
    checkpoint: 'checkpoints/video/swin3d_t-7615ae03.pth',
    weights: 'Swin3D_T_Weights.KINETICS400_V1',
  },
  clip+: {
    any_length: true,
  },
  explanation+: {
    frames_per_player: 2,
    budget: 64,
  },
}
