// 问答: a conversation. Answers stream in as whole pieces of HTML; only the server writes words of documents.
(() => {
  const talk = () => document.getElementById("talk");
  const form = () => document.getElementById("talk-form");
  const field = () => form().elements.question;
  const wide = () => matchMedia("(min-width: 861px)").matches;
  let running = null;

  const names = () => [...talk().querySelectorAll(".turn")].map((turn) => turn.dataset.name).filter(Boolean);

  function element(tag, name, text = "") {
    const made = document.createElement(tag);
    made.className = name;
    made.textContent = text;
    return made;
  }

  function newTurn(question) {
    const turn = element("article", "turn");
    turn.append(element("h2", "asked", question), element("div", "meaning"), element("div", "said"));
    talk().append(turn);
    document.getElementById("talk-start").hidden = true;
    document.getElementById("talk-new").hidden = false;
    return turn;
  }

  // 理解为 …: the follow-up in full, to be mended and asked again by itself.
  function meaning(turn, full) {
    const place = turn.querySelector(".meaning");
    if (!full || place.firstChild) return;
    const edit = element("form", "edit");
    const label = element("label", "", form().dataset.meant);
    const input = element("input", "");
    input.value = full;
    input.maxLength = field().maxLength;
    const again = element("button", "", form().dataset.anew);
    label.append(input);
    edit.append(label, again);
    place.append(edit);
    edit.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!input.value.trim() || running) return;
      place.replaceChildren();
      field().focus({ preventScroll: true });
      turn.querySelector(".asked").textContent = input.value.trim();
      turn.dataset.name = "";
      run(turn, input.value.trim(), []);
    });
  }

  async function run(turn, question, turns) {
    const said = turn.querySelector(".said");
    running = new AbortController();
    form().classList.add("running");
    form().querySelector(".go").textContent = form().dataset.stop;
    said.replaceChildren(element("p", "pending", form().dataset.busy));
    said.setAttribute("aria-busy", "true");
    if (turn.previousElementSibling) turn.scrollIntoView({ block: "start" });
    try {
      const answer = await fetch("page/ask", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ question, turns }),
        signal: running.signal,
      });
      if (!answer.ok) throw new Error(answer.status);
      for await (const told of events(answer.body)) {
        said.innerHTML = told.html;
        meaning(turn, told.asked);
        if (told.name) turn.dataset.name = told.name;
      }
      if (!turn.dataset.name && !said.querySelector("[role=alert]")) throw new Error("cut");
    } catch {
      said.querySelector(".pending")?.remove();
      said.append(element("p", "remark stopped", running.signal.aborted ? form().dataset.stopped : form().dataset.lost));
    }
    said.removeAttribute("aria-busy");
    running = null;
    form().classList.remove("running");
    form().querySelector(".go").textContent = form().dataset.go;
    const first = said.querySelector(".cite");
    if (first && wide() && document.documentElement.dataset.view === "ask") window.yinde.open(first.dataset.open, first, true);
  }

  async function* events(body) {
    const words = body.pipeThrough(new TextDecoderStream()).getReader();
    let held = "";
    for (;;) {
      const { value, done } = await words.read();
      if (done) return;
      held += value;
      const whole = held.split("\n\n");
      held = whole.pop();
      for (const event of whole) if (event.startsWith("data: ")) yield JSON.parse(event.slice("data: ".length));
    }
  }

  function ask(question) {
    if (running || !question.trim()) return field().focus();
    const turns = names();
    field().value = "";
    grow();
    history.pushState(null, "", "?" + new URLSearchParams({ view: "ask", q: question.trim() }));
    run(newTurn(question.trim()), question.trim(), turns);
  }

  function grow() {
    field().style.height = "auto";
    if (field().scrollHeight) field().style.height = Math.min(field().scrollHeight + 2, 180) + "px";
  }

  function fresh() {
    running?.abort();
    talk().replaceChildren();
    document.getElementById("talk-start").hidden = false;
    document.getElementById("talk-new").hidden = true;
    window.yinde.close();
    history.pushState(null, "", "?view=ask");
    field().focus();
  }

  // 接着问 below an answer of 检索 takes it along as the first turn.
  function follow(button) {
    const box = button.closest(".answer");
    if (!talk().contains(box)) {
      const turn = newTurn(document.querySelector("#question textarea, #question input").value);
      turn.dataset.name = button.closest("[data-answer]").dataset.answer;
      turn.querySelector(".said").append(box.cloneNode(true));
      window.yinde.go("ask");
    }
    field().focus();
  }

  async function judge(after, verdict, comment = "") {
    const told = after.querySelector(".told");
    const body = JSON.stringify({ answer: after.dataset.answer, verdict, comment });
    try {
      const answer = await fetch("page/feedback", { method: "POST", headers: { "Content-Type": "application/json" }, body });
      told.textContent = await answer.text();
      if (!answer.ok) return;
    } catch {
      return void (told.textContent = form().dataset.lost);
    }
    after.querySelectorAll("[data-verdict]").forEach((one) => one.setAttribute("aria-pressed", String(one.dataset.verdict === verdict)));
    after.querySelector(".comment")?.remove();
    if (comment) after.querySelector("[data-verdict=down]").focus();
    if (verdict === "up" || comment) return;
    const asking = element("form", "comment");
    const input = element("input", "");
    input.placeholder = input.ariaLabel = form().dataset.what;
    input.maxLength = 2000;
    asking.append(input, element("button", "", form().dataset.send));
    asking.addEventListener("submit", (event) => {
      event.preventDefault();
      if (input.value.trim()) judge(after, "down", input.value);
    });
    after.append(asking);
    input.focus();
  }

  document.addEventListener("submit", (event) => {
    if (event.target.id !== "talk-form") return;
    event.preventDefault();
    if (running) running.abort();
    else ask(field().value);
  });
  document.addEventListener("keydown", (event) => {
    if (event.target.name !== "question" || event.target.form?.id !== "talk-form") return;
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    if (!running) ask(field().value);
  });
  document.addEventListener("input", (event) => event.target.form?.id === "talk-form" && grow());
  document.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest?.(selector);
    if (at("[data-example]")) {
      ask(at("[data-example]").textContent);
      if (wide()) field().focus({ preventScroll: true }); // on a telephone the keyboard would cover the answer
    }
    else if (at("#talk-new")) fresh();
    else if (at("[data-follow]")) follow(at("[data-follow]"));
    else if (at("[data-verdict]")) judge(at("[data-answer]"), at("[data-verdict]").dataset.verdict);
  });

  window.yinde.ready(() => {
    if (talk().querySelector(".turn")) return; // asked already, which is what the address says
    const query = new URLSearchParams(location.search);
    if (query.get("view") === "ask" && query.get("q")?.trim()) {
      run(newTurn(query.get("q").trim()), query.get("q").trim(), []);
    } else if (/\S\s*\n$/.test(field().value)) ask(field().value); // asked before this script had come
  });
})();

// 提问记录: kept by the server; the list is fetched when it is opened.
(() => {
  const list = () => document.getElementById("history-list");
  async function fetched(path, method) {
    try {
      list().innerHTML = await (await fetch(path, { method })).text();
    } catch {
      list().innerHTML = document.getElementById("source").dataset.broken;
    }
  }
  document.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest?.(selector);
    if (at("#history-open")) {
      list().textContent = document.getElementById("history").dataset.busy;
      document.getElementById("history").showModal();
      fetched("page/history", "GET");
    } else if (at("[data-history]")) fetched("page/history/" + at("[data-history]").dataset.history, "POST");
    else if (at("[data-close-history]") || event.target.id === "history") document.getElementById("history").close();
  });
})();
