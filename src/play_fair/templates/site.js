// Filters of the list of videos: by words, by kind, and by a cell of a confusion matrix.
(() => {
  "use strict";
  const search = document.getElementById("search");
  const show = document.getElementById("show");
  const clear = document.getElementById("clear");
  const cards = [...document.querySelectorAll(".videos > li")];
  let cell = "";

  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const card of cards) {
      const { text, kinds, cells } = card.dataset;
      const kept =
        words.every((word) => text.toLowerCase().includes(word)) &&
        (!show.value || kinds.split(" ").includes(show.value)) &&
        (!cell || cells.split(" ").includes(cell));
      card.hidden = !kept;
      count += kept;
    }
    document.getElementById("count").textContent = count === 1 ? "1 video" : `${count} videos`;
    const nothing = document.getElementById("nothing");
    nothing.hidden = count > 0;
    nothing.textContent = words.length ? `Nothing matches “${search.value}”.` : "No video passes these filters.";
    clear.hidden = !(words.length || show.value || cell);
  };

  search.addEventListener("input", filter);
  show.addEventListener("change", filter);
  clear.addEventListener("click", () => {
    search.value = show.value = cell = "";
    filter();
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-cell]");
    const dot = event.target.closest("[data-moment]");
    if (link) {
      search.value = show.value = "";
      cell = link.dataset.cell;
      filter();
    } else if (dot) {
      const folder = dot.closest("[data-folder]").dataset.folder;
      location.href = `${encodeURIComponent(folder)}/${encodeURIComponent(dot.dataset.uid)}.html`;
    }
  });
  document.querySelector(".filters").hidden = false;
  filter();
})();
