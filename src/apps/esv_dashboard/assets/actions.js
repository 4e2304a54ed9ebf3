// What the page does in the browser apart from playing and going to another view: help, the list, links, keys.
(() => {
  "use strict";

  const NARROW = window.matchMedia("(max-width: 900px)");

  // Help closes like a menu: with Escape, or a click beside it.
  const help = () => document.getElementById("help");
  const closeHelp = () => help()?.removeAttribute("open");
  document.addEventListener("click", (event) => {
    if (!event.target.closest("#help")) closeHelp();
  });

  const step = (name) => [...document.querySelectorAll("#steps a")].find((link) => link.rel === name)?.click();
  const keys = {
    j: () => step("next"),
    k: () => step("prev"),
    " ": () => document.getElementById("play")?.click(),
    "?": () => {
      help().open = !help().open;
    },
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && help()?.open) {
      closeHelp();
      document.querySelector("#help > summary").focus();
    }
    const isTaken = event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented;
    const isControl = event.target.closest("input, select, textarea, summary, button, a, [role=slider]");
    if (isTaken || !(event.key in keys) || (isControl && (event.key === " " || event.target.matches("input, select")))) return;
    event.preventDefault();
    keys[event.key]();
  });

  // The address holds all that is seen; where a page may not use the clipboard, it is shown to be copied by hand.
  document.addEventListener("click", async ({ target }) => {
    if (target.id !== "copy-link") return;
    try {
      await navigator.clipboard.writeText(window.location.href);
      target.textContent = "Link copied";
    } catch {
      window.prompt("The link to this view", window.location.href);
    }
    window.setTimeout(() => (target.textContent = "Copy link"), 2000);
  });

  // Where there is little room the list of videos starts folded.
  document.addEventListener("arrival", () => {
    document.getElementById("picker").open = !NARROW.matches;
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
