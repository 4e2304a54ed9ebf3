// The address holds the whole view: a control changes the address, and the page follows the address.
//
// This goes one way. What a person does to a control is written into the address here, at once; the server is told the
// address and answers with what there is to see, but never writes into a control. Controls follow the address only when
// something else has changed it: a link, the browser's back button, or the server, which completes it.
(() => {
  "use strict";

  const PACE = 100; // ms from one change of the address by a control to its next: browsers refuse 200 of them in 10 s
  const TYPING = 250; // ms without a key until what was typed is looked for
  const RUN = 1000; // ms: changes of one control that are closer than this are one step of the back button

  const FIELDS = ["class", "sort", "focus", "against"]; // whose value goes into the address as it is

  let waiting = {}; // what is not in the address yet: name -> value, "" to take it out
  let timer = null;
  let last = { control: null, time: -Infinity };
  let openFirst = false; // Enter was pressed in the search: go to the first video that is found

  const field = (id) => document.getElementById(id);
  const numbers = () => field("n").dataset.numbers.split(" ");
  const showNumber = () => {
    field("n-shown").textContent = numbers()[field("n").value];
  };

  // --- controls -> address --------------------------------------------------------------------------------------

  const tell = () => window.dash_clientside.set_props("address", { data: window.location.search });

  const write = (control = null) => {
    window.clearTimeout(timer);
    timer = null;
    const query = new URLSearchParams(window.location.search);
    for (const [name, value] of Object.entries(waiting)) {
      if (value) query.set(name, value);
      else query.delete(name);
    }
    waiting = {};
    const now = performance.now();
    const goesOn = control !== null && control === last.control && now - last.time < RUN;
    last = { control, time: now };
    const address = query.size ? `?${query}` : window.location.pathname;
    if (goesOn) window.history.replaceState(null, "", address);
    else window.history.pushState(null, "", address);
    tell();
  };

  /** A control that says its new value many times a second: the first one counts at once, then the last of each 100 ms. */
  const move = (control, changes) => {
    Object.assign(waiting, changes);
    if (control !== last.control || performance.now() - last.time > PACE) write(control);
    else timer ??= window.setTimeout(write, PACE, control);
  };

  const type = (text) => {
    Object.assign(waiting, { q: text, page: "" });
    openFirst = false;
    window.clearTimeout(timer);
    timer = window.setTimeout(write, TYPING, "search");
  };

  const go = (changes) => {
    Object.assign(waiting, changes);
    write();
    follow();
  };

  document.addEventListener("input", ({ target }) => {
    if (target.id === "search") type(target.value);
    if (target.id === "n") {
      showNumber();
      move("n", { n: numbers()[target.value], page: "" });
    }
    if (FIELDS.includes(target.id)) move(target.id, { [target.id]: target.value, page: "" });
    // Beside a video, another class starts at its first video.
    if (target.id === "class") openFirst = Boolean(target.value) && field("main").dataset.view === "video";
  });

  document.addEventListener("keydown", (event) => {
    if (event.target.id !== "search" || event.key !== "Enter") return;
    type(event.target.value);
    openFirst = true;
    write("search");
  });

  document.addEventListener("click", (event) => {
    const control = event.target.closest("[data-change]");
    if (!control || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (control.dataset.change) go(Object.fromEntries(new URLSearchParams(control.dataset.change)));
    // Where the list is above the video rather than beside it.
    if (control.matches(".video-link") && window.matchMedia("(max-width: 900px)").matches) {
      field("main").scrollIntoView({ block: "start" });
    }
  });

  // --- address -> controls --------------------------------------------------------------------------------------

  const follow = () => {
    const query = new URLSearchParams(window.location.search);
    const index = numbers().indexOf(query.get("n"));
    field("n").value = index < 0 ? numbers().length - 1 : index;
    showNumber();
    for (const name of FIELDS.filter(field)) field(name).value = query.get(name) ?? "";
    if (field("search").value !== (query.get("q") ?? "")) field("search").value = query.get("q") ?? "";
  };

  window.addEventListener("popstate", () => {
    window.clearTimeout(timer);
    [waiting, timer, last] = [{}, null, { control: null, time: -Infinity }];
    follow();
    tell();
  });

  const sorted = (query) => {
    const pairs = new URLSearchParams(query);
    pairs.sort();
    return String(pairs);
  };

  window.dash_clientside = window.dash_clientside ?? {};
  window.dash_clientside.esv = Object.assign(window.dash_clientside.esv ?? {}, {
    arrive: () => {
      follow();
      return window.location.search;
    },

    /** The server's answer: the address with all that was left out of it, or was wrong in it. */
    complete: (answer) => {
      if (!answer || (answer.asked ?? "") !== window.location.search || timer !== null) return;
      document.title = answer.title;
      if (openFirst && answer.first) {
        openFirst = false;
        go(Object.fromEntries(new URLSearchParams(answer.first)));
        return;
      }
      if (sorted(answer.view) !== sorted(answer.asked)) {
        window.history.replaceState(null, "", answer.view);
        follow();
      }
      shown = window.location.search;
      fetchAhead(answer.ahead);
    },
  });

  /** Let the browser have the pictures of the next video before they are asked for. */
  const fetchAhead = (addresses) => {
    document.querySelectorAll("link[rel=prefetch]").forEach((link) => link.remove());
    for (const href of addresses) document.head.append(Object.assign(document.createElement("link"), { rel: "prefetch", href }));
  };

  // --- when the server does not answer ----------------------------------------------------------------------------

  let shown = window.location.search; // the address of what is on the page
  let wanted = null; // the address that was asked for in vain

  const setLost = (lost) => {
    field("lost").hidden = !lost;
    if (!lost || wanted !== null) return;
    // The address never names a video that is not shown.
    wanted = window.location.search;
    window.history.replaceState(null, "", shown || window.location.pathname);
    follow();
  };

  const fetched = window.fetch;
  window.fetch = async (...request) => {
    const isUpdate = String(request[0]?.url ?? request[0]).includes("_dash-update-component");
    try {
      const response = await fetched(...request);
      if (isUpdate) setLost(response.status >= 500);
      return response;
    } catch (error) {
      if (isUpdate) setLost(true);
      throw error;
    }
  };

  document.addEventListener("click", (event) => {
    if (!event.target.closest("#retry")) return;
    window.history.replaceState(null, "", wanted ?? window.location.search);
    wanted = null;
    follow();
    tell();
  });
})();
