// The dots of the overview by keyboard: arrow keys go from one to another, Enter opens its video as a click does.
//
// Up and down lead through a column, left and right to the nearest dot of the next one. The dot is the value of a
// slider, which screen readers read out, and an event "moment" tells the page which one it is.
(() => {
  "use strict";

  const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const left = (dot) => parseFloat(dot.style.left);
  const top = (dot) => parseFloat(dot.style.top);

  /** The dots of each column, from above. */
  const columnsOf = (swarm) => {
    const count = Number(swarm.dataset.columns);
    const columns = Array.from({ length: count }, () => []);
    for (const dot of swarm.querySelectorAll("[data-moment]")) columns[Math.floor((left(dot) / 100) * count)].push(dot);
    columns.forEach((column) => column.sort((one, other) => top(one) - top(other) || left(one) - left(other)));
    return columns.filter((column) => column.length);
  };

  const after = (columns, dot, [across, down]) => {
    const index = columns.findIndex((column) => column.includes(dot));
    if (index < 0) return columns[0][0];
    if (down) return columns[index][columns[index].indexOf(dot) + down] ?? dot;
    const distance = (other) => Math.abs(top(other) - top(dot));
    return columns[index + across]?.reduce((best, other) => (distance(other) < distance(best) ? other : best)) ?? dot;
  };

  const choose = (swarm, step) => {
    const columns = columnsOf(swarm);
    const before = swarm.querySelector(".current");
    const dot = after(columns, before, step);
    before?.classList.remove("current");
    dot.classList.add("current");
    const { uid, moment, esv } = dot.dataset;
    const verdict = dot.classList.contains("wrong") ? "wrong" : "correct";
    swarm.setAttribute("aria-valuenow", String(columns.flat().indexOf(dot) + 1));
    swarm.setAttribute("aria-valuetext", `Video ${uid}, frame ${moment}: ESV ${esv}, prediction ${verdict}`);
    dot.dispatchEvent(new CustomEvent("moment", { bubbles: true }));
  };

  document.addEventListener("focusin", ({ target }) => {
    if (target.matches?.(".dots:focus-visible")) choose(target, [0, 0]);
  });
  document.addEventListener("keydown", (event) => {
    if (!event.target.matches?.(".dots")) return;
    if (event.key in STEPS) choose(event.target, STEPS[event.key]);
    else if (event.key === "Enter") event.target.querySelector(".current")?.click();
    else return;
    event.preventDefault();
  });
})();
