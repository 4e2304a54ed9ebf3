// One moment of the video, shown in the video, by the playhead on the curve, and in the film strip.
//
// Frame i of T is on the screen from i/T to (i+1)/T of the duration. Without a video that plays, a moment can still be
// chosen: `chosen` holds it.
(() => {
  "use strict";

  const video = document.getElementById("video");
  const button = document.getElementById("play");
  const clock = document.getElementById("clock");
  const all = (selector) => [...document.querySelectorAll(selector)];
  const plots = all(".plot");
  const playheads = all(".playhead");
  const cells = all(".frame");
  const length = Number(video.dataset.frames);
  const rate = Number(video.dataset.rate);
  const sampled = [...new Set(cells.map((cell) => Number(cell.dataset.frame)))].sort((a, b) => a - b);
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
  const plays = () => Number.isFinite(video.duration) && video.duration > 0;
  let chosen = 0;

  const share = () => (plays() ? clamp(video.currentTime / video.duration, 0, 1) : (chosen + 0.5) / length);
  // Half a hundredth of a frame: a seek to the start of a frame may end a hair before it.
  const now = () => clamp(Math.floor(share() * length + 0.005), 0, length - 1);

  const draw = () => {
    const frame = now();
    const left = `${100 * share()}%`;
    playheads.forEach((playhead) => (playhead.style.left = left));
    const nearest = sampled.reduce((best, other) => (Math.abs(other - frame) < Math.abs(best - frame) ? other : best));
    clock.textContent = `Frame ${frame} (of 0–${length - 1}) · ${(frame / rate).toFixed(1)} s`;
    plots.forEach((plot) => {
      plot.setAttribute("aria-valuenow", frame);
      plot.setAttribute("aria-valuetext", `frame ${frame}, ${(frame / rate).toFixed(1)} seconds`);
    });
    cells.forEach((cell) => {
      if (Number(cell.dataset.frame) === nearest) cell.setAttribute("aria-current", "true");
      else cell.removeAttribute("aria-current");
    });
    button.textContent = video.paused ? "Play" : "Pause";
  };

  /** Bring the current frame into view within a long strip, which scrolls by itself. */
  const reveal = () => {
    const cell = cells.find((other) => other.hasAttribute("aria-current") && other.offsetParent);
    const strip = cell?.parentElement;
    if (!strip || strip.scrollHeight <= strip.clientHeight) return;
    const top = cell.offsetTop - strip.offsetTop;
    if (top < strip.scrollTop) strip.scrollTop = top;
    else if (top + cell.offsetHeight > strip.scrollTop + strip.clientHeight) {
      strip.scrollTop = top + cell.offsetHeight - strip.clientHeight;
    }
  };

  const follow = () => {
    draw();
    if (!video.paused) requestAnimationFrame(follow);
  };

  const seek = (frame) => {
    chosen = clamp(Math.round(frame), 0, length - 1);
    if (plays()) video.currentTime = ((chosen + 0.5) / length) * video.duration;
    draw();
    reveal();
  };

  const toggle = () => {
    if (video.paused) video.play().catch(draw); // refused by the browser: the button still says Play
    else video.pause();
  };

  ["seeked", "pause", "loadedmetadata", "timeupdate", "error"].forEach((event) => video.addEventListener(event, draw));
  video.addEventListener("play", follow);
  video.addEventListener("click", toggle);
  button.addEventListener("click", toggle);
  cells.forEach((cell) => cell.addEventListener("click", () => seek(Number(cell.dataset.frame))));

  // --- the plot: click, drag, keys --------------------------------------------------------------------------------

  const seekTo = (plot, event) => {
    const box = plot.getBoundingClientRect();
    seek(Math.floor(((event.clientX - box.left) / box.width) * length));
  };
  const nextSampled = (direction) => {
    const frame = now();
    const ahead = sampled.filter((other) => (other - frame) * direction > 0);
    return ahead.length ? ahead[direction > 0 ? 0 : ahead.length - 1] : frame;
  };
  plots.forEach((plot) => {
    plot.addEventListener("pointerdown", (event) => {
      video.pause();
      plot.setPointerCapture(event.pointerId);
      seekTo(plot, event);
    });
    plot.addEventListener("pointermove", (event) => plot.hasPointerCapture(event.pointerId) && seekTo(plot, event));
    plot.addEventListener("keydown", (event) => {
      const target = {
        ArrowLeft: () => nextSampled(-1),
        ArrowDown: () => nextSampled(-1),
        ArrowRight: () => nextSampled(1),
        ArrowUp: () => nextSampled(1),
        PageUp: () => now() + 1,
        PageDown: () => now() - 1,
        Home: () => sampled[0],
        End: () => sampled[sampled.length - 1],
      }[event.key];
      if (event.key === " ") toggle();
      else if (target) {
        video.pause();
        seek(target());
      } else return;
      event.preventDefault();
    });
  });

  // --- which class ------------------------------------------------------------------------------------------------

  const show = (classId) => {
    all(".panel").forEach((panel) => (panel.hidden = panel.dataset.class !== classId));
    all(".bar").forEach((bar) => bar.setAttribute("aria-pressed", String(bar.dataset.show === classId)));
    // On a phone the list is below what it changes.
    const panel = document.querySelector(".panel:not([hidden])");
    if (panel.getBoundingClientRect().top < 0) panel.scrollIntoView({ block: "start" });
  };
  all(".bar").forEach((bar) => bar.addEventListener("click", () => show(bar.dataset.show)));

  draw();
})();
