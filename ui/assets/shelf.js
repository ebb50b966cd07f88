// 文库: files come in, leave, and are read again. Each piece of work is a job of the server that can be followed.
(() => {
  const place = () => document.getElementById("keep");
  const words = () => JSON.parse(place().dataset.words);
  const followed = new Set();

  function element(tag, name, text = "") {
    const made = document.createElement(tag);
    if (name) made.className = name;
    made.textContent = text;
    return made;
  }

  function card(title) {
    const made = element("li", "job");
    const line = element("div", "line");
    line.append(element("b", "", title), element("span", "state"));
    const bar = element("progress", "");
    bar.max = 1;
    bar.ariaLabel = title;
    made.append(line, bar, element("div", "outcome"));
    document.getElementById("jobs").prepend(made);
    return made;
  }

  const state = (made, text) => (made.querySelector(".state").textContent = text);

  function button(made, name, action) {
    const one = element("button", "", name);
    one.type = "button";
    one.addEventListener("click", action);
    made.querySelector(".line").append(one);
    return one;
  }

  function over(made, text, kind) {
    made.classList.add(kind);
    made.querySelector("progress")?.remove();
    made.querySelectorAll(".line button").forEach((one) => one.remove());
    state(made, text);
    button(made, "×", () => made.remove()).ariaLabel = words().dismiss;
  }

  function title(job) {
    const files = job.files.slice(0, 2).join("、") + (job.files.length > 2 ? words().others.replace("{n}", job.files.length) : "");
    return `${words().kinds[job.kind]}${files ? "：" + files : ""}`;
  }

  function show(made, job) {
    made.querySelector("b").textContent = title(job);
    const said = words().states[job.state];
    if (["done", "failed", "cancelled"].includes(job.state)) return ended(made, job, said);
    const bar = made.querySelector("progress");
    if (job.total) bar.value = job.done / job.total;
    else bar.removeAttribute("value");
    state(made, job.stage ? `${job.stage}${job.total ? ` ${job.done} / ${job.total}` : ""}` : said);
    if (!made.querySelector(".line button")) button(made, words().cancel, () => change(`api/v1/jobs/${job.id}/cancel`, {}, made));
  }

  function ended(made, job, said) {
    const report = job.report;
    const failed = report?.failed || [];
    const counts = Object.entries(words().outcomes).filter(([name]) => report?.[name]?.length);
    const told = counts.map(([name, text]) => text.replace("{n}", report[name].length)).join("，");
    over(made, told || said, job.state === "done" && !failed.length ? "done" : job.state === "cancelled" ? "cancelled" : "failed");
    const outcome = made.querySelector(".outcome");
    if (job.error) outcome.append(element("p", "", job.error));
    failed.forEach((one) => outcome.append(element("p", "", `${one.path}：${one.reason}`)));
  }

  // Follows a job by the server's events until it is over, then shows the library as it is now.
  function follow(job, made) {
    if (followed.has(job.id)) return;
    followed.add(job.id);
    show(made, job);
    if (["done", "failed", "cancelled"].includes(job.state)) return refresh();
    const events = new EventSource(`api/v1/jobs/${job.id}/events`);
    const take = (event) => show(made, JSON.parse(event.data));
    events.addEventListener("progress", take);
    events.addEventListener("done", (event) => {
      events.close();
      take(event);
      refresh();
    });
  }

  function refresh() {
    window.yinde.send(document.querySelector("#view-shelf form.task"));
  }

  async function problem(answer) {
    try {
      return (await answer.json()).detail || words().lost;
    } catch {
      return words().lost;
    }
  }

  async function change(path, body, made) {
    try {
      const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
      if (!answer.ok) return over(made, await problem(answer), "failed");
      follow(await answer.json(), made);
    } catch {
      over(made, words().lost, "failed");
    }
  }

  // XMLHttpRequest, for fetch does not tell how much has been sent.
  function upload(files) {
    if (!files.length) return;
    const names = [...files].map((file) => file.name);
    const made = card(title({ kind: "upload", files: names }));
    const form = new FormData();
    if (place().querySelector("[name=replace]").checked) form.append("replace", "true");
    for (const file of files) form.append("file", file);
    const sending = new XMLHttpRequest();
    sending.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) made.querySelector("progress").value = event.loaded / event.total;
      state(made, words().sending.replace("{share}", Math.round((100 * event.loaded) / (event.total || 1))));
    });
    sending.addEventListener("load", () => {
      let told = {};
      try {
        told = JSON.parse(sending.responseText);
      } catch {
        told = {};
      }
      if (sending.status === 202 || sending.status === 200) {
        made.querySelectorAll(".line button").forEach((one) => one.remove());
        follow(told, made);
      } else over(made, told.detail || words().lost, "failed");
    });
    sending.addEventListener("error", () => over(made, words().lost, "failed"));
    sending.addEventListener("abort", () => over(made, words().states.cancelled, "cancelled"));
    button(made, words().cancel, () => sending.abort());
    sending.open("POST", "api/v1/documents");
    sending.send(form);
  }

  function remove(from) {
    const asking = document.getElementById("sure");
    asking.querySelector("p").textContent = words().sure.replace("{title}", from.dataset.title);
    asking.returnValue = "";
    asking.showModal();
    asking.onclose = () => {
      if (asking.returnValue === "yes") change("api/v1/delete", { documents: [from.dataset.delete] }, card(from.dataset.title));
    };
  }

  function take(picked) {
    upload(picked.files);
    picked.value = "";
  }

  document.addEventListener("change", (event) => {
    if (event.target.id === "keep-files") take(event.target);
  });
  document.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest?.(selector);
    if (at("[data-delete]")) remove(at("[data-delete]"));
    else if (at("[data-again]")) change("api/v1/reindex", { documents: [at("[data-again]").dataset.again] }, card(at("[data-again]").dataset.title));
    else if (at("[data-again-all]")) change("api/v1/reindex", {}, card(at("[data-again-all]").textContent));
  });
  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      const zone = event.target.closest?.("#keep-drop");
      if (!zone) return;
      event.preventDefault();
      zone.classList.toggle("over", kind === "dragover");
      if (kind === "drop") upload(event.dataTransfer.files);
    });
  }

  // Work that goes on, also somebody else's, is shown to whoever opens the page.
  window.yinde.ready(async () => {
    if (!place()) return;
    take(document.getElementById("keep-files")); // picked before this script had come
    try {
      const { jobs } = await (await fetch("api/v1/jobs")).json();
      jobs.filter((job) => ["queued", "running"].includes(job.state)).forEach((job) => follow(job, card(title(job))));
    } catch {
      // The list is a comfort: what is done from here says itself what is wrong.
    }
  });
})();
