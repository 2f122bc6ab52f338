// What every page does: search while typing (the index is loaded when the dialog is first used), and keys for wide formulas.
(() => {
  const korean = document.documentElement.lang === "ko";
  const root = document.documentElement.dataset.content_root;
  const words = korean
    ? { none: "찾은 것이 없다. 다른 말로 찾아보자.", found: (pages, more) => `${pages}쪽에서 찾았다.${more ? " 많이 맞는 곳부터 보인다." : ""}`, list: "찾은 곳" }
    : { none: "Nothing found. Try other words.", list: "Results",
        found: (pages, more) => `Found on ${pages} page${pages === 1 ? "" : "s"}.${more ? " The best matches are shown." : ""}` };
  const MOST = 30;

  const load = (name) => new Promise((resolve, reject) => {
    document.head.append(Object.assign(document.createElement("script"), { src: root + name, onload: resolve, onerror: reject }));
  });
  let ready;
  const index = () => (ready ??= load("_static/language_data.js").then(() => load("searchindex.js")));

  const element = (tag, name, text = "") => Object.assign(document.createElement(tag), { className: name, textContent: text });
  const isHangul = (word) => word[0] >= "가" && word[0] <= "힣";

  // Let the page that is opened mark the words: Sphinx's own script looks for them here.
  const remember = (marked) => {
    const own = marked.filter((mark) => !/\s/.test(mark) && isHangul(mark) === korean);
    try {
      localStorage.setItem("sphinx_highlight_terms", (own.length ? own : marked).join(" "));
    } catch {} // a browser that keeps nothing
  };

  const row = ([page, title, anchor], marked) => {
    const item = element("li", "found");
    const link = element("a", "found-link");
    const [chapter, ...place] = title.split(" > ");
    const section = element("span", "found-section", place.join(" > "));
    link.append(element("span", "found-chapter", chapter), section);
    link.href = `${root}${page}.html${anchor}`;
    link.addEventListener("click", () => remember(marked));
    const context = element("p", "context");
    item.append(link, context);
    bookSearch.textOf(page).then((parts) => {
      const [id, title, text] = bookSearch.placeOf(parts, anchor, marked);
      if (!anchor && id) link.href = `${root}${page}.html#${id}`;
      if (!section.textContent && title !== chapter) section.textContent = title;
      bookSearch.context(text, marked).forEach((part, i) => context.append(i % 2 ? element("mark", "", part) : part));
    });
    return item;
  };

  const attach = (form, box) => {
    const input = form.querySelector("input");
    const summary = box.appendChild(element("p", "search-summary"));
    summary.setAttribute("role", "status");
    const list = box.appendChild(element("ol", "search"));
    list.setAttribute("aria-label", words.list);
    let asked = "";
    const show = async () => {
      const query = input.value.trim();
      if (query === asked) return;
      asked = query;
      await index();
      if (query !== asked) return; // typed on meanwhile
      const found = query ? bookSearch.find(query) : [];
      const marked = query ? bookSearch.marks(query) : [];
      list.replaceChildren(...found.slice(0, MOST).map((result) => row(result, marked)));
      const pages = new Set(found.map(([page]) => page)).size;
      summary.textContent = !query ? "" : pages ? words.found(pages, found.length > MOST) : words.none;
    };
    let timer;
    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(show, 120);
    });
    input.addEventListener("focus", index, { once: true });
    box.parentElement.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      const places = [input, ...list.querySelectorAll("a")];
      const next = places[places.indexOf(document.activeElement) + step];
      if (next) next.focus();
      event.preventDefault();
    });
    return show;
  };

  // What scrolls aside can be reached with the keys. A box is asked when it has been laid out, which is when it comes near:
  // asking all at once would lay out the whole page before anything on it can be used.
  const SCROLLS = "div.math, .bd-article pre, .cell_output > .output, .pst-scrollable-table-container, .picture";
  const sizes = new ResizeObserver((changes) => {
    for (const box of new Set(changes.map(({ target }) => target.closest(SCROLLS)))) {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  });
  const reach = () => {
    for (const box of document.querySelectorAll(SCROLLS)) for (const part of [box, box.querySelector(".katex-display")]) part && sizes.observe(part);
  };

  // Bootstrap serves the menu of themes alone, and is loaded for who comes near it.
  const menus = () => {
    let loaded;
    const bootstrap = () => (loaded ??= load("_static/scripts/bootstrap.js"));
    for (const button of document.querySelectorAll('[data-bs-toggle="dropdown"]')) {
      for (const near of ["pointerenter", "focus"]) button.addEventListener(near, bootstrap, { once: true });
      button.addEventListener("click", () => {
        if (!window.bootstrap) bootstrap().then(() => window.bootstrap.Dropdown.getOrCreateInstance(button).toggle());
      }, { once: true });
    }
  };

  const start = () => {
    menus();
    reach();
    const article = document.querySelector("article");
    if (article) new MutationObserver(reach).observe(article, { subtree: true, childList: true }); // cells that run show new things
    const [dialog, page] = ["#pst-search-dialog", ".bd-search-container"].map((name) => document.querySelector(name));
    if (!page) return dialog && attach(dialog.querySelector("form"), dialog.appendChild(element("div", "search-found")));
    const form = page.querySelector("form");
    const input = form.querySelector("input");
    const show = attach(form, page.querySelector("#search-results"));
    input.value = new URLSearchParams(location.search).get("q") || "";
    input.focus();
    if (input.value) show();
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      history.replaceState(null, "", `?q=${encodeURIComponent(input.value)}`);
      show();
    });
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
