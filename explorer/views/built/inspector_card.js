// Built from the modules named below by "npm run build". Change those, not this file.

// common/keys.js
var JUST_COMPOSED = 30;
function originOf(event) {
  const [first] = event.composedPath();
  return first instanceof Element ? first : null;
}
var composed = -Infinity;
var composing = (event) => event.isComposing || event.keyCode === 229 || event.key === "Enter" && event.timeStamp - composed < JUST_COMPOSED;
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
      } else if (event.repeat && (event.key === "Enter" || event.key === " ") && originOf(event)?.matches("button, summary, a, input")) {
        if (event.key === "Enter" || !isTyping(event)) {
          event.preventDefault();
        }
      }
    },
    true
  );
}
function isTyping(event) {
  const target = originOf(event);
  if (!(target instanceof HTMLElement)) {
    return false;
  }
  const takesLetters = target instanceof HTMLInputElement ? !/^(range|checkbox|radio|button|submit)$/.test(target.type) : target.matches("textarea, select");
  return target.isContentEditable || takesLetters;
}

// common/elements.js
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
function makeRoot(model, tag, classes) {
  const root = node(tag, `bam ${classes}`);
  const theme = () => root.classList.toggle("dark", model.dark);
  model.on("dark", theme);
  theme();
  guardKeys(root);
  return root;
}

// browsing/inspector_card.js
var InspectorCard = class {
  #model;
  root;
  #url = "";
  /** @param {{ model: Server.InspectorCard }} panel */
  constructor({ model }) {
    this.#model = model;
    this.root = makeRoot(model, "article", "card ex-card");
    this.#model.on("record", this.#rebuild);
    this.#model.on("remove", () => {
      if (this.#url) {
        URL.revokeObjectURL(this.#url);
      }
    });
    this.#rebuild();
  }
  #rebuild = () => {
    if (this.#url) {
      URL.revokeObjectURL(this.#url);
      this.#url = "";
    }
    const record = this.#model.record;
    if (!record.image_id) {
      this.root.dataset.image = "";
      this.root.replaceChildren(
        text("p", "empty", "Click a picture on the map to see it large, with its caption and scores.")
      );
      return;
    }
    this.root.dataset.image = record.image_id;
    const head = node("header"), close = node("button", "close"), figure = node("figure"), picture = node("img");
    close.type = "button";
    close.textContent = "×";
    close.title = "Close (Esc)";
    close.setAttribute("aria-label", "Close");
    close.addEventListener("click", () => this.#model.send_msg({ type: "close" }));
    head.append(text("h3", "caption", record.caption || record.source), close);
    this.#url = URL.createObjectURL(new Blob([this.#model.picture], { type: "image/webp" }));
    picture.src = this.#url;
    picture.alt = record.caption || record.source;
    figure.append(picture);
    const facts = node("dl");
    for (const [name, value] of record.facts) {
      facts.append(text("dt", "", name), text("dd", "", value));
    }
    const similar = text("button", "similar", "Find similar");
    similar.type = "button";
    similar.title = "Select the images most like this one";
    similar.addEventListener("click", () => this.#model.send_msg({ type: "similar" }));
    const hidden = record.hidden ? [text("p", "legend hidden-scores", record.hidden)] : [];
    this.root.replaceChildren(head, figure, similar, facts, ...hidden, ...this.#scores(record.scores));
    this.root.scrollTop = 0;
  };
  /** @param {Server.ScoreRow[]} entries */
  #scores(entries) {
    if (!entries.length) {
      return [];
    }
    const list = node("div", "scores");
    for (const entry of entries) {
      const row = node("div", `score${entry.passes ? " passes" : ""}`), track = node("div", "track"), bar2 = node("i"), minimum = node("b");
      row.dataset.attribute = entry.name;
      bar2.style.width = `${entry.score * 100}%`;
      minimum.style.left = `${entry.minimum * 100}%`;
      for (const [place, words] of entry.marks) {
        const line = node("u", "known-score");
        line.style.left = `${place * 100}%`;
        line.title = words;
        track.append(line);
      }
      track.append(bar2, minimum);
      row.title = entry.help;
      row.append(
        text("span", "name", entry.title),
        track,
        text("span", "value", entry.shown),
        text("span", "known", entry.known)
      );
      list.append(row);
    }
    const marks = entries.find((entry) => entry.marks.length > 0)?.marks ?? [];
    const bar = marks.length ? `Bar: score, on its own scale. Short lines: ${marks.map(([, words]) => words).join(", ")}.` : "Bar: score.";
    const legend = text("p", "legend", `${bar} Line: minimum. ✓ ✗: answer of the source.`);
    return [text("h4", "", "Scores"), list, legend];
  }
};
function render({ model }) {
  return new InspectorCard({ model }).root;
}
export {
  render
};
