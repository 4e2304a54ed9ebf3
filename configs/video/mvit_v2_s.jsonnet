// MViTv2-S (Li et al., CVPR 2022), of exactly 16 frames, which it cuts into tubelets of two.
(import 'torchvision.libsonnet') {
  model+: {
    name: 'MViTv2-S',
    make: 'torchvision.models.video:mvit_v2_s',
    checkpoint: 'checkpoints/video/mvit_v2_s-ae3be167.pth',
    weights: 'MViT_V2_S_Weights.KINETICS400_V1',
  },
  explanation+: {
    frames_per_player: 2,
    budget: 64,
  },
}
