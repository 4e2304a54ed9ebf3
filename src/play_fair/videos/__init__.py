"""Videos, gulp folders and frames: everything between a .webm file and the pixels a backbone takes."""
