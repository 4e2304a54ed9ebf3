// The page on which users upload a video (uploads/templates/explain.html): send it, wait, show the report.
(() => {
  "use strict";

  const POLL = 400; // ms between two questions whether it is done
  const part = (id) => document.getElementById(id);
  const form = part("form");
  const headers = { "X-Explain-Secret": form.dataset.secret };
  let token = null; // of the video that is being explained
  let upload = null; // what aborts the upload

  const say = (text) => {
    part("message").textContent = text;
    part("message").hidden = !text;
  };

  const work = (text) => {
    part("working").hidden = !text;
    part("explain").disabled = Boolean(text);
    if (text) part("status").textContent = text;
  };

  const read = async (response) => {
    const answer = await response.json().catch(() => ({ reason: `the server says ${response.status}` }));
    if (!response.ok) throw new Error(answer.reason);
    return answer;
  };

  const show = ({ report, board, name, seconds }) => {
    part("result").hidden = false;
    part("result-title").textContent = `${name}, explained in ${seconds.toFixed(1)} s`;
    part("report").src = report;
    part("alone").href = report;
    part("board").href = board;
    part("result").scrollIntoView({ block: "start" });
  };

  const follow = async () => {
    for (;;) {
      const job = await read(await fetch(`explain/jobs/${token}`));
      if (job.state === "done") return show(job);
      if (job.state === "failed") throw new Error(job.reason);
      work(`Explaining ${job.name}: ${Math.round(job.seconds)} s. A few seconds are usual.`);
      await new Promise((done) => window.setTimeout(done, POLL));
    }
  };

  const explain = async (file) => {
    say("");
    part("result").hidden = true;
    part("report").removeAttribute("src");
    fit(0);
    const limit = Number(form.dataset.megabytes);
    if (file.size > limit * 2 ** 20) {
      say(`${file.name} has ${Math.ceil(file.size / 2 ** 20)} MB; ${limit} MB are the most that is taken.`);
      return;
    }
    work(`Copying ${file.name}`);
    try {
      upload = new AbortController();
      const query = new URLSearchParams({ n: part("frames").value, class: part("class-name").value });
      const request = {
        method: "POST",
        body: file,
        headers: { ...headers, "X-File-Name": encodeURIComponent(file.name), "Content-Type": "application/octet-stream" },
        signal: upload.signal,
      };
      token = (await read(await fetch(`explain/jobs?${query}`, request))).token;
      await follow();
    } catch (error) {
      say(error.name === "AbortError" ? "Stopped." : `${file.name} is not explained: ${error.message}.`);
    } finally {
      [token, upload] = [null, null];
      work("");
    }
  };

  const chosen = () => {
    const [file] = part("file").files;
    const size = file && file.size >= 2 ** 20 ? `${(file.size / 2 ** 20).toFixed(1)} MB` : `${Math.ceil(file?.size / 1024)} KB`;
    part("chosen").textContent = file ? size : "";
  };

  // The report is as high as its content: it scrolls with the page.
  const fit = (height) => {
    part("report").style.height = height ? `${height + 2}px` : "";
  };
  window.addEventListener("message", ({ source, data }) => {
    if (source === part("report").contentWindow) fit(Number(data.height));
  });

  part("file").addEventListener("change", chosen);
  part("example")?.addEventListener("click", async ({ currentTarget }) => {
    const { address, name } = currentTarget.dataset;
    const answer = await fetch(address);
    explain(new File([await answer.blob()], name));
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const [file] = part("file").files;
    if (file) explain(file);
  });
  part("stop").addEventListener("click", () => {
    if (token) fetch(`explain/jobs/${token}`, { method: "DELETE", headers });
    else upload?.abort();
  });
  for (const kind of ["dragover", "drop"]) {
    document.addEventListener(kind, (event) => {
      event.preventDefault();
      if (kind !== "drop" || !event.dataTransfer.files.length) return;
      part("file").files = event.dataTransfer.files;
      chosen();
    });
  }
})();
