// What the page does in the browser apart from playing and going to another view: colour scheme, downloads, folding.
(() => {
  "use strict";

  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const scheme = () => (dark.matches ? "dark" : "light");
  dark.addEventListener("change", () => window.dash_clientside.set_props("scheme", { data: scheme() }));

  /** The address of the table has the same name and view as the plot: predictions, esvs, ... */
  const fileName = (href) => {
    const url = new URL(href, window.location.href);
    const table = url.pathname.split("/").pop().replace(".csv", "");
    return `${url.searchParams.get("video")}-${url.searchParams.get("n")}-frames-${table}`;
  };

  /** Lines that are no wider than a picture. */
  const wrapped = (text) => text.match(/.{1,115}(?:\s|$)/g) ?? [text];

  window.dash_clientside = window.dash_clientside ?? {};
  window.dash_clientside.esv = Object.assign(window.dash_clientside.esv ?? {}, {
    colourScheme: scheme,

    /** Save a plot as it is, at one size whatever the screen; with what it is of, its caption, and what its lines are. */
    downloadPng: (clicks, figure, href) => {
      if (clicks && figure) {
        const { layout } = figure;
        const lines = [...wrapped(layout.meta.caption), layout.meta.about];
        // plotly.js takes texts for a kind of HTML.
        const text = lines.map((line) => line.replace(/&/g, "&amp;").replace(/</g, "&lt;")).join("<br>");
        const title = { text, font: { size: 14 }, x: 0.02, xanchor: "left", y: 1, yanchor: "top", pad: { t: 20 } };
        const margin = { ...layout.margin, t: layout.margin.t + 28 + 20 * lines.length };
        const showlegend = figure.data.filter((trace) => trace.name).length > 1;
        const legend = { traceorder: "reversed" };
        const copy = { data: figure.data, layout: { ...layout, title, margin, showlegend, legend } };
        const format = { format: "png", width: 960, height: 540, scale: 2, filename: fileName(href) };
        window.Plotly.downloadImage(copy, format);
      }
      return window.dash_clientside.no_update;
    },
  });

  // Help closes like a menu: with Escape, or a click beside it.
  const closeHelp = () => document.getElementById("help")?.removeAttribute("open");
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && document.querySelector("#help[open]")) {
      closeHelp();
      document.querySelector("#help > summary").focus();
    }
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("#help")) closeHelp();
  });

  // Where there is little room the list of videos starts folded.
  document.addEventListener("arrival", () => {
    document.getElementById("picker").open = !window.matchMedia("(max-width: 900px)").matches;
    new MutationObserver(() => window.requestAnimationFrame(showCurrent)).observe(document.getElementById("videos"), {
      attributeFilter: ["data-html"],
    });
  });

  // Another video, or another page of the list: what matters of the list is seen. The page itself stays where it is.
  let shown = "";
  const showCurrent = () => {
    const list = document.getElementById("videos");
    const current = list.querySelector("[aria-current]");
    const now = `${list.querySelector(".uid")?.textContent} ${current?.querySelector(".uid").textContent}`;
    if (now === shown) return;
    shown = now;
    const [outer, inner] = [list.getBoundingClientRect(), current?.getBoundingClientRect()];
    if (!inner) list.scrollTop = 0;
    else if (inner.top < outer.top || inner.bottom > outer.bottom) {
      list.scrollTop += (inner.top + inner.bottom - outer.top - outer.bottom) / 2;
    }
  };
})();
