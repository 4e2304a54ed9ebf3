(import 'pixels.libsonnet') {
  model+: {
    name: 'Pixel transformer',
    make: 'play_fair.models.small_video_networks:Transformer',
    checkpoint: 'checkpoints/demo/pixels/transformer.pth',
    grad_cam_layer: 'token',
  },
}
