"""Explain any video: from a file to a page of the frames that support and distract from each class."""
