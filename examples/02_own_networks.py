"""A multi-scale model of your own networks, one for each number of frames: an LSTM and a transformer among them.

Each network takes (N, s, D), its own number of frames s, and gives logits (N, C). The task: in which order do a pulse
in the first feature and one in the second come?
"""

import torch
from torch import Tensor, nn

import play_fair

CLASSES = ("first, then second", "second, then first")
N_FRAMES, N_FEATURES = 6, 2


class Recurrent(nn.Module):
    """An LSTM over the frames; the last state says the class."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(N_FEATURES, 16, batch_first=True)
        self.classifier = nn.Linear(16, len(CLASSES))

    def forward(self, frames: Tensor) -> Tensor:
        states, _ = self.lstm(frames)
        return self.classifier(states[:, -1])


class Attentive(nn.Module):
    """A transformer over the frames, which knows their positions."""

    def __init__(self, n_frames: int) -> None:
        super().__init__()
        self.embed = nn.Linear(N_FEATURES, 16)
        self.positions = nn.Parameter(torch.randn(n_frames, 16) / 4)
        self.layer = nn.TransformerEncoderLayer(16, nhead=2, dim_feedforward=32, dropout=0.0, batch_first=True)
        self.classifier = nn.Linear(16, len(CLASSES))

    def forward(self, frames: Tensor) -> Tensor:
        return self.classifier(self.layer(self.embed(frames) + self.positions).mean(dim=1))


def make_videos(n_videos: int) -> tuple[Tensor, Tensor]:
    """Videos of noise with a pulse in each feature, at different frames, and which pulse comes first."""
    videos = 0.1 * torch.randn(n_videos, N_FRAMES, N_FEATURES)
    at = torch.rand(n_videos, N_FRAMES).argsort(dim=1)[:, :N_FEATURES]
    videos[torch.arange(n_videos)[:, None], at, torch.arange(N_FEATURES)] += 2
    return videos, (at[:, 0] > at[:, 1]).long()


def train(network: nn.Module, n_frames: int) -> None:
    """On random frames of each video, so many as the network takes, in their order."""
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(200):
        videos, labels = make_videos(128)
        chosen = torch.rand(len(videos), N_FRAMES).argsort(dim=1)[:, :n_frames].sort(dim=1).values
        logits = network(videos[torch.arange(len(videos))[:, None], chosen])
        optimizer.zero_grad()
        nn.functional.cross_entropy(logits, labels).backward()
        optimizer.step()


def main() -> None:
    torch.manual_seed(0)
    networks = [
        nn.Sequential(nn.Flatten(), nn.Linear(N_FEATURES, len(CLASSES))),
        Recurrent(),
        Recurrent(),
        Attentive(4),
    ]
    for n_frames, network in enumerate(networks, start=1):
        train(network, n_frames)
    videos, labels = make_videos(200)
    explanations = play_fair.explain(networks, list(videos), class_names=CLASSES)  # exact, for every class

    n_right = sum(explanation.predicted == label for explanation, label in zip(explanations, labels, strict=True))
    print(f"{n_right / len(videos):.1%} of {len(videos)} videos right. The first one: {CLASSES[labels[0]]}.")
    explanation = explanations[0]
    print(explanation)
    print("\nframe  first feature  second feature    ESV")
    for frame, ((first, second), esv) in enumerate(zip(videos[0], explanation.values[:, labels[0]], strict=True)):
        print(f"{frame:5} {first:14.1f} {second:15.1f} {esv:+6.3f}")
    print(f"prior {explanation.prior[labels[0]]:+37.3f}\nscore {explanation.scores[labels[0]]:+37.3f}")


if __name__ == "__main__":
    main()
