// The page's own script: opens sources beside the answer, copies citations, keeps the address bar and the keyboard.
window.yinde = (() => {
  const params = () => new URLSearchParams(location.search);
  const panel = () => document.getElementById("source");
  const box = () => document.querySelector("#question textarea, #question input");
  let opener = null;

  document.documentElement.lang = "zh-CN";

  // What the address asks for when the page is opened: /?q=…&mode=…
  function asked() {
    const mode = params().get("mode");
    document.body.classList.toggle("asked", Boolean(params().get("q")?.trim()));
    return [params().get("q") || "", ["dense", "lexical"].includes(mode) ? mode : "hybrid"];
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
    return [question, mode];
  }

  async function open(address, from) {
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
    panel().focus({ preventScroll: true });
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

  function close() {
    if (!panel() || panel().hidden) return;
    panel().hidden = true;
    panel().replaceChildren();
    document.body.classList.remove("reading");
    if (opener?.isConnected) opener.focus();
    opener = null;
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
      show(document.getElementById(jump.dataset.jump), "top");
    } else if (at("[data-close]")) close();
    else if (at("[data-copy]")) copy(at("[data-copy]").dataset.copy, at("[data-copy]"));
    else if (at("[data-copy-link]")) copy(new URL(at("[data-copy-link]").dataset.copyLink, document.baseURI).href, at("[data-copy-link]"));
  });

  // In the capturing phase: the Enter that ends a pinyin composition must not reach Gradio, which would search.
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return event.stopPropagation();
    if (event.key === "Escape") close();
    const writing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !writing && !event.ctrlKey && !event.metaKey && !event.altKey && box()) {
      event.preventDefault();
      box().focus();
      box().select();
    }
  }, true);

  window.addEventListener("popstate", () => location.reload());

  // A permalink /?id=… opens its source as soon as Gradio has drawn the panel.
  if (params().get("id") || params().get("doc")) {
    const waiting = setInterval(() => {
      if (!panel()) return;
      clearInterval(waiting);
      open(location.search);
    }, 50);
  }

  return { ask, asked, close };
})();
