r"""axe on every page of the built site: both languages, light and dark, on a desk and on a phone.

What axe says of structure is asked for on every page at both sizes. Of colors it is asked for one of each kind of element (by its
classes and those of all around it), at the first page that has it: a page has thousands of words of code, each of which takes axe a while.
"""

import pytest

from press import ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
SIZES = {"desktop": (1280, 900), "phone": (360, 740)}
THEMES = ("light", "dark")
COLORS = ["color-contrast", "link-in-text-block"]
THIN = """() => {
    for (const shown of document.querySelectorAll(".katex-html")) {  // hidden from screen readers, its letters colored as the text is
        shown.style.cssText = `display: inline-block; width: ${shown.getBoundingClientRect().width}px; height: 1em`;
        shown.replaceChildren();
    }
    const seen = new Map();
    for (const word of document.querySelectorAll(".highlight pre span[class]")) {
        const times = (seen.get(word.className) || 0) + 1;
        seen.set(word.className, times);
        if (times > 2) word.replaceWith(...word.childNodes);
    }
    document.body.normalize();
    const seen_all = document.head.appendChild(document.createElement("style"));  // as if it had been scrolled through
    seen_all.textContent = "section { content-visibility: visible !important; }";
}"""
SAMPLE = """(seen) => {
    const kind = (e) => (e && e !== document.documentElement ? `${kind(e.parentElement)} ${e.tagName}.${e.className.baseVal ?? e.className}` : "");
    const fresh = new Set();
    for (const e of document.body.querySelectorAll("*")) {
        if (![...e.childNodes].some((child) => child.nodeType === 3 && child.data.trim())) continue;
        const name = kind(e);
        if (!seen.includes(name) && !fresh.has(name)) fresh.add(name), (e.dataset.sample = "");
    }
    return [...fresh];
}"""
LOOK = """async ([context, rules, on]) => {
    const options = on ? { runOnly: rules } : { rules: Object.fromEntries(rules.map((rule) => [rule, { enabled: false }])) };
    const found = await axe.run(context || document, { ...options, resultTypes: ["violations"] });
    return found.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html.slice(0, 120)}: ${n.any[0]?.message || v.help}`));
}"""


@pytest.mark.parametrize("base", ["file"], indirect=True)
@pytest.mark.parametrize("language", ["ko", "en"])
def test_axe_finds_nothing(browser, base, language, pages):
    context = browser.new_context(reduced_motion="reduce")
    context.route("**/_images/*", lambda route: route.abort())
    page = context.new_page()
    found, seen = [], []
    for name in pages(language, made=True):
        page.goto(f"{base}/{language}/{name}")
        page.evaluate("document.fonts.ready")
        page.evaluate(THIN)
        page.add_script_tag(path=AXE)
        seen += (fresh := page.evaluate(SAMPLE, seen))
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(350)  # the side bars come and go, and what scrolls now is found
            asked = {"light": [(None, COLORS, False)]}
            for theme in THEMES if fresh else ():
                asked.setdefault(theme, []).append(({"include": [["[data-sample]"]]}, COLORS, True))
            for theme, runs in asked.items():
                page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
                faults = [fault for run in runs for fault in page.evaluate(LOOK, list(run))]
                found += [f"{language}/{name}, {size}, {theme}: {fault}" for fault in faults]
    context.close()
    assert not found, f"{len(found)} faults:\n" + "\n".join(found[:60])


@pytest.mark.parametrize("base", ["file"], indirect=True)
def test_axe_looks(browser, base):
    r"""A fault in structure and one in color, put into a page, are found."""
    page = browser.new_page()
    page.goto(f"{base}/ko/index.html")
    page.evaluate(
        "document.querySelector('article').insertAdjacentHTML('beforeend', '<p style=\"color: #ddd\">pale</p><img src=\"x.png\">')"
    )
    page.add_script_tag(path=AXE)
    page.evaluate(SAMPLE, [])
    assert any("image-alt" in fault for fault in page.evaluate(LOOK, [None, COLORS, False]))
    assert any("pale" in fault for fault in page.evaluate(LOOK, [{"include": [["[data-sample]"]]}, COLORS, True]))
    page.close()
