(import 'pixels.libsonnet') {
  model+: {
    name: 'Pixel convolution',
    make: 'play_fair.models.small_video_networks:Convolution',
    checkpoint: 'checkpoints/demo/pixels/convolution.pth',
    grad_cam_layer: 'maps',
  },
  clip+: {
    any_length: true,
  },
}
