"""Play Fair: which frames of a video made the model say that?

Element Shapley Values (ESVs) split a class score over the frames of a video, fairly and completely
(Price & Damen, "Play Fair: Frame Attributions in Video Models", ACCV 2020).
"""
