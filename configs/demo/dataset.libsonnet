// What the demo's feature models have in common: overrides of the SSv2 configs.
{
  dataset+: {
    name: 'Play Fair demo',
    n_classes: 10,
    features: 'datasets/demo/features/light.hdf',
  },
}
