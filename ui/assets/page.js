// The page's own script: opens sources beside the answer, copies citations, keeps the address bar and the keyboard.
window.yinde = (() => {
  const params = () => new URLSearchParams(location.search);
  const panel = () => document.getElementById("source");
  const box = () => document.querySelector("#question textarea, #question input");
  const entry = () => (view() === "search" ? box() : document.querySelector(`#view-${view()} :is(textarea, input[type=search])`));
  const view = () => document.documentElement.dataset.view;
  let opener = null;
  let step = () => {};

  document.documentElement.lang = "zh-CN";

  // What the address asks for when the page is opened: /?q=…&mode=…
  function asked() {
    const mode = params().get("mode");
    const question = params().has("view") ? "" : params().get("q") || "";
    document.body.classList.toggle("asked", Boolean(question.trim()));
    return [question, ["dense", "lexical"].includes(mode) ? mode : "hybrid"];
  }

  // Called with each question on its way to the server; hands it on unchanged.
  function ask(question, mode) {
    const query = new URLSearchParams();
    if (question.trim()) query.set("q", question.trim());
    if (mode !== "hybrid") query.set("mode", mode);
    const address = query.toString() && "?" + query;
    if (address !== location.search) history.pushState(null, "", address || location.pathname);
    document.body.classList.toggle("asked", Boolean(question.trim()));
    close();
    if (question.trim()) note(question.trim());
    return [question, mode];
  }

  // What is asked is kept by the server, unless the reader has switched that off.
  function note(question) {
    const body = JSON.stringify({ question, view: "search" });
    fetch("page/history", { method: "POST", headers: { "Content-Type": "application/json" }, body }).catch(() => {});
  }

  // Opens a source; `quietly` without taking the focus from where the reader is.
  async function open(address, from, quietly = false) {
    opener = from || opener;
    panel().hidden = false;
    document.body.classList.add("reading");
    panel().setAttribute("aria-busy", "true");
    if (!panel().firstChild) panel().textContent = panel().dataset.loading;
    try {
      const answer = await fetch("page/source" + address);
      panel().innerHTML = await answer.text();
    } catch {
      panel().innerHTML = panel().dataset.failed;
    }
    panel().removeAttribute("aria-busy");
    document.querySelectorAll(".open-now").forEach((link) => link.classList.remove("open-now"));
    if (from) from.classList.add("open-now");
    if (from) places(from);
    if (!quietly) panel().focus({ preventScroll: true });
    show(panel().querySelector("mark.cited"), "center");
  }

  // Scrolls the source alone, never the page behind it.
  function show(element, where) {
    const room = panel();
    if (!element) return void (room.scrollTop = 0);
    const top = element.getBoundingClientRect().top - room.getBoundingClientRect().top + room.scrollTop;
    const bar = room.querySelector(".bar")?.offsetHeight || 0;
    const above = where === "center" ? (room.clientHeight - bar) / 4 : 12;
    room.scrollTop = top - bar - above;
  }

  // 上一处, 下一处: through the citations of an answer, or the passages of a list, in their order.
  function places(from) {
    const list = from.closest(".answer, .hits, .uses, .compact, .copies, .documents, .shelf");
    const kind = list?.matches(".answer") ? ".cite" : list?.matches(".hits") ? "h3 [data-open]" : "[data-open]";
    const every = [...(list?.querySelectorAll(kind) || [])];
    const links = every.filter((link, n) => every.findIndex((one) => one.dataset.open === link.dataset.open) === n);
    const at = links.findIndex((link) => link.dataset.open === from.dataset.open);
    step = () => {};
    const bar = panel().querySelector(".bar");
    if (at < 0 || links.length < 2 || !bar) return;
    step = (by) => links[at + by] && open(links[at + by].dataset.open, links[at + by]);
    const row = document.createElement("nav");
    row.className = "steps";
    row.ariaLabel = panel().dataset.steps;
    for (const [by, name, sign] of [[-1, "previous", "‹"], [1, "next", "›"]]) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = sign;
      button.ariaLabel = button.title = panel().dataset[name];
      button.disabled = !links[at + by];
      button.addEventListener("click", () => step(by));
      row.append(button);
    }
    const count = document.createElement("span");
    count.textContent = `${at + 1} / ${links.length}`;
    row.firstChild.after(count);
    bar.querySelector(".close").before(row);
  }

  function close() {
    if (!panel() || panel().hidden) return;
    const within = panel().contains(document.activeElement) || document.activeElement === document.body;
    panel().hidden = true;
    panel().replaceChildren();
    document.body.classList.remove("reading");
    // Who went on typing while the source stood open keeps typing; who read in it goes back to where they came from.
    if (within) (opener?.isConnected && opener.checkVisibility() ? opener : entry())?.focus();
    opener = null;
  }

  // What lies on top goes first: a dialog closes itself, then the suggestions, the outline, and the source.
  function escape() {
    const outline = panel()?.querySelector(".outline[open]");
    if (document.querySelector("dialog[open], #suggestions:not([hidden])")) return;
    if (!outline) return close();
    outline.open = false;
    outline.querySelector("summary").focus();
  }

  async function copy(text, button) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Browsers give the clipboard to https and localhost only; elsewhere the old way works.
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    const label = button.textContent;
    if (label === panel().dataset.copied) return;
    button.textContent = panel().dataset.copied;
    setTimeout(() => (button.textContent = label), 1600);
  }

  document.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest?.(selector);
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const link = at("[data-open]");
    const jump = at("[data-jump]");
    if (link) {
      event.preventDefault();
      open(link.dataset.open, link);
    } else if (jump) {
      event.preventDefault();
      jump.closest("details").open = false;
      const heading = document.getElementById(jump.dataset.jump);
      heading.tabIndex = -1;
      heading.focus({ preventScroll: true });
      show(heading, "top");
    } else if (at("[data-close]")) close();
    else if (at("[data-copy]")) copy(at("[data-copy]").dataset.copy, at("[data-copy]"));
    else if (at("[data-copy-link]")) copy(new URL(at("[data-copy-link]").dataset.copyLink, document.baseURI).href, at("[data-copy-link]"));
  });

  // In the capturing phase: the Enter that ends a pinyin composition must not reach Gradio, which would search.
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return event.stopPropagation();
    if (event.key === "Escape") escape();
    const reading = panel()?.contains(event.target) && !event.target.closest("input, textarea");
    if (["ArrowLeft", "ArrowRight"].includes(event.key) && reading && !event.altKey) {
      event.preventDefault();
      step(event.key === "ArrowLeft" ? -1 : 1);
    }
    const writing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !writing && !event.ctrlKey && !event.metaKey && !event.altKey && entry()) {
      event.preventDefault();
      entry().focus();
      entry().select();
    }
  }, true);

  window.addEventListener("popstate", () => location.reload());

  // Calls back as soon as Gradio has drawn the page.
  function ready(then) {
    const waiting = setInterval(() => {
      if (!panel() || !document.getElementById("views")?.querySelector(".view")) return;
      clearInterval(waiting);
      then();
    }, 30);
  }

  // A permalink /?id=… opens its source.
  if (params().get("id") || params().get("doc")) ready(() => open(location.search));

  return { ask, asked, close, entry, open, ready };
})();
