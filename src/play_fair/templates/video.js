// The page of a video: which class is shown, and how high the page is.
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

  // Within another page, which gives it the height that it has: one page scrolls.
  if (window.parent !== window) {
    const tell = () => window.parent.postMessage({ height: document.documentElement.offsetHeight }, "*");
    new ResizeObserver(tell).observe(document.documentElement);
  }
})();
