// Search in Korean and in English: takes the place of the query and of the summaries in Sphinx's searchtools.js.
// `bookTerms` (from press/search.py) holds the pattern of a word, the endings of Korean, and the terms of the book.
const bookSearch = (() => {
  const english = new EnglishStemmer();
  const isHangul = (word) => word[0] >= "가" && word[0] <= "힣";
  const words = (text) => (text.normalize("NFC").match(new RegExp(bookTerms.word, "gu")) || []).map((word) => word.toLowerCase());
  const unwanted = (word) => /^\d+$/.test(word) || stopwords.has(word);
  const stemmed = (word) => (isHangul(word) ? word : english.stemWord(word));

  // What follows the stem: the same rules as `ends` in search.py.
  const mayEnd = (stem, ending, endings) => {
    const final = (stem.charCodeAt(stem.length - 1) - 0xac00) % 28;
    const sound = final && !(final === 8 && ending[0] === "로") ? "consonant" : "vowel";
    return [sound, "any"].some((kind) => (endings[kind] || []).includes(ending));
  };

  // The pieces of a text as the index holds them: the same as `pieces` in search.py, stemmed and filtered as Sphinx does.
  const pieces = (text) =>
    words(text).flatMap((word) => {
      if (!isHangul(word)) return [stemmed(word), word].filter((form) => !unwanted(form)).slice(0, 1);
      const found = [...word].slice(1).map((_, i) => word.slice(i, i + 2));
      return word.length === 1 || mayEnd(word[0], word.slice(1), bookTerms.particles) ? [...found, word[0]] : found;
    });

  // A word of the query and what is left of it without its endings, the longest first.
  const stems = (word) => {
    const found = [word];
    for (const stem of found)
      for (let cut = stem.length - 1; cut > 0; cut--) {
        const [rest, ending] = [stem.slice(0, cut), stem.slice(cut)];
        const kinds = cut > 1 ? [bookTerms.particles, bookTerms.verbs] : [bookTerms.particles];
        if (!found.includes(rest) && kinds.some((endings) => mayEnd(rest, ending, endings))) found.push(rest);
      }
    return found.sort((a, b) => b.length - a.length);
  };

  // A particle that sticks to what is not Hangul, as in AI는 or 손실(loss)을, is no word of the query.
  const particles = Object.values(bookTerms.particles).flat().sort((a, b) => b.length - a.length);
  const stuck = new RegExp(`(?<=[^\\s가-힣])(?:${particles.join("|")})(?![가-힣])`, "gu");

  // How well a text that has some pieces has a stem: 1 in one run, less where the run is cut by a space, 0 where it is not there.
  const held = (stem, has) => {
    if (stem.length === 1 || !isHangul(stem)) return has(stem) ? 1 : 0;
    let [reach, whole] = [0, true];
    for (let i = 0; i + 1 < stem.length; i++)
      if (has(stem.slice(i, i + 2))) reach = i + 2;
      else if (reach > i) whole = false;
      else return 0;
    if (reach === stem.length) return whole ? 1 : 0.8;
    return stem.length > 2 && has(stem[stem.length - 1]) ? 0.7 : 0;
  };

  // -- the terms of the book ----------------------------------------------------------------------------------------

  const key = (list) => list.map(stemmed).join("");
  const renderings = new Map(); // the key of a term, or of a form to avoid -> its names
  for (const forms of bookTerms.terms)
    for (const form of forms) {
      const name = key(words(form));
      renderings.set(name, [...(renderings.get(name) || []), ...forms.slice(0, 2)]);
    }

  // The ways to say the term that some words of a query are, with or without a particle: as typed, then its names.
  const rendered = (list) => {
    const [head, last] = [list.slice(0, -1), list[list.length - 1]];
    const form = (isHangul(last) ? stems(last) : [last]).find((end) => renderings.has(key([...head, end])));
    if (!form) return null;
    const own = [...head, form];
    const names = renderings.get(key(own)).map(words);
    return [own, ...names.filter((name) => name.join(" ") !== own.join(" "))];
  };

  // -- the index ------------------------------------------------------------------------------------------------------

  let book = null; // what is made of the index once: files by piece, headings with their pieces
  const open = () => {
    const index = Search._index;
    if (book && book.index === index) return book;
    const posted = new Map();
    for (const table of [index.terms, index.titleterms])
      for (const [piece, files] of Object.entries(table))
        posted.set(piece, new Set([...(posted.get(piece) || []), ...[].concat(files)]));
    const place = (text, kind, file, id) => {
      const has = new Set(pieces(text));
      return { text, kind, file, id, has: (piece) => has.has(piece), length: words(text).join("").length };
    };
    const [places, titles] = [[], []];
    for (const [text, found] of Object.entries(index.alltitles))
      for (const [file, id] of found) {
        const clean = text.replace(/^[\s(]+|[\s)]+$/g, "");
        if (text === index.titles[file] && !titles[file]) places.push((titles[file] = place(clean, "title", file, null)));
        else if (id && !id.startsWith("sol-")) places.push(place(clean, id.startsWith("ex-") ? "entry" : "heading", file, id));
      }
    for (const [text, found] of Object.entries(index.indexentries))
      for (const [file, id] of found) places.push(place(text, "entry", file, id));
    for (const [file, said] of (index.about || []).entries()) if (said) places.push(place(said, "about", file, null));
    const has = (file) => (piece) => posted.has(piece) && posted.get(piece).has(file);
    const counted = new Map(Object.entries(index.often || {}).map(([piece, list]) => {
      const pairs = list.flatMap((file, i) => (i % 2 ? [] : [[file, list[i + 1]]]));
      return [piece, new Map(pairs)];
    }));
    const times = (file) => (piece) => counted.get(piece)?.get(file) ?? (has(file)(piece) ? 1 : 0);
    return (book = { index, posted, places, titles, has, times });
  };
  const known = (stem) => {
    const { index, has } = open();
    return index.docnames.some((_, file) => held(stem, has(file)));
  };

  // -- the query ------------------------------------------------------------------------------------------------------

  // The forms in which a word of the query may stand in the book, each with a weight.
  const forms = (word) => {
    const { posted } = open();
    if (!isHangul(word)) {
      const stem = stemmed(word);
      if (posted.has(stem) || stem.length < 3) return [[stem, 1]];
      return [...posted.keys()].filter((piece) => piece.includes(stem)).map((piece) => [piece, 0.5]);
    }
    const found = stems(word).filter(known).map((stem) => [stem, 0.9 + (0.1 * stem.length) / word.length]);
    for (let end = word.length - 1; end > 1 && !found.length; end--) if (known(word.slice(0, end))) found.push([word.slice(0, end), 0.5]);
    return found;
  };

  // The query as a list of groups that the book knows. A group is a word or a term, a list of ways to say it; a way is
  // a list of words, each with the forms in which it may stand.
  const parse = (query) => {
    const list = words(query.normalize("NFC").replace(stuck, " "));
    const groups = [];
    for (let start = 0; start < list.length; ) {
      let [term, end] = [null, Math.min(list.length, start + 5) + 1];
      while (!term && --end > start) term = rendered(list.slice(start, end));
      const exact = (word) => ({ word, forms: [[stemmed(word), 1]] });
      const ways = term ? term.map((way) => way.map(exact)) : [[{ word: list[start], forms: forms(list[start]) }]];
      const meant = ways.map((way) => way.filter(({ word }) => pieces(word).length));
      const group = meant.filter((way) => way.length && way.every((one) => one.forms.some(([stem]) => known(stem))));
      if (group.length) groups.push(group);
      start = term ? end : start + 1;
    }
    return groups;
  };

  const heldForm = ({ forms }, has) => Math.max(...forms.map(([stem, weight]) => weight * held(stem, has)));
  const mean = (list) => list.reduce((sum, one) => sum + one, 0) / list.length;
  const heldWay = (way, has, partly) => {
    const found = way.map((form) => heldForm(form, has));
    return found.every((one) => one) ? mean(found) : partly * mean(found);
  };
  // How often a page has a group, at most: as often as the rarest piece of the way that it has most often.
  const often = (group, times) => {
    const cut = (stem) => (isHangul(stem) && stem.length > 1 ? [...stem].slice(1).map((_, i) => stem.slice(i, i + 2)) : [stem]);
    const word = ({ forms }) => Math.max(...forms.map(([stem]) => Math.min(...cut(stem).map(times))));
    return Math.max(...group.map((way) => Math.min(...way.map(word))));
  };
  const heldGroup = (group, has, partly = 0) => Math.max(...group.map((way, i) => heldWay(way, has, partly) * (i ? 0.9 : 1)));
  const size = (group) => Math.max(...group.map((way) => way.reduce((sum, { forms }) => sum + forms[0][0].length, 0)));

  const WEIGHTS = { title: 100, heading: 50, entry: 30, about: 25 };

  // The results, the best first, each as searchtools.js wants it: [page, title, anchor, description, score, file, kind].
  const find = (query) => {
    const { index, places, titles, has, times } = open();
    const groups = parse(query);
    if (!groups.length) return [];
    const total = groups.reduce((sum, group) => sum + size(group), 0);
    const counts = index.docnames.map((_, file) => groups.map((group) => often(group, times(file))));
    const top = groups.map((_, i) => Math.max(1, ...counts.map((list) => list[i])));
    const pages = index.docnames.map((name, file) => {
      const body = groups.map((group) => heldGroup(group, has(file)));
      const aside = !name.includes("/") || name.endsWith("/index") ? 0.3 : 1; // glossary, lists of chapters
      const much = mean(counts[file].map((times, i) => times / top[i]));
      return { file, aside, matched: body.filter((one) => one).length, body: 10 * mean(body) + 15 * much, best: 0, places: [] };
    });
    for (const place of places) {
      const [page, above] = [pages[place.file], place.kind === "title" ? null : titles[place.file]];
      const here = groups.map((group) => heldGroup(group, place.has, 0.4));
      const share = here.filter((one) => one).length / groups.length;
      if (!share) continue;
      const all = groups.every((group) => heldGroup(group, place.has) || (above && heldGroup(group, above.has)));
      const near = 0.7 + 0.3 * Math.min(1, (total * share) / place.length);
      const score = WEIGHTS[place.kind] * mean(here) * near * (all ? 1 : 0.4);
      page.best = Math.max(page.best, score);
      if (all && place.kind !== "about") page.places.push({ ...place, score });
    }
    const most = Math.max(...pages.map((page) => page.matched));
    const results = [];
    for (const { file, aside, matched, body, best, places } of pages) {
      if (!most || matched < most) continue;
      const title = index.titles[file];
      const order = (best + body) * aside;
      const add = (text, anchor, kind) => results.push([index.docnames[file], text, anchor, null, order, index.filenames[file], kind]);
      const inside = places.filter((place) => place.kind !== "title").sort((a, b) => b.score - a.score);
      const headed = inside.some(({ kind }) => kind === "heading" || aside < 1);
      if (!headed || inside.length < places.length) add(title, "", places.length ? "title" : "text");
      for (const { text, id, kind } of inside.slice(0, 3)) add(`${title} > ${text}`, id ? `#${id}` : "", kind);
    }
    return results.sort((a, b) => b[4] - a[4]);
  };

  // -- what the reader sees -------------------------------------------------------------------------------------------

  // The words to mark, the most telling first: whole phrases, words as the book has them, the two halves of a compound.
  const marks = (query) => {
    const { posted } = open();
    const times = (pair) => (posted.get(pair) || new Set()).size;
    const ways = parse(query).flat();
    const surface = ({ word, forms }) => [...forms.map(([stem]) => stem), word].filter((form) => isHangul(word) || word.startsWith(form));
    const found = ways.flatMap((way) => way.flatMap(surface));
    const halves = found.filter((stem) => isHangul(stem) && stem.length > 3).flatMap((stem) => {
      const seam = (at) => times(stem.slice(at - 1, at + 1));
      const cuts = [...stem].map((_, at) => at).filter((at) => at > 1 && at < stem.length - 1);
      const at = cuts.sort((a, b) => seam(a) - seam(b))[0];
      return seam(at) < Math.min(seam(at - 1), seam(at + 1)) ? [`${stem.slice(0, at)} ${stem.slice(at)}`, stem.slice(0, at), stem.slice(at)] : [];
    });
    const phrases = ways.map((way) => way.map(({ word }) => word).join(" "));
    const longest = [...found, ...halves].sort((a, b) => b.length - a.length);
    return [...new Set([...phrases, ...longest])].filter((mark) => mark.length > 1 || longest.length < 3);
  };

  // The text of a page in pieces, each with the id and the title of its place; searchtext/<page>.js hands it over by `text`.
  const [texts, waiting] = [new Map(), new Map()];
  const text = (page, parts) => texts.set(page, parts);
  const textOf = (page) => {
    if (!waiting.has(page))
      waiting.set(page, new Promise((resolve) => {
        const script = document.createElement("script");
        script.src = `${document.documentElement.dataset.content_root}searchtext/${page}.js`;
        script.onload = () => resolve(texts.get(page) || []);
        script.onerror = () => resolve([]);
        document.head.append(script);
      }));
    return waiting.get(page);
  };

  // Where a result shows best: the place that it names, or the first one that has the most telling mark.
  const placeOf = (parts, anchor, marked) => {
    const named = parts.find(([id]) => anchor && `#${id}` === anchor);
    if (named && named[2]) return named;
    for (const mark of marked) {
      const found = parts.find(([, , words]) => words.toLowerCase().includes(mark));
      if (found) return found;
    }
    return parts.find(([, , words]) => words) || ["", "", ""];
  };

  // Some words around the first mark, as pieces of which every second one is a mark.
  const context = (words, marked) => {
    const lower = words.toLowerCase();
    const at = marked.map((mark) => lower.indexOf(mark)).find((found) => found >= 0) ?? 0;
    const start = at < 60 ? 0 : words.lastIndexOf(" ", at - 40) + 1;
    const more = start + 160 < words.length;
    const end = more ? Math.max(words.lastIndexOf(" ", start + 160), start + 120) : words.length; // between two words where there are any
    const shown = (start ? "… " : "") + words.slice(start, end) + (more ? " …" : "");
    const literal = (mark) => mark.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    return marked.length ? shown.split(new RegExp(`(${marked.map(literal).join("|")})`, "giu")) : [shown];
  };

  return { pieces, held, find, marks, text, textOf, placeOf, context };
})();

globalThis.bookSearch = bookSearch;
if (typeof Search === "undefined") globalThis.Search = { setIndex(index) { this._index = index; } };
