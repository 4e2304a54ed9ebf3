// What the page does in the browser apart from playing: colour scheme, downloads, going to another view.
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

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    esv: {
      colourScheme: scheme,

      /** Save a plot as it is, at one size whatever the screen, with its caption as title. */
      downloadPng: (clicks, figure, href) => {
        if (clicks && figure) {
          const { layout } = figure;
          const title = { text: layout.meta.caption, font: { size: 14 }, x: 0.02, xanchor: "left", y: 0.96 };
          const margin = { ...layout.margin, t: layout.margin.t + 44 };
          const copy = { data: figure.data, layout: { ...layout, title, margin } };
          const format = { format: "png", width: 960, height: 540, scale: 2, filename: fileName(href) };
          window.Plotly.downloadImage(copy, format);
        }
        return window.dash_clientside.no_update;
      },
    },
  });

  // Links and buttons that lead to another view: the address changes, and the page follows without being loaded anew.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-view]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    window.dash_clientside.set_props("url", { search: link.dataset.view });
  });

  // Dash has no native list to choose from: what is chosen is told to it, and what it wants to be chosen is in data-value.
  document.addEventListener("change", (event) => {
    if (event.target.id === "class") window.dash_clientside.set_props("chosen-class", { data: event.target.value });
  });
  const followAddress = (list) => {
    const follow = () => {
      list.value = list.dataset.value ?? "";
    };
    new MutationObserver(follow).observe(list, { attributeFilter: ["data-value"] });
    follow();
  };

  // Where there is little room the list of videos starts folded.
  const arrival = new MutationObserver(() => {
    const picker = document.getElementById("picker");
    if (picker) {
      arrival.disconnect();
      picker.open = !window.matchMedia("(max-width: 900px)").matches;
      followAddress(document.getElementById("class"));
    }
  });
  arrival.observe(document.documentElement, { childList: true, subtree: true });
})();
