"""Networks that see one frame at a time: (N, 3, H, W) -> (N, feature_dim)."""
