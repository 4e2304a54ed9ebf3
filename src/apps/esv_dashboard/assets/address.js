// The address holds the whole view, and always of what is on the page: the server is asked for a view, and when its
// answer is there, so is the address.
//
// This goes one way. What a person does to a control changes what is asked for, at once; the server answers with what
// there is to see, but never writes into a control. Controls follow what is asked for only when something else has
// changed it: a link, the browser's back button, or the server, which completes it.
(() => {
  "use strict";

  const PACE = 100; // ms from one change of the address by a control to its next: browsers refuse 200 of them in 10 s
  const TYPING = 250; // ms without a key until what was typed is looked for
  const RUN = 1000; // ms: changes of one control that are closer than this are one step of the back button

  const FIELDS = ["class", "sort", "focus", "against"]; // whose value goes into the address as it is

  let asked = window.location.search; // the query that the server was last asked for
  let isStep = false; // whether its answer is a step of the back button
  let waiting = {}; // what is not asked for yet: name -> value, "" to take it out
  let timer = null;
  let last = { control: null, time: -Infinity };
  let openFirst = false; // Enter was pressed in the search: go to the first video that is found

  const field = (id) => document.getElementById(id);
  const numbers = () => field("n").dataset.numbers.split(" ");
  const showNumber = () => {
    field("n-shown").textContent = numbers()[field("n").value];
  };

  // --- controls -> server ---------------------------------------------------------------------------------------

  const ask = (query) => {
    asked = query;
    window.dash_clientside.set_props("address", { "data-query": asked });
  };

  const write = (control = null) => {
    window.clearTimeout(timer);
    timer = null;
    const query = new URLSearchParams(asked);
    for (const [name, value] of Object.entries(waiting)) {
      if (value) query.set(name, value);
      else query.delete(name);
    }
    waiting = {};
    const now = performance.now();
    const goesOn = control !== null && control === last.control && now - last.time < RUN;
    last = { control, time: now };
    isStep ||= !goesOn;
    ask(query.size ? `?${query}` : "");
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
    Object.assign(waiting, "video" in changes ? { step: "" } : {}, changes);
    write();
    follow();
  };

  /** The next video, or the one before: as many further as was asked for in the time of one answer. */
  const goOn = (by) => go({ step: String(Number(new URLSearchParams(asked).get("step")) + by) });

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
    const control = event.target.closest("[data-change], [data-step]");
    if (!control || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (control.dataset.step) goOn(Number(control.dataset.step));
    else if (control.dataset.change) go(Object.fromEntries(new URLSearchParams(control.dataset.change)));
    // Where the list is above the video rather than beside it.
    if (control.matches(".video-link") && window.matchMedia("(max-width: 900px)").matches) {
      field("main").scrollIntoView({ block: "start" });
    }
  });

  // --- server -> address -> controls ----------------------------------------------------------------------------

  const follow = () => {
    const query = new URLSearchParams(asked);
    const index = numbers().indexOf(query.get("n"));
    field("n").value = index < 0 ? numbers().length - 1 : index;
    showNumber();
    for (const name of FIELDS.filter(field)) field(name).value = query.get(name) ?? "";
    if (field("search").value !== (query.get("q") ?? "")) field("search").value = query.get("q") ?? "";
  };

  window.addEventListener("popstate", () => {
    window.clearTimeout(timer);
    [waiting, timer, last, isStep] = [{}, null, { control: null, time: -Infinity }, false];
    ask(window.location.search);
    follow();
  });

  window.dash_clientside = window.dash_clientside ?? {};
  window.dash_clientside.esv = Object.assign(window.dash_clientside.esv ?? {}, {
    arrive: () => {
      follow();
      return asked;
    },

    /** The server's answer is on the page: its address has all that was left out of the query, or was wrong in it. */
    complete: (json) => {
      const answer = JSON.parse(json);
      if ((answer.asked ?? "") !== asked) return;
      if (isStep && answer.view !== window.location.search) window.history.pushState(null, "", answer.view);
      else window.history.replaceState(null, "", answer.view);
      [asked, isStep] = [answer.view, false];
      document.title = answer.title;
      if (timer !== null) return;
      if (openFirst && answer.first) {
        openFirst = false;
        go(Object.fromEntries(new URLSearchParams(answer.first)));
        return;
      }
      follow();
      fetchAhead(answer.ahead);
    },
  });

  /** Let the browser have the pictures of the next video before they are asked for. */
  const fetchAhead = (addresses) => {
    document.querySelectorAll("link[rel=prefetch]").forEach((link) => link.remove());
    for (const href of addresses) document.head.append(Object.assign(document.createElement("link"), { rel: "prefetch", href }));
  };

  // --- when the server does not answer ----------------------------------------------------------------------------

  const setLost = (lost) => {
    field("lost").hidden = !lost;
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
    if (event.target.closest("#retry")) ask(asked);
  });
})();
