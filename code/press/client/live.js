// Cells that run in the page: added by `press live` to the pages it serves, idle without the token.
(() => {
  const key = "book-live-token";
  const fragment = location.hash.match(/^#token=([\w-]+)$/);
  if (fragment) {
    sessionStorage.setItem(key, fragment[1]);
    history.replaceState(null, "", location.pathname + location.search);
  }
  const token = sessionStorage.getItem(key);
  if (!token) return;
  let notebook;

  const korean = document.documentElement.lang === "ko";
  const words = korean
    ? { run: "실행", upTo: "여기까지 실행", restart: "다시 시작", stop: "멈춤", state: "커널",
        off: "아직 켜지 않음", starting: "켜는 중", idle: "준비됨", busy: "실행 중", dead: "꺼짐", lost: "연결이 끊김",
        NameError: "이 이름은 앞의 셀에서 만든다. ‘여기까지 실행’을 눌러 보자.",
        died: "커널이 꺼졌다가 다시 켜졌다. 변수가 사라졌으니 ‘여기까지 실행’을 누르자.",
        other: "맨 아랫줄이 오류의 이름과 까닭이다. 화살표가 가리키는 줄부터 살펴보자.",
        gone: "커널을 켤 수 없다. 터미널에서 `make live`가 돌고 있는지 보자." }
    : { run: "Run", upTo: "Run up to here", restart: "Restart", stop: "Stop", state: "Kernel",
        off: "not started", starting: "starting", idle: "ready", busy: "busy", dead: "dead", lost: "disconnected",
        NameError: "An earlier cell makes this name. Try “Run up to here”.",
        died: "The kernel died and was started again. Its variables are gone: press “Run up to here”.",
        other: "The last line names the error and its cause. Look first at the line that the arrow points to.",
        gone: "The kernel cannot be started. Is `make live` still running in the terminal?" };

  const element = (tag, name, text = "") => Object.assign(document.createElement(tag), { className: name, textContent: text });
  const button = (text, act) => {
    const made = element("button", "live-button", text);
    made.type = "button";
    made.addEventListener("click", act);
    return made;
  };
  const state = element("span", "live-state");
  const show = (name) => {
    state.dataset.state = name;
    state.textContent = `${words.state}: ${words[name]}`;
  };
  const tell = (box, text) => {
    const said = element("p", "live-hint", text);
    said.setAttribute("role", "alert");
    box.append(said);
  };

  let running; // a promise of the kernel and its cells, once somebody has asked for them

  // Everything the notebook holds stands on the page, the cells the page hides among it, since a later cell may need them.
  const place = async () => {
    const sources = (await (await fetch(notebook.href)).json()).cells
      .filter((cell) => cell.cell_type === "code" && cell.id !== "install") // deepbook is here already
      .map((cell) => [cell.source].flat().join(""));
    const boxes = [...document.querySelectorAll("div.cell")].filter((box) => box.querySelector(".cell_input"));
    const text = (box) => box.querySelector(".cell_input pre").textContent.trim();
    const found = [];
    for (const source of sources) {
      const box = boxes.find((b) => !found.some((f) => f.box === b));
      found.push(box && text(box) === source.trim() ? { source, box } : { source, before: box });
    }
    for (const cell of found) {
      const pre = element("pre", "", cell.source);
      pre.dataset.executable = "";
      if (cell.box) {
        const old = cell.box.querySelector(".cell_input");
        old.replaceChildren(pre);
      } else {
        cell.box = element("div", "live-hidden");
        cell.box.hidden = true;
        cell.box.append(pre);
        const last = found[found.indexOf(cell) - 1];
        if (cell.before) cell.before.before(cell.box);
        else last.box.after(cell.box);
      }
    }
    return found;
  };

  const load = () =>
    new Promise((resolve, reject) => {
      const style = element("link");
      Object.assign(style, { rel: "stylesheet", href: "/live/thebe/thebe.css" });
      const script = element("script");
      Object.assign(script, { src: "/live/thebe/index.js", onload: resolve, onerror: reject });
      document.head.append(style, script);
    });

  const dress = () => {
    const dark = document.documentElement.dataset.theme === "dark";
    for (const editor of document.querySelectorAll(".CodeMirror")) editor.CodeMirror.setOption("theme", dark ? "darcula" : "default");
  };

  const start = async () => {
    show("starting");
    const cells = await place();
    await load();
    const { session, notebook: book } = await window.thebe.bootstrap({
      useBinder: false,
      useJupyterLite: false,
      requestKernel: true,
      selector: "[data-executable]",
      outputSelector: "[data-live-output]",
      predefinedOutput: false,
      mountRunButton: false,
      mountRunAllButton: false,
      mountRestartButton: false,
      mountRestartAllButton: false,
      kernelOptions: { kernelName: "python3", path: "/" },
      serverSettings: { baseUrl: location.origin, wsUrl: location.origin.replace("http", "ws"), token, appendToken: true },
      savedSessionOptions: { enabled: false },
    });
    if (!session || !session.kernel) throw new Error("no kernel");
    const boxes = [...document.querySelectorAll(".thebe-cell")];
    cells.forEach((cell, n) => {
      Object.assign(cell, { live: book.cells[n], output: boxes[n].querySelector(".thebe-output") });
      cell.box.querySelector(".live-tools")?.after(cell.output); // out of folded code
    });
    for (const field of document.querySelectorAll(".CodeMirror textarea")) field.setAttribute("aria-label", "Python");
    dress();
    new MutationObserver(dress).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    const kernel = session.kernel;
    kernel.statusChanged.connect((_, status) => show(["idle", "busy", "dead"].includes(status) ? status : "starting"));
    kernel.connectionStatusChanged.connect((_, status) => status === "disconnected" && show("lost"));
    window.addEventListener("pagehide", () => {
      fetch(`/api/kernels/${kernel.id}`, { method: "DELETE", keepalive: true, headers: { Authorization: `token ${token}` } });
    });
    show("idle");
    return { cells, kernel };
  };

  const started = () => (running ??= start().catch((error) => {
    console.warn(error);
    running = undefined;
    show("dead");
    document.querySelector(".live-bar").querySelectorAll(".live-hint").forEach((hint) => hint.remove());
    tell(document.querySelector(".live-bar"), words.gone);
    throw error;
  }));

  const execute = async (cell) => {
    cell.box.querySelectorAll(".live-hint").forEach((hint) => hint.remove());
    cell.box.classList.add("live-ran");
    const result = await cell.live.execute(cell.live.source).catch((error) => ({ error }));
    const text = cell.output.textContent;
    const traceback = /Traceback \(most recent call last\)/.test(text);
    if (traceback) tell(cell.box, /NameError/.test(text) ? words.NameError : words.other);
    else if (!result || result.error) tell(cell.box, words.died); // it ended without an answer
    else return true;
    return false;
  };

  const run = async (box, all) => {
    const { cells } = await started();
    const last = cells.findIndex((cell) => cell.box === box);
    for (const cell of all ? cells.slice(0, last + 1) : [cells[last]]) if (!(await execute(cell))) break;
  };

  const begin = () => {
    notebook = document.querySelector('a[download][href$=".ipynb"]');
    if (!notebook) return; // a page without cells
    const bar = element("div", "live-bar");
    bar.setAttribute("role", "group");
    bar.setAttribute("aria-label", words.state);
    state.setAttribute("role", "status");
    show("off");
    bar.append(
      state,
      button(words.stop, async () => (await started()).kernel.interrupt()),
      button(words.restart, async () => {
        const { kernel } = await started();
        await kernel.restart();
        show("idle");
      }),
    );
    document.querySelector("article.bd-article h1, article h1").after(bar);
    for (const box of document.querySelectorAll("div.cell")) {
      const input = box.querySelector(".cell_input");
      if (!input) continue;
      const tools = element("div", "live-tools");
      tools.append(button(words.run, () => run(box, false)), button(words.upTo, () => run(box, true)));
      (input.closest("details") || input).after(tools);
      const typed = (event) => {
        if (event.key !== "Enter" || !event.shiftKey) return;
        event.preventDefault();
        event.stopPropagation();
        run(box, false);
      };
      box.addEventListener("keydown", typed, true);
    }
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
