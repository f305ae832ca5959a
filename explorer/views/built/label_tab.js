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
var presses = (event, buttons = "button, summary, a") => (event.key === "Enter" || event.key === " ") && Boolean(event.composedPath()[0].matches?.(buttons));
var onlyModifies = (event) => /^(Shift|Control|Alt|AltGraph|Meta|OS|CapsLock|NumLock|Fn|FnLock|Hyper|Super|Symbol|ScrollLock)$/.test(event.key);
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
function options(box, entries) {
  const now = JSON.stringify(entries);
  if (box.dataset.listed === now) {
    return;
  }
  box.dataset.listed = now;
  box.replaceChildren(
    ...entries.map(([value, words, help]) => {
      const option = text("option", "", words);
      option.value = value;
      option.title = help ?? "";
      return option;
    })
  );
}
function makePictures(mime = "image/webp") {
  const urls = /* @__PURE__ */ new Map();
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
function makeRoot(model, tag, classes) {
  const root = node(tag, `bam ${classes}`);
  const theme = () => root.classList.toggle("dark", model.dark);
  model.on("dark", theme);
  theme();
  guardKeys(root);
  return root;
}

// labeling/foot.js
var KEYS = {
  page: [
    ["←→↑↓", "move"],
    ["space", "yes"],
    ["u", "unsure"],
    ["s", "skip", "skip"],
    ["↵", "rest is no, next", "confirm"],
    ["z", "undo", "undo"]
  ],
  single: [
    ["y", "yes"],
    ["n", "no"],
    ["u", "unsure"],
    ["s", "skip", "skip"],
    ["←", "previous", "previous"],
    ["z", "undo", "undo"]
  ],
  caption: [
    ["↵", "save and next"],
    ["Esc s", "skip", "skip"],
    ["Esc z", "undo", "undo"]
  ]
};
var RULES = [
  [1, "One answer settles an image"],
  [2, "Two must agree; splits go to a third"],
  [3, "Three must agree; splits go on to five"]
];
var Foot = class {
  #acts;
  box = node("footer", "foot");
  #keys = node("div", "keys");
  #saved = text("div", "saved", "");
  #goal = node("div", "goal");
  #bar = node("i");
  #goalWords = text("span", "", "");
  #more = node("details", "more");
  #ask = node("div", "ask");
  #queue = node("div", "queue");
  #people = node("div", "people");
  #rule = node("label", "rule");
  #agree = node("select");
  #leave;
  #listed = "";
  #mode = "";
  constructor(acts) {
    this.#acts = acts;
    this.#goal.append(this.#bar, this.#goalWords);
    this.#saved.setAttribute("role", "status");
    options(this.#agree, RULES);
    this.#agree.addEventListener("change", () => this.#acts.agree(Number(this.#agree.value)));
    this.#rule.append(text("span", "soft", "Rule"), this.#agree);
    this.#more.append(
      text("summary", "", "Questions, people, rule"),
      text("h4", "", "Ask next"),
      this.#ask,
      this.#queue,
      text("h4", "", "Here now"),
      this.#people,
      this.#rule
    );
    this.#leave = button("plain", "Somebody else", "Stop answering under this name", this.#acts.leave);
    this.box.append(this.#keys, this.#goal, this.#saved, this.#more);
  }
  update(status, outbox) {
    const work = status.work, wanted = work.captions ? "caption" : work.mode;
    if (wanted !== this.#mode) {
      this.#mode = wanted;
      this.#keys.replaceChildren(...KEYS[this.#mode].map(this.#hint));
    }
    const counts = status.counts, ready = Boolean(counts) && !work.captions;
    this.#goal.hidden = !ready;
    if (ready) {
      const far = Math.min(1, counts.yes / status.goal);
      this.#bar.style.width = `${far * 100}%`;
      this.#goalWords.textContent = counts.yes < status.goal ? `${counts.yes} of ${status.goal} positives to begin with · ${counts.no} no · ${counts.unsure} unsure${counts.split ? ` · ${counts.split} split` : ""}${counts.open ? ` · ${counts.open} wait for another opinion` : ""}` : `${counts.yes} yes · ${counts.no} no · ${counts.unsure} unsure${counts.split ? ` · ${counts.split} split` : ""}${counts.open ? ` · ${counts.open} wait for another opinion` : ""}`;
    }
    const parts = [`${outbox.saved().toLocaleString("en")} saved`];
    if (outbox.pending()) {
      parts.push(`${outbox.pending()} on the way`);
    }
    if (status.left) {
      parts.push(`${status.left.toLocaleString("en")} to ask`);
    }
    if (status.pace) {
      parts.push(`${status.pace.toLocaleString("en")} an hour`);
    }
    if (status.left && status.minutes) {
      parts.push(`about ${status.minutes} min left`);
    }
    if (status.consistency) {
      parts.push(status.consistency);
    }
    if (status.qualified) {
      parts.push(status.qualified);
    }
    this.#saved.textContent = parts.join(" · ");
    this.#more.hidden = !status.me.id;
    this.#agree.value = status.attribute?.agree ?? 1;
    this.#rule.hidden = !status.attribute || work.captions;
    this.#offer(status);
    this.#line(status);
    this.#crowd(status);
  }
  #hint = ([key, words, act]) => {
    const one = act ? button("hint", "", "", () => {
      this.#acts[act]();
      this.#acts.focus();
    }) : node("span");
    one.append(text("kbd", "", key), ` ${words}`);
    return one;
  };
  #offer(status) {
    const now = JSON.stringify([status.sources, status.clusters]);
    if (now === this.#listed) {
      return;
    }
    this.#listed = now;
    this.#ask.replaceChildren(
      ...status.sources.map((source) => {
        const form = node("form", "source"), go = text("button", "", source.title);
        go.type = "submit";
        go.title = source.help;
        go.disabled = !source.enabled;
        form.dataset.source = source.key;
        let field = null;
        if (source.takes === "words") {
          field = node("input");
          field.type = "search";
          field.maxLength = 200;
          field.placeholder = "bird";
          field.value = source.value ?? "";
          field.setAttribute("aria-label", "Words in captions");
        } else if (source.takes === "cluster") {
          field = node("select");
          field.setAttribute("aria-label", "Cluster");
          options(
            field,
            status.clusters.map((cluster) => [cluster.key, cluster.text])
          );
        }
        form.append(
          go,
          ...field ? [field] : [],
          ...source.count === void 0 ? [] : [text("span", "soft", source.count.toLocaleString("en"))]
        );
        if (source.takes === "cluster") {
          form.append(
            button(
              "",
              "Select",
              "Select its images, to look at them or label them at once",
              () => this.#acts.selectCluster(field.value)
            )
          );
        }
        form.addEventListener("submit", (event) => {
          event.preventDefault();
          this.#more.open = false;
          this.#acts.source(source.key, field?.value ?? "");
          this.#acts.focus();
        });
        return form;
      })
    );
  }
  #line(status) {
    this.#queue.replaceChildren(
      ...status.batches.length ? [text("h4", "", "In the queue")] : [],
      ...status.batches.map((batch) => {
        const row = node("div", "batch"), only = button(
          "",
          "only these",
          "Answer this part of the queue alone",
          () => this.#acts.work({ batch: status.work.batch === batch.id ? "" : batch.id })
        );
        only.setAttribute("aria-pressed", status.work.batch === batch.id);
        row.append(
          text("span", "title", batch.title),
          text("span", "soft", `${batch.left.toLocaleString("en")} left`),
          only,
          ...batch.fixed ? [] : [button("", "×", "Ask these no more", () => this.#acts.cancel(batch.id))]
        );
        return row;
      })
    );
  }
  #crowd(status) {
    this.#people.replaceChildren(
      ...status.people.map((person) => {
        const row = node("div", "person"), doing = [person.me ? "you" : "", person.doing, person.holding ? `holds ${person.holding}` : ""].filter(
          Boolean
        );
        row.append(
          node("i"),
          text("span", "title", person.name),
          text("span", "soft", doing.join(" · ")),
          ...person.me ? [this.#leave] : []
        );
        return row;
      })
    );
  }
  openMore() {
    this.#more.open = true;
  }
};

// labeling/head.js
var SIZES = [6, 12, 24, 48];
function makeHead(acts) {
  const box = node("header", "head"), line = node("div", "line"), question = node("p", "question"), modes = node("div", "line modes");
  const choose = node("select", "attribute"), size = node("select", "size");
  const wide = button("", "⤢", "Wider (w)", acts.wide), help = button("", "Instructions", "What counts and what does not (i)", acts.instructions);
  const ways = [
    ["page", "Page", "Mark those that match on a page of images"],
    ["single", "One at a time", "One large image after the other"]
  ].map(([key, words, about]) => {
    const one = button("", words, about, () => acts.work({ mode: key, captions: false }));
    one.dataset.mode = key;
    return one;
  });
  const describe = button(
    "",
    "Describe",
    "Write a short description of each image",
    () => acts.work({ captions: true })
  );
  choose.setAttribute("aria-label", "Attribute");
  size.setAttribute("aria-label", "Images on a page");
  size.title = "Images on a page";
  choose.addEventListener("change", () => {
    acts.work({ attribute: choose.value, batch: "", captions: false });
  });
  size.addEventListener("change", () => {
    acts.work({ size: Number(size.value) });
  });
  options(
    size,
    SIZES.map((count) => [count, `${count} images`])
  );
  line.append(choose, help, wide);
  modes.append(...ways, describe, size);
  box.append(line, question, modes);
  let listed = "";
  function update(status) {
    const now = JSON.stringify(status.attributes);
    if (now !== listed) {
      listed = now;
      const groups = [...new Set(status.attributes.map((entry) => entry.group))].map((name) => {
        const group = node("optgroup"), members = status.attributes.filter((entry) => entry.group === name);
        group.label = name;
        options(
          group,
          members.map((entry) => [entry.name, entry.title])
        );
        return group;
      });
      options(choose, [["", "Choose an attribute …"]]);
      choose.replaceChildren(choose.firstChild, ...groups);
    }
    const work = status.work;
    choose.value = work.captions ? "" : work.attribute;
    size.value = work.size;
    size.hidden = work.captions || work.mode !== "page";
    help.hidden = !status.attribute || work.captions;
    question.hidden = !(status.attribute || work.captions);
    question.textContent = work.captions ? "What does the picture show? One short sentence, as you would tell somebody who cannot see it." : status.attribute?.question || `Does the picture show: ${status.attribute?.title ?? ""}?`;
    for (const way of ways) {
      way.setAttribute("aria-pressed", !work.captions && way.dataset.mode === work.mode);
    }
    describe.setAttribute("aria-pressed", work.captions);
  }
  return { box, update };
}
function makeJoin(acts) {
  const form = node("form", "join"), field = node("input"), begin = text("button", "primary", "Begin");
  field.type = "text";
  field.maxLength = 80;
  field.autocomplete = "nickname";
  field.placeholder = "Your name";
  field.setAttribute("aria-label", "Your name");
  begin.type = "submit";
  const line = node("div", "line");
  line.append(field, begin);
  const why = text("p", "notice why", "");
  why.setAttribute("role", "status");
  why.hidden = true;
  form.append(
    text("h3", "", "Teach it what you see"),
    why,
    text(
      "p",
      "soft",
      "You look at pictures and say whether they match. Every answer is kept with the name you choose, saved at once, and can be undone."
    ),
    line
  );
  form.ask = (words) => {
    why.textContent = words;
    why.hidden = !words;
    setTimeout(() => field.focus(), 100);
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (field.value.trim()) {
      acts.join(field.value);
    }
  });
  return form;
}
function makeDoubt(acts) {
  const box = node("div", "doubt ex-doubt"), words = text("p", "", ""), line = node("div", "line");
  box.setAttribute("role", "alert");
  box.hidden = true;
  line.append(
    button("", "No to all", "Enter", () => {
      acts.confirm();
      acts.focus();
    }),
    button("", "Cancel", "Esc", acts.certain)
  );
  box.append(words, line);
  return {
    box,
    show(count) {
      box.hidden = !count;
      words.textContent = count ? `Nothing is marked. Enter again says no to all ${count}.` : "";
    }
  };
}
var Notices = class {
  #acts;
  box = node("div", "notices");
  #passing = [];
  #key = "";
  constructor(acts) {
    this.#acts = acts;
  }
  say(words, kind = "info") {
    this.#passing = [...this.#passing.filter((entry) => entry.words !== words), { words, kind }].slice(-3);
    this.draw({}, "");
    setTimeout(() => {
      this.#passing = this.#passing.filter((entry) => entry.words !== words);
      this.#key = "";
      this.box.dispatchEvent(new Event("again"));
    }, 9e3);
  }
  #notice(kind, words, ...choices) {
    const one = node("div", `notice ${kind}`), line = node("div", "line");
    one.setAttribute("role", kind === "error" ? "alert" : "status");
    line.append(...choices.map(([label, act, classes]) => button(classes ?? "", label, "", act)));
    one.append(text("p", "", words), ...choices.length ? [line] : []);
    return one;
  }
  draw(status, problem) {
    const found = [];
    if (problem) {
      found.push(["error", `Not saved yet: ${problem}`, ["Try again", this.#acts.again]]);
    }
    if (status.problem) {
      found.push(["error", status.problem]);
    }
    if (status.elsewhere) {
      found.push([
        "warning",
        "You went on in another window; this one waits. What you answered here is saved.",
        ["Go on here", this.#acts.takeOver, "primary"]
      ]);
    }
    if (status.idle) {
      found.push([
        "info",
        "You were away for five minutes, so others may get your page.",
        ["Go on", this.#acts.alive, "primary"]
      ]);
    }
    if (status.hasty) {
      found.push([
        "warning",
        `You answered “${status.hasty.value}” ${status.hasty.count} times in a row within a minute. Is that meant?`,
        ["Yes, keep them", () => this.#acts.meant(true)],
        [`No, undo all ${status.hasty.count}`, () => this.#acts.meant(false), "primary"]
      ]);
    }
    if (status.closed && !status.work.captions) {
      found.push(["info", status.closed]);
    }
    if (status.check) {
      found.push(...this.#checkNotice(status.check));
    }
    for (const entry of this.#passing) {
      found.push([entry.kind, entry.words]);
    }
    const now = JSON.stringify(found);
    if (now === this.#key) {
      return;
    }
    this.#key = now;
    this.box.replaceChildren(...found.map((entry) => this.#notice(...entry)));
  }
  #checkNotice(check) {
    const count = check.images.toLocaleString("en");
    if (check.answered < check.size) {
      return [
        [
          "info",
          `Spot check of ${count} images labelled ${check.value} at once: ${check.answered} of ${check.size} looked at.`,
          ["Roll the stroke back", () => this.#acts.stroke("rollback", check)],
          ["Keep it unchecked", () => this.#acts.stroke("keep", check)]
        ]
      ];
    }
    return [
      [
        check.wrong ? "warning" : "info",
        `Spot check done: ${check.wrong} of ${check.size} differ from “${check.value}” (${check.low} to ${check.high} % of all ${count} with 95 % confidence${check.unsure ? `; ${check.unsure} unsure, counted as different` : ""}).`,
        ["Keep the stroke", () => this.#acts.stroke("keep", check), check.wrong ? "" : "primary"],
        ["Roll it back", () => this.#acts.stroke("rollback", check), check.wrong ? "primary" : ""]
      ]
    ];
  }
};

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

// labeling/outbox.js
var RETRY = 4e3;
var Outbox = class {
  #model;
  #key;
  #told;
  #place;
  #acts = [];
  #timer = 0;
  #saved = 0;
  #problem = "";
  #forgetful = false;
  constructor(model, key, told) {
    this.#model = model;
    this.#key = key;
    this.#told = told;
    const window_id = crypto.randomUUID?.() ?? String(Math.random());
    this.#place = `bam-explorer:outbox:${this.#key}:${window_id}`;
    addEventListener("beforeunload", this.#leaving);
  }
  #keep() {
    try {
      this.#acts.length ? localStorage.setItem(this.#place, JSON.stringify(this.#acts)) : localStorage.removeItem(this.#place);
    } catch {
      this.#forgetful = true;
    }
    this.#told();
  }
  add(annotator, act) {
    this.#acts.push({ ...act, annotator });
    this.#keep();
    this.#send(act);
  }
  #send(act) {
    this.#model.send_msg({ type: "act", ...act });
  }
  again = () => {
    clearTimeout(this.#timer);
    for (const { annotator, ...act } of this.#acts) {
      this.#send(act);
    }
  };
  acknowledge(id, counted) {
    const before = this.#acts.length;
    this.#acts = this.#acts.filter((act) => act.id !== id);
    if (this.#acts.length < before) {
      this.#saved += counted;
      this.#problem = "";
    }
    if (this.#acts.length < before) {
      this.#keep();
    }
  }
  fail(message) {
    this.#problem = message.text;
    if (message.again) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(this.again, RETRY);
    } else {
      this.#acts = this.#acts.filter((act) => act.id !== message.id);
    }
    this.#keep();
  }
  // What another page of this browser left behind when it closed, or this one before it was loaded anew.
  adopt() {
    try {
      for (const name of Object.keys(localStorage)) {
        if (!name.startsWith(`bam-explorer:outbox:${this.#key}:`) || name === this.#place) {
          continue;
        }
        const known = new Set(this.#acts.map((act) => act.id));
        this.#acts.push(...JSON.parse(localStorage.getItem(name)).filter((act) => !known.has(act.id)));
        localStorage.removeItem(name);
      }
    } catch {
    }
    this.#keep();
    return this.#acts;
  }
  // Somebody else works here now: what is not theirs waits until its person is back.
  keepFor(annotator) {
    const others = this.#acts.filter((act) => act.annotator !== annotator);
    if (!others.length) {
      return;
    }
    this.#acts = this.#acts.filter((act) => act.annotator === annotator);
    try {
      localStorage.setItem(`bam-explorer:outbox:${this.#key}:${others[0].annotator}`, JSON.stringify(others));
    } catch {
    }
    this.#keep();
  }
  // A browser that keeps nothing asks before it is left; any other sends the rest when the page is opened again.
  #leaving = (event) => {
    if (this.#forgetful && this.#acts.length) {
      event.preventDefault();
    }
  };
  problem() {
    return this.#problem;
  }
  saved() {
    return this.#saved;
  }
  pending() {
    return this.#acts.length;
  }
  answersOf(id) {
    return this.#acts.find((act) => act.id === id)?.replies?.length ?? 1;
  }
  close() {
    clearTimeout(this.#timer);
    removeEventListener("beforeunload", this.#leaving);
  }
};

// labeling/pages.js
var LEFT_BEHIND = 6;
var Pages = class {
  #queue = [];
  #history = [];
  #at = 0;
  current() {
    return this.#queue[0];
  }
  item() {
    return this.current()?.items[this.#at];
  }
  receive(message) {
    const page = this.#queue.find((one) => one.id === message.page) ?? this.#history.find((one) => one.id === message.page);
    const marks = Object.entries(message.marks).map(([draw, value]) => [Number(draw), value]);
    if (page) {
      for (const item of message.items) {
        page.sent.delete(item.draw);
      }
      for (const [draw, value] of marks) {
        page.marks.set(draw, value);
      }
      this.#history = this.#history.filter((one) => one !== page);
      this.#queue = [page, ...this.#queue.filter((one) => one !== page)];
      this.#at = Math.max(
        0,
        page.items.findIndex((item) => item.draw === message.items[0].draw)
      );
      return;
    }
    const fresh = {
      id: message.page,
      attribute: message.attribute,
      captions: message.captions,
      items: message.items,
      marks: new Map(marks),
      sent: /* @__PURE__ */ new Map(),
      skipped: /* @__PURE__ */ new Set()
    };
    if (message.first) {
      this.#queue.unshift(fresh);
      this.#at = 0;
    } else {
      this.#queue.push(fresh);
    }
  }
  // Images that were answered on another page are not asked on this one.
  drop(id, draws) {
    const page = this.#queue.find((one) => one.id === id), before = this.item()?.draw;
    if (!page) {
      return;
    }
    page.items = page.items.filter((one) => !draws.includes(one.draw));
    if (!page.items.length) {
      this.#queue = this.#queue.filter((one) => one !== page);
    }
    this.#at = Math.max(
      0,
      (this.current()?.items ?? []).findIndex((one) => one.draw === before)
    );
  }
  leave() {
    const page = this.#queue.shift();
    this.#at = 0;
    if (page) {
      this.#history.push(page);
    }
    if (this.#history.length > LEFT_BEHIND) {
      this.#history.shift();
    }
  }
  back() {
    const page = this.#history.pop();
    if (!page) {
      return false;
    }
    this.#queue.unshift(page);
    this.#at = page.items.length - 1;
    return true;
  }
  clear() {
    this.#queue = [];
    this.#history = [];
    this.#at = 0;
  }
  // Replies that would tell the server something new: all that is not skipped, untouched ones as `rest`.
  replies(page, rest) {
    return page.items.filter((item) => !page.skipped.has(item.draw)).map((item) => [item.draw, page.marks.get(item.draw) ?? page.sent.get(item.draw) ?? rest]).filter(([draw, value]) => value && page.sent.get(draw) !== value);
  }
  begun() {
    return this.#at > 0 || this.#queue.some((page) => page.marks.size || page.sent.size || page.skipped.size);
  }
  all() {
    return [...this.#queue, ...this.#history];
  }
  waiting() {
    return this.#queue.slice(1);
  }
  count() {
    return this.#queue.length;
  }
  set at(place) {
    this.#at = place;
  }
};
function makeWatch() {
  let begun = performance.now(), gathered = 0;
  const stop = () => {
    gathered += performance.now() - begun;
    begun = performance.now();
  };
  const seen = () => {
    if (document.hidden) {
      stop();
    } else {
      begun = performance.now();
    }
  };
  document.addEventListener("visibilitychange", seen);
  return {
    restart() {
      begun = performance.now();
      gathered = 0;
    },
    seconds() {
      return (gathered + (document.hidden ? 0 : performance.now() - begun)) / 1e3;
    },
    close() {
      document.removeEventListener("visibilitychange", seen);
    }
  };
}

// labeling/sheet.js
var SIGNS = { yes: "✓", no: "✗", unsure: "?", skip: "–" };
var GAP = 6;
var Sheet = class {
  #pictures;
  #acts;
  box = node("div", "sheet");
  #tiles = /* @__PURE__ */ new Map();
  #shown = "";
  #kind = "";
  #watcher;
  constructor(pictures, acts) {
    this.#pictures = pictures;
    this.#acts = acts;
    this.#watcher = new ResizeObserver(this.#fit);
  }
  draw(pages, mode) {
    const page = pages.current();
    if (!page) {
      this.#shown = "";
      this.box.replaceChildren();
      return;
    }
    const wanted = page.captions ? "caption" : mode, key = `${page.id}:${wanted}:${wanted === "page" ? "" : pages.item()?.draw}`;
    if (key !== this.#shown || this.#kind !== wanted) {
      this.#shown = key;
      this.#kind = wanted;
      this.box.className = `sheet ${wanted}`;
      if (wanted === "page") {
        this.#grid(page);
      } else {
        this.#single(page, pages.item(), wanted);
      }
    }
    if (wanted === "page") {
      this.#mark(page, pages.at);
    }
  }
  #picture(page, item) {
    const image = node("img");
    image.src = this.#pictures.address(item.draw, item.picture);
    image.alt = item.words;
    image.draggable = false;
    return image;
  }
  #grid(page) {
    this.#tiles = /* @__PURE__ */ new Map();
    this.box.replaceChildren(
      ...page.items.map((item, place) => {
        const tile = button(
          "tile",
          "",
          item.words,
          (event) => this.#acts.toggle(place, event.shiftKey || event.altKey ? "unsure" : "yes")
        );
        tile.append(this.#picture(page, item), node("i"));
        tile.tabIndex = -1;
        Object.assign(tile.dataset, { draw: item.draw, image: item.image });
        tile.addEventListener("contextmenu", (event) => {
          event.preventDefault();
          this.#acts.toggle(place, "unsure");
        });
        tile.addEventListener("dblclick", () => this.#acts.enlarge(place));
        this.#tiles.set(item.draw, tile);
        return tile;
      })
    );
    this.#fit();
  }
  #mark(page, at) {
    page.items.forEach((item, place) => {
      const tile = this.#tiles.get(item.draw), value = page.skipped.has(item.draw) ? "skip" : page.marks.get(item.draw) ?? "";
      tile.dataset.value = value;
      tile.classList.toggle("focus", place === at);
      tile.lastChild.textContent = SIGNS[value] ?? "";
      tile.setAttribute("aria-pressed", value === "yes");
      tile.setAttribute("aria-label", `${item.words}: ${value || "not marked"}`);
    });
  }
  #single(page, item, wanted) {
    const figure = node("figure", "ex-picture"), words = text("p", "words soft", item.words);
    figure.append(this.#picture(page, item));
    Object.assign(figure.dataset, { draw: item.draw, image: item.image });
    figure.addEventListener("dblclick", () => this.#acts.enlarge());
    const before = page.marks.get(item.draw);
    const parts = [figure, words];
    if (wanted === "caption") {
      parts.push(this.#caption(before));
    } else {
      const row = node("div", "choices");
      for (const [value, title] of [
        ["yes", "Yes"],
        ["no", "No"],
        ["unsure", "Unsure"]
      ]) {
        const choice = button(`choice ${value}`, title, "", () => this.#acts.say(value));
        choice.append(text("kbd", "", value[0]));
        choice.setAttribute("aria-pressed", before === value);
        row.append(choice);
      }
      parts.push(row);
    }
    this.box.replaceChildren(...parts);
    if (wanted === "caption") {
      this.box.querySelector("textarea").focus({ preventScroll: true });
    }
  }
  #caption(before) {
    const form = node("form", "describe"), field = node("textarea"), save = text("button", "primary", "Save and next");
    field.rows = 3;
    field.maxLength = 2e3;
    field.value = before ?? "";
    field.placeholder = "What does the picture show? One short sentence.";
    field.setAttribute("aria-label", "Description");
    save.type = "submit";
    form.append(field, save);
    field.addEventListener("input", () => this.#acts.typing(field.value));
    const done = () => {
      if (field.value.trim()) {
        this.#acts.describe(field.value);
      }
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      done();
    });
    onKeys(field, (event) => {
      if (!event.shiftKey && pressKey(event, { Enter: done })) {
        event.stopPropagation();
      }
    });
    return form;
  }
  // As large as the pictures may be while all of them are in sight. Found once a page and when the tab changes its
  // size, never because a notice comes or goes: pictures must not move under somebody's fingers.
  #fit = () => {
    if (this.#kind !== "page" || !this.#tiles.size) {
      return;
    }
    const wide = this.box.clientWidth - 8, high = this.box.clientHeight - 8;
    let columns = 2;
    for (; columns < 16; columns += 1) {
      const side = (wide - GAP * (columns - 1)) / columns, rows = Math.ceil(this.#tiles.size / columns);
      if (rows * side + GAP * (rows - 1) <= high || side < 56) {
        break;
      }
    }
    this.box.style.setProperty("--columns", columns);
    this.box.dataset.columns = columns;
  };
  columns() {
    return Number(this.box.dataset.columns || 1);
  }
  watch(tab) {
    return this.#watcher.observe(tab);
  }
  close() {
    return this.#watcher.disconnect();
  }
  forget() {
    this.#shown = "";
  }
};
function makeEnlarged(pictures) {
  const overlay = node("div", "enlarged"), image = node("img");
  overlay.hidden = true;
  overlay.append(image);
  overlay.addEventListener("click", () => {
    overlay.hidden = true;
  });
  return {
    element: overlay,
    toggle(item) {
      overlay.hidden = !overlay.hidden || !item;
      if (!overlay.hidden) {
        image.src = pictures.address(item.draw, item.picture);
        image.alt = item.words;
      }
    },
    get open() {
      return !overlay.hidden;
    }
  };
}

// labeling/label_tab.js
var ALIVE_EVERY = 2e4;
function render({ model }) {
  const root = makeRoot(model, "section", "labeling ex-labeling");
  root.tabIndex = -1;
  const pages = new Pages(), pictures = makePictures(), watch = makeWatch(), store = `bam-explorer:work:${model.key}`;
  let me = null, era = 0, alive = 0, turned = 0, nothing = false, way = "", doubted = null;
  const outbox = new Outbox(model, model.key, () => update());
  const acts = {
    join: (name) => model.send_msg({ type: "join", name }),
    leave: () => model.send_msg({ type: "leave" }),
    work: (choice) => begin(choice),
    wide: () => model.send_msg({ type: "wide" }),
    instructions: () => toggleInstructions(),
    focus: () => root.focus({ preventScroll: true }),
    again: () => outbox.again(),
    takeOver: () => model.send_msg({ type: "take_over" }),
    alive: () => {
      alive = 0;
      note();
    },
    meant: (yes) => model.send_msg({ type: "meant", yes }),
    stroke: (what, check) => model.send_msg({ type: "stroke", what, act: check.act, batch: check.batch }),
    agree: (count) => model.send_msg({ type: "agree", count }),
    cancel: (batch) => model.send_msg({ type: "cancel", batch }),
    source: (key2, value) => {
      putAway();
      show();
      model.send_msg({ type: "source", key: key2, value });
    },
    selectCluster: (value) => model.send_msg({ type: "select_cluster", value }),
    typing: (words) => {
      const page = pages.current();
      page.marks.set(pages.item().draw, words);
      remember(page);
    },
    confirm,
    skip,
    previous,
    undo: () => change("undo"),
    certain: () => {
      doubted = null;
      update();
      acts.focus();
    },
    toggle,
    say,
    describe,
    enlarge: (place) => enlarged.toggle(pages.current()?.items[place ?? pages.at])
  };
  const head = makeHead(acts), notices = new Notices(acts), foot = new Foot(acts), join = makeJoin(acts), doubt = makeDoubt(acts), sheet = new Sheet(pictures, acts), enlarged = makeEnlarged(pictures);
  const empty = node("div", "empty"), instructions = node("div", "instructions-place");
  sheet.watch(root);
  root.append(join, head.box, notices.box, sheet.box, empty, doubt.box, foot.box, enlarged.element, instructions);
  function begin(choice) {
    if (choice.mode) {
      way = choice.mode;
    }
    const other = Object.keys(choice).some((name) => name !== "mode" && name !== "captions"), fresh2 = other || choice.captions !== model.status.work.captions;
    if (fresh2) {
      putAway();
    }
    show();
    model.send_msg({ type: "work", ...choice, fresh: fresh2 });
    acts.focus();
  }
  function putAway() {
    era = null;
    nothing = false;
    pages.clear();
  }
  const blocked = () => !me || model.status.elsewhere || model.status.hasty;
  const mode = () => way || model.status.work.mode;
  function mark(value) {
    const page = pages.current(), item = pages.item();
    if (!page || !item) {
      return;
    }
    doubted = null;
    page.skipped.delete(item.draw);
    page.marks.get(item.draw) === value ? page.marks.delete(item.draw) : page.marks.set(item.draw, value);
    remember(page);
    show();
  }
  function toggle(place, value) {
    if (blocked()) {
      return;
    }
    pages.at = place;
    mark(value);
    acts.focus();
  }
  function all() {
    const page = pages.current();
    if (!page) {
      return;
    }
    const open = page.items.filter((item) => !page.marks.has(item.draw) && !page.skipped.has(item.draw));
    if (open.length) {
      open.forEach((item) => page.marks.set(item.draw, "yes"));
    } else {
      page.marks.clear();
    }
    remember(page);
    show();
  }
  function skip() {
    const page = pages.current(), item = pages.item();
    if (!page || !item) {
      return;
    }
    if (mode() === "page" && !page.captions) {
      doubted = null;
      page.marks.delete(item.draw);
      page.skipped.has(item.draw) ? page.skipped.delete(item.draw) : page.skipped.add(item.draw);
      return show();
    }
    page.skipped.add(item.draw);
    model.send_msg({ type: "skip", page: page.id, draws: [item.draw] });
    step();
  }
  function confirm() {
    const page = pages.current();
    if (!page || blocked() || root.dataset.shown !== root.dataset.place) {
      return;
    }
    if (rest(page) && !page.marks.size && doubted !== page) {
      doubted = page;
      return update();
    }
    const replies = pages.replies(page, "no"), skipped = page.items.filter((item) => page.skipped.has(item.draw)).map((item) => item.draw);
    if (replies.length) {
      record(page, replies);
    }
    if (skipped.length) {
      model.send_msg({ type: "skip", page: page.id, draws: skipped });
    }
    forget(page);
    turn();
  }
  const rest = (page) => pages.replies(page, "no").filter(([draw]) => !page.marks.has(draw)).length;
  function say(value) {
    const page = pages.current(), item = pages.item();
    if (!page || !item || blocked()) {
      return;
    }
    if (page.sent.get(item.draw) !== value) {
      record(page, [[item.draw, value]]);
    }
    step();
  }
  function describe(words) {
    const page = pages.current(), item = pages.item();
    if (!page || !item || blocked()) {
      return;
    }
    outbox.add(me, {
      id: fresh(),
      page: page.id,
      kind: "caption",
      draw: item.draw,
      image: item.image,
      text: words,
      seconds: watch.seconds()
    });
    page.sent.set(item.draw, words);
    page.marks.set(item.draw, words);
    step();
  }
  function record(page, replies) {
    const each = watch.seconds() / replies.length;
    outbox.add(me, {
      id: fresh(),
      page: page.id,
      kind: "answer",
      replies: replies.map(([draw, value]) => [draw, value, each])
    });
    for (const [draw, value] of replies) {
      page.sent.set(draw, value);
      page.marks.set(draw, value);
    }
  }
  const fresh = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  function step() {
    const page = pages.current();
    let next = pages.at + 1;
    while (page && next < page.items.length && (page.sent.has(page.items[next].draw) || page.skipped.has(page.items[next].draw))) {
      next += 1;
    }
    if (!page || next >= page.items.length) {
      return turn();
    }
    pages.at = next;
    turned = performance.now();
    watch.restart();
    show();
  }
  function turn() {
    pages.leave();
    turned = performance.now();
    watch.restart();
    show();
  }
  function previous() {
    if (mode() === "single" && pages.at > 0 && pages.current()) {
      pages.at -= 1;
    } else if (!pages.back()) {
      return notices.say("There is nothing further back here. Undo (z) goes on.");
    }
    if (mode() === "page") {
      pages.at = 0;
    }
    watch.restart();
    show();
  }
  const change = (type) => {
    if (me) {
      model.send_msg({ type, id: fresh() });
    }
  };
  function show() {
    const page = pages.current();
    if (doubted !== page) {
      doubted = null;
    }
    enlarged.open && enlarged.toggle();
    update();
    sheet.draw(pages, mode());
    pictures.keep(pages.all().flatMap((one) => one.items.map((item) => item.draw)));
    root.dataset.page = page?.id ?? "";
    root.dataset.draw = pages.item()?.draw ?? "";
    root.dataset.at = pages.at;
    root.dataset.place = !page ? "" : mode() === "page" && !page.captions ? page.id : `${page.id}:${pages.item()?.draw}`;
    root.dataset.hand = pages.count();
    if (page) {
      painted();
    }
  }
  async function painted() {
    const from = turned, place = root.dataset.place, images = [...sheet.box.querySelectorAll("img")];
    turned = 0;
    await Promise.all(images.map((image) => image.decode().catch(() => null)));
    requestAnimationFrame(() => {
      if (from) {
        root.dataset.turn = Math.round(performance.now() - from);
      }
      root.dataset.shown = place;
    });
  }
  function update() {
    const status = model.status;
    join.hidden = Boolean(me) || !status.known;
    head.box.hidden = foot.box.hidden = !me;
    head.update(status);
    foot.update(status, outbox);
    notices.draw(status, outbox.problem());
    const page = pages.current();
    doubt.show(doubted && doubted === page && !status.hasty ? rest(page) : 0);
    sheet.box.hidden = !me || !page || Boolean(status.hasty);
    empty.hidden = !me || Boolean(page);
    if (!empty.hidden) {
      empty.replaceChildren(...emptyWords(status));
    }
    Object.assign(root.dataset, {
      saved: outbox.saved(),
      pending: outbox.pending(),
      me: me ?? "",
      labels: Object.values(status.counts ?? {}).reduce((sum, one) => sum + one, 0),
      nothing,
      doubt: !doubt.box.hidden
    });
  }
  function emptyHint(status) {
    if (status.closed) {
      return status.closed;
    }
    if (status.left) {
      return "What is left waits for other people's opinions.";
    }
    if (status.counts?.yes) {
      return "Choose below what to ask next: more like the yes answers finds the others soonest.";
    }
    return "Choose below what to ask next: words in captions are the quickest way to the first positives.";
  }
  function emptyWords(status) {
    if (!status.attribute && !status.work.captions && !status.attributes.length) {
      const add = button(
        "primary define",
        "Add an attribute",
        "Say what the question is",
        () => model.send_msg({ type: "define" })
      );
      return [
        text("h3", "", "What shall it learn?"),
        text(
          "p",
          "soft",
          "First say what to look for: one yes or no question about a picture, such as: does it show a bird?"
        ),
        add
      ];
    }
    if (!status.attribute && !status.work.captions) {
      return [
        text("h3", "", "What shall it learn?"),
        text("p", "soft", "Choose an attribute above, or define a new one in the Attributes tab.")
      ];
    }
    if (status.left > 0 && status.held >= status.left) {
      return [
        text(
          "p",
          "soft",
          `The last ${status.held} images are with other people. They come to you if those people leave.`
        )
      ];
    }
    if (nothing) {
      foot.openMore();
      return [text("h3", "", "Nothing is asked now"), text("p", "soft", emptyHint(status))];
    }
    return [text("p", "soft", "Getting the next pictures …")];
  }
  function remember(page) {
    try {
      sessionStorage.setItem(`${store}:${page.id}`, JSON.stringify([...page.marks]));
    } catch {
    }
  }
  function forget(page) {
    try {
      sessionStorage.removeItem(`${store}:${page.id}`);
    } catch {
    }
  }
  function recall(page) {
    try {
      for (const [draw, value] of JSON.parse(sessionStorage.getItem(`${store}:${page.id}`) ?? "[]")) {
        page.marks.set(draw, value);
      }
    } catch {
    }
  }
  function toggleInstructions() {
    const open = instructions.firstChild;
    instructions.replaceChildren();
    if (open || !model.status.attribute) {
      return acts.focus();
    }
    model.send_msg({ type: "instructions" });
  }
  const move = (by) => {
    const page = pages.current();
    if (page) {
      pages.at = Math.max(0, Math.min(page.items.length - 1, pages.at + by));
      show();
    }
  };
  const shared = {
    z: acts.undo,
    "Shift+z": () => change("redo"),
    e: () => acts.enlarge(),
    s: skip,
    i: toggleInstructions,
    w: acts.wide,
    Escape: () => {
      doubted ? acts.certain() : enlarged.open ? enlarged.toggle() : instructions.replaceChildren();
    }
  };
  const keymaps = {
    page: {
      ArrowLeft: () => move(-1),
      ArrowRight: () => move(1),
      ArrowUp: () => move(-sheet.columns()),
      ArrowDown: () => move(sheet.columns()),
      " ": () => mark("yes"),
      y: () => mark("yes"),
      n: () => mark("no"),
      u: () => mark("unsure"),
      a: all,
      Enter: confirm,
      Backspace: previous
    },
    single: {
      y: () => say("yes"),
      n: () => say("no"),
      u: () => say("unsure"),
      ArrowLeft: previous,
      Backspace: previous,
      1: () => say("yes"),
      2: () => say("no"),
      3: () => say("unsure")
    },
    caption: { ArrowLeft: previous }
  };
  function key(event) {
    if (!me) {
      return;
    }
    if (isTyping(event)) {
      return void pressKey(event, { Escape: acts.focus });
    }
    if (presses(event, "button:not(.tile), summary")) {
      return;
    }
    const keymap = { ...shared, ...keymaps[pages.current()?.captions ? "caption" : mode()] }, name = keyIn(event, keymap);
    if (doubted && !onlyModifies(event) && name !== "Enter" && name !== "Escape") {
      doubted = null;
      update();
    }
    if (blocked() && name !== "Escape" ? name && pressKey(event, { [name]: () => null }) : pressKey(event, keymap)) {
      event.stopPropagation();
      note();
    }
  }
  onKeys(root, key);
  const anywhere = (event) => {
    if (document.activeElement === document.body && root.offsetParent) {
      key(event);
    }
  };
  const deaf = onKeys(document, anywhere);
  function note() {
    if (performance.now() - alive < ALIVE_EVERY && alive) {
      return;
    }
    alive = performance.now();
    if (me) {
      model.send_msg({ type: "alive" });
    }
  }
  root.addEventListener("pointerdown", note);
  function focusSoon() {
    const until = performance.now() + 5e3;
    const look = () => {
      if (root.contains(root.getRootNode().activeElement)) {
        return;
      }
      if (me && root.offsetParent) {
        acts.focus();
      }
      if (performance.now() < until) {
        requestAnimationFrame(look);
      }
    };
    look();
  }
  const heard = {
    who(message) {
      me = message.id || null;
      if (message.token) {
        document.cookie = `${model.key}=${message.token}; Max-Age=31536000; Path=/; SameSite=Strict`;
      }
      if (!me) {
        document.cookie = `${model.key}=; Max-Age=0; Path=/; SameSite=Strict`;
        pages.clear();
        show();
      }
      if (me) {
        outbox.keepFor(me);
      }
      update();
    },
    clear(message) {
      era = message.era;
      nothing = false;
      pages.clear();
      sheet.forget();
      show();
    },
    page(message) {
      if (message.era !== era) {
        return;
      }
      nothing = false;
      const first = pages.count() === 0, known = pages.all().some((page) => page.id === message.page);
      message.items.forEach((item) => pictures.address(item.draw, item.picture));
      pages.receive(message);
      recall(pages.all().find((page) => page.id === message.page));
      if (first || message.first) {
        watch.restart();
        focusSoon();
      }
      for (const item of message.items) {
        const image = new Image();
        image.src = pictures.address(item.draw, item.picture);
        image.decode().catch(() => null);
      }
      if (known || message.first) {
        sheet.forget();
      }
      show();
    },
    drop(message) {
      pages.drop(message.page, message.draws);
      sheet.forget();
      show();
    },
    // Somebody came to answer: pages that nobody began give way to what is asked first by now.
    away() {
      putAway();
      show();
    },
    anew() {
      if (pages.count() && !pages.begun()) {
        putAway();
        show();
        model.send_msg({ type: "work", fresh: true });
      }
    },
    focus: () => focusSoon(),
    name(message) {
      if (!me) {
        join.ask(message.text);
      }
    },
    nothing(message) {
      if (message.era === era) {
        nothing = true;
        update();
      }
    },
    saved(message) {
      outbox.acknowledge(message.id, outbox.answersOf(message.id) - message.late.length);
      if (message.late.length) {
        notices.say(
          `${message.late.length} of your answers came too late: somebody else has answered since.`,
          "warning"
        );
      }
      update();
    },
    failed(message) {
      outbox.fail(message);
      if (!message.again) {
        notices.say(message.text, "error");
      }
      update();
    },
    undone(message) {
      notices.say(message.page ? "Undone: the answers are back to be given again." : "Undone.");
      sheet.forget();
      show();
    },
    redone() {
      notices.say("Done again.");
    },
    note(message) {
      notices.say(message.text, message.kind);
    },
    instructions(message) {
      instructions.replaceChildren(makeInstructionsOverlay(message, toggleInstructions));
    }
  };
  model.on("msg:custom", (message) => heard[message.type]?.(message));
  model.on("status", () => {
    const before = mode();
    way = "";
    mode() === before ? update() : show();
  });
  notices.box.addEventListener("again", update);
  model.on("remove", () => {
    deaf();
    sheet.close();
    watch.close();
    outbox.close();
    pictures.keep([]);
  });
  model.on("status", () => {
    try {
      sessionStorage.setItem(store, JSON.stringify(model.status.work));
    } catch {
    }
  });
  let work = null;
  try {
    work = JSON.parse(sessionStorage.getItem(store));
  } catch {
  }
  const token = document.cookie.split("; ").find((entry) => entry.startsWith(`${model.key}=`))?.slice(model.key.length + 1) ?? "";
  update();
  model.send_msg({ type: "hello", token, work, pending: outbox.adopt() });
  return root;
}
export {
  render
};
