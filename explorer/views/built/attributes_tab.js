// Built from the modules named below by "npm run build". Change those, not this file.

// shared/keys.js
var JUST_COMPOSED = 30;
var MAY_REPEAT = /* @__PURE__ */ new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "PageUp", "PageDown", "+", "=", "-"]);
var NAMED = /^[A-Z][A-Za-z0-9]+$/;
var LATIN = /^[a-z]$/;
var ALPHABET = /^[\p{L}\p{M}\u200c\u200d]+$/u;
var OF_LATIN = /\p{Script=Latin}/u;
var composed = -Infinity;
var composing = (event) => event.isComposing || event.keyCode === 229 || event.key === "Enter" && event.timeStamp - composed < JUST_COMPOSED;
function onKeys(target, act) {
  const heard = (event) => {
    if (!composing(event)) {
      act(event);
    }
  };
  target.addEventListener("keydown", heard);
  return () => target.removeEventListener("keydown", heard);
}
function guardKeys(root) {
  root.addEventListener(
    "compositionend",
    (event) => {
      composed = event.timeStamp;
    },
    true
  );
  root.addEventListener(
    "keydown",
    (event) => {
      if (composing(event)) {
        if (event.key === "Enter") {
          event.preventDefault();
        }
        event.stopImmediatePropagation();
      } else if (event.repeat && (event.key === "Enter" || event.key === " ") && event.composedPath()[0].matches?.("button, summary, a, input")) {
        if (event.key === "Enter" || !isTyping(event)) {
          event.preventDefault();
        }
      }
    },
    true
  );
}
function isTyping(event) {
  const target = event.composedPath()[0];
  if (!(target instanceof HTMLElement)) {
    return false;
  }
  return target.isContentEditable || target.matches("input, textarea, select") && !/^(range|checkbox|radio|button|submit)$/.test(target.type);
}
function keyIn(event, keymap) {
  if (composing(event) || event.altKey || event.getModifierState?.("AltGraph")) {
    return "";
  }
  const command = event.ctrlKey || event.metaKey ? "Ctrl+" : "", has = (name) => name !== "" && Object.hasOwn(keymap, name);
  for (const key of readings(event)) {
    const shifted = event.shiftKey && LATIN.test(key) ? `${command}Shift+${key}` : "";
    if (has(shifted)) {
      return shifted;
    }
    if (has(command + key) && !(command && event.shiftKey)) {
      return command + key;
    }
  }
  return "";
}
function pressKey(event, keymap) {
  const name = keyIn(event, keymap);
  if (!name) {
    return false;
  }
  event.preventDefault();
  if (!event.repeat || MAY_REPEAT.has(name)) {
    keymap[name](event);
  }
  return true;
}
function readings(event) {
  const key = event.key ?? "";
  if (NAMED.test(key)) {
    return [key];
  }
  const printed = key.normalize("NFKC").toLowerCase().replace("̇", "");
  return LATIN.test(printed) ? [printed] : [printed, atPlace(event, printed)].filter(Boolean);
}
function atPlace(event, printed) {
  const [, letter] = /^Key([A-Z])$/.exec(event.code ?? "") ?? [], [, digit] = /^(?:Digit|Numpad)([0-9])$/.exec(event.code ?? "") ?? [];
  const foreign = ALPHABET.test(printed) && !OF_LATIN.test(printed);
  if (letter) {
    return foreign ? letter.toLowerCase() : "";
  }
  if (digit) {
    return /^\p{Nd}$/u.test(printed) || !event.shiftKey ? digit : "";
  }
  if (event.code === "Slash" && !/^[ -~]*$/.test(printed) && !OF_LATIN.test(printed)) {
    return event.shiftKey ? "?" : "/";
  }
  return "";
}

// shared/elements.js
function node(tag, classes) {
  const element = document.createElement(tag);
  if (classes) {
    element.className = classes;
  }
  return element;
}
function text(tag, classes, words) {
  const element = node(tag, classes);
  element.textContent = words;
  return element;
}
function button(classes, words, help, act) {
  const element = text("button", classes, words);
  element.type = "button";
  if (help) {
    element.title = help;
  }
  element.addEventListener("click", (event) => act(event));
  return element;
}
function makePictures(mime = "image/webp") {
  let urls = /* @__PURE__ */ new Map();
  return {
    address(key, bytes) {
      if (!urls.has(key)) {
        urls.set(key, URL.createObjectURL(new Blob([bytes], { type: mime })));
      }
      return urls.get(key);
    },
    keep(keys) {
      const wanted = new Set(keys);
      for (const [key, url] of urls) {
        if (!wanted.has(key)) {
          URL.revokeObjectURL(url);
          urls.delete(key);
        }
      }
    },
    count: () => urls.size
  };
}
function saveFile({ name, mime, data }) {
  const link = node("a"), address = URL.createObjectURL(new Blob([data], { type: mime }));
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 6e4);
}
function makeRoot(model, tag, classes) {
  const root = node(tag, `bam ${classes}`);
  const theme = () => root.classList.toggle("dark", model.dark);
  model.on("dark", theme);
  theme();
  guardKeys(root);
  return root;
}

// labeling/instructions.js
var ANSWER_KEYS = [
  ["Space", "mark as yes, or take the mark away"],
  ["y n u", "yes, no, unsure"],
  ["Enter", "confirm the page"],
  ["s", "skip"],
  ["z", "undo"],
  ["e", "enlarge"],
  ["i", "these instructions"]
];
var KINDS = [
  ["yes", "Counts", "counts", "Nothing is written yet about what counts."],
  ["no", "Does not count", "counts_not", "Nothing is written yet about what does not."]
];
function makeInstructions(entry, keys = ANSWER_KEYS) {
  const page = node("article", "instructions ex-instructions"), sides = node("div", "sides");
  const question = entry.definition || `Does the picture show: ${entry.title}?`;
  for (const [kind, title, points, nothing] of KINDS) {
    sides.append(instructionsSide(entry, kind, title, entry[points], nothing));
  }
  page.append(text("h2", "", entry.title), text("p", "question", question), sides);
  if (keys.length) {
    const list = node("dl", "keys");
    for (const [key, words] of keys) {
      const name = node("dt");
      name.append(...key.split(" ").map((one) => text("kbd", "", one)));
      list.append(name, text("dd", "", words));
    }
    page.append(text("h4", "", "Keys"), list);
  }
  page.append(text("p", "version", `Version ${entry.version}, ${longDate(entry.at)}`));
  return page;
}
function instructionsSide(entry, kind, title, points, nothing) {
  const side = node("section", `side ${kind}`), list = node("ul"), pictures = node("div", "pictures");
  for (const point of points) {
    list.append(text("li", "", point));
  }
  for (const example of entry.examples.filter((one) => one.kind === kind)) {
    const picture = node("img"), address = URL.createObjectURL(new Blob([example.picture]));
    picture.alt = kind === "yes" ? "An example that counts" : "An example that does not count";
    picture.onload = picture.onerror = () => URL.revokeObjectURL(address);
    picture.src = address;
    pictures.append(picture);
  }
  side.append(text("h3", "", title), points.length ? list : text("p", "soft", nothing));
  if (pictures.children.length) {
    side.append(pictures);
  }
  return side;
}
function makeInstructionsOverlay(entry, close) {
  const overlay = node("dialog", "instructions-overlay ex-instructions-overlay"), bar = node("header");
  overlay.setAttribute("aria-label", `Instructions: ${entry.title}`);
  const shut = button("shut", "×", "Close (Esc or i)", close);
  shut.setAttribute("aria-label", "Close");
  bar.append(
    text("span", "soft", "Instructions"),
    button("", "Print", "Print these instructions", () => printInstructions(entry, overlay)),
    shut
  );
  overlay.append(bar, makeInstructions(entry));
  overlay.addEventListener("cancel", (event) => {
    event.preventDefault();
    close();
  });
  overlay.addEventListener("click", (event) => {
    if (event.target === overlay) {
      close();
    }
  });
  onKeys(overlay, (event) => {
    event.stopPropagation();
    pressKey(event, { i: close });
  });
  queueMicrotask(() => {
    if (overlay.isConnected) {
      overlay.showModal();
      overlay.scrollTop = 0;
      shut.focus();
    }
  });
  return overlay;
}
function printInstructions(entry, beside) {
  const frame = node("iframe", "print"), styles = beside.getRootNode();
  const sheets = [...styles.querySelectorAll("style")].map((one) => one.textContent);
  for (const sheet of styles.adoptedStyleSheets ?? []) {
    sheets.push([...sheet.cssRules].map((rule) => rule.cssText).join("\n"));
  }
  frame.setAttribute("aria-hidden", "true");
  beside.append(frame);
  const target = frame.contentDocument, page = makeInstructions(entry, []);
  const style = node("style"), paper = node("div", "bam paper");
  style.textContent = sheets.join("\n");
  paper.append(page);
  target.title = entry.title;
  target.head.append(style);
  target.body.append(paper);
  const loaded = [...page.querySelectorAll("img")].map((picture) => picture.decode().catch(() => {
  }));
  frame.contentWindow.addEventListener("afterprint", () => frame.remove());
  return Promise.all(loaded).then(() => frame.contentWindow.print());
}
function longDate(seconds) {
  return new Date(seconds * 1e3).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
}

// attributes/list.js
var GROUP_TITLES = { content: "Content", emotion: "Emotion", media: "Media" };
var LABEL_KINDS = ["yes", "no", "unsure", "split", "open"];
var SORTS = {
  listed: ["As listed", () => 0],
  title: ["By title", (a, b) => a.title.localeCompare(b.title)],
  answers: ["Most answers", (a, b) => b.answers - a.answers],
  left: ["Most left to ask", (a, b) => b.left - a.left],
  split: ["Most contradictions", (a, b) => b.split - a.split],
  last: ["Latest first", (a, b) => b.last_at - a.last_at]
};
var whole = (number) => number.toLocaleString("en");
var counted = (number, one, many = `${one}s`) => `${whole(number)} ${number === 1 ? one : many}`;
function sinceWords(seconds) {
  if (!seconds) {
    return "";
  }
  const minutes = Math.max(0, Math.round((Date.now() / 1e3 - seconds) / 60));
  if (minutes < 1) {
    return "just now";
  }
  if (minutes < 60) {
    return `${minutes} min ago`;
  }
  return minutes < 60 * 36 ? `${Math.round(minutes / 60)} h ago` : longDate(seconds);
}
function labelBar(row) {
  const bar = node("span", "bar");
  for (const kind of LABEL_KINDS) {
    const part = node("i", kind);
    part.style.flexGrow = row[kind];
    bar.append(part);
  }
  return bar;
}
function labelNumbers(row) {
  const numbers = node("span", "numbers");
  for (const kind of LABEL_KINDS) {
    const entry = text("span", kind, `${whole(row[kind])} ${kind}`);
    entry.classList.toggle("zero", row[kind] === 0);
    numbers.append(entry);
  }
  return numbers;
}
function makeAttributeList(model, acts) {
  const box = node("section", "list"), bar = node("div", "line"), filter = node("input"), sort = node("select"), body = node("div", "groups");
  let wished = "";
  const fold = node("details", "archived"), folded = node("summary"), archive = node("div");
  filter.type = "search";
  filter.placeholder = "Find an attribute  ( / )";
  filter.setAttribute("aria-label", "Find an attribute");
  sort.setAttribute("aria-label", "Order");
  for (const [key, [words]] of Object.entries(SORTS)) {
    const option = text("option", "", words);
    option.value = key;
    sort.append(option);
  }
  bar.append(filter, sort, button("primary new", "New", "Define a new attribute (n)", acts.create));
  fold.append(folded, archive);
  box.append(bar, body, fold);
  filter.addEventListener("input", show);
  sort.addEventListener("change", show);
  function found() {
    const words = filter.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const rows = model.rows.filter(
      (row) => words.every((word) => `${row.title} ${row.name} ${row.definition}`.toLowerCase().includes(word))
    );
    return rows.sort(SORTS[sort.value][1]);
  }
  function show() {
    const held = box.getRootNode().activeElement?.dataset?.attribute;
    const rows = found(), present = rows.filter((row) => !row.archived), old = rows.filter((row) => row.archived);
    const sections = Object.entries(GROUP_TITLES).map(([group, title]) => {
      const members = present.filter((row) => row.group === group);
      if (!members.length) {
        return null;
      }
      const section = node("div", "group");
      section.append(text("h4", "", title), ...members.map(rowElement));
      return section;
    }).filter(Boolean);
    body.replaceChildren(...sections.length ? sections : nothing(old.length));
    fold.hidden = !old.length;
    folded.textContent = `${counted(old.length, "archived attribute")}`;
    if (filter.value.trim() && old.length) {
      fold.open = true;
    }
    archive.replaceChildren(...old.map(rowElement));
    if (wished && rowOf(wished)) {
      focus(wished);
    } else if (held) {
      rowOf(held)?.focus({ preventScroll: true });
    }
  }
  function nothing(archived) {
    if (model.problem) {
      return [text("p", "problem", model.problem)];
    }
    if (!model.ready) {
      return [text("p", "soft", "Reading where the attributes stand …")];
    }
    if (filter.value.trim()) {
      return [
        text(
          "p",
          "soft",
          archived ? "Only archived attributes match." : "No attribute matches. Delete some of what you typed."
        )
      ];
    }
    const empty = node("div", "empty");
    empty.append(
      text("h3", "", archived ? "Every attribute is archived" : "No attribute yet"),
      text(
        "p",
        "soft",
        "An attribute is one yes/no question about a picture, such as: does it show a bird? Define one, then answer it."
      ),
      button("primary", "Define the first attribute", "", acts.create)
    );
    return [empty];
  }
  function rowElement(row) {
    const element = node("button", "row ex-attribute");
    element.type = "button";
    element.dataset.attribute = row.name;
    element.title = row.definition;
    const top = node("span", "top"), facts = node("span", "facts");
    const left = row.left ? `${whole(row.left)} left to ask` : "";
    top.append(
      text("b", "title", row.title),
      text("span", "left", row.answers ? left : [left, "no answers yet"].filter(Boolean).join(", "))
    );
    element.append(top);
    if (row.answers) {
      const agree = row.agree > 1 ? `${row.agree} must agree` : "";
      for (const one of [
        counted(row.answers, "answer"),
        counted(row.people, "person", "people"),
        row.absent ? `${whole(row.absent)} set aside: image gone` : "",
        agree,
        sinceWords(row.last_at)
      ].filter(Boolean)) {
        facts.append(text("span", "", one));
      }
      element.append(labelBar(row), labelNumbers(row), facts);
    }
    element.setAttribute(
      "aria-label",
      `${row.title}: ${LABEL_KINDS.map((kind) => `${row[kind]} ${kind}`).join(", ")}, ${counted(row.left, "image")} left to ask`
    );
    element.addEventListener("click", () => acts.open(row.name));
    return element;
  }
  const rowOf = (name) => [...box.querySelectorAll(".row")].find((element) => element.dataset.attribute === name);
  onKeys(box, (event) => {
    wished = "";
    if (event.target === sort) {
      return;
    }
    const rows = [...box.querySelectorAll(".row")].filter((element) => element.offsetParent), at = rows.indexOf(event.target);
    const go = (step) => {
      if (at + step < 0) {
        filter.focus();
      } else {
        rows[Math.min(rows.length - 1, at + step)]?.focus();
      }
    };
    pressKey(event, { ArrowDown: () => go(1), ArrowUp: () => go(-1) });
  });
  function focus(name) {
    wished = name && !rowOf(name) ? name : "";
    const row = name && rowOf(name) || box.querySelector(".row") || filter;
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }
  return { box, show, find: () => filter.focus(), focus };
}

// attributes/people.js
var PEOPLE_AGAIN = 3e3;
var BARS = [
  ["answers", "Answers given before, of any attribute", 0, 1e6, 1, "0: no bar"],
  ["accuracy", "Right in a test of gold questions, in %", 0, 100, 0.5, "0: no bar"],
  ["test", "Questions of a test", 5, 200, 1, ""],
  ["share", "Gold questions hidden among the others, in %", 0, 20, 0.5, "5 to 10 are usual"]
];
var percent = (rate) => `${rate.hits} of ${rate.of} (${rate.low} to ${rate.high} %)`;
function personFacts(person) {
  return [
    counted(person.answers, "answer"),
    person.seconds ? `${person.seconds} s each` : "",
    person.accuracy.of ? `right on gold: ${percent(person.accuracy)}` : "no gold question answered",
    person.sensitivity.of ? `finds a yes: ${percent(person.sensitivity)}` : "",
    person.false_positives.of ? `takes a no for a yes: ${percent(person.false_positives)}` : "",
    person.consistency.of ? `says the same again: ${percent(person.consistency)}` : ""
  ].filter(Boolean);
}
function makePeople(acts) {
  const box = node("div", "who-may"), form = node("form", "bars"), fold = node("details", "people"), body = node("div", "people-body");
  const save = text("button", "save-bars", "Save"), hint = text(
    "p",
    "soft",
    "Requirements hold from the next page on. Who fails a test may try again with other questions; what was said stays in the log."
  );
  const fields = {};
  let name = "", told = "", asked = 0, later = 0, pictures = [];
  save.type = "submit";
  for (const [key, words, low, high, step, help] of BARS) {
    const field = node("input", `bar-${key}`), label = node("label");
    Object.assign(field, { type: "number", min: low, max: high, step, required: true });
    label.append(text("span", "", words), ...help ? [text("i", "soft", help)] : [], field);
    fields[key] = field;
    form.append(label);
  }
  form.append(save);
  fold.append(text("summary", "", "People and gold questions"), body);
  box.append(text("h4", "", "Who may answer"), form, hint, fold);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    acts.bars(name, Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, field.valueAsNumber])));
  });
  fold.addEventListener("toggle", () => {
    if (fold.open) {
      ask();
    }
  });
  function ask() {
    asked = performance.now();
    if (!body.childElementCount) {
      body.replaceChildren(text("p", "soft", "Reading what people answered …"));
    }
    acts.people(name);
  }
  function show(detail) {
    const bars = JSON.stringify([detail.name, detail.bars]);
    if (detail.name !== name) {
      fold.open = false;
      body.replaceChildren();
    }
    name = detail.name;
    if (bars !== told) {
      for (const [key, field] of Object.entries(fields)) {
        field.value = detail.bars[key];
      }
    }
    told = bars;
  }
  function changed() {
    if (!fold.open) {
      return;
    }
    clearTimeout(later);
    later = setTimeout(
      () => {
        if (fold.open) {
          ask();
        }
      },
      Math.max(0, PEOPLE_AGAIN - (performance.now() - asked))
    );
  }
  function tell(message) {
    if (message.name !== name) {
      return;
    }
    const held = box.getRootNode().activeElement, key = held && body.contains(held) ? held.dataset.key : "";
    pictures.forEach((address) => URL.revokeObjectURL(address));
    pictures = [];
    const many = message.left_out ? [text("p", "soft", `And ${whole(message.left_out)} more people.`)] : [];
    const nobody = message.people.length ? [] : [text("p", "soft", "Nobody has answered one by one yet.")];
    body.replaceChildren(
      gold(message.gold),
      ...suspects(message.suspects),
      ...message.people.map(person),
      ...nobody,
      ...many
    );
    if (key) {
      ;
      [...body.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key)?.focus({ preventScroll: true });
    }
  }
  function gold(facts) {
    const part = node("form", "gold"), count = node("input", "gold-count"), make = text("button", "make-gold", "Make gold of what is settled");
    const retired = facts.retired ? `, ${whole(facts.retired)} taken back` : "";
    Object.assign(count, { type: "number", min: 2, max: 2e3, step: 1, value: 40, required: true });
    count.setAttribute("aria-label", "How many gold questions");
    count.dataset.key = "count";
    make.type = "submit";
    make.dataset.key = "make";
    make.disabled = !facts.settled_yes || !facts.settled_no;
    part.append(
      text(
        "p",
        "",
        `Gold in use: ${whole(facts.yes)} yes, ${whole(facts.no)} no${retired}. Settled and not gold yet: ${whole(facts.settled_yes)} yes, ${whole(facts.settled_no)} no.`
      ),
      count,
      make
    );
    part.addEventListener("submit", (event) => {
      event.preventDefault();
      acts.gold(name, count.valueAsNumber);
    });
    return part;
  }
  function suspects(found) {
    return found.map((one) => {
      const line = node("div", "suspect"), retire = button(
        "retire",
        "Take it back",
        "Ask it no more; what was said of it counts for nobody",
        () => acts.retire(name, one.image)
      );
      retire.dataset.key = `retire:${one.image}`;
      if (one.picture) {
        const image = node("img");
        image.src = URL.createObjectURL(new Blob([one.picture], { type: "image/jpeg" }));
        image.alt = "";
        pictures.push(image.src);
        line.append(image);
      }
      line.append(
        text(
          "p",
          "",
          `This gold question is held to be a ${one.expected}; ${one.against} of ${one.people} people say the opposite. Is it wrong?`
        ),
        retire
      );
      return line;
    });
  }
  function person(one) {
    const entry = node("div", `person ${one.allowed ? "allowed" : "closed"}`), head = node("div", "line"), facts = node("p", "facts");
    const choose = (allowed, words) => {
      const choice = button(`permit permit-${allowed}`, words, "", () => acts.permit(name, one.id, allowed));
      choice.dataset.key = `permit:${one.id}:${allowed}`;
      return choice;
    };
    head.append(
      text("b", "", one.name),
      text("span", "state", `${one.allowed ? "may answer" : "may not answer"}: ${one.words}`)
    );
    head.append(
      ...one.by_hand ? [choose(null, "By the bars")] : [],
      one.allowed ? choose(false, "Keep out") : choose(true, "Let in")
    );
    for (const words of personFacts(one)) {
      facts.append(text("span", "", words));
    }
    entry.dataset.person = one.id;
    entry.append(head, facts);
    return entry;
  }
  return { box, show, tell, changed };
}

// attributes/detail.js
function agreementWords(agree) {
  return agree === 1 ? "One answer settles an image." : `${agree} people must say the same; where they contradict each other more are asked, up to ${2 * agree - 1}.`;
}
function makeAttributeDetail(model, acts) {
  const box = node("section", "detail"), people = makePeople(acts);
  let shown = null, asking = false;
  function show(detail) {
    const same = shown?.name === detail.name, held = heldIn(box), top = box.parentElement?.scrollTop;
    asking = asking && same;
    shown = detail;
    const head = node("div", "line"), title = text("h3", "", detail.title), stand = node("div", "stand");
    head.append(button("plain back", "← All attributes", "Back to the board (Esc)", acts.close));
    const name = text("p", "name soft", `${detail.name}${detail.archived ? " · archived" : ""}`);
    box.replaceChildren(
      head,
      title,
      name,
      stand,
      ...detail.audited ? [text("p", "audited", detail.audited)] : [],
      actions(detail),
      words(detail),
      rule(detail),
      people.box,
      exports(detail),
      history(detail)
    );
    people.show(detail);
    box.dataset.attribute = detail.name;
    numbers();
    if (held) {
      ;
      (box.querySelector(held) ?? box.querySelector(".keep, .answer, .restore"))?.focus({ preventScroll: true });
    }
    if (same) {
      box.parentElement.scrollTop = top;
    }
  }
  function heldIn(box2) {
    const held = box2.getRootNode().activeElement;
    if (!held || !box2.contains(held)) {
      return "";
    }
    if (held.dataset.key) {
      return `[data-key="${held.dataset.key}"]`;
    }
    return held.dataset.agree ? `[data-agree="${held.dataset.agree}"]` : held.dataset.kind ? `[data-kind="${held.dataset.kind}"]` : `.${held.classList.item(held.classList.length - 1)}`;
  }
  function numbers() {
    const row = shown && model.rows.find((one) => one.name === shown.name), stand = box.querySelector(".stand");
    if (!row || !stand) {
      return;
    }
    const facts = node("p", "facts");
    const last = sinceWords(row.last_at);
    for (const one of [
      counted(row.answers, "answer"),
      counted(row.people, "person", "people"),
      `${whole(row.left)} left to ask`,
      row.absent ? `${counted(row.absent, "answer")} set aside, as the collection does not hold the image now` : "",
      last ? `last ${last}` : ""
    ].filter(Boolean)) {
      facts.append(text("span", "", one));
    }
    stand.replaceChildren(labelBar(row), labelNumbers(row), facts);
    people.changed();
  }
  function actions(detail) {
    const bar = node("div", "line actions");
    if (asking) {
      bar.classList.add("ask");
      bar.append(
        text("p", "", "Archive it? Nobody is asked about it any more. Its answers stay, and you can bring it back."),
        button("primary sure", "Archive", "", () => {
          asking = false;
          acts.archive(detail.name, true);
        }),
        button("keep", "Keep it", "", () => {
          asking = false;
          show(detail);
          box.querySelector(".archive")?.focus();
        })
      );
      return bar;
    }
    if (!detail.archived) {
      bar.append(
        button("primary answer", "Answer", "Answer questions about this attribute (a)", () => acts.answer(detail.name)),
        button("rounds", "Rounds", "Train on its answers, look, promise, release", () => acts.rounds(detail.name)),
        button(
          "audit",
          "Audit",
          "Have a release looked at, blind, and say how good it is",
          () => acts.audit(detail.name)
        )
      );
    }
    bar.append(
      button("edit", "Edit", "Change its definition (e)", () => acts.edit(detail)),
      button("instruct", "Instructions", "As annotators see them (i)", () => acts.instruct(detail))
    );
    if (detail.archived) {
      bar.append(button("restore", "Bring back", "Ask about it again", () => acts.archive(detail.name, false)));
    } else {
      bar.append(
        button("archive", "Archive", "Ask nobody about it any more", () => {
          asking = true;
          show(detail);
          box.querySelector(".sure").focus();
        })
      );
    }
    return bar;
  }
  function words(detail) {
    const part = makeInstructions(detail, []);
    part.querySelector("h2").remove();
    part.classList.add("small");
    return part;
  }
  function rule(detail) {
    const part = node("div", "agreement"), line = node("div", "line");
    line.setAttribute("role", "radiogroup");
    line.setAttribute("aria-label", "How many people must agree");
    for (let agree = 1; agree <= 5; agree += 1) {
      const choice = button("", String(agree), agreementWords(agree), () => acts.agree(detail.name, agree));
      choice.setAttribute("role", "radio");
      choice.setAttribute("aria-checked", agree === detail.agree);
      choice.setAttribute("aria-pressed", agree === detail.agree);
      choice.dataset.agree = agree;
      line.append(choice);
    }
    part.append(text("h4", "", "How many people must agree"), line, text("p", "soft", agreementWords(detail.agree)));
    return part;
  }
  function exports(detail) {
    const part = node("div", "exports"), line = node("div", "line");
    for (const [kind, words2] of [
      ["csv", "CSV"],
      ["parquet", "Parquet"]
    ]) {
      const one = button(
        "",
        words2,
        `Save the labels of this attribute as ${words2}`,
        () => acts.export(detail.name, kind)
      );
      one.dataset.kind = kind;
      line.append(one);
    }
    part.append(
      text("h4", "", "Export labels"),
      line,
      text(
        "p",
        "soft",
        "Answers for certification and audit are left out, so that whoever is still to answer sees none."
      )
    );
    return part;
  }
  function history(detail) {
    const part = node("div", "history");
    part.append(text("h4", "", "Versions"));
    for (const version of detail.history) {
      const entry = node("div", "version");
      const when = version.at ? `, ${longDate(version.at)}` : "";
      entry.append(text("p", "", `Version ${version.version} by ${version.by}${when}`));
      for (const change of version.changes) {
        const line = node("p", "change");
        line.append(text("span", "soft", `${change.what}: `), ...pieces(change));
        entry.append(line);
      }
      part.append(entry);
    }
    return part;
  }
  function pieces(change) {
    const points = change.what.startsWith("Counts") || change.what.startsWith("Does");
    return change.pieces.map(([kind, words2]) => {
      const piece = text({ gone: "del", new: "ins", same: "span" }[kind], points ? "point" : "", words2);
      return piece;
    });
  }
  return {
    box,
    show,
    numbers,
    people: people.tell,
    name: () => shown?.name ?? "",
    detail: () => shown,
    forget: () => {
      shown = null;
      asking = false;
      box.replaceChildren();
    },
    focus: () => box.querySelector(".answer, .restore")?.focus({ preventScroll: true })
  };
}

// attributes/form.js
var FORM_FIELDS = ["title", "definition", "counts", "counts_not"];
var FORM_WORDS = {
  title: ["Title", "bird", "Short words for the screen, up to 60 characters"],
  definition: ["Question", "Does the picture show a bird?", "In one sentence"],
  counts: ["What counts as yes", "a drawing of a bird\na bird far away", "One a line"],
  counts_not: ["What does not", "feathers alone\na plane", "One a line"]
};
var MOST_EXAMPLES = 24;
function attributeName(group, title) {
  const word = title.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "");
  return word ? `${group}_${word}`.slice(0, 100) : `${group}_`;
}
function makeAttributeForm(model, pictures, acts) {
  const box = node("form", "define ex-define");
  let form = null, theirs = null, named = false, saving = false;
  box.noValidate = true;
  box.addEventListener("submit", (event) => {
    event.preventDefault();
    save();
  });
  const blank = (group = "content") => ({
    name: "",
    group,
    seen_version: 0,
    title: "",
    definition: "",
    counts: "",
    counts_not: "",
    examples_yes: [],
    examples_no: []
  });
  const fromDefinition = (words) => ({
    title: words.title,
    definition: words.definition,
    counts: words.counts.join("\n"),
    counts_not: words.counts_not.join("\n")
  });
  const examplesOf = (detail, kind) => detail.examples.filter((one) => one.kind === kind).map((one) => one.image);
  function create() {
    begin(recall("new") ?? blank(), "new");
  }
  function edit(detail) {
    const fresh = {
      ...blank(detail.group),
      ...fromDefinition(detail),
      name: detail.name,
      seen_version: detail.version,
      examples_yes: examplesOf(detail, "yes"),
      examples_no: examplesOf(detail, "no")
    };
    begin(recall(detail.name) ?? fresh, detail.name);
  }
  function begin(values2, slot) {
    form = { ...values2, slot };
    theirs = null;
    saving = false;
    named = Boolean(form.name) && form.name !== attributeName(form.group, form.title);
    draw();
    acts.want([...form.examples_yes, ...form.examples_no]);
  }
  const slotKey = (slot) => `${model.key}:${slot}`;
  function keep() {
    try {
      sessionStorage.setItem(slotKey(form.slot), JSON.stringify(values()));
    } catch {
    }
  }
  function values() {
    const { slot, ...rest } = form;
    return rest;
  }
  function forget(slot) {
    try {
      sessionStorage.removeItem(slotKey(slot));
    } catch {
    }
  }
  function recall(slot) {
    try {
      const kept = JSON.parse(sessionStorage.getItem(slotKey(slot)));
      return kept && Array.isArray(kept.examples_yes) && Array.isArray(kept.examples_no) ? kept : null;
    } catch {
      return null;
    }
  }
  function draw() {
    const fresh = form.seen_version === 0 && form.slot === "new", head = node("h3");
    head.textContent = fresh ? "New attribute" : `Change ${form.title || form.name}`;
    const foot = node("div", "line foot"), submit = text("button", "primary save", "Save");
    submit.type = "submit";
    submit.title = "Save (Ctrl + Enter)";
    foot.append(
      submit,
      button("cancel", "Later", "Close; what you typed is kept in this window (Esc)", () => acts.leave(form.slot)),
      button("discard", "Discard", "Throw away what you typed", discard)
    );
    box.replaceChildren(
      head,
      node("div", "conflict"),
      problem("form"),
      ...fresh ? [groupField()] : [],
      field("title"),
      ...fresh ? [nameField()] : [text("p", "soft name", form.name)],
      field("definition"),
      field("counts"),
      examples("yes"),
      field("counts_not"),
      examples("no"),
      foot
    );
    box.querySelector(".conflict").hidden = true;
  }
  function discard() {
    forget(form.slot);
    acts.leave(form.slot);
  }
  function problem(name) {
    const element = node("p", "problem");
    element.id = `problem-${name}`;
    element.setAttribute("role", "alert");
    element.hidden = true;
    return element;
  }
  function labelled(name, input, words, help) {
    const box2 = node("div", "field"), label = text("label", "", words);
    input.id = `field-${name}`;
    input.dataset.field = name;
    label.htmlFor = input.id;
    if (help) {
      label.append(text("span", "soft", help));
    }
    input.setAttribute("aria-describedby", `problem-${name}`);
    box2.append(label, input, problem(name), node("div", "other"));
    return box2;
  }
  function field(name) {
    const [words, example, help] = FORM_WORDS[name], input = node(name === "title" ? "input" : "textarea");
    if (name === "title") {
      input.type = "text";
      input.maxLength = 200;
    } else {
      input.rows = name === "definition" ? 2 : 3;
    }
    input.value = form[name];
    input.placeholder = example;
    input.addEventListener("input", () => {
      form[name] = input.value;
      if (name === "title" && form.slot === "new" && !named) {
        rename();
      }
      keep();
    });
    return labelled(name, input, words, help);
  }
  function rename() {
    form.name = attributeName(form.group, form.title);
    const input = box.querySelector("#field-name");
    if (input) {
      input.value = form.name;
    }
  }
  function groupField() {
    const select = node("select");
    for (const [key, words] of Object.entries(GROUP_TITLES)) {
      const option = text("option", "", words);
      option.value = key;
      select.append(option);
    }
    select.value = form.group;
    select.addEventListener("change", () => {
      form.name = named ? form.name.replace(/^[a-z]*_/, `${select.value}_`) : form.name;
      form.group = select.value;
      named ? box.querySelector("#field-name").value = form.name : rename();
      keep();
    });
    return labelled("group", select, "Group", "What is to be seen, what is felt, or how it is made");
  }
  function nameField() {
    const input = node("input");
    input.type = "text";
    input.value = form.name;
    input.placeholder = attributeName(form.group, "bird");
    input.spellcheck = false;
    input.maxLength = 100;
    input.addEventListener("input", () => {
      form.name = input.value.trim();
      named = Boolean(form.name);
      keep();
    });
    return labelled("name", input, "Name", "In tables and programs; it never changes");
  }
  function examples(kind) {
    const part = node("div", `examples ${kind}`), line = node("div", "line"), name = `examples_${kind}`;
    part.dataset.kind = kind;
    line.append(
      button("add-chosen", "Add the chosen image", "", () => ask(kind, "chosen")),
      button("add-selected", "", "", () => ask(kind, "selection"))
    );
    part.append(
      text("p", "soft", kind === "yes" ? "Pictures that count" : "Pictures that do not"),
      node("div", "pictures"),
      line,
      text("p", "note soft", ""),
      problem(name)
    );
    fill(part, kind);
    return part;
  }
  function ask(kind, from) {
    acts.example(kind, from, MOST_EXAMPLES - form[`examples_${kind}`].length);
  }
  function fill(part, kind) {
    const ids = form[`examples_${kind}`];
    part.querySelector(".pictures").replaceChildren(
      ...ids.map((image) => {
        const remove = button("example", "", "Take this picture out", () => {
          form[`examples_${kind}`] = ids.filter((one) => one !== image);
          keep();
          fill(part, kind);
          part.querySelector(".example, .add-chosen")?.focus();
        });
        remove.dataset.image = image;
        remove.setAttribute("aria-label", "Take this picture out");
        const bytes = pictures.bytes.get(image);
        if (bytes) {
          const picture = node("img");
          picture.src = pictures.address(image, bytes);
          picture.alt = "";
          remove.append(picture);
        }
        return remove;
      })
    );
    const full = ids.length >= MOST_EXAMPLES, chosen = part.querySelector(".add-chosen"), selected = part.querySelector(".add-selected");
    chosen.disabled = full || !model.chosen;
    chosen.title = model.chosen ? "The image whose card is open" : "Click a picture on the map first";
    selected.textContent = `Add the selection (${whole(model.selected)})`;
    selected.disabled = full || !model.selected;
    selected.title = model.selected ? `The first of them, up to ${MOST_EXAMPLES} in all` : "Select pictures on the map first";
  }
  function refill() {
    if (form) {
      for (const part of box.querySelectorAll(".examples")) {
        fill(part, part.dataset.kind);
      }
    }
  }
  function add(message) {
    if (!form) {
      return;
    }
    const name = `examples_${message.kind}`;
    form[name] = [.../* @__PURE__ */ new Set([...form[name], ...message.images])].slice(0, MOST_EXAMPLES);
    keep();
    refill();
    const note = box.querySelector(`.examples.${message.kind} .note`);
    if (note) {
      note.textContent = message.note;
    }
  }
  function save() {
    if (!form || saving) {
      return;
    }
    saving = true;
    clearProblems();
    box.querySelector(".save").disabled = true;
    acts.save({
      name: form.name || attributeName(form.group, form.title),
      seen_version: form.seen_version,
      form: values()
    });
  }
  function again() {
    saving = false;
    const submit = box.querySelector(".save");
    if (submit) {
      submit.disabled = false;
    }
  }
  function clearProblems() {
    for (const element of box.querySelectorAll(".problem")) {
      element.hidden = true;
      element.textContent = "";
    }
    for (const element of box.querySelectorAll("[aria-invalid]")) {
      element.removeAttribute("aria-invalid");
    }
  }
  function refuse(problems) {
    again();
    clearProblems();
    let first = null;
    for (const [name, words] of Object.entries(problems)) {
      const place = box.querySelector(`#problem-${name}`) ?? box.querySelector("#problem-form"), input = box.querySelector(`#field-${name}`);
      if (!place) {
        continue;
      }
      place.textContent = words;
      place.hidden = false;
      input?.setAttribute("aria-invalid", "true");
      first ??= input ?? place;
    }
    first?.focus?.();
    first?.scrollIntoView?.({ block: "center" });
  }
  function saved() {
    const slot = form?.slot;
    if (slot) {
      forget(slot);
    }
    form = null;
    box.replaceChildren();
  }
  function conflict(message) {
    again();
    theirs = { ...message.theirs, ...fromDefinition(message.theirs) };
    const place = box.querySelector(".conflict");
    place.hidden = false;
    place.replaceChildren(
      text("p", "", message.text),
      button("primary overwrite", `Save mine as version ${theirs.version + 1}`, "Theirs stays in the history", () => {
        form.seen_version = theirs.version;
        keep();
        save();
      })
    );
    for (const name of FORM_FIELDS) {
      const other = box.querySelector(`#field-${name}`).parentElement.querySelector(".other");
      other.replaceChildren(...form[name].trim() === theirs[name].trim() ? [] : theirWords(name));
    }
    place.scrollIntoView({ block: "nearest" });
    place.querySelector(".overwrite").focus();
  }
  function theirWords(name) {
    const words = text("blockquote", "", theirs[name] || "(nothing)");
    const use = button("plain use", "Use this", `Take what ${theirs.by} wrote`, () => {
      form[name] = theirs[name];
      keep();
      const input = box.querySelector(`#field-${name}`);
      input.value = form[name];
      use.parentElement.replaceChildren();
      input.focus();
    });
    return [text("span", "soft", `${theirs.by} wrote:`), words, use];
  }
  return {
    box,
    create,
    edit,
    add,
    refill,
    refuse,
    conflict,
    saved,
    save,
    again,
    slot: () => form?.slot ?? "",
    seen: () => form?.seen_version ?? 0,
    images: () => form ? [...form.examples_yes, ...form.examples_no] : [],
    hasKept: (slot) => recall(slot) !== null,
    close: () => {
      form = null;
      box.replaceChildren();
    },
    focus: () => box.querySelector("#field-title")?.focus({ preventScroll: true })
  };
}

// attributes/attributes_tab.js
function render({ model }) {
  const root = makeRoot(model, "div", "board ex-board");
  root.tabIndex = -1;
  const pictures = { bytes: /* @__PURE__ */ new Map(), ...makePictures("image/jpeg") };
  const notes = node("div", "notes"), overlay = node("div");
  notes.setAttribute("role", "status");
  let screen = "list";
  const send = (message) => model.send_msg(message);
  const acts = {
    create: () => {
      form.create();
      go("form");
    },
    open: (name) => {
      send({ type: "open", name });
    },
    close: () => {
      const name = detail.name();
      send({ type: "close" });
      detail.forget();
      go("list");
      list.focus(name);
    },
    edit: (entry) => {
      form.edit(entry);
      for (const one of entry.examples) {
        pictures.bytes.set(one.image, one.picture);
      }
      form.refill();
      go("form");
    },
    leave(slot) {
      form.close();
      go(detail.name() === slot ? "detail" : "list");
      screen === "detail" ? detail.focus() : list.focus(slot);
    },
    answer: (name) => send({ type: "answer", name }),
    rounds: (name) => send({ type: "rounds", name }),
    audit: (name) => send({ type: "audit", name }),
    archive: (name, archived) => send({ type: "archive", name, archived }),
    agree: (name, agree) => send({ type: "agree", name, agree }),
    bars: (name, bars) => send({ type: "bars", name, bars }),
    people: (name) => send({ type: "people", name }),
    gold: (name, count) => send({ type: "gold", name, count }),
    retire: (name, image) => send({ type: "retire", name, image }),
    permit: (name, person, allowed) => send({ type: "permit", name, person, allowed }),
    export: (name, kind) => send({ type: "export", name, kind }),
    example: (kind, from, room) => send({ type: "example", kind, from, room }),
    save: (message) => send({ type: "save", ...message }),
    want: (images) => {
      const lacking = images.filter((image) => !pictures.bytes.has(image));
      if (lacking.length) {
        send({ type: "pictures", images: lacking });
      }
    },
    instruct: (entry) => overlay.replaceChildren(
      makeInstructionsOverlay(entry, () => {
        overlay.replaceChildren();
        detail.focus();
      })
    )
  };
  const list = makeAttributeList(model, acts), detail = makeAttributeDetail(model, acts), form = makeAttributeForm(model, pictures, acts);
  root.append(notes, list.box, detail.box, form.box, overlay);
  function go(next) {
    screen = next;
    root.dataset.screen = next;
    list.box.hidden = next !== "list";
    detail.box.hidden = next !== "detail";
    form.box.hidden = next !== "form";
    if (next === "form") {
      form.focus();
    }
    try {
      sessionStorage.setItem(`${model.key}:screen`, next === "form" ? form.slot() : "");
    } catch {
    }
  }
  function note(message) {
    const line = node("div", `note ${message.kind}`);
    line.append(text("p", "", message.text));
    if (message.answer) {
      line.append(
        button("primary answer-now", "Answer it", "Answer questions about it now", () => {
          line.remove();
          acts.answer(message.answer);
        })
      );
    }
    if (message.undo) {
      line.append(
        button("undo", "Undo", "", () => {
          line.remove();
          send(message.undo);
        })
      );
    }
    const shut = button("plain", "×", "Close", () => line.remove());
    shut.setAttribute("aria-label", "Close");
    line.append(shut);
    notes.replaceChildren(line);
  }
  const told = {
    create: () => {
      if (screen !== "form") {
        acts.create();
      } else {
        form.focus();
      }
    },
    // what is typed there stays
    detail(message) {
      const wanted = screen === "list" || detail.name() !== message.name;
      detail.show(message);
      if (screen === "form" && form.slot() === message.name) {
        return newer(message);
      }
      if (screen !== "form") {
        go("detail");
      }
      if (wanted) {
        detail.focus();
        root.scrollTop = 0;
      }
    },
    pictures(message) {
      for (const one of message.pictures) {
        pictures.bytes.set(one.image, one.picture);
      }
      form.refill();
    },
    example: (message) => form.add(message),
    people: (message) => detail.people(message),
    refused: (message) => form.refuse(message.problems),
    conflict: (message) => form.conflict(message),
    saved(message) {
      form.saved();
      go("list");
      note({
        kind: "info",
        text: `Saved as version ${message.version}.`,
        answer: message.version === 1 ? message.name : ""
      });
    },
    note(message) {
      form.again();
      note(message);
    },
    file: saveFile
  };
  function newer(message) {
    if (message.version > form.seen()) {
      note({
        kind: "info",
        text: `${message.title} was changed meanwhile (version ${message.version}). Save to see both; nothing you typed is lost.`
      });
    }
  }
  const keymaps = {
    list: [{}, { "/": () => list.find(), n: acts.create }],
    detail: [
      { Escape: acts.close },
      {
        e: () => acts.edit(detail.detail()),
        i: () => acts.instruct(detail.detail()),
        a: () => {
          if (!detail.detail().archived) {
            acts.answer(detail.name());
          }
        }
      }
    ],
    form: [{ Escape: () => acts.leave(form.slot()), "Ctrl+Enter": () => form.save() }, {}]
  };
  onKeys(root, (event) => {
    const [always, letters] = keymaps[screen];
    if (pressKey(event, isTyping(event) ? always : { ...always, ...letters })) {
      event.stopPropagation();
    }
  });
  model.on("msg:custom", (message) => {
    told[message.type]?.(message);
  });
  model.on("rows", () => {
    list.show();
    detail.numbers();
  });
  model.on("ready", list.show);
  model.on("problem", list.show);
  model.on("selected", form.refill);
  model.on("chosen", form.refill);
  model.on("remove", () => pictures.keep([]));
  list.show();
  go("list");
  reopen();
  send({ type: "hello" });
  return root;
  function reopen() {
    let slot = "";
    try {
      slot = sessionStorage.getItem(`${model.key}:screen`) ?? "";
    } catch {
      return;
    }
    if (slot === "new" && form.hasKept("new")) {
      acts.create();
    }
  }
}
export {
  render
};
