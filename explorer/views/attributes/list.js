// The list of attributes: one row each, in groups, with the archived ones folded at the end.

import { longDate } from "./instructions.js"
import { button, focusedBeside, node, options, text } from "../common/elements.js"
import { onKeys, pressKey } from "../common/keys.js"

export const GROUP_TITLES = { content: "Content", emotion: "Emotion", media: "Media" }
const LABEL_KINDS = /** @type {const} */ (["yes", "no", "unsure", "split", "open"])
/** @typedef {Server.AttributeRow} Row */
/** @typedef {import("./attributes_tab.js").Acts} Acts */
/** @type {Record<string, [words: string, compare: (a: Row, b: Row) => number]>} */
const SORTS = {
  listed: ["As listed", () => 0],
  title: ["By title", (a, b) => a.title.localeCompare(b.title)],
  answers: ["Most answers", (a, b) => b.answers - a.answers],
  left: ["Most questions left", (a, b) => b.left - a.left],
  split: ["Most contradictions", (a, b) => b.split - a.split],
  last: ["Last answered", (a, b) => b.last_at - a.last_at],
}

/** @param {number} number */
export const whole = (number) => number.toLocaleString("en")
/** @param {number} number @param {string} one */
export const counted = (number, one, many = `${one}s`) => `${whole(number)} ${number === 1 ? one : many}`

/** @param {number} seconds */
export function sinceWords(seconds) {
  if (!seconds) {
    return ""
  }
  const minutes = Math.max(0, Math.round((Date.now() / 1000 - seconds) / 60))
  if (minutes < 1) {
    return "just now"
  }
  if (minutes < 60) {
    return `${minutes} min ago`
  }
  return minutes < 60 * 36 ? `${Math.round(minutes / 60)} h ago` : longDate(seconds)
}

// A bar of label counts, and the same as numbers, because some people cannot tell the colours apart.
/** @param {Row} row */
export function labelBar(row) {
  const bar = node("span", "bar")
  for (const kind of LABEL_KINDS) {
    const part = node("i", kind)
    part.style.flexGrow = String(row[kind])
    bar.append(part)
  }
  return bar
}
/** @param {Row} row */
export function labelNumbers(row) {
  const numbers = node("span", "numbers")
  for (const kind of LABEL_KINDS) {
    const entry = text("span", kind, `${whole(row[kind])} ${kind}`)
    entry.classList.toggle("zero", row[kind] === 0)
    numbers.append(entry)
  }
  return numbers
}

export class AttributeList {
  #model
  #acts
  box = node("section", "list")
  #filter = node("input")
  #sort = node("select")
  #body = node("div", "groups")
  // the row to focus when it arrives: a newly saved attribute comes with the next numbers
  #awaited = ""
  #fold = node("details", "archived")
  #folded = node("summary")
  #archive = node("div")

  /** @param {Server.AttributesTab} model @param {Acts} acts */
  constructor(model, acts) {
    this.#model = model
    this.#acts = acts
    const bar = node("div", "line")
    this.#filter.type = "search"
    this.#filter.placeholder = "Find an attribute  ( / )"
    this.#filter.setAttribute("aria-label", "Find an attribute")
    this.#sort.setAttribute("aria-label", "Order")
    options(
      this.#sort,
      Object.entries(SORTS).map(([key, [words]]) => /** @type {const} */ ([key, words])),
    )
    bar.append(this.#filter, this.#sort, button("primary new", "New", "Define a new attribute (n)", this.#acts.create))
    this.#fold.append(this.#folded, this.#archive)
    this.box.append(bar, this.#body, this.#fold)
    this.#filter.addEventListener("input", this.show)
    this.#sort.addEventListener("change", this.show)
    onKeys(this.box, (event) => {
      this.#awaited = ""
      if (event.target === this.#sort) {
        return
      }
      const rows = this.#shown().filter((element) => element.offsetParent),
        at = rows.findIndex((element) => element === event.target)
      const go = (/** @type {number} */ step) => {
        if (at + step < 0) {
          this.#filter.focus()
        } else {
          rows[Math.min(rows.length - 1, at + step)]?.focus()
        }
      }
      pressKey(event, { ArrowDown: () => go(1), ArrowUp: () => go(-1) })
    })
  }

  #found() {
    const words = this.#filter.value.trim().toLowerCase().split(/\s+/).filter(Boolean)
    const rows = this.#model.rows.filter((row) =>
      words.every((word) => `${row.title} ${row.name} ${row.definition}`.toLowerCase().includes(word)),
    )
    return rows.sort(SORTS[this.#sort.value]?.[1])
  }

  show = () => {
    const held = focusedBeside(this.box)?.dataset.attribute
    const rows = this.#found(),
      present = rows.filter((row) => !row.archived),
      old = rows.filter((row) => row.archived)
    const sections = Object.entries(GROUP_TITLES).flatMap(([group, title]) => {
      const members = present.filter((row) => row.group === group)
      if (!members.length) {
        return []
      }
      const section = node("div", "group")
      section.append(text("h4", "", title), ...members.map(this.#rowElement))
      return [section]
    })
    this.#body.replaceChildren(...(sections.length ? sections : this.#nothing(old.length)))
    this.#fold.hidden = !old.length
    this.#folded.textContent = `${counted(old.length, "archived attribute")}`
    if (this.#filter.value.trim() && old.length) {
      this.#fold.open = true
    }
    this.#archive.replaceChildren(...old.map(this.#rowElement))
    if (this.#awaited && this.#rowOf(this.#awaited)) {
      this.focus(this.#awaited)
    } else if (held) {
      this.#rowOf(held)?.focus({ preventScroll: true })
    }
  }

  /** @param {number} archived */
  #nothing(archived) {
    if (this.#model.problem) {
      return [text("p", "problem", this.#model.problem)]
    }
    if (!this.#model.ready) {
      return [text("p", "soft", "Loading attributes …")]
    }
    if (this.#filter.value.trim()) {
      return [
        text(
          "p",
          "soft",
          archived ? "Only archived attributes match." : "No attribute matches. Shorten the search text.",
        ),
      ]
    }
    const empty = node("div", "empty")
    empty.append(
      text("h3", "", archived ? "Every attribute is archived" : "No attribute yet"),
      text(
        "p",
        "soft",
        "An attribute is one yes/no question about a picture, such as “Does it show a bird?”. Define one, then answer it.",
      ),
      button("primary", "Define the first attribute", "", this.#acts.create),
    )
    return [empty]
  }

  /** @param {Row} row */
  #rowElement = (row) => {
    const element = node("button", "row ex-attribute")
    element.type = "button"
    element.dataset.attribute = row.name
    element.title = row.definition
    const top = node("span", "top"),
      facts = node("span", "facts")
    const left = row.left ? `${whole(row.left)} left to ask` : ""
    top.append(
      text("b", "title", row.title),
      text("span", "left", row.answers ? left : [left, "no answers yet"].filter(Boolean).join(", ")),
    )
    element.append(top)
    if (row.answers) {
      const agree = row.agree > 1 ? `${row.agree} must agree` : ""
      for (const one of [
        counted(row.answers, "answer"),
        counted(row.people, "person", "people"),
        row.absent ? `${whole(row.absent)} not counted: image gone` : "",
        agree,
        sinceWords(row.last_at),
      ].filter(Boolean)) {
        facts.append(text("span", "", one))
      }
      element.append(labelBar(row), labelNumbers(row), facts)
    }
    element.setAttribute(
      "aria-label",
      `${row.title}: ${LABEL_KINDS.map((kind) => `${row[kind]} ${kind}`).join(", ")}, ${counted(row.left, "image")} left to ask`,
    )
    element.addEventListener("click", () => this.#acts.open(row.name))
    return element
  }

  /** @param {string} name */
  #rowOf(name) {
    return this.#shown().find((element) => element.dataset.attribute === name)
  }

  // The rows on screen, in order.
  #shown() {
    return [...this.box.querySelectorAll("button")].filter((element) => element.classList.contains("row"))
  }

  /** @param {string} [name] */
  focus(name) {
    this.#awaited = name && !this.#rowOf(name) ? name : ""
    const row = (name && this.#rowOf(name)) || this.#shown()[0] || this.#filter
    row.focus({ preventScroll: true })
    row.scrollIntoView({ block: "nearest" })
  }

  find() {
    return this.#filter.focus()
  }
}
