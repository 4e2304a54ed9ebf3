// One moment of the video, shown in three places: the video, the playhead on the plots, and the film strips.
//
// Frames are counted by the results: frame i of L is on the screen from i/L to (i+1)/L of the video's duration,
// whatever its frame rate. Without a video that plays, a moment can still be chosen: `chosen` holds it.
(() => {
  "use strict";

  let chosen = 0; // the frame that was last shown or asked for
  let peek = null; // while a frame is hovered or focused: { paused } as it was before
  let lastVideo = null;

  const all = (selector) => [...document.querySelectorAll(selector)];
  const video = () => document.getElementById("video");
  const plays = (element) => element && Number.isFinite(element.duration) && element.duration > 0;
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

  /** Frames of the video: L. */
  const length = () => {
    const range = all("[data-plot]").map((plot) => axes(plot)?.x.range).find(Boolean);
    return Number(video()?.dataset.frames) || (range ? Math.round(range[1] - range[0]) : 1);
  };

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

  // --- where things are in a plot -------------------------------------------------------------------------------

  /** Ranges and margins, which the figure fixes, and the line in focus. */
  const axes = (plot) => {
    const graph = plot.querySelector(".js-plotly-plot");
    if (!graph?.layout?.margin || !graph.layout.xaxis?.range || !graph.data) return null;
    const { margin, xaxis, yaxis } = graph.layout;
    const width = graph.clientWidth - margin.l - margin.r;
    const height = graph.clientHeight - margin.t - margin.b;
    const line = graph.data.find((trace) => trace.meta?.focus);
    return { x: xaxis, y: yaxis, margin, width, height, line, graph };
  };

  const left = ({ x, margin, width }, frame) => margin.l + ((frame - x.range[0]) / (x.range[1] - x.range[0])) * width;
  const top = ({ y, margin, height }, value) => margin.t + ((y.range[1] - value) / (y.range[1] - y.range[0])) * height;

  /** Numbers as plotly.js keeps them: arrays, or typed arrays packed for the wire. */
  const numbers = (graph, line, letter) => {
    const values = line[letter];
    if (Array.isArray(values) || ArrayBuffer.isView(values)) return values;
    const index = graph.data.indexOf(line);
    return graph._fullData?.[index]?.[letter] ?? [];
  };

  const frameAt = (place, clientX) => {
    const inside = (clientX - place.graph.getBoundingClientRect().left - place.margin.l) / place.width;
    return place.x.range[0] + inside * (place.x.range[1] - place.x.range[0]);
  };

  const nearest = (frames, frame) => {
    let best = -1;
    frames.forEach((candidate, index) => {
      if (best < 0 || Math.abs(candidate - frame) < Math.abs(frames[best] - frame)) best = index;
    });
    return best;
  };

  // --- drawing: once for every picture the browser shows --------------------------------------------------------

  const set = (element, name, value) => {
    if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  };

  const drawPlot = (plot, frame) => {
    const place = axes(plot);
    const [playhead, ring] = [plot.querySelector(".playhead"), plot.querySelector(".ring")];
    plot.classList.toggle("ready", Boolean(place?.line));
    if (!place?.line) return;
    const frames = numbers(place.graph, place.line, "x");
    const index = nearest(frames, frame);
    playhead.style.transform = `translateX(${left(place, frame)}px)`;
    playhead.style.top = `${place.margin.t}px`;
    playhead.style.height = `${place.height}px`;
    if (index >= 0) {
      const y = top(place, numbers(place.graph, place.line, "y")[index]);
      ring.style.transform = `translate(${left(place, frames[index])}px, ${y}px)`;
      set(plot, "data-current", String(frames[index]));
    }
    // A screen reader would read every change: while the video runs there are too many.
    if (!video() || video().paused) {
      set(playhead, "aria-valuenow", String(frame));
      set(playhead, "aria-valuemax", String(length() - 1));
      set(playhead, "aria-valuetext", `Frame ${frame} of ${length()}`);
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

  const draw = () => {
    const element = video();
    if (element !== lastVideo || element?.currentSrc !== lastVideo?.shownSrc) {
      lastVideo = element;
      if (element) {
        element.shownSrc = element.currentSrc;
        peek = null;
        chosen = 0;
        element.muted = true; // React sets the property late; browsers only start muted videos by themselves
        if (!window.matchMedia("(prefers-reduced-motion: reduce)").matches) play();
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
      const words = `Frame ${frame} (of 0–${length() - 1})`;
      if (clock.textContent !== words) clock.textContent = words;
    }
    window.requestAnimationFrame(draw);
  };
  window.requestAnimationFrame(draw);

  // --- what a person does ---------------------------------------------------------------------------------------

  const cellOf = (event) => event.target.closest?.("[data-frame]:not(video)");
  const plotOf = (event) => event.target.closest?.("[data-plot]");
  let dragged = null;

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
    const place = plot && axes(plot);
    if (!place?.line) return;
    const frame = frameAt(place, event.clientX);
    if (dragged) {
      seek(frame);
    } else if (event.pointerType === "mouse") {
      const frames = numbers(place.graph, place.line, "x");
      const close = frames[nearest(frames, frame)];
      // On a marker, or right above or below it.
      if (Math.abs(left(place, close) - left(place, frame)) < 14) startPeek(close);
      else endPeek();
    }
  });
  document.addEventListener("pointerdown", (event) => {
    const plot = plotOf(event);
    const place = plot && axes(plot);
    if (!place || event.button !== 0) return;
    dragged = plot;
    seek(frameAt(place, event.clientX));
  });
  document.addEventListener("pointerup", () => {
    dragged = null;
  });
  document.addEventListener("pointercancel", () => {
    dragged = null;
  });

  document.addEventListener("click", (event) => {
    const cell = cellOf(event);
    if (cell) {
      seek(Number(cell.dataset.frame));
      video()?.pause();
      peek = null;
    } else if (event.target.closest?.("#play, video")) {
      toggle();
    }
  });

  document.addEventListener("keydown", (event) => {
    const onPlayhead = event.target.matches?.(".playhead");
    if (!onPlayhead) return;
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
      if (event.target.matches?.("video")) event.target.parentElement.classList.add("broken");
    },
    true,
  );
})();
