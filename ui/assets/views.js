// The views and what is fetched into them: tabs, forms, folds, similar passages, and suggestions while typing.
(() => {
  const root = document.documentElement;
  const NAMES = ["ask", "check", "trace", "shelf", "eval"];
  const PAUSE = 120; // ms without a key before suggestions are asked for
  const address = () => new URLSearchParams(location.search);
  const box = () => document.querySelector("#question textarea, #question input");
  const list = () => document.getElementById("suggestions");

  // Hidden by the style sheet, so that nothing of another view flashes before Gradio has drawn the page.
  function show(view) {
    root.dataset.view = view;
    document.querySelectorAll("[data-view]").forEach((tab) => {
      if (tab === root) return;
      if (tab.dataset.view === view) tab.setAttribute("aria-current", "page");
      else tab.removeAttribute("aria-current");
    });
    const form = document.querySelector(`#view-${view} form.task`);
    if (!form) return;
    let given = false;
    for (const [name, value] of address()) {
      const field = form.querySelector(`input[type=search][name="${CSS.escape(name)}"]`);
      if (field && value) [field.value, given] = [value, true];
    }
    const into = document.getElementById(form.dataset.into);
    if ((given || "atOnce" in form.dataset) && !into.firstChild) send(form);
  }

  function go(view) {
    window.yinde.close();
    history.pushState(null, "", view === "search" ? location.pathname : "?view=" + view);
    show(view);
    const entry = document.querySelector(`#view-${view} :is(textarea, input[type=search])`);
    (view === "search" ? box() : entry)?.focus();
  }
  window.yinde.go = go;
  window.yinde.send = (form) => send(form);

  async function fill(place, url, options, busy) {
    const asking = (place.asking = {});
    place.setAttribute("aria-busy", "true");
    if (busy) {
      const waiting = document.createElement("p");
      waiting.className = "pending";
      waiting.textContent = busy;
      place.replaceChildren(waiting);
    }
    let made;
    try {
      made = await (await fetch(url, options)).text();
    } catch {
      made = document.getElementById("source").dataset.broken;
    }
    if (place.asking !== asking) return; // asked again meanwhile
    place.innerHTML = made;
    place.removeAttribute("aria-busy");
  }

  async function send(form) {
    const into = document.getElementById(form.dataset.into);
    const sent = new FormData(form);
    const posting = form.method === "post";
    const query = posting ? "" : "?" + new URLSearchParams(sent);
    const button = form.querySelector("button.go");
    if (posting && button.ariaDisabled) return;
    if (posting) button.ariaDisabled = "true"; // a button that is disabled would lose the focus
    await fill(into, form.getAttribute("action") + query, posting ? { method: "POST", body: sent } : {}, form.dataset.busy);
    button.ariaDisabled = null;
    if (posting) into.scrollIntoView({ block: "start" });
  }

  // Puts a question into Gradio's box as if it had been typed, and asks it.
  function ask(question) {
    const field = box();
    const kind = field.tagName === "TEXTAREA" ? HTMLTextAreaElement : HTMLInputElement;
    Object.getOwnPropertyDescriptor(kind.prototype, "value").set.call(field, question);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    closeList();
    setTimeout(() => document.getElementById("go").click(), 60); // Gradio takes over what was typed in its next turn
  }

  const alike = new Map(); // what is unfolded below the cards, by the passage's id

  function unfold(button, place) {
    button.setAttribute("aria-expanded", "true");
    button.closest("article").append(place);
  }

  function similar(button) {
    const id = button.dataset.similar;
    const open = button.closest("article").querySelector(":scope > .alike");
    alike.delete(id);
    if (open) {
      button.setAttribute("aria-expanded", "false");
      return open.remove();
    }
    const place = document.createElement("div");
    place.className = "alike";
    alike.set(id, place);
    unfold(button, place);
    fill(place, "page/similar?" + new URLSearchParams({ id }), {}, document.getElementById("source").dataset.loading);
  }

  // Cards are drawn anew when the answer is complete: what was unfolded below them stays.
  function unfoldAgain() {
    for (const [id, place] of alike) {
      if (place.isConnected) continue;
      const button = document.querySelector(`[data-similar="${CSS.escape(id)}"]`);
      if (button) unfold(button, place);
      else alike.delete(id);
    }
  }

  document.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest?.(selector);
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const tab = at("a[data-view]");
    if (tab) {
      event.preventDefault();
      go(tab.dataset.view);
    } else if (at("[data-ask]")) ask(at("[data-ask]").dataset.ask);
    else if (at("[data-similar]")) similar(at("[data-similar]"));
    else if (at("[data-load]")) {
      const from = at("[data-load]");
      fill(from.closest(".finds").parentNode, from.dataset.load, {});
    }
  });

  document.addEventListener("submit", (event) => {
    const form = event.target.closest?.("form.task");
    if (!form) return;
    event.preventDefault();
    if (form.method !== "post") {
      const query = new URLSearchParams([["view", root.dataset.view], ...new FormData(form)]);
      history.pushState(null, "", "?" + query);
    }
    send(form);
  });

  // A fold that is opened for the first time fetches what it holds. "toggle" does not bubble.
  document.addEventListener("toggle", (event) => {
    const fold = event.target;
    if (!fold.dataset?.fetch || !fold.open || fold.lastElementChild.firstChild) return;
    fill(fold.lastElementChild, fold.dataset.fetch, {}, fold.dataset.busy);
  }, true);

  // Suggestions while typing
  let timer = 0, suggesting = null, chosen = -1;

  function closeList() {
    clearTimeout(timer);
    suggesting?.abort();
    chosen = -1;
    if (!list()) return;
    list().hidden = true;
    if (box()) combobox("false");
    box()?.removeAttribute("aria-activedescendant");
  }

  async function suggest() {
    suggesting?.abort();
    const typed = box().value.trim();
    if (!typed) return closeList();
    const asking = (suggesting = new AbortController());
    try {
      const answer = await fetch("api/v1/suggest?" + new URLSearchParams({ q: typed }), { signal: asking.signal });
      if (!answer.ok || box().value.trim() !== typed) return;
      open((await answer.json()).suggestions.map((one) => one.text).filter((text) => text !== typed));
    } catch {
      // Suggestions are a comfort: the search itself says what is wrong.
    }
  }

  function open(options) {
    if (document.activeElement !== box() || !options.length) return closeList();
    const below = document.getElementById("ask").getBoundingClientRect();
    chosen = -1;
    list().replaceChildren(...options.map((text, n) => {
      const item = document.createElement("li");
      item.id = "suggestion-" + n;
      item.role = "option";
      item.ariaSelected = "false";
      item.textContent = text;
      return item;
    }));
    list().style.cssText = `top:${below.bottom + scrollY + 4}px;left:${below.left + scrollX}px;width:${below.width}px`;
    if (list().parentNode !== document.querySelector(".gradio-container")) document.querySelector(".gradio-container").append(list());
    list().hidden = false;
    combobox("true");
  }

  function combobox(expanded) {
    const told = { role: "combobox", "aria-controls": "suggestions", "aria-autocomplete": "list", "aria-expanded": expanded };
    for (const [name, value] of Object.entries(told)) box().setAttribute(name, value);
  }

  function choose(row) {
    chosen = row;
    [...list().children].forEach((item, n) => (item.ariaSelected = String(n === row)));
    if (row < 0) return box().removeAttribute("aria-activedescendant");
    box().setAttribute("aria-activedescendant", "suggestion-" + row);
    list().children[row].scrollIntoView({ block: "nearest" });
  }

  function soon() {
    clearTimeout(timer);
    timer = setTimeout(suggest, PAUSE);
  }

  document.addEventListener("input", (event) => {
    if (event.target === box() && !event.isComposing && event.isTrusted) soon(); // half a syllable of pinyin is no query
  });
  document.addEventListener("compositionend", (event) => event.target === box() && soon());
  document.addEventListener("focusout", (event) => event.target === box() && closeList());
  document.addEventListener("mousedown", (event) => event.target.closest?.("#suggestions") && event.preventDefault());
  document.addEventListener("click", (event) => {
    const item = event.target.closest?.("#suggestions li");
    if (item) ask(item.textContent);
  });
  document.addEventListener("keydown", (event) => {
    if (event.target !== box() || event.isComposing || event.keyCode === 229) return;
    const n = list()?.hidden === false ? list().children.length : 0;
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && n) {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      choose(((chosen + 1 + step + n + 1) % (n + 1)) - 1);
    } else if (event.key === "ArrowDown" && hits().length) {
      event.preventDefault();
      hits()[0].focus();
    } else if (event.key === "Enter" && chosen >= 0 && n) {
      event.preventDefault();
      event.stopPropagation();
      ask(list().children[chosen].textContent);
    } else if (event.key === "Enter") closeList();
    else if (event.key === "Escape" && n) {
      event.stopPropagation();
      closeList();
    }
  }, true);

  // ↓ leads from the box to the passages found, ↑ and ↓ from one to the next, ↑ on the first back to the box.
  const hits = () => [...document.querySelectorAll("#hits .hit h3 a")];
  document.addEventListener("keydown", (event) => {
    const card = event.target.closest?.("#hits .hit");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!card || !step || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const links = hits();
    const to = links.findIndex((link) => card.contains(link)) + step;
    if (to >= links.length) return;
    event.preventDefault();
    (links[to] || box()).focus();
  });

  const first = address().get("view");
  root.dataset.view = NAMES.includes(first) ? first : "search";
  // On a telephone the facets stand folded, so that the passages are seen first.
  function foldFacets() {
    if (matchMedia("(min-width: 861px)").matches) return;
    for (const facets of document.querySelectorAll("#hits .facets[open]:not([data-met])")) facets.open = false;
    for (const facets of document.querySelectorAll("#hits .facets")) facets.dataset.met = "";
  }

  window.yinde.ready(() => {
    show(root.dataset.view);
    const drawn = () => (foldFacets(), unfoldAgain());
    new MutationObserver(drawn).observe(document.getElementById("hits"), { childList: true, subtree: true });
  });
})();
