// A button on each block of code that copies what a reader would type: no prompts, no outputs. Nothing comes from another host.
(() => {
  const words = { ko: ["코드 복사", "복사했다", "복사하지 못했다"], en: ["Copy code", "Copied", "Could not copy"] };
  const [copy, done, failed] = words[document.documentElement.lang] || words.en;
  const drawing = (path) => `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${path}"/></svg>`;
  const sheets = drawing("M9 9h11v11H9zM5 15H4V4h11v1");
  const tick = drawing("M5 12l5 5L20 7");

  const typed = (block) => {
    const lines = block.textContent.replace(/\n$/, "").split("\n");
    const prompted = lines.filter((line) => /^(>>>|\.\.\.)( |$)/.test(line));
    return (prompted.length ? prompted.map((line) => line.slice(4)) : lines).join("\n") + "\n";
  };

  const write = async (text) => {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const field = document.body.appendChild(document.createElement("textarea")); // a page that is not served over https
    field.value = text;
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    if (!copied) throw new Error(failed);
  };

  const label = (button, text, icon) => {
    button.title = text;
    button.setAttribute("aria-label", text);
    button.innerHTML = icon;
  };

  const start = () => {
    const status = document.body.appendChild(document.createElement("div"));
    status.className = "visually-hidden";
    status.setAttribute("role", "status");
    for (const block of document.querySelectorAll("div.highlight > pre")) {
      if (block.closest(".cell_output")) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "copy-code";
      label(button, copy, sheets);
      button.addEventListener("click", async () => {
        const said = await write(typed(block)).then(() => done, () => failed);
        label(button, said, said === done ? tick : sheets);
        status.textContent = said;
        setTimeout(() => (label(button, copy, sheets), (status.textContent = "")), 2000);
      });
      block.after(button);
    }
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
