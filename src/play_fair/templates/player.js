// One moment of the video, shown in three places: the video, the playhead on the plots, and the film strips.
//
// Frames are counted by the results: frame i of L is on the screen from i/L to (i+1)/L of the video's duration,
// whatever its frame rate. Without a video that plays, a moment can still be chosen: `chosen` holds it. What is on the
// page may be replaced at any time: it is looked up for every picture that the browser draws.
(() => {
  "use strict";

  const CLOSE = 14; // pixels from the middle of a bar within which it is pointed at
  let chosen = 0; // the frame that was last shown or asked for
  let peek = null; // while a frame is hovered or focused: { paused } as it was before
  let lastVideo = null;
  let lastSource = null;

  const all = (selector) => [...document.querySelectorAll(selector)].filter((element) => element.offsetParent);
  const video = () => document.getElementById("video");
  const plays = (element) => element && Number.isFinite(element.duration) && element.duration > 0;
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

  /** Frames of the video: L. */
  const length = () => Number(video()?.dataset.frames ?? document.querySelector("[data-plot]")?.dataset.frames) || 1;

  const now = () => {
    const element = video();
    // Half a hundredth of a frame: a seek to the start of a frame may end a hair before it.
    return plays(element) ? clamp(Math.floor((element.currentTime / element.duration) * length() + 0.005), 0, length() - 1) : chosen;
  };

  const seek = (frame) => {
    chosen = clamp(Math.round(frame), 0, length() - 1);
    const element = video();
    if (plays(element)) element.currentTime = ((chosen + 0.5) / length()) * element.duration;
  };

  /** Show a frame for as long as it is pointed at. */
  const startPeek = (frame) => {
    const element = video();
    if (!peek) peek = { paused: !element || element.paused };
    if (element) element.pause();
    if (frame !== now()) seek(frame);
  };

  const endPeek = () => {
    if (peek && !peek.paused) play();
    peek = null;
  };

  const play = () => video()?.play()?.catch(() => {}); // refused by the browser: the button still says Play

  const toggle = () => {
    const element = video();
    if (!element) return;
    const paused = peek ? peek.paused : element.paused;
    peek = null;
    if (paused) play();
    else element.pause();
  };

  const nearest = (frames, frame) => {
    let best = -1;
    frames.forEach((candidate, index) => {
      if (best < 0 || Math.abs(candidate - frame) < Math.abs(frames[best] - frame)) best = index;
    });
    return best;
  };

  const framesOf = (plot) => [...plot.querySelectorAll("[data-at]")].map((bar) => Number(bar.dataset.at));

  // --- drawing: once for every picture the browser shows --------------------------------------------------------

  const set = (element, name, value) => {
    if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  };

  const drawPlot = (plot, frame) => {
    const bars = [...plot.querySelectorAll("[data-at]")];
    const index = nearest(framesOf(plot), frame);
    plot.querySelector(".playhead").style.left = `${(100 * (frame + 0.5)) / length()}%`;
    bars.forEach((bar, position) => bar.classList.toggle("current", position === index));
    if (index >= 0) set(plot, "data-current", bars[index].dataset.at);
    // A screen reader would read every change: while the video runs there are too many.
    if (!video() || video().paused) {
      set(plot, "aria-valuenow", String(frame));
      set(plot, "aria-valuetext", `Frame ${frame} of ${length()}`);
    }
  };

  const drawStrip = (strip, frame) => {
    const cells = [...strip.querySelectorAll("[data-frame]")];
    const index = nearest(cells.map((cell) => Number(cell.dataset.frame)), frame);
    cells.forEach((cell, position) => {
      if (position !== index) cell.removeAttribute("aria-current");
      else if (!cell.hasAttribute("aria-current")) {
        set(cell, "aria-current", "true");
        reveal(strip, cell);
      }
    });
  };

  /** A long strip scrolls along, unless somebody points at it. The page stays where it is. */
  const reveal = (strip, cell) => {
    if (strip.scrollHeight <= strip.clientHeight || strip.matches(":hover")) return;
    const [outer, inner] = [strip.getBoundingClientRect(), cell.getBoundingClientRect()];
    if (inner.top < outer.top) strip.scrollTop += inner.top - outer.top;
    else if (inner.bottom > outer.bottom) strip.scrollTop += inner.bottom - outer.bottom;
  };

  const clockText = (frame, element) => {
    const rate = Number(element?.dataset.rate);
    return `Frame ${frame} (of 0–${length() - 1})${rate ? ` · ${(frame / rate).toFixed(1)} s` : ""}`;
  };

  const draw = () => {
    const element = video();
    const source = element?.getAttribute("src");
    if (element !== lastVideo || source !== lastSource) {
      [lastVideo, lastSource] = [element, source];
      [peek, chosen] = [null, 0];
      if (element) {
        element.muted = true; // browsers only start muted videos by themselves
        if ("autostart" in element.dataset && !window.matchMedia("(prefers-reduced-motion: reduce)").matches) play();
      }
    }
    if (plays(element)) chosen = now();
    const frame = now();
    all("[data-plot]").forEach((plot) => drawPlot(plot, frame));
    all(".strip").forEach((strip) => drawStrip(strip, frame));
    const button = document.getElementById("play");
    const clock = document.getElementById("clock");
    if (button && clock) {
      const paused = !element || (peek ? peek.paused : element.paused);
      const text = paused ? "Play" : "Pause";
      if (button.textContent !== text) button.textContent = text;
      set(button, "aria-label", `${text} the video`);
      button.disabled = !element;
      const words = clockText(frame, element);
      if (clock.textContent !== words) clock.textContent = words;
    }
    window.requestAnimationFrame(draw);
  };
  window.requestAnimationFrame(draw);

  // --- what a person does ---------------------------------------------------------------------------------------

  const cellOf = (event) => event.target.closest?.(".strip [data-frame]");
  const plotOf = (event) => event.target.closest?.("[data-plot]");
  let dragged = null;

  /** Where in the video the pointer is: fractional, frame i is from i to i + 1. */
  const pointed = (plot, event) => {
    const box = plot.getBoundingClientRect();
    return ((event.clientX - box.left) / box.width) * length();
  };

  document.addEventListener("pointerover", (event) => {
    const cell = cellOf(event);
    if (cell && event.pointerType === "mouse") startPeek(Number(cell.dataset.frame));
  });
  document.addEventListener("pointerout", (event) => {
    const from = cellOf(event) || plotOf(event);
    if (from && event.pointerType === "mouse" && !from.contains(event.relatedTarget) && !dragged) endPeek();
  });
  document.addEventListener("focusin", (event) => {
    const cell = cellOf(event);
    if (cell?.matches(":focus-visible")) startPeek(Number(cell.dataset.frame));
  });
  document.addEventListener("focusout", (event) => {
    if (cellOf(event)) endPeek();
  });

  document.addEventListener("pointermove", (event) => {
    const plot = dragged || plotOf(event);
    if (!plot) return;
    const place = pointed(plot, event);
    if (dragged) {
      seek(Math.floor(place));
    } else if (event.pointerType === "mouse") {
      const frames = framesOf(plot);
      const close = frames[nearest(frames, place - 0.5)];
      const distance = (Math.abs(close + 0.5 - place) / length()) * plot.clientWidth;
      if (distance < CLOSE) startPeek(close);
      else endPeek();
    }
  });
  document.addEventListener("pointerdown", (event) => {
    const plot = plotOf(event);
    if (!plot || event.button !== 0) return;
    dragged = plot;
    peek = null;
    video()?.pause();
    seek(Math.floor(pointed(plot, event)));
  });
  for (const end of ["pointerup", "pointercancel"]) {
    document.addEventListener(end, () => {
      dragged = null;
    });
  }

  document.addEventListener("click", (event) => {
    const cell = cellOf(event);
    if (cell) {
      seek(Number(cell.dataset.frame));
      video()?.pause();
      peek = null;
    } else if (event.target.closest?.("#play, #video")) {
      toggle();
    }
  });

  document.addEventListener("keydown", (event) => {
    if (!event.target.matches?.("[data-plot]")) return;
    const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -5, PageUp: 5 };
    const ends = { Home: 0, End: length() - 1 };
    if (event.key === " ") toggle();
    else if (event.key in steps || event.key in ends) {
      video()?.pause();
      seek(event.key in ends ? ends[event.key] : now() + steps[event.key]);
    } else return;
    event.preventDefault();
  });

  // Media errors do not bubble; they can be caught on the way down.
  document.addEventListener(
    "error",
    (event) => {
      if (event.target.matches?.("#video")) event.target.parentElement.classList.add("broken");
    },
    true,
  );
})();
