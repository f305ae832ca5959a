// The card of one image: the large picture, its caption, source and scores.
// All text is set as text, never as markup, because captions and names are untrusted.

import { makeRoot, node, text } from "../common/elements.js"

class InspectorCard {
  #model
  root
  #url = ""

  /** @param {{ model: Server.InspectorCard }} panel */
  constructor({ model }) {
    this.#model = model
    this.root = makeRoot(model, "article", "card ex-card")
    this.#model.on("record", this.#rebuild)
    this.#model.on("remove", () => {
      if (this.#url) {
        URL.revokeObjectURL(this.#url)
      }
    })
    this.#rebuild()
  }

  #rebuild = () => {
    if (this.#url) {
      URL.revokeObjectURL(this.#url)
      this.#url = ""
    }
    const record = this.#model.record
    if (!record.image_id) {
      this.root.dataset.image = ""
      this.root.replaceChildren(
        text("p", "empty", "Click a picture on the map to see it large, with its caption and scores."),
      )
      return
    }
    this.root.dataset.image = record.image_id
    const head = node("header"),
      close = node("button", "close"),
      figure = node("figure"),
      picture = node("img")
    close.type = "button"
    close.textContent = "×"
    close.title = "Close (Esc)"
    close.setAttribute("aria-label", "Close")
    close.addEventListener("click", () => this.#model.send_msg({ type: "close" }))
    head.append(text("h3", "caption", record.caption || record.source), close)
    this.#url = URL.createObjectURL(new Blob([this.#model.picture], { type: "image/webp" }))
    picture.src = this.#url
    picture.alt = record.caption || record.source
    figure.append(picture)
    const facts = node("dl")
    for (const [name, value] of record.facts) {
      facts.append(text("dt", "", name), text("dd", "", value))
    }
    const similar = text("button", "similar", "Find similar")
    similar.type = "button"
    similar.title = "Select the images most like this one"
    similar.addEventListener("click", () => this.#model.send_msg({ type: "similar" }))
    const hidden = record.hidden ? [text("p", "legend hidden-scores", record.hidden)] : []
    this.root.replaceChildren(head, figure, similar, facts, ...hidden, ...this.#scores(record.scores))
    this.root.scrollTop = 0
  }

  /** @param {Server.ScoreRow[]} entries */
  #scores(entries) {
    if (!entries.length) {
      return []
    }
    const list = node("div", "scores")
    for (const entry of entries) {
      const row = node("div", `score${entry.passes ? " passes" : ""}`),
        track = node("div", "track"),
        bar = node("i"),
        minimum = node("b")
      row.dataset.attribute = entry.name
      bar.style.width = `${entry.score * 100}%`
      minimum.style.left = `${entry.minimum * 100}%`
      for (const [place, words] of entry.marks) {
        const line = node("u", "known-score")
        line.style.left = `${place * 100}%`
        line.title = words
        track.append(line)
      }
      track.append(bar, minimum)
      row.title = entry.help
      row.append(
        text("span", "name", entry.title),
        track,
        text("span", "value", entry.shown),
        text("span", "known", entry.known),
      )
      list.append(row)
    }
    const marks = entries.find((entry) => entry.marks.length > 0)?.marks ?? []
    const bar = marks.length
      ? `Bar: score, on its own scale. Short lines: ${marks.map(([, words]) => words).join(", ")}.`
      : "Bar: score."
    const legend = text("p", "legend", `${bar} Line: minimum. ✓ ✗: answer of the source.`)
    return [text("h4", "", "Scores"), list, legend]
  }
}

/** @param {{ model: Server.InspectorCard }} panel */
export function render({ model }) {
  return new InspectorCard({ model }).root
}
