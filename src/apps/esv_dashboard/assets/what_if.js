// Frames that are switched off: the score of those that are left, from the table of all subsets (panels/what_if.py).
(() => {
  "use strict";

  const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;

  const update = (panel) => {
    const scores = JSON.parse(panel.dataset.scores);
    const switches = [...panel.querySelectorAll(".segment")];
    const mask = switches.reduce((sum, button, bit) => sum + (button.ariaPressed === "true" ? 2 ** bit : 0), 0);
    const [score, whole] = [scores[mask], scores[scores.length - 1]];
    const on = switches.filter((button) => button.ariaPressed === "true").length;
    const given = on === switches.length ? "all frames" : on ? `${on} of ${switches.length} frames` : "no frame, the prior";
    const change = mask === scores.length - 1 ? "" : ` (${signed(score - whole)})`;
    panel.querySelector(".what-if-score").textContent = `With ${given}: ${score.toFixed(3).replace("-", "−")}${change}`;
    const fill = panel.querySelector(".what-if-fill");
    const [low, high] = panel.dataset.difference ? [-1, 1] : [0, 1];
    const [from, to] = [Math.min(0, score), Math.max(0, score)];
    fill.style.left = `${(100 * (from - low)) / (high - low)}%`;
    fill.style.width = `${(100 * (to - from)) / (high - low)}%`;
    fill.classList.toggle("distracts", score < 0);
    panel.querySelector(".what-if-all").disabled = mask === scores.length - 1;
  };

  document.addEventListener("click", (event) => {
    const panel = event.target.closest(".what-if");
    const button = event.target.closest(".what-if button");
    if (!button || !panel) return;
    if (button.matches(".what-if-all")) {
      panel.querySelectorAll(".segment").forEach((other) => other.setAttribute("aria-pressed", "true"));
    } else {
      button.setAttribute("aria-pressed", String(button.ariaPressed !== "true"));
    }
    update(panel);
  });

  // Another video or class: all frames are on again.
  new MutationObserver((changes) => {
    const cards = new Set(changes.map(({ target }) => target).filter((target) => target.matches(".what-if-card")));
    cards.forEach((card) => window.requestAnimationFrame(() => card.querySelectorAll(".what-if").forEach(update)));
  }).observe(document, { subtree: true, attributeFilter: ["data-html"] });
})();
