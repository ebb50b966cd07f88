// The keyboard's place is never lost: when what had the focus goes away, what now stands for it gets the focus.
// Answers, lists and facets are replaced as whole pieces of HTML; without this the next Tab would start from the top.
(() => {
  const REACHED = "a[href], button:not(:disabled), input:not(:disabled), select, textarea, summary, iframe, [tabindex='0']";
  const REGIONS = "#answer, #hits, #source, #talk, #jobs, #keep, #measured, #history, .result, .view";
  const STATE = / (?:class|aria-pressed|aria-expanded|aria-selected|tabindex|style)="[^"]*"/g;
  let last = null; // what had the focus by keyboard, and how to find what stands for it
  let standing = null; // holds the focus while the place is empty

  const seen = (element) => element.isConnected && element.checkVisibility({ visibilityProperty: true });
  const named = (element) => element.cloneNode(false).outerHTML.replace(STATE, "") + element.textContent.trim();
  const reached = (place) => [...place.querySelectorAll(REACHED)].filter((one) => one.tabIndex >= 0 && seen(one));
  const listed = (list) => list.id + " " + list.className;
  const row = (element) => element.closest("li, article, tr");

  function trail(element) {
    const above = [];
    for (let one = element.parentElement; one; one = one.parentElement) above.push(one);
    return above;
  }

  function remember(element) {
    const above = trail(element);
    const region = element.closest(REGIONS) || document.body;
    const name = named(element);
    const alike = reached(region).filter((one) => named(one) === name);
    const item = row(element);
    last = {
      element, name, above, region,
      nth: Math.max(alike.indexOf(element), 0),
      line: item ? { list: listed(item.parentElement), at: [...item.parentElement.children].indexOf(item) } : null,
    };
  }

  // The same thing drawn anew; else what took its row; else the first thing in the place that is left.
  function successor() {
    const place = last.above.find(seen);
    const region = place?.closest(REGIONS);
    if (!region) return null;
    const within = reached(region);
    const same = within.filter((one) => named(one) === last.name);
    if (same.length) return same[Math.min(last.nth, same.length - 1)];
    if (last.line) {
      const lists = [...region.querySelectorAll("ul, ol, tbody, div")].filter((one) => listed(one) === last.line.list);
      const lines = lists.find((one) => one.children.length && seen(one))?.children;
      const first = lines && reached(lines[Math.min(last.line.at, lines.length - 1)])[0];
      if (first) return first;
    }
    return reached(place)[0] || within[0] || region;
  }

  // In a turn of its own: a dialog that closes first gives the focus back by itself.
  let soon = 0;
  const changed = () => (soon ||= setTimeout(keep));

  function keep() {
    soon = 0;
    const now = document.activeElement;
    const lost = !now || now === document.body || !seen(now);
    if (!last || (!lost && now !== standing) || (seen(last.element) && last.element !== standing)) return;
    const next = successor();
    if (!next) return void (lost && window.yinde.entry()?.focus({ preventScroll: true }));
    if (next === now) return;
    const waits = !next.matches(REACHED);
    const before = last;
    standing = waits ? next : null;
    if (waits) next.tabIndex = -1;
    next.focus({ preventScroll: true });
    if (waits) last = before; // what it waits for is still the thing that went away
  }

  document.addEventListener("focusin", (event) => {
    if (event.target === standing) return;
    standing = null;
    if (event.target.matches(":focus-visible")) remember(event.target);
    else last = null;
  });
  // Who points needs no place kept: what was pointed at gets the focus, or nothing does.
  document.addEventListener("pointerdown", () => (last = standing = null), true);
  window.yinde.ready(() =>
    new MutationObserver(changed).observe(document.body, {
      childList: true, subtree: true, attributes: true, attributeFilter: ["hidden", "class", "open", "disabled"],
    }));
})();
