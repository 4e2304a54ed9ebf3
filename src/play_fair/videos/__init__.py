"""Videos, gulp folders and frames: from a video file to the pixels that a backbone takes."""
