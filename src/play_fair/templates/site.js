(() => {
  "use strict";
  const search = document.getElementById("search");
  const show = document.getElementById("show");
  const cards = [...document.querySelectorAll(".videos > li")];

  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const card of cards) {
      const text = card.dataset.text.toLowerCase();
      const kept = (!show.value || card.dataset.kinds.split(" ").includes(show.value)) && words.every((word) => text.includes(word));
      card.hidden = !kept;
      count += kept;
    }
    document.getElementById("count").textContent = count === 1 ? "1 video" : `${count} videos`;
    document.getElementById("nothing").hidden = count > 0;
  };

  search.addEventListener("input", filter);
  show.addEventListener("change", filter);
  document.getElementById("clear").addEventListener("click", () => {
    search.value = show.value = "";
    filter();
  });
  document.querySelector(".filters").hidden = false;
  filter();
})();
