// What the demo's feature models have in common: overrides of the SSv2 configs.
{
  dataset+: {
    name: 'Play Fair demo',
    n_classes: 10,
    features: 'datasets/demo/features/light.hdf',
    backbone_config: 'configs/demo/light.jsonnet',
    classes: 'datasets/demo/gulp/classes.csv',
    class_priors: 'datasets/demo/class-priors.csv',
  },
}
