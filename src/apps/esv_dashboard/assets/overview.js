// The dots of the overview: pointing at one, or going there by keyboard (play_fair/templates/swarm.js), plays its moment
// beside it; pressing it opens the video.
(() => {
  "use strict";

  const AROUND = 0.35; // seconds before and after the moment
  let popup = null;

  const close = () => {
    popup?.remove();
    popup = null;
  };

  const open = (dot) => {
    close();
    const { uid, moment } = dot.dataset;
    popup = Object.assign(document.createElement("figure"), { className: "moment" });
    const video = Object.assign(document.createElement("video"), {
      src: `media/videos/${encodeURIComponent(uid)}.webm`,
      muted: true,
      playsInline: true,
    });
    const caption = Object.assign(document.createElement("figcaption"), { textContent: `Video ${uid}, frame ${moment}` });
    popup.append(video, caption);
    document.body.append(popup);
    const box = dot.getBoundingClientRect();
    const left = Math.min(box.left + 12, document.documentElement.clientWidth - popup.offsetWidth - 8);
    popup.style.left = `${left + window.scrollX}px`;
    popup.style.top = `${box.bottom + 8 + window.scrollY}px`;
    video.addEventListener("loadedmetadata", () => {
      const moment = Number(dot.dataset.time) * video.duration;
      const again = () => {
        video.currentTime = Math.max(0, moment - AROUND);
      };
      video.addEventListener("timeupdate", () => (video.currentTime > moment + AROUND || video.ended) && again());
      again();
      video.play().catch(() => {});
    });
  };

  document.addEventListener("pointerover", (event) => {
    const dot = event.target.closest?.("[data-moment]");
    if (dot && event.pointerType === "mouse") open(dot);
    else if (popup) close();
  });
  document.addEventListener("moment", ({ target }) => open(target));
  document.addEventListener("focusout", close);
  document.addEventListener("click", close);
})();
