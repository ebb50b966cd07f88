/*! 引得 Yinde search box, Apache-2.0. <yinde-search endpoint="https://yinde.example.org"></yinde-search>
 *
 * Attributes  endpoint  where the program answers; the script's own origin when left out
 *             k         passages shown, 5 when left out
 *             mode      hybrid | dense | lexical
 *             key       a read-only key, where the program asks for one; every reader of your page can see it
 *             lang      zh | en; the page's language when left out
 *             theme     light | dark; the page's own color-scheme when left out
 *             placeholder  the hint in the empty field
 *             shortcut  the key that jumps here, "/" when left out, "" for none
 * Events      yinde-search {query, hits}   yinde-open {hit}; cancel it to keep the link from being followed
 * Looks       --yinde-accent --yinde-text --yinde-dim --yinde-back --yinde-line --yinde-mark --yinde-font --yinde-radius
 */
(() => {
"use strict";
const HOME = document.currentScript?.src ? new URL(document.currentScript.src).origin : location.origin;
const PAUSE = 120; // ms without a key before suggestions are asked for
const WAIT = 15000; // ms until an answer is given up
const LEAD = 24; // characters shown before the first mark of a long passage, in which it would else be cut off
const LONG = 60;

const WORDS = {
  zh: {
    label: "检索公文", hint: "输入问题、关键词或一句原话", go: "检索", clear: "清空",
    busy: "正在检索……", none: "没有找到相关段落。换个说法再试。", open: "看原文",
    copy: "复制引文", copied: "已复制", barred: "浏览器不允许复制，请手工选取：", page: (n) => `第 ${n} 页`, count: (n) => `找到 ${n} 段`,
    offline: "连不上检索服务，请稍后再试。", locked: "检索服务要求密钥，请与本站管理员联系。", slow: "检索超时，请稍后再试。", suggestions: "输入提示",
  },
  en: {
    label: "Search official documents", hint: "A question, keywords or a quotation", go: "Search", clear: "Clear",
    busy: "Searching…", none: "Nothing found. Try other words.", open: "Open",
    copy: "Copy citation", copied: "Copied", barred: "The browser does not let pages copy: ",
    page: (n) => `p. ${n}`, count: (n) => `${n} passage${n === 1 ? "" : "s"}`,
    locked: "The search service asks for a key. Please tell this site's keeper.",
    offline: "The search service cannot be reached. Try again later.", slow: "The search took too long. Try again.",
    suggestions: "Suggestions",
  },
};

const STYLE = `
:host { --accent: var(--yinde-accent, #a3281f); --text: var(--yinde-text, #1f2328); --dim: var(--yinde-dim, #59636e);
  --back: var(--yinde-back, #fff); --line: var(--yinde-line, #d1d9e0); --mark: var(--yinde-mark, #fde8a9);
  --radius: var(--yinde-radius, 8px); display: block; position: relative; color: var(--text); text-align: start;
  font: 16px/1.7 var(--yinde-font, "Noto Serif CJK SC", "Source Han Serif SC", "Songti SC", SimSun, serif); }
@supports (color: light-dark(red, red)) { :host { --accent: var(--yinde-accent, light-dark(#a3281f, #f0938b));
  --text: var(--yinde-text, light-dark(#1f2328, #e6edf3)); --dim: var(--yinde-dim, light-dark(#59636e, #9aa4af));
  --back: var(--yinde-back, light-dark(#fff, #161b22)); --line: var(--yinde-line, light-dark(#d1d9e0, #3d444d));
  --mark: var(--yinde-mark, light-dark(#fde8a9, #6b5410)); } }
:host([theme=light]) { color-scheme: light; }
:host([theme=dark]) { color-scheme: dark; }
:host([hidden]) { display: none; }
* { box-sizing: border-box; }
form { display: flex; gap: 8px; }
.field { flex: 1; min-width: 0; position: relative; }
input { width: 100%; height: 44px; padding: 0 14px; font: inherit; color: inherit; background: var(--back);
  border: 1px solid var(--line); border-radius: var(--radius); }
input::-webkit-search-cancel-button { display: none; }
button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; }
.go { height: 44px; padding: 0 18px; color: var(--back); background: var(--accent); border-radius: var(--radius); }
input:focus-visible, button:focus-visible, a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.list { position: absolute; z-index: 9; inset: calc(100% + 4px) 0 auto; margin: 0; padding: 4px; list-style: none;
  background: var(--back); border: 1px solid var(--line); border-radius: var(--radius); max-height: 320px; overflow: auto;
  box-shadow: 0 8px 24px rgb(0 0 0 / .14); }
.list li { padding: 6px 10px; border-radius: 6px; cursor: pointer; line-height: 1.5; overflow-wrap: anywhere; }
.list li[aria-selected=true] { background: color-mix(in srgb, var(--accent) 14%, transparent); }
.status { margin: 10px 2px 0; color: var(--dim); font-size: 14px; min-height: 1.7em; }
.status.bad { color: var(--accent); }
.hits { margin: 0; padding: 0; list-style: none; }
.hit { padding: 14px 2px; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
.hit a { color: var(--accent); text-decoration: none; font-weight: 600; }
.hit a:hover { text-decoration: underline; }
.where { color: var(--dim); font-size: 14px; }
.text { margin: 4px 0; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 5; overflow: hidden; }
mark { background: var(--mark); color: inherit; border-radius: 2px; }
.copy { color: var(--dim); font-size: 14px; text-decoration: underline; text-underline-offset: 3px; }
[hidden] { display: none !important; }
@media (forced-colors: active) { .list li[aria-selected=true] { background: Highlight; color: HighlightText; } }
@media (max-width: 480px) { .go { padding: 0 12px; } .list li { padding: 10px; } }
`;

/** An element with attributes and children; text is always text, never markup. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== null) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** The text with its spans marked. Offsets count code points from `start`, JavaScript counts UTF-16 units. */
function marked(text, spans, start = 0) {
  const points = Array.from(text);
  const nodes = [];
  let done = 0;
  for (const [a, b] of [...spans].sort((x, y) => x[0] - y[0])) {
    const [from, to] = [Math.max(a - start, done), Math.min(b - start, points.length)];
    if (from >= to) continue;
    nodes.push(points.slice(done, from).join(""), make("mark", {}, points.slice(from, to).join("")));
    done = to;
  }
  nodes.push(points.slice(done).join(""));
  return nodes.filter((node) => node !== "");
}

/** The passage from a little before its first mark, when that stands deep in it. */
function excerpt(hit) {
  const spans = hit.evidence ?? [];
  const first = Math.min(...spans.map((span) => span[0])) - hit.start;
  if (!(first > LONG)) return marked(hit.text, spans, hit.start);
  const cut = first - LEAD;
  return ["……", ...marked(Array.from(hit.text).slice(cut).join(""), spans, hit.start + cut)];
}

class YindeSearch extends HTMLElement {
  static observedAttributes = ["lang", "placeholder"];
  #root = this.attachShadow({ mode: "open", delegatesFocus: true });
  #suggesting = null;
  #searching = null;
  #timer = 0;
  #options = [];
  #chosen = -1;
  #jump = (event) => this.#onPageKey(event);

  connectedCallback() {
    if (!this.#root.firstChild) this.#build();
    this.#name();
    document.addEventListener("keydown", this.#jump);
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.#jump);
    clearTimeout(this.#timer);
    this.#suggesting?.abort();
    this.#searching?.abort();
  }

  attributeChangedCallback() {
    if (this.#root.firstChild) this.#name();
  }

  /** Ask a question as if it had been typed; resolves to the hits, [] when it could not be asked. */
  async search(query) {
    const wanted = query.trim();
    this.input.value = query;
    this.#closeList();
    this.#searching?.abort();
    if (!wanted) return this.#show([], "");
    const asking = (this.#searching = new AbortController());
    this.#say(this.words.busy);
    const parameters = { q: wanted, k: this.getAttribute("k") || "5", mode: this.getAttribute("mode") || "hybrid" };
    try {
      const found = await this.#get("/api/v1/search", parameters, asking);
      if (asking.signal.aborted) return [];
      this.dispatchEvent(new CustomEvent("yinde-search", { detail: { query: wanted, hits: found.hits }, bubbles: true }));
      return this.#show(found.hits, found.hits.length ? this.words.count(found.hits.length) : this.words.none);
    } catch (problem) {
      if (asking.signal.aborted && asking.signal.reason !== "slow") return [];
      const told = asking.signal.reason === "slow" ? this.words.slow : this.#told(problem);
      return this.#show([], told, true);
    }
  }

  get words() {
    const language = this.closest("[lang]")?.lang || "zh";
    return WORDS[language.toLowerCase().startsWith("en") ? "en" : "zh"];
  }

  get endpoint() {
    return (this.getAttribute("endpoint") || HOME).replace(/\/+$/, "");
  }

  #build() {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    this.#root.adoptedStyleSheets = [sheet];
    this.input = make("input", {
      type: "search", autocomplete: "off", maxlength: "2000", spellcheck: "false",
      role: "combobox", "aria-expanded": "false", "aria-controls": "list", "aria-autocomplete": "list", part: "input",
      enterkeyhint: "search",
    });
    this.list = make("ul", { class: "list", id: "list", role: "listbox", hidden: "" });
    this.status = make("p", { class: "status", role: "status", part: "status" });
    this.hits = make("ol", { class: "hits", part: "hits" });
    this.go = make("button", { class: "go", type: "submit", part: "button" });
    const form = make("form", { role: "search" }, make("div", { class: "field" }, this.input, this.list), this.go);
    this.#root.append(form, this.status, this.hits);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.search(this.input.value);
    });
    this.input.addEventListener("input", (event) => this.#onInput(event));
    this.input.addEventListener("compositionstart", () => this.#suggestNever());
    this.input.addEventListener("compositionend", () => this.#suggestSoon());
    this.input.addEventListener("keydown", (event) => this.#onKey(event));
    this.input.addEventListener("blur", () => this.#closeList());
    this.list.addEventListener("mousedown", (event) => event.preventDefault()); // the input keeps the focus
    this.list.addEventListener("click", (event) => {
      const row = [...this.list.children].indexOf(event.target.closest("li"));
      if (row >= 0) this.search(this.#options[row]);
    });
  }

  /** Put the reader's language on everything that stands. */
  #name() {
    const words = this.words;
    this.input.setAttribute("aria-label", words.label);
    this.input.placeholder = this.getAttribute("placeholder") ?? words.hint;
    this.list.setAttribute("aria-label", words.suggestions);
    this.go.textContent = words.go;
  }

  #onInput(event) {
    this.#choose(-1); // what was chosen is no longer what was meant
    if (event.isComposing) return; // half a syllable of pinyin is no query
    this.#suggestSoon();
  }

  #suggestNever() {
    clearTimeout(this.#timer);
    this.#suggesting?.abort();
  }

  #suggestSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#suggest(), PAUSE);
  }

  async #suggest() {
    this.#suggesting?.abort();
    const typed = this.input.value.trim();
    if (!typed) return this.#closeList();
    const asking = (this.#suggesting = new AbortController());
    try {
      const found = await this.#get("/api/v1/suggest", { q: typed, k: "8" }, asking);
      if (!asking.signal.aborted && this.input.value.trim() === typed) {
        this.#openList(found.suggestions.map((one) => one.text));
      }
    } catch {
      this.#closeList(); // suggestions are a comfort: the search itself says what is wrong
    }
  }

  #openList(options) {
    this.#options = options;
    this.#chosen = -1;
    this.list.replaceChildren(
      ...options.map((text, n) => make("li", { role: "option", id: `option-${n}`, "aria-selected": "false" }, text)),
    );
    const open = options.length > 0 && this.#root.activeElement === this.input;
    this.list.hidden = !open;
    this.input.setAttribute("aria-expanded", String(open));
    this.input.removeAttribute("aria-activedescendant");
  }

  #closeList() {
    this.#suggestNever();
    this.#openList([]);
  }

  #choose(row) {
    this.#chosen = row;
    [...this.list.children].forEach((item, n) => item.setAttribute("aria-selected", String(n === row)));
    if (row < 0) return this.input.removeAttribute("aria-activedescendant");
    this.input.setAttribute("aria-activedescendant", `option-${row}`);
    this.list.children[row].scrollIntoView({ block: "nearest" });
  }

  #onKey(event) {
    if (event.isComposing || event.keyCode === 229) return; // the input method's own keys
    const n = this.list.hidden ? 0 : this.#options.length;
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && n) {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.#choose(((this.#chosen + 1 + step + n + 1) % (n + 1)) - 1);
    } else if (event.key === "ArrowDown" && this.input.value.trim()) {
      event.preventDefault();
      this.#suggest();
    } else if (event.key === "Enter" && n && this.#chosen >= 0) {
      event.preventDefault();
      this.search(this.#options[this.#chosen]);
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (n) this.#closeList();
      else this.search("");
    }
  }

  #onPageKey(event) {
    const key = this.getAttribute("shortcut") ?? "/";
    const at = event.composedPath()[0];
    const typing = at.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName);
    if (!key || event.key !== key || event.defaultPrevented || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.input.focus();
    this.input.select();
  }

  #show(hits, status, bad = false) {
    this.#say(status, bad);
    this.hits.replaceChildren(...hits.map((hit) => this.#card(hit)));
    return hits;
  }

  #say(text, bad = false) {
    this.status.textContent = text;
    this.status.classList.toggle("bad", bad);
  }

  #told(problem) {
    return problem.status === 401 ? this.words.locked : problem.detail || this.words.offline;
  }

  #card(hit) {
    const words = this.words;
    const link = make("a", { href: `${this.endpoint}/?id=${encodeURIComponent(hit.id)}`, target: "_blank", rel: "noopener" });
    link.append(hit.title);
    link.addEventListener("click", (event) => {
      const going = new CustomEvent("yinde-open", { detail: { hit }, bubbles: true, cancelable: true });
      if (!this.dispatchEvent(going)) event.preventDefault();
    });
    const copy = make("button", { class: "copy", type: "button" }, words.copy);
    copy.addEventListener("click", () => this.#copy(hit, copy));
    const place = [...hit.path, hit.address].filter(Boolean).join(" › ");
    const where = [hit.date, place, hit.page && words.page(hit.page)].filter(Boolean).join(" · ");
    return make(
      "li", { class: "hit", part: "hit" }, link, make("div", { class: "where" }, where),
      make("p", { class: "text" }, ...excerpt(hit)), copy,
    );
  }

  async #copy(hit, button) {
    let cited;
    try {
      cited = await this.#get(`/api/v1/passages/${encodeURIComponent(hit.id)}/cite`, { style: "plain" });
    } catch (problem) {
      return this.#say(this.#told(problem), true);
    }
    try {
      await navigator.clipboard.writeText(cited.citations.plain); // there is no clipboard on a page without https
    } catch {
      return this.#say(this.words.barred + cited.citations.plain);
    }
    button.textContent = this.words.copied;
    setTimeout(() => (button.textContent = this.words.copy), 2000);
  }

  async #get(path, parameters, asking = new AbortController()) {
    const timer = setTimeout(() => asking.abort("slow"), WAIT);
    try {
      const url = `${this.endpoint}${path}?${new URLSearchParams(parameters)}`;
      const key = this.getAttribute("key");
      const headers = { Accept: "application/json", ...(key ? { Authorization: `Bearer ${key}` } : {}) };
      const answer = await fetch(url, { signal: asking.signal, headers });
      const body = await answer.json();
      if (!answer.ok) throw body;
      return body;
    } finally {
      clearTimeout(timer);
    }
  }
}

if (!customElements.get("yinde-search")) customElements.define("yinde-search", YindeSearch);
})();
