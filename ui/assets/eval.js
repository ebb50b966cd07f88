// 评测: a grade by one key, runs that are looked at until they end, reports in a frame of their own.
(() => {
  const measured = () => document.getElementById("measured");
  let looking = 0;

  async function load(options) {
    clearTimeout(looking);
    const path = options?.path || "page/measure";
    try {
      measured().innerHTML = await (await fetch(path, options)).text();
    } catch {
      measured().innerHTML = document.getElementById("source").dataset.broken;
    }
    if (measured().querySelector("[data-going]")) looking = setTimeout(load, 1000);
  }

  const json = (body) => ({ method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

  // The next card has the focus at once, for who judges fast; grades are sent one after the other, in the order given.
  let sent = Promise.resolve();
  function grade(card, value) {
    card.nextElementSibling?.focus();
    sent = sent.then(() => send(card, value));
  }

  async function send(card, value) {
    const body = { question: card.dataset.question, passage: card.dataset.passage, grade: value };
    const first = !card.querySelector("[aria-pressed=true]");
    try {
      const answer = await fetch("page/judge", json(body));
      if (!answer.ok) throw new Error(answer.status);
    } catch {
      return void card.classList.add("lost");
    }
    card.classList.remove("lost");
    card.querySelectorAll("[data-grade]").forEach((one) => one.setAttribute("aria-pressed", String(one.dataset.grade === String(value))));
    const count = document.querySelector("#judge-result .n");
    if (first) count.textContent = Number(count.textContent) + 1;
  }

  function show(button) {
    const place = document.getElementById("report");
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", "allow-scripts");
    frame.title = button.textContent;
    frame.src = button.dataset.report;
    const whole = document.createElement("a");
    whole.className = "button";
    whole.href = button.dataset.report;
    whole.target = "_blank";
    whole.rel = "noopener";
    whole.textContent = place.dataset.whole;
    const actions = document.createElement("p");
    actions.className = "actions";
    actions.append(whole);
    place.replaceChildren(actions, frame);
    place.scrollIntoView({ block: "start" });
  }

  document.addEventListener("keydown", (event) => {
    const card = event.target.closest?.(".pool li");
    if (!card || event.ctrlKey || event.metaKey || event.altKey) return;
    if (["0", "1", "2", "3"].includes(event.key)) grade(card, Number(event.key));
    else if (event.key === "ArrowDown" || event.key === "j") card.nextElementSibling?.focus();
    else if (event.key === "ArrowUp" || event.key === "k") card.previousElementSibling?.focus();
    else return;
    event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest?.(selector);
    if (at("[data-grade]")) grade(at(".pool li"), Number(at("[data-grade]").dataset.grade));
    else if (at("[data-report]")) show(at("[data-report]"));
    else if (at("[data-measure-cancel]")) load({ ...json({}), path: "page/measure/cancel" });
  });
  document.addEventListener("submit", (event) => {
    if (event.target.id !== "measure") return;
    event.preventDefault();
    load(json({ set: event.target.elements.set.value, answers: event.target.elements.answers.checked }));
  });

  window.yinde.ready(() => {
    if (!measured()) return;
    new MutationObserver(() => document.documentElement.dataset.view === "eval" && load()).observe(document.documentElement, {
      attributeFilter: ["data-view"],
    });
    if (document.documentElement.dataset.view === "eval") load();
    // The first card takes the keys as soon as the pool is there.
    new MutationObserver(() => document.querySelector("#judge-result .pool li")?.focus()).observe(
      document.getElementById("judge-result"), { childList: true });
  });
})();
