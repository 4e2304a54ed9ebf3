// The page of a video: which class is shown.
(() => {
  "use strict";

  const all = (selector) => [...document.querySelectorAll(selector)];

  const show = (classId) => {
    all(".panel").forEach((panel) => (panel.hidden = panel.dataset.class !== classId));
    all(".bar").forEach((bar) => bar.setAttribute("aria-pressed", String(bar.dataset.show === classId)));
    // On a phone the list is below what it changes.
    const panel = document.querySelector(".panel:not([hidden])");
    if (panel.getBoundingClientRect().top < 0) panel.scrollIntoView({ block: "start" });
  };
  all(".bar").forEach((bar) => bar.addEventListener("click", () => show(bar.dataset.show)));
})();
